//! Random bodies: every one gets an answer that is JSON, and the server goes on.

use super::kit::*;
use crate::rpc::{Args, RpcOptions, modules};
use alloy_primitives::{B256, Bytes};
use jsonrpsee::{RpcModule, types::Params};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::LazyLock;

/// One chain for all cases: none of them writes a block.
static MODULE: LazyLock<(RpcModule<()>, Vec<&'static str>)> = LazyLock::new(|| {
    let module = modules(busy_rollup().chain, RpcOptions::default());
    let names =
        module.method_names().filter(|name| *name != "eth_sendRawTransactionSync").collect();
    (module, names)
});

fn ask(body: &str) -> Option<Value> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let answer = runtime.block_on(MODULE.0.raw_json_request(body, 1)).ok()?.0;
    Some(serde_json::from_str(answer.get()).unwrap())
}

/// JSON that looks like what methods take.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(|number| json!(format!("{number:#x}"))),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "(latest|earliest|pending|safe|finalized|0x|0x[0-9a-f]{1,70}|.{0,8})".prop_map(Value::from),
        prop::array::uniform20(any::<u8>()).prop_map(|b| json!(Bytes::from(b.to_vec()))),
        Just(json!(emitter_address())),
        Just(json!(B256::repeat_byte(0x11))),
    ];
    let key = prop::sample::select(vec![
        "to",
        "from",
        "data",
        "input",
        "gas",
        "gasPrice",
        "value",
        "nonce",
        "address",
        "topics",
        "fromBlock",
        "toBlock",
        "blockHash",
        "blockNumber",
        "requireCanonical",
        "code",
        "balance",
        "state",
        "stateDiff",
        "accessList",
        "authorizationList",
        "number",
        "time",
        "tracer",
    ]);
    leaf.prop_recursive(3, 24, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..5)
                .prop_map(|pairs| pairs.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn every_method_answers_any_parameters(
        index in any::<prop::sample::Index>(),
        params in prop::collection::vec(value(), 0..5),
    ) {
        let method = *index.get(&MODULE.1);
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let answer = ask(&body.to_string()).unwrap();
        let answered = answer.get("result").is_some() || answer["error"]["code"].is_i64();
        prop_assert!(answered, "{method}: {answer}");
        // A panic in a method becomes an internal error: there is none.
        let code = answer["error"]["code"].as_i64().unwrap_or(0);
        prop_assert!(code != -32603, "{body}: {answer}");
    }

    #[test]
    fn any_bytes_are_answered_or_refused(body in ".{0,300}") {
        if let Some(answer) = ask(&body) {
            prop_assert!(answer["error"]["code"].is_i64());
        }
    }

    #[test]
    fn parameters_that_are_not_an_array_are_refused(body in "[^\\[]{0,64}") {
        let _ = <(Bytes, Option<u64>)>::parse(&Params::new(Some(&body)));
    }

    #[test]
    fn raw_transactions_of_any_bytes_are_refused(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_sendRawTransaction",
            "params": [Bytes::from(bytes)] });
        let answer = ask(&body.to_string()).unwrap();
        prop_assert_eq!(&answer["error"]["code"], -32000);
    }
}
