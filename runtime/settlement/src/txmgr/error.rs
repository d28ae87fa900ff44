//! Errors of the transaction manager.

use alloy_primitives::{Address, B256};

use crate::parent::{ParentError, Severity};

/// Why a transaction could not be sent or followed.
#[derive(Debug, thiserror::Error)]
pub enum TxError {
    /// The parent could not be read or refused the transaction.
    #[error(transparent)]
    Parent(#[from] ParentError),
    /// The transaction could not be signed.
    #[error("signing for {from}: {reason}")]
    Sign {
        /// The account.
        from: Address,
        /// The signer's words.
        reason: String,
    },
    /// Another transaction of the same account took the nonce: someone else uses the key.
    #[error("nonce {nonce} of {from} was used by another transaction")]
    NonceTaken {
        /// The account.
        from: Address,
        /// The nonce.
        nonce: u64,
    },
    /// The ticket is not, or no longer, known to this manager.
    #[error("no transaction with nonce {nonce} is being followed for {from}")]
    UnknownTicket {
        /// The account.
        from: Address,
        /// The nonce.
        nonce: u64,
    },
    /// The account cannot pay.
    #[error("{from} cannot pay for the transaction: {message}")]
    InsufficientFunds {
        /// The account.
        from: Address,
        /// The parent's words.
        message: String,
    },
    /// The transaction is on chain but failed.
    #[error("transaction {hash} was included in block {block} but reverted")]
    Reverted {
        /// The transaction's hash.
        hash: B256,
        /// The block it is in.
        block: u64,
    },
    /// The price to pay would be above the configured limit.
    #[error("the parent asks {asked} wei a gas, above the limit of {limit}")]
    TooExpensive {
        /// Fee cap needed, wei a gas.
        asked: u128,
        /// Fee cap allowed, wei a gas.
        limit: u128,
    },
}

impl TxError {
    /// Whether to retry, start over, or stop.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        match self {
            Self::Parent(error) => error.severity(),
            Self::InsufficientFunds { .. } | Self::TooExpensive { .. } => Severity::Retry,
            Self::NonceTaken { .. } | Self::UnknownTicket { .. } => Severity::Reset,
            Self::Sign { .. } | Self::Reverted { .. } => Severity::Stop,
        }
    }
}
