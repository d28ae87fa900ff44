//! Block execution: a header's environment and a list of transactions in, receipts and changes out.
//!
//! Rollup blocks run through [`alloy_op_evm`], L1 blocks through [`alloy_evm`], both with the
//! system calls of their forks.

mod drive;
mod error;
mod fees;
mod forks;
mod receipts;

pub(crate) use drive::{Execution, Offer, Transactions};
pub use error::ExecuteError;
pub use fees::{default_base_fee_params, next_base_fee};
pub use forks::Forks;

use crate::state::StateView;
use alloy_consensus::Header;
use alloy_eips::eip7840::BlobParams;
use alloy_evm::{
    EvmEnv, EvmFactory,
    eth::{EthBlockExecutionCtx, EthBlockExecutor, EthEvmFactory},
};
use alloy_op_evm::{
    OpBlockExecutionCtx, OpBlockExecutor, OpEvmFactory, OpTx, block::OpAlloyReceiptBuilder,
    evm_env_for_op_block,
};
use alloy_primitives::B256;
use gm_chain::spec::ChainSpec;
use op_revm::OpSpecId;
use receipts::L1Receipts;
use revm::{
    database::{State, WrapDatabaseRef},
    primitives::hardfork::SpecId,
};

/// The state a block is executed on, with the changes gathered so far.
pub(crate) type BlockState = State<WrapDatabaseRef<StateView>>;

/// The EVM environment of a block on a rollup.
pub fn rollup_env(spec: &ChainSpec, forks: &Forks, header: &Header) -> EvmEnv<OpSpecId> {
    evm_env_for_op_block(header, forks, spec.chain_id())
}

/// The EVM environment of a block on an L1.
pub fn l1_env(spec: &ChainSpec, forks: &Forks, header: &Header) -> EvmEnv<SpecId> {
    EvmEnv::for_eth_block(header, forks, spec.chain_id(), Some(BlobParams::prague()))
}

/// Executes a block whose header is complete but for what execution gives.
pub(crate) fn execute(
    spec: &ChainSpec,
    forks: &Forks,
    parent: StateView,
    header: &Header,
    transactions: Transactions<'_>,
) -> Result<Execution, ExecuteError> {
    let mut state = State::builder()
        .with_database(WrapDatabaseRef(parent.clone()))
        .with_bundle_update()
        .build();
    let outcome = if spec.is_rollup() {
        let evm =
            OpEvmFactory::<OpTx>::default().create_evm(&mut state, rollup_env(spec, forks, header));
        let ctx = OpBlockExecutionCtx {
            parent_hash: header.parent_hash,
            parent_beacon_block_root: header.parent_beacon_block_root,
            extra_data: header.extra_data.clone(),
        };
        let executor = OpBlockExecutor::new(evm, ctx, *forks, OpAlloyReceiptBuilder::default());
        drive::rollup(executor, header.gas_limit, transactions)?
    } else {
        let evm = EthEvmFactory::default().create_evm(&mut state, l1_env(spec, forks, header));
        let ctx = EthBlockExecutionCtx {
            parent_hash: header.parent_hash,
            parent_beacon_block_root: header.parent_beacon_block_root.or(Some(B256::ZERO)),
            ommers: &[],
            withdrawals: None,
            extra_data: header.extra_data.clone(),
            tx_count_hint: None,
            slot_number: None,
        };
        let executor = EthBlockExecutor::new(evm, ctx, *forks, L1Receipts);
        drive::l1(executor, header.gas_limit, transactions)?
    };
    Execution::finish(parent, state, outcome)
}
