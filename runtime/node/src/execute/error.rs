//! Errors of block execution.

use crate::state::StateError;
use alloy_evm::block::BlockExecutionError;
use alloy_primitives::B256;

/// Why a block cannot be executed or does not check out.
#[derive(Debug, thiserror::Error)]
pub enum ExecuteError {
    /// A transaction that the block must contain cannot be executed: the block is invalid.
    #[error("transaction {index} ({hash}) is invalid: {reason}")]
    InvalidTransaction {
        /// Place in the block.
        index: usize,
        /// The transaction's hash.
        hash: B256,
        /// What is wrong with it.
        reason: String,
    },
    /// A transaction type that this chain does not have.
    #[error("transaction type {0:#04x} does not exist on this chain")]
    UnsupportedType(u8),
    /// A header field differs from what execution gives: the block is invalid.
    #[error("header field {field} is {found}, execution gives {expected}")]
    Header {
        /// The field.
        field: &'static str,
        /// What the header says.
        found: String,
        /// What it must be.
        expected: String,
    },
    /// The block could not be executed for a reason that is not the block's fault.
    #[error("block execution failed: {0}")]
    Internal(String),
    /// State could not be read or written.
    #[error(transparent)]
    State(#[from] StateError),
}

impl ExecuteError {
    /// Whether the block itself is at fault, so that executing it again cannot help.
    pub const fn is_invalid_block(&self) -> bool {
        matches!(
            self,
            Self::InvalidTransaction { .. } | Self::UnsupportedType(_) | Self::Header { .. }
        )
    }

    pub(super) fn at(index: usize, hash: B256, err: BlockExecutionError) -> Self {
        match err {
            BlockExecutionError::Validation(err) => {
                Self::InvalidTransaction { index, hash, reason: err.to_string() }
            }
            BlockExecutionError::Internal(err) => Self::Internal(err.to_string()),
        }
    }
}

impl From<BlockExecutionError> for ExecuteError {
    fn from(err: BlockExecutionError) -> Self {
        Self::Internal(err.to_string())
    }
}
