//! One chain: its blocks, its state, its pool and its heads.
//!
//! [`Chain`] is the handle that everything else holds: the sequencer builds through it, the
//! verifier and the Engine API insert through it, the RPC reads it. A block is durable before any
//! reader can see it.

mod attributes;
mod build;
mod canonical;
mod error;
mod genesis;
mod insert;
mod read;
#[cfg(test)]
mod tests;

pub use attributes::Attributes;
pub use build::Built;
pub use error::ChainError;
pub use read::TxFound;

use crate::{
    block::{Block, ExecutedBlock, Heads},
    execute::Forks,
    pool::{Pool, PoolError, PoolLimits, PoolTx, Validator},
    state::StateDb,
    store::Store,
};
use alloy_primitives::{B256, Bytes};
use gm_chain::spec::ChainSpec;
use op_alloy_consensus::OpTxEnvelope;
use parking_lot::{Mutex, RwLock};
use quick_cache::{Weighter, sync::Cache};
use std::{path::PathBuf, sync::Arc};
use tokio::sync::broadcast;

/// Where a chain keeps its blocks.
#[derive(Debug, Clone)]
pub enum Storage {
    /// In memory, gone with the process.
    Memory,
    /// In a folder, which is made if it does not exist.
    Disk(PathBuf),
}

/// Something that happened to a chain.
#[derive(Debug, Clone)]
pub enum ChainEvent {
    /// The canonical chain has a new head.
    Head {
        /// Blocks that joined the canonical chain, ascending.
        added: Vec<ExecutedBlock>,
        /// Blocks that left it, ascending; empty unless the chain was reorganised.
        removed: Vec<ExecutedBlock>,
    },
    /// The safe or finalized head moved.
    Labels(Heads),
}

/// Memory for recent blocks and receipts, in bytes, for each chain.
const RECENT_BLOCKS: u64 = 32 << 20;

/// One chain. Shared as an [`Arc`].
#[derive(Debug)]
pub struct Chain {
    spec: ChainSpec,
    forks: Forks,
    store: Arc<Store>,
    db: Arc<StateDb>,
    pool: Pool,
    head: RwLock<Head>,
    recent: Cache<B256, ExecutedBlock, BlockWeight>,
    events: broadcast::Sender<ChainEvent>,
    /// Held while blocks are written: one writer at a time.
    writer: Mutex<()>,
}

#[derive(Debug)]
struct Head {
    block: ExecutedBlock,
    heads: Heads,
}

#[derive(Debug, Clone)]
struct BlockWeight;

impl Weighter<B256, ExecutedBlock> for BlockWeight {
    fn weight(&self, _: &B256, block: &ExecutedBlock) -> u64 {
        use alloy_consensus::Transaction;
        let txs: usize = block.transactions.iter().map(|tx| 500 + tx.input().len()).sum();
        let logs: usize =
            block.receipts.iter().flat_map(|r| r.logs()).map(|log| 200 + log.data.data.len()).sum();
        (1_000 + txs + logs + 300 * block.receipts.len()) as u64
    }
}

impl Chain {
    /// Opens the chain that `spec` describes. A new storage starts at the genesis; an old one must
    /// be of the same genesis.
    pub fn open(
        spec: ChainSpec,
        storage: Storage,
        limits: PoolLimits,
    ) -> Result<Arc<Self>, ChainError> {
        let store = Arc::new(match storage {
            Storage::Memory => Store::in_memory()?,
            Storage::Disk(folder) => {
                std::fs::create_dir_all(&folder)
                    .map_err(|source| ChainError::Folder { path: folder.clone(), source })?;
                Store::open(&folder.join("chain.redb"))?
            }
        });
        let db = Arc::new(StateDb::new(store.clone()));
        let head = genesis::load_or_init(&spec, &store, &db)?;
        let recent = Cache::with_weighter(512, RECENT_BLOCKS, BlockWeight);
        recent.insert(head.block.hash(), head.block.clone());
        Ok(Arc::new(Self {
            forks: Forks::new(&spec),
            spec,
            store,
            db,
            pool: Pool::new(limits),
            head: RwLock::new(head),
            recent,
            events: broadcast::channel(1024).0,
            writer: Mutex::new(()),
        }))
    }

    /// What the chain is.
    pub const fn spec(&self) -> &ChainSpec {
        &self.spec
    }

    /// The EIP-155 chain id.
    pub fn chain_id(&self) -> u64 {
        self.spec.chain_id()
    }

    /// Which forks are active when.
    pub const fn forks(&self) -> &Forks {
        &self.forks
    }

    /// The transaction pool.
    pub const fn pool(&self) -> &Pool {
        &self.pool
    }

    /// The chain's database, for small values that belong beside the blocks.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// New heads and labels as they come. A reader that falls far behind misses events and is told.
    pub fn subscribe(&self) -> broadcast::Receiver<ChainEvent> {
        self.events.subscribe()
    }

    /// Takes a signed transaction in its EIP-2718 form into the pool and gives its hash.
    ///
    /// Deposits and other types that only the protocol makes are refused.
    pub fn submit(&self, raw: &Bytes) -> Result<B256, PoolError> {
        let tx = crate::pool::decode(raw, self.pool.limits())?;
        self.submit_recovered(tx, raw)
    }

    fn submit_recovered(&self, tx: PoolTx, raw: &[u8]) -> Result<B256, PoolError> {
        let head = self.head();
        let state = self.state_after(&head.block);
        let validator = Validator {
            chain_id: self.chain_id(),
            rollup: self.spec.is_rollup(),
            gas_limit: head.gas_limit,
        };
        let nonce = validator.check(&tx, raw, &state)?;
        let signer = tx.signer();
        let hash = self.pool.add(tx, nonce, raw.len())?;
        // The pool was told of a new head before it was told of this nonce: tell it again.
        let now = self.head();
        if now.hash() != head.hash()
            && let Ok(account) = self.state_after(&now.block).account(signer)
        {
            self.pool.on_head([(signer, account.map_or(0, |account| account.nonce))]);
        }
        Ok(hash)
    }
}

/// Decodes the EIP-2718 bytes of transactions that a block must hold, and recovers their senders
/// in parallel. A deposit must carry its type byte.
pub fn decode_transactions(
    raw: &[Bytes],
) -> Result<Vec<alloy_consensus::transaction::Recovered<OpTxEnvelope>>, ChainError> {
    attributes::decode(raw)
}

/// Shorthand for a block number and hash.
pub(crate) fn num_hash(block: &Block) -> alloy_eips::BlockNumHash {
    alloy_eips::BlockNumHash { number: block.number, hash: block.hash() }
}
