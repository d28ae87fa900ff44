//! The order in which a block is filled: best tip first, nonces in order.

use super::{Entry, Pool, PoolTx};
use crate::execute::Offer;
use alloy_consensus::Transaction;
use alloy_consensus::transaction::Recovered;
use alloy_primitives::B256;
use op_alloy_consensus::OpTxEnvelope;
use std::{cmp::Ordering, collections::BinaryHeap, sync::Arc, time::Instant};

/// The next transaction of one sender, ranked among all senders.
#[derive(Debug)]
struct Candidate {
    tip: u128,
    arrived: u64,
    tx: PoolTx,
}

impl PartialEq for Candidate {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Candidate {}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> Ordering {
        self.tip.cmp(&other.tip).then(other.arrived.cmp(&self.arrived))
    }
}

/// The pending transactions, handed out best first. Each sender's first one is looked up at the
/// start, the later ones as their turn comes, so that a block costs what it takes and not what the
/// pool holds.
#[derive(Debug)]
pub(crate) struct PoolOffer<'a> {
    pool: &'a Pool,
    base_fee: u64,
    best: BinaryHeap<Candidate>,
    last: Option<PoolTx>,
    deadline: Option<Instant>,
    refused: Vec<B256>,
}

impl<'a> PoolOffer<'a> {
    pub(super) fn new(pool: &'a Pool, base_fee: u64) -> Self {
        let mut offer = Self {
            pool,
            base_fee,
            best: BinaryHeap::new(),
            last: None,
            deadline: None,
            refused: Vec::new(),
        };
        let inner = pool.inner.read();
        for first in inner.senders.values().filter_map(|sender| sender.pending().next()) {
            offer.push(first);
        }
        drop(inner);
        offer
    }

    /// Closes the block at `deadline` at the latest.
    pub(crate) fn until(mut self, deadline: Option<Instant>) -> Self {
        self.deadline = deadline;
        self
    }

    fn push(&mut self, entry: &Entry) {
        // A fee cap below the base fee keeps this and all later ones of the sender waiting.
        if let Some(tip) = entry.tx.effective_tip_per_gas(self.base_fee) {
            self.best.push(Candidate { tip, arrived: entry.arrived, tx: entry.tx.clone() });
        }
    }

    fn advance(&mut self) {
        let Some(tx) = self.last.take() else { return };
        let inner = self.pool.inner.read();
        let sender = inner.senders.get(&tx.signer());
        if let Some(entry) = sender.and_then(|sender| sender.txs.get(&(tx.nonce() + 1))) {
            self.push(entry);
        }
    }
}

impl Offer for PoolOffer<'_> {
    fn next(&mut self) -> Option<Arc<Recovered<OpTxEnvelope>>> {
        self.advance();
        let tx = self.best.pop()?.tx;
        self.last = Some(tx.clone());
        Some(tx)
    }

    fn postpone(&mut self) {
        self.last = None;
    }

    fn refuse(&mut self, reason: &str) {
        if let Some(tx) = self.last.take() {
            let hash = tx.inner().tx_hash();
            tracing::debug!(%hash, reason, "transaction dropped from the pool");
            self.refused.push(hash);
        }
    }

    fn is_due(&self) -> bool {
        self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }
}

impl Drop for PoolOffer<'_> {
    fn drop(&mut self) {
        for hash in self.refused.drain(..) {
            self.pool.remove(hash);
        }
    }
}
