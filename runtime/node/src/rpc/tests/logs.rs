//! Logs, and filters that are polled.

use super::kit::*;
use crate::{
    rpc::RpcOptions,
    testing::{self, account},
};
use alloy_primitives::{Address, B256, TxKind};
use serde_json::{Value, json};
use std::time::Duration;

const FIRST: B256 = B256::repeat_byte(0x11);

fn second(byte: u8) -> B256 {
    B256::repeat_byte(byte)
}

async fn count(rpc: &Rpc, filter: Value) -> usize {
    rpc.ask("eth_getLogs", json!([filter])).await.as_array().unwrap().len()
}

#[tokio::test]
async fn logs_are_found_by_address_and_topics() {
    let rpc = busy_rollup();
    let here = emitter_address();
    let all = |mut filter: Value| {
        filter["fromBlock"] = json!("earliest");
        filter
    };
    for (filter, expected) in [
        (json!({}), 2),
        (json!({ "address": here }), 2),
        (json!({ "address": [here, account(0)] }), 2),
        (json!({ "address": account(0) }), 0),
        (json!({ "topics": [FIRST] }), 2),
        (json!({ "topics": [null, second(0x22)] }), 1),
        (json!({ "topics": [FIRST, [second(0x22), second(0x33)]] }), 2),
        (json!({ "topics": [second(0x22)] }), 0),
        (json!({ "address": here, "topics": [[], second(0x33)] }), 1),
        (json!({ "address": account(0), "topics": [FIRST] }), 0),
    ] {
        assert_eq!(count(&rpc, all(filter.clone())).await, expected, "{filter}");
    }
}

#[tokio::test]
async fn ranges_and_hashes_choose_blocks() {
    let rpc = busy_rollup();
    let hash = rpc.chain.head().hash();
    for (filter, expected) in [
        (json!({}), 2),
        (json!({ "fromBlock": "0x1", "toBlock": "0x1" }), 0),
        (json!({ "fromBlock": "0x0", "toBlock": "0x2" }), 2),
        (json!({ "fromBlock": "0x2", "toBlock": "0x63" }), 2),
        (json!({ "fromBlock": "0x62", "toBlock": "0x63" }), 0),
        (json!({ "fromBlock": "earliest", "toBlock": "finalized" }), 0),
        (json!({ "blockHash": hash }), 2),
        (json!({ "blockHash": hash, "topics": [FIRST, second(0x33)] }), 1),
    ] {
        assert_eq!(count(&rpc, filter.clone()).await, expected, "{filter}");
    }
    let backwards = json!([{ "fromBlock": "0x2", "toBlock": "0x1" }]);
    let refused = rpc.refusal("eth_getLogs", backwards).await;
    assert_eq!(refused, (-32602, "invalid block range params".into()));
    let nowhere = json!([{ "blockHash": B256::repeat_byte(9) }]);
    assert_eq!(rpc.refusal("eth_getLogs", nowhere).await, (-32000, "unknown block".into()));
    let both = json!([{ "blockHash": hash, "fromBlock": "0x1" }]);
    assert_eq!(rpc.refusal("eth_getLogs", both).await.0, -32602);
}

#[tokio::test]
async fn range_and_results_are_bounded() {
    let busy = busy_rollup();
    let options = RpcOptions { log_range: 2, ..Default::default() };
    let rpc = Rpc::with(busy.chain.clone(), options);
    let wide = json!([{ "fromBlock": "0x0", "toBlock": "0x2" }]);
    let refused = rpc.refusal("eth_getLogs", wide.clone()).await;
    assert_eq!(refused, (-32602, "exceed maximum block range: 2".into()));
    let options = RpcOptions { log_results: 1, ..Default::default() };
    let rpc = Rpc::with(busy.chain.clone(), options);
    let refused = rpc.refusal("eth_getLogs", wide).await;
    assert_eq!(refused, (-32005, "query returned more than 1 results".into()));
    let many = json!([{ "address": vec![Address::ZERO; 1], "topics": [topics(1001)] }]);
    let (code, message) = rpc.refusal("eth_getLogs", many).await;
    assert_eq!(code, -32602);
    assert!(message.starts_with("exceed max addresses or topics"), "{message}");
}

fn topics(count: u64) -> Vec<B256> {
    (0..count).map(|index| alloy_primitives::U256::from(index).into()).collect()
}

/// A call of the emitter, sent but in no block yet.
fn emit(rpc: &Rpc, nonce: u64, topic: u8) -> B256 {
    let to = TxKind::Call(emitter_address());
    rpc.chain.submit(&testing::signed(1, nonce, to, 0, second(topic).into())).unwrap()
}

#[tokio::test]
async fn filters_give_what_is_new_since_the_last_poll() {
    let rpc = busy_l1();
    let logs = rpc.ask("eth_newFilter", json!([{ "topics": [FIRST] }])).await;
    let blocks = rpc.ask("eth_newBlockFilter", json!([])).await;
    let pending = rpc.ask("eth_newPendingTransactionFilter", json!([])).await;
    let poll = async |id: &Value| rpc.ask("eth_getFilterChanges", json!([id])).await;
    for id in [&logs, &blocks, &pending] {
        assert_eq!(poll(id).await, json!([]));
    }
    let hash = emit(&rpc, 3, 0x44);
    assert_eq!(poll(&pending).await, json!([hash]));
    let third = block(&rpc.chain, Vec::new());
    let fourth = block(&rpc.chain, Vec::new());
    assert_eq!(poll(&blocks).await, json!([third.hash(), fourth.hash()]));
    let changes = poll(&logs).await;
    assert_eq!(changes[0]["transactionHash"], json!(hash));
    assert_eq!(changes[0]["removed"], false);
    for id in [&logs, &blocks, &pending] {
        assert_eq!(poll(id).await, json!([]));
    }
    let ranged = json!([{ "topics": [FIRST], "fromBlock": "0x0" }]);
    let ranged = rpc.ask("eth_newFilter", ranged).await;
    let all = rpc.ask("eth_getFilterLogs", json!([ranged])).await;
    assert_eq!(all.as_array().unwrap().len(), 3);
    assert_eq!(rpc.ask("eth_uninstallFilter", json!([logs])).await, true);
    assert_eq!(rpc.ask("eth_uninstallFilter", json!([logs])).await, false);
    let gone = (-32000, "filter not found".to_owned());
    assert_eq!(rpc.refusal("eth_getFilterChanges", json!([logs])).await, gone);
    assert_eq!(rpc.refusal("eth_getFilterLogs", json!([blocks])).await, gone);
}

#[tokio::test]
async fn a_reorganisation_takes_logs_back() {
    let rpc = busy_l1();
    let id = rpc.ask("eth_newFilter", json!([{}])).await;
    emit(&rpc, 3, 0x44);
    let parent = rpc.chain.head();
    block(&rpc.chain, Vec::new());
    let first = rpc.ask("eth_getFilterChanges", json!([id])).await;
    assert_eq!(first[0]["removed"], false);

    let mut attributes = testing::next(&rpc.chain);
    attributes.parent = parent.hash();
    attributes.no_tx_pool = true;
    let side = rpc.chain.build(&attributes).unwrap();
    rpc.chain.store_block(&side).unwrap();
    rpc.chain.set_head(side.executed.hash()).unwrap();
    let changes = rpc.ask("eth_getFilterChanges", json!([id])).await;
    assert_eq!(changes.as_array().unwrap().len(), 1);
    assert_eq!(changes[0]["removed"], true);
    assert_eq!(changes[0]["blockHash"], first[0]["blockHash"]);
    // The transaction went back into the pool and comes again.
    block(&rpc.chain, Vec::new());
    let changes = rpc.ask("eth_getFilterChanges", json!([id])).await;
    assert_eq!(changes[0]["removed"], false);
    assert_eq!(changes[0]["transactionHash"], first[0]["transactionHash"]);
}

#[tokio::test]
async fn filters_are_bounded_and_expire() {
    let options =
        RpcOptions { filters: 2, filter_expiry: Duration::from_millis(50), ..Default::default() };
    let rpc = Rpc::with(testing::l1(), options);
    let id = rpc.ask("eth_newBlockFilter", json!([])).await;
    rpc.ask("eth_newBlockFilter", json!([])).await;
    let (code, message) = rpc.refusal("eth_newBlockFilter", json!([])).await;
    assert_eq!((code, &*message), (-32005, "there are 2 filters already"));
    std::thread::sleep(Duration::from_millis(60));
    let gone = (-32000, "filter not found".to_owned());
    assert_eq!(rpc.refusal("eth_getFilterChanges", json!([id])).await, gone);
    rpc.ask("eth_newBlockFilter", json!([])).await;
}
