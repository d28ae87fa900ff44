//! The transaction pool: what clients sent and no block holds yet.
//!
//! Transactions of one sender are kept in nonce order. Those that follow on from the account's
//! nonce without a gap are *pending* and are offered to blocks; the others are *queued*. Every
//! limit is per pool and per sender, so that no client can fill the memory or crowd out the rest.

mod error;
mod offer;
#[cfg(test)]
mod tests;
mod validate;

pub use error::PoolError;
pub(crate) use offer::PoolOffer;
pub(crate) use validate::{Validator, decode};

use alloy_consensus::{Transaction, transaction::Recovered};
use alloy_primitives::{Address, B256, map::HashMap};
use op_alloy_consensus::OpTxEnvelope;
use parking_lot::RwLock;
use std::{collections::BTreeMap, sync::Arc};
use tokio::sync::broadcast;

/// A transaction in the pool.
pub type PoolTx = Arc<Recovered<OpTxEnvelope>>;

/// Bounds of the pool.
#[derive(Debug, Clone, Copy)]
pub struct PoolLimits {
    /// Transactions in all.
    pub total: usize,
    /// Transactions of one sender.
    pub per_sender: usize,
    /// Bytes of one transaction in its EIP-2718 form.
    pub tx_bytes: usize,
    /// Bytes of all transactions.
    pub total_bytes: usize,
}

impl Default for PoolLimits {
    fn default() -> Self {
        Self { total: 100_000, per_sender: 10_000, tx_bytes: 131_072, total_bytes: 256 << 20 }
    }
}

/// A replacement must pay this much more than what it replaces, in percent, as in geth.
const REPLACEMENT_BUMP: u128 = 10;

/// The transaction pool of one chain.
#[derive(Debug)]
pub struct Pool {
    limits: PoolLimits,
    inner: RwLock<Inner>,
    arrivals: broadcast::Sender<B256>,
}

#[derive(Debug, Default)]
struct Inner {
    senders: HashMap<Address, Sender>,
    by_hash: HashMap<B256, PoolTx>,
    bytes: usize,
    /// Order of arrival, the tie-breaker between equal tips.
    arrived: u64,
}

#[derive(Debug, Default)]
struct Sender {
    /// The account's nonce at the head.
    nonce: u64,
    txs: BTreeMap<u64, Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    tx: PoolTx,
    bytes: usize,
    arrived: u64,
}

impl Sender {
    /// The transactions that can go into the next block, in nonce order.
    fn pending(&self) -> impl Iterator<Item = &Entry> {
        self.txs
            .range(self.nonce..)
            .zip(self.nonce..)
            .take_while(|((nonce, _), expected)| *nonce == expected)
            .map(|((_, entry), _)| entry)
    }
}

/// How many transactions the pool holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PoolStatus {
    /// Transactions ready for the next block.
    pub pending: usize,
    /// Transactions that wait for an earlier nonce.
    pub queued: usize,
}

/// The pool's content by sender and nonce, for `txpool_content`.
pub type PoolContent = BTreeMap<Address, BTreeMap<u64, PoolTx>>;

impl Pool {
    /// An empty pool.
    pub fn new(limits: PoolLimits) -> Self {
        Self { limits, inner: RwLock::default(), arrivals: broadcast::channel(4096).0 }
    }

    /// The pool's bounds.
    pub const fn limits(&self) -> &PoolLimits {
        &self.limits
    }

    /// Adds a transaction that [`Validator`] let through. `nonce` is the account's at the head,
    /// `bytes` the length of the transaction's EIP-2718 form.
    pub(crate) fn add(&self, tx: PoolTx, nonce: u64, bytes: usize) -> Result<B256, PoolError> {
        let hash = tx.inner().tx_hash();
        let mut inner = self.inner.write();
        if inner.by_hash.contains_key(&hash) {
            return Err(PoolError::AlreadyKnown);
        }
        let (total, total_bytes) = (inner.by_hash.len(), inner.bytes);
        let sender = inner.senders.entry(tx.signer()).or_default();
        sender.nonce = sender.nonce.max(nonce);
        let replaced = sender.txs.get(&tx.nonce()).map(|old| old.tx.clone());
        match &replaced {
            Some(old) => check_replacement(old, &tx)?,
            None if sender.txs.len() >= self.limits.per_sender => {
                return Err(PoolError::SenderFull { limit: self.limits.per_sender });
            }
            None if total >= self.limits.total || total_bytes + bytes > self.limits.total_bytes => {
                if sender.txs.is_empty() {
                    inner.senders.remove(&tx.signer());
                }
                return Err(PoolError::Full { limit: self.limits.total });
            }
            None => {}
        }
        let (signer, nonce) = (tx.signer(), tx.nonce());
        inner.arrived += 1;
        let entry = Entry { tx: tx.clone(), bytes, arrived: inner.arrived };
        let old = inner.senders.entry(signer).or_default().txs.insert(nonce, entry);
        if let Some(old) = old {
            inner.by_hash.remove(&old.tx.inner().tx_hash());
            inner.bytes -= old.bytes;
        }
        inner.bytes += bytes;
        inner.by_hash.insert(hash, tx);
        drop(inner);
        let _ = self.arrivals.send(hash);
        Ok(hash)
    }

    /// A transaction by its hash.
    pub fn get(&self, hash: B256) -> Option<PoolTx> {
        self.inner.read().by_hash.get(&hash).cloned()
    }

    /// The nonce after the sender's last pending transaction; `None` if it has none.
    pub fn next_nonce(&self, sender: Address) -> Option<u64> {
        let inner = self.inner.read();
        let sender = inner.senders.get(&sender)?;
        sender.pending().last().map(|entry| entry.tx.nonce() + 1)
    }

    /// How many transactions are pending and queued.
    pub fn status(&self) -> PoolStatus {
        let inner = self.inner.read();
        let pending = inner.senders.values().map(|s| s.pending().count()).sum();
        PoolStatus { pending, queued: inner.by_hash.len() - pending }
    }

    /// Whether any transaction is ready for a block with this base fee, in wei per gas.
    pub fn has_ready(&self, base_fee: u64) -> bool {
        let inner = self.inner.read();
        let mut firsts = inner.senders.values().filter_map(|sender| sender.pending().next());
        firsts.any(|entry| entry.tx.effective_tip_per_gas(base_fee).is_some())
    }

    /// Pending and queued transactions by sender and nonce.
    pub fn content(&self) -> (PoolContent, PoolContent) {
        let inner = self.inner.read();
        let (mut pending, mut queued) = (PoolContent::new(), PoolContent::new());
        for (address, sender) in &inner.senders {
            let ready = sender.pending().count();
            for (index, (nonce, entry)) in sender.txs.iter().enumerate() {
                let side = if index < ready { &mut pending } else { &mut queued };
                side.entry(*address).or_default().insert(*nonce, entry.tx.clone());
            }
        }
        (pending, queued)
    }

    /// All pending transactions, in no particular order.
    pub fn pending(&self) -> Vec<PoolTx> {
        let inner = self.inner.read();
        inner.senders.values().flat_map(|s| s.pending().map(|e| e.tx.clone())).collect()
    }

    /// Hashes of transactions as they arrive. A slow reader misses some; it never holds up others.
    pub fn arrivals(&self) -> broadcast::Receiver<B256> {
        self.arrivals.subscribe()
    }

    /// Drops every transaction that the new head made stale. `nonces` has the nonces, at the new
    /// head, of every account that a transaction of the new blocks came from or changed.
    pub(crate) fn on_head(&self, nonces: impl IntoIterator<Item = (Address, u64)>) {
        let mut inner = self.inner.write();
        for (address, nonce) in nonces {
            let Some(sender) = inner.senders.get_mut(&address) else { continue };
            sender.nonce = nonce;
            let kept = sender.txs.split_off(&nonce);
            let stale = std::mem::replace(&mut sender.txs, kept);
            if sender.txs.is_empty() {
                inner.senders.remove(&address);
            }
            for entry in stale.into_values() {
                inner.by_hash.remove(&entry.tx.inner().tx_hash());
                inner.bytes -= entry.bytes;
            }
        }
    }

    /// Drops one transaction that turned out to be unusable.
    pub(crate) fn remove(&self, hash: B256) {
        let mut inner = self.inner.write();
        let Some(tx) = inner.by_hash.remove(&hash) else { return };
        let Some(sender) = inner.senders.get_mut(&tx.signer()) else { return };
        let entry = sender.txs.remove(&tx.nonce());
        if sender.txs.is_empty() {
            inner.senders.remove(&tx.signer());
        }
        if let Some(entry) = entry {
            inner.bytes -= entry.bytes;
        }
    }

    /// What the pool offers to a block with this base fee (wei per gas), best tip first.
    pub(crate) fn offer(&self, base_fee: u64) -> PoolOffer<'_> {
        PoolOffer::new(self, base_fee)
    }

    /// Senders of everything in the pool.
    pub(crate) fn senders(&self) -> Vec<Address> {
        self.inner.read().senders.keys().copied().collect()
    }
}

fn check_replacement(
    old: &Recovered<OpTxEnvelope>,
    new: &Recovered<OpTxEnvelope>,
) -> Result<(), PoolError> {
    let enough = |old: u128, new: u128| {
        new >= old.saturating_add(old.saturating_mul(REPLACEMENT_BUMP).div_ceil(100))
    };
    let tip = |tx: &Recovered<OpTxEnvelope>| {
        tx.max_priority_fee_per_gas().unwrap_or_else(|| tx.max_fee_per_gas())
    };
    if enough(old.max_fee_per_gas(), new.max_fee_per_gas()) && enough(tip(old), tip(new)) {
        Ok(())
    } else {
        Err(PoolError::Underpriced { bump: REPLACEMENT_BUMP })
    }
}
