//! The chain a rollup settles on, as seen from the rollup.
//!
//! A parent is an L1 or a rollup itself, so blocks may hold deposits (type `0x7e`), and every
//! parent serves the `safe` and `finalized` tags. Nothing here trusts the parent with more than its
//! choice of canonical chain: what is read by hash is checked against that hash.

mod error;
mod json;
mod local;
mod rpc;
mod types;

use std::fmt::Debug;

use alloy_eips::BlockId;
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_rpc_types_eth::EIP1186AccountProofResponse;
use async_trait::async_trait;

pub use error::{ParentError, Severity};
pub use local::LocalParent;
pub use rpc::RpcParent;
pub use types::{
    BlockRef, Call, DEPOSIT_TYPE, Fees, FoundLog, LogQuery, MinedReceipt, ParentBlock,
    ParentHeader, ParentReceipt,
};

/// Everything a rollup asks of its parent.
///
/// `None` always means "not known (yet)", never a failure. Numbers and tags name a block of the
/// canonical chain at the moment of the call.
#[async_trait]
pub trait Parent: Debug + Send + Sync + 'static {
    /// The chain id.
    async fn chain_id(&self) -> Result<u64, ParentError>;

    /// A header by hash, number or tag (`latest`, `safe`, `finalized`). Its hash is its own.
    async fn header(&self, id: BlockId) -> Result<Option<ParentHeader>, ParentError>;

    /// A block by hash, number or tag. The transactions match the header's root.
    async fn block(&self, id: BlockId) -> Result<Option<ParentBlock>, ParentError>;

    /// The receipts of the block with this hash. They match the header's root.
    async fn receipts(&self, hash: B256) -> Result<Option<Vec<ParentReceipt>>, ParentError>;

    /// An account with its proof and those of some of its slots, unverified.
    async fn proof(
        &self,
        address: Address,
        slots: &[B256],
        at: BlockId,
    ) -> Result<EIP1186AccountProofResponse, ParentError>;

    /// A storage word.
    async fn storage(&self, address: Address, slot: B256, at: BlockId)
    -> Result<B256, ParentError>;

    /// An account's code.
    async fn code(&self, address: Address, at: BlockId) -> Result<Bytes, ParentError>;

    /// An account's nonce; at the `pending` tag it counts what waits in the pool.
    async fn nonce(&self, address: Address, at: BlockId) -> Result<u64, ParentError>;

    /// An account's balance, in wei.
    async fn balance(&self, address: Address, at: BlockId) -> Result<U256, ParentError>;

    /// What a transaction has to offer now.
    async fn fees(&self) -> Result<Fees, ParentError>;

    /// Gas a transaction will need. A revert is [`ParentError::Rpc`] with the revert data.
    async fn estimate_gas(&self, call: &Call) -> Result<u64, ParentError>;

    /// Runs a call without a transaction. A revert is [`ParentError::Rpc`] with the revert data.
    async fn call(&self, call: &Call, at: BlockId) -> Result<Bytes, ParentError>;

    /// Hands in a signed transaction (EIP-2718) and returns its hash.
    async fn send_raw_transaction(&self, raw: &Bytes) -> Result<B256, ParentError>;

    /// Where a transaction ended up; `None` while it is not in a block.
    async fn transaction_receipt(&self, hash: B256) -> Result<Option<MinedReceipt>, ParentError>;

    /// Logs of a range of blocks, in order.
    async fn logs(&self, query: &LogQuery) -> Result<Vec<FoundLog>, ParentError>;

    /// Returns once the latest block may be another than `seen`. May return early, never misses.
    async fn head_changed(&self, seen: B256);

    /// Returns once the finalized block may be another than `seen`, where the parent tells; never
    /// otherwise.
    async fn finalized_changed(&self, seen: B256) {
        let _ = seen;
        std::future::pending().await
    }
}
