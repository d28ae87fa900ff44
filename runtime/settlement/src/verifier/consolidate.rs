//! Whether a block is the one that attributes describe.

use alloy_primitives::Bytes;
use gm_chain::rollup::{Eip1559Params, RollupConfig};
use gm_node::ExecutedBlock;

use crate::derive::DerivedAttributes;

/// Compares a block with attributes; `Err` names the first field that differs.
///
/// Spec: <https://specs.optimism.io/protocol/derivation.html#l1-consolidation-payload-attributes-matching>
pub(super) fn matches(
    block: &ExecutedBlock,
    attributes: &DerivedAttributes,
    rollup: &RollupConfig,
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
        ("extraData", block.extra_data == extra_data(attributes, rollup)),
        ("transactions", block.raw_transactions() == attributes.transactions),
    ];
    fields.into_iter().find(|(_, same)| !same).map_or(Ok(()), |(field, _)| Err(field))
}

/// The header's EIP-1559 parameters; zero attributes stand for the chain's own.
fn extra_data(attributes: &DerivedAttributes, rollup: &RollupConfig) -> Bytes {
    let mut params = Eip1559Params::from_b64(attributes.eip1559_params);
    if params.denominator == 0 {
        let own = rollup.chain_op_config;
        params = own.map_or_else(Eip1559Params::default, |own| Eip1559Params {
            denominator: u32::try_from(
                own.eip1559_denominator_canyon.unwrap_or(own.eip1559_denominator),
            )
            .unwrap_or(u32::MAX),
            elasticity: u32::try_from(own.eip1559_elasticity).unwrap_or(u32::MAX),
        });
    }
    params.extra_data()
}
