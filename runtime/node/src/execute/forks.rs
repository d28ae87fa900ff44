//! Which forks are active when.
//!
//! Rollups made here have every fork through Isthmus from genesis on, L1s every fork through
//! Prague. Jovian is a timestamp in the chain configuration.

use alloy_evm::eth::spec::EthExecutorSpec;
use alloy_hardforks::{EthereumHardfork, EthereumHardforks, ForkCondition};
use alloy_op_hardforks::{OpHardfork, OpHardforks};
use alloy_primitives::{Address, U256};
use gm_chain::spec::ChainSpec;

/// The fork schedule of one chain.
#[derive(Debug, Clone, Copy)]
pub struct Forks {
    jovian: Option<u64>,
    deposit_contract: Option<Address>,
}

impl Forks {
    /// The schedule that `spec` names.
    pub fn new(spec: &ChainSpec) -> Self {
        let config = &spec.genesis.config;
        let time = |key: &str| {
            config
                .extra_fields
                .get(key)
                .and_then(|value| serde_json::from_value(value.clone()).ok())
        };
        Self {
            jovian: if spec.is_rollup() { time("jovianTime") } else { None },
            deposit_contract: config.deposit_contract_address,
        }
    }
}

impl EthereumHardforks for Forks {
    fn ethereum_fork_activation(&self, fork: EthereumHardfork) -> ForkCondition {
        match fork {
            EthereumHardfork::Paris => ForkCondition::TTD {
                activation_block_number: 0,
                fork_block: Some(0),
                total_difficulty: U256::ZERO,
            },
            EthereumHardfork::Shanghai | EthereumHardfork::Cancun | EthereumHardfork::Prague => {
                ForkCondition::Timestamp(0)
            }
            fork if fork < EthereumHardfork::Paris => ForkCondition::Block(0),
            _ => ForkCondition::Never,
        }
    }
}

impl OpHardforks for Forks {
    fn op_fork_activation(&self, fork: OpHardfork) -> ForkCondition {
        match fork {
            OpHardfork::Bedrock => ForkCondition::Block(0),
            OpHardfork::Jovian => {
                self.jovian.map_or(ForkCondition::Never, ForkCondition::Timestamp)
            }
            fork if fork <= OpHardfork::Isthmus => ForkCondition::Timestamp(0),
            _ => ForkCondition::Never,
        }
    }
}

impl EthExecutorSpec for Forks {
    fn deposit_contract_address(&self) -> Option<Address> {
        self.deposit_contract
    }
}
