//! Traces: a transaction, a call or a block run again while a tracer watches.

use super::{bounded::Bounded, options};
use crate::{
    block::Block,
    evm::{self, Machine, message},
    rpc::{Node, RpcError},
};
use alloy_consensus::{
    Sealable,
    transaction::{Recovered, SignerRecoverable},
};
use alloy_eips::BlockId;
use alloy_op_evm::OpTx;
use alloy_primitives::{B256, Bytes};
use alloy_rlp::Decodable;
use alloy_rpc_types_eth::TransactionRequest;
use alloy_rpc_types_trace::{
    common::TraceResult,
    geth::{GethDebugTracingCallOptions, GethDebugTracingOptions, GethTrace, StructLog},
};
use op_alloy_consensus::OpTxEnvelope;
use revm_inspectors::tracing::{DebugInspector, TransactionContext};

/// The traces of a block's transactions.
type BlockTrace = Vec<TraceResult<GethTrace, String>>;

pub(super) fn transaction(
    node: &Node,
    (hash, options): (B256, Option<GethDebugTracingOptions>),
) -> Result<GethTrace, RpcError> {
    let mut run = Run::new(node, &options.unwrap_or_default())?;
    let found =
        node.chain.transaction(hash)?.ok_or_else(|| RpcError::server("transaction not found"))?;
    let mut machine = Machine::before(&node.chain, &found.block, found.index)?;
    run.trace_in(&mut machine, &found.block, found.index)
}

pub(super) fn block(
    node: &Node,
    id: BlockId,
    options: Option<GethDebugTracingOptions>,
) -> Result<BlockTrace, RpcError> {
    trace_block(node, &*node.block(Some(id))?, &options.unwrap_or_default())
}

/// A block that the client gives as RLP. Its parent must be known.
pub(super) fn raw_block(
    node: &Node,
    (rlp, options): (Bytes, Option<GethDebugTracingOptions>),
) -> Result<BlockTrace, RpcError> {
    let invalid = |what: String| RpcError::params(format!("could not decode block: {what}"));
    let block = alloy_consensus::Block::<OpTxEnvelope>::decode(&mut &rlp[..])
        .map_err(|err| invalid(err.to_string()))?;
    let recover = |tx: OpTxEnvelope| -> Result<_, RpcError> {
        let sender = tx.recover_signer().map_err(|err| invalid(err.to_string()))?;
        Ok(Recovered::new_unchecked(tx, sender))
    };
    let block = Block {
        transactions: block.body.transactions.into_iter().map(recover).collect::<Result<_, _>>()?,
        header: block.header.seal_slow(),
    };
    trace_block(node, &block, &options.unwrap_or_default())
}

fn trace_block(
    node: &Node,
    block: &Block,
    options: &GethDebugTracingOptions,
) -> Result<BlockTrace, RpcError> {
    if block.number == 0 {
        return Err(RpcError::server("genesis is not traceable"));
    }
    let mut run = Run::new(node, options)?;
    let mut machine = Machine::before(&node.chain, block, 0)?;
    let mut traces = Vec::with_capacity(block.transactions.len());
    for (index, tx) in block.transactions.iter().enumerate() {
        let tx_hash = Some(tx.inner().tx_hash());
        let result = run.trace_in(&mut machine, block, index)?;
        traces.push(TraceResult::Success { result, tx_hash });
    }
    Ok(traces)
}

/// A message on the state after a block, or within it before the transaction at `txIndex`.
pub(super) fn call(
    node: &Node,
    (request, id, options): (
        TransactionRequest,
        Option<BlockId>,
        Option<GethDebugTracingCallOptions>,
    ),
) -> Result<GethTrace, RpcError> {
    let options = options.unwrap_or_default();
    let mut run = Run::new(node, &options.tracing_options)?;
    let (chain, block) = (&node.chain, node.block(id)?);
    let mut machine = match options.tx_index {
        Some(index) => {
            let index = usize::try_from(index).unwrap_or(usize::MAX);
            if index >= block.transactions.len() {
                return Err(RpcError::params(format!("the block has no transaction {index}")));
            }
            Machine::before(chain, &block, index)?.into_messages()
        }
        None => {
            let state = chain.state_after(&block);
            Machine::for_messages(chain.spec(), chain.forks(), &block.header, state)
        }
    };
    if let Some(overrides) = options.block_overrides {
        machine.override_block(overrides)?;
    }
    if let Some(overrides) = options.state_overrides {
        machine.override_state(overrides)?;
    }
    let message = message(request, &mut machine)?;
    run.trace(&mut machine, message, None, false)
}

/// One request, whose bounds count for all the transactions in it.
struct Run {
    inspector: Bounded<DebugInspector>,
    /// Bytes of steps to show; zero for all.
    limit: u64,
}

impl Run {
    fn new(node: &Node, options: &GethDebugTracingOptions) -> Result<Self, RpcError> {
        let (tracer, deadline) = (options::tracer(options)?, options::deadline(node, options)?);
        let limit = options.config.limit.unwrap_or(0);
        Ok(Self { inspector: Bounded::new(tracer, options, deadline), limit })
    }

    /// Traces the transaction at `index` and lets it take effect on the machine.
    fn trace_in(
        &mut self,
        machine: &mut Machine,
        block: &Block,
        index: usize,
    ) -> Result<GethTrace, RpcError> {
        let tx = &block.transactions[index];
        let context = TransactionContext {
            block_hash: Some(block.hash()),
            tx_index: Some(index),
            tx_hash: Some(tx.inner().tx_hash()),
        };
        self.trace(machine, evm::transaction(tx), Some(context), true)
    }

    fn trace(
        &mut self,
        machine: &mut Machine,
        tx: OpTx,
        context: Option<TransactionContext>,
        commit: bool,
    ) -> Result<GethTrace, RpcError> {
        let internal = |err: String| RpcError::Internal(err);
        self.inspector.tracer.fuse().map_err(|err| internal(err.to_string()))?;
        let outcome = machine.inspect(tx.clone(), &mut self.inspector)?;
        self.inspector.check()?;
        let block = machine.block().clone();
        let mut trace = self
            .inspector
            .tracer
            .get_result(context, &tx, &block, &outcome, machine.db_mut())
            .map_err(|err| internal(err.to_string()))?;
        if let GethTrace::Default(frame) = &mut trace
            && self.limit > 0
        {
            shorten(&mut frame.struct_logs, self.limit);
        }
        if commit {
            machine.commit(outcome.state);
        }
        Ok(trace)
    }
}

/// Keeps the first steps, up to and with the one that brings their JSON over `limit` bytes.
fn shorten(steps: &mut Vec<StructLog>, limit: u64) {
    let mut size = 0;
    steps.retain(|step| {
        let keep = size <= limit;
        if keep {
            size += serde_json::to_vec(step).map_or(0, |json| json.len() as u64);
        }
        keep
    });
}
