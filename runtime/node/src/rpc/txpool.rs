//! The `txpool_` methods.
//!
//! Specification: <https://geth.ethereum.org/docs/interacting-with-geth/rpc/ns-txpool>.

use super::{Methods, json};
use crate::pool::{PoolContent, PoolTx};
use alloy_primitives::Address;
use alloy_rpc_types_txpool::{
    TxpoolContent, TxpoolContentFrom, TxpoolInspect, TxpoolInspectSummary, TxpoolStatus,
};
use std::collections::BTreeMap;

pub(super) fn register(methods: &mut Methods) {
    methods
        .heavy("txpool_status", |node, ()| {
            let status = node.chain.pool().status();
            Ok(TxpoolStatus { pending: status.pending as u64, queued: status.queued as u64 })
        })
        .heavy("txpool_content", |node, ()| {
            let (pending, queued) = node.chain.pool().content();
            let (pending, queued) = (map(pending, transaction), map(queued, transaction));
            Ok(TxpoolContent { pending, queued })
        })
        .heavy("txpool_contentFrom", |node, (sender,): (Address,)| {
            let (mut pending, mut queued) = node.chain.pool().content();
            let own = |all: &mut PoolContent| {
                by_nonce(all.remove(&sender).unwrap_or_default(), transaction)
            };
            Ok(TxpoolContentFrom { pending: own(&mut pending), queued: own(&mut queued) })
        })
        .heavy("txpool_inspect", |node, ()| {
            let (pending, queued) = node.chain.pool().content();
            Ok(TxpoolInspect { pending: map(pending, summary), queued: map(queued, summary) })
        });
}

fn transaction(tx: PoolTx) -> json::TransactionJson {
    json::pool_transaction(&tx)
}

fn summary(tx: PoolTx) -> TxpoolInspectSummary {
    TxpoolInspectSummary::from_tx(tx.inner().clone())
}

fn map<T>(content: PoolContent, show: fn(PoolTx) -> T) -> BTreeMap<Address, BTreeMap<String, T>> {
    content.into_iter().map(|(sender, txs)| (sender, by_nonce(txs, show))).collect()
}

fn by_nonce<T>(txs: BTreeMap<u64, PoolTx>, show: fn(PoolTx) -> T) -> BTreeMap<String, T> {
    txs.into_iter().map(|(nonce, tx)| (nonce.to_string(), show(tx))).collect()
}
