//! Sending, and the pool as clients see it.

use super::kit::*;
use crate::testing::{self, account};
use alloy_primitives::{Address, Bytes, TxKind, keccak256};
use serde_json::{Value, json};

#[tokio::test]
async fn a_sent_transaction_is_pending_then_mined() {
    let rpc = busy_rollup();
    let raw = testing::signed(3, 0, TxKind::Call(account(9)), 7, Bytes::new());
    let hash = rpc.ask("eth_sendRawTransaction", json!([raw])).await;
    assert_eq!(hash, json!(keccak256(&raw)));
    let tx = rpc.ask("eth_getTransactionByHash", json!([hash])).await;
    for field in ["blockHash", "blockNumber", "transactionIndex"] {
        assert_eq!(tx[field], Value::Null, "{field}");
    }
    assert_eq!(tx["gasPrice"], tx["maxFeePerGas"]);
    assert_eq!(rpc.ask("eth_getRawTransactionByHash", json!([hash])).await, json!(raw));
    assert_eq!(rpc.ask("eth_getTransactionReceipt", json!([hash])).await, Value::Null);
    block(&rpc.chain, vec![l1_attributes()]);
    let receipt = rpc.ask("eth_getTransactionReceipt", json!([hash])).await;
    assert_eq!(receipt["status"], "0x1");
}

#[tokio::test]
async fn what_the_pool_refuses_has_geths_words() {
    let rpc = busy_l1();
    let to = TxKind::Call(account(9));
    let raw = testing::signed(3, 0, to, 7, Bytes::new());
    rpc.ask("eth_sendRawTransaction", json!([raw])).await;
    for (raw, start) in [
        (raw, "already known"),
        (testing::signed(0, 0, to, 0, Bytes::new()), "nonce too low"),
        (testing::signed(7, 0, to, 0, Bytes::new()), "insufficient funds for gas * price + value"),
        (testing::signed(3, 0, to, 8, Bytes::new()), "replacement transaction underpriced"),
        (Bytes::from_static(&[1, 2, 3]), "failed to decode signed transaction"),
        (Bytes::new(), "failed to decode signed transaction"),
    ] {
        let (code, message) = rpc.refusal("eth_sendRawTransaction", json!([raw])).await;
        assert_eq!(code, -32000);
        assert!(message.starts_with(start), "{message}");
    }
}

#[tokio::test]
async fn a_deposit_cannot_be_sent() {
    let rpc = busy_rollup();
    let typed = testing::deposit(9, account(0), account(9), 1_000_000);
    // The decoder takes these bytes, the deposit without its type, for a deposit as well.
    let bare = typed.slice(1..);
    for raw in [typed, bare, l1_attributes()] {
        for method in ["eth_sendRawTransaction", "eth_sendRawTransactionSync"] {
            let (code, message) = rpc.refusal(method, json!([raw])).await;
            assert_eq!(code, -32000);
            let refused = message.ends_with("not supported")
                || message.starts_with("failed to decode signed transaction");
            assert!(refused, "{message}");
        }
    }
    assert_eq!(rpc.chain.pool().status(), Default::default());
}

#[tokio::test]
async fn sending_can_wait_for_the_receipt() {
    let rpc = busy_l1();
    let raw = testing::signed(3, 0, TxKind::Call(account(9)), 7, Bytes::new());
    let chain = rpc.chain.clone();
    let producer = async {
        while chain.pool().status().pending == 0 {
            tokio::task::yield_now().await;
        }
        block(&chain, Vec::new())
    };
    let wait = rpc.ask("eth_sendRawTransactionSync", json!([raw]));
    let (receipt, block) = tokio::join!(wait, producer);
    assert_eq!(receipt["blockHash"], json!(block.hash()));
    let raw = testing::signed(3, 1, TxKind::Call(account(9)), 7, Bytes::new());
    let (code, _, data) =
        rpc.try_ask("eth_sendRawTransactionSync", json!([raw, 1])).await.unwrap_err();
    assert_eq!((code, data), (4, json!(keccak256(&raw))));
}

#[tokio::test]
async fn the_pool_is_shown_by_sender_and_nonce() {
    let rpc = busy_l1();
    let to = TxKind::Call(account(9));
    for nonce in [0, 2] {
        rpc.chain.submit(&testing::signed(3, nonce, to, 1, Bytes::new())).unwrap();
    }
    let status = rpc.ask("txpool_status", json!([])).await;
    assert_eq!(status, json!({ "pending": "0x1", "queued": "0x1" }));
    let sender = account(3).to_checksum(None);
    let content = rpc.ask("txpool_content", json!([])).await;
    assert_eq!(content["pending"][&sender]["0"]["nonce"], "0x0");
    assert_eq!(content["queued"][&sender]["2"]["nonce"], "0x2");
    let from = rpc.ask("txpool_contentFrom", json!([account(3)])).await;
    assert_eq!(from["pending"]["0"], content["pending"][&sender]["0"]);
    let nobody = rpc.ask("txpool_contentFrom", json!([Address::ZERO])).await;
    assert_eq!(nobody, json!({ "pending": {}, "queued": {} }));
    let inspect = rpc.ask("txpool_inspect", json!([])).await;
    let summary = format!("{:?}: 1 wei + 100000 gas × 20000000000 wei", account(9));
    assert_eq!(inspect["pending"][&sender]["0"], json!(summary.to_lowercase()));
}

#[tokio::test]
async fn the_node_introduces_itself() {
    let rpc = busy_l1();
    assert_eq!(rpc.ask("eth_chainId", json!([])).await, "0x2f201c31fb");
    assert_eq!(rpc.ask("net_version", json!([])).await, "202402181627");
    assert_eq!(rpc.ask("net_listening", json!([])).await, true);
    assert_eq!(rpc.ask("net_peerCount", json!([])).await, "0x0");
    assert_eq!(rpc.ask("eth_blockNumber", json!([])).await, "0x2");
    assert_eq!(rpc.ask("eth_syncing", json!([])).await, false);
    assert_eq!(rpc.ask("eth_accounts", json!([])).await, json!([]));
    let hash = "0x47173285a8d7341e5e972fc677286384f802f8ef42a5ec5f03bbfa254cb01fad";
    assert_eq!(rpc.ask("web3_sha3", json!(["0x68656c6c6f20776f726c64"])).await, hash);
    let version = rpc.ask("web3_clientVersion", json!([])).await;
    assert!(version.as_str().unwrap().starts_with("gm/v"), "{version}");
}
