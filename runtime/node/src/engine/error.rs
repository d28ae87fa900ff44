//! Errors with the codes of the Engine API.
//!
//! Specification: <https://github.com/ethereum/execution-apis/blob/main/src/engine/common.md#errors>.

use crate::{chain::ChainError, rpc::RpcError};
use serde_json::{json, value::to_raw_value};

/// Why an Engine API request fails. That a payload is invalid is no error: it is a status.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// No payload is being built under this id: code −38001.
    #[error("Unknown payload")]
    UnknownPayload,
    /// The forkchoice state contradicts itself or the finalized chain: code −38002.
    #[error("Invalid forkchoice state")]
    Forkchoice(String),
    /// No block can be built from the attributes: code −38003.
    #[error("Invalid payload attributes")]
    Attributes(String),
    /// More was asked for than is given at once: code −38004.
    #[error("Too large request")]
    TooLarge(String),
    /// The method is of another fork than the payload: code −38005.
    #[error("Unsupported fork")]
    UnsupportedFork(String),
    /// Wrong parameters: code −32602.
    #[error("Invalid parameters")]
    Params(String),
    /// The node failed: code −32603.
    #[error("{0}")]
    Internal(String),
}

impl EngineError {
    /// The JSON-RPC code.
    pub const fn code(&self) -> i32 {
        match self {
            Self::UnknownPayload => -38001,
            Self::Forkchoice(_) => -38002,
            Self::Attributes(_) => -38003,
            Self::TooLarge(_) => -38004,
            Self::UnsupportedFork(_) => -38005,
            Self::Params(_) => -32602,
            Self::Internal(_) => -32603,
        }
    }

    fn reason(&self) -> Option<&str> {
        match self {
            Self::Forkchoice(reason)
            | Self::Attributes(reason)
            | Self::TooLarge(reason)
            | Self::UnsupportedFork(reason)
            | Self::Params(reason) => Some(reason),
            Self::UnknownPayload | Self::Internal(_) => None,
        }
    }
}

impl From<EngineError> for RpcError {
    fn from(err: EngineError) -> Self {
        let data = err.reason().and_then(|reason| to_raw_value(&json!({ "err": reason })).ok());
        Self::Coded { code: err.code(), message: err.to_string(), data }
    }
}

impl From<ChainError> for EngineError {
    fn from(err: ChainError) -> Self {
        Self::Internal(err.to_string())
    }
}
