//! Fork schedules: Prague at genesis for an L1, Isthmus at genesis for a rollup.

use crate::rollup::{ChainOpConfig, Eip1559Params};
use alloy_eips::eip7840::BlobParams;
use alloy_genesis::ChainConfig;
use alloy_primitives::{Address, U256, address};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The deposit contract of Ethereum: Prague blocks look for its logs (EIP-6110).
const DEPOSIT_CONTRACT: Address = address!("00000000219ab540356cBB839Cbe05303d7705Fa");

/// The forks both kinds of chain have in common.
fn prague(chain_id: u64) -> ChainConfig {
    ChainConfig {
        chain_id,
        homestead_block: Some(0),
        eip150_block: Some(0),
        eip155_block: Some(0),
        eip158_block: Some(0),
        byzantium_block: Some(0),
        constantinople_block: Some(0),
        petersburg_block: Some(0),
        istanbul_block: Some(0),
        muir_glacier_block: Some(0),
        berlin_block: Some(0),
        london_block: Some(0),
        arrow_glacier_block: Some(0),
        gray_glacier_block: Some(0),
        merge_netsplit_block: Some(0),
        shanghai_time: Some(0),
        cancun_time: Some(0),
        prague_time: Some(0),
        terminal_total_difficulty: Some(U256::ZERO),
        terminal_total_difficulty_passed: true,
        ..Default::default()
    }
}

/// An L1 with Prague active.
pub(super) fn l1(chain_id: u64) -> ChainConfig {
    ChainConfig {
        deposit_contract_address: Some(DEPOSIT_CONTRACT),
        blob_schedule: BTreeMap::from([
            ("cancun".to_owned(), BlobParams::cancun()),
            ("prague".to_owned(), BlobParams::prague()),
        ]),
        ..prague(chain_id)
    }
}

/// A rollup with Isthmus active, in op-geth's and op-reth's terms.
pub(super) fn rollup(chain_id: u64, eip1559: Eip1559Params) -> ChainConfig {
    let mut config = prague(chain_id);
    let mut set = |key: &str, value: Value| config.extra_fields.insert(key.to_owned(), value);
    for fork in [
        "bedrockBlock",
        "regolithTime",
        "canyonTime",
        "ecotoneTime",
        "fjordTime",
        "graniteTime",
        "holoceneTime",
        "isthmusTime",
    ] {
        set(fork, json!(0));
    }
    set("optimism", json!(ChainOpConfig::from(eip1559)));
    config
}
