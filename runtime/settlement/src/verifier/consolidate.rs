//! Whether a block is the one that attributes describe.

use alloy_primitives::Bytes;
use gm_chain::spec::ChainSpec;
use gm_node::{ExecutedBlock, execute::default_base_fee_params};
use op_alloy_consensus::encode_holocene_extra_data;

use crate::derive::DerivedAttributes;

/// Compares a block with attributes; `Err` names the first field that differs.
///
/// Spec: <https://specs.optimism.io/protocol/derivation.html#l1-consolidation-payload-attributes-matching>
pub(super) fn matches(
    block: &ExecutedBlock,
    attributes: &DerivedAttributes,
    spec: &ChainSpec,
) -> Result<(), &'static str> {
    let fields = [
        ("parentHash", block.parent_hash == attributes.parent.hash()),
        ("timestamp", block.timestamp == attributes.timestamp),
        ("prevRandao", block.mix_hash == attributes.prev_randao),
        ("gasLimit", block.gas_limit == attributes.gas_limit),
        ("feeRecipient", block.beneficiary == attributes.fee_recipient),
        (
            "parentBeaconBlockRoot",
            block.parent_beacon_block_root == Some(attributes.parent_beacon_block_root),
        ),
        ("extraData", Some(&block.extra_data) == extra_data(attributes, spec).as_ref()),
        ("transactions", block.raw_transactions() == attributes.transactions),
    ];
    fields.into_iter().find(|(_, same)| !same).map_or(Ok(()), |(field, _)| Err(field))
}

/// The header's EIP-1559 parameters; zero attributes stand for the chain's own.
fn extra_data(attributes: &DerivedAttributes, spec: &ChainSpec) -> Option<Bytes> {
    encode_holocene_extra_data(attributes.eip1559_params, default_base_fee_params(spec)).ok()
}
