//! Fees.

use super::kit::*;
use serde_json::{Value, json};

fn number(value: &Value) -> u64 {
    u64::from_str_radix(&value.as_str().unwrap()[2..], 16).unwrap()
}

#[tokio::test]
async fn prices_cover_the_next_base_fee() {
    for rpc in [busy_l1(), busy_rollup()] {
        assert_eq!(rpc.ask("eth_maxPriorityFeePerGas", json!([])).await, "0xf4240");
        let price = number(&rpc.ask("eth_gasPrice", json!([])).await);
        let base = rpc.chain.head().base_fee_per_gas.unwrap();
        assert_eq!(price, base + 1_000_000);
        assert_eq!(rpc.ask("eth_blobBaseFee", json!([])).await, "0x1");
    }
}

#[tokio::test]
async fn history_has_one_base_fee_more_than_blocks() {
    let rpc = busy_l1();
    let params = json!(["0x2", "latest", [0, 50.0, 100]]);
    let history = rpc.ask("eth_feeHistory", params).await;
    assert_eq!(history["oldestBlock"], "0x1");
    let base: Vec<u64> = history["baseFeePerGas"].as_array().unwrap().iter().map(number).collect();
    let block = |height| rpc.chain.block_by_number(height).unwrap().unwrap();
    assert_eq!(base[0], block(1).base_fee_per_gas.unwrap());
    assert_eq!(base[1], block(2).base_fee_per_gas.unwrap());
    super::kit::block(&rpc.chain, Vec::new());
    assert_eq!(base[2], block(3).base_fee_per_gas.unwrap());
    let ratio = block(2).gas_used as f64 / block(2).gas_limit as f64;
    assert_eq!(history["gasUsedRatio"][1], ratio);
    assert_eq!(history["baseFeePerBlobGas"], json!(["0x1", "0x1", "0x1"]));
    assert_eq!(history["blobGasUsedRatio"], json!([0.0, 0.0]));
    // Every test transaction tips one wei.
    assert_eq!(history["reward"][1], json!(["0x1", "0x1", "0x1"]));
    // Decimal counts and counts beyond the chain are taken as well.
    let all = rpc.ask("eth_feeHistory", json!([99, "0x2"])).await;
    assert_eq!(all["oldestBlock"], "0x0");
    assert_eq!(all["gasUsedRatio"].as_array().unwrap().len(), 3);
    assert_eq!(all.get("reward"), None);
}

#[tokio::test]
async fn history_refuses_what_it_cannot_answer() {
    let rpc = busy_l1();
    for (params, code, start) in [
        (json!(["0x1", "0x63", []]), -32000, "request beyond head block: requested 99, head 2"),
        (json!(["0x1", "latest", [101]]), -32602, "invalid reward percentile"),
        (json!(["0x1", "latest", [50, 10]]), -32602, "invalid reward percentile"),
        (json!(["0x1", "latest", vec![1; 101]]), -32602, "over the query limit"),
    ] {
        let (have, message) = rpc.refusal("eth_feeHistory", params).await;
        assert_eq!(have, code);
        assert!(message.starts_with(start), "{message}");
    }
}
