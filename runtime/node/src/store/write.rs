//! Writes: one transaction each.

use super::{LAYOUT, Store, StoreError, codec, read::log_key, tables::*};
use crate::{block::ExecutedBlock, trie::NewNode};
use alloy_primitives::{B256, Bytes};
use redb::{ReadableTable, WriteTransaction};
use std::collections::BTreeSet;

/// Everything that becomes durable with one block.
#[derive(Debug, Default)]
pub(crate) struct BlockWrite<'a> {
    /// The block and its receipts, unless it is stored already.
    pub(crate) block: Option<&'a ExecutedBlock>,
    /// New trie nodes.
    pub(crate) nodes: &'a [NewNode],
    /// New contract code by hash.
    pub(crate) codes: &'a [(B256, Bytes)],
    /// The canonical chain from `first` on: replaces whatever stood there and above.
    pub(crate) canonical: Option<(u64, &'a [B256])>,
    /// The new latest, safe and finalized hashes.
    pub(crate) heads: Option<[B256; 3]>,
    /// The genesis this database belongs to, with the first write.
    pub(crate) genesis: Option<B256>,
}

impl Store {
    pub(super) fn create_tables(&self) -> Result<(), StoreError> {
        let txn = self.db.begin_write()?;
        for table in [NODES, CODES, BLOCKS, HEADERS, RECEIPTS] {
            txn.open_table(table)?;
        }
        txn.open_table(CANONICAL)?;
        txn.open_table(TRANSACTIONS)?;
        txn.open_table(LOG_INDEX)?;
        txn.open_table(META)?.insert(META_LAYOUT, &LAYOUT.to_be_bytes()[..])?;
        txn.commit()?;
        Ok(())
    }

    /// Makes everything in `write` durable at once. The data is on disk when this returns.
    pub(crate) fn write(&self, write: BlockWrite<'_>) -> Result<(), StoreError> {
        let txn = self.db.begin_write()?;
        if !write.nodes.is_empty() {
            let mut table = txn.open_table(NODES)?;
            // Sorted keys touch each page of the tree once.
            let mut nodes: Vec<&NewNode> = write.nodes.iter().collect();
            nodes.sort_unstable_by_key(|node| node.hash);
            for node in nodes {
                table.insert(&node.hash.0, &node.rlp[..])?;
            }
        }
        if !write.codes.is_empty() {
            let mut table = txn.open_table(CODES)?;
            for (hash, code) in write.codes {
                table.insert(&hash.0, &code[..])?;
            }
        }
        if let Some(block) = write.block {
            insert_block(&txn, block)?;
        }
        if let Some((first, hashes)) = write.canonical {
            set_canonical(&txn, first, hashes)?;
        }
        if let Some(heads) = write.heads {
            txn.open_table(META)?.insert(META_HEADS, heads.concat().as_slice())?;
        }
        if let Some(genesis) = write.genesis {
            txn.open_table(META)?.insert(META_GENESIS, genesis.as_slice())?;
        }
        txn.commit()?;
        Ok(())
    }

    /// Stores a small value under a name.
    pub fn set_meta(&self, key: &str, value: &[u8]) -> Result<(), StoreError> {
        let txn = self.db.begin_write()?;
        txn.open_table(META)?.insert(key, value)?;
        txn.commit()?;
        Ok(())
    }
}

fn insert_block(txn: &WriteTransaction, executed: &ExecutedBlock) -> Result<(), StoreError> {
    let hash = executed.hash();
    txn.open_table(HEADERS)?
        .insert(&hash.0, alloy_rlp::encode(executed.header.inner()).as_slice())?;
    txn.open_table(BLOCKS)?.insert(&hash.0, codec::encode_body(&executed.block).as_slice())?;
    txn.open_table(RECEIPTS)?
        .insert(&hash.0, codec::encode_receipts(&executed.receipts).as_slice())?;

    let mut table = txn.open_table(TRANSACTIONS)?;
    let mut key = [0; 64];
    key[32..].copy_from_slice(hash.as_slice());
    for (index, tx) in executed.transactions.iter().enumerate() {
        key[..32].copy_from_slice(tx.tx_hash().as_slice());
        table.insert(&key, index as u64)?;
    }

    let keys: BTreeSet<B256> = executed
        .receipts
        .iter()
        .flat_map(|receipt| receipt.logs())
        .flat_map(|log| {
            std::iter::once(log.address.into_word()).chain(log.topics().iter().copied())
        })
        .collect();
    let mut table = txn.open_table(LOG_INDEX)?;
    for key in keys {
        table.insert(&log_key(key, executed.number), ())?;
    }
    Ok(())
}

fn set_canonical(txn: &WriteTransaction, first: u64, hashes: &[B256]) -> Result<(), StoreError> {
    let mut table = txn.open_table(CANONICAL)?;
    for (number, hash) in (first..).zip(hashes) {
        table.insert(number, &hash.0)?;
    }
    let next = first + hashes.len() as u64;
    let stale: Vec<u64> = table
        .range(next..)?
        .map(|entry| entry.map(|(number, _)| number.value()))
        .collect::<Result<_, _>>()?;
    for number in stale {
        table.remove(number)?;
    }
    Ok(())
}
