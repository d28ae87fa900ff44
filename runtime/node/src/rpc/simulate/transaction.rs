//! Simulated calls as transactions, so that a block can hold them.

use alloy_consensus::{Signed, TxEip1559, TxEip2930, TxEip7702, TxLegacy, transaction::Recovered};
use alloy_eips::eip7702::SignedAuthorization;
use alloy_op_evm::OpTx;
use alloy_primitives::{Signature, U256};
use op_alloy_consensus::OpTxEnvelope;
use revm::{context::TxEnv, context_interface::either::Either};

/// The call as a transaction with a signature of zeros.
pub(super) fn unsigned(tx: &OpTx) -> Recovered<OpTxEnvelope> {
    let TxEnv {
        tx_type,
        caller,
        gas_limit,
        gas_price,
        kind: to,
        value,
        data: input,
        nonce,
        chain_id,
        access_list,
        gas_priority_fee,
        authorization_list,
        ..
    } = tx.0.base.clone();
    let (id, tip) = (chain_id.unwrap_or_default(), gas_priority_fee.unwrap_or_default());
    let signature = Signature::new(U256::ZERO, U256::ZERO, false);
    let envelope: OpTxEnvelope = match tx_type {
        4 => Signed::new_unhashed(
            TxEip7702 {
                chain_id: id,
                nonce,
                gas_limit,
                max_fee_per_gas: gas_price,
                max_priority_fee_per_gas: tip,
                to: to.to().copied().unwrap_or_default(),
                value,
                access_list,
                authorization_list: authorization_list.into_iter().filter_map(as_signed).collect(),
                input,
            },
            signature,
        )
        .into(),
        2 => Signed::new_unhashed(
            TxEip1559 {
                chain_id: id,
                nonce,
                gas_limit,
                max_fee_per_gas: gas_price,
                max_priority_fee_per_gas: tip,
                to,
                value,
                access_list,
                input,
            },
            signature,
        )
        .into(),
        1 => Signed::new_unhashed(
            TxEip2930 { chain_id: id, nonce, gas_price, gas_limit, to, value, access_list, input },
            signature,
        )
        .into(),
        _ => Signed::new_unhashed(
            TxLegacy { chain_id, nonce, gas_price, gas_limit, to, value, input },
            signature,
        )
        .into(),
    };
    Recovered::new_unchecked(envelope, caller)
}

fn as_signed<R>(authorization: Either<SignedAuthorization, R>) -> Option<SignedAuthorization> {
    authorization.left()
}
