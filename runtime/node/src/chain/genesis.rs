//! The first block: assembled into an empty store, or checked against a full one.

use super::{ChainError, Head, num_hash};
use crate::{
    block::{Block, ExecutedBlock, Heads},
    state::{StateDb, StateView},
    store::{BlockWrite, Store},
};
use alloy_consensus::Sealable;
use alloy_eips::BlockNumHash;
use alloy_primitives::{B256, KECCAK256_EMPTY, U256, keccak256};
use alloy_trie::EMPTY_ROOT_HASH;
use gm_chain::spec::ChainSpec;
use revm::{
    bytecode::Bytecode,
    database::{AccountStatus, BundleAccount, BundleState, states::StorageSlot},
    state::AccountInfo,
};
use std::sync::Arc;

/// Loads the heads of a stored chain, or stores the genesis.
pub(super) fn load_or_init(
    spec: &ChainSpec,
    store: &Arc<Store>,
    db: &Arc<StateDb>,
) -> Result<Head, ChainError> {
    let configured = spec.genesis_hash();
    match store.genesis()? {
        None => init(spec, store, db),
        Some(stored) if stored != configured => {
            Err(ChainError::OtherGenesis { stored, configured })
        }
        Some(_) => load(store, configured),
    }
}

fn load(store: &Store, genesis: B256) -> Result<Head, ChainError> {
    let [latest, safe, finalized] = store.heads()?.unwrap_or([genesis; 3]);
    let find = |hash: B256| -> Result<ExecutedBlock, ChainError> {
        store.block(hash)?.ok_or(ChainError::UnknownBlock(hash))
    };
    let block = find(latest)?;
    let number_of = |hash| Ok::<_, ChainError>(num_hash(&find(hash)?.block));
    let heads = Heads {
        latest: num_hash(&block.block),
        safe: number_of(safe)?,
        finalized: number_of(finalized)?,
    };
    Ok(Head { block, heads })
}

fn init(spec: &ChainSpec, store: &Arc<Store>, db: &Arc<StateDb>) -> Result<Head, ChainError> {
    let header = spec.genesis_header().clone().seal_slow();
    let empty = StateView::new(db.clone(), store.clone(), EMPTY_ROOT_HASH, (0, B256::ZERO));
    let changes = empty.apply(&bundle(spec))?;
    if changes.root != header.state_root {
        return Err(ChainError::GenesisRoot { found: changes.root, expected: header.state_root });
    }
    let hash = header.hash();
    let block = Block { header, transactions: Vec::new() };
    let executed = ExecutedBlock { block: Arc::new(block), receipts: Arc::default() };
    store.write(BlockWrite {
        block: Some(&executed),
        nodes: &changes.nodes,
        codes: &changes.codes,
        canonical: Some((0, &[hash])),
        heads: Some([hash; 3]),
        genesis: Some(hash),
    })?;
    db.remember(&changes.nodes, &changes.codes);
    let at = BlockNumHash { number: 0, hash };
    Ok(Head { block: executed, heads: Heads { latest: at, safe: at, finalized: at } })
}

/// The genesis allocation as changes to an empty state.
fn bundle(spec: &ChainSpec) -> BundleState {
    let mut bundle = BundleState::default();
    let mut hashes = alloy_primitives::map::HashMap::<*const u8, B256>::default();
    for (address, account) in &spec.genesis.alloc {
        let code = account.code.as_ref().filter(|code| !code.is_empty());
        let code_hash = code.map_or(KECCAK256_EMPTY, |code| {
            // The proxies share one buffer: hash it once.
            *hashes.entry(code.as_ptr()).or_insert_with(|| keccak256(code))
        });
        if let Some(code) = code {
            bundle.contracts.entry(code_hash).or_insert_with(|| Bytecode::new_legacy(code.clone()));
        }
        let info = AccountInfo {
            balance: account.balance,
            nonce: account.nonce.unwrap_or_default(),
            code_hash,
            ..Default::default()
        };
        let storage = account
            .storage
            .iter()
            .flatten()
            .map(|(slot, value)| {
                let value = U256::from_be_bytes(value.0);
                (U256::from_be_bytes(slot.0), StorageSlot::new_changed(U256::ZERO, value))
            })
            .collect();
        bundle.state.insert(
            *address,
            BundleAccount::new(None, Some(info), storage, AccountStatus::InMemoryChange),
        );
    }
    bundle
}
