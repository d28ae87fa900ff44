//! A channel: batches, compressed together, on their way into frames.
//!
//! <https://specs.optimism.io/protocol/derivation.html#channel-format>

use alloy_eips::BlockNumHash;
use alloy_primitives::Bytes;
use alloy_rlp::Encodable;
use rand::Rng;

use super::{
    BatchBlock, BatcherError, SpanBatchBuilder, encode_singular_batch,
    frame::{ChannelId, Frame, cut_into_frames},
};

/// Version byte of a brotli-compressed channel (since Fjord).
pub const CHANNEL_VERSION_BROTLI: u8 = 0x01;
/// The most bytes a channel may hold once decompressed (since Fjord).
pub const MAX_RLP_BYTES_PER_CHANNEL: usize = 100_000_000;
/// Brotli windows, `lgwin`: no larger than the data needs, since the encoder clears as much memory,
/// and no larger than a plain brotli stream may have.
const BROTLI_WINDOWS: std::ops::RangeInclusive<u32> = 16..=22;

/// How blocks become batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BatchKind {
    /// All blocks of a channel in one span batch.
    #[default]
    Span,
    /// One batch a block.
    Singular,
}

/// How channels are made and how large they get.
#[derive(Debug, Clone)]
pub struct ChannelParams {
    /// Chain id of the rollup.
    pub chain_id: u64,
    /// Time of the rollup's genesis block, seconds.
    pub genesis_timestamp: u64,
    /// Span or singular batches.
    pub kind: BatchKind,
    /// Bytes of data in a frame; the frame's own 23 bytes come on top.
    pub max_frame_data: usize,
    /// Frames a channel should fill before it is closed for its size.
    pub target_frames: usize,
    /// A channel is closed for its size before its uncompressed batches exceed this many bytes.
    pub max_rlp_bytes: usize,
    /// Brotli quality, 0 to 11.
    pub quality: u32,
    /// Uncompressed size in bytes above which [`Self::fast_quality`] is used instead.
    pub fast_above: usize,
    /// Brotli quality of a large channel: under load, time is worth more than the last percent.
    pub fast_quality: u32,
}

impl ChannelParams {
    /// Span batches of up to 120,000 bytes compressed, one frame a channel: what fits one
    /// transaction of a common pool limit (128 KiB).
    pub fn new(chain_id: u64, genesis_timestamp: u64) -> Self {
        Self {
            chain_id,
            genesis_timestamp,
            kind: BatchKind::Span,
            max_frame_data: 120_000,
            target_frames: 1,
            max_rlp_bytes: 8_000_000,
            quality: 10,
            fast_above: 256 * 1024,
            fast_quality: 4,
        }
    }

    fn target_bytes(&self) -> usize {
        self.max_frame_data.saturating_mul(self.target_frames.max(1))
    }
}

/// Collects blocks until the channel is worth sending.
#[derive(Debug)]
pub struct ChannelBuilder {
    id: ChannelId,
    params: ChannelParams,
    span: SpanBatchBuilder,
    singular: Vec<u8>,
    blocks: Vec<BlockNumHash>,
    first_origin: u64,
    /// Uncompressed size at which the compressed size is looked at (again).
    check_at: usize,
    full: bool,
}

/// A closed channel, ready to be sent.
#[derive(Debug, Clone)]
pub struct ClosedChannel {
    /// Its id.
    pub id: ChannelId,
    /// Its blocks, in order, at least one.
    pub blocks: Vec<BlockNumHash>,
    /// Its frames, in order, at least one.
    pub frames: Vec<Frame>,
    /// Size of its batches before compression, in bytes.
    pub rlp_bytes: usize,
}

impl ChannelBuilder {
    /// An empty channel with a random id.
    pub fn new(params: ChannelParams) -> Self {
        Self::with_id(params, rand::rng().random())
    }

    /// An empty channel with this id.
    pub fn with_id(params: ChannelParams, id: ChannelId) -> Self {
        Self {
            id,
            span: SpanBatchBuilder::new(params.chain_id, params.genesis_timestamp),
            singular: Vec::new(),
            blocks: Vec::new(),
            first_origin: 0,
            check_at: params.target_bytes(),
            full: false,
            params,
        }
    }

    /// Appends the next block.
    ///
    /// # Errors
    /// [`BatcherError::BatchFull`] if the channel is [full](Self::is_full) or this block would take
    /// it over a limit: close it, and put the block into the next. Otherwise as
    /// [`SpanBatchBuilder::push`].
    pub fn push(&mut self, block: &BatchBlock) -> Result<(), BatcherError> {
        if self.full {
            return Err(BatcherError::BatchFull);
        }
        match self.params.kind {
            BatchKind::Span => self.push_span(block)?,
            BatchKind::Singular => self.push_singular(block)?,
        }
        if self.blocks.is_empty() {
            self.first_origin = block.origin.number;
        }
        self.blocks.push(BlockNumHash { number: block.number, hash: block.hash });
        self.look_at_size()
    }

    fn push_span(&mut self, block: &BatchBlock) -> Result<(), BatcherError> {
        let fits = |span: &SpanBatchBuilder| span.encoded_len() + 10 <= self.params.max_rlp_bytes;
        // A copy only near the limit; elsewhere a block cannot take us over it.
        let near = self.span.encoded_len() > self.params.max_rlp_bytes / 2;
        if !near || self.blocks.is_empty() {
            return self.span.push(block);
        }
        let mut next = self.span.clone();
        next.push(block)?;
        if !fits(&next) {
            self.full = true;
            return Err(BatcherError::BatchFull);
        }
        self.span = next;
        Ok(())
    }

    fn push_singular(&mut self, block: &BatchBlock) -> Result<(), BatcherError> {
        let batch = Bytes::from(encode_singular_batch(block)?);
        let over = self.singular.len() + batch.length() > self.params.max_rlp_bytes;
        if over && !self.blocks.is_empty() {
            self.full = true;
            return Err(BatcherError::BatchFull);
        }
        batch.encode(&mut self.singular);
        Ok(())
    }

    /// Compresses now and then, at growing distances, to learn whether the channel is full.
    fn look_at_size(&mut self) -> Result<(), BatcherError> {
        let raw = self.rlp_len();
        if raw < self.check_at {
            return Ok(());
        }
        let target = self.params.target_bytes();
        let compressed = self.compress()?.len();
        // Within a sixteenth of the target is close enough: the next block may be a large one.
        if compressed >= target - target / 16 || raw >= self.params.max_rlp_bytes {
            self.full = true;
        } else {
            let grow = (target - compressed).saturating_mul(raw) / compressed.max(1);
            self.check_at = raw + grow.max(target / 16);
        }
        Ok(())
    }

    /// Whether the channel has reached its target size.
    pub fn is_full(&self) -> bool {
        self.full
    }

    /// Whether it holds no block yet.
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// Its blocks so far.
    pub fn blocks(&self) -> &[BlockNumHash] {
        &self.blocks
    }

    /// Number of the first block's L1 origin: the sequencing window counts from there.
    pub fn first_origin(&self) -> u64 {
        self.first_origin
    }

    /// Size of the batches before compression, in bytes.
    pub fn rlp_len(&self) -> usize {
        match self.params.kind {
            BatchKind::Span => self.span.encoded_len() + 5,
            BatchKind::Singular => self.singular.len(),
        }
    }

    /// Compresses and cuts into frames.
    ///
    /// # Errors
    /// [`BatcherError::EmptyBatch`] without a block; those of [`cut_into_frames`].
    pub fn close(self) -> Result<ClosedChannel, BatcherError> {
        let rlp_bytes = self.rlp_len();
        let compressed = self.compress()?;
        let frames = cut_into_frames(self.id, compressed.into(), self.params.max_frame_data)?;
        Ok(ClosedChannel { id: self.id, blocks: self.blocks, frames, rlp_bytes })
    }

    fn compress(&self) -> Result<Vec<u8>, BatcherError> {
        if self.blocks.is_empty() {
            return Err(BatcherError::EmptyBatch);
        }
        match self.params.kind {
            BatchKind::Singular => self.compress_bytes(&self.singular),
            BatchKind::Span => {
                let batch = Bytes::from(self.span.encode()?);
                let mut rlp = Vec::with_capacity(batch.length());
                batch.encode(&mut rlp);
                self.compress_bytes(&rlp)
            }
        }
    }

    fn compress_bytes(&self, rlp: &[u8]) -> Result<Vec<u8>, BatcherError> {
        let large = rlp.len() > self.params.fast_above;
        let quality = if large { self.params.fast_quality } else { self.params.quality };
        compress_channel(rlp, quality)
    }
}

/// `01 ‖ brotli(rlp)` at `quality` (0 to 11).
///
/// # Errors
/// [`BatcherError::Compression`] if the encoder fails.
pub fn compress_channel(rlp: &[u8], quality: u32) -> Result<Vec<u8>, BatcherError> {
    let window = rlp.len().max(1).ilog2() + 1;
    let window = window.clamp(*BROTLI_WINDOWS.start(), *BROTLI_WINDOWS.end());
    let params = brotli::enc::BrotliEncoderParams {
        quality: quality.min(11) as i32,
        lgwin: window as i32,
        size_hint: rlp.len(),
        ..Default::default()
    };
    let mut out = vec![CHANNEL_VERSION_BROTLI];
    brotli::BrotliCompress(&mut &rlp[..], &mut out, &params)?;
    Ok(out)
}
