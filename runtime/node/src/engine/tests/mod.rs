//! The Engine API as an op-node uses it.

mod auth;
mod forkchoice;
mod payloads;

use super::Engine;
use crate::{
    chain::Chain,
    rpc::{Node, RpcOptions},
    testing,
};
use alloy_primitives::{Address, B256, Bytes};
use jsonrpsee::RpcModule;
use serde_json::{Value, json};
use std::sync::Arc;

/// A chain behind its Engine API.
struct Remote {
    chain: Arc<Chain>,
    module: RpcModule<()>,
}

impl Remote {
    fn new(chain: Arc<Chain>) -> Self {
        let node = Node::new(chain.clone(), RpcOptions::default());
        Self { module: Engine::new(chain.clone()).module(node), chain }
    }

    fn rollup() -> Self {
        Self::new(testing::rollup())
    }

    /// The result, or the code and message of the error.
    async fn call(&self, method: &str, params: Value) -> Result<Value, (i64, String)> {
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let (answer, _) = self.module.raw_json_request(&request.to_string(), 1).await.unwrap();
        let mut answer: Value = serde_json::from_str(answer.get()).unwrap();
        match answer.get("error") {
            Some(err) => Err((err["code"].as_i64().unwrap(), err["message"].to_string())),
            None => Ok(answer["result"].take()),
        }
    }

    async fn code(&self, method: &str, params: Value) -> i64 {
        self.call(method, params).await.expect_err("an error").0
    }

    async fn forkchoice(&self, state: Value, attributes: Value) -> Result<Value, (i64, String)> {
        self.call("engine_forkchoiceUpdatedV3", json!([state, attributes])).await
    }

    /// Starts a block on the head and gives its payload id.
    async fn start(&self, attributes: Value) -> Value {
        let head = self.chain.head().hash();
        let answer = self.forkchoice(state(head, head, head), attributes).await.unwrap();
        assert_eq!(answer["payloadStatus"]["status"], "VALID");
        assert!(answer["payloadId"].as_str().unwrap().starts_with("0x03"));
        answer["payloadId"].clone()
    }

    async fn get(&self, id: &Value) -> Value {
        self.call("engine_getPayloadV4", json!([id])).await.unwrap()
    }

    async fn insert(&self, envelope: &Value) -> Result<Value, (i64, String)> {
        let beacon_root = envelope.get("parentBeaconBlockRoot").cloned().unwrap_or_default();
        let params = json!([envelope["executionPayload"], [], beacon_root, []]);
        self.call("engine_newPayloadV4", params).await
    }

    async fn select(&self, hash: &Value) -> Value {
        let genesis = self.chain.canonical_hash(0).unwrap().unwrap();
        let state = json!({ "headBlockHash": hash, "safeBlockHash": genesis,
            "finalizedBlockHash": genesis });
        self.forkchoice(state, Value::Null).await.unwrap()["payloadStatus"].take()
    }

    /// Builds a block, stores it and makes it the head.
    async fn extend(&self, attributes: Value) -> Value {
        let envelope = self.get(&self.start(attributes).await).await;
        assert_eq!(self.insert(&envelope).await.unwrap()["status"], "VALID");
        self.select(&envelope["executionPayload"]["blockHash"]).await;
        envelope
    }
}

fn state(head: B256, safe: B256, finalized: B256) -> Value {
    json!({ "headBlockHash": head, "safeBlockHash": safe, "finalizedBlockHash": finalized })
}

/// Attributes for the block after the head of `chain`, with these forced transactions.
fn attributes(chain: &Chain, transactions: &[Bytes], no_tx_pool: bool) -> Value {
    json!({
        "timestamp": format!("{:#x}", chain.head().timestamp + 2),
        "prevRandao": B256::with_last_byte(9),
        "suggestedFeeRecipient": Address::with_last_byte(0x11),
        "withdrawals": [],
        "parentBeaconBlockRoot": B256::with_last_byte(8),
        "transactions": transactions,
        "noTxPool": no_tx_pool,
        "gasLimit": "0x1c9c380",
        "eip1559Params": "0x0000000000000000",
    })
}
