//! Upstream's op-node and op-geth beside ours: the same chain, to the block hash.
//!
//! `tests/conformance/README.md` tells about the programs.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test panics and prints")]

mod follow;
mod genesis;
mod network;
mod traffic;
mod upstream_sequenced;
