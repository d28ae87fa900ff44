//! Why the pool refuses a transaction.

use alloy_primitives::U256;

/// Why a transaction is not taken into the pool. The texts match what wallets look for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PoolError {
    /// The same transaction is in the pool.
    #[error("already known")]
    AlreadyKnown,
    /// Another transaction of the same nonce pays too much to be replaced by this one.
    #[error("replacement transaction underpriced: fee and tip must rise by {bump} %")]
    Underpriced {
        /// The rise asked for, in percent.
        bump: u128,
    },
    /// The sender has too many transactions in the pool.
    #[error("the sender has {limit} transactions in the pool, which is the limit")]
    SenderFull {
        /// The limit.
        limit: usize,
    },
    /// The pool is full.
    #[error("txpool is full: {limit} transactions")]
    Full {
        /// The limit.
        limit: usize,
    },
    /// A transaction type that only the protocol itself may make, or that the chain does not have.
    #[error("transaction type {0:#04x} not supported")]
    TypeNotSupported(u8),
    /// The bytes are not a transaction.
    #[error("failed to decode signed transaction: {0}")]
    Decode(String),
    /// The signature does not recover to an address.
    #[error("invalid sender: the signature does not recover")]
    InvalidSender,
    /// Too long.
    #[error("oversized data: transaction size {size}, limit {limit}")]
    Oversized {
        /// Bytes of the transaction.
        size: usize,
        /// The limit.
        limit: usize,
    },
    /// Made for another chain.
    #[error("invalid chain id for signer: have {have}, want {want}")]
    ChainId {
        /// The transaction's chain id; absent before EIP-155.
        have: String,
        /// This chain's id.
        want: u64,
    },
    /// Nonce already used.
    #[error("nonce too low: next nonce {state}, tx nonce {tx}")]
    NonceTooLow {
        /// The account's nonce.
        state: u64,
        /// The transaction's.
        tx: u64,
    },
    /// Nonce at its upper bound (EIP-2681).
    #[error("nonce has max value")]
    NonceMax,
    /// Balance below value plus the most the fees can be.
    #[error("insufficient funds for gas * price + value: balance {balance}, tx cost {cost}")]
    InsufficientFunds {
        /// The account's balance, in wei.
        balance: U256,
        /// The most the transaction can cost, in wei.
        cost: U256,
    },
    /// More gas than a block may use.
    #[error("exceeds block gas limit: tx gas {tx}, block gas limit {block}")]
    GasLimit {
        /// The transaction's gas limit.
        tx: u64,
        /// The block's.
        block: u64,
    },
    /// Less gas than the transaction needs before any code runs.
    #[error("intrinsic gas too low: gas {gas}, minimum needed {needed}")]
    IntrinsicGas {
        /// The transaction's gas limit.
        gas: u64,
        /// Gas needed (EIP-7623 floor included).
        needed: u64,
    },
    /// Tip above the fee cap.
    #[error("max priority fee per gas higher than max fee per gas")]
    TipAboveFeeCap,
    /// Creation code too long (EIP-3860).
    #[error("max initcode size exceeded: code size {size}, limit {limit}")]
    InitCode {
        /// Bytes.
        size: usize,
        /// The limit.
        limit: usize,
    },
    /// The sender is a contract (EIP-3607).
    #[error("sender not an eoa")]
    SenderNotEoa,
    /// EIP-7702 transaction without authorisations, or one that creates a contract.
    #[error("EIP-7702 transaction {0}")]
    SetCode(&'static str),
    /// State could not be read.
    #[error("internal error: {0}")]
    Internal(String),
}
