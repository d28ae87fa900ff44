//! The sandbox as a chain that tests act on.

use super::{
    Address, B256, BTreeMap, Bytes, Database, DatabaseCommit, ExecuteEvm, ExecutionResult,
    GAS_LIMIT, Sandbox, TxEnv, TxKind, U256,
};
use alloy_primitives::Log;

/// A transaction of a test.
#[derive(Clone, Debug)]
pub(crate) struct TestCall {
    from: Address,
    to: Address,
    value: U256,
    input: Bytes,
}

impl TestCall {
    pub(crate) fn new(from: Address, to: Address, input: Vec<u8>) -> Self {
        Self { from, to, value: U256::ZERO, input: input.into() }
    }

    pub(crate) const fn with_value(mut self, value: U256) -> Self {
        self.value = value;
        self
    }
}

impl Sandbox {
    /// Runs a transaction. The error is the revert data.
    pub(crate) fn test_call(&mut self, call: TestCall) -> Result<Bytes, Bytes> {
        let nonce = match self.database().basic(call.from) {
            Ok(info) => info.unwrap_or_default().nonce,
            Err(never) => match never {},
        };
        let transaction = TxEnv::builder()
            .caller(call.from)
            .nonce(nonce)
            .kind(TxKind::Call(call.to))
            .data(call.input)
            .value(call.value)
            .gas_limit(GAS_LIMIT)
            .chain_id(Some(self.chain_id))
            .build()
            .expect("a plain transaction");
        let outcome = self.evm.transact(transaction).expect("a valid transaction");
        self.database().commit(outcome.state);
        match outcome.result {
            ExecutionResult::Success { output, logs, .. } => {
                self.database().cache.logs = logs;
                Ok(output.into_data())
            }
            ExecutionResult::Revert { output, .. } => Err(output),
            ExecutionResult::Halt { reason, .. } => panic!("{reason:?}"),
        }
    }

    /// A new block, this many seconds later.
    pub(crate) fn advance(&mut self, seconds: u64) {
        self.evm.ctx.modify_block(|block| {
            block.number += U256::ONE;
            block.timestamp += U256::from(seconds);
        });
    }

    /// Logs of the last transaction.
    pub(crate) fn logs(&mut self) -> Vec<Log> {
        self.database().cache.logs.clone()
    }

    pub(crate) fn has_code(&mut self, address: Address) -> bool {
        let account = self.database().cache.accounts.get(&address);
        account.is_some_and(|account| !account.info.is_empty_code_hash())
    }

    pub(crate) fn balance(&mut self, address: Address) -> U256 {
        self.database().cache.accounts[&address].info.balance
    }

    pub(crate) fn storage(&mut self, address: Address) -> BTreeMap<B256, B256> {
        let account = &self.database().cache.accounts[&address];
        let slots = account.storage.iter().filter(|(_, value)| !value.is_zero());
        slots.map(|(slot, value)| ((*slot).into(), (*value).into())).collect()
    }
}
