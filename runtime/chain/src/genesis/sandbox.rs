//! An EVM without a chain, in which constructors and initialisers of a genesis run.

#[cfg(test)]
mod testing;

#[cfg(test)]
pub(crate) use testing::TestCall;

use super::GenesisError;
use crate::deploy::Step;
use alloy_genesis::GenesisAccount;
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, hex};
use revm::{
    Context, Database, DatabaseCommit, ExecuteEvm, MainBuilder, MainContext, MainnetEvm,
    SystemCallEvm,
    bytecode::Bytecode,
    context::{TxEnv, result::ExecutionResult},
    database::InMemoryDB,
    handler::MainnetContext,
    primitives::hardfork::SpecId,
    state::AccountInfo,
};
use std::collections::BTreeMap;

/// Gas of one call: that of a system call, and more than any step of a deployment needs.
const GAS_LIMIT: u64 = 30_000_000;

/// State under construction.
pub(crate) struct Sandbox {
    evm: MainnetEvm<MainnetContext<InMemoryDB>>,
    chain_id: u64,
}

impl Sandbox {
    /// An empty state in which `block.number` is 0. Prague and Isthmus run the same opcodes.
    pub(crate) fn new(chain_id: u64, timestamp: u64) -> Self {
        let evm = Context::mainnet()
            .with_db(InMemoryDB::default())
            .modify_cfg_chained(|cfg| {
                cfg.set_spec_and_mainnet_gas_params(SpecId::PRAGUE);
                cfg.chain_id = chain_id;
            })
            .modify_block_chained(|block| {
                block.number = U256::ZERO;
                block.timestamp = U256::from(timestamp);
                block.basefee = 0;
                block.gas_limit = u64::MAX;
            })
            .build_mainnet();
        Self { evm, chain_id }
    }

    /// Writes an account as it is given.
    pub(super) fn insert(&mut self, address: Address, account: GenesisAccount) {
        let code = account.code.map(Bytecode::new_raw).unwrap_or_default();
        let info = AccountInfo {
            nonce: account.nonce.unwrap_or_default(),
            balance: account.balance,
            code_hash: code.hash_slow(),
            code: Some(code),
            ..Default::default()
        };
        self.database().insert_account_info(address, info);
        for (slot, value) in account.storage.into_iter().flatten() {
            self.store(address, slot, value);
        }
    }

    /// Writes code to an account of nonce 1, as a creation leaves it.
    pub(super) fn etch(&mut self, address: Address, code: Bytes) {
        let account = GenesisAccount { nonce: Some(1), code: Some(code), ..Default::default() };
        self.insert(address, account);
    }

    /// Writes a slot of an account that exists.
    pub(super) fn store(&mut self, address: Address, slot: B256, value: B256) {
        let (slot, value) = (slot.into(), value.into());
        match self.database().insert_account_storage(address, slot, value) {
            Ok(()) => {}
            Err(never) => match never {},
        }
    }

    /// Runs creation code at an address of choice and leaves what it returns there.
    ///
    /// The code runs as the account's own, so that immutables, domain separators and the contracts
    /// it creates come out as they would after a creation at this address.
    pub(super) fn construct(
        &mut self,
        label: &'static str,
        address: Address,
        init_code: Bytes,
    ) -> Result<(), GenesisError> {
        self.etch(address, init_code);
        let runtime = self.call(label, Address::ZERO, address, Bytes::new())?;
        let info = match self.database().basic(address) {
            Ok(info) => info.unwrap_or_default(),
            Err(never) => match never {},
        };
        let code = Bytecode::new_raw(runtime);
        let info = AccountInfo { code_hash: code.hash_slow(), code: Some(code), ..info };
        self.database().insert_account_info(address, info);
        Ok(())
    }

    /// Calls a contract in the name of any account, whose nonce and balance stay as they are.
    pub(super) fn call(
        &mut self,
        label: &'static str,
        from: Address,
        to: Address,
        input: Bytes,
    ) -> Result<Bytes, GenesisError> {
        let outcome = self.evm.system_call_with_caller(from, to, input);
        let outcome = outcome.map_err(|error| GenesisError::step(label, &error))?;
        self.database().commit(outcome.state);
        output(label, outcome.result)
    }

    /// Runs a step of a deployment as the transaction that it is on a live chain.
    pub(crate) fn run(&mut self, step: &Step) -> Result<(), GenesisError> {
        let transaction = TxEnv::builder()
            .caller(step.from)
            .nonce(step.nonce)
            .kind(step.to.map_or(TxKind::Create, TxKind::Call))
            .data(step.input.clone())
            .value(step.value)
            .gas_limit(GAS_LIMIT)
            .chain_id(Some(self.chain_id))
            .build()
            .map_err(|error| GenesisError::step(step.label, &error))?;
        let outcome = self.evm.transact(transaction);
        let outcome = outcome.map_err(|error| GenesisError::step(step.label, &error))?;
        self.database().commit(outcome.state);
        output(step.label, outcome.result).map(drop)
    }

    /// The accounts that are not empty.
    pub(super) fn into_accounts(mut self) -> BTreeMap<Address, GenesisAccount> {
        let cache = std::mem::take(&mut self.database().cache);
        let accounts = cache.accounts.into_iter().filter(|(_, account)| !account.info.is_empty());
        accounts
            .map(|(address, account)| {
                let code = cache.contracts.get(&account.info.code_hash);
                let code = code.map(Bytecode::original_bytes).filter(|code| !code.is_empty());
                let storage: BTreeMap<B256, B256> = account
                    .storage
                    .into_iter()
                    .filter(|(_, value)| !value.is_zero())
                    .map(|(slot, value)| (slot.into(), value.into()))
                    .collect();
                let account = GenesisAccount {
                    nonce: (account.info.nonce != 0).then_some(account.info.nonce),
                    balance: account.info.balance,
                    code,
                    storage: (!storage.is_empty()).then_some(storage),
                    ..Default::default()
                };
                (address, account)
            })
            .collect()
    }

    const fn database(&mut self) -> &mut InMemoryDB {
        &mut self.evm.ctx.journaled_state.database
    }
}

fn output(label: &'static str, result: ExecutionResult) -> Result<Bytes, GenesisError> {
    match result {
        ExecutionResult::Success { output, .. } => Ok(output.into_data()),
        ExecutionResult::Revert { output, .. } => {
            Err(GenesisError::Step { label, reason: format!("reverted: {}", hex::encode(output)) })
        }
        ExecutionResult::Halt { reason, .. } => {
            Err(GenesisError::Step { label, reason: format!("{reason:?}") })
        }
    }
}
