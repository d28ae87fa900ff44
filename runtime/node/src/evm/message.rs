//! From a request of the JSON-RPC to a message that the machine runs.

use super::{EvmError, Machine};
use alloy_eips::eip7702::SignedAuthorization;
use alloy_op_evm::OpTx;
use alloy_primitives::{Bytes, TxKind};
use alloy_rpc_types_eth::TransactionRequest;
use op_revm::OpTransaction;
use revm::{
    context::{TransactionType, TxEnv},
    context_interface::either::Either,
};

/// The most gas a message may use, and what it gets if it names none: geth's `--rpc.gascap`.
pub(crate) const CALL_GAS_CAP: u64 = 50_000_000;

/// What the request says about fees.
struct Fees {
    /// `gasPrice` or `maxFeePerGas`, in wei.
    price: u128,
    /// `maxPriorityFeePerGas`, in wei.
    tip: Option<u128>,
}

/// Turns a request into a message for `machine`, with the defaults that geth uses: sender zero, no
/// value, no price, [`CALL_GAS_CAP`] gas, the sender's next nonce.
///
/// Fails with [`EvmError::Request`] where fields contradict each other.
pub(crate) fn message(
    request: TransactionRequest,
    machine: &mut Machine,
) -> Result<OpTx, EvmError> {
    if request.blob_versioned_hashes.is_some()
        || request.sidecar.is_some()
        || request.max_fee_per_blob_gas.is_some()
    {
        return Err(invalid("blob transactions are not supported on this chain"));
    }
    let chain_id = request.chain_id.unwrap_or_else(|| machine.chain_id());
    if chain_id != machine.chain_id() {
        let have = machine.chain_id();
        return Err(invalid(format!(
            "chainId does not match node's (have={chain_id}, want={have})"
        )));
    }
    let fees = fees(&request)?;
    let kind = tx_type(&request, &fees);
    let caller = request.from.unwrap_or_default();
    let nonce = match request.nonce {
        Some(nonce) => nonce,
        None => machine.account(caller)?.nonce,
    };
    let authorizations = request.authorization_list.unwrap_or_default();
    if kind == TransactionType::Eip7702 && !matches!(request.to, Some(TxKind::Call(_))) {
        return Err(invalid("EIP-7702 transaction cannot be used to create a contract"));
    }
    let data = request.input.try_into_unique_input().map_err(|err| invalid(err.to_string()))?;
    let base = TxEnv {
        tx_type: kind as u8,
        caller,
        gas_limit: request.gas.unwrap_or(CALL_GAS_CAP).min(CALL_GAS_CAP),
        gas_price: fees.price,
        kind: request.to.unwrap_or(TxKind::Create),
        value: request.value.unwrap_or_default(),
        data: data.unwrap_or_default(),
        nonce,
        chain_id: Some(chain_id),
        access_list: request.access_list.unwrap_or_default(),
        gas_priority_fee: fees.tip,
        authorization_list: signed(authorizations),
        ..Default::default()
    };
    // Empty transaction bytes weigh nothing: there is no L1 data to pay for.
    Ok(OpTx(OpTransaction { base, enveloped_tx: Some(Bytes::new()), deposit: Default::default() }))
}

fn fees(request: &TransactionRequest) -> Result<Fees, EvmError> {
    let (cap, tip) = (request.max_fee_per_gas, request.max_priority_fee_per_gas);
    match request.gas_price {
        Some(_) if cap.is_some() || tip.is_some() => {
            Err(invalid("both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified"))
        }
        Some(price) => Ok(Fees { price, tip: None }),
        None if cap.is_some() || tip.is_some() => {
            Ok(Fees { price: cap.unwrap_or(0), tip: Some(tip.unwrap_or(0)) })
        }
        None => Ok(Fees { price: 0, tip: None }),
    }
}

fn tx_type(request: &TransactionRequest, fees: &Fees) -> TransactionType {
    if request.authorization_list.as_ref().is_some_and(|list| !list.is_empty()) {
        TransactionType::Eip7702
    } else if fees.tip.is_some() {
        TransactionType::Eip1559
    } else if request.access_list.is_some() {
        TransactionType::Eip2930
    } else {
        TransactionType::Legacy
    }
}

fn signed(
    list: Vec<SignedAuthorization>,
) -> Vec<Either<SignedAuthorization, alloy_eips::eip7702::RecoveredAuthorization>> {
    list.into_iter().map(Either::Left).collect()
}

fn invalid(reason: impl Into<String>) -> EvmError {
    EvmError::Request(reason.into())
}
