//! Why a message or transaction did not run.

use crate::state::StateError;
use alloy_evm::block::BlockExecutionError;
use alloy_op_evm::OpTxError;
use op_revm::OpTransactionError;
use revm::context_interface::result::{EVMError, InvalidTransaction};

/// Why a message or transaction did not run at all. A revert is no error: it is an outcome.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EvmError {
    /// The message is not valid on this state.
    #[error("{}", describe(.0))]
    Invalid(InvalidTransaction),
    /// The request contradicts itself.
    #[error("{0}")]
    Request(String),
    /// State could not be read.
    #[error(transparent)]
    State(#[from] StateError),
    /// The node is at fault.
    #[error("{0}")]
    Internal(String),
}

/// The words that wallets and libraries look for.
fn describe(err: &InvalidTransaction) -> String {
    use InvalidTransaction::{
        CallGasCostMoreThanGasLimit, CallerGasLimitMoreThanBlock, CreateInitCodeSizeLimit,
        GasFloorMoreThanGasLimit, GasPriceLessThanBasefee, LackOfFundForMaxFee, NonceTooHigh,
        NonceTooLow, PriorityFeeGreaterThanMaxFee, RejectCallerWithCode,
    };
    match err {
        LackOfFundForMaxFee { fee, balance } => {
            format!("insufficient funds for gas * price + value: have {balance} want {fee}")
        }
        CallGasCostMoreThanGasLimit { initial_gas, gas_limit } => {
            format!("intrinsic gas too low: have {gas_limit}, want {initial_gas}")
        }
        GasFloorMoreThanGasLimit { gas_floor, gas_limit } => {
            format!("insufficient gas for floor data gas cost: have {gas_limit}, want {gas_floor}")
        }
        GasPriceLessThanBasefee => "max fee per gas less than block base fee".into(),
        PriorityFeeGreaterThanMaxFee => {
            "max priority fee per gas higher than max fee per gas".into()
        }
        NonceTooLow { tx, state } => format!("nonce too low: next nonce {state}, tx nonce {tx}"),
        NonceTooHigh { tx, state } => format!("nonce too high: next nonce {state}, tx nonce {tx}"),
        CallerGasLimitMoreThanBlock => "gas limit exceeds the block's".into(),
        CreateInitCodeSizeLimit => "max initcode size exceeded".into(),
        RejectCallerWithCode => "sender not an eoa".into(),
        other => other.to_string(),
    }
}

impl From<EVMError<StateError, InvalidTransaction>> for EvmError {
    fn from(err: EVMError<StateError, InvalidTransaction>) -> Self {
        match err {
            EVMError::Transaction(err) => Self::Invalid(err),
            EVMError::Database(err) => Self::State(err),
            other => Self::Internal(other.to_string()),
        }
    }
}

impl From<EVMError<StateError, OpTxError>> for EvmError {
    fn from(err: EVMError<StateError, OpTxError>) -> Self {
        match err {
            EVMError::Transaction(OpTxError(OpTransactionError::Base(err))) => Self::Invalid(err),
            EVMError::Database(err) => Self::State(err),
            other => Self::Internal(other.to_string()),
        }
    }
}

impl From<BlockExecutionError> for EvmError {
    fn from(err: BlockExecutionError) -> Self {
        Self::Internal(err.to_string())
    }
}
