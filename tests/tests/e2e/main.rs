//! The whole network from outside: `gm` as a program, upstream's clients, nothing but RPC.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test panics and prints")]

mod clients;
mod main_job;
mod no_loss;
mod same_chain;
mod support;
