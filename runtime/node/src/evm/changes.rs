//! What the scratch state has become, as a new state root.

use super::{EvmError, Machine};
use crate::state::StateChanges;
use alloy_primitives::{Address, B256, U256};
use revm::{
    DatabaseRef,
    database::{
        AccountState, AccountStatus, BundleAccount, BundleState, DbAccount, states::StorageSlot,
    },
};

impl Machine {
    /// The state that would follow if everything committed so far were written. Nothing is.
    pub(crate) fn changes(&self) -> Result<StateChanges, EvmError> {
        let mut bundle = BundleState::default();
        for (address, account) in &self.db.cache.accounts {
            if account.account_state == AccountState::None {
                continue;
            }
            let original = self.db.db.basic_ref(*address)?;
            if original.is_none() && account.info().is_none() {
                continue;
            }
            let wiped = account.account_state != AccountState::Touched;
            let storage = account
                .storage
                .iter()
                .map(|(slot, value)| {
                    let old =
                        if wiped { U256::ZERO } else { self.db.db.storage_ref(*address, *slot)? };
                    Ok((*slot, StorageSlot::new_changed(old, *value)))
                })
                .collect::<Result<_, EvmError>>()?;
            let status =
                if wiped { AccountStatus::DestroyedChanged } else { AccountStatus::Changed };
            let account = BundleAccount::new(original, DbAccount::info(account), storage, status);
            bundle.state.insert(*address, account);
        }
        Ok(self.db.db.apply(&bundle)?)
    }

    /// The storage root of an account in `changes`.
    pub(crate) fn storage_root(
        &self,
        changes: &StateChanges,
        address: Address,
    ) -> Result<B256, EvmError> {
        Ok(self.db.db.storage_root_after(changes, address)?)
    }
}
