//! Verifiers against chains with the real contracts.

mod attacks;
mod follow;
pub(crate) mod harness;
mod remote;
