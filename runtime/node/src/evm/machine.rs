//! The machine.

use super::{
    EvmError,
    env::{Env, Mode},
};
use crate::{
    execute::Forks,
    state::{StateError, StateView},
};
use alloy_consensus::Header;
use alloy_evm::{
    Evm, EvmFactory,
    eth::{EthEvmContext, EthEvmFactory},
    precompiles::PrecompilesMap,
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
    /// Precompiles that an override put code in place of.
    pub(super) replaced: Vec<Address>,
    mode: Mode,
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
        Self::for_transactions(spec, forks, header, state).into_messages()
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
            replaced: Vec::new(),
            mode: Mode::Transactions,
        }
    }

    /// From now on runs messages, see [`Machine::for_messages`].
    pub(crate) const fn into_messages(self) -> Self {
        self.into_mode(Mode::Messages)
    }

    /// From now on runs messages as if they were transactions of a block. If `validate`, their
    /// nonces must be right and they must pay the base fee.
    pub(crate) const fn into_simulation(self, validate: bool) -> Self {
        self.into_mode(Mode::Simulation { validate })
    }

    const fn into_mode(mut self, mode: Mode) -> Self {
        self.env.set(mode);
        self.mode = mode;
        self
    }

    /// Goes on to the block with this header.
    pub(crate) fn enter(&mut self, spec: &ChainSpec, header: &Header) {
        self.env = Env::new(spec, &self.forks, header);
        self.env.set(self.mode);
    }

    /// The block environment.
    pub(crate) const fn block(&self) -> &BlockEnv {
        self.env.block()
    }

    /// Which forks are active when.
    pub(crate) const fn forks(&self) -> &Forks {
        &self.forks
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
        if self.mode == Mode::Messages
            && tx.gas_price() == 0
            && tx.max_priority_fee_per_gas().unwrap_or(0) == 0
        {
            // A message that names no price must not fail for the base fee.
            env.block_mut().basefee = 0;
        }
        let overrides = (self.moved.as_slice(), self.replaced.as_slice());
        match env {
            Env::Rollup(env) => {
                let number = env.block_env.number;
                let mut evm = OpEvmFactory::<OpTx>::default().create_evm_with_inspector(
                    &mut self.db,
                    env,
                    inspector,
                );
                if self.mode != Mode::Transactions {
                    evm.ctx_mut().chain = no_fees(number);
                }
                override_precompiles(evm.precompiles_mut(), overrides)?;
                Ok(evm.transact_raw(tx)?)
            }
            Env::L1(env) => {
                let mut evm = EthEvmFactory::default().create_evm_with_inspector(
                    &mut self.db,
                    env,
                    inspector,
                );
                override_precompiles(evm.precompiles_mut(), overrides)?;
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

fn override_precompiles(
    precompiles: &mut PrecompilesMap,
    (moved, replaced): (&[(Address, Address)], &[Address]),
) -> Result<(), EvmError> {
    precompiles
        .move_precompiles(moved.iter().copied())
        .map_err(|err| EvmError::Request(err.to_string()))?;
    for address in replaced {
        precompiles.apply_precompile(address, |_| None);
    }
    Ok(())
}
