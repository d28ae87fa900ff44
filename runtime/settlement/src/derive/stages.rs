//! The stages between the parent's transactions and single blocks, under Holocene's rules.
//!
//! These stand in for kona's, which read some malformed input otherwise than op-node does: frames
//! out of order across transactions, damaged channels, malformed span batches.
//!
//! Spec: <https://specs.optimism.io/protocol/holocene/derivation.html>

#![expect(clippy::result_large_err, reason = "the error type is kona's")]

use std::{collections::VecDeque, sync::Arc};

use kona_derive::{
    AttributesProvider, FrameQueueProvider, L1Retrieval, OriginAdvancer, OriginProvider,
    PipelineError, PipelineErrorKind, PipelineResult, PollingTraversal, ResetError, ResetSignal,
    Signal, SignalReceiver,
};
use kona_genesis::RollupConfig;
use kona_protocol::{Batch, BatchValidity, BlockInfo, Frame, L2BlockInfo, SingleBatch, SpanBatch};

use super::{
    calldata::Calldata,
    channel::{BatchReader, Channel, MAX_CHANNEL_SIZE},
    frames::{parse_frames, prune},
    l2_source::L2Source,
    parent_source::ParentSource,
};

/// kona's stages up to the batcher's data.
pub(super) type Retrieval = L1Retrieval<Calldata, PollingTraversal<ParentSource>>;

const fn not_enough_data() -> PipelineErrorKind {
    PipelineError::NotEnoughData.temp()
}

/// Puts frames together to channels and reads batches out of them.
#[derive(Debug)]
pub(super) struct ChannelStage {
    config: Arc<RollupConfig>,
    prev: Retrieval,
    frames: VecDeque<Frame>,
    channel: Option<Channel>,
    reader: Option<BatchReader>,
}

impl ChannelStage {
    pub(super) const fn new(config: Arc<RollupConfig>, prev: Retrieval) -> Self {
        Self { config, prev, frames: VecDeque::new(), channel: None, reader: None }
    }

    fn origin(&self) -> PipelineResult<BlockInfo> {
        self.prev.origin().ok_or_else(|| PipelineError::MissingOrigin.crit())
    }

    /// The next batch of the current channel, or of the next one.
    async fn next_batch(&mut self) -> PipelineResult<Batch> {
        if self.reader.is_none() {
            let channel = self.next_channel().await?;
            match BatchReader::new(&channel) {
                Ok(reader) => self.reader = Some(reader),
                Err(error) => {
                    tracing::warn!(%error, "dropping a channel");
                    return Err(not_enough_data());
                }
            }
        }
        let next = self.reader.as_mut().map_or(Ok(None), BatchReader::next_batch);
        let raw = match next {
            Ok(Some(raw)) => raw,
            Ok(None) => {
                self.reader = None;
                return Err(not_enough_data());
            }
            Err(error) => {
                tracing::warn!(%error, "dropping the rest of a channel");
                self.reader = None;
                return Err(not_enough_data());
            }
        };
        raw.into_batch(&self.config).map_err(|error| {
            tracing::warn!(%error, "dropping a span batch");
            not_enough_data()
        })
    }

    /// Takes in frames until a channel is complete.
    async fn next_channel(&mut self) -> PipelineResult<Vec<u8>> {
        let origin = self.origin()?;
        let timeout = self.config.channel_timeout(origin.timestamp);
        if self.channel.as_ref().is_some_and(|c| c.opened + timeout < origin.number) {
            tracing::warn!(origin = origin.number, "a channel has timed out");
            self.channel = None;
        }
        loop {
            let frame = self.next_frame().await?;
            if frame.number == 0 {
                self.channel = Some(Channel::new(frame.id, origin.number));
            }
            let Some(channel) = self.channel.as_mut() else {
                tracing::warn!(number = frame.number, "dropping a frame without its channel");
                continue;
            };
            if !channel.add(&frame) {
                tracing::warn!(number = frame.number, "dropping a frame out of order");
                continue;
            }
            if channel.size() > MAX_CHANNEL_SIZE {
                tracing::warn!(size = channel.size(), "dropping an oversized channel");
                self.channel = None;
                continue;
            }
            if frame.is_last {
                return Ok(self.channel.take().map(|channel| channel.data).unwrap_or_default());
            }
        }
    }

    async fn next_frame(&mut self) -> PipelineResult<Frame> {
        while self.frames.is_empty() {
            let data = self.prev.next_data().await?;
            match parse_frames(&data) {
                Ok(frames) => self.frames = prune(frames),
                Err(error) => tracing::warn!(%error, "dropping a batcher transaction"),
            }
        }
        self.frames.pop_front().ok_or_else(not_enough_data)
    }

    /// Gives up the current channel.
    fn flush(&mut self) {
        self.reader = None;
        self.channel = None;
    }
}

/// Takes batches apart into blocks and checks each; fills in empty blocks where the sequencing
/// window has passed.
#[derive(Debug)]
pub(super) struct BatchStage {
    config: Arc<RollupConfig>,
    prev: ChannelStage,
    l2: L2Source,
    origin: BlockInfo,
    /// Consecutive blocks of the parent, from the safe head's origin on.
    l1_blocks: Vec<BlockInfo>,
    /// What is left of the current span batch.
    span: VecDeque<SingleBatch>,
}

impl BatchStage {
    pub(super) fn new(config: Arc<RollupConfig>, prev: ChannelStage, l2: L2Source) -> Self {
        let (l1_blocks, span) = (Vec::new(), VecDeque::new());
        Self { config, prev, l2, origin: BlockInfo::default(), l1_blocks, span }
    }

    fn flush(&mut self) {
        self.span.clear();
        self.prev.flush();
    }

    fn update_origins(&mut self, parent: &L2BlockInfo) -> PipelineResult<()> {
        let origin = self.prev.origin()?;
        if self.origin != origin {
            self.origin = origin;
            if origin.number < parent.l1_origin.number {
                // Only on the way from where reading starts to the safe head's origin.
                self.l1_blocks.clear();
            } else {
                self.l1_blocks.push(origin);
            }
        }
        let first = self.l1_blocks.first().map(|b| b.number);
        if first.is_some_and(|first| parent.l1_origin.number > first)
            && let Some(at) =
                self.l1_blocks.iter().position(|b| b.number == parent.l1_origin.number)
        {
            self.l1_blocks.drain(..at);
        }
        Ok(())
    }

    /// The next block that a batch proposes, before the checks of single blocks.
    async fn candidate(&mut self, parent: L2BlockInfo) -> PipelineResult<SingleBatch> {
        if let Some(next) = self.next_of_span(&parent) {
            return Ok(next);
        }
        let span = match self.prev.next_batch().await? {
            Batch::Single(batch) => return Ok(batch),
            Batch::Span(span) => span,
        };
        let origin = self.origin;
        let (validity, _) = span
            .check_batch_prefix(&self.config, &self.l1_blocks, parent, &origin, &mut self.l2)
            .await;
        match validity {
            BatchValidity::Accept => {}
            BatchValidity::Drop => {
                self.flush();
                return Err(not_enough_data());
            }
            BatchValidity::Past | BatchValidity::Undecided | BatchValidity::Future => {
                return Err(not_enough_data());
            }
        }
        match self.blocks_of(&span, &parent) {
            Some(blocks) => self.span = blocks,
            None => {
                tracing::warn!("dropping a span batch with an impossible origin");
                self.flush();
            }
        }
        self.next_of_span(&parent).ok_or_else(not_enough_data)
    }

    fn next_of_span(&mut self, parent: &L2BlockInfo) -> Option<SingleBatch> {
        let next = self.span.pop_front()?;
        if next.timestamp != parent.block_info.timestamp + self.config.block_time {
            // The block before it did not make it.
            self.span.clear();
            return None;
        }
        Some(SingleBatch { parent_hash: parent.block_info.hash, ..next })
    }

    /// The blocks of a span after the safe head; `None` if one has an origin that cannot be.
    fn blocks_of(&self, span: &SpanBatch, parent: &L2BlockInfo) -> Option<VecDeque<SingleBatch>> {
        let new = span.batches.iter().filter(|b| b.timestamp > parent.block_info.timestamp);
        let mut from = 0;
        new.map(|block| {
            if block.epoch_num < parent.l1_origin.number {
                return None;
            }
            from += self.l1_blocks[from..].iter().position(|b| b.number == block.epoch_num)?;
            Some(SingleBatch {
                epoch_num: block.epoch_num,
                epoch_hash: self.l1_blocks[from].hash,
                timestamp: block.timestamp,
                transactions: block.transactions.clone(),
                ..Default::default()
            })
        })
        .collect()
    }

    /// A block without a batch, once the sequencing window of its origin has passed.
    ///
    /// Spec: <https://specs.optimism.io/protocol/derivation.html#batch-queue>
    fn empty_batch(&mut self, parent: &L2BlockInfo) -> PipelineResult<SingleBatch> {
        let (epoch, next_epoch) = match self.l1_blocks.as_slice() {
            [epoch, next, ..]
                if epoch.number + self.config.seq_window_size <= self.origin.number =>
            {
                (*epoch, *next)
            }
            _ => return Err(PipelineError::Eof.temp()),
        };
        let timestamp = parent.block_info.timestamp + self.config.block_time;
        let first_of_epoch = epoch.number == parent.l1_origin.number + 1;
        // Every origin gets at least one block, and no block is earlier than its origin.
        if timestamp < next_epoch.timestamp || first_of_epoch {
            return Ok(SingleBatch {
                parent_hash: parent.block_info.hash,
                epoch_num: epoch.number,
                epoch_hash: epoch.hash,
                timestamp,
                transactions: vec![],
            });
        }
        self.l1_blocks.remove(0);
        Err(PipelineError::Eof.temp())
    }
}

#[async_trait::async_trait]
impl AttributesProvider for BatchStage {
    async fn next_batch(&mut self, parent: L2BlockInfo) -> PipelineResult<SingleBatch> {
        self.update_origins(&parent)?;
        if self.origin.number <= parent.l1_origin.number {
            // Channels that end here can only hold blocks that are already there.
            self.prev.next_batch().await?;
            return Err(not_enough_data());
        }
        let Some(epoch) = self.l1_blocks.first().filter(|_| self.l1_blocks.len() > 1) else {
            return Err(PipelineError::MissingOrigin.crit());
        };
        if parent.l1_origin != epoch.id() && parent.l1_origin.number + 1 != epoch.number {
            let (safe, epoch) = (parent.l1_origin.number, epoch.number);
            return Err(ResetError::L1OriginMismatch(safe, epoch).reset());
        }
        let batch = match self.candidate(parent).await {
            Ok(batch) => batch,
            Err(PipelineErrorKind::Temporary(PipelineError::Eof)) => {
                return self.empty_batch(&parent);
            }
            Err(error) => return Err(error),
        };
        match batch.check_batch(&self.config, &self.l1_blocks, parent, &self.origin) {
            BatchValidity::Accept => Ok(batch),
            BatchValidity::Drop => {
                tracing::warn!(timestamp = batch.timestamp, "dropping a batch and its channel");
                self.flush();
                Err(not_enough_data())
            }
            BatchValidity::Past | BatchValidity::Undecided => Err(not_enough_data()),
            BatchValidity::Future => Err(PipelineError::InvalidBatchValidity.crit()),
        }
    }

    /// Every block is safe by itself since Holocene.
    fn is_last_in_span(&self) -> bool {
        true
    }
}

impl OriginProvider for BatchStage {
    fn origin(&self) -> Option<BlockInfo> {
        self.prev.prev.origin()
    }
}

#[async_trait::async_trait]
impl OriginAdvancer for BatchStage {
    async fn advance_origin(&mut self) -> PipelineResult<()> {
        self.prev.prev.advance_origin().await
    }
}

#[async_trait::async_trait]
impl SignalReceiver for BatchStage {
    async fn signal(&mut self, signal: Signal) -> PipelineResult<()> {
        match signal {
            Signal::Reset(ResetSignal { l1_origin, .. }) => {
                self.prev.prev.signal(signal).await?;
                self.flush();
                self.prev.frames.clear();
                self.origin = l1_origin;
                self.l1_blocks = vec![l1_origin];
                Ok(())
            }
            Signal::FlushChannel => {
                self.flush();
                Ok(())
            }
            Signal::Activation(_) | Signal::ProvideBlock(_) => {
                Err(PipelineError::UnsupportedSignal.crit())
            }
        }
    }
}
