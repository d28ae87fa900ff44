//! The machine.

use super::{EvmError, env::Env};
use crate::{
    execute::Forks,
    state::{StateError, StateView},
};
use alloy_consensus::Header;
use alloy_evm::{
    Evm, EvmFactory,
    eth::{EthEvmContext, EthEvmFactory},
};
use alloy_op_evm::{OpEvmContext, OpEvmFactory, OpTx};
use alloy_primitives::{Address, U256};
use gm_chain::spec::ChainSpec;
use op_revm::{L1BlockInfo, OpHaltReason};
use revm::{
    Database, DatabaseCommit, Inspector,
    context::{BlockEnv, Transaction},
    context_interface::result::ResultAndState,
    database::CacheDB,
    inspector::NoOpInspector,
    state::{AccountInfo, EvmState},
};

/// The scratch state that a machine runs on.
pub(crate) type CallDb = CacheDB<StateView>;

/// What a run gives: the result and the state it would leave, which is not written anywhere.
pub(crate) type Outcome = ResultAndState<OpHaltReason>;

/// Something that watches a run on either kind of chain.
pub(crate) trait Inspect:
    for<'a> Inspector<OpEvmContext<&'a mut CallDb>> + for<'a> Inspector<EthEvmContext<&'a mut CallDb>>
{
}

impl<T> Inspect for T where
    T: for<'a> Inspector<OpEvmContext<&'a mut CallDb>>
        + for<'a> Inspector<EthEvmContext<&'a mut CallDb>>
{
}

/// An EVM on a scratch state.
#[derive(Debug, Clone)]
pub(crate) struct Machine {
    pub(super) env: Env,
    pub(super) forks: Forks,
    pub(super) db: CallDb,
    /// Precompiles that an override moved, from and to.
    pub(super) moved: Vec<(Address, Address)>,
    /// Whether it runs messages: no L1 data fee, no operator fee, no price unless asked for.
    free: bool,
}

impl Machine {
    /// For messages on `state`, in the environment of the block with this header.
    ///
    /// Unlike a transaction, a message needs no right nonce, may come from a contract, may have more
    /// gas than the block, and pays no fee but the gas price it names itself. Its balance must
    /// cover the value it sends.
    pub(crate) fn for_messages(
        spec: &ChainSpec,
        forks: &Forks,
        header: &Header,
        state: StateView,
    ) -> Self {
        let mut machine = Self::for_transactions(spec, forks, header, state);
        machine.env.relax();
        machine.free = true;
        machine
    }

    /// For transactions exactly as a block with this header runs them on `state`.
    pub(crate) fn for_transactions(
        spec: &ChainSpec,
        forks: &Forks,
        header: &Header,
        state: StateView,
    ) -> Self {
        Self {
            env: Env::new(spec, forks, header),
            forks: *forks,
            db: CacheDB::new(state),
            moved: Vec::new(),
            free: false,
        }
    }

    /// From now on runs messages, see [`Machine::for_messages`].
    pub(crate) const fn into_messages(mut self) -> Self {
        self.env.relax();
        self.free = true;
        self
    }

    /// Turns the nonce check of messages on or off.
    pub(crate) const fn check_nonce(&mut self, check: bool) {
        self.env.check_nonce(check);
    }

    /// The block environment.
    pub(crate) const fn block(&self) -> &BlockEnv {
        self.env.block()
    }

    /// The block environment, to change it.
    pub(crate) const fn block_mut(&mut self) -> &mut BlockEnv {
        self.env.block_mut()
    }

    /// The EIP-155 chain id.
    pub(crate) const fn chain_id(&self) -> u64 {
        self.env.chain_id()
    }

    /// The scratch state.
    pub(crate) const fn db_mut(&mut self) -> &mut CallDb {
        &mut self.db
    }

    /// An account of the scratch state; empty if there is none.
    pub(crate) fn account(&mut self, address: Address) -> Result<AccountInfo, StateError> {
        Ok(self.db.basic(address)?.unwrap_or_default())
    }

    /// Runs a message or transaction. The scratch state stays as it is: see [`Machine::commit`].
    pub(crate) fn run(&mut self, tx: OpTx) -> Result<Outcome, EvmError> {
        self.inspect(tx, NoOpInspector)
    }

    /// Runs a message or transaction while `inspector` watches. Pass `&mut` to keep the inspector.
    pub(crate) fn inspect(
        &mut self,
        tx: OpTx,
        inspector: impl Inspect,
    ) -> Result<Outcome, EvmError> {
        let mut env = self.env.clone();
        if self.free && tx.gas_price() == 0 && tx.max_priority_fee_per_gas().unwrap_or(0) == 0 {
            // A message that names no price must not fail for the base fee.
            env.block_mut().basefee = 0;
        }
        let moved = self.moved.iter().copied();
        match env {
            Env::Rollup(env) => {
                let number = env.block_env.number;
                let mut evm = OpEvmFactory::<OpTx>::default().create_evm_with_inspector(
                    &mut self.db,
                    env,
                    inspector,
                );
                if self.free {
                    evm.ctx_mut().chain = no_fees(number);
                }
                move_precompiles(evm.precompiles_mut(), moved)?;
                Ok(evm.transact_raw(tx)?)
            }
            Env::L1(env) => {
                let mut evm = EthEvmFactory::default().create_evm_with_inspector(
                    &mut self.db,
                    env,
                    inspector,
                );
                move_precompiles(evm.precompiles_mut(), moved)?;
                let ResultAndState { result, state } = evm.transact_raw(tx.0.base)?;
                Ok(ResultAndState { result: result.map_haltreason(OpHaltReason::Base), state })
            }
        }
    }

    /// Writes what a run left into the scratch state.
    pub(crate) fn commit(&mut self, state: EvmState) {
        self.db.commit(state);
    }
}

/// The parent's fee parameters for a block in which nothing is charged.
fn no_fees(number: U256) -> L1BlockInfo {
    L1BlockInfo {
        l2_block: Some(number),
        l1_blob_base_fee: Some(U256::ZERO),
        l1_blob_base_fee_scalar: Some(U256::ZERO),
        operator_fee_scalar: Some(U256::ZERO),
        operator_fee_constant: Some(U256::ZERO),
        ..Default::default()
    }
}

fn move_precompiles(
    precompiles: &mut alloy_evm::precompiles::PrecompilesMap,
    moved: impl Iterator<Item = (Address, Address)>,
) -> Result<(), EvmError> {
    precompiles.move_precompiles(moved).map_err(|err| EvmError::Request(err.to_string()))
}
