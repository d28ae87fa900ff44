//! Span batches: many blocks in one batch, transactions taken apart column by column.
//!
//! Transactions are put together again as bytes, without going through a transaction type: values
//! that no block can hold must still reach the block builder, which then falls back to deposits.
//!
//! Spec: <https://specs.optimism.io/protocol/delta/span-batches.html>

mod reader;
mod transaction;

use alloy_primitives::FixedBytes;
use kona_protocol::SpanBatchElement;

use reader::{Bits, Reader};
use transaction::{Column, rebuild};

/// Most blocks, and most transactions, of one span batch.
pub const MAX_SPAN_ELEMENTS: u64 = 10_000_000;

/// Why a span batch cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SpanError {
    /// The batch ends early.
    #[error("it ends within {0}")]
    Truncated(&'static str),
    /// A number does not fit 64 bits.
    #[error("{0} does not fit 64 bits")]
    Overflow(&'static str),
    /// More than [`MAX_SPAN_ELEMENTS`].
    #[error("too many blocks or transactions")]
    TooBig,
    /// No blocks.
    #[error("it has no blocks")]
    Empty,
    /// A bit beyond the end of a bit list is set.
    #[error("a bit list is too long")]
    BitList,
    /// A transaction is not what its type needs.
    #[error("a malformed transaction")]
    Transaction,
}

/// A span batch as it is encoded.
#[derive(Debug)]
pub struct RawSpan {
    relative_timestamp: u64,
    l1_origin_number: u64,
    /// First 20 bytes of the hash of the block before the span.
    pub parent_check: FixedBytes<20>,
    /// First 20 bytes of the hash of the last block's origin.
    pub l1_origin_check: FixedBytes<20>,
    origin_bits: Bits,
    transaction_counts: Vec<u64>,
    transactions: Vec<Column>,
}

impl RawSpan {
    /// Reads what follows the type byte. Bytes after the end are ignored.
    ///
    /// # Errors
    /// [`SpanError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, SpanError> {
        let mut r = Reader::new(bytes);
        let relative_timestamp = r.uvarint("the timestamp")?;
        let l1_origin_number = r.uvarint("the origin number")?;
        let parent_check = FixedBytes(r.array("the parent check")?);
        let l1_origin_check = FixedBytes(r.array("the origin check")?);
        let block_count = r.uvarint("the block count")?;
        if block_count > MAX_SPAN_ELEMENTS {
            return Err(SpanError::TooBig);
        }
        if block_count == 0 {
            return Err(SpanError::Empty);
        }
        let origin_bits = r.bits(block_count, "the origin bits")?;
        let mut transaction_counts = Vec::new();
        let mut total = 0u64;
        for _ in 0..block_count {
            let count = r.uvarint("the transaction counts")?;
            if count > MAX_SPAN_ELEMENTS {
                return Err(SpanError::TooBig);
            }
            total += count;
            transaction_counts.push(count);
        }
        if total > MAX_SPAN_ELEMENTS {
            return Err(SpanError::TooBig);
        }
        let transactions = Column::decode_all(&mut r, total)?;
        Ok(Self {
            relative_timestamp,
            l1_origin_number,
            parent_check,
            l1_origin_check,
            origin_bits,
            transaction_counts,
            transactions,
        })
    }

    /// Puts the blocks together. Times are in seconds.
    ///
    /// # Errors
    /// [`SpanError::Transaction`].
    pub fn derive(
        &self,
        block_time: u64,
        genesis_time: u64,
        chain_id: u64,
    ) -> Result<Vec<SpanBatchElement>, SpanError> {
        let mut raw = self.transactions.iter().map(|column| rebuild(column, chain_id));
        // Numbers wrap as they do for every other node; the checks that follow refuse them.
        let mut timestamp = genesis_time.wrapping_add(self.relative_timestamp);
        let mut epoch_num =
            self.l1_origin_number.wrapping_sub(self.origin_bits.count_after_first());
        let mut blocks = Vec::with_capacity(self.transaction_counts.len());
        for (i, &count) in self.transaction_counts.iter().enumerate() {
            if i > 0 && self.origin_bits.get(i) {
                epoch_num = epoch_num.wrapping_add(1);
            }
            let transactions = raw.by_ref().take(count as usize).collect::<Result<Vec<_>, _>>()?;
            blocks.push(SpanBatchElement { epoch_num, timestamp, transactions });
            timestamp = timestamp.wrapping_add(block_time);
        }
        Ok(blocks)
    }
}
