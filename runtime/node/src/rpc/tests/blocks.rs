//! Blocks, transactions and receipts: the fields that geth and op-geth serve, and what op-node
//! computes from them again.

use super::kit::*;
use crate::testing;
use alloy_primitives::{B256, Bytes, U256, keccak256};
use alloy_rlp::{Encodable, Header};
use alloy_trie::root::ordered_trie_root_encoded;
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

fn set(text: &str) -> BTreeSet<&str> {
    text.split_whitespace().collect()
}

fn bytes(value: &Value) -> Bytes {
    value.as_str().unwrap().parse().unwrap()
}

fn number(value: &Value) -> U256 {
    let text = value.as_str().unwrap();
    assert!(text == "0x0" || !text.starts_with("0x0"), "not a quantity: {text}");
    text.parse().unwrap()
}

fn list(items: &[Vec<u8>]) -> Vec<u8> {
    let mut out = Vec::new();
    let payload_length = items.iter().map(Vec::len).sum();
    Header { list: true, payload_length }.encode(&mut out);
    out.extend(items.concat());
    out
}

fn rlp(item: impl Encodable) -> Vec<u8> {
    alloy_rlp::encode(item)
}

/// The header hash, from nothing but the JSON.
fn header_hash(block: &Value) -> B256 {
    let data = |field: &str| rlp(bytes(&block[field]));
    let quantity = |field: &str| rlp(number(&block[field]));
    let fields = [
        data("parentHash"),
        data("sha3Uncles"),
        data("miner"),
        data("stateRoot"),
        data("transactionsRoot"),
        data("receiptsRoot"),
        data("logsBloom"),
        quantity("difficulty"),
        quantity("number"),
        quantity("gasLimit"),
        quantity("gasUsed"),
        quantity("timestamp"),
        data("extraData"),
        data("mixHash"),
        data("nonce"),
        quantity("baseFeePerGas"),
        data("withdrawalsRoot"),
        quantity("blobGasUsed"),
        quantity("excessBlobGas"),
        data("parentBeaconBlockRoot"),
        data("requestsHash"),
    ];
    keccak256(list(&fields))
}

/// A receipt's EIP-2718 bytes, from nothing but the JSON.
fn receipt_bytes(receipt: &Value) -> Vec<u8> {
    let logs: Vec<Vec<u8>> = receipt["logs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|log| {
            let topics = log["topics"].as_array().unwrap();
            let topics: Vec<Vec<u8>> = topics.iter().map(|topic| rlp(bytes(topic))).collect();
            list(&[rlp(bytes(&log["address"])), list(&topics), rlp(bytes(&log["data"]))])
        })
        .collect();
    let mut fields = vec![
        rlp(number(&receipt["status"])),
        rlp(number(&receipt["cumulativeGasUsed"])),
        rlp(bytes(&receipt["logsBloom"])),
        list(&logs),
    ];
    if receipt["type"] == "0x7e" {
        fields.push(rlp(number(&receipt["depositNonce"])));
        fields.push(rlp(number(&receipt["depositReceiptVersion"])));
    }
    let ty = number(&receipt["type"]).to::<u8>();
    let prefix = if ty == 0 { vec![] } else { vec![ty] };
    [prefix, list(&fields)].concat()
}

#[tokio::test]
async fn hashes_and_roots_follow_from_the_json() {
    for rpc in [busy_rollup(), busy_l1()] {
        for height in ["0x0", "0x1", "0x2"] {
            let block = rpc.ask("eth_getBlockByNumber", json!([height, false])).await;
            assert_eq!(block["hash"], json!(header_hash(&block)), "{block}");
            let by_hash = rpc.ask("eth_getBlockByHash", json!([block["hash"], false])).await;
            assert_eq!(by_hash, block);

            let receipts = rpc.ask("eth_getBlockReceipts", json!([block["hash"]])).await;
            let receipts = receipts.as_array().unwrap();
            let encoded: Vec<Vec<u8>> = receipts.iter().map(receipt_bytes).collect();
            assert_eq!(block["receiptsRoot"], json!(ordered_trie_root_encoded(&encoded)));

            let mut raw = Vec::new();
            let (mut gas, mut logs) = (U256::ZERO, 0);
            for (index, receipt) in receipts.iter().enumerate() {
                let at = format!("{index:#x}");
                let method = "eth_getRawTransactionByBlockNumberAndIndex";
                raw.push(bytes(&rpc.ask(method, json!([height, at])).await));
                assert_eq!(receipt["transactionHash"], json!(keccak256(raw.last().unwrap())));
                assert_eq!(receipt["transactionHash"], block["transactions"][index]);
                assert_eq!(receipt["transactionIndex"], at);
                gas += number(&receipt["gasUsed"]);
                assert_eq!(number(&receipt["cumulativeGasUsed"]), gas);
                for log in receipt["logs"].as_array().unwrap() {
                    assert_eq!(number(&log["logIndex"]), U256::from(logs));
                    logs += 1;
                }
                let hash = &receipt["transactionHash"];
                let one = rpc.ask("eth_getTransactionReceipt", json!([hash])).await;
                // The two blocks of the rollup begin with the same deposit.
                if one["blockNumber"] == height {
                    assert_eq!(&one, receipt);
                }
            }
            assert_eq!(number(&block["gasUsed"]), gas);
            assert_eq!(block["transactionsRoot"], json!(ordered_trie_root_encoded(&raw)));
        }
    }
}

#[tokio::test]
async fn blocks_have_the_fields_of_prague() {
    let expected =
        set("baseFeePerGas blobGasUsed difficulty excessBlobGas extraData gasLimit gasUsed hash \
         logsBloom miner mixHash nonce number parentBeaconBlockRoot parentHash receiptsRoot \
         requestsHash sha3Uncles size stateRoot timestamp transactions transactionsRoot uncles \
         withdrawals withdrawalsRoot");
    for rpc in [busy_rollup(), busy_l1()] {
        let block = rpc.ask("eth_getBlockByNumber", json!(["latest", true])).await;
        assert_eq!(keys(&block), expected);
        assert_eq!(block["withdrawals"], json!([]));
        assert_eq!(block["uncles"], json!([]));
        let raw = rpc.chain.head().rlp();
        assert_eq!(number(&block["size"]), U256::from(raw.len()));
        let count = json!(format!("{:#x}", block["transactions"].as_array().unwrap().len()));
        let method = "eth_getBlockTransactionCountByNumber";
        assert_eq!(rpc.ask(method, json!(["latest"])).await, count);
        let hash = &block["hash"];
        let method = "eth_getBlockTransactionCountByHash";
        assert_eq!(rpc.ask(method, json!([hash])).await, count);
        assert_eq!(rpc.ask("eth_getUncleCountByBlockHash", json!([hash])).await, "0x0");
        assert_eq!(rpc.ask("eth_getUncleCountByBlockNumber", json!(["0x1"])).await, "0x0");
        let method = "eth_getUncleByBlockNumberAndIndex";
        assert_eq!(rpc.ask(method, json!(["0x1", "0x0"])).await, Value::Null);
        let header = rpc.ask("eth_getHeaderByNumber", json!(["latest"])).await;
        assert_eq!(header["hash"], block["hash"]);
    }
}

#[tokio::test]
async fn deposits_have_their_own_fields() {
    let rpc = busy_rollup();
    let block = rpc.ask("eth_getBlockByNumber", json!(["0x1", true])).await;
    let deposit = &block["transactions"][1];
    assert_eq!(
        keys(deposit),
        set("blockHash blockNumber blockTimestamp depositReceiptVersion from gas gasPrice hash \
             input mint nonce r s sourceHash to transactionIndex type v value yParity")
    );
    for (field, value) in [
        ("type", json!("0x7e")),
        ("sourceHash", json!(B256::with_last_byte(7))),
        ("from", json!(testing::account(8))),
        ("mint", json!("0x3e8")),
        ("value", json!("0x0")),
        ("gas", json!("0xf4240")),
        ("gasPrice", json!("0x0")),
        ("nonce", json!("0x0")),
        ("depositReceiptVersion", json!("0x1")),
        ("r", json!("0x0")),
    ] {
        assert_eq!(deposit[field], value, "{field}");
    }
    let receipt = rpc.ask("eth_getTransactionReceipt", json!([deposit["hash"]])).await;
    assert_eq!(
        keys(&receipt),
        set("blockHash blockNumber contractAddress cumulativeGasUsed depositNonce \
             depositReceiptVersion effectiveGasPrice from gasUsed logs logsBloom status to \
             transactionHash transactionIndex type")
    );
    assert_eq!(receipt["depositNonce"], "0x0");
    assert_eq!(receipt["depositReceiptVersion"], "0x1");
    assert_eq!(receipt["effectiveGasPrice"], "0x0");
    assert_eq!(receipt["contractAddress"], Value::Null);
    // The second block's attributes come from the same account: its nonce went up.
    let receipts = rpc.ask("eth_getBlockReceipts", json!(["0x2"])).await;
    assert_eq!(receipts[0]["depositNonce"], "0x1");
}

#[tokio::test]
async fn fees_for_data_are_on_rollups_only() {
    let plain = "blockHash blockNumber contractAddress cumulativeGasUsed effectiveGasPrice from \
                 gasUsed logs logsBloom status to transactionHash transactionIndex type";
    let rpc = busy_rollup();
    let receipts = rpc.ask("eth_getBlockReceipts", json!(["0x1"])).await;
    let receipt = &receipts[2];
    let fees = "l1BaseFeeScalar l1BlobBaseFee l1BlobBaseFeeScalar l1Fee l1GasPrice l1GasUsed \
                operatorFeeConstant operatorFeeScalar";
    assert_eq!(keys(receipt), set(&format!("{plain} {fees}")));
    // A short transaction counts as 100 bytes: 100 · 16 gas, and
    // 100e6 · (16 · 1,000,000 · 1 gwei + 500,000 · 7) / 1e12 wei.
    for (field, value) in [
        ("l1GasPrice", "0x3b9aca00"),
        ("l1BlobBaseFee", "0x7"),
        ("l1BaseFeeScalar", "0xf4240"),
        ("l1BlobBaseFeeScalar", "0x7a120"),
        ("l1GasUsed", "0x640"),
        ("l1Fee", "0x174876e815e"),
        ("operatorFeeScalar", "0x3"),
        ("operatorFeeConstant", "0xb"),
    ] {
        assert_eq!(receipt[field], value, "{field}");
    }
    let rpc = busy_l1();
    let receipts = rpc.ask("eth_getBlockReceipts", json!(["0x1"])).await;
    assert_eq!(keys(&receipts[0]), set(plain));
    assert_eq!(receipts[0]["contractAddress"], Value::Null);
    assert_eq!(receipts[1]["contractAddress"], json!(emitter_address()));
    assert_eq!(receipts[1]["to"], Value::Null);
}

#[tokio::test]
async fn logs_and_failures_are_in_the_receipts() {
    let rpc = busy_rollup();
    let receipts = rpc.ask("eth_getBlockReceipts", json!(["latest"])).await;
    let log = &receipts[2]["logs"][0];
    assert_eq!(
        keys(log),
        set("address blockHash blockNumber blockTimestamp data logIndex removed topics \
             transactionHash transactionIndex")
    );
    assert_eq!(log["address"], json!(emitter_address()));
    assert_eq!(log["topics"], json!([B256::repeat_byte(0x11), B256::repeat_byte(0x33)]));
    assert_eq!(log["data"], json!(B256::repeat_byte(0x33)));
    assert_eq!(log["logIndex"], "0x1");
    assert_eq!(log["removed"], false);
    assert_eq!(receipts[1]["status"], "0x1");
    assert_eq!(receipts[3]["status"], "0x0");
}

#[tokio::test]
async fn ordinary_transactions_have_geths_fields() {
    let rpc = busy_l1();
    let head = rpc.ask("eth_getBlockByNumber", json!(["0x1", true])).await;
    let tx = &head["transactions"][0];
    assert_eq!(
        keys(tx),
        set(
            "accessList blockHash blockNumber blockTimestamp chainId from gas gasPrice hash input \
             maxFeePerGas maxPriorityFeePerGas nonce r s to transactionIndex type v value yParity"
        )
    );
    let base = number(&head["baseFeePerGas"]);
    assert_eq!(number(&tx["gasPrice"]), base + U256::ONE);
    assert_eq!(tx["chainId"], "0x2f201c31fb");
    assert_eq!(tx["value"], "0x5");
    assert_eq!(tx["input"], "0x00ff");
    for (method, params) in [
        ("eth_getTransactionByHash", json!([tx["hash"]])),
        ("eth_getTransactionByBlockHashAndIndex", json!([head["hash"], "0x0"])),
        ("eth_getTransactionByBlockNumberAndIndex", json!(["0x1", "0x0"])),
    ] {
        assert_eq!(&rpc.ask(method, params).await, tx, "{method}");
    }
    let raw = bytes(&rpc.ask("eth_getRawTransactionByHash", json!([tx["hash"]])).await);
    assert_eq!(json!(keccak256(raw)), tx["hash"]);
}

#[tokio::test]
async fn what_does_not_exist_is_null() {
    let rpc = busy_l1();
    let nowhere = B256::repeat_byte(0xee);
    for (method, params) in [
        ("eth_getBlockByNumber", json!(["0x99", false])),
        ("eth_getBlockByHash", json!([nowhere, true])),
        ("eth_getBlockReceipts", json!(["0x99"])),
        ("eth_getBlockReceipts", json!([nowhere])),
        ("eth_getBlockTransactionCountByHash", json!([nowhere])),
        ("eth_getUncleCountByBlockHash", json!([nowhere])),
        ("eth_getTransactionByHash", json!([nowhere])),
        ("eth_getTransactionReceipt", json!([nowhere])),
        ("eth_getRawTransactionByHash", json!([nowhere])),
        ("eth_getTransactionByBlockNumberAndIndex", json!(["0x1", "0x99"])),
    ] {
        assert_eq!(rpc.ask(method, params).await, Value::Null, "{method}");
    }
}

#[tokio::test]
async fn tags_name_the_three_heads() {
    let rpc = busy_rollup();
    let first = rpc.chain.block_by_number(1).unwrap().unwrap().hash();
    rpc.chain.label(Some(first), None).unwrap();
    for (tag, height) in [
        ("earliest", "0x0"),
        ("finalized", "0x0"),
        ("safe", "0x1"),
        ("latest", "0x2"),
        ("pending", "0x2"),
    ] {
        let block = rpc.ask("eth_getBlockByNumber", json!([tag, false])).await;
        assert_eq!(block["number"], height, "{tag}");
    }
}
