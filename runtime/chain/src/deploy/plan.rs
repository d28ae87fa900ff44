//! The order of the transactions.

use super::{Check, DeployParams, PERMISSIONED_GAME, ParentContracts, Plan, Step, batch_inbox};
use crate::{
    abi::{
        IAddressManager, IAnchorStateRegistry, IDelayedWETH, IDisputeGameFactory,
        IL1CrossDomainMessenger, IL1ERC721Bridge, IL1StandardBridge, IOptimismMintableERC20Factory,
        IOptimismPortal2, IProtocolVersions, IProxyAdmin, ISuperchainConfig, ISystemConfig,
    },
    artifacts,
};
use alloy_primitives::{Address, B256, Bytes, U256, b256};
use alloy_sol_types::{SolCall, SolValue};

/// Depth of the permissioned games, and where they pass from outputs to instructions.
const MAX_GAME_DEPTH: u64 = 73;
const SPLIT_DEPTH: u64 = 30;

/// Commits to no program: nobody but proposer and challenger plays, and neither steps through one.
const ABSOLUTE_PRESTATE: B256 =
    b256!("0300000000000000000000000000000000000000000000000000000000000001");

/// Smallest large preimage, in bytes.
const MIN_PREIMAGE_SIZE: u64 = 126_000;

/// `AddressManager`'s name for the messenger's implementation.
const MESSENGER_NAME: &str = "OVM_L1CrossDomainMessenger";

/// `ProxyAdmin.ProxyType`.
const CHUGSPLASH: u8 = 1;
const RESOLVED: u8 = 2;

pub(super) fn plan(params: &DeployParams) -> Plan {
    let mut planner = Planner { params, steps: Vec::with_capacity(56) };
    let mut contracts = planner.proxies();
    planner.legacy_proxies(&contracts);
    planner.superchain(&contracts);
    planner.bridge(&contracts);
    planner.disputes(&contracts);
    planner.game(&mut contracts);
    planner.hand_over(&contracts);
    Plan { steps: planner.steps, contracts }
}

/// Collects the steps and counts the deployer's nonce.
struct Planner<'a> {
    params: &'a DeployParams,
    steps: Vec<Step>,
}

impl Planner<'_> {
    /// Proxies first, so that everything after can be told their addresses.
    fn proxies(&mut self) -> ParentContracts {
        let address_manager = self.create("AddressManager", artifacts::ADDRESS_MANAGER.init_code());
        let owner = (self.params.roles.deployer,);
        let proxy_admin = self.create("ProxyAdmin", artifacts::PROXY_ADMIN.init_code_with(&owner));
        let proxy = artifacts::PROXY.init_code_with(&(proxy_admin,));
        ParentContracts {
            address_manager,
            proxy_admin,
            superchain_config: self.create("SuperchainConfigProxy", proxy.clone()),
            protocol_versions: self.create("ProtocolVersionsProxy", proxy.clone()),
            portal: self.create("OptimismPortalProxy", proxy.clone()),
            system_config: self.create("SystemConfigProxy", proxy.clone()),
            l1_standard_bridge: self.create(
                "L1StandardBridgeProxy",
                artifacts::L1_CHUG_SPLASH_PROXY.init_code_with(&(proxy_admin,)),
            ),
            l1_cross_domain_messenger: self.create(
                "L1CrossDomainMessengerProxy",
                artifacts::RESOLVED_DELEGATE_PROXY
                    .init_code_with(&(address_manager, MESSENGER_NAME.to_owned())),
            ),
            erc20_factory: self.create("OptimismMintableERC20FactoryProxy", proxy.clone()),
            l1_erc721_bridge: self.create("L1ERC721BridgeProxy", proxy.clone()),
            dispute_game_factory: self.create("DisputeGameFactoryProxy", proxy.clone()),
            delayed_weth: self.create("DelayedWETHProxy", proxy.clone()),
            anchor_state_registry: self.create("AnchorStateRegistryProxy", proxy),
            ..Default::default()
        }
    }

    /// Tells `ProxyAdmin` which proxies are of the old kinds.
    fn legacy_proxies(&mut self, to: &ParentContracts) {
        let admin = to.proxy_admin;
        self.call(
            "AddressManager: owned by ProxyAdmin",
            to.address_manager,
            IAddressManager::transferOwnershipCall { newOwner: admin },
            returns(to.address_manager, IAddressManager::ownerCall {}, admin),
        );
        self.call(
            "ProxyAdmin: address manager",
            admin,
            IProxyAdmin::setAddressManagerCall { addressManager: to.address_manager },
            returns(admin, IProxyAdmin::addressManagerCall {}, to.address_manager),
        );
        for (label, proxy, kind) in [
            ("ProxyAdmin: type of L1StandardBridge", to.l1_standard_bridge, CHUGSPLASH),
            ("ProxyAdmin: type of L1CrossDomainMessenger", to.l1_cross_domain_messenger, RESOLVED),
        ] {
            self.call(
                label,
                admin,
                IProxyAdmin::setProxyTypeCall { proxy, kind },
                returns(admin, IProxyAdmin::proxyTypeCall { proxy }, U256::from(kind)),
            );
        }
        let proxy = to.l1_cross_domain_messenger;
        self.call(
            "ProxyAdmin: name of L1CrossDomainMessenger",
            admin,
            IProxyAdmin::setImplementationNameCall { proxy, name: MESSENGER_NAME.to_owned() },
            returns(
                admin,
                IProxyAdmin::implementationNameCall { proxy },
                MESSENGER_NAME.to_owned(),
            ),
        );
    }

    fn superchain(&mut self, to: &ParentContracts) {
        let roles = self.params.roles;
        self.implement(
            ["SuperchainConfig", "SuperchainConfig: initialise"],
            to,
            to.superchain_config,
            artifacts::SUPERCHAIN_CONFIG.init_code(),
            ISuperchainConfig::initializeCall { guardian: roles.guardian, paused: false },
        );
        self.implement(
            ["ProtocolVersions", "ProtocolVersions: initialise"],
            to,
            to.protocol_versions,
            artifacts::PROTOCOL_VERSIONS.init_code(),
            IProtocolVersions::initializeCall {
                owner: roles.owner,
                required: U256::ZERO,
                recommended: U256::ZERO,
            },
        );
    }

    fn bridge(&mut self, to: &ParentContracts) {
        let windows = self.params.windows;
        self.implement(
            ["OptimismPortal2", "OptimismPortal2: initialise"],
            to,
            to.portal,
            artifacts::OPTIMISM_PORTAL2.init_code_with(&(
                U256::from(windows.proof_maturity_delay),
                U256::from(windows.dispute_game_finality_delay),
            )),
            IOptimismPortal2::initializeCall {
                disputeGameFactory: to.dispute_game_factory,
                systemConfig: to.system_config,
                superchainConfig: to.superchain_config,
                initialRespectedGameType: PERMISSIONED_GAME,
            },
        );
        self.implement(
            ["SystemConfig", "SystemConfig: initialise"],
            to,
            to.system_config,
            artifacts::SYSTEM_CONFIG.init_code(),
            self.system_config(to),
        );
        self.implement(
            ["L1StandardBridge", "L1StandardBridge: initialise"],
            to,
            to.l1_standard_bridge,
            artifacts::L1_STANDARD_BRIDGE.init_code(),
            IL1StandardBridge::initializeCall {
                messenger: to.l1_cross_domain_messenger,
                superchainConfig: to.superchain_config,
                systemConfig: to.system_config,
            },
        );
        self.implement(
            ["L1ERC721Bridge", "L1ERC721Bridge: initialise"],
            to,
            to.l1_erc721_bridge,
            artifacts::L1_ERC721_BRIDGE.init_code(),
            IL1ERC721Bridge::initializeCall {
                messenger: to.l1_cross_domain_messenger,
                superchainConfig: to.superchain_config,
            },
        );
        self.implement(
            ["OptimismMintableERC20Factory", "OptimismMintableERC20Factory: initialise"],
            to,
            to.erc20_factory,
            artifacts::OPTIMISM_MINTABLE_ERC20_FACTORY.init_code(),
            IOptimismMintableERC20Factory::initializeCall { bridge: to.l1_standard_bridge },
        );
        self.implement(
            ["L1CrossDomainMessenger", "L1CrossDomainMessenger: initialise"],
            to,
            to.l1_cross_domain_messenger,
            artifacts::L1_CROSS_DOMAIN_MESSENGER.init_code(),
            IL1CrossDomainMessenger::initializeCall {
                superchainConfig: to.superchain_config,
                portal: to.portal,
                systemConfig: to.system_config,
            },
        );
    }

    /// Deposits are metered as upstream chains do.
    fn system_config(&self, to: &ParentContracts) -> ISystemConfig::initializeCall {
        let params = self.params;
        ISystemConfig::initializeCall {
            owner: params.roles.owner,
            basefeeScalar: params.base_fee_scalar,
            blobbasefeeScalar: params.blob_base_fee_scalar,
            batcherHash: params.roles.batcher.into_word(),
            gasLimit: params.gas_limit,
            unsafeBlockSigner: params.roles.sequencer,
            config: ISystemConfig::ResourceConfig {
                maxResourceLimit: 20_000_000,
                elasticityMultiplier: 10,
                baseFeeMaxChangeDenominator: 8,
                minimumBaseFee: 1_000_000_000,
                systemTxMaxGas: 1_000_000,
                maximumBaseFee: u128::MAX,
            },
            batchInbox: batch_inbox(params.chain_id),
            addresses: ISystemConfig::Addresses {
                l1CrossDomainMessenger: to.l1_cross_domain_messenger,
                l1ERC721Bridge: to.l1_erc721_bridge,
                l1StandardBridge: to.l1_standard_bridge,
                disputeGameFactory: to.dispute_game_factory,
                optimismPortal: to.portal,
                optimismMintableERC20Factory: to.erc20_factory,
                gasPayingToken: Address::ZERO,
            },
        }
    }

    fn disputes(&mut self, to: &ParentContracts) {
        let params = self.params;
        self.implement(
            ["DisputeGameFactory", "DisputeGameFactory: initialise"],
            to,
            to.dispute_game_factory,
            artifacts::DISPUTE_GAME_FACTORY.init_code(),
            IDisputeGameFactory::initializeCall { owner: params.roles.deployer },
        );
        let delay = U256::from(params.windows.bond_withdrawal_delay);
        self.implement(
            ["DelayedWETH", "DelayedWETH: initialise"],
            to,
            to.delayed_weth,
            artifacts::DELAYED_WETH.init_code_with(&(delay,)),
            IDelayedWETH::initializeCall {
                owner: params.roles.owner,
                config: to.superchain_config,
            },
        );
        let anchor = IAnchorStateRegistry::StartingAnchorRoot {
            gameType: PERMISSIONED_GAME,
            outputRoot: IAnchorStateRegistry::OutputRoot {
                root: params.anchor.output_root,
                l2BlockNumber: U256::from(params.anchor.block_number),
            },
        };
        self.implement(
            ["AnchorStateRegistry", "AnchorStateRegistry: initialise"],
            to,
            to.anchor_state_registry,
            artifacts::ANCHOR_STATE_REGISTRY.init_code_with(&(to.dispute_game_factory,)),
            IAnchorStateRegistry::initializeCall { startingAnchorRoots: vec![anchor] },
        );
    }

    fn game(&mut self, to: &mut ParentContracts) {
        let params = self.params;
        let windows = params.windows;
        to.preimage_oracle = self.create(
            "PreimageOracle",
            artifacts::PREIMAGE_ORACLE.init_code_with(&(
                U256::from(MIN_PREIMAGE_SIZE),
                U256::from(windows.preimage_challenge_period),
            )),
        );
        to.mips = self.create("MIPS", artifacts::MIPS.init_code_with(&(to.preimage_oracle,)));
        to.permissioned_dispute_game = self.create(
            "PermissionedDisputeGame",
            artifacts::PERMISSIONED_DISPUTE_GAME.init_code_with(&(
                PERMISSIONED_GAME,
                ABSOLUTE_PRESTATE,
                U256::from(MAX_GAME_DEPTH),
                U256::from(SPLIT_DEPTH),
                windows.clock_extension,
                windows.max_clock_duration,
                to.mips,
                to.delayed_weth,
                to.anchor_state_registry,
                U256::from(params.chain_id),
                params.roles.proposer,
                params.roles.challenger,
            )),
        );
        let factory = to.dispute_game_factory;
        let (kind, game) = (PERMISSIONED_GAME, to.permissioned_dispute_game);
        self.call(
            "DisputeGameFactory: permissioned game",
            factory,
            IDisputeGameFactory::setImplementationCall { gameType: kind, implementation: game },
            returns(factory, IDisputeGameFactory::gameImplsCall { gameType: kind }, game),
        );
        if !params.init_bond.is_zero() {
            let bond = params.init_bond;
            self.call(
                "DisputeGameFactory: bond",
                factory,
                IDisputeGameFactory::setInitBondCall { gameType: kind, bond },
                returns(factory, IDisputeGameFactory::initBondsCall { gameType: kind }, bond),
            );
        }
    }

    /// Leaves nothing to the deployer, unless it is the owner.
    fn hand_over(&mut self, to: &ParentContracts) {
        let owner = self.params.roles.owner;
        if owner == self.params.roles.deployer {
            return;
        }
        self.call(
            "DisputeGameFactory: hand over",
            to.dispute_game_factory,
            IDisputeGameFactory::transferOwnershipCall { newOwner: owner },
            returns(to.dispute_game_factory, IDisputeGameFactory::ownerCall {}, owner),
        );
        self.call(
            "ProxyAdmin: hand over",
            to.proxy_admin,
            IProxyAdmin::transferOwnershipCall { newOwner: owner },
            returns(to.proxy_admin, IProxyAdmin::ownerCall {}, owner),
        );
    }

    /// Creates an implementation and puts it behind its proxy, initialised.
    fn implement(
        &mut self,
        [create, initialise]: [&'static str; 2],
        to: &ParentContracts,
        proxy: Address,
        init_code: Bytes,
        initializer: impl SolCall,
    ) {
        let implementation = self.create(create, init_code);
        let data = initializer.abi_encode().into();
        self.call(
            initialise,
            to.proxy_admin,
            IProxyAdmin::upgradeAndCallCall { proxy, implementation, data },
            returns(
                to.proxy_admin,
                IProxyAdmin::getProxyImplementationCall { proxy },
                implementation,
            ),
        );
    }

    fn create(&mut self, label: &'static str, input: Bytes) -> Address {
        let address = self.params.roles.deployer.create(self.nonce());
        self.push(label, None, input, Some(address), Check::HasCode(address));
        address
    }

    fn call(&mut self, label: &'static str, to: Address, call: impl SolCall, check: Check) {
        self.push(label, Some(to), call.abi_encode().into(), None, check);
    }

    fn push(
        &mut self,
        label: &'static str,
        to: Option<Address>,
        input: Bytes,
        creates: Option<Address>,
        check: Check,
    ) {
        let (from, nonce) = (self.params.roles.deployer, self.nonce());
        self.steps.push(Step { label, from, nonce, to, input, value: U256::ZERO, creates, check });
    }

    const fn nonce(&self) -> u64 {
        self.params.start_nonce + self.steps.len() as u64
    }
}

/// A call that returns one value once the step is done.
fn returns(to: Address, call: impl SolCall, output: impl SolValue) -> Check {
    Check::Returns { to, input: call.abi_encode().into(), output: output.abi_encode().into() }
}
