//! The rollup's configuration in kona's terms.

use alloy_primitives::U256;
use gm_chain::rollup::{OpFork, RollupConfig, SystemConfig};
use kona_genesis::{ChainGenesis, HardForkConfig};

use super::DeriveError;

/// Translates a configuration, refusing what this derivation does not implement: chains that start
/// before Isthmus, forks after it, and data availability other than the parent's calldata.
///
/// # Errors
/// [`DeriveError::Unsupported`].
pub fn kona_config(config: &RollupConfig) -> Result<kona_genesis::RollupConfig, DeriveError> {
    check(config)?;
    let genesis = &config.genesis;
    let id = |id: gm_chain::rollup::BlockId| alloy_eips_v1::BlockNumHash {
        number: id.number,
        hash: id.hash,
    };
    Ok(kona_genesis::RollupConfig {
        genesis: ChainGenesis {
            l1: id(genesis.l1),
            l2: id(genesis.l2),
            l2_time: genesis.l2_time,
            system_config: Some(kona_system_config(&genesis.system_config)),
        },
        block_time: config.block_time,
        max_sequencer_drift: config.max_sequencer_drift,
        seq_window_size: config.seq_window_size,
        channel_timeout: config.channel_timeout,
        l1_chain_id: config.l1_chain_id,
        l2_chain_id: config.l2_chain_id.into(),
        hardforks: HardForkConfig {
            regolith_time: config.regolith_time,
            canyon_time: config.canyon_time,
            delta_time: config.delta_time,
            ecotone_time: config.ecotone_time,
            fjord_time: config.fjord_time,
            granite_time: config.granite_time,
            holocene_time: config.holocene_time,
            pectra_blob_schedule_time: config.pectra_blob_schedule_time,
            isthmus_time: config.isthmus_time,
            jovian_time: None,
            interop_time: None,
        },
        batch_inbox_address: config.batch_inbox_address,
        deposit_contract_address: config.deposit_contract_address,
        l1_system_config_address: config.l1_system_config_address,
        ..Default::default()
    })
}

fn check(config: &RollupConfig) -> Result<(), DeriveError> {
    let unsupported = |what: String| Err(DeriveError::Unsupported(what));
    if !config.is_active(OpFork::Isthmus, config.genesis.l2_time) {
        return unsupported("a rollup that starts before Isthmus".into());
    }
    for fork in [OpFork::Jovian, OpFork::Karst, OpFork::Interop] {
        if config.fork_time(fork).is_some() {
            return unsupported(format!("the fork {fork:?}, which is scheduled"));
        }
    }
    if config.alt_da.is_some() {
        return unsupported("data availability other than the parent's calldata".into());
    }
    if config.block_time == 0 || config.seq_window_size == 0 {
        return unsupported("a block time or sequencing window of zero".into());
    }
    Ok(())
}

/// Translates a system configuration.
#[must_use]
pub fn kona_system_config(config: &SystemConfig) -> kona_genesis::SystemConfig {
    let (operator_fee_scalar, operator_fee_constant) = config.operator_fee();
    let params = gm_chain::rollup::Eip1559Params::from_b64(config.eip1559_params);
    kona_genesis::SystemConfig {
        batcher_address: config.batcher_address,
        overhead: U256::from_be_bytes(config.overhead.0),
        scalar: U256::from_be_bytes(config.scalar.0),
        gas_limit: config.gas_limit,
        eip1559_denominator: Some(params.denominator),
        eip1559_elasticity: Some(params.elasticity),
        operator_fee_scalar: Some(operator_fee_scalar),
        operator_fee_constant: Some(operator_fee_constant),
        ..Default::default()
    }
}
