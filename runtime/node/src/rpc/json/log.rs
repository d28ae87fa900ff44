//! Logs with their place in the chain.

use crate::block::ExecutedBlock;
use alloy_rpc_types_eth::Log;

/// How many logs of the block come before the transaction at `index`.
pub(crate) fn count_before(block: &ExecutedBlock, index: usize) -> u64 {
    block.receipts.iter().take(index).map(|receipt| receipt.logs().len() as u64).sum()
}

/// The logs of the transaction at `index`. `first` is the index of the first one in the block.
pub(crate) fn receipt_logs(
    block: &ExecutedBlock,
    index: usize,
    first: u64,
    removed: bool,
) -> Vec<Log> {
    let logs = block.receipts.get(index).map(|receipt| receipt.logs()).unwrap_or_default();
    let hash = block.transactions.get(index).map(|tx| tx.tx_hash());
    (first..)
        .zip(logs)
        .map(|(log_index, log)| Log {
            inner: log.clone(),
            block_hash: Some(block.hash()),
            block_number: Some(block.number),
            block_timestamp: Some(block.timestamp),
            transaction_hash: hash,
            transaction_index: Some(index as u64),
            log_index: Some(log_index),
            removed,
        })
        .collect()
}

/// All logs of a block. `removed` marks those of a block that left the canonical chain.
pub(crate) fn block_logs(block: &ExecutedBlock, removed: bool) -> Vec<Log> {
    let mut all = Vec::new();
    for index in 0..block.receipts.len() {
        all.extend(receipt_logs(block, index, all.len() as u64, removed));
    }
    all
}
