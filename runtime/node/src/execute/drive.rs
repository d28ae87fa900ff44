//! The loop over a block's transactions, the same for all tiers.

use super::{BlockState, ExecuteError};
use crate::state::{StateChanges, StateView};
use alloy_consensus::{
    EthereumTxEnvelope, Transaction, TxEnvelope, Typed2718, transaction::Recovered,
};
use alloy_eips::eip7685::Requests;
use alloy_evm::{
    Evm,
    block::{
        BlockExecutionError, BlockExecutionResult, BlockExecutor, BlockValidationError,
        ExecutableTx, StateDB,
    },
};
use alloy_op_evm::{OpBlockExecutor, block::OpAlloyReceiptBuilder};
use op_alloy_consensus::{OpReceiptEnvelope, OpTxEnvelope};
use revm::database::states::bundle_state::BundleRetention;
use std::sync::Arc;

/// Something that offers transactions for a block, best first.
pub(crate) trait Offer {
    /// The next transaction to try.
    fn next(&mut self) -> Option<Arc<Recovered<OpTxEnvelope>>>;
    /// The last one did not fit into this block; its sender's later ones cannot come either.
    fn postpone(&mut self);
    /// The last one is not valid on this state.
    fn refuse(&mut self, reason: &str);
    /// Whether the block should be closed now.
    fn is_due(&self) -> bool;
}

/// What a block is made of.
pub(crate) struct Transactions<'a> {
    /// Transactions that must be in it, in order. One that is invalid makes the block invalid.
    pub(crate) forced: &'a [Recovered<OpTxEnvelope>],
    /// Where more may come from.
    pub(crate) offer: Option<&'a mut dyn Offer>,
}

/// The gas below which no transaction fits.
const MIN_TX_GAS: u64 = 21_000;

/// What the loop leaves.
pub(super) struct Outcome {
    offered: Vec<Arc<Recovered<OpTxEnvelope>>>,
    result: BlockExecutionResult<OpReceiptEnvelope>,
}

/// A block's execution, complete with the state it leads to.
#[derive(Debug)]
pub(crate) struct Execution {
    /// Transactions taken from the offer, after the forced ones.
    pub(crate) offered: Vec<Arc<Recovered<OpTxEnvelope>>>,
    /// One receipt a transaction.
    pub(crate) receipts: Vec<OpReceiptEnvelope>,
    /// Gas used by all.
    pub(crate) gas_used: u64,
    /// Header field `blobGasUsed`: zero, or from Jovian on the data-availability footprint.
    pub(crate) blob_gas_used: u64,
    /// Requests of the consensus layer (EIP-7685); none on a rollup.
    pub(crate) requests: Requests,
    /// The new state.
    pub(crate) changes: StateChanges,
}

impl Execution {
    pub(super) fn finish(
        parent: StateView,
        mut state: BlockState,
        outcome: Outcome,
    ) -> Result<Self, ExecuteError> {
        state.merge_transitions(BundleRetention::PlainState);
        let changes = parent.apply(&state.take_bundle())?;
        let Outcome { offered, result } = outcome;
        Ok(Self {
            offered,
            receipts: result.receipts,
            gas_used: result.gas_used,
            blob_gas_used: result.blob_gas_used,
            requests: result.requests,
            changes,
        })
    }
}

/// Runs a rollup block.
pub(super) fn rollup<E>(
    executor: OpBlockExecutor<E, OpAlloyReceiptBuilder, super::Forks>,
    gas_limit: u64,
    transactions: Transactions<'_>,
) -> Result<Outcome, ExecuteError>
where
    OpBlockExecutor<E, OpAlloyReceiptBuilder, super::Forks>:
        BlockExecutor<Transaction = OpTxEnvelope, Receipt = OpReceiptEnvelope, Evm = E>,
    E: Evm<DB: StateDB, Tx: alloy_evm::FromRecoveredTx<OpTxEnvelope>>,
{
    drive(executor, gas_limit, transactions, |tx| {
        if tx.ty() == op_alloy_consensus::POST_EXEC_TX_TYPE_ID {
            return Err(ExecuteError::UnsupportedType(tx.ty()));
        }
        Ok(Recovered::new_unchecked(tx.inner().clone(), tx.signer()))
    })
}

/// Runs an L1 block.
pub(super) fn l1<B>(
    executor: B,
    gas_limit: u64,
    transactions: Transactions<'_>,
) -> Result<Outcome, ExecuteError>
where
    B: BlockExecutor<Transaction = TxEnvelope, Receipt = OpReceiptEnvelope>,
{
    drive(executor, gas_limit, transactions, |tx| {
        let ethereum = match tx.inner() {
            OpTxEnvelope::Legacy(tx) => EthereumTxEnvelope::Legacy(tx.clone()),
            OpTxEnvelope::Eip2930(tx) => EthereumTxEnvelope::Eip2930(tx.clone()),
            OpTxEnvelope::Eip1559(tx) => EthereumTxEnvelope::Eip1559(tx.clone()),
            OpTxEnvelope::Eip7702(tx) => EthereumTxEnvelope::Eip7702(tx.clone()),
            other => return Err(ExecuteError::UnsupportedType(other.ty())),
        };
        Ok(Recovered::new_unchecked(ethereum, tx.signer()))
    })
}

fn drive<B, T>(
    mut executor: B,
    gas_limit: u64,
    transactions: Transactions<'_>,
    convert: impl Fn(&Recovered<OpTxEnvelope>) -> Result<T, ExecuteError>,
) -> Result<Outcome, ExecuteError>
where
    B: BlockExecutor<Receipt = OpReceiptEnvelope>,
    T: ExecutableTx<B>,
{
    executor.apply_pre_execution_changes()?;
    for (index, tx) in transactions.forced.iter().enumerate() {
        executor
            .execute_transaction(convert(tx)?)
            .map_err(|err| ExecuteError::at(index, tx.inner().tx_hash(), err))?;
    }
    let mut offered = Vec::new();
    if let Some(offer) = transactions.offer {
        while !offer.is_due() {
            let used = executor.receipts().last().map_or(0, |r| r.cumulative_gas_used());
            let left = gas_limit.saturating_sub(used);
            if left < MIN_TX_GAS {
                break;
            }
            let Some(tx) = offer.next() else { break };
            if tx.gas_limit() > left {
                offer.postpone();
                continue;
            }
            match executor.execute_transaction(convert(&tx)?) {
                Ok(_) => offered.push(tx),
                Err(BlockExecutionError::Validation(
                    BlockValidationError::TransactionGasLimitMoreThanAvailableBlockGas { .. },
                )) => offer.postpone(),
                Err(BlockExecutionError::Validation(err)) => offer.refuse(&err.to_string()),
                Err(err) => return Err(err.into()),
            }
        }
    }
    let (_, result) = executor.finish()?;
    Ok(Outcome { offered, result })
}
