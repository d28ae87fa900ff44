//! The whole network from outside: `gm` as a program, upstream's clients, nothing but RPC.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test panics and prints")]

mod no_loss;
mod support;
