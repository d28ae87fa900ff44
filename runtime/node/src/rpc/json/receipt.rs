//! Receipts.

use super::{L1Fees, count_before, receipt_logs};
use crate::block::ExecutedBlock;
use alloy_consensus::{Receipt, ReceiptWithBloom, Transaction, TxReceipt};
use alloy_eips::Encodable2718;
use alloy_rpc_types_eth::{Log, TransactionReceipt};
use op_alloy_consensus::{OpDepositReceipt, OpReceipt, OpReceiptEnvelope};
use op_alloy_rpc_types::{L1BlockInfo, OpTransactionReceipt};

/// A receipt as JSON. The fields of a rollup's fees are there on rollups only.
pub(crate) type ReceiptJson = OpTransactionReceipt;

/// The receipt of the transaction at `index`.
pub(crate) fn receipt(block: &ExecutedBlock, index: usize) -> Option<ReceiptJson> {
    let before = match index.checked_sub(1) {
        Some(previous) => block.receipts.get(previous)?.cumulative_gas_used(),
        None => 0,
    };
    let fees = L1Fees::of(block);
    Some(one(block, index, before, count_before(block, index), fees.as_ref())?.0)
}

/// The receipts of all transactions, in order.
pub(crate) fn block_receipts(block: &ExecutedBlock) -> Vec<ReceiptJson> {
    let fees = L1Fees::of(block);
    let (mut gas, mut logs) = (0, 0);
    let mut all = Vec::with_capacity(block.receipts.len());
    for index in 0..block.receipts.len() {
        let Some((json, cumulative)) = one(block, index, gas, logs, fees.as_ref()) else { break };
        gas = cumulative;
        logs += json.inner.logs().len() as u64;
        all.push(json);
    }
    all
}

/// The receipt at `index` and the gas used up to and with it. `before` and `first` are the gas and
/// the logs of the transactions before it.
fn one(
    block: &ExecutedBlock,
    index: usize,
    before: u64,
    first: u64,
    fees: Option<&L1Fees>,
) -> Option<(ReceiptJson, u64)> {
    let (tx, consensus) = (block.transactions.get(index)?, block.receipts.get(index)?);
    let cumulative = consensus.cumulative_gas_used();
    let logs = receipt_logs(block, index, first, false);
    let (nonce, raw) = match consensus {
        OpReceiptEnvelope::Deposit(deposit) => (deposit.receipt.deposit_nonce, None),
        _ => (Some(tx.nonce()), fees.map(|_| tx.encoded_2718())),
    };
    // The L1 fees are of the transaction's bytes; a deposit pays none.
    let charged = fees.zip(raw.as_deref());
    let inner = TransactionReceipt {
        inner: ReceiptWithBloom {
            logs_bloom: *consensus.logs_bloom(),
            receipt: with_logs(consensus, logs),
        },
        transaction_hash: tx.tx_hash(),
        transaction_index: Some(index as u64),
        block_hash: Some(block.hash()),
        block_number: Some(block.number),
        gas_used: cumulative - before,
        effective_gas_price: block.effective_gas_price(index),
        blob_gas_used: charged.and_then(|(fees, raw)| fees.da_footprint(raw)),
        blob_gas_price: None,
        from: tx.signer(),
        to: tx.to(),
        contract_address: nonce.filter(|_| tx.is_create()).map(|nonce| tx.signer().create(nonce)),
    };
    let l1_block_info =
        charged.map_or_else(L1BlockInfo::default, |(fees, raw)| fees.receipt_fields(raw));
    Some((OpTransactionReceipt { inner, l1_block_info, op_gas_refund: None }, cumulative))
}

/// The consensus receipt with its logs replaced by logs that know their place.
fn with_logs(consensus: &OpReceiptEnvelope, logs: Vec<Log>) -> OpReceipt<Log> {
    let receipt = Receipt {
        status: consensus.status_or_post_state(),
        cumulative_gas_used: consensus.cumulative_gas_used(),
        logs,
    };
    match consensus {
        OpReceiptEnvelope::Legacy(_) => OpReceipt::Legacy(receipt),
        OpReceiptEnvelope::Eip2930(_) => OpReceipt::Eip2930(receipt),
        OpReceiptEnvelope::Eip1559(_) => OpReceipt::Eip1559(receipt),
        OpReceiptEnvelope::Eip7702(_) => OpReceipt::Eip7702(receipt),
        OpReceiptEnvelope::PostExec(_) => OpReceipt::PostExec(receipt),
        OpReceiptEnvelope::Deposit(deposit) => OpReceipt::Deposit(OpDepositReceipt {
            inner: receipt,
            deposit_nonce: deposit.receipt.deposit_nonce,
            deposit_receipt_version: deposit.receipt.deposit_receipt_version,
        }),
    }
}
