//! Errors of a chain.

use crate::{execute::ExecuteError, state::StateError, store::StoreError};
use alloy_primitives::B256;
use std::path::PathBuf;

/// What can go wrong with a chain.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// The state folder cannot be made.
    #[error("cannot make the folder {}: {source}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The stored chain has another genesis.
    #[error("the stored chain has genesis {stored}, the configuration gives {configured}")]
    OtherGenesis {
        /// The genesis hash in the store.
        stored: B256,
        /// The genesis hash of the configuration.
        configured: B256,
    },
    /// The trie of the genesis does not have the root that the header names.
    #[error("the genesis state has root {found}, its header says {expected}")]
    GenesisRoot {
        /// Root of the assembled state.
        found: B256,
        /// Root in the header.
        expected: B256,
    },
    /// A block that was named is not known.
    #[error("block {0} is not known")]
    UnknownBlock(B256),
    /// A block's parent is not known.
    #[error("parent block {0} is not known")]
    UnknownParent(B256),
    /// The finalized chain cannot be left.
    #[error("block {0} is not a descendant of the finalized head")]
    BelowFinalized(B256),
    /// Attributes from which no block can be built.
    #[error("invalid payload attributes: {0}")]
    Attributes(String),
    /// The block cannot be executed.
    #[error(transparent)]
    Execute(#[from] ExecuteError),
    /// State could not be read or written.
    #[error(transparent)]
    State(#[from] StateError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ChainError {
    /// Whether the block or its attributes are at fault: trying again cannot help.
    pub const fn is_invalid(&self) -> bool {
        match self {
            Self::Attributes(_) => true,
            Self::Execute(err) => err.is_invalid_block(),
            _ => false,
        }
    }
}
