//! Which block of the parent the next block takes its deposits and attributes from.
//!
//! Specification: <https://specs.optimism.io/protocol/derivation.html#batch-queue>.

use super::{Sequencer, SequencerError};
use crate::{derive::L2BlockRef, parent::BlockRef};

impl Sequencer {
    /// The origin of the block after `head`, which will have this timestamp (seconds): the next
    /// block of the parent if there is one and it is not later, the same as `head`'s otherwise.
    pub(super) async fn next_origin(
        &self,
        head: &L2BlockRef,
        timestamp: u64,
    ) -> Result<BlockRef, SequencerError> {
        let gone = || SequencerError::OriginGone(head.l1_origin.hash);
        let current = self.parent.header(head.l1_origin.number.into()).await?.ok_or_else(gone)?;
        if current.hash != head.l1_origin.hash {
            return Err(gone());
        }
        let current = current.block_ref();
        let next = self.parent.header((current.number + 1).into()).await?;
        let Some(next) = next.map(|header| header.block_ref()) else {
            return self.stay(current, timestamp);
        };
        if next.parent_hash != current.hash {
            return Err(gone());
        }
        if next.timestamp <= timestamp { Ok(next) } else { Ok(current) }
    }

    /// Stays with the present origin where the drift allows it.
    fn stay(&self, current: BlockRef, timestamp: u64) -> Result<BlockRef, SequencerError> {
        // Past the drift a block may keep its origin only where the next one is not reached yet;
        // without a next one that cannot be known.
        if timestamp > current.timestamp + self.rollup.max_drift(timestamp) {
            return Err(SequencerError::NoOrigin { timestamp });
        }
        Ok(current)
    }
}
