//! Chain configuration, fork schedule, contract deployment and genesis assembly (pure data, no runtime).

pub mod abi;
pub mod artifacts;
pub mod config;
pub mod deploy;
pub mod genesis;
pub mod rollup;
pub mod spec;
