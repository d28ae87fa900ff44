//! Verifiers against chains with the real contracts.

mod attacks;
mod follow;
mod harness;
mod remote;
