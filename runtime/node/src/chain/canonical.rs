//! Writing blocks and moving the heads.

use super::{Built, Chain, ChainError, ChainEvent, num_hash};
use crate::{
    block::{ExecutedBlock, Heads},
    store::BlockWrite,
};
use alloy_consensus::{Transaction, Typed2718};
use alloy_eips::{BlockNumHash, Encodable2718};
use alloy_primitives::{Address, B256, map::HashSet};
use std::sync::Arc;

/// How the canonical chain changes when a block becomes its head.
struct Switch {
    /// Number of the first block that changes.
    first: u64,
    added: Vec<ExecutedBlock>,
    removed: Vec<ExecutedBlock>,
    /// Whether the new head is an ancestor of the old one, so that no block joins the chain.
    rewind: bool,
}

impl Chain {
    /// Writes a block and makes it the head. It is durable when this returns, and visible only then.
    pub fn commit(&self, built: &Built) -> Result<(), ChainError> {
        self.commit_with(built, |_| ())
    }

    /// Like [`Chain::commit`], and moves the safe and finalized heads in the same write, so that
    /// nobody sees the block without them. `relabel` is given the heads as the block leaves them;
    /// what it sets must be canonical then.
    pub fn commit_with(
        &self,
        built: &Built,
        relabel: impl FnOnce(&mut Heads),
    ) -> Result<(), ChainError> {
        let _guard = self.writer.lock();
        self.write_head(built, relabel)
    }

    /// Like [`Chain::commit`], but only if the block's parent is still the head. Gives whether it
    /// was: a sequencer must not undo a reorganisation that happened while it was building.
    pub fn extend(&self, built: &Built) -> Result<bool, ChainError> {
        let _guard = self.writer.lock();
        if self.head.read().block.hash() != built.executed.parent_hash {
            return Ok(false);
        }
        self.write_head(built, |_| ())?;
        Ok(true)
    }

    fn write_head(
        &self,
        built: &Built,
        relabel: impl FnOnce(&mut Heads),
    ) -> Result<(), ChainError> {
        let executed = &built.executed;
        let switch = self.switch_to(executed)?;
        let hashes: Vec<B256> = switch.added.iter().map(|block| block.hash()).collect();
        let mut heads = self.heads_after(&switch, executed);
        relabel(&mut heads);
        self.store.write(BlockWrite {
            block: Some(executed),
            nodes: &built.changes.nodes,
            codes: &built.changes.codes,
            canonical: Some((switch.first, &hashes)),
            heads: Some([heads.latest.hash, heads.safe.hash, heads.finalized.hash]),
            genesis: None,
        })?;
        self.db.remember(&built.changes.nodes, &built.changes.codes);
        self.publish(switch, heads);
        Ok(())
    }

    /// Writes a block beside the canonical chain; [`Chain::set_head`] can choose it later.
    pub fn store_block(&self, built: &Built) -> Result<(), ChainError> {
        let _guard = self.writer.lock();
        self.store.write(BlockWrite {
            block: Some(&built.executed),
            nodes: &built.changes.nodes,
            codes: &built.changes.codes,
            ..Default::default()
        })?;
        self.db.remember(&built.changes.nodes, &built.changes.codes);
        self.recent.insert(built.executed.hash(), built.executed.clone());
        Ok(())
    }

    /// Makes a stored block the head, reorganising the chain if it is not a child of the present
    /// one. Blocks below the finalized head cannot be left.
    pub fn set_head(&self, hash: B256) -> Result<(), ChainError> {
        let _guard = self.writer.lock();
        if self.head.read().block.hash() == hash {
            return Ok(());
        }
        let block = self.block_by_hash(hash)?.ok_or(ChainError::UnknownBlock(hash))?;
        let switch = self.switch_to(&block)?;
        let hashes: Vec<B256> = switch.added.iter().map(|block| block.hash()).collect();
        let heads = self.heads_after(&switch, &block);
        self.store.write(BlockWrite {
            canonical: Some((switch.first, &hashes)),
            heads: Some([heads.latest.hash, heads.safe.hash, heads.finalized.hash]),
            ..Default::default()
        })?;
        self.publish(switch, heads);
        Ok(())
    }

    /// Moves the safe and finalized heads. Both must be canonical. They become durable with the
    /// next block: after a crash they are found again by derivation.
    pub fn label(&self, safe: Option<B256>, finalized: Option<B256>) -> Result<(), ChainError> {
        let find = |hash: B256| -> Result<BlockNumHash, ChainError> {
            let header = self.header(hash)?.ok_or(ChainError::UnknownBlock(hash))?;
            if self.canonical_hash(header.number)? != Some(hash) {
                return Err(ChainError::UnknownBlock(hash));
            }
            Ok(BlockNumHash { number: header.number, hash })
        };
        let (safe, finalized) = (safe.map(find).transpose()?, finalized.map(find).transpose()?);
        let mut head = self.head.write();
        let before = head.heads;
        head.heads.safe = safe.unwrap_or(before.safe);
        head.heads.finalized = finalized.unwrap_or(before.finalized);
        let after = head.heads;
        drop(head);
        if after != before {
            let _ = self.events.send(ChainEvent::Labels(after));
        }
        Ok(())
    }

    /// Makes the present labels durable, as at a clean stop.
    pub fn flush(&self) -> Result<(), ChainError> {
        let heads = self.heads();
        self.store.write(BlockWrite {
            heads: Some([heads.latest.hash, heads.safe.hash, heads.finalized.hash]),
            ..Default::default()
        })?;
        Ok(())
    }

    /// Finds where `block`'s branch leaves the canonical chain.
    fn switch_to(&self, block: &ExecutedBlock) -> Result<Switch, ChainError> {
        let head = self.head.read();
        let (old, finalized) = (head.heads.latest, head.heads.finalized);
        drop(head);
        let mut added = vec![block.clone()];
        let mut cursor = block.parent_hash;
        let mut number = block.number;
        // Walk back to the first ancestor that is canonical.
        while number > 0 && self.canonical_hash(number - 1)? != Some(cursor) {
            let parent = self.block_by_hash(cursor)?.ok_or(ChainError::UnknownParent(cursor))?;
            (cursor, number) = (parent.parent_hash, parent.number);
            added.push(parent);
        }
        added.reverse();
        let rewind = self.canonical_hash(number)? == Some(block.hash());
        let first_removed = if rewind { number + 1 } else { number };
        if first_removed <= old.number && first_removed <= finalized.number {
            return Err(ChainError::BelowFinalized(block.hash()));
        }
        let mut removed = Vec::new();
        for number in first_removed..=old.number {
            if let Some(block) = self.block_by_number(number)? {
                removed.push(block);
            }
        }
        Ok(Switch { first: number, added, removed, rewind })
    }

    fn heads_after(&self, switch: &Switch, head: &ExecutedBlock) -> Heads {
        let mut heads = self.head.read().heads;
        heads.latest = num_hash(head);
        // A safe block that left the chain is safe no longer.
        if switch.removed.iter().any(|block| block.hash() == heads.safe.hash)
            || heads.safe.number > head.number
        {
            heads.safe = match switch.added.first() {
                Some(first) if first.number > 0 => {
                    BlockNumHash { number: first.number - 1, hash: first.parent_hash }
                }
                _ => heads.finalized,
            };
        }
        heads
    }

    /// Lets readers see the new head.
    fn publish(&self, switch: Switch, heads: Heads) {
        for block in &switch.added {
            self.recent.insert(block.hash(), block.clone());
        }
        if let Some(block) = switch.added.last() {
            let mut head = self.head.write();
            head.block = block.clone();
            head.heads = heads;
        }
        self.update_pool(&switch);
        let Switch { added, removed, rewind, .. } = switch;
        let added = if rewind { Vec::new() } else { added };
        let _ = self.events.send(ChainEvent::Head { added, removed });
    }

    /// Drops what the new blocks hold from the pool and takes back what the old ones held.
    fn update_pool(&self, switch: &Switch) {
        let Some(head) = switch.added.last() else { return };
        let state = self.state_after(&head.block);
        let blocks = switch.added.iter().chain(&switch.removed);
        let mut senders: HashSet<Address> = blocks
            .clone()
            .flat_map(|block| block.transactions.iter().map(|tx| tx.signer()))
            .collect();
        // An EIP-7702 authorisation raises the nonce of an account that sent nothing.
        if blocks.flat_map(|b| &b.transactions).any(|tx| tx.authorization_list().is_some()) {
            senders.extend(self.pool.senders());
        }
        let nonces = senders.into_iter().filter_map(|sender| {
            let account = state.account(sender).ok()?;
            Some((sender, account.map_or(0, |account| account.nonce)))
        });
        self.pool.on_head(nonces);
        for tx in switch.removed.iter().flat_map(|block| &block.transactions) {
            if tx.is_deposit() {
                continue;
            }
            // One that the new chain holds, or that is no longer valid, is refused here.
            let _ = self.submit_recovered(Arc::new(tx.clone()), &tx.encoded_2718());
        }
    }
}

/// Whether a transaction was made by the protocol and not by a user.
trait Protocol {
    fn is_deposit(&self) -> bool;
}

impl<T: Typed2718> Protocol for T {
    fn is_deposit(&self) -> bool {
        self.ty() == op_alloy_consensus::DEPOSIT_TX_TYPE_ID
    }
}
