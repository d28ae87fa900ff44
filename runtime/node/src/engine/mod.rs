//! The Engine API: how an op-node drives this node.
//!
//! Served on a port of its own behind JWT authentication. Specification:
//! <https://github.com/ethereum/execution-apis/tree/main/src/engine> with the extensions of
//! <https://specs.optimism.io/protocol/exec-engine.html#engine-api>.
//!
//! Every chain made here is at Prague (Isthmus) from its genesis, so the methods of that fork do
//! the work and older ones answer `Unsupported fork`.

mod attributes;
mod auth;
mod bodies;
mod builds;
mod error;
mod forkchoice;
mod invalid;
mod methods;
mod new_payload;
mod payload;
mod server;
#[cfg(test)]
mod tests;

pub use auth::{AuthError, JwtSecret, SecretError};
pub use error::EngineError;
pub use server::{EngineServer, ServerError};

use crate::chain::Chain;
use builds::Builds;
use invalid::InvalidBlocks;
use parking_lot::Mutex;
use std::sync::Arc;

/// The Engine API of one chain.
#[derive(Debug)]
pub struct Engine {
    chain: Arc<Chain>,
    /// Blocks under construction, by payload id.
    builds: Mutex<Builds>,
    /// Blocks that were found invalid, so that their descendants are refused unseen.
    invalid: Mutex<InvalidBlocks>,
    /// Held through one forkchoice update or one payload: they take effect one after another.
    turn: Mutex<()>,
}

impl Engine {
    /// The Engine API of `chain`.
    pub fn new(chain: Arc<Chain>) -> Arc<Self> {
        Arc::new(Self {
            chain,
            builds: Mutex::default(),
            invalid: Mutex::default(),
            turn: Mutex::new(()),
        })
    }
}
