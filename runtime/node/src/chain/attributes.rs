//! What the next block is made from.

use super::ChainError;
use crate::execute::ExecuteError;
use alloy_consensus::{
    Typed2718,
    transaction::{Recovered, SignerRecoverable},
};
use alloy_eips::Decodable2718;
use alloy_primitives::{Address, B64, B256, Bytes};
use op_alloy_consensus::OpTxEnvelope;
use rayon::prelude::*;
use std::time::Instant;

/// The attributes of a block to build, as the Engine API names them.
///
/// Specification: <https://specs.optimism.io/protocol/exec-engine.html#extended-payloadattributesv3>.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attributes {
    /// Hash of the parent block.
    pub parent: B256,
    /// Timestamp, in seconds.
    pub timestamp: u64,
    /// Randomness: the L1 origin's on a rollup.
    pub prev_randao: B256,
    /// Beneficiary of the fees.
    pub fee_recipient: Address,
    /// EIP-4788 root: the L1 origin's on a rollup.
    pub parent_beacon_block_root: B256,
    /// Gas limit.
    pub gas_limit: u64,
    /// Holocene EIP-1559 parameters, `denominator ‖ elasticity`; zero takes the chain's defaults.
    pub eip_1559_params: B64,
    /// Jovian's minimum base fee, in wei.
    pub min_base_fee: u64,
    /// Transactions that the block must hold, in their EIP-2718 form, before any of the pool's.
    pub transactions: Vec<Bytes>,
    /// Whether transactions of the pool stay out.
    pub no_tx_pool: bool,
    /// When to stop taking transactions from the pool.
    pub deadline: Option<Instant>,
}

/// Below this many signatures a second thread costs more than it saves.
const PARALLEL: usize = 8;

/// Decodes transactions and recovers their senders.
pub(super) fn decode(raw: &[Bytes]) -> Result<Vec<Recovered<OpTxEnvelope>>, ChainError> {
    if raw.len() < PARALLEL {
        raw.iter().enumerate().map(|(index, raw)| decode_one(index, raw)).collect()
    } else {
        raw.par_iter().enumerate().map(|(index, raw)| decode_one(index, raw)).collect()
    }
}

fn decode_one(index: usize, raw: &Bytes) -> Result<Recovered<OpTxEnvelope>, ChainError> {
    let invalid = |reason: String| ExecuteError::InvalidTransaction {
        index,
        hash: alloy_primitives::keccak256(raw),
        reason,
    };
    let mut rest = &raw[..];
    let tx = OpTxEnvelope::decode_2718(&mut rest).map_err(|err| invalid(err.to_string()))?;
    if !rest.is_empty() {
        return Err(invalid(format!("{} bytes after the transaction", rest.len())).into());
    }
    // The decoder takes a deposit without its type byte; the protocol does not.
    if tx.is_deposit() && raw.first() != Some(&tx.ty()) {
        return Err(invalid("a deposit without its type byte".into()).into());
    }
    let sender = tx.recover_signer().map_err(|err| invalid(err.to_string()))?;
    Ok(Recovered::new_unchecked(tx, sender))
}
