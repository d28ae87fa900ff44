// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {StepRewards} from "../src/StepRewards.sol";

/// @dev What these tests use of forge's cheat codes, so that they need no library.
interface Vm {
    function prank(address sender) external;
    function warp(uint256 timestamp) external;
    function expectRevert(bytes calldata error) external;
}

contract StepRewardsTest {
    Vm private constant VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    uint256 private constant TODAY = 20_000;
    address private constant DEVICE = address(0xD);
    address private constant OWNER = address(0xA);

    StepRewards private rewards;

    function setUp() public {
        VM.warp(TODAY * 1 days + 1 hours);
        rewards = new StepRewards();
        rewards.enroll(DEVICE, OWNER);
    }

    function testStepsEarnPoints() public {
        report(TODAY, 10 * rewards.STEPS_PER_POINT());
        assert(rewards.points(OWNER) == 10);
    }

    function testATotalEarnsOnlyItsDifference() public {
        uint256 unit = rewards.STEPS_PER_POINT();
        report(TODAY, 3 * unit);
        report(TODAY, 5 * unit);
        assert(rewards.points(OWNER) == 5);
        VM.expectRevert(abi.encodeWithSelector(StepRewards.WrongTotal.selector, 5 * unit));
        report(TODAY, 5 * unit);
    }

    function testRoundingLosesNothing(uint16 first, uint16 second) public {
        uint256 cap = rewards.DAILY_CAP();
        uint256 one = 1 + uint256(first) % (cap - 1);
        uint256 total = one + 1 + uint256(second) % (cap - one);
        report(TODAY, one);
        report(TODAY, total);
        assert(rewards.points(OWNER) == total / rewards.STEPS_PER_POINT());
    }

    function testTheCapHolds() public {
        uint256 tooMany = rewards.DAILY_CAP() + 1;
        VM.expectRevert(abi.encodeWithSelector(StepRewards.WrongTotal.selector, tooMany));
        report(TODAY, tooMany);
    }

    function testADayInTheFutureOrLongAgoIsRefused() public {
        VM.expectRevert(abi.encodeWithSelector(StepRewards.WrongDay.selector, TODAY + 1));
        report(TODAY + 1, 100);
        uint256 old = TODAY - rewards.LATEST() - 1;
        VM.expectRevert(abi.encodeWithSelector(StepRewards.WrongDay.selector, old));
        report(old, 100);
    }

    function testAStrangerReportsNothing() public {
        VM.expectRevert(abi.encodeWithSelector(StepRewards.NotEnrolled.selector, address(0xE)));
        VM.prank(address(0xE));
        rewards.report(TODAY, 100);
    }

    function testOnlyTheManufacturerEnrols() public {
        VM.expectRevert(abi.encodeWithSelector(StepRewards.NotManufacturer.selector));
        VM.prank(address(0xE));
        rewards.enroll(address(0xE), address(0xE));
    }

    function testADeviceKeepsItsOwner() public {
        VM.expectRevert(abi.encodeWithSelector(StepRewards.AlreadyEnrolled.selector, DEVICE));
        rewards.enroll(DEVICE, address(0xE));
    }

    function report(uint256 day, uint256 steps) private {
        VM.prank(DEVICE);
        rewards.report(day, steps);
    }
}
