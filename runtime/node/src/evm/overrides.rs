//! Overrides of state and block, as `eth_call` and its relatives take them.
//!
//! Specification: <https://geth.ethereum.org/docs/interacting-with-geth/rpc/objects>.

use super::{EvmError, Machine};
use alloy_primitives::{Address, Bytes, KECCAK256_EMPTY, U256, keccak256};
use alloy_rpc_types_eth::{
    BlockOverrides,
    state::{AccountOverride, StateOverride},
};
use revm::{Database, bytecode::Bytecode, database::AccountState};

impl Machine {
    /// Changes accounts of the scratch state.
    ///
    /// Fails with [`EvmError::Request`] where fields contradict each other.
    pub(crate) fn override_state(&mut self, overrides: StateOverride) -> Result<(), EvmError> {
        for (address, account) in overrides {
            self.override_account(address, account)?;
        }
        Ok(())
    }

    fn override_account(&mut self, address: Address, new: AccountOverride) -> Result<(), EvmError> {
        if let Some(to) = new.move_precompile_to {
            self.moved.push((address, to));
        } else if new.code.is_some() {
            // Code in a precompile's place is run instead of it.
            self.replaced.push(address);
        }
        let db = self.db_mut();
        let mut info = db.basic(address)?.unwrap_or_default();
        if let Some(nonce) = new.nonce {
            info.nonce = nonce;
        }
        if let Some(balance) = new.balance {
            info.balance = balance;
        }
        if let Some(code) = new.code {
            info.code_hash = if code.is_empty() { KECCAK256_EMPTY } else { keccak256(&code) };
            info.code = Some(bytecode(code)?);
        }
        // Keeps slots that were read or changed before.
        db.insert_account_info(address, info);
        if let Some(account) = db.cache.accounts.get_mut(&address)
            && account.account_state == AccountState::None
        {
            account.account_state = AccountState::Touched;
        }
        let slots = match (new.state, new.state_diff) {
            (Some(_), Some(_)) => {
                let reason = format!("account {address} has both 'state' and 'stateDiff'");
                return Err(EvmError::Request(reason));
            }
            (None, None) => return Ok(()),
            (Some(state), None) => {
                if let Some(account) = db.cache.accounts.get_mut(&address) {
                    account.storage.clear();
                    account.account_state = AccountState::StorageCleared;
                }
                state
            }
            (None, Some(diff)) => diff,
        };
        for (slot, value) in slots {
            db.insert_account_storage(address, slot.into(), value.into())?;
        }
        Ok(())
    }

    /// Changes the block environment. What is not named stays.
    ///
    /// Fails with [`EvmError::Request`] where a number does not fit its field.
    pub(crate) fn override_block(&mut self, new: BlockOverrides) -> Result<(), EvmError> {
        let block = self.env.block_mut();
        block.number = new.number.unwrap_or(block.number);
        block.difficulty = new.difficulty.unwrap_or(block.difficulty);
        block.timestamp = new.time.map_or(block.timestamp, U256::from);
        block.gas_limit = new.gas_limit.unwrap_or(block.gas_limit);
        block.beneficiary = new.coinbase.unwrap_or(block.beneficiary);
        block.prevrandao = new.random.or(block.prevrandao);
        if let Some(fee) = new.base_fee {
            block.basefee = fee
                .try_into()
                .map_err(|_| EvmError::Request(format!("base fee {fee} is out of range")))?;
        }
        if let (Some(fee), Some(blob)) = (new.blob_base_fee, &mut block.blob_excess_gas_and_price) {
            blob.blob_gasprice = fee.saturating_to();
        }
        for (number, hash) in new.block_hash.into_iter().flatten() {
            self.db.cache.block_hashes.insert(U256::from(number), hash);
        }
        Ok(())
    }
}

fn bytecode(code: Bytes) -> Result<Bytecode, EvmError> {
    Bytecode::new_raw_checked(code).map_err(|err| EvmError::Request(format!("code: {err}")))
}
