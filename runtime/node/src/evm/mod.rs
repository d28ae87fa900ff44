//! One machine for everything that runs outside block building: calls, gas estimates, traces and
//! simulations, on an L1 and on a rollup alike.
//!
//! A [`Machine`] is a block environment over a scratch copy of one state. It runs either *messages*,
//! which need no signature and pay only what they ask to pay, or *transactions* exactly as the block
//! ran them.

mod changes;
mod env;
mod error;
mod machine;
mod message;
mod overrides;
mod replay;
#[cfg(test)]
mod tests;

pub(crate) use error::EvmError;
pub(crate) use machine::Machine;
pub(crate) use message::{CALL_GAS_CAP, message};
pub(crate) use replay::transaction;
