//! A chain as data: its genesis, its block time and, for a rollup, what ties it to its parent.

use crate::rollup::RollupConfig;
use alloy_consensus::{EMPTY_OMMER_ROOT_HASH, Header, constants::EMPTY_WITHDRAWALS};
use alloy_eips::eip7685::EMPTY_REQUESTS_HASH;
use alloy_genesis::{Genesis, GenesisAccount};
use alloy_primitives::{Address, B64, B256, Bytes, U256, address, keccak256, map::HashMap};
use alloy_trie::{
    EMPTY_ROOT_HASH, HashBuilder, KECCAK_EMPTY, Nibbles, TrieAccount, root::storage_root_unhashed,
};
use serde_json::Value;
use std::{collections::BTreeMap, sync::OnceLock};

/// `L2ToL1MessagePasser`: its storage root is the withdrawals root of an Isthmus header.
pub const MESSAGE_PASSER: Address = address!("4200000000000000000000000000000000000016");

/// Base fee of a genesis block that names none, in wei.
pub const INITIAL_BASE_FEE: u64 = 1_000_000_000;

/// Place of a chain in the local network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The settlement layer: an Ethereum chain.
    L1,
    /// A rollup on the L1.
    L2,
    /// A rollup on the L2.
    L3,
}

/// Everything a node needs to start a chain.
#[derive(Clone, Debug)]
pub struct ChainSpec {
    /// Name for people and folders.
    pub name: String,
    /// Place in the network.
    pub role: Role,
    /// Fork schedule and initial state.
    pub genesis: Genesis,
    /// Seconds between blocks.
    pub block_time: u64,
    /// Present if the chain is a rollup.
    pub rollup: Option<RollupConfig>,
    header: OnceLock<Header>,
}

impl ChainSpec {
    /// Puts a chain together. The genesis must not be changed after the first
    /// [`genesis_header`](Self::genesis_header), which is computed once.
    pub const fn new(
        name: String,
        role: Role,
        genesis: Genesis,
        block_time: u64,
        rollup: Option<RollupConfig>,
    ) -> Self {
        Self { name, role, genesis, block_time, rollup, header: OnceLock::new() }
    }

    /// Chain id of EIP-155; may take all of 64 bits.
    pub const fn chain_id(&self) -> u64 {
        self.genesis.config.chain_id
    }

    /// Whether the chain derives from a parent.
    pub const fn is_rollup(&self) -> bool {
        !matches!(self.role, Role::L1)
    }

    /// Header of the genesis block: Prague for the L1, Isthmus for a rollup.
    ///
    /// Spec: <https://specs.optimism.io/protocol/isthmus/exec-engine.html>
    pub fn genesis_header(&self) -> &Header {
        self.header.get_or_init(|| genesis_header(&self.genesis, self.is_rollup()))
    }

    /// Hash of the genesis block.
    pub fn genesis_hash(&self) -> B256 {
        self.genesis_header().hash_slow()
    }

    /// The file `genesis.json` that `geth init` and op-reth load.
    pub fn genesis_json(&self) -> String {
        let mut genesis =
            serde_json::to_value(&self.genesis).expect("a genesis has string keys only");
        genesis["config"] = self.chain_config();
        genesis.to_string()
    }

    /// The chain configuration alone in geth's form: what op-node takes as
    /// `--rollup.l1-chain-config` when this chain is the parent.
    pub fn chain_config_json(&self) -> String {
        format!("{:#}", serde_json::json!({ "config": self.chain_config() }))
    }

    fn chain_config(&self) -> Value {
        let mut config = serde_json::to_value(&self.genesis.config)
            .expect("a chain configuration has string keys only");
        if let Some(fields) = config.as_object_mut() {
            // geth dropped the field and op-node reads the file strictly.
            fields.remove("terminalTotalDifficultyPassed");
            fields.insert("terminalTotalDifficulty".into(), 0.into());
        }
        config
    }
}

/// Header of a genesis block. `rollup` says that the withdrawals root commits to
/// [`MESSAGE_PASSER`]'s storage (Isthmus) and not to a list of withdrawals (Prague).
fn genesis_header(genesis: &Genesis, rollup: bool) -> Header {
    let withdrawals_root = if rollup {
        let passer = genesis.alloc.get(&MESSAGE_PASSER);
        passer.and_then(|account| account.storage.as_ref()).map_or(EMPTY_ROOT_HASH, storage_root)
    } else {
        EMPTY_WITHDRAWALS
    };
    Header {
        parent_hash: genesis.parent_hash.unwrap_or_default(),
        ommers_hash: EMPTY_OMMER_ROOT_HASH,
        beneficiary: genesis.coinbase,
        state_root: state_root(&genesis.alloc),
        transactions_root: EMPTY_ROOT_HASH,
        receipts_root: EMPTY_ROOT_HASH,
        logs_bloom: Default::default(),
        difficulty: genesis.difficulty,
        number: genesis.number.unwrap_or_default(),
        gas_limit: genesis.gas_limit,
        gas_used: 0,
        timestamp: genesis.timestamp,
        extra_data: genesis.extra_data.clone(),
        mix_hash: genesis.mix_hash,
        nonce: B64::from(genesis.nonce),
        base_fee_per_gas: Some(
            genesis
                .base_fee_per_gas
                .map_or(INITIAL_BASE_FEE, |fee| fee.try_into().unwrap_or(u64::MAX)),
        ),
        withdrawals_root: Some(withdrawals_root),
        blob_gas_used: Some(genesis.blob_gas_used.unwrap_or_default()),
        excess_blob_gas: Some(genesis.excess_blob_gas.unwrap_or_default()),
        parent_beacon_block_root: Some(B256::ZERO),
        requests_hash: Some(EMPTY_REQUESTS_HASH),
        ..Default::default()
    }
}

/// Storage root of an account. Zero values do not count.
pub fn storage_root(storage: &BTreeMap<B256, B256>) -> B256 {
    storage_root_unhashed(
        storage
            .iter()
            .filter(|(_, value)| !value.is_zero())
            .map(|(slot, value)| (*slot, U256::from_be_bytes(value.0))),
    )
}

/// State root of a genesis allocation.
///
/// A rollup has two thousand proxies of one code and one storage, so hashes of code (by
/// identity of the buffer) and of storage (by content) are computed once.
pub fn state_root(alloc: &BTreeMap<Address, GenesisAccount>) -> B256 {
    let mut codes: HashMap<(*const u8, usize), B256> = HashMap::default();
    let mut storages: HashMap<&BTreeMap<B256, B256>, B256> = HashMap::default();
    let mut leaves: Vec<(B256, TrieAccount)> = alloc
        .iter()
        .map(|(address, account)| {
            let code_hash = account.non_empty_code().map_or(KECCAK_EMPTY, |code: &Bytes| {
                *codes.entry((code.as_ptr(), code.len())).or_insert_with(|| keccak256(code))
            });
            let storage_root = account.storage.as_ref().map_or(EMPTY_ROOT_HASH, |storage| {
                *storages.entry(storage).or_insert_with(|| storage_root(storage))
            });
            let nonce = account.nonce.unwrap_or_default();
            let leaf = TrieAccount { nonce, balance: account.balance, storage_root, code_hash };
            (keccak256(address), leaf)
        })
        .collect();
    leaves.sort_unstable_by_key(|(key, _)| *key);
    let mut trie = HashBuilder::default();
    let mut value = Vec::with_capacity(128);
    for (key, leaf) in leaves {
        value.clear();
        alloy_rlp::Encodable::encode(&leaf, &mut value);
        trie.add_leaf(Nibbles::unpack(key), &value);
    }
    trie.root()
}
