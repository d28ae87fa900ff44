//! The node under examination, over JSON-RPC.

use super::VerifyError;
use alloy_primitives::{Address, B256, Bytes, U64};
use alloy_rpc_client::{ClientBuilder, RpcClient};
use alloy_rpc_types_eth::{EIP1186AccountProofResponse, Header};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::time::Duration;

/// How long to wait for one answer.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A client of the node.
#[derive(Debug)]
pub(super) struct Node(RpcClient);

/// The part of `optimism_outputAtBlock` that is checked.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Output {
    output_root: B256,
}

impl Node {
    pub(super) fn new(url: &str) -> Result<Self, VerifyError> {
        let url = url.parse().map_err(|error| VerifyError::Node {
            method: "connect",
            reason: format!("not an address: {error}"),
        })?;
        Ok(Self(ClientBuilder::default().http(url)))
    }

    async fn request<T: DeserializeOwned>(
        &self,
        method: &'static str,
        params: Value,
    ) -> Result<T, VerifyError> {
        let failed = |reason: String| VerifyError::Node { method, reason };
        let answer = self.0.request::<Value, Value>(method, params);
        let answer = tokio::time::timeout(TIMEOUT, answer).await;
        let answer = answer.map_err(|_| failed(format!("none within {TIMEOUT:?}")))?;
        let value = answer.map_err(|error| failed(error.to_string()))?;
        serde_json::from_value(value).map_err(|error| failed(error.to_string()))
    }

    pub(super) async fn chain_id(&self) -> Result<u64, VerifyError> {
        Ok(self.request::<U64>("eth_chainId", json!([])).await?.to())
    }

    /// Number of the block that the node calls safe.
    pub(super) async fn safe_number(&self) -> Result<u64, VerifyError> {
        let safe: Header = self.request("eth_getBlockByNumber", json!(["safe", false])).await?;
        Ok(safe.number)
    }

    /// The hash of a block, computed from the header that the node gives.
    pub(super) async fn block_hash(&self, number: u64) -> Result<B256, VerifyError> {
        let params = json!([U64::from(number), false]);
        let header: Header = self.request("eth_getBlockByNumber", params).await?;
        let (said, computed) = (header.hash, header.inner.hash_slow());
        if said != computed {
            return Err(VerifyError::BlockHash { number, said, computed });
        }
        Ok(computed)
    }

    pub(super) async fn output_root(&self, number: u64) -> Result<B256, VerifyError> {
        let output = self.request::<Output>("optimism_outputAtBlock", json!([U64::from(number)]));
        Ok(output.await?.output_root)
    }

    pub(super) async fn proof(
        &self,
        address: Address,
        slots: &[B256],
        number: u64,
    ) -> Result<EIP1186AccountProofResponse, VerifyError> {
        self.request("eth_getProof", json!([address, slots, U64::from(number)])).await
    }

    pub(super) async fn code(&self, address: Address, number: u64) -> Result<Bytes, VerifyError> {
        self.request("eth_getCode", json!([address, U64::from(number)])).await
    }
}
