//! One simulated block.

use super::{
    error::{Refusal, invalid},
    logs::Logs,
    plan::Planned,
    transaction::unsigned,
};
use crate::{
    block::{Block, ExecutedBlock},
    evm::{Machine, message},
    execute::next_base_fee,
    rpc::{
        RpcError,
        json::{self, BlockJson},
        revert_message,
    },
};
use alloy_consensus::{
    EMPTY_OMMER_ROOT_HASH, Header, Sealable, Sealed, TxReceipt,
    constants::EMPTY_WITHDRAWALS,
    proofs::{calculate_receipt_root, calculate_transaction_root},
    transaction::Recovered,
};
use alloy_eips::eip7685::Requests;
use alloy_primitives::{B256, Bloom, Log, U256};
use alloy_rpc_types_eth::{
    TransactionRequest,
    simulate::{SimCallResult, SimulateError, SimulatedBlock},
};
use gm_chain::spec::{ChainSpec, MESSAGE_PASSER};
use op_alloy_consensus::{OpReceiptEnvelope, OpTxEnvelope};
use op_revm::OpHaltReason;
use revm::context_interface::result::ExecutionResult;
use std::{sync::Arc, time::Instant};

/// The state of a simulation between blocks.
#[derive(Debug)]
pub(super) struct Simulator<'a> {
    pub(super) spec: &'a ChainSpec,
    pub(super) machine: Machine,
    pub(super) parent: Sealed<Header>,
    /// Gas left for all calls to come.
    pub(super) gas: u64,
    pub(super) deadline: Instant,
    pub(super) trace_transfers: bool,
    pub(super) validation: bool,
    pub(super) full: bool,
}

/// What the calls of a block have left so far.
#[derive(Debug, Default)]
struct Progress {
    transactions: Vec<Recovered<OpTxEnvelope>>,
    receipts: Vec<OpReceiptEnvelope>,
    gas_used: u64,
    /// Each call's result with its logs.
    calls: Vec<(SimCallResult, Vec<Log>)>,
}

impl Simulator<'_> {
    /// Runs a block on top of the last one.
    pub(super) fn block(
        &mut self,
        planned: Planned,
    ) -> Result<SimulatedBlock<BlockJson>, RpcError> {
        let mut header = self.open(&planned);
        self.machine.enter(self.spec, &header);
        self.machine.override_block(planned.block).map_err(invalid)?;
        self.machine.override_state(planned.state).map_err(invalid)?;
        self.machine.open_block(&header)?;
        let mut progress = Progress::default();
        for request in planned.calls {
            if Instant::now() > self.deadline {
                return Err(RpcError::server("execution aborted (timeout)"));
            }
            let left = header.gas_limit - progress.gas_used;
            self.call(request, left, &mut progress)?;
        }
        let requests = self.machine.close_block()?;
        self.close(&mut header, &progress, requests)?;
        self.finish(header, progress)
    }

    /// The header, but for what execution gives.
    fn open(&self, planned: &Planned) -> Header {
        let overrides = &planned.block;
        let base_fee = match overrides.base_fee {
            Some(fee) => fee.saturating_to(),
            None if self.validation => next_base_fee(self.spec, self.machine.forks(), &self.parent),
            None => 0,
        };
        Header {
            parent_hash: self.parent.hash(),
            ommers_hash: EMPTY_OMMER_ROOT_HASH,
            beneficiary: overrides.coinbase.unwrap_or(self.parent.beneficiary),
            number: planned.number,
            timestamp: planned.timestamp,
            gas_limit: overrides.gas_limit.unwrap_or(self.parent.gas_limit),
            mix_hash: overrides.random.unwrap_or_default(),
            difficulty: overrides.difficulty.unwrap_or_default(),
            base_fee_per_gas: Some(base_fee),
            // What the next base fee follows from.
            extra_data: self.parent.extra_data.clone(),
            blob_gas_used: Some(0),
            excess_blob_gas: Some(0),
            parent_beacon_block_root: Some(overrides.beacon_root.unwrap_or_default()),
            ..Default::default()
        }
    }

    fn call(
        &mut self,
        mut request: TransactionRequest,
        left: u64,
        progress: &mut Progress,
    ) -> Result<(), RpcError> {
        let asked = request.gas.unwrap_or(left);
        if asked > left {
            let message = format!("block gas limit reached: remaining: {left}, required: {asked}");
            return Err(Refusal::BlockGasLimit.with(message).into());
        }
        request.gas = Some(asked.min(self.gas));
        let dynamic = request.gas_price.is_none();
        let mut tx = message(request, &mut self.machine).map_err(invalid)?;
        if dynamic && tx.0.base.tx_type < 2 {
            tx.0.base.tx_type = 2;
            tx.0.base.gas_priority_fee = Some(0);
        }
        let envelope = unsigned(&tx);
        let mut logs = Logs::new(self.trace_transfers);
        let outcome = self.machine.inspect(tx, &mut logs).map_err(invalid)?;
        self.machine.commit(outcome.state);
        let result = outcome.result;
        let used = result.tx_gas_used();
        self.gas = self.gas.saturating_sub(used);
        progress.gas_used += used;
        progress.receipts.push(receipt(&envelope, &result, progress.gas_used));
        progress.transactions.push(envelope);
        progress.calls.push((call_result(result), logs.into_logs()));
        Ok(())
    }

    /// Fills in what execution gave.
    fn close(
        &self,
        header: &mut Header,
        progress: &Progress,
        requests: Requests,
    ) -> Result<(), RpcError> {
        let changes = self.machine.changes()?;
        let raw: Vec<&OpTxEnvelope> = progress.transactions.iter().map(|tx| tx.inner()).collect();
        header.transactions_root = calculate_transaction_root(&raw);
        header.receipts_root = calculate_receipt_root(&progress.receipts);
        header.logs_bloom =
            progress.receipts.iter().fold(Bloom::ZERO, |bloom, receipt| bloom | receipt.bloom());
        header.gas_used = progress.gas_used;
        header.state_root = changes.root;
        header.requests_hash = Some(requests.requests_hash());
        header.withdrawals_root = Some(if self.spec.is_rollup() {
            self.machine.storage_root(&changes, MESSAGE_PASSER)?
        } else {
            EMPTY_WITHDRAWALS
        });
        Ok(())
    }

    /// Seals the block and goes on to it.
    fn finish(
        &mut self,
        header: Header,
        progress: Progress,
    ) -> Result<SimulatedBlock<BlockJson>, RpcError> {
        let header = header.seal_slow();
        self.parent = header.clone();
        let hashes = &mut self.machine.db_mut().cache.block_hashes;
        hashes.insert(U256::from(header.number), header.hash());
        let block = Block { header, transactions: progress.transactions };
        let mut index = 0;
        let mut calls = Vec::with_capacity(progress.calls.len());
        for (position, (mut call, logs)) in progress.calls.into_iter().enumerate() {
            call.logs = place(&block, position, logs, &mut index);
            calls.push(call);
        }
        let executed =
            ExecutedBlock { block: Arc::new(block), receipts: Arc::new(progress.receipts) };
        Ok(SimulatedBlock { inner: json::block(&executed, self.full), calls })
    }
}

/// Says where in the block each log is.
fn place(
    block: &Block,
    position: usize,
    logs: Vec<Log>,
    index: &mut u64,
) -> Vec<alloy_rpc_types_eth::Log> {
    let hash: B256 = block.transactions[position].inner().tx_hash();
    logs.into_iter()
        .map(|inner| {
            *index += 1;
            alloy_rpc_types_eth::Log {
                inner,
                block_hash: Some(block.hash()),
                block_number: Some(block.number),
                block_timestamp: Some(block.timestamp),
                transaction_hash: Some(hash),
                transaction_index: Some(position as u64),
                log_index: Some(*index - 1),
                removed: false,
            }
        })
        .collect()
}

fn call_result(result: ExecutionResult<OpHaltReason>) -> SimCallResult {
    let (gas_used, status) = (result.tx_gas_used(), result.is_success());
    let max_used_gas = Some(result.gas().total_gas_spent().max(gas_used));
    let (return_data, error) = match result {
        ExecutionResult::Success { output, .. } => (output.into_data(), None),
        ExecutionResult::Revert { output, .. } => {
            let error = SimulateError {
                code: SimulateError::EXECUTION_REVERTED_CODE,
                message: revert_message(&output),
                data: Some(output.clone()),
            };
            (output, Some(error))
        }
        ExecutionResult::Halt { reason, .. } => {
            let error = SimulateError {
                code: SimulateError::VM_EXECUTION_ERROR_CODE,
                message: crate::rpc::eth::halt_message(&reason),
                data: None,
            };
            (Default::default(), Some(error))
        }
    };
    SimCallResult { return_data, logs: Vec::new(), gas_used, max_used_gas, status, error }
}

fn receipt(
    tx: &Recovered<OpTxEnvelope>,
    result: &ExecutionResult<OpHaltReason>,
    cumulative_gas_used: u64,
) -> OpReceiptEnvelope {
    let receipt = alloy_consensus::Receipt {
        status: result.is_success().into(),
        cumulative_gas_used,
        logs: result.logs().to_vec(),
    }
    .with_bloom();
    match tx.inner() {
        OpTxEnvelope::Eip2930(_) => OpReceiptEnvelope::Eip2930(receipt),
        OpTxEnvelope::Eip1559(_) => OpReceiptEnvelope::Eip1559(receipt),
        OpTxEnvelope::Eip7702(_) => OpReceiptEnvelope::Eip7702(receipt),
        _ => OpReceiptEnvelope::Legacy(receipt),
    }
}
