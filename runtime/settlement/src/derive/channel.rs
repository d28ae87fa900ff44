//! Frames to a channel, and a channel to batches.

use alloy_rlp::Decodable;
use kona_genesis::RollupConfig;
use kona_protocol::{Batch, Frame, SingleBatch, SpanBatch};

use super::span::{RawSpan, SpanError};

/// Most bytes a channel may take, compressed with overheads, and decompressed.
///
/// Spec: <https://specs.optimism.io/protocol/fjord/derivation.html#increasing-max_rlp_bytes_per_channel-and-max_channel_bank_size>
pub const MAX_CHANNEL_SIZE: usize = 100_000_000;

/// What a frame counts for on top of its data.
const FRAME_OVERHEAD: usize = 200;

/// First byte of a channel compressed with brotli.
const BROTLI: u8 = 1;

const SINGULAR_BATCH: u8 = 0;
const SPAN_BATCH: u8 = 1;

/// A channel of which some frames have arrived, in order and without gaps.
///
/// Spec: <https://specs.optimism.io/protocol/holocene/derivation.html#channel-bank>
#[derive(Debug)]
pub(super) struct Channel {
    id: [u8; 16],
    /// Number of the parent's block with the first frame.
    pub(super) opened: u64,
    frames: usize,
    pub(super) data: Vec<u8>,
}

impl Channel {
    pub(super) const fn new(id: [u8; 16], opened: u64) -> Self {
        Self { id, opened, frames: 0, data: Vec::new() }
    }

    /// Takes a frame if it is the next one.
    pub(super) fn add(&mut self, frame: &Frame) -> bool {
        if frame.id != self.id || usize::from(frame.number) != self.frames {
            return false;
        }
        self.frames += 1;
        self.data.extend_from_slice(&frame.data);
        true
    }

    pub(super) const fn size(&self) -> usize {
        self.data.len() + self.frames * FRAME_OVERHEAD
    }
}

/// Why a channel holds no (further) batch.
#[derive(Debug, thiserror::Error)]
pub enum ChannelError {
    /// The channel has no bytes.
    #[error("an empty channel")]
    Empty,
    /// The first byte names no known compression.
    #[error("unknown compression {0:#04x}")]
    Compression(u8),
    /// What is left is not a byte string of RLP.
    #[error("the rest of the channel is not RLP: {0}")]
    Rlp(#[from] alloy_rlp::Error),
    /// The batch has a type other than 0 and 1, or none.
    #[error("unknown batch type {0:?}")]
    BatchType(Option<u8>),
    /// The span batch does not parse.
    #[error("malformed span batch: {0}")]
    Span(#[from] SpanError),
}

/// A batch that parsed. A span batch may still turn out to be malformed within.
#[derive(Debug)]
pub enum RawBatch {
    /// One block.
    Singular(SingleBatch),
    /// A run of blocks.
    Span(RawSpan),
}

impl RawBatch {
    /// Reads the payload of one byte string of a channel.
    ///
    /// # Errors
    /// [`ChannelError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, ChannelError> {
        match bytes.split_first() {
            Some((&SINGULAR_BATCH, mut rest)) => {
                Ok(Self::Singular(SingleBatch::decode(&mut rest)?))
            }
            Some((&SPAN_BATCH, rest)) => Ok(Self::Span(RawSpan::decode(rest)?)),
            other => Err(ChannelError::BatchType(other.map(|(&ty, _)| ty))),
        }
    }

    /// Rebuilds the transactions of a span batch.
    ///
    /// # Errors
    /// [`SpanError`] if one of them cannot be rebuilt.
    pub fn into_batch(self, config: &RollupConfig) -> Result<Batch, SpanError> {
        match self {
            Self::Singular(batch) => Ok(Batch::Single(batch)),
            Self::Span(raw) => {
                let batches =
                    raw.derive(config.block_time, config.genesis.l2_time, config.l2_chain_id.id())?;
                Ok(Batch::Span(SpanBatch {
                    parent_check: raw.parent_check,
                    l1_origin_check: raw.l1_origin_check,
                    batches,
                    ..Default::default()
                }))
            }
        }
    }
}

/// Reads the batches of one complete channel.
#[derive(Debug)]
pub struct BatchReader {
    decompressed: Vec<u8>,
    position: usize,
}

impl BatchReader {
    /// Decompresses a channel. Damage counts from where it is: what comes before it is read.
    ///
    /// # Errors
    /// [`ChannelError::Empty`], [`ChannelError::Compression`].
    ///
    /// Spec: <https://specs.optimism.io/protocol/fjord/derivation.html#brotli-channel-compression>
    pub fn new(channel: &[u8]) -> Result<Self, ChannelError> {
        let (&first, rest) = channel.split_first().ok_or(ChannelError::Empty)?;
        let decompressed = match first {
            BROTLI => brotli_prefix(rest),
            // zlib: the low half of the first byte is the method.
            zlib if matches!(zlib & 0x0f, 8 | 15) => {
                miniz_oxide::inflate::decompress_to_vec_zlib_with_limit(channel, MAX_CHANNEL_SIZE)
                    .unwrap_or_else(|damaged| damaged.output)
            }
            other => return Err(ChannelError::Compression(other)),
        };
        Ok(Self { decompressed, position: 0 })
    }

    /// The next batch; `None` at the end. After an error nothing more can be read.
    ///
    /// # Errors
    /// [`ChannelError`].
    pub fn next_batch(&mut self) -> Result<Option<RawBatch>, ChannelError> {
        let mut rest = self.decompressed.get(self.position..).unwrap_or_default();
        if rest.is_empty() {
            return Ok(None);
        }
        let batch = alloy_rlp::Header::decode_bytes(&mut rest, false)?;
        let batch = RawBatch::decode(batch)?;
        self.position = self.decompressed.len() - rest.len();
        Ok(Some(batch))
    }
}

/// Decompresses up to the limit, the end, or the first damage.
fn brotli_prefix(compressed: &[u8]) -> Vec<u8> {
    use std::io::Read;

    let mut out = Vec::new();
    let limit = MAX_CHANNEL_SIZE as u64;
    // What was read before an error stays in `out`.
    if let Err(error) =
        brotli::Decompressor::new(compressed, 64 * 1024).take(limit).read_to_end(&mut out)
    {
        tracing::debug!(%error, kept = out.len(), "a channel's compression is damaged");
    }
    out
}
