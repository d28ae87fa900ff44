//! A withdrawal as it is hashed, stored and proven.
//!
//! Specification: <https://specs.optimism.io/protocol/withdrawals.html#the-l2tol1messagepasser-contract>.

use super::BridgeError;
use crate::parent::MinedReceipt;
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_sol_types::{SolEvent, SolValue};
use gm_chain::{
    abi::{IL2ToL1MessagePasser, IOptimismPortal2},
    spec::MESSAGE_PASSER,
};

/// A withdrawal that was initiated on the rollup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withdrawal {
    /// The message's nonce, with its version.
    pub nonce: U256,
    /// Who initiated it on the rollup.
    pub sender: Address,
    /// What is called on the parent.
    pub target: Address,
    /// Wei.
    pub value: U256,
    /// Gas of the call.
    pub gas_limit: U256,
    /// Its calldata.
    pub data: Bytes,
    /// The rollup's block that holds it.
    pub block: u64,
}

impl Withdrawal {
    /// The first withdrawal that a transaction on the rollup initiated.
    ///
    /// # Errors
    /// [`BridgeError::Reverted`] or [`BridgeError::NoWithdrawal`].
    pub fn of(receipt: &MinedReceipt) -> Result<Self, BridgeError> {
        if !receipt.status {
            return Err(BridgeError::Reverted(receipt.transaction_hash));
        }
        let logs = receipt.logs.iter().filter(|log| log.address == MESSAGE_PASSER);
        let mut passed =
            logs.filter_map(|log| IL2ToL1MessagePasser::MessagePassed::decode_log(log).ok());
        let message = passed.next().ok_or(BridgeError::NoWithdrawal(receipt.transaction_hash))?;
        Ok(Self {
            nonce: message.nonce,
            sender: message.sender,
            target: message.target,
            value: message.value,
            gas_limit: message.gasLimit,
            data: message.data.data.clone(),
            block: receipt.block.number,
        })
    }

    /// The hash under which both sides know it.
    pub fn hash(&self) -> B256 {
        let fields =
            (self.nonce, self.sender, self.target, self.value, self.gas_limit, self.data.clone());
        keccak256(fields.abi_encode_params())
    }

    /// The message passer's slot that is set if the withdrawal was initiated.
    pub fn slot(&self) -> B256 {
        keccak256((self.hash(), B256::ZERO).abi_encode())
    }

    /// The form in which the portal takes it.
    pub fn to_abi(&self) -> IOptimismPortal2::WithdrawalTransaction {
        IOptimismPortal2::WithdrawalTransaction {
            nonce: self.nonce,
            sender: self.sender,
            target: self.target,
            value: self.value,
            gasLimit: self.gas_limit,
            data: self.data.clone(),
        }
    }
}
