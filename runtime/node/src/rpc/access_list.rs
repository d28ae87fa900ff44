//! `eth_createAccessList`.
//!
//! Specification: <https://eips.ethereum.org/EIPS/eip-2930>.

use super::{Methods, Node, RpcError};
use crate::evm::{Machine, message};
use alloy_eips::{BlockId, eip2930::AccessList};
use alloy_op_evm::OpTx;
use alloy_primitives::U64;
use alloy_rpc_types_eth::{TransactionRequest, state::StateOverride};
use op_revm::OpHaltReason;
use revm::context_interface::result::ExecutionResult;
use revm_inspectors::access_list::AccessListInspector;
use serde::Serialize;

/// How often the list may change before it is taken as it is. Each run can reveal accesses that
/// the gas saved by the last list made possible.
const ROUNDS: usize = 8;

/// The list, and what the message costs with it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Created {
    access_list: AccessList,
    gas_used: U64,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

pub(super) fn register(methods: &mut Methods) {
    methods.heavy("eth_createAccessList", create);
}

fn create(
    node: &Node,
    (request, id, overrides): (TransactionRequest, Option<BlockId>, Option<StateOverride>),
) -> Result<Created, RpcError> {
    let (chain, block) = (&node.chain, node.block(id)?);
    let state = chain.state_after(&block);
    let mut machine = Machine::for_messages(chain.spec(), chain.forks(), &block.header, state);
    if let Some(overrides) = overrides {
        machine.override_state(overrides)?;
    }
    let mut tx = message(request, &mut machine)?;
    for _ in 0..ROUNDS {
        let mut inspector = AccessListInspector::new(tx.0.base.access_list.clone());
        let outcome = machine.inspect(tx.clone(), &mut inspector)?;
        let list = sorted(inspector.into_access_list());
        if list == tx.0.base.access_list {
            return Ok(created(list, outcome.result));
        }
        with_list(&mut tx, list);
    }
    let outcome = machine.run(tx.clone())?;
    Ok(created(tx.0.base.access_list.clone(), outcome.result))
}

/// The same accesses in the same order every time.
fn sorted(mut list: AccessList) -> AccessList {
    list.0.sort_unstable_by_key(|item| item.address);
    for item in &mut list.0 {
        item.storage_keys.sort_unstable();
    }
    list
}

fn with_list(tx: &mut OpTx, list: AccessList) {
    let base = &mut tx.0.base;
    base.access_list = list;
    // A legacy transaction has no list.
    if base.tx_type == 0 {
        base.tx_type = 1;
    }
}

fn created(access_list: AccessList, result: ExecutionResult<OpHaltReason>) -> Created {
    let gas_used = U64::from(result.tx_gas_used());
    let error = match result {
        ExecutionResult::Success { .. } => None,
        ExecutionResult::Revert { output, .. } => Some(super::revert_message(&output)),
        ExecutionResult::Halt { reason, .. } => Some(super::eth::halt_message(&reason)),
    };
    Created { access_list, gas_used, error }
}
