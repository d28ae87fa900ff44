//! The contracts that a rollup has on its parent, as one list of transactions.
//!
//! The list is data. Two executors run it: the genesis assembler, in an EVM of its own, and the
//! settlement crate, which sends it to a live parent. A deployment can be resumed: the deployer's
//! nonce tells how far it came, since addresses depend on the nonce, and every step names a call
//! that tells whether the transaction of that nonce was this step and had its effect.

mod plan;
#[cfg(test)]
mod tests;

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use serde::{Deserialize, Serialize};

/// Game type of the permissioned cannon games that back withdrawals.
pub const PERMISSIONED_GAME: u32 = 1;

/// The contracts of a rollup on its parent. Proxies, unless said otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ParentContracts {
    /// `AddressManager`, no proxy.
    pub address_manager: Address,
    /// `ProxyAdmin`, no proxy: who owns it can replace the code of all the others.
    pub proxy_admin: Address,
    /// `SuperchainConfig`: the guardian and whether bridging is paused.
    pub superchain_config: Address,
    /// `ProtocolVersions`.
    pub protocol_versions: Address,
    /// `OptimismPortal2`: deposits go in, withdrawals are proven and finalised.
    pub portal: Address,
    /// `SystemConfig`.
    pub system_config: Address,
    /// `L1StandardBridge`.
    pub l1_standard_bridge: Address,
    /// `L1CrossDomainMessenger`.
    pub l1_cross_domain_messenger: Address,
    /// `OptimismMintableERC20Factory`.
    pub erc20_factory: Address,
    /// `L1ERC721Bridge`.
    pub l1_erc721_bridge: Address,
    /// `DisputeGameFactory`: the proposer creates games here.
    pub dispute_game_factory: Address,
    /// `DelayedWETH`: holds the games' bonds.
    pub delayed_weth: Address,
    /// `AnchorStateRegistry`.
    pub anchor_state_registry: Address,
    /// `PreimageOracle`, no proxy.
    pub preimage_oracle: Address,
    /// `MIPS`, no proxy.
    pub mips: Address,
    /// `PermissionedDisputeGame`, the implementation that games are clones of.
    pub permissioned_dispute_game: Address,
}

/// Who may do what on a rollup and its contracts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Roles {
    /// Sends the deployment on the parent.
    pub deployer: Address,
    /// Owns the proxies and the configuration in the end.
    pub owner: Address,
    /// May pause the bridge and reject games.
    pub guardian: Address,
    /// Sends batches.
    pub batcher: Address,
    /// Creates games.
    pub proposer: Address,
    /// Plays against them.
    pub challenger: Address,
    /// Signs blocks before they are on the parent.
    pub sequencer: Address,
    /// Gets the fees, on the rollup itself.
    pub fee_recipient: Address,
}

/// How long the parent waits before it believes a rollup, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Windows {
    /// From a withdrawal's proof to its finalisation.
    pub proof_maturity_delay: u64,
    /// From a game's resolution to a finalisation that relies on it.
    pub dispute_game_finality_delay: u64,
    /// A player's time in a game. Not less than the clock extension.
    pub max_clock_duration: u64,
    /// Time a player is given back for a late move.
    pub clock_extension: u64,
    /// From a bond's release to its payment.
    pub bond_withdrawal_delay: u64,
    /// Time to challenge a large preimage.
    pub preimage_challenge_period: u64,
}

impl Windows {
    /// The windows of OP Mainnet.
    pub const PRODUCTION: Self = Self {
        proof_maturity_delay: 604_800,
        dispute_game_finality_delay: 302_400,
        max_clock_duration: 302_400,
        clock_extension: 10_800,
        bond_withdrawal_delay: 604_800,
        preimage_challenge_period: 86_400,
    };

    /// Windows of a few seconds, for networks without value.
    pub const DEVELOPMENT: Self = Self {
        proof_maturity_delay: 3,
        dispute_game_finality_delay: 3,
        max_clock_duration: 3,
        clock_extension: 0,
        bond_withdrawal_delay: 3,
        preimage_challenge_period: 3,
    };
}

/// A rollup's block that games start from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Anchor {
    /// Output root of the block.
    pub output_root: B256,
    /// Number of the block.
    pub block_number: u64,
}

/// Everything that a deployment depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeployParams {
    /// Chain id of the rollup.
    pub chain_id: u64,
    /// Nonce of the deployer before the first step.
    pub start_nonce: u64,
    /// The accounts in charge.
    pub roles: Roles,
    /// The waiting times.
    pub windows: Windows,
    /// Gas limit of the rollup's blocks: 21 to 200 million.
    pub gas_limit: u64,
    /// Ecotone base fee scalar.
    pub base_fee_scalar: u32,
    /// Ecotone blob base fee scalar.
    pub blob_base_fee_scalar: u32,
    /// Bond of a new game, in wei.
    pub init_bond: U256,
    /// Where games start from.
    pub anchor: Anchor,
}

/// One transaction of a deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What it does, for people.
    pub label: &'static str,
    /// Sender.
    pub from: Address,
    /// Nonce of the sender; consecutive over the list.
    pub nonce: u64,
    /// Contract that is called. `None` creates one.
    pub to: Option<Address>,
    /// Call data or creation code.
    pub input: Bytes,
    /// Wei sent along.
    pub value: U256,
    /// Contract that the step creates.
    pub creates: Option<Address>,
    /// Tells whether the step's effect is on the chain.
    pub check: Check,
}

/// How to see that a step is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Check {
    /// The account has code.
    HasCode(Address),
    /// A call returns exactly this.
    Returns {
        /// Contract to call.
        to: Address,
        /// Call data.
        input: Bytes,
        /// Expected output.
        output: Bytes,
    },
}

/// A deployment: the transactions and the addresses they lead to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Transactions, in order.
    pub steps: Vec<Step>,
    /// What they deploy.
    pub contracts: ParentContracts,
}

impl DeployParams {
    /// Lists the transactions that deploy the rollup's contracts on its parent.
    ///
    /// The addresses depend only on the deployer and its nonce.
    pub fn plan(&self) -> Plan {
        plan::plan(self)
    }
}

/// The address that a rollup's batches go to on its parent: `00` and the hash of the chain id.
///
/// Spec: <https://specs.optimism.io/protocol/configurability.html#consensus-parameters>
pub fn batch_inbox(chain_id: u64) -> Address {
    let hash = keccak256(U256::from(chain_id).to_be_bytes::<32>());
    let mut inbox = Address::ZERO;
    inbox[1..].copy_from_slice(&hash[..19]);
    inbox
}
