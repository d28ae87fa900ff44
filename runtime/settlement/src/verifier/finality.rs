//! From which block of the parent each safe block was derived.

use std::collections::VecDeque;

use crate::{derive::L2BlockRef, parent::BlockRef};

/// Most blocks of the parent to remember. Beyond that, finality and reorganisations are found from
/// the oldest one that is left.
const CAPACITY: usize = 16_384;

/// The newest safe block for each block of the parent, in order.
#[derive(Debug, Default)]
pub(super) struct History {
    entries: VecDeque<(BlockRef, L2BlockRef)>,
}

impl History {
    /// Notes that `safe` is known since `derived_from` was read.
    pub(super) fn push(&mut self, derived_from: BlockRef, safe: L2BlockRef) {
        match self.entries.back_mut() {
            Some(last) if last.0 == derived_from => last.1 = safe,
            _ => self.entries.push_back((derived_from, safe)),
        }
        if self.entries.len() > CAPACITY {
            self.entries.pop_front();
        }
    }

    /// Removes and returns what was derived last.
    pub(super) fn pop(&mut self) -> Option<(BlockRef, L2BlockRef)> {
        self.entries.pop_back()
    }

    /// What was derived last.
    pub(super) fn last(&self) -> Option<(BlockRef, L2BlockRef)> {
        self.entries.back().copied()
    }

    pub(super) fn clear(&mut self) {
        self.entries.clear();
    }

    /// The newest block derived from the parent's blocks up to `number`; older ones are forgotten.
    pub(super) fn finalize(&mut self, number: u64) -> Option<L2BlockRef> {
        let mut newest = None;
        while let Some((derived_from, l2)) = self.entries.front()
            && derived_from.number <= number
        {
            newest = Some(*l2);
            if self.entries.len() == 1 || self.entries[1].0.number > number {
                break;
            }
            self.entries.pop_front();
        }
        newest
    }
}
