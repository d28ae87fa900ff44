//! Errors of proposing.

use crate::{
    parent::{ParentError, Severity},
    txmgr::TxError,
};
use gm_node::ChainError;

/// Why an output could not be proposed or a game not be resolved.
#[derive(Debug, thiserror::Error)]
pub enum ProposerError {
    /// A block that is safe is not in the chain.
    #[error("block {0} is safe and not in the chain")]
    Missing(u64),
    /// The parent could not be read.
    #[error(transparent)]
    Parent(#[from] ParentError),
    /// A transaction could not be sent or failed.
    #[error(transparent)]
    Tx(#[from] TxError),
    /// The rollup's chain could not be read.
    #[error(transparent)]
    Chain(#[from] ChainError),
}

impl ProposerError {
    /// Whether to retry, start over, or stop. A transaction that reverted is retried: the game may
    /// have been created or resolved by somebody else.
    pub const fn severity(&self) -> Severity {
        match self {
            Self::Missing(_) | Self::Chain(_) | Self::Tx(TxError::Reverted { .. }) => {
                Severity::Retry
            }
            Self::Parent(error) => error.severity(),
            Self::Tx(error) => error.severity(),
        }
    }
}
