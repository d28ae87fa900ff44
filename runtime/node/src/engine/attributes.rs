//! Payload attributes: what the next block is to be made from.
//!
//! Specification: <https://specs.optimism.io/protocol/exec-engine.html#extended-payloadattributesv3>.

use super::EngineError;
use crate::chain::{Attributes, Chain};
use alloy_consensus::Header;
use alloy_op_hardforks::OpHardforks;
use alloy_primitives::{B64, B256};
use op_alloy_rpc_types_engine::OpPayloadAttributes;

/// Checks attributes for a block on `parent` and brings them into the chain's form.
pub(super) fn check(
    chain: &Chain,
    parent: (B256, &Header),
    attributes: &OpPayloadAttributes,
) -> Result<Attributes, EngineError> {
    let invalid = |reason: &str| Err(EngineError::Attributes(reason.into()));
    let inner = &attributes.payload_attributes;
    let (parent_hash, parent) = parent;
    match &inner.withdrawals {
        None => return invalid("missing withdrawals"),
        Some(list) if !list.is_empty() => return invalid("non-empty withdrawals"),
        Some(_) => {}
    }
    let Some(parent_beacon_block_root) = inner.parent_beacon_block_root else {
        return invalid("missing beacon root");
    };
    if inner.timestamp <= parent.timestamp {
        return Err(EngineError::Attributes(format!(
            "timestamp {} is not after the parent's {}",
            inner.timestamp, parent.timestamp
        )));
    }
    let rollup = chain.spec().is_rollup();
    let params = attributes.eip_1559_params;
    let gas_limit = match attributes.gas_limit {
        Some(limit) => limit,
        None if rollup => return invalid("gasLimit parameter is required"),
        None => parent.gas_limit,
    };
    if rollup {
        check_params(params)?;
        let jovian = chain.forks().is_jovian_active_at_timestamp(inner.timestamp);
        match attributes.min_base_fee {
            None if jovian => return invalid("missing minBaseFee"),
            Some(_) if !jovian => return invalid("minBaseFee before Jovian"),
            _ => {}
        }
    } else if params.is_some() || attributes.min_base_fee.is_some() {
        return invalid("eip1559Params and minBaseFee are for rollups");
    }
    Ok(Attributes {
        parent: parent_hash,
        timestamp: inner.timestamp,
        prev_randao: inner.prev_randao,
        fee_recipient: inner.suggested_fee_recipient,
        parent_beacon_block_root,
        gas_limit,
        eip_1559_params: params.unwrap_or_default(),
        min_base_fee: attributes.min_base_fee.unwrap_or_default(),
        transactions: attributes.transactions.clone().unwrap_or_default(),
        no_tx_pool: attributes.no_tx_pool.unwrap_or_default(),
        deadline: None,
    })
}

/// Holocene: both numbers zero, or the denominator not zero.
///
/// Specification: <https://specs.optimism.io/protocol/holocene/exec-engine.html>.
fn check_params(params: Option<B64>) -> Result<(), EngineError> {
    let invalid = |reason: &str| Err(EngineError::Attributes(reason.into()));
    let Some(params) = params else { return invalid("missing eip1559Params") };
    let (denominator, elasticity) = params.split_at(4);
    if denominator == [0; 4] && elasticity != [0; 4] {
        return invalid("eip1559Params have an elasticity but no denominator");
    }
    Ok(())
}
