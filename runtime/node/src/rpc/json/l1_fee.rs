//! What a rollup's transactions pay for their data, from the L1 attributes of their block.
//!
//! Specification: <https://specs.optimism.io/protocol/isthmus/l1-attributes.html>.

use crate::block::Block;
use alloy_consensus::Transaction;
use alloy_primitives::U256;
use op_alloy_rpc_types::L1BlockInfo;
use op_revm::{L1BlockInfo as Costs, OpSpecId};

/// `setL1BlockValuesIsthmus()`.
const ISTHMUS: [u8; 4] = [0x09, 0x89, 0x99, 0xbe];
/// `setL1BlockValuesJovian()`.
const JOVIAN: [u8; 4] = [0x3d, 0xb6, 0xbe, 0x2b];

/// The parent's fee parameters as one block of a rollup knows them.
#[derive(Debug, Clone)]
pub(crate) struct L1Fees {
    base_fee: U256,
    blob_base_fee: U256,
    base_fee_scalar: u32,
    blob_base_fee_scalar: u32,
    operator_fee_scalar: u32,
    operator_fee_constant: u64,
    da_footprint_gas_scalar: Option<u16>,
}

impl L1Fees {
    /// Reads the block's first transaction, the L1 attributes deposit. `None` where there is none,
    /// as in a genesis block.
    pub(crate) fn of(block: &Block) -> Option<Self> {
        let first = block.transactions.first()?;
        first.inner().is_deposit().then(|| Self::decode(first.input()))?
    }

    fn decode(input: &[u8]) -> Option<Self> {
        let (selector, data) = input.split_first_chunk::<4>()?;
        let u32_at = |at: usize| data.get(at..)?.first_chunk().map(|b| u32::from_be_bytes(*b));
        let u256_at = |at: usize| data.get(at..at + 32).map(U256::from_be_slice);
        let da_footprint_gas_scalar = match *selector {
            ISTHMUS => None,
            JOVIAN => Some(data.get(172..)?.first_chunk().map(|b| u16::from_be_bytes(*b))?),
            _ => return None,
        };
        Some(Self {
            base_fee_scalar: u32_at(0)?,
            blob_base_fee_scalar: u32_at(4)?,
            base_fee: u256_at(32)?,
            blob_base_fee: u256_at(64)?,
            operator_fee_scalar: u32_at(160)?,
            operator_fee_constant: data
                .get(164..)?
                .first_chunk()
                .map(|b| u64::from_be_bytes(*b))?,
            da_footprint_gas_scalar,
        })
    }

    /// The fields of the receipt of a transaction with these EIP-2718 bytes.
    pub(crate) fn receipt_fields(&self, raw: &[u8]) -> L1BlockInfo {
        let spec = OpSpecId::ISTHMUS;
        let mut costs = Costs {
            l1_base_fee: self.base_fee,
            l1_base_fee_scalar: U256::from(self.base_fee_scalar),
            l1_blob_base_fee: Some(self.blob_base_fee),
            l1_blob_base_fee_scalar: Some(U256::from(self.blob_base_fee_scalar)),
            ..Default::default()
        };
        // op-geth leaves the operator fee out where there is none.
        let operator = self.operator_fee_scalar != 0 || self.operator_fee_constant != 0;
        L1BlockInfo {
            l1_gas_price: Some(self.base_fee.saturating_to()),
            l1_gas_used: Some(costs.data_gas(raw, spec).saturating_to()),
            l1_fee: Some(costs.calculate_tx_l1_cost(raw, spec).saturating_to()),
            l1_fee_scalar: None,
            l1_base_fee_scalar: Some(self.base_fee_scalar.into()),
            l1_blob_base_fee: Some(self.blob_base_fee.saturating_to()),
            l1_blob_base_fee_scalar: Some(self.blob_base_fee_scalar.into()),
            operator_fee_scalar: operator.then(|| self.operator_fee_scalar.into()),
            operator_fee_constant: operator.then(|| self.operator_fee_constant.into()),
            da_footprint_gas_scalar: self.da_footprint_gas_scalar,
        }
    }

    /// Jovian's data-availability footprint of a transaction, in gas: its receipt's `blobGasUsed`.
    pub(crate) fn da_footprint(&self, raw: &[u8]) -> Option<u64> {
        let scalar = self.da_footprint_gas_scalar?;
        let size = op_revm::estimate_tx_compressed_size(raw) / 1_000_000;
        Some(size.saturating_mul(scalar.into()))
    }
}
