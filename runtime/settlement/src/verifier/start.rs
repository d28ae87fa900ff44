//! Where to take up derivation: after a start, and after a reorganisation of the parent.
//!
//! Spec: <https://specs.optimism.io/protocol/derivation.html#finding-the-sync-starting-point>

use alloy_eips::{BlockNumHash, BlockNumberOrTag};
use gm_node::ChainError;

use super::{Verifier, VerifierError};
use crate::{
    derive::{DeriveError, L2BlockRef},
    parent::Severity,
};

/// How an origin relates to the parent's canonical chain.
enum Origin {
    Canonical,
    /// Later than the parent's head.
    Ahead,
    Gone,
}

impl Verifier {
    /// Gives up blocks whose origin is gone, finds the safe block to go on from, and restarts the
    /// pipeline there.
    pub(super) async fn reset(&mut self) -> Result<(), VerifierError> {
        self.check_parent().await?;
        let (head, canonical) = self.plausible_head().await?;
        if head.hash() != self.chain.heads().latest.hash {
            tracing::warn!(
                number = head.number(),
                "the parent was reorganised: going back to an earlier block"
            );
            self.chain.set_head(head.hash())?;
        }
        let safe = match self.safe_by_history().await? {
            Some(safe) if safe.number() <= canonical.number() => safe,
            _ => self.safe_by_distance(canonical)?,
        };
        match self.deriver.reset(safe).await {
            // The parent moved on in between: look again.
            Err(error) if error.severity() == Severity::Reset => return Err(error.into()),
            other => other?,
        }
        self.safe = safe;
        self.needs_reset = false;
        self.current_l1 = self.deriver.origin();
        self.derived_l1 = Default::default();
        tracing::info!(safe = safe.number(), origin = self.current_l1.number, "derivation starts");
        Ok(())
    }

    /// Makes sure once that the parent is the one the rollup was made for.
    async fn check_parent(&mut self) -> Result<(), VerifierError> {
        if self.parent_checked {
            return Ok(());
        }
        let (found, expected) = (self.parent.chain_id().await?, self.rollup.l1_chain_id);
        if found != expected {
            return Err(VerifierError::WrongParent { found, expected });
        }
        let genesis = self.rollup.genesis.l1;
        let block = self.parent.header(genesis.number.into()).await?;
        let found = block.map(|b| b.hash).unwrap_or_default();
        if found != genesis.hash {
            let (number, expected) = (genesis.number, genesis.hash);
            return Err(VerifierError::WrongGenesis { number, found, expected });
        }
        self.parent_checked = true;
        Ok(())
    }

    /// The newest block whose origins are or may become canonical, and the newest whose are.
    async fn plausible_head(&self) -> Result<(L2BlockRef, L2BlockRef), VerifierError> {
        let mut head = self.block_ref(self.chain.heads().latest.number)?;
        let mut block = head;
        loop {
            let origin = self.origin_of(block.l1_origin).await?;
            let floor = block.number() <= self.chain.heads().finalized.number;
            match origin {
                Origin::Canonical => return Ok((head, block)),
                // Only a parent that went back on its word leads here.
                Origin::Gone if floor => {
                    return Err(ChainError::BelowFinalized(block.hash()).into());
                }
                Origin::Ahead if floor => {
                    let message = "the parent is behind the finalized block's origin";
                    return Err(DeriveError::Temporary(message.into()).into());
                }
                Origin::Ahead => {}
                // Nothing with this origin or after it can stay.
                Origin::Gone => head = self.block_ref(self.before_epoch(&block))?,
            }
            block = self.block_ref(self.before_epoch(&block))?;
        }
    }

    async fn origin_of(&self, id: BlockNumHash) -> Result<Origin, VerifierError> {
        Ok(match self.parent.header(id.number.into()).await? {
            None => Origin::Ahead,
            Some(header) if header.hash == id.hash => Origin::Canonical,
            Some(_) => Origin::Gone,
        })
    }

    /// Number of the last block of the epoch before this block's.
    const fn before_epoch(&self, block: &L2BlockRef) -> u64 {
        let number = block.block.number.saturating_sub(block.sequence_number + 1);
        let genesis = self.rollup.genesis.l2.number;
        if number < genesis { genesis } else { number }
    }

    /// The newest block known to be derived from blocks of the parent that are still canonical.
    async fn safe_by_history(&mut self) -> Result<Option<L2BlockRef>, VerifierError> {
        while let Some((derived_from, safe)) = self.history.last() {
            if let Origin::Canonical = self.origin_of(derived_from.id()).await?
                && self.chain.canonical_hash(safe.number())? == Some(safe.hash())
            {
                return Ok(Some(safe));
            }
            self.history.pop();
        }
        Ok(None)
    }

    /// A block so old that its batch cannot have been later than the newest canonical origin: one
    /// sequencing window back, or the finalized block.
    fn safe_by_distance(&mut self, canonical: L2BlockRef) -> Result<L2BlockRef, VerifierError> {
        self.history.clear();
        let heads = self.chain.heads();
        let from = heads.safe.number.min(canonical.number());
        let mut block = self.block_ref(from)?;
        while block.number() > heads.finalized.number
            && block.l1_origin.number + self.rollup.seq_window_size > canonical.l1_origin.number
        {
            block = self.block_ref(self.before_epoch(&block).max(heads.finalized.number))?;
        }
        Ok(block)
    }

    /// Whether the block up to which was read is still part of the parent.
    pub(super) async fn is_on_parent(&self) -> Result<bool, VerifierError> {
        let current = self.deriver.origin();
        Ok(match self.origin_of(current.id()).await? {
            Origin::Canonical => true,
            Origin::Ahead | Origin::Gone => false,
        })
    }

    /// Reads the parent's heads and moves the finalized head along.
    pub(super) async fn follow_parent(&mut self) -> Result<(), VerifierError> {
        for (tag, place) in [
            (BlockNumberOrTag::Latest, &mut self.head_l1),
            (BlockNumberOrTag::Safe, &mut self.safe_l1),
            (BlockNumberOrTag::Finalized, &mut self.finalized_l1),
        ] {
            if let Some(header) = self.parent.header(tag.into()).await? {
                *place = header.block_ref();
            }
        }
        if let Some(l2) = self.history.finalize(self.finalized_l1.number)
            && l2.number() > self.chain.heads().finalized.number
        {
            self.chain.label(None, Some(l2.hash()))?;
        }
        Ok(())
    }
}
