//! The standard bridge between a rollup and its parent: ETH and ERC-20, both ways.
//!
//! One [`Hop`] is one such pair, L1↔L2 and L2↔L3 alike. Everything is read from the two chains' RPC,
//! so that a deposit or a withdrawal can be taken up again from its transaction hash alone.
//!
//! Specification: <https://specs.optimism.io/protocol/bridges.html>,
//! <https://specs.optimism.io/protocol/withdrawals.html>.

mod deposit;
mod error;
#[cfg(test)]
mod tests;
mod withdraw;
mod withdrawal;

pub use deposit::{Deposit, DepositStatus};
pub use error::BridgeError;
pub use withdraw::WithdrawalStatus;
pub use withdrawal::Withdrawal;

use crate::{
    parent::{MinedReceipt, Parent},
    proposer::Games,
};
use alloy_primitives::{Address, address};
use alloy_sol_types::{SolEvent, sol};
use gm_chain::abi::IOptimismPortal2;
use std::sync::Arc;

/// `L2StandardBridge` on every rollup.
pub const L2_STANDARD_BRIDGE: Address = address!("4200000000000000000000000000000000000010");

/// `OptimismMintableERC20Factory` on every rollup.
pub const L2_ERC20_FACTORY: Address = address!("4200000000000000000000000000000000000012");

/// Gas that the message's last call gets on the other side: enough for the bridges' own work.
const MESSAGE_GAS: u32 = 200_000;

/// The contracts on the parent that bridging uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HopContracts {
    /// `OptimismPortal2`.
    pub portal: Address,
    /// `L1StandardBridge`.
    pub standard_bridge: Address,
    /// `DisputeGameFactory`.
    pub dispute_game_factory: Address,
}

sol! {
    /// A messenger could not make the call that a message asks for.
    event FailedRelayedMessage(bytes32 indexed msgHash);
}

/// Whether a transaction that brings a deposit or withdrawal in did all it was to do. A failed message
/// does not fail its transaction: the log tells.
///
/// Specification: <https://specs.optimism.io/protocol/messengers.html#message-passing>.
#[must_use]
pub fn succeeded(receipt: &MinedReceipt) -> bool {
    let failed = |log: &alloy_primitives::Log| {
        let portal = IOptimismPortal2::WithdrawalFinalized::decode_log(log);
        portal.is_ok_and(|event| !event.success) || FailedRelayedMessage::decode_log(log).is_ok()
    };
    receipt.status && !receipt.logs.iter().any(failed)
}

/// What is bridged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asset {
    /// Ether.
    Eth,
    /// A token, by its address on either side.
    Erc20 {
        /// On the parent.
        parent: Address,
        /// On the rollup.
        child: Address,
    },
}

/// A rollup and its parent.
#[derive(Debug, Clone)]
pub struct Hop {
    parent: Arc<dyn Parent>,
    child: Arc<dyn Parent>,
    contracts: HopContracts,
    games: Games,
}

impl Hop {
    /// The bridge between `parent` and `child`, whose contracts are on the parent.
    pub fn new(parent: Arc<dyn Parent>, child: Arc<dyn Parent>, contracts: HopContracts) -> Self {
        let games = Games::new(parent.clone(), contracts.dispute_game_factory);
        Self { parent, child, contracts, games }
    }

    /// The parent's RPC.
    pub const fn parent(&self) -> &Arc<dyn Parent> {
        &self.parent
    }

    /// The rollup's RPC.
    pub const fn child(&self) -> &Arc<dyn Parent> {
        &self.child
    }
}
