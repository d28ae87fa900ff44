//! One assembler for every genesis: constructors and initialisers run in an EVM at the addresses
//! the contracts have in the end, and the accounts they leave are the genesis state.
//!
//! The child comes first: its output root is the anchor of the games on its parent.

mod chain_config;
mod params;
pub mod predeploys;
pub mod preinstalls;
mod sandbox;
mod system;

pub use params::{
    DEV_ACCOUNTS, DEV_BALANCE, L1Params, NetworkParams, RollupParams, dev_alloc, dev_index,
};

pub(crate) use sandbox::Sandbox;

use crate::{
    deploy::{Anchor, ParentContracts, Plan, batch_inbox},
    rollup::{BlockId, FJORD_MAX_SEQUENCER_DRIFT, RollupConfig, RollupGenesis, output_root},
    spec::{ChainSpec, Role},
};
use alloy_genesis::{Genesis, GenesisAccount};
use alloy_primitives::{Address, B256, Bytes, U256};
use std::{collections::BTreeMap, fmt::Display};

/// Blocks of the parent that a channel stays open before Granite, which replaces the value.
const BEDROCK_CHANNEL_TIMEOUT: u64 = 300;

/// Why there is no genesis.
#[derive(Debug, thiserror::Error)]
pub enum GenesisError {
    /// A constructor, an initialiser or a step of a deployment failed.
    #[error("genesis: {label}: {reason}")]
    Step {
        /// What was run.
        label: &'static str,
        /// Revert data or the reason of the halt.
        reason: String,
    },
    /// Two chains of a network have one chain id.
    #[error("genesis: the chain ids {l1} (L1), {l2} (L2) and {l3} (L3) must differ")]
    ChainIds {
        /// Chain id of the L1.
        l1: u64,
        /// Chain id of the L2.
        l2: u64,
        /// Chain id of the L3.
        l3: u64,
    },
    /// The rollup node takes time zero for a missing value.
    #[error("genesis: the timestamp must not be zero")]
    Timestamp,
}

impl GenesisError {
    fn step(label: &'static str, reason: &impl Display) -> Self {
        Self::Step { label, reason: reason.to_string() }
    }
}

/// A local network: an L1, a rollup on it, and a rollup on that.
#[derive(Clone, Debug)]
pub struct Network {
    /// The settlement layer, with the L2's contracts.
    pub l1: ChainSpec,
    /// The L2, with the L3's contracts.
    pub l2: ChainSpec,
    /// The L3.
    pub l3: ChainSpec,
    /// The L2's contracts on the L1.
    pub l2_contracts: ParentContracts,
    /// The L3's contracts on the L2.
    pub l3_contracts: ParentContracts,
}

/// Where a rollup starts on a parent that exists already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParentAnchor {
    /// Chain id of the parent.
    pub chain_id: u64,
    /// A block of the parent before the deployment. The rollup derives from the block after it.
    pub block: BlockId,
    /// Time of that block, which the rollup's genesis takes over.
    pub timestamp: u64,
    /// The deployer's nonce on the parent.
    pub deployer_nonce: u64,
}

/// A rollup for a parent that exists already, and the transactions that deploy its contracts there.
#[derive(Clone, Debug)]
pub struct Rollup {
    /// The rollup.
    pub spec: ChainSpec,
    /// The deployment to run on the parent.
    pub plan: Plan,
}

/// Assembles the three chains of a local network. The same parameters give the same bytes.
///
/// # Errors
/// If chain ids collide, the timestamp is zero, or a contract refuses its parameters.
pub fn assemble(params: &NetworkParams) -> Result<Network, GenesisError> {
    let NetworkParams { timestamp, l1, l2, l3 } = params;
    let (l1_id, l2_id, l3_id) = (l1.chain_id, l2.chain_id, l3.chain_id);
    if l1_id == l2_id || l2_id == l3_id || l1_id == l3_id {
        return Err(GenesisError::ChainIds { l1: l1_id, l2: l2_id, l3: l3_id });
    }
    if *timestamp == 0 {
        return Err(GenesisError::Timestamp);
    }
    let l2_contracts = l2.deployment(0, Anchor::default()).plan().contracts;
    let l3_contracts = l3.deployment(0, Anchor::default()).plan().contracts;

    let l3_genesis = rollup_genesis(l3, &l3_contracts, l2_id, *timestamp, None)?;
    let l3_spec = rollup_spec(l3, l3_genesis);
    let l3_child = Child::new(l3, &l3_spec);

    let l2_genesis = rollup_genesis(l2, &l2_contracts, l1_id, *timestamp, Some(&l3_child))?;
    let l2_spec = rollup_spec(l2, l2_genesis);
    let l2_child = Child::new(l2, &l2_spec);

    let l1_genesis = l1_genesis(l1, *timestamp, &l2_child)?;
    let l1_spec = ChainSpec::new(l1.name.clone(), Role::L1, l1_genesis, l1.block_time, None);

    let l2_spec = anchored(l2, l2_spec, &l2_contracts, l1_id, genesis_id(&l1_spec));
    let l3_spec = anchored(l3, l3_spec, &l3_contracts, l2_id, genesis_id(&l2_spec));
    Ok(Network { l1: l1_spec, l2: l2_spec, l3: l3_spec, l2_contracts, l3_contracts })
}

/// Assembles one rollup for a parent that exists already.
///
/// # Errors
/// If the timestamp is zero or a contract refuses its parameters.
pub fn assemble_rollup(
    params: &RollupParams,
    parent: &ParentAnchor,
) -> Result<Rollup, GenesisError> {
    if parent.timestamp == 0 {
        return Err(GenesisError::Timestamp);
    }
    let nonce = parent.deployer_nonce;
    let contracts = params.deployment(nonce, Anchor::default()).plan().contracts;
    let genesis = rollup_genesis(params, &contracts, parent.chain_id, parent.timestamp, None)?;
    let spec = rollup_spec(params, genesis);
    let plan = params.deployment(nonce, anchor(&spec)).plan();
    let spec = anchored(params, spec, &contracts, parent.chain_id, parent.block);
    Ok(Rollup { spec, plan })
}

/// The rollup whose contracts a genesis state includes.
struct Child {
    plan: Plan,
    /// Ether that the child's genesis hands out, in wei. The portal holds it, so that it can be
    /// withdrawn.
    supply: U256,
}

impl Child {
    fn new(params: &RollupParams, spec: &ChainSpec) -> Self {
        let plan = params.deployment(0, anchor(spec)).plan();
        let supply = params.alloc.values().map(|account| account.balance).sum();
        Self { plan, supply }
    }

    fn deploy(&self, sandbox: &mut Sandbox) -> Result<(), GenesisError> {
        self.plan.steps.iter().try_for_each(|step| sandbox.run(step))
    }

    fn fund(&self, alloc: &mut BTreeMap<Address, GenesisAccount>) {
        let portal = alloc.entry(self.plan.contracts.portal).or_default();
        portal.balance = portal.balance.saturating_add(self.supply);
    }
}

fn l1_genesis(params: &L1Params, time: u64, child: &Child) -> Result<Genesis, GenesisError> {
    let mut sandbox = Sandbox::new(params.chain_id, time);
    system::install(&mut sandbox);
    system::install_requests(&mut sandbox);
    preinstalls::install(&mut sandbox, params.chain_id)?;
    child.deploy(&mut sandbox)?;
    let mut alloc = sandbox.into_accounts();
    child.fund(&mut alloc);
    merge(&mut alloc, &params.alloc);
    Ok(Genesis {
        config: chain_config::l1(params.chain_id),
        timestamp: time,
        gas_limit: params.gas_limit,
        base_fee_per_gas: Some(params.base_fee.into()),
        alloc,
        ..Default::default()
    })
}

fn rollup_genesis(
    params: &RollupParams,
    contracts: &ParentContracts,
    parent_chain_id: u64,
    time: u64,
    child: Option<&Child>,
) -> Result<Genesis, GenesisError> {
    let mut sandbox = Sandbox::new(params.chain_id, time);
    system::install(&mut sandbox);
    preinstalls::install(&mut sandbox, params.chain_id)?;
    predeploys::install(&mut sandbox, params, contracts, parent_chain_id)?;
    if let Some(child) = child {
        child.deploy(&mut sandbox)?;
    }
    let mut alloc = sandbox.into_accounts();
    predeploys::fill_namespace(&mut alloc);
    touch_precompiles(&mut alloc);
    if let Some(child) = child {
        child.fund(&mut alloc);
    }
    merge(&mut alloc, &params.alloc);
    Ok(Genesis {
        config: chain_config::rollup(params.chain_id, params.eip1559),
        timestamp: time,
        extra_data: params.eip1559.extra_data(),
        gas_limit: params.gas_limit,
        coinbase: predeploys::SEQUENCER_FEE_VAULT,
        base_fee_per_gas: Some(params.base_fee.into()),
        alloc,
        ..Default::default()
    })
}

/// One wei for every address a precompile may have, as upstream genesis states give.
fn touch_precompiles(alloc: &mut BTreeMap<Address, GenesisAccount>) {
    for index in 0..=u8::MAX {
        alloc.entry(Address::with_last_byte(index)).or_default().balance = U256::ONE;
    }
}

/// Adds the user's accounts. Where the protocol has an account too, the user's values win, but
/// the deployer keeps the nonce that its contracts come from.
fn merge(
    alloc: &mut BTreeMap<Address, GenesisAccount>,
    accounts: &BTreeMap<Address, GenesisAccount>,
) {
    for (address, account) in accounts {
        let entry = alloc.entry(*address).or_default();
        entry.nonce = entry.nonce.max(account.nonce);
        entry.balance = entry.balance.saturating_add(account.balance);
        if let Some(code) = account.code.as_ref().filter(|code: &&Bytes| !code.is_empty()) {
            entry.code = Some(code.clone());
        }
        if let Some(storage) = &account.storage {
            entry.storage.get_or_insert_default().extend(storage);
        }
    }
}

fn rollup_spec(params: &RollupParams, genesis: Genesis) -> ChainSpec {
    ChainSpec::new(params.name.clone(), params.role, genesis, params.block_time, None)
}

/// Adds the rollup configuration, which needs the hashes of both genesis blocks.
fn anchored(
    params: &RollupParams,
    mut spec: ChainSpec,
    contracts: &ParentContracts,
    parent_chain_id: u64,
    parent: BlockId,
) -> ChainSpec {
    let config = RollupConfig {
        genesis: RollupGenesis {
            l1: parent,
            l2: genesis_id(&spec),
            l2_time: spec.genesis.timestamp,
            system_config: params.system_config(),
        },
        block_time: params.block_time,
        max_sequencer_drift: FJORD_MAX_SEQUENCER_DRIFT,
        seq_window_size: params.seq_window_size,
        channel_timeout: BEDROCK_CHANNEL_TIMEOUT,
        l1_chain_id: parent_chain_id,
        l2_chain_id: params.chain_id,
        batch_inbox_address: batch_inbox(params.chain_id),
        deposit_contract_address: contracts.portal,
        l1_system_config_address: contracts.system_config,
        chain_op_config: Some(params.eip1559.into()),
        ..Default::default()
    };
    spec.rollup = Some(config.with_isthmus_at_genesis());
    spec
}

fn genesis_id(spec: &ChainSpec) -> BlockId {
    BlockId { hash: spec.genesis_hash(), number: spec.genesis_header().number }
}

/// The rollup's genesis block as the block that dispute games start from.
pub(crate) fn anchor(spec: &ChainSpec) -> Anchor {
    let header = spec.genesis_header();
    let withdrawals_root: B256 = header.withdrawals_root.unwrap_or_default();
    Anchor {
        output_root: output_root(header.state_root, withdrawals_root, spec.genesis_hash()),
        block_number: header.number,
    }
}

#[cfg(test)]
mod tests;

#[cfg(test)]
pub(crate) use {sandbox::TestCall, tests::sandbox as test_sandbox};
