//! Blocks as the node holds them: sealed, with recovered senders, beside their receipts.

use alloy_consensus::{Header, Sealed, Transaction, transaction::Recovered};
use alloy_eips::{Encodable2718, eip4895::Withdrawals};
use alloy_primitives::{B256, Bytes};
use op_alloy_consensus::{OpReceiptEnvelope, OpTxEnvelope};
use std::{ops::Deref, sync::Arc};

/// A sealed block whose senders are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The header with its hash.
    pub header: Sealed<Header>,
    /// The transactions with their senders, in order.
    pub transactions: Vec<Recovered<OpTxEnvelope>>,
}

impl Block {
    /// The block's hash.
    pub fn hash(&self) -> B256 {
        self.header.hash()
    }

    /// The block in the consensus form, for RLP. Its withdrawals are the empty list.
    pub fn to_consensus(&self) -> alloy_consensus::Block<OpTxEnvelope> {
        alloy_consensus::Block {
            header: self.header.inner().clone(),
            body: alloy_consensus::BlockBody {
                transactions: self.transactions.iter().map(|tx| tx.inner().clone()).collect(),
                ommers: Vec::new(),
                withdrawals: Some(Withdrawals::default()),
            },
        }
    }

    /// The RLP of the whole block, as `debug_getRawBlock` gives it.
    pub fn rlp(&self) -> Bytes {
        alloy_rlp::encode(self.to_consensus()).into()
    }

    /// The EIP-2718 bytes of every transaction.
    pub fn raw_transactions(&self) -> Vec<Bytes> {
        self.transactions.iter().map(|tx| tx.encoded_2718().into()).collect()
    }

    /// The price per gas that the transaction at `index` pays, in wei.
    pub fn effective_gas_price(&self, index: usize) -> u128 {
        self.transactions
            .get(index)
            .map_or(0, |tx| tx.effective_gas_price(self.header.base_fee_per_gas))
    }
}

impl Deref for Block {
    type Target = Header;

    fn deref(&self) -> &Header {
        self.header.inner()
    }
}

/// A block with the receipts of its execution.
#[derive(Debug, Clone)]
pub struct ExecutedBlock {
    /// The block.
    pub block: Arc<Block>,
    /// One receipt a transaction, in order.
    pub receipts: Arc<Vec<OpReceiptEnvelope>>,
}

impl Deref for ExecutedBlock {
    type Target = Block;

    fn deref(&self) -> &Block {
        &self.block
    }
}

/// The three heads of a rollup, by number and hash. On an L1 `latest` is the head.
///
/// Specification: <https://specs.optimism.io/protocol/derivation.html>.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heads {
    /// The newest block (`latest`, the unsafe head).
    pub latest: alloy_eips::BlockNumHash,
    /// The newest block derived from the parent (`safe`).
    pub safe: alloy_eips::BlockNumHash,
    /// The newest block derived from a finalized parent (`finalized`).
    pub finalized: alloy_eips::BlockNumHash,
}
