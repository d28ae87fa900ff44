//! The batcher: takes the rollup's unsafe blocks and writes them to the parent, so that anyone can
//! derive the chain from there.
//!
//! <https://specs.optimism.io/protocol/batcher.html>

mod block;
mod channel;
mod driver;
mod error;
mod frame;
mod singular;
mod source;
mod span;
mod state;
mod wire;

pub use block::BatchBlock;
pub use channel::{
    BatchKind, CHANNEL_VERSION_BROTLI, ChannelBuilder, ChannelParams, ClosedChannel,
    MAX_RLP_BYTES_PER_CHANNEL, compress_channel,
};
pub use driver::{Batcher, BatcherConfig, Progress};
pub use error::BatcherError;
pub use frame::{
    ChannelId, DERIVATION_VERSION_0, FRAME_OVERHEAD, Frame, MAX_FRAME_DATA, cut_into_frames,
    frames_to_calldata,
};
pub use singular::{SINGULAR_BATCH_VERSION, encode_singular_batch};
pub use source::{BatchSource, BatchStatus, LocalSource};
pub use span::{MAX_SPAN_BATCH_ELEMENTS, SPAN_BATCH_VERSION, SpanBatchBuilder};

#[cfg(test)]
mod driver_tests;
#[cfg(test)]
mod tests;
