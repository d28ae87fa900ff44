//! What a transaction must be before the pool takes it.

use super::{PoolError, PoolLimits, PoolTx};
use crate::state::StateView;
use alloy_consensus::{
    Transaction, Typed2718,
    transaction::{Recovered, SignerRecoverable},
};
use alloy_eips::{Decodable2718, eip7702::constants::EIP7702_DELEGATION_DESIGNATOR};
use alloy_primitives::{B256, KECCAK256_EMPTY, U256};
use op_alloy_consensus::OpTxEnvelope;
use op_revm::{L1BlockInfo, OpSpecId};
use revm::{
    database::WrapDatabaseRef,
    interpreter::gas::calculate_initial_tx_gas,
    primitives::{eip3860::MAX_INITCODE_SIZE, hardfork::SpecId},
};
use std::sync::Arc;

/// Checks transactions against one chain and one state.
#[derive(Debug)]
pub(crate) struct Validator {
    pub(crate) chain_id: u64,
    pub(crate) rollup: bool,
    pub(crate) gas_limit: u64,
}

/// Decodes and recovers a transaction from its EIP-2718 bytes.
///
/// Deposits are refused by decoded type, not by first byte: the decoder also takes a deposit
/// without its type byte.
pub(crate) fn decode(raw: &[u8], limits: &PoolLimits) -> Result<PoolTx, PoolError> {
    if raw.len() > limits.tx_bytes {
        return Err(PoolError::Oversized { size: raw.len(), limit: limits.tx_bytes });
    }
    if let Some(ty @ (0x03 | 0x7d | 0x7e)) = raw.first().copied() {
        return Err(PoolError::TypeNotSupported(ty));
    }
    let mut rest = raw;
    let tx =
        OpTxEnvelope::decode_2718(&mut rest).map_err(|err| PoolError::Decode(err.to_string()))?;
    if !rest.is_empty() {
        return Err(PoolError::Decode(format!("{} bytes after the transaction", rest.len())));
    }
    recover(tx)
}

/// Recovers the sender. Transactions that only the protocol makes are refused.
pub(crate) fn recover(tx: OpTxEnvelope) -> Result<PoolTx, PoolError> {
    if matches!(tx, OpTxEnvelope::Deposit(_) | OpTxEnvelope::PostExec(_)) {
        return Err(PoolError::TypeNotSupported(tx.ty()));
    }
    let sender = tx.recover_signer().map_err(|_| PoolError::InvalidSender)?;
    Ok(Arc::new(Recovered::new_unchecked(tx, sender)))
}

impl Validator {
    /// Checks `tx` against the state at the head and gives the account's nonce there.
    pub(crate) fn check(
        &self,
        tx: &Recovered<OpTxEnvelope>,
        raw: &[u8],
        state: &StateView,
    ) -> Result<u64, PoolError> {
        self.check_form(tx)?;
        let internal = |err: crate::state::StateError| PoolError::Internal(err.to_string());
        let account = state.account(tx.signer()).map_err(internal)?.unwrap_or_default();
        if account.code_hash != KECCAK256_EMPTY && account.code_hash != B256::ZERO {
            let code = state.code(tx.signer()).map_err(internal)?;
            // A delegated account still signs for itself (EIP-7702).
            if !code.starts_with(&EIP7702_DELEGATION_DESIGNATOR) {
                return Err(PoolError::SenderNotEoa);
            }
        }
        if tx.nonce() < account.nonce {
            return Err(PoolError::NonceTooLow { state: account.nonce, tx: tx.nonce() });
        }
        let gas = U256::from(tx.gas_limit()) * U256::from(tx.max_fee_per_gas());
        let mut cost = gas.saturating_add(tx.value());
        if self.rollup {
            cost = cost.saturating_add(l1_cost(state, raw, tx.gas_limit()).map_err(internal)?);
        }
        if account.balance < cost {
            return Err(PoolError::InsufficientFunds { balance: account.balance, cost });
        }
        Ok(account.nonce)
    }

    /// What can be told without the state.
    fn check_form(&self, tx: &Recovered<OpTxEnvelope>) -> Result<(), PoolError> {
        if let Some(id) = tx.chain_id()
            && id != self.chain_id
        {
            return Err(PoolError::ChainId { have: id.to_string(), want: self.chain_id });
        }
        if tx.nonce() == u64::MAX {
            return Err(PoolError::NonceMax);
        }
        if tx.gas_limit() > self.gas_limit {
            return Err(PoolError::GasLimit { tx: tx.gas_limit(), block: self.gas_limit });
        }
        if tx.max_priority_fee_per_gas().is_some_and(|tip| tip > tx.max_fee_per_gas()) {
            return Err(PoolError::TipAboveFeeCap);
        }
        if tx.is_create() && tx.input().len() > MAX_INITCODE_SIZE {
            return Err(PoolError::InitCode { size: tx.input().len(), limit: MAX_INITCODE_SIZE });
        }
        if let Some(list) = tx.authorization_list() {
            if list.is_empty() {
                return Err(PoolError::SetCode("has an empty authorization list"));
            }
            if tx.is_create() {
                return Err(PoolError::SetCode("cannot create a contract"));
            }
        }
        let keys = |list: &alloy_eips::eip2930::AccessList| {
            (list.len() as u64, list.storage_keys_count() as u64)
        };
        let (accounts, slots) = tx.access_list().map_or((0, 0), keys);
        let gas = calculate_initial_tx_gas(
            SpecId::PRAGUE,
            tx.input(),
            tx.is_create(),
            accounts,
            slots,
            tx.authorization_list().map_or(0, |list| list.len() as u64),
        );
        let needed = gas.initial_total_gas.max(gas.floor_gas);
        if tx.gas_limit() < needed {
            return Err(PoolError::IntrinsicGas { gas: tx.gas_limit(), needed });
        }
        Ok(())
    }
}

/// The fee for data on the parent plus the operator fee, in wei, at this state.
fn l1_cost(state: &StateView, raw: &[u8], gas: u64) -> Result<U256, crate::state::StateError> {
    let mut db = WrapDatabaseRef(state.clone());
    let mut info = L1BlockInfo::try_fetch(&mut db, U256::ZERO, OpSpecId::ISTHMUS)?;
    Ok(info.tx_cost(raw, U256::from(gas), OpSpecId::ISTHMUS))
}
