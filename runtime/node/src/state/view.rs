//! The state under one root, as the EVM and the RPC read it.

use super::{StateDb, StateError};
use crate::{store::Store, trie::Trie};
use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256, keccak256, map::HashMap};
use alloy_rlp::Decodable;
use alloy_trie::{EMPTY_ROOT_HASH, Nibbles, TrieAccount};
use parking_lot::Mutex;
use revm::{DatabaseRef, bytecode::Bytecode, state::AccountInfo};
use std::sync::Arc;

/// A read-only view of the state after one block. Cheap to clone.
#[derive(Debug, Clone)]
pub struct StateView {
    pub(super) db: Arc<StateDb>,
    store: Arc<Store>,
    pub(super) root: B256,
    /// The block after which this is the state: where `BLOCKHASH` starts to look back.
    tip: (u64, B256),
    /// Storage roots of accounts read before, since the EVM asks slot by slot.
    storage_roots: Arc<Mutex<HashMap<Address, B256>>>,
}

/// An EIP-1186 proof of an account and some of its slots.
#[derive(Debug, Clone)]
pub struct AccountProof {
    /// The account, or `None` where the proof is of its absence.
    pub account: Option<TrieAccount>,
    /// Nodes from the state root down.
    pub proof: Vec<Bytes>,
    /// The slots asked for.
    pub storage: Vec<StorageProof>,
}

/// An EIP-1186 proof of one slot.
#[derive(Debug, Clone)]
pub struct StorageProof {
    /// The slot.
    pub key: B256,
    /// Its value; zero where the proof is of its absence.
    pub value: U256,
    /// Nodes from the storage root down.
    pub proof: Vec<Bytes>,
}

impl StateView {
    pub(crate) fn new(db: Arc<StateDb>, store: Arc<Store>, root: B256, tip: (u64, B256)) -> Self {
        Self { db, store, root, tip, storage_roots: Arc::default() }
    }

    /// The state root.
    pub const fn root(&self) -> B256 {
        self.root
    }

    /// The account at `address` as it stands in the trie.
    pub fn account(&self, address: Address) -> Result<Option<TrieAccount>, StateError> {
        let key = Nibbles::unpack(keccak256(address));
        let Some(rlp) = Trie::get(&*self.db, self.root, &key)? else { return Ok(None) };
        TrieAccount::decode(&mut &rlp[..]).map(Some).map_err(StateError::Account)
    }

    /// The value of a slot; zero where nothing was stored.
    pub fn storage(&self, address: Address, slot: U256) -> Result<U256, StateError> {
        let known = self.storage_roots.lock().get(&address).copied();
        let root = match known {
            Some(root) => root,
            None => {
                let root = self.account(address)?.map_or(EMPTY_ROOT_HASH, |a| a.storage_root);
                self.storage_roots.lock().insert(address, root);
                root
            }
        };
        self.slot(root, B256::from(slot))
    }

    fn slot(&self, root: B256, slot: B256) -> Result<U256, StateError> {
        let key = Nibbles::unpack(keccak256(slot));
        match Trie::get(&*self.db, root, &key)? {
            None => Ok(U256::ZERO),
            Some(rlp) => U256::decode(&mut &rlp[..]).map_err(StateError::Account),
        }
    }

    /// The code of `address`; empty where there is none.
    pub fn code(&self, address: Address) -> Result<Bytes, StateError> {
        match self.account(address)? {
            Some(account) if account.code_hash != KECCAK256_EMPTY => {
                Ok(self.db.code(account.code_hash)?.original_bytes())
            }
            _ => Ok(Bytes::new()),
        }
    }

    /// Proves an account and the given slots against this state's root.
    ///
    /// Specification: <https://eips.ethereum.org/EIPS/eip-1186>.
    pub fn proof(&self, address: Address, slots: &[B256]) -> Result<AccountProof, StateError> {
        let key = Nibbles::unpack(keccak256(address));
        let account = self.account(address)?;
        let root = account.as_ref().map_or(EMPTY_ROOT_HASH, |a| a.storage_root);
        let storage = slots
            .iter()
            .map(|&slot| {
                let key = Nibbles::unpack(keccak256(slot));
                Ok(StorageProof {
                    key: slot,
                    value: self.slot(root, slot)?,
                    proof: Trie::prove(&*self.db, root, &key)?,
                })
            })
            .collect::<Result<_, StateError>>()?;
        Ok(AccountProof { account, proof: Trie::prove(&*self.db, self.root, &key)?, storage })
    }
}

impl DatabaseRef for StateView {
    type Error = StateError;

    fn basic_ref(&self, address: Address) -> Result<Option<AccountInfo>, StateError> {
        let Some(account) = self.account(address)? else { return Ok(None) };
        if account.storage_root != EMPTY_ROOT_HASH {
            self.storage_roots.lock().insert(address, account.storage_root);
        }
        Ok(Some(
            AccountInfo {
                balance: account.balance,
                nonce: account.nonce,
                code_hash: account.code_hash,
                ..Default::default()
            }
            .without_code(),
        ))
    }

    fn code_by_hash_ref(&self, hash: B256) -> Result<Bytecode, StateError> {
        if hash == KECCAK256_EMPTY {
            return Ok(Bytecode::default());
        }
        self.db.code(hash)
    }

    fn storage_ref(&self, address: Address, slot: U256) -> Result<U256, StateError> {
        self.storage(address, slot)
    }

    fn block_hash_ref(&self, number: u64) -> Result<B256, StateError> {
        let (mut at, mut hash) = self.tip;
        if number > at {
            return Ok(B256::ZERO);
        }
        if self.store.canonical(at)? == Some(hash) {
            return Ok(self.store.canonical(number)?.unwrap_or_default());
        }
        // The tip is on a side chain: walk its own ancestors.
        while at > number {
            let Some(header) = self.store.header(hash)? else { return Ok(B256::ZERO) };
            hash = header.parent_hash;
            at -= 1;
        }
        Ok(hash)
    }
}
