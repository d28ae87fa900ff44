//! What every method works on: the chain, the bounds, and the blocks that requests name.

use super::{RpcError, RpcOptions, filters::Filters};
use crate::{block::ExecutedBlock, chain::Chain, state::StateView};
use alloy_eips::{BlockId, BlockNumberOrTag};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// The context of all methods of one chain.
#[derive(Debug)]
pub struct Node {
    /// The chain.
    pub chain: Arc<Chain>,
    /// The bounds of the methods.
    pub options: RpcOptions,
    /// Filters that clients poll.
    pub(super) filters: Filters,
    /// Bounds how many heavy methods run at once.
    pub(super) heavy: Arc<Semaphore>,
}

impl Node {
    /// A context with no filters.
    pub fn new(chain: Arc<Chain>, options: RpcOptions) -> Arc<Self> {
        Arc::new(Self {
            filters: Filters::new(&options),
            heavy: Arc::new(Semaphore::new(options.heavy_calls.max(1))),
            chain,
            options,
        })
    }

    /// The block that `id` names, `None` if it does not exist.
    ///
    /// Specification: <https://eips.ethereum.org/EIPS/eip-1898>.
    pub fn find_block(&self, id: BlockId) -> Result<Option<ExecutedBlock>, RpcError> {
        match id {
            BlockId::Number(tag) => Ok(self.chain.block_by_tag(tag)?),
            BlockId::Hash(hash) => {
                let block = self.chain.block_by_hash(hash.block_hash)?;
                if hash.require_canonical == Some(true)
                    && let Some(block) = &block
                    && self.chain.canonical_hash(block.number)? != Some(hash.block_hash)
                {
                    return Err(RpcError::server("hash is not currently canonical"));
                }
                Ok(block)
            }
        }
    }

    /// The block that `id` names, the newest one if there is no `id`.
    pub fn block(&self, id: Option<BlockId>) -> Result<ExecutedBlock, RpcError> {
        let missing = match id {
            Some(BlockId::Hash(_)) => "header for hash not found",
            _ => "header not found",
        };
        self.find_block(id.unwrap_or(BlockId::Number(BlockNumberOrTag::Latest)))?
            .ok_or_else(|| RpcError::server(missing))
    }

    /// The state after the block that `id` names.
    pub fn state(&self, id: Option<BlockId>) -> Result<StateView, RpcError> {
        Ok(self.chain.state_after(&*self.block(id)?))
    }
}
