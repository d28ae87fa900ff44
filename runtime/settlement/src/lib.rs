//! What ties a rollup to its parent: derivation, sequencing, batching, proposing, bridging.

pub mod batcher;
pub mod bridge;
mod contract;
pub mod derive;
pub mod parent;
pub mod proposer;
pub mod rpc;
pub mod sequencer;
pub mod txmgr;
pub mod verifier;
pub mod verify;

#[cfg(test)]
mod testing;
