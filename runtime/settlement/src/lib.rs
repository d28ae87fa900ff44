//! What ties a rollup to its parent: derivation, sequencing, batching, proposing, bridging.

pub mod batcher;
pub mod parent;
pub mod txmgr;
