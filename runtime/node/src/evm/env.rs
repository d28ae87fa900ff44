//! The environment of a block on either kind of chain.

use crate::execute::{Forks, l1_env, rollup_env};
use alloy_consensus::Header;
use alloy_evm::EvmEnv;
use gm_chain::spec::ChainSpec;
use op_revm::OpSpecId;
use revm::{context::BlockEnv, primitives::hardfork::SpecId};

/// Block and configuration of the EVM.
#[derive(Debug, Clone)]
pub(super) enum Env {
    /// On a rollup.
    Rollup(EvmEnv<OpSpecId>),
    /// On an L1.
    L1(EvmEnv<SpecId>),
}

/// What a machine runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Transactions exactly as a block runs them.
    Transactions,
    /// Messages that no signature backs: any nonce, any sender, any gas limit.
    Messages,
    /// Messages that are to look like a block's transactions.
    Simulation {
        /// Whether nonces and fees must be right.
        validate: bool,
    },
}

/// The same expression on both kinds of environment.
macro_rules! either {
    ($env:expr, $inner:ident => $body:expr) => {
        match $env {
            Self::Rollup($inner) => $body,
            Self::L1($inner) => $body,
        }
    };
}

impl Env {
    pub(super) fn new(spec: &ChainSpec, forks: &Forks, header: &Header) -> Self {
        if spec.is_rollup() {
            Self::Rollup(rollup_env(spec, forks, header))
        } else {
            Self::L1(l1_env(spec, forks, header))
        }
    }

    pub(super) const fn block(&self) -> &BlockEnv {
        either!(self, env => &env.block_env)
    }

    pub(super) const fn block_mut(&mut self) -> &mut BlockEnv {
        either!(self, env => &mut env.block_env)
    }

    pub(super) const fn chain_id(&self) -> u64 {
        either!(self, env => env.cfg_env.chain_id)
    }

    /// Sets the checks that `mode` leaves out.
    pub(super) const fn set(&mut self, mode: Mode) {
        if matches!(mode, Mode::Transactions) {
            return;
        }
        either!(self, env => {
            let validate = matches!(mode, Mode::Simulation { validate: true });
            env.cfg_env.disable_nonce_check = !validate;
            env.cfg_env.disable_base_fee = matches!(mode, Mode::Simulation { validate: false });
            env.cfg_env.disable_eip3607 = true;
            env.cfg_env.disable_block_gas_limit = true;
        });
    }
}
