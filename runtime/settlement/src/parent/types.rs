//! The data a rollup reads from its parent.

use alloy_consensus::Header;
use alloy_eips::BlockNumHash;
use alloy_primitives::{Address, B256, Bloom, Bytes, Log, U256};
use alloy_rlp::{BufMut, Encodable, Header as RlpHeader};
use serde::{Deserialize, Serialize};

/// The transaction and receipt type byte of a deposit.
///
/// Spec: <https://specs.optimism.io/protocol/deposits.html#the-deposited-transaction-type>
pub const DEPOSIT_TYPE: u8 = 0x7e;

/// A block of the parent in four fields, named as op-node names them in JSON.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BlockRef {
    /// Block hash.
    pub hash: B256,
    /// Block number.
    pub number: u64,
    /// Hash of the previous block.
    pub parent_hash: B256,
    /// Block time, in seconds since the Unix epoch.
    pub timestamp: u64,
}

impl BlockRef {
    /// Number and hash alone.
    #[must_use]
    pub const fn id(&self) -> BlockNumHash {
        BlockNumHash { number: self.number, hash: self.hash }
    }
}

/// A header and its hash. The hash is always the header's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParentHeader {
    /// The header.
    pub header: Header,
    /// `keccak256(rlp(header))`.
    pub hash: B256,
}

impl ParentHeader {
    /// Seals a header by hashing it.
    #[must_use]
    pub fn new(header: Header) -> Self {
        let hash = header.hash_slow();
        Self { header, hash }
    }

    /// The header in four fields.
    #[must_use]
    pub const fn block_ref(&self) -> BlockRef {
        BlockRef {
            hash: self.hash,
            number: self.header.number,
            parent_hash: self.header.parent_hash,
            timestamp: self.header.timestamp,
        }
    }
}

/// A block with its transactions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParentBlock {
    /// The header.
    pub header: Header,
    /// `keccak256(rlp(header))`.
    pub hash: B256,
    /// The transactions in order, EIP-2718 encoded; type `0x7e` included where the parent is
    /// itself a rollup.
    pub transactions: Vec<Bytes>,
}

/// The consensus part of a receipt: exactly what the receipts root covers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ParentReceipt {
    /// The EIP-2718 type byte of the transaction (0 for a legacy one).
    pub tx_type: u8,
    /// Whether the transaction succeeded.
    pub status: bool,
    /// Gas used in the block up to and including this transaction.
    pub cumulative_gas_used: u64,
    /// The logs, in order.
    pub logs: Vec<Log>,
    /// `depositNonce`, of a deposit only.
    pub deposit_nonce: Option<u64>,
    /// `depositReceiptVersion`, of a deposit since Canyon only.
    pub deposit_receipt_version: Option<u64>,
}

impl ParentReceipt {
    /// Writes the receipt as it stands in the receipts trie.
    ///
    /// Spec: <https://specs.optimism.io/protocol/deposits.html#deposit-receipt>
    pub fn encode_2718(&self, out: &mut dyn BufMut) {
        if self.tx_type != 0 {
            out.put_u8(self.tx_type);
        }
        let bloom = alloy_primitives::logs_bloom(self.logs.iter());
        // The nonce is part of the root only together with the version (Canyon).
        let deposit = self.deposit_receipt_version.map(|v| (self.deposit_nonce.unwrap_or(0), v));
        let mut payload_length = self.status.length()
            + self.cumulative_gas_used.length()
            + bloom_length(&bloom)
            + self.logs.length();
        if let Some((nonce, version)) = deposit {
            payload_length += nonce.length() + version.length();
        }
        RlpHeader { list: true, payload_length }.encode(out);
        self.status.encode(out);
        self.cumulative_gas_used.encode(out);
        bloom.encode(out);
        self.logs.encode(out);
        if let Some((nonce, version)) = deposit {
            nonce.encode(out);
            version.encode(out);
        }
    }
}

fn bloom_length(bloom: &Bloom) -> usize {
    Encodable::length(bloom)
}

/// Where a transaction ended up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MinedReceipt {
    /// The transaction's hash.
    pub transaction_hash: B256,
    /// The block it is in.
    pub block: BlockNumHash,
    /// Its place in the block.
    pub transaction_index: u64,
    /// Whether it succeeded.
    pub status: bool,
    /// Gas used by this transaction.
    pub gas_used: u64,
    /// What a unit of gas cost, in wei.
    pub effective_gas_price: u128,
    /// What the parent's own parent charged for data, in wei (rollups only).
    pub l1_fee: Option<u128>,
    /// The operator fee's scalar and constant, where the parent has one.
    pub operator_fee: Option<(u128, u128)>,
    /// The logs, in order.
    pub logs: Vec<Log>,
    /// The contract that was created, if any.
    pub contract_address: Option<Address>,
}

/// What a transaction has to offer now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fees {
    /// The base fee of the latest block, in wei a gas.
    pub base_fee: u128,
    /// A tip that gets included, in wei a gas.
    pub priority_fee: u128,
}

/// A read-only call, or one whose gas is to be estimated.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Call {
    /// The sender; the zero address when absent.
    pub from: Option<Address>,
    /// The contract called; a creation when absent.
    pub to: Option<Address>,
    /// Wei sent along.
    pub value: U256,
    /// Call data.
    pub data: Bytes,
}

/// Which logs to look for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogQuery {
    /// First block, inclusive.
    pub from_block: u64,
    /// Last block, inclusive.
    pub to_block: u64,
    /// The emitting contract.
    pub address: Address,
    /// Topics by position; `None` matches anything.
    pub topics: Vec<Option<B256>>,
}

/// A log and where it was emitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundLog {
    /// The log.
    pub log: Log,
    /// Its block.
    pub block: BlockNumHash,
    /// The transaction that emitted it.
    pub transaction_hash: B256,
    /// Its index among all logs of the block.
    pub log_index: u64,
}
