//! Where the batcher's blocks come from.

use std::{fmt::Debug, sync::Arc};

use alloy_eips::BlockNumHash;
use alloy_primitives::B256;
use async_trait::async_trait;
use gm_node::Chain;
use tokio::sync::{Mutex, broadcast, watch};

use super::{BatchBlock, BatcherError};
use crate::verifier::SyncStatus;

/// How far the rollup is, in the batcher's eyes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BatchStatus {
    /// The newest block.
    pub unsafe_head: BlockNumHash,
    /// The newest block that can be derived from the parent.
    pub safe_head: BlockNumHash,
    /// The parent's block up to which, itself included, every batch is applied to the safe head.
    pub derived: BlockNumHash,
}

/// A rollup node, as far as the batcher needs one.
#[async_trait]
pub trait BatchSource: Debug + Send + Sync + 'static {
    /// Where the rollup stands.
    async fn status(&self) -> Result<BatchStatus, BatcherError>;

    /// A block of the canonical chain; `None` above the head.
    async fn block(&self, number: u64) -> Result<Option<BatchBlock>, BatcherError>;

    /// The hash of a block of the canonical chain; `None` above the head.
    async fn hash(&self, number: u64) -> Result<Option<B256>, BatcherError>;

    /// Returns once the status may be another than `seen`. May return early, never misses.
    async fn changed(&self, seen: BatchStatus);
}

/// A chain of this process and the verifier beside it.
#[derive(Debug)]
pub struct LocalSource {
    chain: Arc<Chain>,
    sync: watch::Receiver<SyncStatus>,
    events: Mutex<broadcast::Receiver<gm_node::ChainEvent>>,
}

impl LocalSource {
    /// Blocks of `chain`, whose derivation `sync` reports.
    #[must_use]
    pub fn new(chain: Arc<Chain>, sync: watch::Receiver<SyncStatus>) -> Self {
        let events = Mutex::new(chain.subscribe());
        Self { chain, sync, events }
    }

    fn read(&self) -> BatchStatus {
        let sync = *self.sync.borrow();
        BatchStatus {
            // The chain knows a new block before the verifier reports it.
            unsafe_head: self.chain.heads().latest,
            safe_head: sync.safe_l2.block.id(),
            derived: sync.derived_l1.id(),
        }
    }
}

#[async_trait]
impl BatchSource for LocalSource {
    async fn status(&self) -> Result<BatchStatus, BatcherError> {
        Ok(self.read())
    }

    async fn block(&self, number: u64) -> Result<Option<BatchBlock>, BatcherError> {
        let block = self.chain.block_by_number(number);
        let block = block.map_err(|error| BatcherError::Source(Box::new(error)))?;
        block.map(|block| BatchBlock::from_node(&block)).transpose()
    }

    async fn hash(&self, number: u64) -> Result<Option<B256>, BatcherError> {
        let hash = self.chain.canonical_hash(number);
        hash.map_err(|error| BatcherError::Source(Box::new(error)))
    }

    async fn changed(&self, seen: BatchStatus) {
        let mut sync = self.sync.clone();
        let mut events = self.events.lock().await;
        while self.read() == seen {
            tokio::select! {
                // Nobody reports any more: the caller has its own limit on waiting.
                changed = sync.changed() => if changed.is_err() { std::future::pending().await },
                // Too many events are as good as one.
                event = events.recv() => {
                    if matches!(event, Err(broadcast::error::RecvError::Closed)) {
                        std::future::pending::<()>().await;
                    }
                }
            }
        }
    }
}
