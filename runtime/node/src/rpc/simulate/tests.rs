//! `eth_simulateV1` against what the chain then does, and its error codes.

use crate::{
    chain::Chain,
    testing::{self, CALLER, COUNTER, REVERTER, account, ask, call},
};
use alloy_primitives::{Address, B256, U256, address, hex};
use serde_json::{Value, json};
use std::sync::Arc;

async fn simulate(chain: &Arc<Chain>, payload: Value) -> Result<Value, (i64, String)> {
    ask(chain, "eth_simulateV1", json!([payload, "latest"])).await
}

async fn code(chain: &Arc<Chain>, blocks: Value, validation: bool) -> i64 {
    let payload = json!({ "blockStateCalls": blocks, "validation": validation });
    simulate(chain, payload.clone()).await.expect_err(&payload.to_string()).0
}

fn word(number: u64) -> Value {
    json!(B256::from(U256::from(number)))
}

fn hex(number: u64) -> Value {
    json!(format!("{number:#x}"))
}

#[tokio::test]
async fn calls_follow_on_from_each_other() {
    for chain in [testing::l1(), testing::rollup()] {
        let state = json!({ account(7).to_string(): { "balance": "0x64" } });
        let payload = json!({ "blockStateCalls": [
            { "stateOverrides": state, "calls": [
                { "to": COUNTER },
                { "from": account(7), "to": account(6), "value": "0x64" },
                { "to": REVERTER },
            ] },
            { "calls": [{ "to": CALLER }, { "to": COUNTER }] },
        ] });
        let blocks = simulate(&chain, payload).await.unwrap();
        let [first, second] = [&blocks[0], &blocks[1]];
        let head = chain.head();
        assert_eq!(first["parentHash"], json!(head.hash()));
        assert_eq!(first["number"], "0x1");
        assert_eq!(first["timestamp"], hex(head.timestamp + 2));
        assert_eq!(first["baseFeePerGas"], "0x0");
        assert_eq!(second["parentHash"], first["hash"]);
        assert_ne!(second["stateRoot"], first["stateRoot"]);
        let transactions = first["transactions"].as_array().unwrap();
        assert_eq!(transactions.len(), 3);

        let calls = &first["calls"];
        assert_eq!(calls[0]["logs"][0]["data"], word(8));
        assert_eq!(calls[0]["logs"][0]["blockHash"], first["hash"]);
        assert_eq!(calls[0]["logs"][0]["transactionHash"], transactions[0]);
        assert_eq!((&calls[0]["status"], &calls[1]["status"]), (&json!("0x1"), &json!("0x1")));
        assert_eq!(calls[1]["gasUsed"], "0x5208");
        assert_eq!(calls[2]["status"], "0x0");
        assert_eq!(calls[2]["error"]["code"], 3);
        assert_eq!(calls[2]["error"]["message"], "execution reverted: no!");
        assert_eq!(second["calls"][0]["returnData"], word(42));
        assert_eq!(second["calls"][1]["logs"][0]["data"], word(10));
        // Nothing of it happened.
        assert_eq!(chain.head().number, 0);
    }
}

#[tokio::test]
async fn a_simulated_block_is_the_block_that_would_be() {
    let chain = testing::l1();
    chain.submit(&call(0, 0, COUNTER)).unwrap();
    let attributes =
        crate::chain::Attributes { fee_recipient: account(5), ..testing::next(&chain) };
    let real = chain.build(&attributes).unwrap().executed;
    let payload = json!({
        "blockStateCalls": [{
            "blockOverrides": { "feeRecipient": account(5) },
            "calls": [{ "from": account(0), "to": COUNTER, "gas": "0x186a0",
                "maxFeePerGas": hex(20_000_000_000), "maxPriorityFeePerGas": "0x1" }],
        }],
        "validation": true,
        "returnFullTransactions": true,
    });
    let block = &simulate(&chain, payload).await.unwrap()[0];
    for (field, value) in [
        ("stateRoot", json!(real.state_root)),
        ("receiptsRoot", json!(real.receipts_root)),
        ("gasUsed", hex(real.gas_used)),
        ("baseFeePerGas", hex(real.base_fee_per_gas.unwrap())),
        ("logsBloom", json!(real.logs_bloom)),
        ("withdrawalsRoot", json!(real.withdrawals_root)),
        ("requestsHash", json!(real.requests_hash)),
    ] {
        assert_eq!(block[field], value, "{field}");
    }
    let tx = &block["transactions"][0];
    assert_eq!(tx["from"], json!(format!("{:#x}", account(0))));
    assert_eq!((&tx["type"], &tx["nonce"]), (&json!("0x2"), &json!("0x0")));
}

#[tokio::test]
async fn blocks_know_those_before_them() {
    let chain = testing::rollup();
    // BLOCKHASH(NUMBER - 1)
    let code = json!({ account(9).to_string(): { "code": "0x600143034060005260206000f3" } });
    let ask = json!([{ "to": account(9) }]);
    let payload = json!({ "blockStateCalls": [
        { "stateOverrides": code, "calls": ask },
        { "blockOverrides": { "number": "0x5", "time": hex(chain.head().timestamp + 60) }, "calls": ask },
    ] });
    let blocks = simulate(&chain, payload).await.unwrap();
    let numbers: Vec<&Value> =
        blocks.as_array().unwrap().iter().map(|block| &block["number"]).collect();
    assert_eq!(numbers, ["0x1", "0x2", "0x3", "0x4", "0x5"]);
    assert_eq!(blocks[0]["calls"][0]["returnData"], json!(chain.head().hash()));
    assert_eq!(blocks[4]["calls"][0]["returnData"], blocks[3]["hash"]);
    assert_eq!(blocks[3]["timestamp"], hex(chain.head().timestamp + 8));
    assert_eq!(blocks[4]["timestamp"], hex(chain.head().timestamp + 60));
}

#[tokio::test]
async fn transfers_are_logged_if_asked_for() {
    let chain = testing::rollup();
    // Sends 3 wei on to an address of no code, then 2 wei to one that reverts.
    let send = |value: u8, to: Address| {
        let call =
            [hex!("5f5f5f5f60").as_slice(), &[value], &hex!("73"), to.as_slice(), &hex!("5af150")];
        call.concat()
    };
    let code = [send(3, account(6)), send(2, REVERTER)].concat();
    let state = json!({
        account(7).to_string(): { "balance": "0x64" },
        account(9).to_string(): { "code": alloy_primitives::Bytes::from(code) },
    });
    let payload = json!({
        "blockStateCalls": [{ "stateOverrides": state, "calls": [
            { "from": account(7), "to": account(9), "value": "0x7" },
            { "from": account(7), "to": REVERTER, "value": "0x7" },
        ] }],
        "traceTransfers": true,
    });
    let blocks = simulate(&chain, payload).await.unwrap();
    let ether = address!("eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee");
    let logs = blocks[0]["calls"][0]["logs"].as_array().unwrap();
    let seen: Vec<_> = logs.iter().map(|log| (&log["topics"][2], &log["data"])).collect();
    let (to9, to6) = (json!(account(9).into_word()), json!(account(6).into_word()));
    assert_eq!(seen, [(&to9, &word(7)), (&to6, &word(3))]);
    assert_eq!(logs[0]["address"], json!(format!("{ether:#x}")));
    assert_eq!(blocks[0]["calls"][1]["logs"], json!([]));
    // They are not in the block itself.
    let bloom: alloy_primitives::Bloom =
        serde_json::from_value(blocks[0]["logsBloom"].clone()).unwrap();
    assert!(bloom.is_zero());
}

#[tokio::test]
async fn refusals_have_the_codes_of_the_specification() {
    let chain = testing::l1();
    let call = |more: Value| {
        let mut call = json!({ "from": account(0), "to": COUNTER });
        call.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!([{ "calls": [call] }])
    };
    let fee = hex(20_000_000_000);
    for (blocks, expected) in [
        (call(json!({ "nonce": "0x5", "maxFeePerGas": fee })), -38011),
        (call(json!({})), -38012),
        (call(json!({ "gas": "0x5207", "maxFeePerGas": fee })), -38013),
        (call(json!({ "from": account(7), "maxFeePerGas": fee })), -38014),
    ] {
        assert_eq!(code(&chain, blocks.clone(), true).await, expected, "{blocks}");
    }
    let nonce = json!([{ "stateOverrides": { account(0).to_string(): { "nonce": "0x3" } },
        "calls": [{ "from": account(0), "to": COUNTER, "nonce": "0x1", "maxFeePerGas": fee }] }]);
    assert_eq!(code(&chain, nonce, true).await, -38010);

    let (one, two) =
        (address!("0000000000000000000000000000000000000001"), Address::with_last_byte(2));
    let moves =
        |from: Address, to: Address| json!({ from.to_string(): { "movePrecompileToAddress": to } });
    let mut same = moves(one, account(9));
    same.as_object_mut().unwrap().extend(moves(two, account(9)).as_object().unwrap().clone());
    let at =
        |number: &str, time: &str| json!({ "blockOverrides": { "number": number, "time": time } });
    let late = |number| at(number, "0xffff");
    for (blocks, expected) in [
        (call(json!({ "gas": hex(30_000_001) })), -38015),
        (call(json!({ "from": account(7), "value": "0x1" })), -38014),
        (json!([late("0x0")]), -38020),
        (json!([late("0x2"), at("0x2", "0x10000")]), -38020),
        (json!([at("0x1", "0x0")]), -38021),
        (json!([{ "stateOverrides": moves(one, one) }]), -38022),
        (json!([{ "stateOverrides": same }]), -38023),
        (json!([late("0x101")]), -38026),
        (json!([{ "calls": vec![json!({}); 5_001] }]), -38026),
        (json!([]), -32602),
        (call(json!({ "gasPrice": "0x1", "maxFeePerGas": "0x1" })), -32602),
        (call(json!({ "blobVersionedHashes": [B256::ZERO] })), -32602),
    ] {
        let text = blocks.to_string();
        let text = &text[..text.len().min(200)];
        assert_eq!(code(&chain, blocks.clone(), false).await, expected, "{text}");
    }
    let gas = vec![json!({ "calls": [{ "to": testing::LOOPER, "gas": hex(25_000_000) }] }); 3];
    let blocks = simulate(&chain, json!({ "blockStateCalls": gas })).await;
    // The gas of all calls together is bounded: the third gets none.
    assert_eq!(blocks.unwrap_err().0, -38013);
}
