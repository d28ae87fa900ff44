//! JSON-RPC to a running chain.

use serde_json::{Value, json};
use std::time::Duration;

/// How long an endpoint may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// A client for endpoints on this machine: no proxy.
#[derive(Debug, Clone)]
pub(crate) struct Rpc(reqwest::Client);

impl Rpc {
    /// A client.
    ///
    /// # Errors
    /// What the HTTP library says.
    pub(crate) fn new() -> Result<Self, String> {
        reqwest::Client::builder()
            .timeout(TIMEOUT)
            .no_proxy()
            .build()
            .map(Self)
            .map_err(|error| error.to_string())
    }

    /// Calls `method` at `url`.
    ///
    /// # Errors
    /// What went wrong, in a few words.
    pub(crate) async fn call(
        &self,
        url: &str,
        method: &str,
        params: Value,
    ) -> Result<Value, String> {
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let answer = self.0.post(url).json(&request).send().await;
        let answer = answer.map_err(|_| "does not answer".to_owned())?;
        let mut answer: Value =
            answer.json().await.map_err(|_| "does not answer with JSON".to_owned())?;
        match answer.get("error") {
            Some(error) => Err(error["message"].as_str().unwrap_or("failed").to_owned()),
            None => Ok(answer["result"].take()),
        }
    }
}
