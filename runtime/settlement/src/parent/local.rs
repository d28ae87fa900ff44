//! A parent in the same process.

use std::{
    fmt::{Debug, Formatter},
    sync::{Arc, OnceLock},
};

use alloy_eips::{BlockId, BlockNumHash, BlockNumberOrTag, Typed2718};
use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U64, U256};
use alloy_rpc_types_eth::{EIP1186AccountProofResponse, EIP1186StorageProof};
use async_trait::async_trait;
use gm_node::{
    Chain, ChainError, ChainEvent, ExecutedBlock, StateView,
    block::Block,
    rpc::{RpcOptions, modules},
};
use jsonrpsee::{MethodsError, core::server::Methods};
use op_alloy_consensus::OpReceiptEnvelope;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::broadcast::error::RecvError;

use super::{
    Call, Fees, FoundLog, LogQuery, MinedReceipt, Parent, ParentBlock, ParentError, ParentHeader,
    ParentReceipt,
    json::{RpcReceipt, call_object},
};

/// JSON-RPC's code for an error of the node itself.
const SERVER_ERROR: i64 = -32000;

/// Root of a trie without entries.
const EMPTY_ROOT: B256 = alloy_consensus::EMPTY_ROOT_HASH;

/// A [`Parent`] that is a chain of this process.
#[derive(Clone)]
pub struct LocalParent {
    chain: Arc<Chain>,
    /// The chain's own methods, for what takes an EVM.
    methods: OnceLock<Methods>,
}

impl Debug for LocalParent {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LocalParent").field("chain_id", &self.chain.chain_id()).finish()
    }
}

impl LocalParent {
    /// Wraps a chain.
    #[must_use]
    pub const fn new(chain: Arc<Chain>) -> Self {
        Self { chain, methods: OnceLock::new() }
    }

    /// Calls a method of the chain's JSON-RPC without a server.
    async fn request<T>(&self, method: &'static str, params: Vec<Value>) -> Result<T, ParentError>
    where
        T: DeserializeOwned + Clone,
    {
        let methods =
            self.methods.get_or_init(|| modules(self.chain.clone(), RpcOptions::default()).into());
        methods.call(method, params).await.map_err(|error| match error {
            MethodsError::JsonRpc(error) => ParentError::Rpc {
                method,
                code: error.code().into(),
                message: error.message().into(),
                data: error.data().and_then(|data| serde_json::from_str(data.get()).ok()),
            },
            other => ParentError::Malformed { method, reason: other.to_string() },
        })
    }

    fn find(&self, id: BlockId) -> Result<Option<ExecutedBlock>, ParentError> {
        match id {
            BlockId::Hash(hash) => self.chain.block_by_hash(hash.block_hash),
            BlockId::Number(tag) => self.chain.block_by_tag(tag),
        }
        .map_err(|e| failed("eth_getBlock", &e))
    }

    fn state(&self, method: &'static str, at: BlockId) -> Result<StateView, ParentError> {
        let missing = || rpc_error(method, format!("block {at:?} not found"));
        let block = self.find(at)?.ok_or_else(missing)?;
        Ok(self.chain.state_after(&block.block))
    }
}

fn rpc_error(method: &'static str, message: String) -> ParentError {
    ParentError::Rpc { method, code: SERVER_ERROR, message, data: None }
}

fn failed(method: &'static str, error: &ChainError) -> ParentError {
    rpc_error(method, error.to_string())
}

fn receipt(receipt: &OpReceiptEnvelope) -> ParentReceipt {
    let deposit = receipt.as_deposit_receipt();
    ParentReceipt {
        tx_type: receipt.ty(),
        status: receipt.status(),
        cumulative_gas_used: receipt.cumulative_gas_used(),
        logs: receipt.logs().to_vec(),
        deposit_nonce: deposit.and_then(|d| d.deposit_nonce),
        deposit_receipt_version: deposit.and_then(|d| d.deposit_receipt_version),
    }
}

fn block_id(block: &Block) -> BlockNumHash {
    BlockNumHash { number: block.number, hash: block.hash() }
}

#[async_trait]
impl Parent for LocalParent {
    async fn chain_id(&self) -> Result<u64, ParentError> {
        Ok(self.chain.chain_id())
    }

    async fn header(&self, id: BlockId) -> Result<Option<ParentHeader>, ParentError> {
        let block = self.find(id)?;
        Ok(block.map(|b| ParentHeader { header: b.header.inner().clone(), hash: b.hash() }))
    }

    async fn block(&self, id: BlockId) -> Result<Option<ParentBlock>, ParentError> {
        let block = self.find(id)?;
        Ok(block.map(|b| ParentBlock {
            header: b.header.inner().clone(),
            hash: b.hash(),
            transactions: b.raw_transactions(),
        }))
    }

    async fn receipts(&self, hash: B256) -> Result<Option<Vec<ParentReceipt>>, ParentError> {
        let block = self.find(hash.into())?;
        Ok(block.map(|b| b.receipts.iter().map(receipt).collect()))
    }

    async fn proof(
        &self,
        address: Address,
        slots: &[B256],
        at: BlockId,
    ) -> Result<EIP1186AccountProofResponse, ParentError> {
        let state = self.state("eth_getProof", at)?;
        let proof =
            state.proof(address, slots).map_err(|e| rpc_error("eth_getProof", e.to_string()))?;
        let storage = proof.storage.into_iter().map(|slot| EIP1186StorageProof {
            key: slot.key.into(),
            value: slot.value,
            proof: slot.proof,
        });
        let account = proof.account;
        Ok(EIP1186AccountProofResponse {
            address,
            balance: account.as_ref().map_or(U256::ZERO, |a| a.balance),
            code_hash: account.as_ref().map_or(KECCAK256_EMPTY, |a| a.code_hash),
            nonce: account.as_ref().map_or(0, |a| a.nonce),
            storage_hash: account.as_ref().map_or(EMPTY_ROOT, |a| a.storage_root),
            account_proof: proof.proof,
            storage_proof: storage.collect(),
        })
    }

    async fn storage(
        &self,
        address: Address,
        slot: B256,
        at: BlockId,
    ) -> Result<B256, ParentError> {
        let state = self.state("eth_getStorageAt", at)?;
        let value = state
            .storage(address, slot.into())
            .map_err(|e| rpc_error("eth_getStorageAt", e.to_string()))?;
        Ok(value.into())
    }

    async fn code(&self, address: Address, at: BlockId) -> Result<Bytes, ParentError> {
        let state = self.state("eth_getCode", at)?;
        state.code(address).map_err(|e| rpc_error("eth_getCode", e.to_string()))
    }

    async fn nonce(&self, address: Address, at: BlockId) -> Result<u64, ParentError> {
        const METHOD: &str = "eth_getTransactionCount";
        let state = self.state(METHOD, at)?;
        let account = state.account(address).map_err(|e| rpc_error(METHOD, e.to_string()))?;
        let mined = account.map_or(0, |a| a.nonce);
        if at == BlockNumberOrTag::Pending.into() {
            return Ok(self.chain.pool().next_nonce(address).map_or(mined, |next| next.max(mined)));
        }
        Ok(mined)
    }

    async fn balance(&self, address: Address, at: BlockId) -> Result<U256, ParentError> {
        let state = self.state("eth_getBalance", at)?;
        let account =
            state.account(address).map_err(|e| rpc_error("eth_getBalance", e.to_string()))?;
        Ok(account.map_or(U256::ZERO, |a| a.balance))
    }

    async fn fees(&self) -> Result<Fees, ParentError> {
        let base_fee = self.chain.head().base_fee_per_gas.unwrap_or_default();
        // Blocks made in this process are never full of higher bids for long.
        Ok(Fees { base_fee: base_fee.into(), priority_fee: 1 })
    }

    async fn estimate_gas(&self, call: &Call) -> Result<u64, ParentError> {
        let gas: U64 = self.request("eth_estimateGas", vec![call_object(call)]).await?;
        Ok(gas.to())
    }

    async fn call(&self, call: &Call, at: BlockId) -> Result<Bytes, ParentError> {
        self.request("eth_call", vec![call_object(call), json!(at)]).await
    }

    async fn send_raw_transaction(&self, raw: &Bytes) -> Result<B256, ParentError> {
        self.chain.submit(raw).map_err(|e| rpc_error("eth_sendRawTransaction", e.to_string()))
    }

    async fn transaction_receipt(&self, hash: B256) -> Result<Option<MinedReceipt>, ParentError> {
        let receipt: Option<RpcReceipt> =
            self.request("eth_getTransactionReceipt", vec![json!(hash)]).await?;
        Ok(receipt.and_then(RpcReceipt::into_mined))
    }

    async fn logs(&self, query: &LogQuery) -> Result<Vec<FoundLog>, ParentError> {
        let to_block = query.to_block.min(self.chain.heads().latest.number);
        if query.from_block > to_block {
            return Ok(Vec::new());
        }
        let range = query.from_block..=to_block;
        let key = query.address.into_word();
        let blocks = self.chain.log_blocks(key, range).map_err(|e| failed("eth_getLogs", &e))?;
        let mut found = Vec::new();
        for number in blocks {
            if let Some(block) = self.find(number.into())? {
                collect_logs(&block, query, &mut found);
            }
        }
        Ok(found)
    }

    async fn finalized_changed(&self, seen: B256) {
        let mut events = self.chain.subscribe();
        while self.chain.heads().finalized.hash == seen {
            if let Err(RecvError::Closed) = events.recv().await {
                std::future::pending::<()>().await;
            }
        }
    }

    async fn head_changed(&self, seen: B256) {
        let mut events = self.chain.subscribe();
        while self.chain.head().hash() == seen {
            match events.recv().await {
                Ok(ChainEvent::Head { .. }) | Err(RecvError::Lagged(_)) => return,
                Ok(_) => {}
                Err(RecvError::Closed) => std::future::pending().await,
            }
        }
    }
}

fn collect_logs(block: &ExecutedBlock, query: &LogQuery, found: &mut Vec<FoundLog>) {
    let mut log_index = 0;
    for (tx, receipt) in block.transactions.iter().zip(block.receipts.iter()) {
        for log in receipt.logs() {
            let topics = query
                .topics
                .iter()
                .enumerate()
                .all(|(i, want)| want.is_none_or(|want| log.topics().get(i) == Some(&want)));
            if log.address == query.address && topics {
                found.push(FoundLog {
                    log: log.clone(),
                    block: block_id(block),
                    transaction_hash: tx.tx_hash(),
                    log_index,
                });
            }
            log_index += 1;
        }
    }
}
