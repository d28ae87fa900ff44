//! Blocks and headers.

use super::{TransactionJson, transaction};
use crate::block::{Block, ExecutedBlock};
use alloy_eips::eip4895::Withdrawals;
use alloy_primitives::U256;
use alloy_rlp::Encodable;
use alloy_rpc_types_eth::BlockTransactions;

/// A header as JSON.
pub(crate) type HeaderJson = alloy_rpc_types_eth::Header;

/// A block as JSON.
pub(crate) type BlockJson = alloy_rpc_types_eth::Block<TransactionJson, HeaderJson>;

/// A block with its transactions in full, or with their hashes.
pub(crate) fn block(block: &ExecutedBlock, full: bool) -> BlockJson {
    let transactions = if full {
        let all = (0..block.transactions.len()).filter_map(|index| transaction(block, index));
        BlockTransactions::Full(all.collect())
    } else {
        BlockTransactions::Hashes(block.transactions.iter().map(|tx| tx.tx_hash()).collect())
    };
    let size = U256::from(block.to_consensus().length());
    BlockJson {
        header: HeaderJson::from_consensus(block.header.clone(), None, Some(size)),
        uncles: Vec::new(),
        transactions,
        withdrawals: Some(Withdrawals::default()),
    }
}

/// A header alone, as `newHeads` gives it.
pub(crate) fn header(block: &Block) -> HeaderJson {
    HeaderJson::from_consensus(block.header.clone(), None, None)
}
