//! An OP Stack execution node: state, pool, block building, storage, JSON-RPC and Engine API.

pub mod block;
pub mod chain;
pub mod engine;
mod evm;
pub mod execute;
pub mod l1;
pub mod pool;
pub mod producer;
pub mod rpc;
pub mod state;
pub mod store;
#[cfg(test)]
mod testing;
mod trie;

pub use trie::TrieError;

pub use block::{Block, ExecutedBlock, Heads};
pub use chain::{Attributes, Built, Chain, ChainError, ChainEvent, Storage, TxFound};
pub use pool::{Pool, PoolError, PoolLimits};
pub use state::StateView;
