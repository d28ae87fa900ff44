//! From the EVM's changes to a new state root.

use super::{StateDb, StateError, StateView};
use crate::trie::{NewNode, Node, NodeSource, Trie, TrieError};
use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256, keccak256, map::HashMap};
use alloy_rlp::Decodable;
use alloy_trie::{EMPTY_ROOT_HASH, Nibbles, TrieAccount};
use rayon::prelude::*;
use revm::database::{BundleAccount, BundleState};
use std::sync::Arc;

/// A new state, not yet stored: its root and everything that must be written for it.
#[derive(Debug, Clone)]
pub(crate) struct StateChanges {
    /// The new state root.
    pub(crate) root: B256,
    /// New trie nodes of the state and of all storages.
    pub(crate) nodes: Vec<NewNode>,
    /// New code by hash.
    pub(crate) codes: Vec<(B256, Bytes)>,
}

impl StateChanges {
    /// The storage root of `address` in the new state, before it is written.
    pub(crate) fn storage_root(&self, db: &StateDb, address: Address) -> Result<B256, StateError> {
        let overlay = Overlay {
            new: self.nodes.iter().map(|new| (new.hash, new.node.clone())).collect(),
            db,
        };
        let key = Nibbles::unpack(keccak256(address));
        let Some(rlp) = Trie::get(&overlay, self.root, &key)? else { return Ok(EMPTY_ROOT_HASH) };
        let account = TrieAccount::decode(&mut &rlp[..]).map_err(StateError::Account)?;
        Ok(account.storage_root)
    }
}

/// New nodes over stored ones.
struct Overlay<'a> {
    new: HashMap<B256, Arc<Node>>,
    db: &'a StateDb,
}

impl NodeSource for Overlay<'_> {
    fn node(&self, hash: B256) -> Result<Arc<Node>, TrieError> {
        self.new.get(&hash).map_or_else(|| self.db.node(hash), |node| Ok(node.clone()))
    }
}

/// An account's place in the trie and what goes there; `None` removes it.
struct Update {
    key: Nibbles,
    account: Option<TrieAccount>,
    nodes: Vec<NewNode>,
}

/// Below this many changed accounts a second thread costs more than it saves.
const PARALLEL: usize = 16;

impl StateView {
    /// The state after `bundle` is applied to this one.
    pub(crate) fn apply(&self, bundle: &BundleState) -> Result<StateChanges, StateError> {
        let changed: Vec<(&Address, &BundleAccount)> = bundle.state.iter().collect();
        let updates: Vec<Option<Update>> = if changed.len() < PARALLEL {
            changed.iter().map(|(a, acc)| self.update(**a, acc)).collect::<Result<_, _>>()?
        } else {
            changed.par_iter().map(|(a, acc)| self.update(**a, acc)).collect::<Result<_, _>>()?
        };

        let mut trie = Trie::new(self.root);
        let mut nodes = Vec::new();
        for update in updates.into_iter().flatten() {
            nodes.extend(update.nodes);
            match update.account {
                Some(account) => {
                    trie.insert(&*self.db, &update.key, alloy_rlp::encode(account))?;
                }
                None => trie.remove(&*self.db, &update.key)?,
            }
        }
        let root = trie.commit(&mut nodes);
        let codes =
            bundle.contracts.iter().map(|(hash, code)| (*hash, code.original_bytes())).collect();
        Ok(StateChanges { root, nodes, codes })
    }

    /// The storage root of `address` after `changes`, which were made from this state.
    pub(crate) fn storage_root_after(
        &self,
        changes: &StateChanges,
        address: Address,
    ) -> Result<B256, StateError> {
        changes.storage_root(&self.db, address)
    }

    /// What one changed account means for the state trie. `None` where nothing changed after all.
    fn update(
        &self,
        address: Address,
        account: &BundleAccount,
    ) -> Result<Option<Update>, StateError> {
        let key = Nibbles::unpack(keccak256(address));
        let Some(info) = &account.info else {
            return Ok(Some(Update { key, account: None, nodes: Vec::new() }));
        };
        let old = self.account(address)?;
        let wiped = account.status.was_destroyed();
        let root = match &old {
            Some(old) if !wiped => old.storage_root,
            _ => EMPTY_ROOT_HASH,
        };
        let mut nodes = Vec::new();
        let slots = account
            .storage
            .iter()
            .filter(|(_, slot)| wiped || slot.is_changed())
            .map(|(slot, value)| (*slot, value.present_value));
        let storage_root = storage_root(&self.db, root, slots, &mut nodes)?;
        let code_hash = if info.code_hash == B256::ZERO { KECCAK256_EMPTY } else { info.code_hash };
        let new = TrieAccount { nonce: info.nonce, balance: info.balance, storage_root, code_hash };
        // EIP-161: an account that was touched and is empty does not exist.
        let empty = info.is_empty() && storage_root == EMPTY_ROOT_HASH;
        if empty && old.is_none() {
            return Ok(None);
        }
        if old.as_ref() == Some(&new) {
            return Ok(None);
        }
        Ok(Some(Update { key, account: (!empty).then_some(new), nodes }))
    }
}

/// The root of a storage trie after the given slots are set. A zero removes the slot.
fn storage_root(
    db: &Arc<StateDb>,
    root: B256,
    slots: impl Iterator<Item = (U256, U256)>,
    nodes: &mut Vec<NewNode>,
) -> Result<B256, StateError> {
    let mut trie = Trie::new(root);
    for (slot, value) in slots {
        let key = Nibbles::unpack(keccak256(B256::from(slot)));
        if value.is_zero() {
            trie.remove(&**db, &key)?;
        } else {
            trie.insert(&**db, &key, alloy_rlp::encode(value))?;
        }
    }
    Ok(trie.commit(nodes))
}
