//! Transactions and their receipts.

use super::blocks::Find;
use crate::rpc::{Methods, Node, RpcError, json};
use alloy_eips::{BlockNumberOrTag, Encodable2718};
use alloy_primitives::{B256, Bytes};
use alloy_rpc_types_eth::Index;

pub(super) fn register(methods: &mut Methods) {
    methods
        .quick("eth_getTransactionByHash", by_hash)
        .quick("eth_getTransactionByBlockHashAndIndex", by_index::<B256>)
        .quick("eth_getTransactionByBlockNumberAndIndex", by_index::<BlockNumberOrTag>)
        .quick("eth_getRawTransactionByHash", raw_by_hash)
        .quick("eth_getRawTransactionByBlockHashAndIndex", raw_by_index::<B256>)
        .quick("eth_getRawTransactionByBlockNumberAndIndex", raw_by_index::<BlockNumberOrTag>)
        .quick("eth_getTransactionReceipt", |node, (hash,): (B256,)| receipt(node, hash));
}

fn by_hash(node: &Node, (hash,): (B256,)) -> Result<Option<json::TransactionJson>, RpcError> {
    if let Some(found) = node.chain.transaction(hash)? {
        return Ok(json::transaction(&found.block, found.index));
    }
    Ok(node.chain.pool().get(hash).map(|tx| json::pool_transaction(&tx)))
}

fn by_index<I: Find>(
    node: &Node,
    (id, Index(index)): (I, Index),
) -> Result<Option<json::TransactionJson>, RpcError> {
    Ok(id.find(node)?.and_then(|block| json::transaction(&block, index)))
}

/// The EIP-2718 bytes, also of a transaction in the pool.
pub(super) fn raw_by_hash(node: &Node, (hash,): (B256,)) -> Result<Option<Bytes>, RpcError> {
    if let Some(found) = node.chain.transaction(hash)? {
        let tx = found.block.transactions.get(found.index);
        return Ok(tx.map(|tx| tx.encoded_2718().into()));
    }
    Ok(node.chain.pool().get(hash).map(|tx| tx.encoded_2718().into()))
}

fn raw_by_index<I: Find>(
    node: &Node,
    (id, Index(index)): (I, Index),
) -> Result<Option<Bytes>, RpcError> {
    let block = id.find(node)?;
    Ok(block.and_then(|block| block.transactions.get(index).map(|tx| tx.encoded_2718().into())))
}

/// The receipt of a transaction of the canonical chain.
pub(super) fn receipt(node: &Node, hash: B256) -> Result<Option<json::ReceiptJson>, RpcError> {
    let found = node.chain.transaction(hash)?;
    Ok(found.and_then(|found| json::receipt(&found.block, found.index)))
}
