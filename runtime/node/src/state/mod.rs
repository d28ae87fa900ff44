//! State: accounts, storage and code at any block.
//!
//! A [`StateView`] reads the state under one root. There is one source of truth, the trie; decoded
//! nodes are cached by hash, so the newest state is read from memory and every past one from disk.

mod cache;
mod commit;
mod view;

pub(crate) use cache::StateDb;
pub(crate) use commit::StateChanges;
pub use view::{AccountProof, StateView, StorageProof};

use crate::{store::StoreError, trie::TrieError};

/// What can go wrong when state is read or committed.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The trie is broken or incomplete.
    #[error(transparent)]
    Trie(#[from] TrieError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An account in the trie does not decode.
    #[error("a stored account does not decode: {0}")]
    Account(alloy_rlp::Error),
    /// Code that an account refers to is not in the store.
    #[error("code {0} is missing from the store")]
    MissingCode(alloy_primitives::B256),
}

impl revm::database_interface::DBErrorMarker for StateError {}
