//! What derivation reads from the rollup's own chain, and what it produces.

use std::fmt::Debug;

use alloy_consensus::Header;
use alloy_eips::BlockNumHash;
use alloy_primitives::{Address, B64, B256, Bytes};
use kona_protocol::{BlockInfo, L2BlockInfo};
use serde::{Deserialize, Serialize};

use crate::parent::{BlockRef, DEPOSIT_TYPE};

/// A block of the rollup and its origin, named as op-node names the fields in JSON.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct L2BlockRef {
    /// Hash, number, parent hash and time.
    #[serde(flatten)]
    pub block: BlockRef,
    /// The parent chain's block that this block's deposits and attributes come from.
    #[serde(rename = "l1origin")]
    pub l1_origin: BlockNumHash,
    /// Blocks since the first one with this origin.
    pub sequence_number: u64,
}

impl L2BlockRef {
    /// Block number.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.block.number
    }

    /// Block hash.
    #[must_use]
    pub const fn hash(&self) -> B256 {
        self.block.hash
    }
}

impl From<BlockInfo> for BlockRef {
    fn from(b: BlockInfo) -> Self {
        Self { hash: b.hash, number: b.number, parent_hash: b.parent_hash, timestamp: b.timestamp }
    }
}

impl From<BlockRef> for BlockInfo {
    fn from(b: BlockRef) -> Self {
        Self { hash: b.hash, number: b.number, parent_hash: b.parent_hash, timestamp: b.timestamp }
    }
}

impl From<L2BlockInfo> for L2BlockRef {
    fn from(b: L2BlockInfo) -> Self {
        Self {
            block: b.block_info.into(),
            l1_origin: BlockNumHash { number: b.l1_origin.number, hash: b.l1_origin.hash },
            sequence_number: b.seq_num,
        }
    }
}

impl From<L2BlockRef> for L2BlockInfo {
    fn from(b: L2BlockRef) -> Self {
        let id = alloy_eips_v1::BlockNumHash { number: b.l1_origin.number, hash: b.l1_origin.hash };
        Self::new(b.block.into(), id, b.sequence_number)
    }
}

/// The part of a rollup's block that says how to build the next one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct L2Head {
    /// The header.
    pub header: Header,
    /// The header's hash.
    pub hash: B256,
    /// The first transaction, EIP-2718 encoded: the L1 attributes deposit. Only the genesis block
    /// has none.
    pub first_transaction: Option<Bytes>,
}

/// Read access to the canonical chain of the rollup.
pub trait L2View: Debug + Send + Sync + 'static {
    /// The block with this number; `None` above the head.
    ///
    /// # Errors
    /// Says in words why the store cannot answer.
    fn head_by_number(&self, number: u64) -> Result<Option<L2Head>, String>;
}

/// What a block of the rollup has to be built from.
///
/// Spec: <https://specs.optimism.io/protocol/derivation.html#building-individual-payload-attributes>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DerivedAttributes {
    /// The block to build on.
    pub parent: L2BlockRef,
    /// Block time, in seconds since the Unix epoch.
    pub timestamp: u64,
    /// `mixHash` of the origin.
    pub prev_randao: B256,
    /// The sequencer fee vault.
    pub fee_recipient: Address,
    /// Gas limit of the block.
    pub gas_limit: u64,
    /// EIP-1559 denominator and elasticity; zero for the chain's own.
    pub eip1559_params: B64,
    /// `parentBeaconBlockRoot` of the origin, or zero.
    pub parent_beacon_block_root: B256,
    /// The transactions in order, EIP-2718 encoded: the L1 attributes deposit, the deposits, and
    /// what the batch holds. A batch's transactions are not known to decode.
    pub transactions: Vec<Bytes>,
    /// The block's origin.
    pub l1_origin: BlockNumHash,
    /// Blocks since the first one with this origin.
    pub sequence_number: u64,
    /// The parent chain's block up to which had to be read to know all this.
    pub derived_from: BlockRef,
}

impl DerivedAttributes {
    /// The number of the block to build.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.parent.block.number + 1
    }

    /// Whether nothing but deposits is in it.
    #[must_use]
    pub fn is_deposits_only(&self) -> bool {
        self.transactions.iter().all(is_deposit)
    }

    /// The same without the batch's transactions: what takes the place of an invalid payload.
    ///
    /// Spec: <https://specs.optimism.io/protocol/holocene/derivation.html#engine-queue>
    #[must_use]
    pub fn deposits_only(mut self) -> Self {
        self.transactions.retain(is_deposit);
        self
    }
}

fn is_deposit(raw: &Bytes) -> bool {
    raw.first() == Some(&DEPOSIT_TYPE)
}
