//! The rollup's own chain, as derivation reads it.

use alloy_eips::Encodable2718;
use gm_node::{Chain, ExecutedBlock};

use crate::derive::{self, DeriveError, L2BlockRef, L2Head, L2View};

impl L2View for Chain {
    fn head_by_number(&self, number: u64) -> Result<Option<L2Head>, String> {
        let block = self.block_by_number(number).map_err(|e| e.to_string())?;
        Ok(block.as_ref().map(l2_head))
    }
}

/// The part of a block that derivation reads.
#[must_use]
pub fn l2_head(block: &ExecutedBlock) -> L2Head {
    L2Head {
        header: block.header.inner().clone(),
        hash: block.hash(),
        first_transaction: block.transactions.first().map(|tx| tx.encoded_2718().into()),
    }
}

/// A block of a rollup with its origin.
///
/// # Errors
/// If the chain is not a rollup or the block does not start with an L1 attributes deposit.
pub fn block_ref(chain: &Chain, block: &ExecutedBlock) -> Result<L2BlockRef, DeriveError> {
    let rollup = chain.spec().rollup.as_ref();
    let rollup = rollup.ok_or_else(|| DeriveError::Unsupported("an L1".into()))?;
    derive::block_ref(&l2_head(block), rollup)
}
