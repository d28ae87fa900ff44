//! A small JSON-RPC client: requests and answers as plain JSON.

use crate::error::{Error, Result};
use crate::wait;
use alloy_primitives::{Address, B256, Bytes, U256};
use serde_json::{Value, json};
use std::ops::{ControlFlow, RangeInclusive};
use std::time::Duration;

/// Requests in one JSON-RPC batch.
const BATCH: usize = 100;

/// A JSON-RPC endpoint over HTTP. Clones share their connections.
#[derive(Clone, Debug)]
pub struct Rpc {
    url: String,
    http: reqwest::Client,
}

impl Rpc {
    /// An endpoint, not yet connected. `url` starts with `http://`.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), http: reqwest::Client::new() }
    }

    /// Address of the endpoint.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Calls `method` and returns its result.
    ///
    /// # Errors
    /// [`Error::Transport`] without a JSON-RPC answer, [`Error::Rpc`] for an error answer.
    pub async fn call(&self, method: &str, params: Value) -> Result<Value> {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let answer = self.post(method, &body).await?;
        self.result(method, answer)
    }

    /// Calls `method` once for each of `params`, in batches, and returns the results in order.
    ///
    /// # Errors
    /// As [`Rpc::call`]; the first error ends it.
    pub async fn batch(&self, method: &str, params: &[Value]) -> Result<Vec<Value>> {
        let mut results = Vec::with_capacity(params.len());
        for chunk in params.chunks(BATCH) {
            let body: Vec<Value> = chunk
                .iter()
                .enumerate()
                .map(|(id, params)| json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }))
                .collect();
            let Value::Array(mut answers) = self.post(method, &Value::Array(body)).await? else {
                return Err(self.transport(method, "a batch was not answered with an array"));
            };
            if answers.len() != chunk.len() {
                return Err(self.transport(method, "a batch was not answered in full"));
            }
            // The answers of a batch may come in any order.
            answers.sort_by_key(|answer| answer["id"].as_u64());
            for answer in answers {
                results.push(self.result(method, answer)?);
            }
        }
        Ok(results)
    }

    async fn post(&self, method: &str, body: &Value) -> Result<Value> {
        let answer = async {
            let response = self.http.post(&self.url).json(body).send().await?;
            response.json::<Value>().await
        };
        answer.await.map_err(|error| self.transport(method, with_causes(&error)))
    }

    fn result(&self, method: &str, mut answer: Value) -> Result<Value> {
        if let Some(error) = answer.get("error") {
            return Err(Error::Rpc {
                url: self.url.clone(),
                method: method.to_owned(),
                code: error["code"].as_i64().unwrap_or_default(),
                message: error["message"].as_str().unwrap_or_default().to_owned(),
            });
        }
        match answer.get_mut("result") {
            Some(result) => Ok(result.take()),
            None => Err(self.transport(method, "an answer has neither result nor error")),
        }
    }

    fn transport(&self, method: &str, message: impl Into<String>) -> Error {
        Error::Transport {
            url: self.url.clone(),
            method: method.to_owned(),
            message: message.into(),
        }
    }

    /// Waits until the endpoint answers `eth_chainId`, and returns the id.
    ///
    /// # Errors
    /// [`Error::Timeout`] after `deadline`.
    pub async fn wait_ready(&self, deadline: Duration) -> Result<u64> {
        wait::until(&format!("{} to answer", self.url), deadline, || async {
            Ok(match self.call("eth_chainId", json!([])).await {
                Ok(id) => ControlFlow::Break(quantity(&id)?),
                Err(error) => ControlFlow::Continue(error),
            })
        })
        .await
    }

    /// Number of the newest block.
    ///
    /// # Errors
    /// As [`Rpc::call`].
    pub async fn block_number(&self) -> Result<u64> {
        quantity(&self.call("eth_blockNumber", json!([])).await?)
    }

    /// A block without its transactions' content, or `None`. `tag` is a number in hexadecimal or
    /// one of the names (`latest`, `safe`, `finalized`).
    ///
    /// # Errors
    /// As [`Rpc::call`].
    pub async fn block(&self, tag: &str) -> Result<Option<Value>> {
        let block = self.call("eth_getBlockByNumber", json!([tag, false])).await?;
        Ok((!block.is_null()).then_some(block))
    }

    /// Number of the block with this tag, zero while there is none.
    ///
    /// # Errors
    /// As [`Rpc::call`].
    pub async fn number_of(&self, tag: &str) -> Result<u64> {
        match self.block(tag).await {
            Ok(Some(block)) => quantity(&block["number"]),
            Ok(None) => Ok(0),
            // geth answers so before the first safe or finalized block.
            Err(Error::Rpc { message, .. }) if message.contains("not found") => Ok(0),
            Err(error) => Err(error),
        }
    }

    /// Hashes of all blocks of a range.
    ///
    /// # Errors
    /// As [`Rpc::call`], or when a block is missing.
    pub async fn block_hashes(&self, range: RangeInclusive<u64>) -> Result<Vec<B256>> {
        let params: Vec<Value> =
            range.clone().map(|number| json!([format!("{number:#x}"), false])).collect();
        let blocks = self.batch("eth_getBlockByNumber", &params).await?;
        range
            .zip(blocks)
            .map(|(number, block)| {
                serde_json::from_value(block["hash"].clone())
                    .map_err(|_| Error::Unexpected(format!("{}: no block {number}", self.url)))
            })
            .collect()
    }

    /// Nonce of the next transaction of `address`, those in the pool counted.
    ///
    /// # Errors
    /// As [`Rpc::call`].
    pub async fn nonce(&self, address: Address) -> Result<u64> {
        quantity(&self.call("eth_getTransactionCount", json!([address, "pending"])).await?)
    }

    /// Balance of `address` at the newest block, in wei.
    ///
    /// # Errors
    /// As [`Rpc::call`].
    pub async fn balance(&self, address: Address) -> Result<U256> {
        let balance = self.call("eth_getBalance", json!([address, "latest"])).await?;
        serde_json::from_value(balance).map_err(|error| Error::Unexpected(error.to_string()))
    }

    /// Sends a signed transaction and returns its hash.
    ///
    /// # Errors
    /// As [`Rpc::call`].
    pub async fn send_raw(&self, transaction: &Bytes) -> Result<B256> {
        let hash = self.call("eth_sendRawTransaction", json!([transaction])).await?;
        serde_json::from_value(hash).map_err(|error| Error::Unexpected(error.to_string()))
    }

    /// The receipt of a transaction, `None` while it is in no block.
    ///
    /// # Errors
    /// As [`Rpc::call`].
    pub async fn receipt(&self, hash: B256) -> Result<Option<Value>> {
        match self.call("eth_getTransactionReceipt", json!([hash])).await {
            Ok(receipt) => Ok((!receipt.is_null()).then_some(receipt)),
            // geth answers so while its index is behind its head.
            Err(Error::Rpc { message, .. }) if message.contains("indexing is in progress") => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Waits for the receipt of a transaction.
    ///
    /// # Errors
    /// [`Error::Timeout`] after `deadline`.
    pub async fn wait_receipt(&self, hash: B256, deadline: Duration) -> Result<Value> {
        wait::until(&format!("the receipt of {hash}"), deadline, || async {
            Ok(match self.receipt(hash).await? {
                Some(receipt) => ControlFlow::Break(receipt),
                None => ControlFlow::Continue("no receipt"),
            })
        })
        .await
    }

    /// Waits until the block with `tag` has at least this number, and returns its number.
    ///
    /// # Errors
    /// [`Error::Timeout`] after `deadline`.
    pub async fn wait_block(&self, tag: &str, number: u64, deadline: Duration) -> Result<u64> {
        let what = format!("{tag} block {number} at {}", self.url);
        wait::until(&what, deadline, || async {
            let seen = self.number_of(tag).await?;
            Ok(if seen >= number {
                ControlFlow::Break(seen)
            } else {
                ControlFlow::Continue(format!("block {seen}"))
            })
        })
        .await
    }
}

/// Reads a JSON-RPC quantity (`"0x1a"`).
///
/// # Errors
/// [`Error::Unexpected`] for anything else.
pub fn quantity(value: &Value) -> Result<u64> {
    value
        .as_str()
        .and_then(|text| text.strip_prefix("0x"))
        .and_then(|digits| u64::from_str_radix(digits, 16).ok())
        .ok_or_else(|| Error::Unexpected(format!("{value} is no quantity")))
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}
