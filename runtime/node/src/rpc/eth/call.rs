//! `eth_call` and `eth_estimateGas`.

use super::estimate;
use crate::{
    evm::{Machine, message},
    rpc::{Methods, Node, RpcError},
};
use alloy_eips::BlockId;
use alloy_primitives::{Bytes, U64};
use alloy_rpc_types_eth::{BlockOverrides, TransactionRequest, state::StateOverride};
use op_revm::OpHaltReason;
use revm::context_interface::result::{ExecutionResult, HaltReason};

/// A call, the block it runs on, and what differs from that block.
pub(super) type CallArgs =
    (TransactionRequest, Option<BlockId>, Option<StateOverride>, Option<BlockOverrides>);

pub(super) fn register(methods: &mut Methods) {
    methods.heavy("eth_call", call).heavy("eth_estimateGas", |node, args: CallArgs| {
        estimate::estimate(node, args).map(U64::from)
    });
}

/// The machine that a call runs on.
pub(super) fn machine(
    node: &Node,
    at: Option<BlockId>,
    state: Option<StateOverride>,
    block: Option<BlockOverrides>,
) -> Result<Machine, RpcError> {
    let on = node.block(at)?;
    let chain = &node.chain;
    let after = chain.state_after(&on);
    let mut machine = Machine::for_messages(chain.spec(), chain.forks(), &on.header, after);
    if let Some(overrides) = block {
        machine.override_block(overrides)?;
    }
    if let Some(overrides) = state {
        machine.override_state(overrides)?;
    }
    Ok(machine)
}

fn call(node: &Node, (request, at, state, block): CallArgs) -> Result<Bytes, RpcError> {
    let mut machine = machine(node, at, state, block)?;
    let message = message(request, &mut machine)?;
    output(machine.run(message)?.result)
}

/// What a run returned; a revert and a halt are errors.
fn output(result: ExecutionResult<OpHaltReason>) -> Result<Bytes, RpcError> {
    match result {
        ExecutionResult::Success { output, .. } => Ok(output.into_data()),
        ExecutionResult::Revert { output, .. } => Err(RpcError::Revert(output)),
        ExecutionResult::Halt { reason, .. } => Err(RpcError::server(halt_message(&reason))),
    }
}

/// geth's text of a halt.
pub(in crate::rpc) fn halt_message(reason: &OpHaltReason) -> String {
    let OpHaltReason::Base(reason) = reason else { return format!("{reason:?}") };
    match reason {
        HaltReason::OutOfGas(_) => "out of gas",
        HaltReason::OpcodeNotFound => "invalid opcode",
        HaltReason::InvalidFEOpcode => "invalid opcode: INVALID",
        HaltReason::InvalidJump => "invalid jump destination",
        HaltReason::StackUnderflow => "stack underflow",
        HaltReason::StackOverflow => "stack limit reached 1024",
        HaltReason::OutOfOffset => "return data out of bounds",
        HaltReason::CreateCollision => "contract address collision",
        HaltReason::PrecompileError => "precompile failed",
        HaltReason::PrecompileErrorWithContext(text) => return text.to_string(),
        HaltReason::NonceOverflow => "nonce uint64 overflow",
        HaltReason::CreateContractSizeLimit => "max code size exceeded",
        HaltReason::CreateContractStartingWithEF => "invalid code: must not begin with 0xef",
        HaltReason::CreateInitCodeSizeLimit => "max initcode size exceeded",
        HaltReason::StateChangeDuringStaticCall => "write protection",
        HaltReason::OutOfFunds => "insufficient balance for transfer",
        HaltReason::CallTooDeep => "max call depth exceeded",
        other => return format!("{other:?}"),
    }
    .into()
}
