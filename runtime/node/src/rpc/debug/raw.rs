//! Blocks, receipts and transactions in their consensus encoding.

use crate::rpc::{Node, RpcError};
use alloy_eips::{BlockId, Encodable2718};
use alloy_primitives::{B256, Bytes};

pub(super) fn header(node: &Node, (id,): (BlockId,)) -> Result<Bytes, RpcError> {
    Ok(alloy_rlp::encode(node.block(Some(id))?.header.inner()).into())
}

pub(super) fn block(node: &Node, (id,): (BlockId,)) -> Result<Bytes, RpcError> {
    Ok(node.block(Some(id))?.rlp())
}

pub(super) fn receipts(node: &Node, (id,): (BlockId,)) -> Result<Vec<Bytes>, RpcError> {
    let block = node.block(Some(id))?;
    Ok(block.receipts.iter().map(|receipt| receipt.encoded_2718().into()).collect())
}

/// A transaction of the chain or of the pool; nothing if there is none.
pub(super) fn transaction(node: &Node, (hash,): (B256,)) -> Result<Option<Bytes>, RpcError> {
    if let Some(tx) = node.chain.pool().get(hash) {
        return Ok(Some(tx.encoded_2718().into()));
    }
    let found = node.chain.transaction(hash)?;
    Ok(found.map(|found| found.block.transactions[found.index].encoded_2718().into()))
}
