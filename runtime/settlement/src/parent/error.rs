//! What can go wrong while reading or writing the parent, and what to do about it.

use alloy_primitives::{B256, Bytes};

/// What a caller should do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// Nothing is wrong with what was asked: ask again later.
    Retry,
    /// The parent is on another chain than the caller thought: go back to a common block.
    Reset,
    /// No later attempt can succeed without a change of configuration or code.
    Stop,
}

/// An error of a [`Parent`](super::Parent).
#[derive(Debug, Clone, thiserror::Error)]
pub enum ParentError {
    /// No answer: refused connection, timeout, or an HTTP error.
    #[error("the parent at {endpoint} does not answer: {reason}")]
    Unreachable {
        /// The endpoint without credentials.
        endpoint: String,
        /// The transport's own words.
        reason: String,
    },
    /// The parent answered with a JSON-RPC error.
    #[error("the parent refused {method}: {message} (code {code})")]
    Rpc {
        /// The method that was called.
        method: &'static str,
        /// The JSON-RPC error code.
        code: i64,
        /// The message, as sent.
        message: String,
        /// The `data` of the error: revert data for calls.
        data: Option<Bytes>,
    },
    /// The answer is not what the method returns.
    #[error("the parent's answer to {method} cannot be read: {reason}")]
    Malformed {
        /// The method that was called.
        method: &'static str,
        /// What is wrong with the answer.
        reason: String,
    },
    /// The answer does not belong to the hash that was asked for.
    #[error("the parent's {what} of block {block} does not match its header: {got}, not {want}")]
    Mismatch {
        /// `hash`, `number`, `transactions root` or `receipts root`.
        what: &'static str,
        /// The block asked for, as a number or hash.
        block: String,
        /// The value in the header or the request.
        want: String,
        /// The value computed from the answer.
        got: String,
    },
    /// A block known by hash is gone: the parent has reorganised (or pruned) it.
    #[error("the parent no longer has block {0}")]
    Gone(B256),
    /// What was asked for is not available from this kind of parent.
    #[error("this parent does not support {0}")]
    Unsupported(&'static str),
}

impl ParentError {
    /// Whether to retry, reset or stop.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        match self {
            Self::Unreachable { .. }
            | Self::Rpc { .. }
            | Self::Malformed { .. }
            | Self::Mismatch { .. } => Severity::Retry,
            Self::Gone(_) => Severity::Reset,
            Self::Unsupported(_) => Severity::Stop,
        }
    }
}
