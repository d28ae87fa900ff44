//! Reading a chain.

use super::{Chain, ChainError};
use crate::{
    block::{Block, ExecutedBlock, Heads},
    state::StateView,
};
use alloy_consensus::Header;
use alloy_eips::BlockNumberOrTag;
use alloy_primitives::B256;
use std::ops::RangeInclusive;

/// A transaction in the canonical chain.
#[derive(Debug, Clone)]
pub struct TxFound {
    /// The block that holds it.
    pub block: ExecutedBlock,
    /// Its place in the block.
    pub index: usize,
}

impl Chain {
    /// The newest block.
    pub fn head(&self) -> ExecutedBlock {
        self.head.read().block.clone()
    }

    /// The latest, safe and finalized heads.
    pub fn heads(&self) -> Heads {
        self.head.read().heads
    }

    /// The block with this hash, canonical or not.
    pub fn block_by_hash(&self, hash: B256) -> Result<Option<ExecutedBlock>, ChainError> {
        if let Some(block) = self.recent.get(&hash) {
            return Ok(Some(block));
        }
        let Some(block) = self.store.block(hash)? else { return Ok(None) };
        self.recent.insert(hash, block.clone());
        Ok(Some(block))
    }

    /// The canonical block with this number.
    pub fn block_by_number(&self, number: u64) -> Result<Option<ExecutedBlock>, ChainError> {
        match self.canonical_hash(number)? {
            Some(hash) => self.block_by_hash(hash),
            None => Ok(None),
        }
    }

    /// The canonical block that a number or tag names. `pending` is `latest`: a block that is not
    /// durable is not shown.
    pub fn block_by_tag(&self, tag: BlockNumberOrTag) -> Result<Option<ExecutedBlock>, ChainError> {
        let heads = self.heads();
        match tag {
            BlockNumberOrTag::Latest | BlockNumberOrTag::Pending => Ok(Some(self.head())),
            BlockNumberOrTag::Safe => self.block_by_hash(heads.safe.hash),
            BlockNumberOrTag::Finalized => self.block_by_hash(heads.finalized.hash),
            BlockNumberOrTag::Earliest => self.block_by_number(0),
            BlockNumberOrTag::Number(number) => self.block_by_number(number),
        }
    }

    /// The hash of the canonical block with this number.
    pub fn canonical_hash(&self, number: u64) -> Result<Option<B256>, ChainError> {
        let latest = self.head.read().heads.latest;
        if number == latest.number {
            return Ok(Some(latest.hash));
        }
        if number > latest.number {
            return Ok(None);
        }
        Ok(self.store.canonical(number)?)
    }

    /// The header with this hash, canonical or not.
    pub fn header(&self, hash: B256) -> Result<Option<Header>, ChainError> {
        if let Some(block) = self.recent.get(&hash) {
            return Ok(Some(block.header.inner().clone()));
        }
        Ok(self.store.header(hash)?)
    }

    /// The state after a block.
    pub fn state_after(&self, block: &Block) -> StateView {
        self.state_at(block.hash(), block)
    }

    /// The state after the block with this hash and header.
    pub(crate) fn state_at(&self, hash: B256, header: &Header) -> StateView {
        let tip = (header.number, hash);
        StateView::new(self.db.clone(), self.store.clone(), header.state_root, tip)
    }

    /// A transaction of the canonical chain.
    pub fn transaction(&self, hash: B256) -> Result<Option<TxFound>, ChainError> {
        let Some(location) = self.store.transaction(hash)? else { return Ok(None) };
        let block = self.block_by_hash(location.block)?;
        Ok(block.map(|block| TxFound { block, index: location.index }))
    }

    /// Numbers of canonical blocks in `range` that may hold a log with this address (left-padded
    /// to 32 bytes) or topic, ascending. Some may turn out not to.
    pub fn log_blocks(
        &self,
        key: B256,
        range: RangeInclusive<u64>,
    ) -> Result<Vec<u64>, ChainError> {
        Ok(self.store.log_blocks(key, range)?)
    }
}
