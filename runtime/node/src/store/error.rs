//! Errors of the store.

use std::path::PathBuf;

/// What can go wrong in the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database file cannot be opened.
    #[error("cannot open the database {}: {source}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Box<redb::Error>,
    },
    /// The database was written by another version of `gm`.
    #[error("the database has layout {found}, this version reads layout {expected}")]
    Layout {
        /// The layout of the file.
        found: u64,
        /// The layout of this build.
        expected: u64,
    },
    /// The database failed.
    #[error("database: {0}")]
    Db(Box<redb::Error>),
    /// A stored value does not decode.
    #[error("a stored {what} does not decode: {source}")]
    Corrupt {
        /// What was read.
        what: &'static str,
        /// Why it does not decode.
        source: alloy_rlp::Error,
    },
}

macro_rules! from_redb {
    ($($error:ty),+) => {$(
        impl From<$error> for StoreError {
            fn from(source: $error) -> Self {
                Self::Db(Box::new(source.into()))
            }
        }
    )+};
}

from_redb!(
    redb::DatabaseError,
    redb::TransactionError,
    redb::TableError,
    redb::StorageError,
    redb::CommitError
);
