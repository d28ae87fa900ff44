//! Errors of the batcher.

use crate::{
    parent::{ParentError, Severity},
    txmgr::TxError,
};

/// What can go wrong between an L2 block and its place on the parent.
#[derive(Debug, thiserror::Error)]
pub enum BatcherError {
    /// The block does not begin with an L1 attributes transaction of a known form.
    #[error("block {number} does not begin with an L1 attributes deposit of Ecotone or later")]
    Attributes {
        /// The block's number.
        number: u64,
    },
    /// A transaction that may not be in a batch (a deposit, a blob transaction, or one signed for
    /// another chain).
    #[error("a transaction of type {ty:#04x} with this chain id cannot be put into a batch")]
    UnsupportedTransaction {
        /// EIP-2718 type byte.
        ty: u8,
    },
    /// The L1 origin of a block is neither that of the block before nor the one after it.
    #[error("block {number} skips an L1 origin")]
    OriginSkipped {
        /// The block's number.
        number: u64,
    },
    /// A batch without blocks has no encoding.
    #[error("a batch needs at least one block")]
    EmptyBatch,
    /// The batch or channel has reached a limit of the protocol: close it and begin another.
    #[error("the batch is full")]
    BatchFull,
    /// The channel would need more frames than a 16-bit number can count.
    #[error("a channel of {bytes} bytes needs more than 65,536 frames of {max_frame_data} bytes")]
    TooManyFrames {
        /// Compressed size of the channel.
        bytes: usize,
        /// Bytes of data in a frame.
        max_frame_data: usize,
    },
    /// A frame size outside what the protocol allows.
    #[error("frame data of {0} bytes: it must be between 1 and 1,000,000")]
    FrameSize(usize),
    /// Compression failed.
    #[error("brotli: {0}")]
    Compression(#[from] std::io::Error),
    /// The rollup's own chain could not be read.
    #[error("reading the rollup: {0}")]
    Source(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The rollup's chain is no longer the one whose blocks are being sent.
    #[error("the rollup's chain changed at block {number}")]
    ChainChanged {
        /// The first block that is known to be another.
        number: u64,
    },
    /// A channel is on the parent, but derivation passed it by: it was invalid, too late, or its
    /// frames came out of order.
    #[error("the channel with blocks {first} to {last} is on the parent but was not derived")]
    Rejected {
        /// Number of the channel's first block.
        first: u64,
        /// Number of its last.
        last: u64,
    },
    /// Sending to, or reading from, the parent failed.
    #[error(transparent)]
    Tx(#[from] TxError),
}

impl BatcherError {
    /// Whether to retry, start over from the safe head, or stop.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        match self {
            Self::Source(_) => Severity::Retry,
            Self::Tx(error) => error.severity(),
            Self::BatchFull
            | Self::EmptyBatch
            | Self::OriginSkipped { .. }
            | Self::ChainChanged { .. }
            | Self::Rejected { .. } => Severity::Reset,
            Self::Attributes { .. }
            | Self::UnsupportedTransaction { .. }
            | Self::TooManyFrames { .. }
            | Self::FrameSize(_)
            | Self::Compression(_) => Severity::Stop,
        }
    }
}

impl From<ParentError> for BatcherError {
    fn from(error: ParentError) -> Self {
        Self::Tx(error.into())
    }
}
