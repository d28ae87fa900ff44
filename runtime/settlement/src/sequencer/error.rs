//! Errors of sequencing.

use crate::{
    derive::DeriveError,
    parent::{ParentError, Severity},
};
use alloy_primitives::B256;
use gm_node::{ChainError, producer::ProducerError};

/// Why no block could be made.
#[derive(Debug, thiserror::Error)]
pub enum SequencerError {
    /// The chain has no rollup configuration.
    #[error("the chain is not a rollup")]
    NotARollup,
    /// The head's origin is not, or no longer, part of the parent chain.
    #[error("origin {0} is not part of the parent chain")]
    OriginGone(B256),
    /// The block would be too far ahead of its origin, and the parent has no later block.
    #[error("the parent chain has no block late enough for time {timestamp}")]
    NoOrigin {
        /// The new block's time, in seconds.
        timestamp: u64,
    },
    /// Building was cut off by a shutdown.
    #[error("interrupted")]
    Interrupted,
    /// Attributes could not be worked out.
    #[error(transparent)]
    Derive(#[from] DeriveError),
    /// The parent failed to answer.
    #[error(transparent)]
    Parent(#[from] ParentError),
    /// The parent's own producer failed.
    #[error(transparent)]
    Producer(#[from] ProducerError),
    /// The chain refused.
    #[error(transparent)]
    Chain(#[from] ChainError),
}

impl SequencerError {
    /// What to do about it.
    pub fn severity(&self) -> Severity {
        match self {
            Self::NotARollup => Severity::Stop,
            Self::OriginGone(_) => Severity::Reset,
            Self::NoOrigin { .. } | Self::Interrupted | Self::Producer(_) | Self::Chain(_) => {
                Severity::Retry
            }
            Self::Derive(error) => error.severity(),
            Self::Parent(error) => error.severity(),
        }
    }
}
