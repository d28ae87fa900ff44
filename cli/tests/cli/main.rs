//! The command line from outside: arguments in; stdout, stderr, exit code and files out.
#![expect(clippy::unwrap_used, reason = "tests")]

mod bad_input;
mod contract;
mod network;
mod support;
