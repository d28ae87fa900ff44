//! What on the parent makes a block due with the instant clock: a deposit, or a change of the
//! system configuration.

use super::{Sequencer, SequencerError};
use alloy_eips::BlockNumHash;
use alloy_primitives::{Bloom, BloomInput};
use kona_protocol::DEPOSIT_EVENT_ABI_HASH;

/// How far the parent was searched, and the last block that matters.
#[derive(Debug, Default)]
pub(super) struct ParentEvents {
    searched: BlockNumHash,
    wanted: u64,
}

impl Sequencer {
    /// The last block of the parent that the rollup has to take as an origin soon, searching what
    /// is new since the last call.
    pub(super) async fn wanted_origin(
        &self,
        events: &mut ParentEvents,
    ) -> Result<u64, SequencerError> {
        let origin = self.head()?.l1_origin.number;
        // A reorganisation of the parent puts other blocks in the place of those searched.
        let last = self.parent.header(events.searched.number.into()).await?;
        if last.is_none_or(|header| header.hash != events.searched.hash) {
            *events = ParentEvents::default();
        }
        let mut number = events.searched.number.max(origin) + 1;
        while let Some(header) = self.parent.header(number.into()).await? {
            if self.may_matter(&header.header.logs_bloom)
                && let Some(receipts) = self.parent.receipts(header.hash).await?
                && receipts.iter().flat_map(|r| &r.logs).any(|log| self.matters(log))
            {
                events.wanted = number;
            }
            events.searched = BlockNumHash { number, hash: header.hash };
            number += 1;
        }
        Ok(events.wanted)
    }

    fn may_matter(&self, bloom: &Bloom) -> bool {
        [self.rollup.deposit_contract_address, self.rollup.l1_system_config_address]
            .iter()
            .any(|address| bloom.contains_input(BloomInput::Raw(address.as_slice())))
    }

    fn matters(&self, log: &alloy_primitives::Log) -> bool {
        (log.address == self.rollup.deposit_contract_address
            && log.topics().first() == Some(&DEPOSIT_EVENT_ABI_HASH))
            || log.address == self.rollup.l1_system_config_address
    }
}
