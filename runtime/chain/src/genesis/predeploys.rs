//! Contracts of the OP Stack on the rollup itself.
//!
//! Spec: <https://specs.optimism.io/protocol/predeploys.html>

use super::{GenesisError, params::RollupParams, sandbox::Sandbox};
use crate::{
    abi::{IGasPriceOracle, IL2Initializable},
    artifacts,
    deploy::ParentContracts,
};
use alloy_genesis::GenesisAccount;
use alloy_primitives::{Address, B256, Bytes, U256, address, b256};
use alloy_sol_types::SolCall;
use kona_hardforks::Isthmus;
use std::collections::BTreeMap;

/// `WETH`, the only predeploy without a proxy.
pub const WETH: Address = address!("4200000000000000000000000000000000000006");
/// `L2CrossDomainMessenger`.
pub const L2_CROSS_DOMAIN_MESSENGER: Address = address!("4200000000000000000000000000000000000007");
/// `GasPriceOracle`.
pub const GAS_PRICE_ORACLE: Address = address!("420000000000000000000000000000000000000F");
/// `L2StandardBridge`.
pub const L2_STANDARD_BRIDGE: Address = address!("4200000000000000000000000000000000000010");
/// `SequencerFeeVault`, the beneficiary of every block.
pub const SEQUENCER_FEE_VAULT: Address = address!("4200000000000000000000000000000000000011");
/// `OptimismMintableERC20Factory`.
pub const ERC20_FACTORY: Address = address!("4200000000000000000000000000000000000012");
/// `L2ERC721Bridge`.
pub const L2_ERC721_BRIDGE: Address = address!("4200000000000000000000000000000000000014");
/// `L1Block`.
pub const L1_BLOCK: Address = address!("4200000000000000000000000000000000000015");
/// `ProxyAdmin`.
pub const PROXY_ADMIN: Address = address!("4200000000000000000000000000000000000018");
/// `BaseFeeVault`.
pub const BASE_FEE_VAULT: Address = address!("4200000000000000000000000000000000000019");
/// `L1FeeVault`.
pub const L1_FEE_VAULT: Address = address!("420000000000000000000000000000000000001A");
/// `OperatorFeeVault`.
pub const OPERATOR_FEE_VAULT: Address = address!("420000000000000000000000000000000000001B");

/// Sender of the L1 attributes deposit, and of the forks' own transactions.
pub const DEPOSITOR: Address = address!("DeaDDEaDDeAdDeAdDEAdDEaddeAddEAdDEAd0001");

/// Slot of a proxy's implementation (EIP-1967).
pub const IMPLEMENTATION_SLOT: B256 =
    b256!("360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc");
/// Slot of a proxy's admin (EIP-1967).
pub const ADMIN_SLOT: B256 =
    b256!("b53127684a568b3173ae13b9f8a6016e243e63b6e8ee1178d6a717850b5d6103");

/// First address of the namespace that is reserved for predeploys, and how many it has.
pub const NAMESPACE: Address = address!("4200000000000000000000000000000000000000");
const NAMESPACE_SIZE: u16 = 2048;

/// Last bytes of the governance token's address, which has no proxy and is not deployed.
const GOVERNANCE_TOKEN: u16 = 0x42;

/// First address of the implementations' namespace.
const CODE_NAMESPACE: Address = address!("c0D3C0d3C0d3C0D3c0d3C0d3c0D3C0d3c0d30000");

/// `FeeVault.WithdrawalNetwork`: vaults pay out on the rollup.
const WITHDRAW_ON_L2: U256 = U256::ONE;

/// A predeploy: the last bytes of its address, the implementation's creation code, and the
/// argument of `initialize(address)` through the proxy.
struct Predeploy {
    name: &'static str,
    index: u16,
    init_code: Bytes,
    initialize: Option<Address>,
}

/// Puts the predeploys that have an implementation into the sandbox, initialised.
pub(super) fn install(
    sandbox: &mut Sandbox,
    params: &RollupParams,
    parent: &ParentContracts,
    parent_chain_id: u64,
) -> Result<(), GenesisError> {
    let owner = params.roles.owner;
    for predeploy in predeploys(params, parent, parent_chain_id) {
        let (proxy, implementation) =
            (at(NAMESPACE, predeploy.index), at(CODE_NAMESPACE, predeploy.index));
        sandbox.construct(predeploy.name, implementation, predeploy.init_code)?;
        sandbox.insert(proxy, empty_proxy());
        sandbox.store(proxy, IMPLEMENTATION_SLOT, implementation.into_word());
        if let Some(other) = predeploy.initialize {
            let input = IL2Initializable::initializeCall { other }.abi_encode();
            sandbox.call(predeploy.name, owner, proxy, input.into())?;
        }
    }
    // It has no initialiser: its owner is the first slot.
    sandbox.store(PROXY_ADMIN, B256::ZERO, owner.into_word());
    sandbox.construct("WETH", WETH, artifacts::WETH.init_code())?;
    for activate in [
        IGasPriceOracle::setEcotoneCall::SELECTOR,
        IGasPriceOracle::setFjordCall::SELECTOR,
        IGasPriceOracle::setIsthmusCall::SELECTOR,
    ] {
        sandbox.call("GasPriceOracle: fork", DEPOSITOR, GAS_PRICE_ORACLE, activate.into())?;
    }
    Ok(())
}

fn predeploys(
    params: &RollupParams,
    parent: &ParentContracts,
    parent_chain_id: u64,
) -> Vec<Predeploy> {
    let vault = (params.roles.fee_recipient, U256::ZERO, WITHDRAW_ON_L2);
    let erc721 = (L2_ERC721_BRIDGE, U256::from(parent_chain_id));
    let plain = |name, index, init_code| Predeploy { name, index, init_code, initialize: None };
    let linked = |name, index, init_code, other| Predeploy {
        name,
        index,
        init_code,
        initialize: Some(other),
    };
    vec![
        plain("LegacyMessagePasser", 0x00, artifacts::LEGACY_MESSAGE_PASSER.init_code()),
        plain("DeployerWhitelist", 0x02, artifacts::DEPLOYER_WHITELIST.init_code()),
        linked(
            "L2CrossDomainMessenger",
            0x07,
            artifacts::L2_CROSS_DOMAIN_MESSENGER.init_code(),
            parent.l1_cross_domain_messenger,
        ),
        plain("L1Block", 0x15, Isthmus::l1_block_deployment_bytecode()),
        plain("GasPriceOracle", 0x0f, Isthmus::gas_price_oracle_deployment_bytecode()),
        linked(
            "L2StandardBridge",
            0x10,
            artifacts::L2_STANDARD_BRIDGE.init_code(),
            parent.l1_standard_bridge,
        ),
        plain("SequencerFeeVault", 0x11, artifacts::SEQUENCER_FEE_VAULT.init_code_with(&vault)),
        linked(
            "OptimismMintableERC20Factory",
            0x12,
            artifacts::OPTIMISM_MINTABLE_ERC20_FACTORY.init_code(),
            L2_STANDARD_BRIDGE,
        ),
        plain("L1BlockNumber", 0x13, artifacts::L1_BLOCK_NUMBER.init_code()),
        linked(
            "L2ERC721Bridge",
            0x14,
            artifacts::L2_ERC721_BRIDGE.init_code(),
            parent.l1_erc721_bridge,
        ),
        plain("L2ToL1MessagePasser", 0x16, artifacts::L2_TO_L1_MESSAGE_PASSER.init_code()),
        plain(
            "OptimismMintableERC721Factory",
            0x17,
            artifacts::OPTIMISM_MINTABLE_ERC721_FACTORY.init_code_with(&erc721),
        ),
        plain("ProxyAdmin", 0x18, artifacts::PROXY_ADMIN.init_code_with(&(params.roles.owner,))),
        plain("BaseFeeVault", 0x19, artifacts::BASE_FEE_VAULT.init_code_with(&vault)),
        plain("L1FeeVault", 0x1a, artifacts::L1_FEE_VAULT.init_code_with(&vault)),
        plain("OperatorFeeVault", 0x1b, Isthmus::operator_fee_vault_deployment_bytecode()),
        plain("SchemaRegistry", 0x20, artifacts::SCHEMA_REGISTRY.init_code()),
        plain("EAS", 0x21, artifacts::EAS.init_code()),
    ]
}

/// Fills the rest of the namespace with proxies, so that later forks find them. Upstream chains
/// have all of them too.
pub(super) fn fill_namespace(alloc: &mut BTreeMap<Address, GenesisAccount>) {
    for index in (0..NAMESPACE_SIZE).filter(|index| *index != GOVERNANCE_TOKEN) {
        alloc.entry(at(NAMESPACE, index)).or_insert_with(empty_proxy);
    }
}

/// A proxy without an implementation.
fn empty_proxy() -> GenesisAccount {
    GenesisAccount {
        nonce: Some(1),
        code: Some(artifacts::PROXY.runtime_code()),
        storage: Some(BTreeMap::from([(ADMIN_SLOT, PROXY_ADMIN.into_word())])),
        ..Default::default()
    }
}

/// The address of a namespace with these last two bytes.
fn at(namespace: Address, index: u16) -> Address {
    let mut address = namespace;
    address[18..].copy_from_slice(&index.to_be_bytes());
    address
}
