//! Blocks, their headers, receipts and uncles. There are no uncles.

use crate::{
    block::ExecutedBlock,
    rpc::{Methods, Node, RpcError, json},
};
use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::{B256, U64};
use alloy_rpc_types_eth::Index;

/// A block that a hash or a number names, `None` if it does not exist.
pub(super) trait Find: serde::de::DeserializeOwned + Send + 'static {
    fn find(self, node: &Node) -> Result<Option<ExecutedBlock>, RpcError>;
}

impl Find for B256 {
    fn find(self, node: &Node) -> Result<Option<ExecutedBlock>, RpcError> {
        Ok(node.chain.block_by_hash(self)?)
    }
}

impl Find for BlockNumberOrTag {
    fn find(self, node: &Node) -> Result<Option<ExecutedBlock>, RpcError> {
        Ok(node.chain.block_by_tag(self)?)
    }
}

pub(super) fn register(methods: &mut Methods) {
    methods
        .heavy("eth_getBlockByHash", block::<B256>)
        .heavy("eth_getBlockByNumber", block::<BlockNumberOrTag>)
        .quick("eth_getHeaderByHash", header::<B256>)
        .quick("eth_getHeaderByNumber", header::<BlockNumberOrTag>)
        .quick("eth_getBlockTransactionCountByHash", transaction_count::<B256>)
        .quick("eth_getBlockTransactionCountByNumber", transaction_count::<BlockNumberOrTag>)
        .quick("eth_getUncleCountByBlockHash", uncle_count::<B256>)
        .quick("eth_getUncleCountByBlockNumber", uncle_count::<BlockNumberOrTag>)
        .quick("eth_getUncleByBlockHashAndIndex", |_, _: (B256, Index)| Ok(()))
        .quick("eth_getUncleByBlockNumberAndIndex", |_, _: (BlockNumberOrTag, Index)| Ok(()))
        .heavy("eth_getBlockReceipts", |node, (id,): (BlockId,)| {
            Ok(node.find_block(id)?.map(|block| json::block_receipts(&block)))
        });
}

fn block<I: Find>(
    node: &Node,
    (id, full): (I, Option<bool>),
) -> Result<Option<json::BlockJson>, RpcError> {
    Ok(id.find(node)?.map(|block| json::block(&block, full.unwrap_or(false))))
}

fn header<I: Find>(node: &Node, (id,): (I,)) -> Result<Option<json::HeaderJson>, RpcError> {
    Ok(id.find(node)?.map(|block| json::header(&block)))
}

fn transaction_count<I: Find>(node: &Node, (id,): (I,)) -> Result<Option<U64>, RpcError> {
    Ok(id.find(node)?.map(|block| U64::from(block.transactions.len())))
}

fn uncle_count<I: Find>(node: &Node, (id,): (I,)) -> Result<Option<U64>, RpcError> {
    Ok(id.find(node)?.map(|_| U64::ZERO))
}
