//! The pipeline from the parent's blocks to payload attributes.

use std::sync::Arc;

use alloy_eips::BlockNumHash;
use gm_chain::rollup::RollupConfig;
use kona_derive::{
    AttributesQueue, L1Retrieval, OriginAdvancer, OriginProvider, PipelineError, PipelineErrorKind,
    PollingTraversal, ResetSignal, Signal, SignalReceiver, StatefulAttributesBuilder,
};
use kona_protocol::{L1BlockInfoTx, OpAttributesWithParent};

use super::{
    DeriveError, DerivedAttributes, L2BlockRef, L2Head, L2View,
    attributes::{convert, l2_block_ref},
    calldata::Calldata,
    config::kona_config,
    l2_source::L2Source,
    parent_source::ParentSource,
    stages::{BatchStage, ChannelStage},
};
use crate::parent::{BlockRef, Parent};

type Builder = StatefulAttributesBuilder<ParentSource, L2Source>;

/// What one step of derivation led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The next block of the rollup is known.
    Attributes(Box<DerivedAttributes>),
    /// Reading went on to this block of the parent.
    Advanced(BlockRef),
    /// Some input was taken in or dropped; there is more to do.
    Again,
    /// The parent has no further block yet.
    NeedParentData,
}

/// Derives a rollup's blocks from its parent, one step at a time.
///
/// Spec: <https://specs.optimism.io/protocol/derivation.html>
#[derive(Debug)]
pub struct Deriver {
    config: Arc<kona_genesis::RollupConfig>,
    parent: Arc<dyn Parent>,
    l2: L2Source,
    queue: AttributesQueue<BatchStage, Builder>,
}

impl Deriver {
    /// A pipeline that must be [reset](Self::reset) before its first step.
    ///
    /// # Errors
    /// [`DeriveError::Unsupported`] for a configuration this derivation does not implement.
    pub fn new(
        rollup: &RollupConfig,
        parent: Arc<dyn Parent>,
        view: Arc<dyn L2View>,
    ) -> Result<Self, DeriveError> {
        let config = Arc::new(kona_config(rollup)?);
        let l2 = L2Source { view, config: config.clone() };
        let source =
            ParentSource { parent: parent.clone(), system_config: config.l1_system_config_address };
        let calldata = Calldata {
            parent: parent.clone(),
            inbox: config.batch_inbox_address,
            parent_chain_id: config.l1_chain_id,
            queue: None,
        };
        let traversal = PollingTraversal::new(source.clone(), config.clone());
        let channels = ChannelStage::new(config.clone(), L1Retrieval::new(traversal, calldata));
        let batches = BatchStage::new(config.clone(), channels, l2.clone());
        let builder = StatefulAttributesBuilder::new(config.clone(), l2.clone(), source);
        let queue = AttributesQueue::new(config.clone(), batches, builder);
        Ok(Self { config, parent, l2, queue })
    }

    /// Starts over after the block `safe`, whose origin must be part of the parent. Reading begins
    /// a channel timeout before that origin, so that no channel is missed in part.
    ///
    /// # Errors
    /// A reset if an origin is gone; temporary if a source fails.
    ///
    /// Spec: <https://specs.optimism.io/protocol/derivation.html#resetting-the-pipeline>
    pub async fn reset(&mut self, safe: L2BlockRef) -> Result<(), DeriveError> {
        let mut start = safe;
        let mut origin = self.origin_block(&start).await?;
        while start.block.number > self.config.genesis.l2.number
            && start.l1_origin.number > self.config.genesis.l1.number
            && start.l1_origin.number + self.config.channel_timeout(origin.timestamp)
                > safe.l1_origin.number
        {
            let before = self.l2.block_info(start.block.number - 1);
            start = before.map_err(|e| DeriveError::Temporary(e.to_string()))?.into();
            if start.l1_origin.hash != origin.hash {
                origin = self.origin_block(&start).await?;
            }
        }
        let system_config = self.l2.system_config(start.block.number);
        let system_config = system_config.map_err(|e| DeriveError::Temporary(e.to_string()))?;
        let signal = ResetSignal {
            l2_safe_head: start.into(),
            l1_origin: origin.into(),
            system_config: Some(system_config),
        };
        self.queue.signal(Signal::Reset(signal)).await?;
        Ok(())
    }

    async fn origin_block(&self, block: &L2BlockRef) -> Result<BlockRef, DeriveError> {
        let hash = block.l1_origin.hash;
        let header = self.parent.header(hash.into()).await?;
        let header = header.ok_or_else(|| DeriveError::Reset(format!("origin {hash} is gone")))?;
        Ok(header.block_ref())
    }

    /// Goes one step on. `safe` is the last derived block, already part of the rollup's chain.
    ///
    /// # Errors
    /// See [`DeriveError::severity`]: after a reset error, [`Self::reset`] must follow.
    pub async fn step(&mut self, safe: L2BlockRef) -> Result<Step, DeriveError> {
        match self.queue.next_attributes(safe.into()).await {
            Ok(attributes) => self.attributes(attributes, safe),
            Err(PipelineErrorKind::Temporary(PipelineError::Eof)) => self.advance().await,
            Err(PipelineErrorKind::Temporary(PipelineError::NotEnoughData)) => Ok(Step::Again),
            Err(error) => Err(error.into()),
        }
    }

    async fn advance(&mut self) -> Result<Step, DeriveError> {
        match self.queue.advance_origin().await {
            Ok(()) => Ok(Step::Advanced(self.origin())),
            Err(PipelineErrorKind::Temporary(PipelineError::Eof)) => Ok(Step::NeedParentData),
            Err(error) => Err(error.into()),
        }
    }

    fn attributes(
        &self,
        derived: OpAttributesWithParent,
        safe: L2BlockRef,
    ) -> Result<Step, DeriveError> {
        let derived_from = derived.derived_from.map(Into::into).unwrap_or_default();
        let first = derived.inner.transactions.as_ref().and_then(|txs| txs.first());
        let l1_origin = first
            .and_then(|raw| l1_origin(raw))
            .ok_or_else(|| DeriveError::Critical("attributes without an origin".into()))?;
        let attributes = convert(derived.inner, safe, l1_origin, derived_from);
        Ok(Step::Attributes(Box::new(attributes)))
    }

    /// Drops the rest of the current channel: the last attributes turned out to be no valid block.
    ///
    /// Spec: <https://specs.optimism.io/protocol/holocene/derivation.html#engine-queue>
    ///
    /// # Errors
    /// None in practice; the pipeline's signature allows for them.
    pub async fn flush_channel(&mut self) -> Result<(), DeriveError> {
        Ok(self.queue.signal(Signal::FlushChannel).await?)
    }

    /// The block of the parent up to which everything was read.
    #[must_use]
    pub fn origin(&self) -> BlockRef {
        self.queue.origin().map(Into::into).unwrap_or_default()
    }

    /// A block of the rollup in terms of derivation.
    ///
    /// # Errors
    /// [`DeriveError::Temporary`] with the reason if the block does not start with an L1
    /// attributes deposit.
    pub fn l2_block_ref(&self, head: &L2Head) -> Result<L2BlockRef, DeriveError> {
        l2_block_ref(head, &self.config)
    }
}

/// The origin that an L1 attributes deposit names.
fn l1_origin(raw: &[u8]) -> Option<BlockNumHash> {
    let (_, mut rlp) = raw.split_first()?;
    let deposit = op_alloy_consensus::TxDeposit::rlp_decode(&mut rlp).ok()?;
    let id = L1BlockInfoTx::decode_calldata(&deposit.input).ok()?.id();
    Some(BlockNumHash { number: id.number, hash: id.hash })
}
