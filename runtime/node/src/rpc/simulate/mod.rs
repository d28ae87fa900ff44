//! `eth_simulateV1`: a chain of blocks that is run and not kept.
//!
//! Specification: <https://ethereum.github.io/execution-apis/api-documentation/> and its notes on
//! `eth_simulateV1`.

mod block;
mod error;
mod logs;
mod plan;
#[cfg(test)]
mod tests;
mod transaction;

use super::{Methods, Node, RpcError, json::BlockJson};
use crate::evm::{CALL_GAS_CAP, Machine};
use alloy_eips::BlockId;
use alloy_rpc_types_eth::simulate::{SimulatePayload, SimulatedBlock};
use block::Simulator;
use error::Refusal;
use std::time::Instant;

/// Calls in one simulated block, at the most.
const CALLS_PER_BLOCK: usize = 5_000;

/// Calls in one request, at the most.
const CALLS: usize = 10_000;

pub(super) fn register(methods: &mut Methods) {
    methods.heavy("eth_simulateV1", simulate);
}

fn simulate(
    node: &Node,
    (payload, id): (SimulatePayload, Option<BlockId>),
) -> Result<Vec<SimulatedBlock<BlockJson>>, RpcError> {
    let SimulatePayload {
        block_state_calls,
        trace_transfers,
        validation,
        return_full_transactions: full,
    } = payload;
    let calls = block_state_calls.iter().map(|block| block.calls.len());
    if let Some(most) = calls.clone().max()
        && most > CALLS_PER_BLOCK
    {
        return Err(Refusal::Limit.with(format!("too many calls in block: {most}")).into());
    }
    let total: usize = calls.sum();
    if total > CALLS {
        return Err(Refusal::Limit.with(format!("too many calls: {total} > {CALLS}")).into());
    }
    let base = node.block(id)?;
    let (spec, forks) = (node.chain.spec(), node.chain.forks());
    let blocks = plan::plan(&base, block_state_calls, spec.block_time)?;
    let machine =
        Machine::for_transactions(spec, forks, &base.header, node.chain.state_after(&base));
    let mut simulator = Simulator {
        spec,
        machine: machine.into_simulation(validation),
        parent: base.header.clone(),
        gas: CALL_GAS_CAP,
        deadline: Instant::now() + node.options.trace_timeout,
        trace_transfers,
        validation,
        full,
    };
    blocks.into_iter().map(|block| simulator.block(block)).collect()
}
