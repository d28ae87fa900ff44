//! Accounts, storage and proofs.

use super::kit::*;
use crate::testing;
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, keccak256};
use alloy_rpc_types_eth::EIP1186AccountProofResponse;
use alloy_trie::{Nibbles, TrieAccount, proof::verify_proof};
use serde_json::json;

#[tokio::test]
async fn state_is_read_at_any_block() {
    let rpc = busy_l1();
    let receiver = testing::account(9);
    let genesis = rpc.chain.block_by_number(0).unwrap().unwrap().hash();
    assert_eq!(rpc.ask("eth_getBalance", json!([receiver, "latest"])).await, "0x5");
    assert_eq!(rpc.ask("eth_getBalance", json!([receiver])).await, "0x5");
    assert_eq!(rpc.ask("eth_getBalance", json!([receiver, "0x0"])).await, "0x0");
    for at in [json!(genesis), json!({ "blockHash": genesis }), json!({ "blockNumber": "0x0" })] {
        assert_eq!(rpc.ask("eth_getBalance", json!([receiver, at])).await, "0x0", "{at}");
    }
    let code = rpc.ask("eth_getCode", json!([testing::LOOPER, "latest"])).await;
    assert_eq!(code, "0x5b600056");
    assert_eq!(rpc.ask("eth_getCode", json!([receiver, "latest"])).await, "0x");
    let seven = json!(B256::with_last_byte(7));
    for slot in
        ["0x0", "0x00", "0x0000000000000000000000000000000000000000000000000000000000000000"]
    {
        let params = json!([testing::COUNTER, slot, "latest"]);
        assert_eq!(rpc.ask("eth_getStorageAt", params).await, seven, "{slot}");
    }
}

#[tokio::test]
async fn blocks_that_are_not_there_are_refused() {
    let rpc = busy_l1();
    let to = testing::account(9);
    let nowhere = B256::repeat_byte(0xee);
    let not_found = (-32000, "header not found".to_owned());
    assert_eq!(rpc.refusal("eth_getBalance", json!([to, "0x99"])).await, not_found);
    let not_found = (-32000, "header for hash not found".to_owned());
    assert_eq!(rpc.refusal("eth_getBalance", json!([to, nowhere])).await, not_found);
    // A block beside the canonical chain is served unless the client asks otherwise.
    let mut attributes = testing::next(&rpc.chain);
    let parent = rpc.chain.block_by_number(1).unwrap().unwrap();
    attributes.parent = parent.hash();
    attributes.timestamp += 10;
    let side = rpc.chain.build(&attributes).unwrap();
    rpc.chain.store_block(&side).unwrap();
    let hash = side.executed.hash();
    assert_eq!(rpc.ask("eth_getBalance", json!([to, { "blockHash": hash }])).await, "0x5");
    let strict = json!([to, { "blockHash": hash, "requireCanonical": true }]);
    let message = "hash is not currently canonical".to_owned();
    assert_eq!(rpc.refusal("eth_getBalance", strict).await, (-32000, message));
}

#[tokio::test]
async fn nonces_count_the_pool_when_pending() {
    let rpc = busy_l1();
    let from = testing::account(3);
    let to = TxKind::Call(testing::account(9));
    for nonce in [0, 1, 3] {
        rpc.chain.submit(&testing::signed(3, nonce, to, 0, Bytes::new())).unwrap();
    }
    let count = |tag: &str| json!([from, tag]);
    assert_eq!(rpc.ask("eth_getTransactionCount", count("latest")).await, "0x0");
    assert_eq!(rpc.ask("eth_getTransactionCount", count("pending")).await, "0x2");
    block(&rpc.chain, Vec::new());
    assert_eq!(rpc.ask("eth_getTransactionCount", count("latest")).await, "0x2");
    assert_eq!(rpc.ask("eth_getTransactionCount", count("0x2")).await, "0x0");
}

#[tokio::test]
async fn proofs_verify_against_the_header() {
    for rpc in [busy_l1(), busy_rollup()] {
        for height in ["0x0", "0x2"] {
            let header = rpc.ask("eth_getBlockByNumber", json!([height, false])).await;
            let root: B256 = header["stateRoot"].as_str().unwrap().parse().unwrap();
            // A contract, an account without storage, and nobody.
            for address in [testing::COUNTER, testing::account(0), Address::repeat_byte(3)] {
                let params = json!([address, ["0x0", "0x1"], header["hash"]]);
                let json = rpc.ask("eth_getProof", params).await;
                let proof: EIP1186AccountProofResponse = serde_json::from_value(json).unwrap();
                verify(root, &proof);
            }
        }
    }
}

/// Checks an EIP-1186 proof as a client does.
fn verify(root: B256, proof: &EIP1186AccountProofResponse) {
    let account = TrieAccount {
        nonce: proof.nonce,
        balance: proof.balance,
        storage_root: proof.storage_hash,
        code_hash: proof.code_hash,
    };
    let leaf = (account != TrieAccount::default()).then(|| alloy_rlp::encode(account));
    let path = Nibbles::unpack(keccak256(proof.address));
    verify_proof(root, path, leaf, &proof.account_proof).unwrap();
    for slot in &proof.storage_proof {
        let path = Nibbles::unpack(keccak256(slot.key.as_b256()));
        let leaf = (slot.value != U256::ZERO).then(|| alloy_rlp::encode(slot.value));
        verify_proof(proof.storage_hash, path, leaf, &slot.proof).unwrap();
    }
}

#[tokio::test]
async fn proofs_have_their_fields_and_bounds() {
    let rpc = busy_l1();
    let proof = rpc.ask("eth_getProof", json!([testing::COUNTER, ["0x0"], "latest"])).await;
    assert_eq!(proof["address"], json!(testing::COUNTER));
    assert_eq!(proof["nonce"], "0x1");
    assert_eq!(proof["storageProof"][0]["value"], "0x7");
    assert_eq!(proof["storageProof"][0]["key"], "0x0");
    let nobody = rpc.ask("eth_getProof", json!([Address::repeat_byte(3), [], "latest"])).await;
    assert_eq!(nobody["codeHash"], json!(alloy_primitives::KECCAK256_EMPTY));
    assert_eq!(nobody["storageHash"], json!(alloy_trie::EMPTY_ROOT_HASH));
    assert_eq!(nobody["balance"], "0x0");
    let slots = vec![B256::ZERO; 1025];
    let (code, message) =
        rpc.refusal("eth_getProof", json!([testing::COUNTER, slots, "latest"])).await;
    assert_eq!((code, &message[..14]), (-32602, "too many slots"));
}
