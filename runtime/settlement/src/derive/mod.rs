//! Derivation: the rollup's chain as a function of its parent's.
//!
//! kona-derive does the work where it follows op-node to the letter: walking the parent, tracking
//! the system configuration, checking batches, building attributes. Reading frames, channels and
//! span batches is done here, so that every malformed input means the same as upstream.
//!
//! Spec: <https://specs.optimism.io/protocol/derivation.html>

mod attributes;
mod calldata;
mod channel;
mod config;
mod deriver;
mod error;
mod frames;
mod l2_source;
mod parent_source;
mod span;
mod stages;
#[cfg(test)]
mod tests;
mod types;

pub use attributes::{AttributesBuilder, block_ref, deposits_from_receipts};
pub use channel::{BatchReader, ChannelError, MAX_CHANNEL_SIZE, RawBatch};
pub use config::{kona_config, kona_system_config};
pub use deriver::{Deriver, Step};
pub use error::DeriveError;
pub use frames::{FrameError, MAX_FRAME_LEN, parse_frames, prune};
pub use span::{MAX_SPAN_ELEMENTS, RawSpan, SpanError};
pub use types::{DerivedAttributes, L2BlockRef, L2Head, L2View};
