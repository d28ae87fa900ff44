//! Payloads: blocks as the Engine API writes them.

use super::EngineError;
use crate::{
    block::{Block, ExecutedBlock},
    chain::Chain,
};
use alloy_consensus::{
    Header, Transaction, Typed2718,
    constants::EMPTY_WITHDRAWALS,
    proofs::{calculate_withdrawals_root, ordered_trie_root_encoded},
};
use alloy_eips::eip7685::EMPTY_REQUESTS_HASH;
use alloy_op_hardforks::OpHardforks;
use alloy_primitives::{B256, Bytes, U256};
use alloy_rpc_types_engine::{
    BlobsBundleV1, ExecutionPayloadV1, ExecutionPayloadV2, ExecutionPayloadV3,
};
use serde::{Deserialize, Serialize};

/// An execution payload of Prague or Isthmus.
///
/// Specification: <https://specs.optimism.io/protocol/isthmus/exec-engine.html>.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Payload {
    /// The fields that every chain has.
    #[serde(flatten)]
    pub(super) inner: ExecutionPayloadV3,
    /// Isthmus: storage root of the message passer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) withdrawals_root: Option<B256>,
}

/// What `engine_getPayloadV4` gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Envelope {
    execution_payload: Payload,
    block_value: U256,
    blobs_bundle: BlobsBundleV1,
    should_override_builder: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_beacon_block_root: Option<B256>,
    execution_requests: Vec<Bytes>,
}

impl Payload {
    /// The payload of a block.
    pub(super) fn of(block: &Block, rollup: bool) -> Self {
        let v1 = ExecutionPayloadV1 {
            parent_hash: block.parent_hash,
            fee_recipient: block.beneficiary,
            state_root: block.state_root,
            receipts_root: block.receipts_root,
            logs_bloom: block.logs_bloom,
            prev_randao: block.mix_hash,
            block_number: block.number,
            gas_limit: block.gas_limit,
            gas_used: block.gas_used,
            timestamp: block.timestamp,
            extra_data: block.extra_data.clone(),
            base_fee_per_gas: U256::from(block.base_fee_per_gas.unwrap_or_default()),
            block_hash: block.hash(),
            transactions: block.raw_transactions(),
        };
        Self {
            inner: ExecutionPayloadV3 {
                payload_inner: ExecutionPayloadV2 { payload_inner: v1, withdrawals: Vec::new() },
                blob_gas_used: block.blob_gas_used.unwrap_or_default(),
                excess_blob_gas: block.excess_blob_gas.unwrap_or_default(),
            },
            withdrawals_root: block.withdrawals_root.filter(|_| rollup),
        }
    }

    pub(super) const fn v1(&self) -> &ExecutionPayloadV1 {
        &self.inner.payload_inner.payload_inner
    }

    /// The header that the payload describes, after the checks that need no parent.
    ///
    /// Fails with what makes the payload invalid.
    pub(super) fn header(
        &self,
        chain: &Chain,
        beacon_root: B256,
        requests_hash: B256,
    ) -> Result<Header, String> {
        let v1 = self.v1();
        let withdrawals = &self.inner.payload_inner.withdrawals;
        let withdrawals_root = if chain.spec().is_rollup() {
            if !withdrawals.is_empty() {
                return Err("non-empty withdrawals post-Canyon".into());
            }
            check_extra_data(chain, v1)?;
            self.withdrawals_root.ok_or("nil withdrawalsRoot post-Isthmus")?
        } else if withdrawals.is_empty() {
            EMPTY_WITHDRAWALS
        } else {
            calculate_withdrawals_root(withdrawals)
        };
        if v1.extra_data.len() > 32 {
            return Err(format!("extra data of {} bytes, limit 32", v1.extra_data.len()));
        }
        let base_fee = v1
            .base_fee_per_gas
            .try_into()
            .map_err(|_| format!("base fee {} out of range", v1.base_fee_per_gas))?;
        Ok(Header {
            parent_hash: v1.parent_hash,
            beneficiary: v1.fee_recipient,
            state_root: v1.state_root,
            transactions_root: ordered_trie_root_encoded(&v1.transactions),
            receipts_root: v1.receipts_root,
            withdrawals_root: Some(withdrawals_root),
            logs_bloom: v1.logs_bloom,
            number: v1.block_number,
            gas_limit: v1.gas_limit,
            gas_used: v1.gas_used,
            timestamp: v1.timestamp,
            mix_hash: v1.prev_randao,
            extra_data: v1.extra_data.clone(),
            base_fee_per_gas: Some(base_fee),
            blob_gas_used: Some(self.inner.blob_gas_used),
            excess_blob_gas: Some(self.inner.excess_blob_gas),
            parent_beacon_block_root: Some(beacon_root),
            requests_hash: Some(requests_hash),
            ..Default::default()
        })
    }
}

/// Holocene and Jovian: the EIP-1559 parameters in the extra data.
fn check_extra_data(chain: &Chain, payload: &ExecutionPayloadV1) -> Result<(), String> {
    let data = &payload.extra_data;
    let (version, length) = if chain.forks().is_jovian_active_at_timestamp(payload.timestamp) {
        (1, 17)
    } else {
        (0, 9)
    };
    if data.len() != length {
        return Err(format!("extraData must be {length} bytes, got {}", data.len()));
    }
    if data[0] != version {
        return Err(format!("extraData must have version {version}, got {}", data[0]));
    }
    if data[1..5] == [0; 4] {
        return Err("extraData must have a non-zero denominator".into());
    }
    Ok(())
}

impl Envelope {
    /// The envelope of a block that was built here.
    pub(super) fn of(executed: &ExecutedBlock, rollup: bool) -> Result<Self, EngineError> {
        if executed.requests_hash.is_some_and(|hash| hash != EMPTY_REQUESTS_HASH) {
            return Err(EngineError::Internal("the block has execution requests".into()));
        }
        Ok(Self {
            execution_payload: Payload::of(executed, rollup),
            block_value: value(executed),
            blobs_bundle: BlobsBundleV1::empty(),
            should_override_builder: false,
            parent_beacon_block_root: executed.parent_beacon_block_root.filter(|_| rollup),
            execution_requests: Vec::new(),
        })
    }
}

/// What the fee recipient earns with a block, in wei.
fn value(executed: &ExecutedBlock) -> U256 {
    let base_fee = executed.base_fee_per_gas.unwrap_or_default();
    let mut before = 0;
    let mut total = U256::ZERO;
    for (tx, receipt) in executed.transactions.iter().zip(executed.receipts.iter()) {
        let used = receipt.cumulative_gas_used() - before;
        before = receipt.cumulative_gas_used();
        if tx.ty() == op_alloy_consensus::DEPOSIT_TX_TYPE_ID {
            continue;
        }
        let tip = tx.effective_tip_per_gas(base_fee).unwrap_or_default();
        total += U256::from(tip) * U256::from(used);
    }
    total
}
