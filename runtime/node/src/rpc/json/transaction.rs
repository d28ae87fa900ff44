//! Transactions.

use crate::{block::ExecutedBlock, pool::PoolTx};
use alloy_rpc_types_eth::TransactionInfo;
use op_alloy_consensus::{
    OpReceiptEnvelope,
    transaction::{OpDepositInfo, OpTransactionInfo},
};

/// A transaction as JSON. Only deposits have fields that Ethereum's do not.
pub(crate) type TransactionJson = op_alloy_rpc_types::Transaction;

/// The transaction at `index` of a block.
pub(crate) fn transaction(block: &ExecutedBlock, index: usize) -> Option<TransactionJson> {
    let tx = block.transactions.get(index)?;
    let deposit = match block.receipts.get(index) {
        Some(OpReceiptEnvelope::Deposit(deposit)) => OpDepositInfo {
            deposit_nonce: deposit.receipt.deposit_nonce,
            deposit_receipt_version: deposit.receipt.deposit_receipt_version,
        },
        _ => OpDepositInfo::default(),
    };
    let info = TransactionInfo {
        hash: Some(tx.tx_hash()),
        index: Some(index as u64),
        block_hash: Some(block.hash()),
        block_number: Some(block.number),
        base_fee: block.base_fee_per_gas,
        block_timestamp: Some(block.timestamp),
    };
    Some(TransactionJson::from_transaction(tx.clone(), OpTransactionInfo::new(info, deposit)))
}

/// A transaction that no block holds yet: block, number and index are `null`.
pub(crate) fn pool_transaction(tx: &PoolTx) -> TransactionJson {
    let info = TransactionInfo { hash: Some(tx.tx_hash()), ..Default::default() };
    let info = OpTransactionInfo::new(info, OpDepositInfo::default());
    TransactionJson::from_transaction(tx.as_ref().clone(), info)
}
