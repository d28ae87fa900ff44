//! Encoding of singular batches, version 0: one block each.
//!
//! <https://specs.optimism.io/protocol/derivation.html#batch-format>

use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::Bytes;
use alloy_rlp::{Encodable, Header};

use super::{BatchBlock, BatcherError};

/// Batch version byte of a singular batch.
pub const SINGULAR_BATCH_VERSION: u8 = 0x00;

/// `00 ‖ rlp([parent_hash, epoch_number, epoch_hash, timestamp, transactions])`.
///
/// # Errors
/// [`BatcherError::UnsupportedTransaction`] if the block holds a deposit among its transactions.
pub fn encode_singular_batch(block: &BatchBlock) -> Result<Vec<u8>, BatcherError> {
    if let Some(deposit) = block.transactions.iter().find(|tx| tx.is_deposit()) {
        let ty = alloy_eips::Typed2718::ty(deposit);
        return Err(BatcherError::UnsupportedTransaction { ty });
    }
    let txs: Vec<Bytes> = block.transactions.iter().map(|tx| tx.encoded_2718().into()).collect();
    let fields: [&dyn Encodable; 5] =
        [&block.parent_hash, &block.origin.number, &block.origin.hash, &block.timestamp, &txs];
    let payload_length = fields.iter().map(|field| field.length()).sum();
    let mut out = vec![SINGULAR_BATCH_VERSION];
    Header { list: true, payload_length }.encode(&mut out);
    for field in fields {
        field.encode(&mut out);
    }
    Ok(out)
}
