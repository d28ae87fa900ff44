//! Receipts of L1 blocks, in the receipt type that all tiers share.

use alloy_consensus::{Eip658Value, Receipt, TxEnvelope, TxType};
use alloy_evm::{
    Evm,
    eth::receipt_builder::{ReceiptBuilder, ReceiptBuilderCtx},
};
use op_alloy_consensus::OpReceiptEnvelope;

/// Builds [`OpReceiptEnvelope`]s from Ethereum transactions.
#[derive(Debug, Clone, Copy)]
pub(super) struct L1Receipts;

impl ReceiptBuilder for L1Receipts {
    type Transaction = TxEnvelope;
    type Receipt = OpReceiptEnvelope;

    fn build_receipt<E: Evm>(&self, ctx: ReceiptBuilderCtx<'_, TxType, E>) -> OpReceiptEnvelope {
        let receipt = Receipt {
            status: Eip658Value::Eip658(ctx.result.is_success()),
            cumulative_gas_used: ctx.cumulative_gas_used,
            logs: ctx.result.into_logs(),
        }
        .with_bloom();
        match ctx.tx_type {
            TxType::Legacy => OpReceiptEnvelope::Legacy(receipt),
            TxType::Eip2930 => OpReceiptEnvelope::Eip2930(receipt),
            // Blob transactions never get here: the pool and the block decoder refuse them.
            TxType::Eip1559 | TxType::Eip4844 => OpReceiptEnvelope::Eip1559(receipt),
            TxType::Eip7702 => OpReceiptEnvelope::Eip7702(receipt),
        }
    }
}
