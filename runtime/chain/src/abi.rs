//! Interfaces of the OP Stack contracts, as far as this project calls them.
//!
//! Spec: <https://specs.optimism.io/protocol/overview.html>

use alloy_sol_types::sol;

sol! {
    interface IAddressManager {
        function owner() external view returns (address);
        function transferOwnership(address newOwner) external;
    }

    interface IProxyAdmin {
        function owner() external view returns (address);
        function transferOwnership(address newOwner) external;
        function addressManager() external view returns (address);
        function setAddressManager(address addressManager) external;
        function proxyType(address proxy) external view returns (uint8);
        function setProxyType(address proxy, uint8 kind) external;
        function implementationName(address proxy) external view returns (string);
        function setImplementationName(address proxy, string name) external;
        function getProxyImplementation(address proxy) external view returns (address);
        function getProxyAdmin(address proxy) external view returns (address);
        function upgradeAndCall(address proxy, address implementation, bytes data) external payable;
    }

    interface ISuperchainConfig {
        function initialize(address guardian, bool paused) external;
        function guardian() external view returns (address);
        function paused() external view returns (bool);
    }

    interface IProtocolVersions {
        function initialize(address owner, uint256 required, uint256 recommended) external;
    }

    interface IOptimismPortal2 {
        struct WithdrawalTransaction {
            uint256 nonce;
            address sender;
            address target;
            uint256 value;
            uint256 gasLimit;
            bytes data;
        }

        struct OutputRootProof {
            bytes32 version;
            bytes32 stateRoot;
            bytes32 messagePasserStorageRoot;
            bytes32 latestBlockhash;
        }

        event TransactionDeposited(address indexed from, address indexed to, uint256 indexed version, bytes opaqueData);
        event WithdrawalProven(bytes32 indexed withdrawalHash, address indexed from, address indexed to);
        event WithdrawalFinalized(bytes32 indexed withdrawalHash, bool success);

        function initialize(address disputeGameFactory, address systemConfig, address superchainConfig, uint32 initialRespectedGameType) external;
        function depositTransaction(address to, uint256 value, uint64 gasLimit, bool isCreation, bytes data) external payable;
        function proveWithdrawalTransaction(WithdrawalTransaction withdrawal, uint256 disputeGameIndex, OutputRootProof outputRootProof, bytes[] withdrawalProof) external;
        function finalizeWithdrawalTransaction(WithdrawalTransaction withdrawal) external;
        function checkWithdrawal(bytes32 withdrawalHash, address proofSubmitter) external view;
        function finalizedWithdrawals(bytes32 withdrawalHash) external view returns (bool);
        function provenWithdrawals(bytes32 withdrawalHash, address submitter) external view returns (address disputeGameProxy, uint64 timestamp);
        function proofMaturityDelaySeconds() external view returns (uint256);
        function disputeGameFinalityDelaySeconds() external view returns (uint256);
        function respectedGameType() external view returns (uint32);
        function version() external view returns (string);
    }

    interface ISystemConfig {
        struct ResourceConfig {
            uint32 maxResourceLimit;
            uint8 elasticityMultiplier;
            uint8 baseFeeMaxChangeDenominator;
            uint32 minimumBaseFee;
            uint32 systemTxMaxGas;
            uint128 maximumBaseFee;
        }

        struct Addresses {
            address l1CrossDomainMessenger;
            address l1ERC721Bridge;
            address l1StandardBridge;
            address disputeGameFactory;
            address optimismPortal;
            address optimismMintableERC20Factory;
            address gasPayingToken;
        }

        event ConfigUpdate(uint256 indexed version, uint8 indexed updateType, bytes data);

        function initialize(address owner, uint32 basefeeScalar, uint32 blobbasefeeScalar, bytes32 batcherHash, uint64 gasLimit, address unsafeBlockSigner, ResourceConfig config, address batchInbox, Addresses addresses) external;
        function owner() external view returns (address);
        function batcherHash() external view returns (bytes32);
        function scalar() external view returns (uint256);
        function gasLimit() external view returns (uint64);
        function unsafeBlockSigner() external view returns (address);
        function batchInbox() external view returns (address);
        function optimismPortal() external view returns (address);
    }

    interface IL1CrossDomainMessenger {
        function initialize(address superchainConfig, address portal, address systemConfig) external;
        function PORTAL() external view returns (address);
    }

    interface IL1StandardBridge {
        function initialize(address messenger, address superchainConfig, address systemConfig) external;
        function bridgeETHTo(address to, uint32 minGasLimit, bytes extraData) external payable;
        function bridgeERC20To(address localToken, address remoteToken, address to, uint256 amount, uint32 minGasLimit, bytes extraData) external;
        function messenger() external view returns (address);
        function otherBridge() external view returns (address);
    }

    interface IL1ERC721Bridge {
        function initialize(address messenger, address superchainConfig) external;
    }

    interface IOptimismMintableERC20Factory {
        event OptimismMintableERC20Created(address indexed localToken, address indexed remoteToken, address deployer);

        function initialize(address bridge) external;
        function bridge() external view returns (address);
        function createOptimismMintableERC20(address remoteToken, string name, string symbol) external returns (address);
    }

    interface IDisputeGameFactory {
        event DisputeGameCreated(address indexed disputeProxy, uint32 indexed gameType, bytes32 indexed rootClaim);

        function initialize(address owner) external;
        function owner() external view returns (address);
        function transferOwnership(address newOwner) external;
        function gameImpls(uint32 gameType) external view returns (address);
        function setImplementation(uint32 gameType, address implementation) external;
        function initBonds(uint32 gameType) external view returns (uint256);
        function setInitBond(uint32 gameType, uint256 bond) external;
        function create(uint32 gameType, bytes32 rootClaim, bytes extraData) external payable returns (address);
        function gameCount() external view returns (uint256);
        function gameAtIndex(uint256 index) external view returns (uint32 gameType, uint64 timestamp, address proxy);
        function games(uint32 gameType, bytes32 rootClaim, bytes extraData) external view returns (address proxy, uint64 timestamp);
    }

    interface IDelayedWETH {
        function initialize(address owner, address config) external;
        function delay() external view returns (uint256);
    }

    interface IAnchorStateRegistry {
        struct OutputRoot {
            bytes32 root;
            uint256 l2BlockNumber;
        }

        struct StartingAnchorRoot {
            uint32 gameType;
            OutputRoot outputRoot;
        }

        function initialize(StartingAnchorRoot[] startingAnchorRoots) external;
        function anchors(uint32 gameType) external view returns (bytes32 root, uint256 l2BlockNumber);
    }

    interface IFaultDisputeGame {
        event Resolved(uint8 indexed status);

        function status() external view returns (uint8);
        function createdAt() external view returns (uint64);
        function resolvedAt() external view returns (uint64);
        function rootClaim() external view returns (bytes32);
        function l2BlockNumber() external view returns (uint256);
        function maxClockDuration() external view returns (uint64);
        function resolvedSubgames(uint256 claimIndex) external view returns (bool);
        function resolveClaim(uint256 claimIndex, uint256 numToResolve) external;
        function resolve() external returns (uint8);
        function credit(address recipient) external view returns (uint256);
        function claimCredit(address recipient) external;
        function l2ChainId() external view returns (uint256);
        function proposer() external view returns (address);
        function challenger() external view returns (address);
        function attack(bytes32 disputed, uint256 parentIndex, bytes32 claim) external payable;
    }

    interface IL2Initializable {
        function initialize(address other) external;
    }

    interface IL2StandardBridge {
        function bridgeETHTo(address to, uint32 minGasLimit, bytes extraData) external payable;
        function bridgeERC20To(address localToken, address remoteToken, address to, uint256 amount, uint32 minGasLimit, bytes extraData) external;
        function otherBridge() external view returns (address);
        function messenger() external view returns (address);
    }

    interface IL2CrossDomainMessenger {
        function otherMessenger() external view returns (address);
    }

    interface IL2ToL1MessagePasser {
        event MessagePassed(uint256 indexed nonce, address indexed sender, address indexed target, uint256 value, uint256 gasLimit, bytes data, bytes32 withdrawalHash);

        function initiateWithdrawal(address target, uint256 gasLimit, bytes data) external payable;
        function sentMessages(bytes32 withdrawalHash) external view returns (bool);
        function messageNonce() external view returns (uint256);
    }

    interface IGasPriceOracle {
        function setEcotone() external;
        function setFjord() external;
        function setIsthmus() external;
        function isEcotone() external view returns (bool);
        function isFjord() external view returns (bool);
        function isIsthmus() external view returns (bool);
    }

    interface IFeeVault {
        function RECIPIENT() external view returns (address);
        function MIN_WITHDRAWAL_AMOUNT() external view returns (uint256);
        function WITHDRAWAL_NETWORK() external view returns (uint8);
        function withdraw() external;
    }

    interface ITestToken {
        function mint(address to, uint256 amount) external;
        function approve(address spender, uint256 amount) external returns (bool);
        function balanceOf(address owner) external view returns (uint256);
    }
}
