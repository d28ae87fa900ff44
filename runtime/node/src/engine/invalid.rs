//! Blocks that were found invalid.

use alloy_primitives::{B256, map::HashMap};
use std::collections::VecDeque;

/// How many invalid blocks are remembered.
const REMEMBERED: usize = 512;

/// Why a block is invalid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Verdict {
    /// The newest valid ancestor.
    pub(super) latest_valid: B256,
    /// What is wrong.
    pub(super) reason: String,
}

/// The last [`REMEMBERED`] invalid blocks.
#[derive(Debug, Default)]
pub(super) struct InvalidBlocks {
    verdicts: HashMap<B256, Verdict>,
    order: VecDeque<B256>,
}

impl InvalidBlocks {
    pub(super) fn get(&self, hash: B256) -> Option<&Verdict> {
        self.verdicts.get(&hash)
    }

    pub(super) fn insert(&mut self, hash: B256, verdict: Verdict) {
        if self.verdicts.insert(hash, verdict).is_none() {
            self.order.push_back(hash);
        }
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.verdicts.remove(&oldest);
        }
    }
}
