//! Accounts, code and storage at any block.

use crate::rpc::{Methods, Node, RpcError};
use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::{Address, B256, KECCAK256_EMPTY, U64};
use alloy_rpc_types_eth::{EIP1186AccountProofResponse, EIP1186StorageProof};
use alloy_serde::JsonStorageKey;
use alloy_trie::EMPTY_ROOT_HASH;

/// Slots that one `eth_getProof` may ask for, as in geth.
const PROOF_SLOTS: usize = 1024;

type At = Option<BlockId>;

pub(super) fn register(methods: &mut Methods) {
    methods
        .quick("eth_getBalance", |node, (address, at): (Address, At)| {
            Ok(node.state(at)?.account(address)?.unwrap_or_default().balance)
        })
        .quick("eth_getTransactionCount", |node, (address, at): (Address, At)| {
            transaction_count(node, address, at).map(U64::from)
        })
        .quick("eth_getCode", |node, (address, at): (Address, At)| {
            Ok(node.state(at)?.code(address)?)
        })
        .quick("eth_getStorageAt", |node, (address, slot, at): (Address, JsonStorageKey, At)| {
            let value = node.state(at)?.storage(address, slot.as_b256().into())?;
            Ok(B256::from(value))
        })
        .heavy("eth_getProof", proof);
}

/// The next nonce of an account. At `pending` it counts what the pool would let through.
fn transaction_count(node: &Node, address: Address, at: At) -> Result<u64, RpcError> {
    let nonce = node.state(at)?.account(address)?.unwrap_or_default().nonce;
    if at != Some(BlockId::Number(BlockNumberOrTag::Pending)) {
        return Ok(nonce);
    }
    Ok(node.chain.pool().next_nonce(address).map_or(nonce, |next| next.max(nonce)))
}

/// Specification: <https://eips.ethereum.org/EIPS/eip-1186>.
fn proof(
    node: &Node,
    (address, slots, at): (Address, Option<Vec<JsonStorageKey>>, At),
) -> Result<EIP1186AccountProofResponse, RpcError> {
    let slots = slots.unwrap_or_default();
    if slots.len() > PROOF_SLOTS {
        return Err(RpcError::params(format!(
            "too many slots (max: {PROOF_SLOTS}, requested: {})",
            slots.len()
        )));
    }
    let keys: Vec<B256> = slots.iter().map(|slot| slot.as_b256()).collect();
    let proof = node.state(at)?.proof(address, &keys)?;
    let account = proof.account;
    Ok(EIP1186AccountProofResponse {
        address,
        balance: account.map_or_else(Default::default, |account| account.balance),
        code_hash: account.map_or(KECCAK256_EMPTY, |account| account.code_hash),
        nonce: account.map_or(0, |account| account.nonce),
        storage_hash: account.map_or(EMPTY_ROOT_HASH, |account| account.storage_root),
        account_proof: proof.proof,
        storage_proof: slots
            .into_iter()
            .zip(proof.storage)
            .map(|(key, slot)| EIP1186StorageProof { key, value: slot.value, proof: slot.proof })
            .collect(),
    })
}
