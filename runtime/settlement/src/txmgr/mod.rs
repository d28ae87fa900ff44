//! Sends transactions of one account to a parent and sees them through: one sequence of nonces,
//! a higher fee when a transaction stays out of blocks, the same transaction again when the parent
//! forgot it, and no new one after a restart before the old ones are settled.
//!
//! Nothing is kept on disk: the chain and its pool say where the account stands.

mod error;
mod gas;
mod manager;
mod request;
#[cfg(test)]
mod tests;

pub use error::TxError;
pub use gas::{Offer, calldata_gas};
pub use manager::TxManager;
pub use request::{GasLimit, Ticket, TxManagerConfig, TxRequest, TxStatus};
