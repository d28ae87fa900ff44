//! `eth_call` and `eth_estimateGas`.

use super::kit::*;
use crate::testing::{CALLER, COUNTER, LOOPER, REVERTER, account};
use alloy_primitives::{B256, U256};
use serde_json::json;

#[tokio::test]
async fn a_call_gives_what_the_contract_returns() {
    for rpc in [busy_l1(), busy_rollup()] {
        let answer = json!(B256::with_last_byte(42));
        assert_eq!(rpc.ask("eth_call", json!([{ "to": CALLER }, "latest"])).await, answer);
        assert_eq!(rpc.ask("eth_call", json!([{ "to": CALLER }])).await, answer);
        // op-batcher asks this way whether the node is there.
        assert_eq!(rpc.ask("eth_call", json!([{}, "latest"])).await, "0x");
        let unchanged = rpc.ask("eth_getStorageAt", json!([COUNTER, "0x0", "latest"])).await;
        assert_eq!(unchanged, json!(B256::with_last_byte(7)));
    }
}

#[tokio::test]
async fn overrides_change_state_and_block() {
    let rpc = busy_l1();
    // MSTORE(0, NUMBER); RETURN(0, 32)
    let code = json!({ account(5).to_string(): { "code": "0x4360005260206000f3" } });
    let call = json!({ "to": account(5) });
    let height = rpc.ask("eth_call", json!([call, "latest", code])).await;
    assert_eq!(height, json!(B256::with_last_byte(2)));
    let later = json!({ "number": "0x63" });
    let height = rpc.ask("eth_call", json!([call, "latest", code, later])).await;
    assert_eq!(height, json!(B256::with_last_byte(99)));
    // MSTORE(0, SLOAD(0)); RETURN(0, 32)
    let read = json!({ COUNTER.to_string(): {
        "code": "0x60005460005260206000f3",
        "stateDiff": { B256::ZERO.to_string(): B256::with_last_byte(0x55) },
    } });
    let slot = rpc.ask("eth_call", json!([{ "to": COUNTER }, "latest", read])).await;
    assert_eq!(slot, json!(B256::with_last_byte(0x55)));
}

#[tokio::test]
async fn a_revert_is_error_3_with_its_data() {
    let rpc = busy_rollup();
    for method in ["eth_call", "eth_estimateGas"] {
        let (code, message, data) =
            rpc.try_ask(method, json!([{ "to": REVERTER }])).await.unwrap_err();
        assert_eq!((code, &*message), (3, "execution reverted: no!"), "{method}");
        assert!(data.as_str().unwrap().starts_with("0x08c379a0"), "{method}: {data}");
    }
}

#[tokio::test]
async fn calls_that_cannot_run_say_why() {
    let rpc = busy_l1();
    let halted = rpc.refusal("eth_call", json!([{ "to": LOOPER }])).await;
    assert_eq!(halted, (-32000, "out of gas".into()));
    let (code, message) = rpc
        .refusal("eth_call", json!([{ "from": account(6), "to": account(9), "value": "0x1" }]))
        .await;
    assert_eq!(code, -32000);
    assert!(message.starts_with("insufficient funds for gas * price + value"), "{message}");
    let both = json!([{ "to": account(9), "gasPrice": "0x1", "maxFeePerGas": "0x1" }]);
    let (code, message) = rpc.refusal("eth_call", both).await;
    assert_eq!(code, -32000);
    assert!(message.starts_with("both gasPrice and"), "{message}");
    let (code, message) = rpc.refusal("eth_call", json!([{ "to": "0x1234" }])).await;
    assert_eq!(code, -32602);
    assert!(message.starts_with("invalid argument 0: "), "{message}");
    let (code, message) = rpc.refusal("eth_call", json!([])).await;
    assert_eq!((code, &*message), (-32602, "missing value for required argument 0"));
}

/// Runs a message with exactly this much gas, as a block would.
async fn runs_with(rpc: &Rpc, to: alloy_primitives::Address, gas: u64) -> bool {
    let call = json!([{ "to": to, "gas": U256::from(gas) }]);
    rpc.try_ask("eth_call", call).await.is_ok()
}

#[tokio::test]
async fn an_estimate_is_enough_and_not_much_more() {
    for rpc in [busy_l1(), busy_rollup()] {
        let transfer = json!([{ "from": account(0), "to": account(9), "value": "0x1" }]);
        assert_eq!(rpc.ask("eth_estimateGas", transfer).await, "0x5208");
        for to in [COUNTER, CALLER] {
            let estimate: U256 = rpc
                .ask("eth_estimateGas", json!([{ "from": account(0), "to": to }]))
                .await
                .as_str()
                .unwrap()
                .parse()
                .unwrap();
            let estimate = estimate.to::<u64>();
            assert!(runs_with(&rpc, to, estimate).await, "{to}: {estimate}");
            assert!(estimate < 80_000, "{to}: {estimate}");
        }
        let counter = json!([{ "from": account(0), "to": COUNTER }]);
        let estimate = rpc.ask("eth_estimateGas", counter).await;
        let raw = {
            let gas: U256 = estimate.as_str().unwrap().parse().unwrap();
            gas.to::<u64>()
        };
        // A thirtieth less is too little: the tolerance is 1.5 %.
        assert!(!runs_with(&rpc, COUNTER, raw - raw / 30).await, "{raw}");
        let create = json!([{ "from": account(0), "data": emitter() }]);
        let estimate: U256 =
            rpc.ask("eth_estimateGas", create).await.as_str().unwrap().parse().unwrap();
        assert!((60_000..70_000).contains(&estimate.to::<u64>()), "{estimate}");
    }
}

#[tokio::test]
async fn estimates_that_cannot_be_say_why() {
    let rpc = busy_l1();
    let endless = json!([{ "from": account(0), "to": LOOPER, "gas": "0x186a0" }]);
    let (code, message) = rpc.refusal("eth_estimateGas", endless).await;
    assert_eq!((code, &*message), (-32000, "gas required exceeds allowance (100000)"));
    let poor = json!([{ "from": account(6), "to": account(9), "value": "0x1", "gasPrice": "0x1" }]);
    let (code, message) = rpc.refusal("eth_estimateGas", poor).await;
    assert_eq!((code, &*message), (-32000, "insufficient funds for transfer"));
    // What the balance pays for bounds the gas.
    let broke = json!({ account(6).to_string(): { "balance": "0x7530" } });
    let call = json!([{ "from": account(6), "to": COUNTER, "gasPrice": "0x1" }, "latest", broke]);
    let (code, message) = rpc.refusal("eth_estimateGas", call).await;
    // The price is below the base fee.
    assert_eq!(code, -32000, "{message}");
}
