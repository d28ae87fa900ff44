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

    /// Lets messages through that no signature backs: any nonce, any sender, any gas limit.
    pub(super) const fn relax(&mut self) {
        either!(self, env => {
            env.cfg_env.disable_nonce_check = true;
            env.cfg_env.disable_eip3607 = true;
            env.cfg_env.disable_block_gas_limit = true;
        });
    }

    /// Whether nonces are checked.
    pub(super) const fn check_nonce(&mut self, check: bool) {
        either!(self, env => env.cfg_env.disable_nonce_check = !check);
    }
}
