//! Reads. Each call is one read transaction, a consistent picture of the last write.

use super::{Store, StoreError, codec, tables::*};
use crate::block::{Block, ExecutedBlock};
use alloy_consensus::Header;
use alloy_primitives::{B256, Bytes};
use redb::{ReadableDatabase, TableDefinition};
use std::{ops::RangeInclusive, sync::Arc};

/// Where a transaction stands in the canonical chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TxLocation {
    pub(crate) block: B256,
    pub(crate) index: usize,
}

impl Store {
    fn bytes(
        &self,
        table: TableDefinition<'static, &'static [u8; 32], &'static [u8]>,
        key: B256,
    ) -> Result<Option<Bytes>, StoreError> {
        let table = self.db.begin_read()?.open_table(table)?;
        Ok(table.get(&key.0)?.map(|value| Bytes::copy_from_slice(value.value())))
    }

    pub(crate) fn node(&self, hash: B256) -> Result<Option<Bytes>, StoreError> {
        self.bytes(NODES, hash)
    }

    pub(crate) fn code(&self, hash: B256) -> Result<Option<Bytes>, StoreError> {
        self.bytes(CODES, hash)
    }

    pub(crate) fn header(&self, hash: B256) -> Result<Option<Header>, StoreError> {
        self.bytes(HEADERS, hash)?.map(|rlp| codec::decode_header(&rlp)).transpose()
    }

    pub(crate) fn block(&self, hash: B256) -> Result<Option<ExecutedBlock>, StoreError> {
        let txn = self.db.begin_read()?;
        let Some(header) = txn.open_table(HEADERS)?.get(&hash.0)? else { return Ok(None) };
        let Some(body) = txn.open_table(BLOCKS)?.get(&hash.0)? else { return Ok(None) };
        let Some(receipts) = txn.open_table(RECEIPTS)?.get(&hash.0)? else { return Ok(None) };
        let block: Block = codec::decode_block(hash, header.value(), body.value())?;
        let receipts = codec::decode_receipts(receipts.value())?;
        Ok(Some(ExecutedBlock { block: Arc::new(block), receipts: Arc::new(receipts) }))
    }

    pub(crate) fn canonical(&self, number: u64) -> Result<Option<B256>, StoreError> {
        let table = self.db.begin_read()?.open_table(CANONICAL)?;
        Ok(table.get(number)?.map(|hash| B256::from(*hash.value())))
    }

    /// Where `hash` stands in the canonical chain.
    pub(crate) fn transaction(&self, hash: B256) -> Result<Option<TxLocation>, StoreError> {
        let txn = self.db.begin_read()?;
        let (table, canonical) = (txn.open_table(TRANSACTIONS)?, txn.open_table(CANONICAL)?);
        let headers = txn.open_table(HEADERS)?;
        let (mut from, mut to) = ([0u8; 64], [0xff; 64]);
        from[..32].copy_from_slice(hash.as_slice());
        to[..32].copy_from_slice(hash.as_slice());
        for entry in table.range::<&[u8; 64]>(&from..=&to)? {
            let (key, index) = entry?;
            let block = B256::from_slice(&key.value()[32..]);
            let Some(header) = headers.get(&block.0)? else { continue };
            let number = codec::decode_header(header.value())?.number;
            if canonical.get(number)?.is_some_and(|hash| *hash.value() == block.0) {
                return Ok(Some(TxLocation { block, index: index.value() as usize }));
            }
        }
        Ok(None)
    }

    /// Numbers of blocks in `range` that may hold a log with this address or topic, ascending.
    /// Blocks of abandoned forks can be among them.
    pub(crate) fn log_blocks(
        &self,
        key: B256,
        range: RangeInclusive<u64>,
    ) -> Result<Vec<u64>, StoreError> {
        let table = self.db.begin_read()?.open_table(LOG_INDEX)?;
        let (from, to) = (log_key(key, *range.start()), log_key(key, *range.end()));
        let mut numbers = Vec::new();
        for entry in table.range::<&[u8; 40]>(&from..=&to)? {
            let key = entry?.0;
            let mut number = [0; 8];
            number.copy_from_slice(&key.value()[32..]);
            numbers.push(u64::from_be_bytes(number));
        }
        Ok(numbers)
    }

    pub(crate) fn genesis(&self) -> Result<Option<B256>, StoreError> {
        Ok(self.meta(META_GENESIS)?.filter(|v| v.len() == 32).map(|v| B256::from_slice(&v)))
    }

    /// Hashes of the latest, safe and finalized blocks.
    pub(crate) fn heads(&self) -> Result<Option<[B256; 3]>, StoreError> {
        Ok(self
            .meta(META_HEADS)?
            .filter(|v| v.len() == 96)
            .map(|v| [0, 32, 64].map(|at| B256::from_slice(&v[at..at + 32]))))
    }

    pub(super) fn meta_u64(&self, key: &str) -> Result<Option<u64>, StoreError> {
        let value = match self.meta(key) {
            Ok(value) => value,
            // A new database has no tables yet.
            Err(StoreError::Db(err)) if matches!(*err, redb::Error::TableDoesNotExist(_)) => None,
            Err(err) => return Err(err),
        };
        Ok(value.and_then(|v| v[..].try_into().ok()).map(u64::from_be_bytes))
    }

    /// A small value stored under a name.
    pub fn meta(&self, key: &str) -> Result<Option<Bytes>, StoreError> {
        let table = self.db.begin_read()?.open_table(META)?;
        Ok(table.get(key)?.map(|value| Bytes::copy_from_slice(value.value())))
    }
}

/// The key of the log index.
pub(super) fn log_key(key: B256, number: u64) -> [u8; 40] {
    let mut out = [0; 40];
    out[..32].copy_from_slice(key.as_slice());
    out[32..].copy_from_slice(&number.to_be_bytes());
    out
}
