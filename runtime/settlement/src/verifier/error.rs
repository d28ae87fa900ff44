//! What can go wrong while following the parent.

use gm_node::ChainError;

use crate::{
    derive::DeriveError,
    parent::{ParentError, Severity},
};

/// An error of the verifier. What to do about it is [`VerifierError::severity`].
#[derive(Debug, thiserror::Error)]
pub enum VerifierError {
    /// The parent failed.
    #[error(transparent)]
    Parent(#[from] ParentError),
    /// Derivation failed.
    #[error(transparent)]
    Derive(#[from] DeriveError),
    /// The rollup's own chain failed.
    #[error("the rollup's chain: {0}")]
    Chain(#[from] ChainError),
    /// A block made of deposits only cannot be built, though every one is valid by definition.
    #[error("block {number} cannot be built from deposits alone: {source}")]
    Deposits {
        /// The number of the block.
        number: u64,
        /// Why.
        source: ChainError,
    },
    /// A block that must be there is not.
    #[error("the rollup has no block {0}")]
    Missing(u64),
    /// The parent is not the chain that the rollup's configuration names.
    #[error("the parent has chain id {found}, the rollup settles on {expected}")]
    WrongParent {
        /// The parent's chain id.
        found: u64,
        /// The chain id in the rollup's configuration.
        expected: u64,
    },
    /// The parent does not have the block that the rollup starts after.
    #[error("the parent's block {number} is {found}, the rollup starts after {expected}")]
    WrongGenesis {
        /// Number of the block.
        number: u64,
        /// Hash of the parent's block, or zero if it has none.
        found: alloy_primitives::B256,
        /// The hash in the rollup's configuration.
        expected: alloy_primitives::B256,
    },
    /// A task was cancelled from outside.
    #[error("building was interrupted")]
    Interrupted,
}

impl VerifierError {
    /// Whether to retry, reset or stop.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        match self {
            Self::Parent(e) => e.severity(),
            Self::Derive(e) => e.severity(),
            Self::Chain(ChainError::BelowFinalized(_)) => Severity::Stop,
            Self::Chain(_) | Self::Missing(_) | Self::Interrupted => Severity::Retry,
            Self::Deposits { .. } | Self::WrongParent { .. } | Self::WrongGenesis { .. } => {
                Severity::Stop
            }
        }
    }
}
