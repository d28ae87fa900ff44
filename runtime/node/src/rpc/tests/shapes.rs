use super::kit::*;
use serde_json::json;
#[tokio::test]
async fn print() {
    for rpc in [busy_rollup(), busy_l1()] {
        println!("{:#}", rpc.ask("eth_getBlockByNumber", json!(["0x1", true])).await);
        println!("{:#}", rpc.ask("eth_getBlockReceipts", json!(["0x1"])).await);
        println!("{:#}", rpc.ask("eth_getBlockReceipts", json!(["0x2"])).await);
    }
}
