//! Traces of small programs whose steps are known.

use crate::{
    block::ExecutedBlock,
    chain::Chain,
    rpc::RpcOptions,
    testing::{
        self, CALLER, COUNTER, LOOPER, REVERTER, account, ask, ask_with, call, deposit, signed,
    },
};
use alloy_primitives::{Address, B256, Bytes, TxKind, U256};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};

/// A rollup with one block: a deposit that counts, a call of [`CALLER`], one of [`REVERTER`].
fn traced() -> (Arc<Chain>, ExecutedBlock) {
    let chain = testing::rollup();
    chain.submit(&call(0, 0, CALLER)).unwrap();
    chain.submit(&call(1, 0, REVERTER)).unwrap();
    let mut attributes = testing::next(&chain);
    attributes.transactions = vec![deposit(1, account(8), COUNTER, 5)];
    let block = testing::produce_with(&chain, &attributes);
    (chain, block)
}

fn hash(block: &ExecutedBlock, sender: Address) -> B256 {
    let found = block.transactions.iter().find(|tx| tx.signer() == sender).unwrap();
    found.inner().tx_hash()
}

fn lower(address: Address) -> Value {
    json!(format!("{address:#x}"))
}

async fn trace(chain: &Arc<Chain>, tx: B256, options: Value) -> Value {
    ask(chain, "debug_traceTransaction", json!([tx, options])).await.unwrap()
}

#[tokio::test]
async fn the_call_tracer_shows_calls_logs_and_reasons() {
    let (chain, block) = traced();
    let tx = hash(&block, account(0));
    let with_log = json!({ "tracer": "callTracer", "tracerConfig": { "withLog": true } });
    let frame = trace(&chain, tx, with_log).await;
    assert_eq!(frame["type"], "CALL");
    assert_eq!((&frame["from"], &frame["to"]), (&lower(account(0)), &lower(CALLER)));
    assert_eq!(frame["output"], json!(B256::with_last_byte(42)));
    let receipt = ask(&chain, "eth_getTransactionReceipt", json!([tx])).await.unwrap();
    assert_eq!(frame["gasUsed"], receipt["gasUsed"]);
    assert_eq!(frame["gas"], "0x186a0");
    let inner = &frame["calls"][0];
    assert_eq!((&inner["from"], &inner["to"]), (&lower(CALLER), &lower(COUNTER)));
    // The deposit before it made 8 of 7.
    assert_eq!(inner["logs"][0]["data"], json!(B256::with_last_byte(9)));
    assert_eq!(inner["logs"][0]["address"], lower(COUNTER));

    let top = json!({ "tracer": "callTracer", "tracerConfig": { "onlyTopCall": true } });
    assert!(trace(&chain, tx, top).await.get("calls").is_none());

    let failed = hash(&block, account(1));
    let frame = trace(&chain, failed, json!({ "tracer": "callTracer" })).await;
    assert_eq!(frame["error"], "execution reverted");
    assert_eq!(frame["revertReason"], "no!");
}

#[tokio::test]
async fn struct_logs_show_what_is_asked_for() {
    let (chain, block) = traced();
    // COUNTER alone, in the deposit.
    let tx = hash(&block, account(8));
    let trace_all =
        trace(&chain, tx, json!({ "enableMemory": true, "enableReturnData": true })).await;
    assert_eq!(trace_all["failed"], false);
    let logs = trace_all["structLogs"].as_array().unwrap();
    let names: Vec<&str> = logs.iter().map(|log| log["op"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        [
            "PUSH1", "SLOAD", "PUSH1", "ADD", "PUSH1", "SSTORE", "PUSH1", "SLOAD", "PUSH1",
            "MSTORE", "PUSH1", "PUSH1", "LOG0", "STOP",
        ]
    );
    assert_eq!(logs[1]["gasCost"], 2_100);
    assert_eq!(logs[3]["stack"], json!(["0x7", "0x1"]));
    let eight = json!(B256::with_last_byte(8));
    assert_eq!(logs[5]["storage"][B256::ZERO.to_string()], eight);
    assert_eq!(logs[10]["memory"], json!([eight]));
    assert_eq!(logs[0]["depth"], 1);
    assert_eq!(logs[0]["pc"], 0);

    let none = json!({ "disableStack": true, "disableStorage": true });
    let bare = trace(&chain, tx, none).await;
    let log = &bare["structLogs"][5];
    for key in ["stack", "storage", "memory", "returnData"] {
        assert!(log.get(key).is_none(), "{key}");
    }
    // As many bytes of steps, and the step that goes beyond.
    let limited = trace(&chain, tx, json!({ "limit": 1 })).await;
    assert_eq!(limited["structLogs"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_prestate_tracer_shows_before_and_after() {
    let (chain, block) = traced();
    let tx = hash(&block, account(0));
    let before = trace(&chain, tx, json!({ "tracer": "prestateTracer" })).await;
    let counter = &before[lower(COUNTER).as_str().unwrap()];
    assert_eq!(counter["storage"][format!("{}", B256::ZERO)], json!(B256::with_last_byte(8)));
    assert!(counter["code"].as_str().unwrap().starts_with("0x600054"));
    let ether = U256::from(10).pow(U256::from(21));
    assert_eq!(before[lower(account(0)).as_str().unwrap()]["balance"], json!(ether));

    let diff = json!({ "tracer": "prestateTracer", "tracerConfig": { "diffMode": true } });
    let diff = trace(&chain, tx, diff).await;
    let counter = lower(COUNTER);
    let slot = format!("{}", B256::ZERO);
    let at = |side: &str| diff[side][counter.as_str().unwrap()]["storage"][&slot].clone();
    assert_eq!(
        (at("pre"), at("post")),
        (json!(B256::with_last_byte(8)), json!(B256::with_last_byte(9)))
    );
    assert_eq!(diff["post"][lower(account(0)).as_str().unwrap()]["nonce"], 1);
    assert!(diff["post"].get(lower(CALLER).as_str().unwrap()).is_none());
}

#[tokio::test]
async fn the_other_tracers_answer() {
    let (chain, block) = traced();
    let tx = hash(&block, account(0));
    assert_eq!(trace(&chain, tx, json!({ "tracer": "noopTracer" })).await, json!({}));
    assert_eq!(trace(&chain, tx, json!({ "tracer": "4byteTracer" })).await, json!({}));
    let flat = trace(&chain, tx, json!({ "tracer": "flatCallTracer" })).await;
    assert_eq!(flat.as_array().unwrap().len(), 2);
    assert_eq!(flat[1]["traceAddress"], json!([0]));
    let config = json!({ "callTracer": {}, "noopTracer": null });
    let mux = json!({ "tracer": "muxTracer", "tracerConfig": config });
    let mux = trace(&chain, tx, mux).await;
    assert_eq!(mux["callTracer"]["to"], lower(CALLER));
}

#[tokio::test]
async fn what_is_not_there_is_said_to_be_missing() {
    let (chain, block) = traced();
    let tx = hash(&block, account(0));
    let js = json!({ "tracer": "{ data: [], fault() {}, result() {} }" });
    let err = ask(&chain, "debug_traceTransaction", json!([tx, js])).await.unwrap_err();
    assert_eq!(err.0, -32602);
    assert!(err.1.contains("JavaScript tracers are not supported"), "{}", err.1);
    let bad = json!({ "tracer": "callTracer", "timeout": "soon" });
    let err = ask(&chain, "debug_traceTransaction", json!([tx, bad])).await.unwrap_err();
    assert_eq!(err, (-32602, "invalid duration \"soon\"".into()));
    let err = ask(&chain, "debug_traceTransaction", json!([B256::ZERO])).await.unwrap_err();
    assert_eq!(err, (-32000, "transaction not found".into()));
    let err = ask(&chain, "debug_traceBlockByNumber", json!(["0x0"])).await.unwrap_err();
    assert_eq!(err, (-32000, "genesis is not traceable".into()));
    assert!(ask(&chain, "debug_traceBlockByNumber", json!(["0x9"])).await.is_err());
}

#[tokio::test]
async fn a_block_is_traced_whole_however_it_is_named() {
    let (chain, block) = traced();
    let options = json!({ "tracer": "callTracer" });
    let by_number =
        ask(&chain, "debug_traceBlockByNumber", json!(["latest", options])).await.unwrap();
    let traces = by_number.as_array().unwrap();
    assert_eq!(traces.len(), 3);
    for (trace, tx) in traces.iter().zip(&block.transactions) {
        let tx = tx.inner().tx_hash();
        assert_eq!(trace["txHash"], json!(tx));
        let alone = ask(&chain, "debug_traceTransaction", json!([tx, options])).await.unwrap();
        assert_eq!(trace["result"], alone);
    }
    let by_hash = json!([block.hash(), options]);
    assert_eq!(ask(&chain, "debug_traceBlockByHash", by_hash).await.unwrap(), by_number);
    let rlp = ask(&chain, "debug_getRawBlock", json!(["latest"])).await.unwrap();
    assert_eq!(ask(&chain, "debug_traceBlock", json!([rlp, options])).await.unwrap(), by_number);
    assert_eq!(ask(&chain, "debug_traceBlock", json!(["0xc0"])).await.unwrap_err().0, -32602);
}

#[tokio::test]
async fn a_call_is_traced_with_overrides_and_inside_a_block() {
    let (chain, _) = traced();
    let request = json!({ "to": COUNTER });
    let logged = |frame: &Value| frame["logs"][0]["data"].clone();
    let options = |more: Value| {
        let mut options = json!({ "tracer": "callTracer", "tracerConfig": { "withLog": true } });
        options.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!([request, "latest", options])
    };
    let frame = ask(&chain, "debug_traceCall", options(json!({}))).await.unwrap();
    assert_eq!(logged(&frame), json!(B256::with_last_byte(10)));
    // Before the first transaction of the block nothing had counted.
    let frame = ask(&chain, "debug_traceCall", options(json!({ "txIndex": "0x0" }))).await.unwrap();
    assert_eq!(logged(&frame), json!(B256::with_last_byte(8)));
    let slots = json!({ "stateDiff": { B256::ZERO.to_string(): B256::with_last_byte(99) } });
    let state = json!({ "stateOverrides": { COUNTER.to_string(): slots } });
    let frame = ask(&chain, "debug_traceCall", options(state)).await.unwrap();
    assert_eq!(logged(&frame), json!(B256::with_last_byte(100)));
    let past = options(json!({ "txIndex": "0x9" }));
    assert_eq!(ask(&chain, "debug_traceCall", past).await.unwrap_err().0, -32602);
}

#[tokio::test]
async fn a_trace_ends_in_time_and_within_its_memory() {
    let chain = testing::rollup();
    let request = json!({ "to": LOOPER });
    let err = ask(&chain, "debug_traceCall", json!([request, "latest", {}])).await.unwrap_err();
    assert_eq!(err.0, -32005);
    assert!(err.1.contains("disable memory, stack or storage"), "{}", err.1);
    let soon = RpcOptions { trace_timeout: Duration::from_millis(5), ..Default::default() };
    let options = json!({ "tracer": "noopTracer" });
    let params = json!([request, "latest", options]);
    let err = ask_with(&chain, soon, "debug_traceCall", params.clone()).await.unwrap_err();
    assert_eq!(err, (-32000, "execution timeout".into()));
    let options = json!({ "tracer": "callTracer", "timeout": "1ms" });
    let params = json!([request, "latest", options]);
    let err = ask(&chain, "debug_traceCall", params).await.unwrap_err();
    assert_eq!(err, (-32000, "execution timeout".into()));
}

#[tokio::test]
async fn raw_encodings_are_those_that_hashes_are_made_of() {
    let (chain, block) = traced();
    let raw = |value: Value| serde_json::from_value::<Bytes>(value).unwrap();
    for id in [json!("latest"), json!("0x1"), json!(block.hash())] {
        let header = raw(ask(&chain, "debug_getRawHeader", json!([id])).await.unwrap());
        assert_eq!(alloy_primitives::keccak256(header), block.hash());
    }
    let receipts = ask(&chain, "debug_getRawReceipts", json!(["latest"])).await.unwrap();
    let receipts: Vec<Bytes> = serde_json::from_value(receipts).unwrap();
    let root = alloy_consensus::proofs::ordered_trie_root_encoded(&receipts);
    assert_eq!(root, block.receipts_root);
    let tx = hash(&block, account(0));
    let found = raw(ask(&chain, "debug_getRawTransaction", json!([tx])).await.unwrap());
    assert_eq!(found, call(0, 0, CALLER));
    let pending = signed(2, 0, TxKind::Call(COUNTER), 0, Bytes::new());
    let tx = chain.submit(&pending).unwrap();
    let found = raw(ask(&chain, "debug_getRawTransaction", json!([tx])).await.unwrap());
    assert_eq!(found, pending);
    let missing = ask(&chain, "debug_getRawTransaction", json!([B256::ZERO])).await.unwrap();
    assert_eq!(missing, Value::Null);
}

#[tokio::test]
async fn an_access_list_names_what_is_touched() {
    let chain = testing::rollup();
    let request = json!({ "from": account(0), "to": CALLER });
    let created = ask(&chain, "eth_createAccessList", json!([request])).await.unwrap();
    let expected = json!([{ "address": COUNTER, "storageKeys": [B256::ZERO] }]);
    let list = created["accessList"].clone();
    assert_eq!(list.to_string().to_lowercase(), expected.to_string().to_lowercase());
    assert!(created.get("error").is_none());
    // With the list the call costs what was said.
    let with = json!({ "from": account(0), "to": CALLER, "accessList": list });
    let frame = ask(&chain, "debug_traceCall", json!([with, "latest", { "tracer": "callTracer" }]));
    assert_eq!(frame.await.unwrap()["gasUsed"], created["gasUsed"]);
    let reverted = ask(&chain, "eth_createAccessList", json!([{ "to": REVERTER }])).await.unwrap();
    assert_eq!(reverted["error"], "execution reverted: no!");
}
