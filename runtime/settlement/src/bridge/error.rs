//! Errors of bridging.

use crate::{
    parent::{ParentError, Severity},
    txmgr::TxError,
};
use alloy_primitives::{Address, B256};

/// Why a transfer over the bridge does not go on.
#[derive(Debug, thiserror::Error)]
pub enum BridgeError {
    /// The transaction is in no block.
    #[error("transaction {0} is in no block of this chain")]
    NotFound(B256),
    /// The transaction failed.
    #[error("transaction {0} reverted")]
    Reverted(B256),
    /// The transaction is in a block, but the call it was to make on this side failed. The
    /// messenger keeps the message, and the ether with it: `relayMessage` tries again.
    #[error(
        "transaction {0} was included, but the message it carried failed; it can be relayed again"
    )]
    MessageFailed(B256),
    /// The transaction made no deposit.
    #[error("transaction {0} holds no deposit")]
    NoDeposit(B256),
    /// The transaction initiated no withdrawal.
    #[error("transaction {0} holds no withdrawal")]
    NoWithdrawal(B256),
    /// The rollup does not hold what a game claims, though it has the block: the game is wrong.
    #[error("game {game} claims {claimed} for block {block}, the rollup gives {found}")]
    WrongGame {
        /// The game.
        game: Address,
        /// The block.
        block: u64,
        /// The output root claimed.
        claimed: B256,
        /// The output root of the rollup's block.
        found: B256,
    },
    /// A deposit's log is not of the form that derivation reads.
    #[error("the deposit cannot be read: {0}")]
    Malformed(String),
    /// One of the chains could not be read.
    #[error(transparent)]
    Chain(#[from] ParentError),
    /// A transaction could not be sent or failed.
    #[error(transparent)]
    Tx(#[from] TxError),
}

impl BridgeError {
    /// Whether to retry, start over, or stop.
    pub const fn severity(&self) -> Severity {
        match self {
            Self::NotFound(_) => Severity::Retry,
            Self::Chain(error) => error.severity(),
            Self::Tx(error) => error.severity(),
            _ => Severity::Stop,
        }
    }
}
