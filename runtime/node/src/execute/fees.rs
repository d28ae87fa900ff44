//! The base fee and the parameters it follows.
//!
//! Specification: <https://specs.optimism.io/protocol/holocene/exec-engine.html>.

use super::Forks;
use alloy_consensus::Header;
use alloy_eips::eip1559::BaseFeeParams;
use alloy_op_hardforks::OpHardforks;
use gm_chain::spec::ChainSpec;
use op_alloy_consensus::{decode_holocene_extra_data, decode_jovian_extra_data};

/// EIP-1559 parameters that the chain configuration names for blocks without their own.
pub fn default_base_fee_params(spec: &ChainSpec) -> BaseFeeParams {
    let optimism = spec.genesis.config.extra_fields.get("optimism");
    let number = |keys: [&str; 2]| {
        keys.iter()
            .find_map(|key| optimism.and_then(|o| o.get(*key)).and_then(|v| v.as_u64()))
            .map(u128::from)
    };
    let ethereum = BaseFeeParams::ethereum();
    BaseFeeParams::new(
        number(["eip1559DenominatorCanyon", "eip1559Denominator"])
            .unwrap_or(ethereum.max_change_denominator),
        number(["eip1559Elasticity", "eip1559Elasticity"])
            .unwrap_or(ethereum.elasticity_multiplier),
    )
}

/// Base fee of the block after `parent`, in wei per gas.
pub fn next_base_fee(spec: &ChainSpec, forks: &Forks, parent: &Header) -> u64 {
    let default = default_base_fee_params(spec);
    if !spec.is_rollup() {
        return parent.next_block_base_fee(default).unwrap_or_default();
    }
    let own = |elasticity: u32, denominator: u32| {
        if denominator == 0 {
            default
        } else {
            BaseFeeParams::new(denominator.into(), elasticity.into())
        }
    };
    if forks.is_jovian_active_at_timestamp(parent.timestamp)
        && let Ok((elasticity, denominator, minimum)) = decode_jovian_extra_data(&parent.extra_data)
    {
        // The data-availability footprint counts like gas where it is the larger of the two.
        let used = parent.gas_used.max(parent.blob_gas_used.unwrap_or_default());
        let params = own(elasticity, denominator);
        let fee = Header { gas_used: used, ..parent.clone() }.next_block_base_fee(params);
        return fee.unwrap_or_default().max(minimum);
    }
    let params = decode_holocene_extra_data(&parent.extra_data)
        .map_or(default, |(elasticity, denominator)| own(elasticity, denominator));
    parent.next_block_base_fee(params).unwrap_or_default()
}
