//! What callers say to the manager, and what it says back.

use std::time::Duration;

use alloy_primitives::{Address, Bytes, U256};

use crate::parent::MinedReceipt;

/// How much gas to give a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GasLimit {
    /// What carrying the data costs; for a recipient without code.
    Calldata,
    /// What the parent estimates, and half as much again.
    Estimate,
    /// This many.
    Exactly(u64),
}

/// A transaction before nonce, fees and signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TxRequest {
    /// The recipient; `None` creates a contract.
    pub to: Option<Address>,
    /// Wei.
    pub value: U256,
    /// Calldata or creation code.
    pub data: Bytes,
    /// Gas.
    pub gas: GasLimit,
}

impl TxRequest {
    /// A call of `to` with `data`, gas estimated.
    pub fn call(to: Address, data: impl Into<Bytes>) -> Self {
        Self { to: Some(to), value: U256::ZERO, data: data.into(), gas: GasLimit::Estimate }
    }

    /// The same with `value` wei.
    #[must_use]
    pub fn with_value(self, value: U256) -> Self {
        Self { value, ..self }
    }
}

/// A sent transaction, by its nonce.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// What is known of a sent transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "made one at a time and looked at at once")]
pub enum TxStatus {
    /// In no block (or no longer, after a reorganisation of the parent).
    Pending,
    /// In this block.
    Mined(MinedReceipt),
}

/// Limits and patience.
#[derive(Debug, Clone)]
pub struct TxManagerConfig {
    /// Parent blocks a transaction may wait before its fee is raised.
    pub resubmit_after: u64,
    /// By how many percent at least a fee is raised; pools ask for 10.
    pub bump_percent: u32,
    /// The most to offer, in wei a gas.
    pub max_fee_limit: u128,
    /// How long to wait for the parent to announce something before asking again. Nothing depends
    /// on it but the delay after a lost notice.
    pub poll_interval: Duration,
}

impl Default for TxManagerConfig {
    fn default() -> Self {
        Self {
            resubmit_after: 6,
            bump_percent: 15,
            max_fee_limit: 1_000_000_000_000,
            poll_interval: Duration::from_millis(500),
        }
    }
}
