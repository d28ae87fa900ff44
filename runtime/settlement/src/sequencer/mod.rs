//! The sequencer of a rollup: it orders transactions into blocks ahead of their derivation.
//!
//! A block starts with the L1 attributes deposit and the deposits of its origin; both come from the
//! same code that derivation uses, so that the verifier finds what the sequencer made.
//!
//! Specification: <https://specs.optimism.io/protocol/derivation.html#l2-chain-derivation-pipeline>.

mod driver;
mod error;
mod events;
mod origin;

pub use driver::{Driver, SequencerHandle};
pub use error::SequencerError;

use crate::{
    derive::{AttributesBuilder, DerivedAttributes, L2BlockRef},
    parent::Parent,
    verifier::l2_head,
};
use gm_chain::rollup::RollupConfig;
use gm_node::{Attributes, Chain, ChainError, ExecutedBlock};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// What came of trying to make a block.
#[derive(Debug)]
pub enum Produced {
    /// A block; it is the head now.
    Block(ExecutedBlock),
    /// The head changed in the meantime; the block was thrown away.
    HeadMoved,
}

/// Makes blocks of one rollup.
#[derive(Debug)]
pub struct Sequencer {
    chain: Arc<Chain>,
    parent: Arc<dyn Parent>,
    rollup: RollupConfig,
    attributes: AttributesBuilder,
}

impl Sequencer {
    /// A sequencer for `chain`, which must be a rollup.
    ///
    /// # Errors
    /// If the rollup's configuration is missing or not implemented.
    pub fn new(chain: Arc<Chain>, parent: Arc<dyn Parent>) -> Result<Self, SequencerError> {
        let rollup = chain.spec().rollup.clone().ok_or(SequencerError::NotARollup)?;
        let attributes = AttributesBuilder::new(&rollup, parent.clone(), chain.clone())?;
        Ok(Self { chain, parent, rollup, attributes })
    }

    /// The head as derivation sees it: with its origin.
    pub fn head(&self) -> Result<L2BlockRef, SequencerError> {
        Ok(self.attributes.l2_block_ref(&l2_head(&self.chain.head()))?)
    }

    /// Makes the next block from the parent's deposits and the pool.
    ///
    /// # Errors
    /// [`SequencerError::severity`] says whether to try again, and whether the verifier has to
    /// find the way back first.
    pub async fn produce(&mut self) -> Result<Produced, SequencerError> {
        let head = self.head()?;
        let timestamp = head.block.timestamp + self.rollup.block_time;
        let origin = self.next_origin(&head, timestamp).await?;
        let derived = self.attributes.prepare(head, origin.id()).await?;
        // Too far ahead of its origin a block holds deposits only, in every node's eyes.
        let drifted = timestamp > origin.timestamp + self.rollup.max_drift(timestamp);
        let attributes = self.payload(derived, drifted);
        let chain = self.chain.clone();
        let work = move || -> Result<Produced, ChainError> {
            let built = chain.build(&attributes)?;
            let extended = chain.extend(&built)?;
            Ok(if extended { Produced::Block(built.executed) } else { Produced::HeadMoved })
        };
        let produced = tokio::task::spawn_blocking(work).await;
        Ok(produced.map_err(|_| SequencerError::Interrupted)??)
    }

    fn payload(&self, derived: DerivedAttributes, no_tx_pool: bool) -> Attributes {
        // Half a block time keeps the chain on its beat however full the pool is.
        let patience = Duration::from_millis(self.rollup.block_time * 500).max(MIN_PATIENCE);
        Attributes {
            parent: derived.parent.hash(),
            timestamp: derived.timestamp,
            prev_randao: derived.prev_randao,
            fee_recipient: derived.fee_recipient,
            parent_beacon_block_root: derived.parent_beacon_block_root,
            gas_limit: derived.gas_limit,
            eip_1559_params: derived.eip1559_params,
            transactions: derived.transactions,
            no_tx_pool,
            deadline: Some(Instant::now() + patience),
            ..Default::default()
        }
    }
}

/// The least time that filling a block may take.
const MIN_PATIENCE: Duration = Duration::from_millis(500);
