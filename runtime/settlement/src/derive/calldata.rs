//! The batcher's transactions on the parent.

use std::{collections::VecDeque, sync::Arc};

use alloy_consensus::{Transaction, TxEnvelope, transaction::SignerRecoverable};
use alloy_eips::eip2718::Decodable2718;
use alloy_primitives::{Address, Bytes};
use async_trait::async_trait;
use kona_derive::{DataAvailabilityProvider, PipelineError, PipelineResult};
use kona_protocol::BlockInfo;
use op_alloy_consensus::TxDeposit;

use super::error::SourceError;
use crate::parent::{DEPOSIT_TYPE, Parent};

/// The calldata of the batcher's transactions, in order.
///
/// A batch may come in a transaction of type 0, 1 or 2, or, where the parent is a rollup, in a
/// deposit that the batcher sent on the parent's own parent; types after the blob transaction are
/// not batches.
///
/// Spec: <https://specs.optimism.io/protocol/derivation.html#l1-retrieval>
#[derive(Debug)]
pub(super) struct Calldata {
    pub(super) parent: Arc<dyn Parent>,
    pub(super) inbox: Address,
    pub(super) parent_chain_id: u64,
    /// What is left of the current block; `None` before it was read.
    pub(super) queue: Option<VecDeque<Bytes>>,
}

#[async_trait]
impl DataAvailabilityProvider for Calldata {
    type Item = Bytes;

    async fn next(&mut self, block: &BlockInfo, batcher: Address) -> PipelineResult<Bytes> {
        if self.queue.is_none() {
            let data = self.load(block, batcher).await?;
            self.queue = Some(data);
        }
        self.queue.as_mut().and_then(VecDeque::pop_front).ok_or_else(|| PipelineError::Eof.temp())
    }

    fn clear(&mut self) {
        self.queue = None;
    }
}

impl Calldata {
    async fn load(
        &self,
        block: &BlockInfo,
        batcher: Address,
    ) -> Result<VecDeque<Bytes>, SourceError> {
        let block =
            self.parent.block(block.hash.into()).await?.ok_or(SourceError::Gone(block.hash))?;
        let batches = block.transactions.iter().filter_map(|raw| self.batch(raw, batcher));
        batches.collect()
    }

    /// The data of a transaction from the batcher to the inbox; `None` for any other.
    fn batch(&self, raw: &Bytes, batcher: Address) -> Option<Result<Bytes, SourceError>> {
        // Cheaper than decoding, and true for every transaction to the inbox.
        if !raw.windows(Address::len_bytes()).any(|w| w == self.inbox.as_slice()) {
            return None;
        }
        if let Some((&DEPOSIT_TYPE, mut rlp)) = raw.split_first() {
            let tx = TxDeposit::rlp_decode(&mut rlp).ok()?;
            let valid = tx.to.to() == Some(&self.inbox) && tx.from == batcher;
            return valid.then_some(Ok(tx.input));
        }
        let tx = TxEnvelope::decode_2718(&mut raw.as_ref()).ok()?;
        if tx.to() != Some(self.inbox) || tx.is_eip7702() {
            return None;
        }
        // Only a legacy transaction may leave the chain id out.
        let chain_id_fits = match tx.chain_id() {
            Some(id) => id == self.parent_chain_id,
            None => tx.is_legacy(),
        };
        if !chain_id_fits || tx.recover_signer().ok()? != batcher {
            tracing::warn!(hash = %tx.tx_hash(), "a stranger's transaction in the batch inbox");
            return None;
        }
        if tx.is_eip4844() {
            // To ignore it would be to follow another chain than the batcher's.
            let what = format!("blobs, which the batcher used in transaction {}", tx.tx_hash());
            return Some(Err(SourceError::Unsupported(format!("no support for {what}"))));
        }
        Some(Ok(tx.input().clone()))
    }
}
