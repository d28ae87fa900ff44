// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title Points for steps.
/// @notice A device reports how many steps its wearer took on a day; the device's owner gets points.
/// @dev An example. What is not checked: whether the steps were taken. The device is believed.
contract StepRewards {
    /// @notice Steps that earn one point.
    uint256 public constant STEPS_PER_POINT = 100;

    /// @notice Most steps of a device that count in a day.
    uint256 public constant DAILY_CAP = 50000;

    /// @notice How many days a report may be late.
    uint256 public constant LATEST = 7;

    /// @notice Who may enrol devices.
    address public immutable MANUFACTURER;

    /// @notice The owner of a device, or zero if it is not enrolled.
    mapping(address device => address owner) public ownerOf;

    /// @notice The points of an owner.
    mapping(address owner => uint256 points) public points;

    /// @notice The steps of a device on a day, counted from 1 January 1970.
    mapping(address device => mapping(uint256 day => uint256 steps)) public stepsOn;

    /// @notice Only the manufacturer enrols.
    error NotManufacturer();
    /// @notice The device has an owner already.
    error AlreadyEnrolled(address device);
    /// @notice An owner or device that is the zero address.
    error ZeroAddress();
    /// @notice The caller is not an enrolled device.
    error NotEnrolled(address device);
    /// @notice The day is in the future, or too long ago.
    error WrongDay(uint256 day);
    /// @notice A day's total only grows, up to the cap.
    error WrongTotal(uint256 steps);

    /// @notice A device has its owner.
    event Enrolled(address indexed device, address indexed owner);
    /// @notice A device's total of a day has grown and its owner has earned points.
    event Reported(address indexed device, uint256 indexed day, uint256 steps, uint256 earned);

    constructor() {
        MANUFACTURER = msg.sender;
    }

    /// @notice Gives a new device its owner.
    function enroll(address device, address owner) external {
        require(msg.sender == MANUFACTURER, NotManufacturer());
        require(device != address(0) && owner != address(0), ZeroAddress());
        require(ownerOf[device] == address(0), AlreadyEnrolled(device));
        ownerOf[device] = owner;
        emit Enrolled(device, owner);
    }

    /// @notice Reports the total steps of `day`; the calling device's owner earns the difference.
    /// @dev Totals, not increments: a report sent twice earns once, a lost one is made good by the next.
    function report(uint256 day, uint256 steps) external {
        address owner = ownerOf[msg.sender];
        require(owner != address(0), NotEnrolled(msg.sender));
        uint256 today = block.timestamp / 1 days;
        require(day <= today && day + LATEST >= today, WrongDay(day));
        uint256 before = stepsOn[msg.sender][day];
        require(steps > before && steps <= DAILY_CAP, WrongTotal(steps));
        stepsOn[msg.sender][day] = steps;
        uint256 earned = steps / STEPS_PER_POINT - before / STEPS_PER_POINT;
        points[owner] += earned;
        emit Reported(msg.sender, day, steps, earned);
    }
}
