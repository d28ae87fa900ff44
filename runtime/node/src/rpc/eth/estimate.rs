//! `eth_estimateGas`: the least gas limit with which a transaction succeeds, by bisection.

use super::call::{CallArgs, halt_message, machine};
use crate::{
    evm::{CALL_GAS_CAP, EvmError, Machine, message},
    rpc::{Node, RpcError},
};
use alloy_op_evm::OpTx;
use alloy_primitives::{TxKind, U256};
use op_revm::OpHaltReason;
use revm::{
    Database,
    context_interface::result::{ExecutionResult, HaltReason, InvalidTransaction},
};

/// Gas of a plain transfer.
const TRANSFER: u64 = 21_000;
/// Gas that a call with value passes on beyond what it is charged.
const STIPEND: u64 = 2_300;
/// The estimate may be too high by this share, in thousandths, as in geth.
const TOLERANCE: u64 = 15;

/// A run with one gas limit.
enum Trial {
    /// It succeeded. Gas used, and gas given back at the end.
    Enough { used: u64, refunded: u64 },
    /// It failed for want of gas, or for whatever more gas may cure.
    TooLittle,
    /// It failed and would with any gas.
    Hopeless(RpcError),
}

pub(super) fn estimate(
    node: &Node,
    (request, at, state, block): CallArgs,
) -> Result<u64, RpcError> {
    let mut machine = machine(node, at, state, block)?;
    let asked = request.gas;
    let mut tx = message(request, &mut machine)?;
    let mut high = match asked {
        Some(gas) if gas >= TRANSFER => gas,
        _ => machine.block().gas_limit,
    };
    high = high.min(affordable(&mut machine, &tx)?).min(CALL_GAS_CAP);

    if is_transfer(&mut machine, &tx)?
        && let Trial::Enough { .. } = attempt(&mut machine, &mut tx, TRANSFER)?
    {
        return Ok(TRANSFER);
    }
    let (used, refunded) = match attempt(&mut machine, &mut tx, high)? {
        Trial::Enough { used, refunded } => (used, refunded),
        Trial::Hopeless(err) => return Err(err),
        Trial::TooLittle => {
            return Err(RpcError::server(format!("gas required exceeds allowance ({high})")));
        }
    };
    let mut low = used.saturating_sub(1);
    // What it used, with what an inner call may hold back, is nearly always enough.
    let likely = (used + refunded + STIPEND).saturating_mul(64) / 63;
    if likely < high {
        narrow(&mut machine, &mut tx, likely, &mut low, &mut high)?;
    }
    while low + 1 < high && (high - low) * 1_000 >= high * TOLERANCE {
        // Most transactions need little more than they use: look low first.
        let middle = (low.midpoint(high)).min(low.saturating_mul(2)).max(low + 1);
        narrow(&mut machine, &mut tx, middle, &mut low, &mut high)?;
    }
    Ok(high)
}

fn narrow(
    machine: &mut Machine,
    tx: &mut OpTx,
    gas: u64,
    low: &mut u64,
    high: &mut u64,
) -> Result<(), RpcError> {
    match attempt(machine, tx, gas)? {
        Trial::Enough { .. } => *high = gas,
        Trial::TooLittle | Trial::Hopeless(_) => *low = gas,
    }
    Ok(())
}

/// The gas that the sender can pay for at the price it names.
fn affordable(machine: &mut Machine, tx: &OpTx) -> Result<u64, RpcError> {
    let base = &tx.0.base;
    if base.gas_price == 0 {
        return Ok(u64::MAX);
    }
    let balance = machine.account(base.caller)?.balance;
    let left = balance
        .checked_sub(base.value)
        .ok_or_else(|| RpcError::server("insufficient funds for transfer"))?;
    Ok((left / U256::from(base.gas_price)).saturating_to())
}

/// Whether nothing is run: the receiver has no code and there is no data.
fn is_transfer(machine: &mut Machine, tx: &OpTx) -> Result<bool, RpcError> {
    let base = &tx.0.base;
    let TxKind::Call(to) = base.kind else { return Ok(false) };
    let plain =
        base.data.is_empty() && base.access_list.is_empty() && base.authorization_list.is_empty();
    Ok(plain && machine.db_mut().basic(to)?.is_none_or(|account| account.is_empty_code_hash()))
}

fn attempt(machine: &mut Machine, tx: &mut OpTx, gas: u64) -> Result<Trial, RpcError> {
    tx.0.base.gas_limit = gas;
    let result = match machine.run(tx.clone()) {
        Ok(outcome) => outcome.result,
        Err(EvmError::Invalid(
            InvalidTransaction::CallGasCostMoreThanGasLimit { .. }
            | InvalidTransaction::GasFloorMoreThanGasLimit { .. },
        )) => return Ok(Trial::TooLittle),
        Err(err) => return Err(err.into()),
    };
    Ok(match result {
        ExecutionResult::Success { gas, .. } => {
            Trial::Enough { used: gas.tx_gas_used(), refunded: gas.final_refunded() }
        }
        ExecutionResult::Revert { output, .. } => Trial::Hopeless(RpcError::Revert(output)),
        ExecutionResult::Halt { reason: OpHaltReason::Base(HaltReason::OutOfGas(_)), .. } => {
            Trial::TooLittle
        }
        ExecutionResult::Halt { reason, .. } => {
            Trial::Hopeless(RpcError::server(halt_message(&reason)))
        }
    })
}
