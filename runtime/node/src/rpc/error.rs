//! Errors as clients see them, with geth's codes.
//!
//! Specification: <https://ethereum.github.io/execution-apis/> and
//! <https://www.jsonrpc.org/specification#error_object>.

use crate::{chain::ChainError, evm::EvmError, pool::PoolError, state::StateError};
use alloy_primitives::{Bytes, U256};
use jsonrpsee::types::{ErrorObjectOwned, error};
use serde_json::value::RawValue;

/// Why a request fails.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RpcError {
    /// The parameters are wrong: code −32602.
    #[error("{0}")]
    InvalidParams(String),
    /// A call reverted: code 3, with what it returned as data.
    #[error("{}", revert_message(.0))]
    Revert(Bytes),
    /// The request is well formed and cannot be served: code −32000.
    #[error("{0}")]
    Server(String),
    /// The request asks for more than the node gives at once: code −32005.
    #[error("{0}")]
    LimitExceeded(String),
    /// The node failed: code −32603.
    #[error("{0}")]
    Internal(String),
    /// An error whose code another specification names.
    #[error("{message}")]
    Coded {
        /// The code.
        code: i32,
        /// The text.
        message: String,
        /// Data beside it, as JSON.
        data: Option<Box<RawValue>>,
    },
}

/// Code of a revert.
pub(super) const REVERT: i32 = 3;
/// Code of most errors of the chain, as in geth.
pub(super) const SERVER: i32 = -32000;
/// Code of an exceeded limit (EIP-1474).
pub(super) const LIMIT: i32 = -32005;

impl RpcError {
    /// An error of the chain: code −32000.
    pub fn server(message: impl Into<String>) -> Self {
        Self::Server(message.into())
    }

    /// Wrong parameters: code −32602.
    pub fn params(message: impl Into<String>) -> Self {
        Self::InvalidParams(message.into())
    }

    /// The block that was asked for does not exist.
    pub fn header_not_found() -> Self {
        Self::server("header not found")
    }

    /// The JSON-RPC code.
    pub const fn code(&self) -> i32 {
        match self {
            Self::InvalidParams(_) => error::INVALID_PARAMS_CODE,
            Self::Revert(_) => REVERT,
            Self::Server(_) => SERVER,
            Self::LimitExceeded(_) => LIMIT,
            Self::Internal(_) => error::INTERNAL_ERROR_CODE,
            Self::Coded { code, .. } => *code,
        }
    }
}

impl From<RpcError> for ErrorObjectOwned {
    fn from(err: RpcError) -> Self {
        let (code, message) = (err.code(), err.to_string());
        match err {
            RpcError::Revert(output) => Self::owned(code, message, Some(output)),
            RpcError::Coded { data, .. } => Self::owned(code, message, data),
            _ => Self::owned(code, message, None::<()>),
        }
    }
}

impl From<ChainError> for RpcError {
    fn from(err: ChainError) -> Self {
        if err.is_invalid() {
            Self::Server(err.to_string())
        } else {
            Self::Internal(err.to_string())
        }
    }
}

impl From<StateError> for RpcError {
    fn from(err: StateError) -> Self {
        Self::Internal(err.to_string())
    }
}

impl From<EvmError> for RpcError {
    fn from(err: EvmError) -> Self {
        match err {
            EvmError::Invalid(_) | EvmError::Request(_) => Self::Server(err.to_string()),
            EvmError::State(_) | EvmError::Internal(_) => Self::Internal(err.to_string()),
        }
    }
}

impl From<PoolError> for RpcError {
    fn from(err: PoolError) -> Self {
        match err {
            PoolError::Internal(message) => Self::Internal(message),
            other => Self::Server(other.to_string()),
        }
    }
}

/// geth's text of a revert: with the reason, where the output is an `Error(string)` or a
/// `Panic(uint256)`.
pub fn revert_message(output: &[u8]) -> String {
    match reason(output) {
        Some(reason) => format!("execution reverted: {reason}"),
        None => "execution reverted".into(),
    }
}

fn reason(output: &[u8]) -> Option<String> {
    let (selector, data) = output.split_first_chunk::<4>()?;
    let word = |at: usize| data.get(at..at.checked_add(32)?).map(U256::from_be_slice);
    match *selector {
        // Error(string)
        [0x08, 0xc3, 0x79, 0xa0] => {
            let offset = usize::try_from(word(0)?).ok()?;
            let length = usize::try_from(word(offset)?).ok()?;
            let start = offset.checked_add(32)?;
            let text = data.get(start..start.checked_add(length)?)?;
            Some(String::from_utf8_lossy(text).into_owned())
        }
        // Panic(uint256)
        [0x4e, 0x48, 0x7b, 0x71] => {
            let code = word(0)?;
            Some(
                panic_text(code)
                    .map_or_else(|| format!("unknown panic code: {code:#x}"), Into::into),
            )
        }
        _ => None,
    }
}

/// Solidity's panic codes.
///
/// Specification: <https://docs.soliditylang.org/en/latest/control-structures.html>.
fn panic_text(code: U256) -> Option<&'static str> {
    Some(match u8::try_from(code).ok()? {
        0x00 => "generic panic",
        0x01 => "assert(false)",
        0x11 => "arithmetic underflow or overflow",
        0x12 => "division or modulo by zero",
        0x21 => "enum overflow",
        0x22 => "invalid encoded storage byte array accessed",
        0x31 => "out-of-bounds array access; popping on an empty array",
        0x32 => "out-of-bounds access of an array or bytesN",
        0x41 => "out of memory",
        0x51 => "uninitialized function",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::hex;

    #[test]
    fn a_revert_carries_its_reason_and_its_data() {
        let output = hex!(
            "08c379a0"
            "0000000000000000000000000000000000000000000000000000000000000020"
            "0000000000000000000000000000000000000000000000000000000000000003"
            "6e6f210000000000000000000000000000000000000000000000000000000000"
        );
        let err: ErrorObjectOwned = RpcError::Revert(output.into()).into();
        assert_eq!((err.code(), err.message()), (3, "execution reverted: no!"));
        let data: Bytes = serde_json::from_str(err.data().unwrap().get()).unwrap();
        assert_eq!(data[..], output[..]);
    }

    #[test]
    fn odd_outputs_are_reverts_without_a_reason() {
        let huge = [&hex!("08c379a0")[..], &[0xff; 64]].concat();
        for output in [&[][..], &hex!("08c379a0"), &huge, &hex!("deadbeef00")] {
            assert_eq!(revert_message(output), "execution reverted");
        }
        let mut panic = hex!("4e487b71").to_vec();
        panic.extend(U256::from(0x11).to_be_bytes::<32>());
        assert_eq!(revert_message(&panic), "execution reverted: arithmetic underflow or overflow");
    }
}
