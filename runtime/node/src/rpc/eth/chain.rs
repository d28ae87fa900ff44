//! What the chain is.

use crate::rpc::Methods;
use alloy_primitives::{Address, U64};

pub(super) fn register(methods: &mut Methods) {
    methods
        .quick("eth_chainId", |node, ()| Ok(U64::from(node.chain.chain_id())))
        .quick("eth_blockNumber", |node, ()| Ok(U64::from(node.chain.heads().latest.number)))
        .quick("eth_syncing", |_, ()| Ok(false))
        .quick("eth_accounts", |_, ()| Ok(Vec::<Address>::new()))
        .quick("eth_mining", |_, ()| Ok(false))
        .quick("eth_coinbase", |node, ()| Ok(node.chain.head().beneficiary));
}
