//! The error codes of `eth_simulateV1`.

use crate::{evm::EvmError, rpc::RpcError};
use revm::context_interface::result::InvalidTransaction;

/// Why a simulation is refused as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    NonceTooLow = -38010,
    NonceTooHigh = -38011,
    BaseFeeTooLow = -38012,
    IntrinsicGas = -38013,
    InsufficientFunds = -38014,
    BlockGasLimit = -38015,
    BlockNumber = -38020,
    Timestamp = -38021,
    MoveToItself = -38022,
    MoveToSame = -38023,
    SenderNotEoa = -38024,
    InitCode = -38025,
    Limit = -38026,
    Params = -32602,
}

impl Refusal {
    pub(super) fn with(self, message: impl Into<String>) -> Error {
        Error { code: self as i32, message: message.into() }
    }
}

/// A code with its text.
#[derive(Debug)]
pub(super) struct Error {
    code: i32,
    message: String,
}

impl From<Error> for RpcError {
    fn from(err: Error) -> Self {
        Self::Coded { code: err.code, message: err.message, data: None }
    }
}

/// The error of a call that cannot be a transaction.
pub(super) fn invalid(err: EvmError) -> RpcError {
    use InvalidTransaction as Invalid;
    let refusal = match &err {
        EvmError::Invalid(reason) => match reason {
            Invalid::NonceTooLow { .. } => Refusal::NonceTooLow,
            Invalid::NonceTooHigh { .. } => Refusal::NonceTooHigh,
            Invalid::GasPriceLessThanBasefee => Refusal::BaseFeeTooLow,
            Invalid::CallGasCostMoreThanGasLimit { .. }
            | Invalid::GasFloorMoreThanGasLimit { .. } => Refusal::IntrinsicGas,
            Invalid::LackOfFundForMaxFee { .. } | Invalid::OverflowPaymentInTransaction => {
                Refusal::InsufficientFunds
            }
            Invalid::CallerGasLimitMoreThanBlock => Refusal::BlockGasLimit,
            Invalid::RejectCallerWithCode => Refusal::SenderNotEoa,
            Invalid::CreateInitCodeSizeLimit => Refusal::InitCode,
            _ => Refusal::Params,
        },
        EvmError::Request(_) => Refusal::Params,
        EvmError::State(_) | EvmError::Internal(_) => return err.into(),
    };
    refusal.with(err.to_string()).into()
}
