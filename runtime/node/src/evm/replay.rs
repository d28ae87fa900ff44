//! A block run again up to one of its transactions.

use super::{EvmError, Machine, env::Env};
use crate::{block::Block, chain::Chain};
use alloy_consensus::{Header, transaction::Recovered};
use alloy_eips::eip7685::Requests;
use alloy_evm::{EvmFactory, FromRecoveredTx, block::SystemCaller, eth::EthEvmFactory};
use alloy_op_evm::{OpEvmFactory, OpTx};
use op_alloy_consensus::OpTxEnvelope;

/// A transaction as the machine takes it.
pub(crate) fn transaction(tx: &Recovered<OpTxEnvelope>) -> OpTx {
    OpTx::from_recovered_tx(tx.inner(), tx.signer())
}

impl Machine {
    /// The machine as it stands in `block` just before the transaction at `index`: the calls that
    /// open a block and all earlier transactions have run. An index past the end gives the state
    /// after the last one.
    ///
    /// Fails if the parent is not known.
    pub(crate) fn before(chain: &Chain, block: &Block, index: usize) -> Result<Self, EvmError> {
        let parent = chain
            .header(block.parent_hash)
            .map_err(|err| EvmError::Internal(err.to_string()))?
            .ok_or_else(|| EvmError::Internal(format!("parent {} missing", block.parent_hash)))?;
        let state = chain.state_at(block.parent_hash, &parent);
        let mut machine =
            Self::for_transactions(chain.spec(), chain.forks(), block.header.inner(), state);
        machine.open_block(block.header.inner())?;
        for tx in block.transactions.iter().take(index) {
            let outcome = machine.run(transaction(tx))?;
            machine.commit(outcome.state);
        }
        Ok(machine)
    }

    /// Makes the calls that close a block and gives the requests they return (EIP-7002, EIP-7251).
    /// A rollup has none.
    pub(crate) fn close_block(&mut self) -> Result<Requests, EvmError> {
        match self.env.clone() {
            Env::Rollup(_) => Ok(Requests::default()),
            Env::L1(env) => {
                let mut evm = EthEvmFactory::default().create_evm(&mut self.db, env);
                Ok(SystemCaller::new(self.forks).apply_post_execution_changes(&mut evm)?)
            }
        }
    }

    /// Makes the calls that open a block: EIP-2935 and EIP-4788.
    pub(crate) fn open_block(&mut self, header: &Header) -> Result<(), EvmError> {
        let mut caller = SystemCaller::new(self.forks);
        match self.env.clone() {
            Env::Rollup(env) => {
                let mut evm = OpEvmFactory::<OpTx>::default().create_evm(&mut self.db, env);
                caller.apply_pre_execution_changes(header, &mut evm)?;
            }
            Env::L1(env) => {
                let mut evm = EthEvmFactory::default().create_evm(&mut self.db, env);
                caller.apply_pre_execution_changes(header, &mut evm)?;
            }
        }
        Ok(())
    }
}
