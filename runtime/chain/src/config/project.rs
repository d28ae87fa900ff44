//! A project as the rest of the program sees it: every value typed, checked and in its unit.

use super::{
    file::Clock,
    units::{Amount, Duration},
};
use serde::Serialize;
use std::collections::BTreeSet;

/// A checked project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// Name of the project and of its chain.
    pub name: String,
    /// The project's own Layer-3 chain.
    pub chain: ChainConfig,
    /// The Layer 1 and Layer 2 of the local network.
    pub network: NetworkConfig,
    /// The chain that the Layer 3 settles on.
    pub parent: ParentConfig,
    /// How blocks are timed.
    pub clock: Clock,
    /// The development accounts.
    pub accounts: AccountsConfig,
    /// How long withdrawals wait.
    pub windows: WindowsConfig,
    /// How data is posted to the parent.
    pub batcher: BatcherConfig,
    /// The ports of the tiers.
    pub ports: PortsConfig,
    pub(super) written: BTreeSet<String>,
}

impl Project {
    /// Whether the file sets the key of this path, as `chain.block_time`, or leaves it to its
    /// default.
    pub fn sets(&self, key: &str) -> bool {
        self.written.contains(key)
    }
}

/// The project's own Layer-3 chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChainConfig {
    /// Chain id.
    pub chain_id: u64,
    /// Time between blocks.
    pub block_time: Duration,
    /// Gas limit of a block.
    pub gas_limit: u64,
    /// How the base fee moves.
    pub eip1559: Eip1559Config,
}

/// How the base fee moves (`eip1559Params` of the rollup configuration).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Eip1559Config {
    /// The base fee moves by at most one part in this many a block.
    pub denominator: u32,
    /// The gas limit is this many times the gas target.
    pub elasticity: u32,
}

/// The Layer 1 and Layer 2 of the local network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NetworkConfig {
    /// The development Ethereum.
    pub l1: TierConfig,
    /// The local GM Network.
    pub l2: TierConfig,
    /// Blocks of the Layer 1 on top of one that is final.
    pub finality_depth: u64,
}

/// One tier of the local network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TierConfig {
    /// Name of the chain.
    pub name: String,
    /// Chain id.
    pub chain_id: u64,
    /// Time between blocks.
    pub block_time: Duration,
}

/// The chain that the Layer 3 settles on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParentConfig {
    /// The Layer 2 of the local network.
    Local,
    /// Another chain, by its address.
    Remote {
        /// Where it answers JSON-RPC. May hold an access key: not for logs.
        rpc: String,
        /// Chain id that it must have.
        chain_id: u64,
    },
}

/// The development accounts.
#[derive(Clone, PartialEq, Eq)]
pub struct AccountsConfig {
    /// BIP-39 phrase the accounts come from. A key: not for logs.
    pub mnemonic: String,
    /// How many accounts are funded.
    pub count: u32,
    /// What each holds on each tier at genesis.
    pub balance: Amount,
}

impl std::fmt::Debug for AccountsConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccountsConfig")
            .field("count", &self.count)
            .field("balance", &self.balance)
            .finish_non_exhaustive()
    }
}

impl AccountsConfig {
    /// The phrase that every Ethereum development tool knows, and so everybody else.
    pub const DEV_MNEMONIC: &str = "test test test test test test test test test test test junk";

    /// Whether the keys are the well-known development keys.
    pub fn is_well_known(&self) -> bool {
        self.mnemonic == Self::DEV_MNEMONIC
    }
}

/// How long withdrawals wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct WindowsConfig {
    /// From a withdrawal's proof to its finalisation.
    pub proof_maturity: Duration,
    /// From a dispute game's resolution to its use.
    pub dispute_game_finality: Duration,
    /// Each side's clock in a dispute game.
    pub max_clock: Duration,
}

/// How data is posted to the parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct BatcherConfig {
    /// Most blocks of the parent that a channel stays open for.
    pub max_channel_duration: u64,
}

/// The port of each tier on loopback; 0 takes any free one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PortsConfig {
    /// Port of the Layer 1.
    pub l1: u16,
    /// Port of the Layer 2.
    pub l2: u16,
    /// Port of the Layer 3.
    pub l3: u16,
}
