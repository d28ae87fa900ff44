//! A parent behind HTTP JSON-RPC, checked against block hashes.

mod cache;

use std::{fmt, sync::Arc, time::Duration};

use alloy_consensus::proofs::ordered_trie_root_with_encoder;
use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::{Address, B256, Bytes, U64, U128, U256};
use alloy_rpc_client::{ClientBuilder, RpcClient};
use alloy_rpc_types_eth::EIP1186AccountProofResponse;
use alloy_transport::RpcError;
use async_trait::async_trait;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{
    Call, Fees, FoundLog, LogQuery, MinedReceipt, Parent, ParentBlock, ParentError, ParentHeader,
    ParentReceipt,
    json::{self, RpcBlock, RpcReceipt, call_object},
};
use cache::Cache;

/// How long to wait for one answer.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// A [`Parent`] reached over HTTP.
///
/// Headers are hashed, and transactions and receipts checked against the header's roots, so a
/// faulty or lying endpoint is noticed instead of followed.
pub struct RpcParent {
    client: RpcClient,
    /// The endpoint as it may be shown: without user, password, path or query.
    endpoint: String,
    poll_interval: Duration,
    headers: Cache<ParentHeader>,
    blocks: Cache<Arc<ParentBlock>>,
    receipts: Cache<Arc<Vec<ParentReceipt>>>,
}

impl fmt::Debug for RpcParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RpcParent").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

impl RpcParent {
    /// Prepares a connection; nothing is sent yet. `poll_interval` is the time between two looks
    /// at the latest block while waiting for it to change.
    ///
    /// # Errors
    /// [`ParentError::Malformed`] if `url` is not an HTTP address.
    pub fn new(url: &str, poll_interval: Duration) -> Result<Self, ParentError> {
        let malformed = |reason: String| ParentError::Malformed { method: "connect", reason };
        if !url.starts_with("http://") && !url.starts_with("https://") {
            return Err(malformed("the address must start with http:// or https://".into()));
        }
        let endpoint = public_part(url);
        let url = url.parse().map_err(|e| malformed(format!("not an address: {e}")))?;
        let client = ClientBuilder::default().http(url);
        Ok(Self {
            client,
            endpoint,
            poll_interval,
            headers: Cache::new(1024),
            blocks: Cache::new(64),
            receipts: Cache::new(64),
        })
    }

    async fn request<T: DeserializeOwned>(
        &self,
        method: &'static str,
        params: Value,
    ) -> Result<T, ParentError> {
        let call = self.client.request::<Value, Value>(method, params);
        let unreachable =
            |reason: String| ParentError::Unreachable { endpoint: self.endpoint.clone(), reason };
        let answer = tokio::time::timeout(REQUEST_TIMEOUT, call)
            .await
            .map_err(|_| unreachable(format!("no answer within {REQUEST_TIMEOUT:?}")))?;
        let value = match answer {
            Ok(value) => value,
            Err(RpcError::ErrorResp(e)) => {
                let data = e
                    .as_revert_data()
                    .or_else(|| serde_json::from_str::<Bytes>(e.data.as_ref()?.get()).ok());
                return Err(ParentError::Rpc {
                    method,
                    code: e.code,
                    message: e.message.into_owned(),
                    data,
                });
            }
            Err(RpcError::NullResp) => Value::Null,
            Err(RpcError::DeserError { err, .. }) => {
                return Err(ParentError::Malformed { method, reason: err.to_string() });
            }
            Err(e) => return Err(unreachable(root_cause(&e))),
        };
        serde_json::from_value(value)
            .map_err(|e| ParentError::Malformed { method, reason: e.to_string() })
    }

    /// Asks for a block; an error saying the tag is not known yet counts as "none".
    async fn block_value(&self, id: BlockId, full: bool) -> Result<Option<Value>, ParentError> {
        let answer = match id {
            BlockId::Hash(hash) => {
                self.request("eth_getBlockByHash", json!([hash.block_hash, full])).await
            }
            BlockId::Number(number) => {
                self.request("eth_getBlockByNumber", json!([number, full])).await
            }
        };
        match answer {
            Err(ParentError::Rpc { message, .. }) if message.contains("not found") => Ok(None),
            other => other,
        }
    }
}

/// The innermost reason. The outer ones repeat the whole address, which may hold a key.
fn root_cause(error: &(dyn std::error::Error + 'static)) -> String {
    std::iter::successors(Some(error), |e| e.source()).last().unwrap_or(error).to_string()
}

/// Scheme, host and port of an address.
fn public_part(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}")
}

fn malformed(method: &'static str, e: impl ToString) -> ParentError {
    ParentError::Malformed { method, reason: e.to_string() }
}

/// Checks a header against its own hash and against what was asked for.
fn check_header(
    id: BlockId,
    header: alloy_rpc_types_eth::Header,
) -> Result<ParentHeader, ParentError> {
    let sealed = ParentHeader::new(header.inner);
    let mismatch = |what, want: String, got: String| ParentError::Mismatch {
        what,
        block: sealed.header.number.to_string(),
        want,
        got,
    };
    let want = id.as_block_hash().unwrap_or(header.hash);
    if sealed.hash != want {
        return Err(mismatch("hash", want.to_string(), sealed.hash.to_string()));
    }
    if let BlockId::Number(BlockNumberOrTag::Number(number)) = id
        && number != sealed.header.number
    {
        return Err(mismatch("number", number.to_string(), sealed.header.number.to_string()));
    }
    Ok(sealed)
}

fn check_root(what: &'static str, block: B256, want: B256, got: B256) -> Result<(), ParentError> {
    if want == got {
        return Ok(());
    }
    let (want, got) = (want.to_string(), got.to_string());
    Err(ParentError::Mismatch { what, block: block.to_string(), want, got })
}

#[async_trait]
impl Parent for RpcParent {
    async fn chain_id(&self) -> Result<u64, ParentError> {
        Ok(self.request::<U64>("eth_chainId", json!([])).await?.to())
    }

    async fn header(&self, id: BlockId) -> Result<Option<ParentHeader>, ParentError> {
        if let Some(found) = id.as_block_hash().and_then(|hash| self.headers.get(&hash)) {
            return Ok(Some(found));
        }
        let Some(value) = self.block_value(id, false).await? else { return Ok(None) };
        let header = serde_json::from_value(value).map_err(|e| malformed("eth_getBlockBy…", e))?;
        let header = check_header(id, header)?;
        self.headers.insert(header.hash, header.clone());
        Ok(Some(header))
    }

    async fn block(&self, id: BlockId) -> Result<Option<ParentBlock>, ParentError> {
        if let Some(found) = id.as_block_hash().and_then(|hash| self.blocks.get(&hash)) {
            return Ok(Some((*found).clone()));
        }
        let Some(value) = self.block_value(id, true).await? else { return Ok(None) };
        let block: RpcBlock =
            serde_json::from_value(value).map_err(|e| malformed("eth_getBlockBy…", e))?;
        let ParentHeader { header, hash } = check_header(id, block.header)?;
        let transactions = block
            .transactions
            .into_iter()
            .map(json::transaction)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|e| malformed("eth_getBlockBy…", e))?;
        let root =
            ordered_trie_root_with_encoder(&transactions, |tx, out| out.extend_from_slice(tx));
        check_root("transactions root", hash, header.transactions_root, root)?;
        let block = ParentBlock { header, hash, transactions };
        self.blocks.insert(hash, Arc::new(block.clone()));
        Ok(Some(block))
    }

    async fn receipts(&self, hash: B256) -> Result<Option<Vec<ParentReceipt>>, ParentError> {
        if let Some(found) = self.receipts.get(&hash) {
            return Ok(Some((*found).clone()));
        }
        let Some(header) = self.header(hash.into()).await? else { return Ok(None) };
        let method = "eth_getBlockReceipts";
        // By hash, in the object form every client takes.
        let answer: Option<Vec<RpcReceipt>> =
            self.request(method, json!([{ "blockHash": hash }])).await?;
        let Some(answer) = answer else { return Ok(None) };
        let receipts: Vec<_> = answer.into_iter().map(RpcReceipt::into_consensus).collect();
        let root = ordered_trie_root_with_encoder(&receipts, |r, out| r.encode_2718(out));
        check_root("receipts root", hash, header.header.receipts_root, root)?;
        self.receipts.insert(hash, Arc::new(receipts.clone()));
        Ok(Some(receipts))
    }

    async fn proof(
        &self,
        address: Address,
        slots: &[B256],
        at: BlockId,
    ) -> Result<EIP1186AccountProofResponse, ParentError> {
        self.request("eth_getProof", json!([address, slots, at])).await
    }

    async fn storage(
        &self,
        address: Address,
        slot: B256,
        at: BlockId,
    ) -> Result<B256, ParentError> {
        self.request("eth_getStorageAt", json!([address, slot, at])).await
    }

    async fn code(&self, address: Address, at: BlockId) -> Result<Bytes, ParentError> {
        self.request("eth_getCode", json!([address, at])).await
    }

    async fn nonce(&self, address: Address, at: BlockId) -> Result<u64, ParentError> {
        Ok(self.request::<U64>("eth_getTransactionCount", json!([address, at])).await?.to())
    }

    async fn balance(&self, address: Address, at: BlockId) -> Result<U256, ParentError> {
        self.request("eth_getBalance", json!([address, at])).await
    }

    async fn fees(&self) -> Result<Fees, ParentError> {
        let latest = self.header(BlockNumberOrTag::Latest.into()).await?;
        let base_fee = latest.and_then(|h| h.header.base_fee_per_gas).unwrap_or_default();
        let tip: U128 = self.request("eth_maxPriorityFeePerGas", json!([])).await?;
        Ok(Fees { base_fee: base_fee.into(), priority_fee: tip.to() })
    }

    async fn estimate_gas(&self, call: &Call) -> Result<u64, ParentError> {
        Ok(self.request::<U64>("eth_estimateGas", json!([call_object(call)])).await?.to())
    }

    async fn call(&self, call: &Call, at: BlockId) -> Result<Bytes, ParentError> {
        self.request("eth_call", json!([call_object(call), at])).await
    }

    async fn send_raw_transaction(&self, raw: &Bytes) -> Result<B256, ParentError> {
        self.request("eth_sendRawTransaction", json!([raw])).await
    }

    async fn transaction_receipt(&self, hash: B256) -> Result<Option<MinedReceipt>, ParentError> {
        let receipt: Option<RpcReceipt> =
            self.request("eth_getTransactionReceipt", json!([hash])).await?;
        Ok(receipt.and_then(RpcReceipt::into_mined))
    }

    async fn logs(&self, query: &LogQuery) -> Result<Vec<FoundLog>, ParentError> {
        let filter = json!({
            "fromBlock": U64::from(query.from_block),
            "toBlock": U64::from(query.to_block),
            "address": query.address,
            "topics": query.topics,
        });
        let logs: Vec<alloy_rpc_types_eth::Log> =
            self.request("eth_getLogs", json!([filter])).await?;
        Ok(logs.into_iter().filter_map(json::found_log).collect())
    }

    async fn head_changed(&self, seen: B256) {
        loop {
            tokio::time::sleep(self.poll_interval).await;
            match self.header(BlockNumberOrTag::Latest.into()).await {
                Ok(Some(latest)) if latest.hash == seen => {}
                Ok(_) => return,
                // The caller's own request will meet the error and report it.
                Err(_) => return,
            }
        }
    }
}
