//! The harness that the end-to-end and conformance tests share.
//!
//! It knows `gm` and the upstream programs as their users do: as processes that
//! answer JSON-RPC. Nothing here waits a fixed time: [`wait::until`] polls a condition
//! against a deadline.

pub mod chain;
pub mod error;
pub mod gm;
pub mod ports;
pub mod process;
pub mod rpc;
pub mod traffic;
pub mod upstream;
pub mod wait;

pub use error::{Error, Result};
pub use rpc::Rpc;
