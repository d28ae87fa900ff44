//! Following the canonical chain from where one stands, across reorganisations.

use super::RpcError;
use crate::{block::ExecutedBlock, chain::Chain};
use alloy_eips::BlockNumHash;

/// Blocks that one step takes in at most.
const STEP: usize = 256;

/// A place on the chain. It holds no blocks, so that a reader that never comes back costs nothing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor {
    at: BlockNumHash,
}

/// What happened since the last step.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// Blocks that left the canonical chain, newest first.
    pub(super) removed: Vec<ExecutedBlock>,
    /// Blocks that joined it, oldest first.
    pub(super) added: Vec<ExecutedBlock>,
}

impl Changes {
    /// Whether nothing happened.
    pub(super) fn is_empty(&self) -> bool {
        self.removed.is_empty() && self.added.is_empty()
    }
}

impl Cursor {
    /// At the newest block.
    pub(super) fn at_head(chain: &Chain) -> Self {
        Self { at: chain.heads().latest }
    }

    /// Goes on towards the newest block, by at most [`STEP`] blocks each way. The step is complete
    /// when it gives no changes.
    pub(super) fn advance(&mut self, chain: &Chain) -> Result<Changes, RpcError> {
        let mut changes = Changes::default();
        while chain.canonical_hash(self.at.number)? != Some(self.at.hash) {
            let Some(block) = chain.block_by_hash(self.at.hash)? else {
                // What it stood on is gone: start again at the head.
                *self = Self::at_head(chain);
                return Ok(changes);
            };
            self.at =
                BlockNumHash { number: block.number.saturating_sub(1), hash: block.parent_hash };
            changes.removed.push(block);
            if changes.removed.len() >= STEP {
                return Ok(changes);
            }
        }
        while changes.added.len() < STEP {
            let Some(block) = chain.block_by_number(self.at.number + 1)? else { break };
            if block.parent_hash != self.at.hash {
                // The chain was reorganised just now: the next step sees it.
                break;
            }
            self.at = BlockNumHash { number: block.number, hash: block.hash() };
            changes.added.push(block);
        }
        Ok(changes)
    }
}
