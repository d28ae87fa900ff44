//! The durable store: one redb database a chain, every block one atomic write.
//!
//! A block and everything that belongs to it (receipts, trie nodes, code, indexes, the new heads)
//! become durable together, before anything reads the block. The in-memory mode is the same
//! database on a memory backend.

mod codec;
mod error;
mod read;
mod tables;
mod write;

pub use error::StoreError;
pub(crate) use write::BlockWrite;

use redb::{Builder, Database};
use std::path::Path;

/// The layout this build writes. A folder of another layout is refused, not converted.
const LAYOUT: u64 = 1;

/// Memory that the database may use for its own page cache, in bytes.
const PAGE_CACHE: usize = 16 << 20;

/// One chain's database.
#[derive(Debug)]
pub struct Store {
    db: Database,
}

impl Store {
    /// Opens or creates the database file at `path`.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let db = builder().create(path).map_err(|source| StoreError::Open {
            path: path.to_owned(),
            source: Box::new(source.into()),
        })?;
        Self::prepare(db)
    }

    /// A database in memory, gone with the process.
    pub fn in_memory() -> Result<Self, StoreError> {
        let backend = redb::backends::InMemoryBackend::new();
        Self::prepare(builder().create_with_backend(backend)?)
    }

    fn prepare(db: Database) -> Result<Self, StoreError> {
        let store = Self { db };
        match store.meta_u64(tables::META_LAYOUT)? {
            None => store.create_tables()?,
            Some(LAYOUT) => {}
            Some(found) => return Err(StoreError::Layout { found, expected: LAYOUT }),
        }
        Ok(store)
    }
}

fn builder() -> Builder {
    let mut builder = Builder::new();
    builder.set_cache_size(PAGE_CACHE);
    builder
}
