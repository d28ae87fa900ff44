//! Chain configuration, fork schedule, contract deployment and genesis assembly (pure data, no runtime).

pub mod artifacts;
pub mod rollup;
pub mod spec;
pub mod config;
