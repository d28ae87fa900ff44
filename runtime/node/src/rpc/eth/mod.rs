//! The `eth_` methods.
//!
//! Specification: <https://ethereum.github.io/execution-apis/>.

mod blocks;
mod call;
mod chain;
mod estimate;
mod fees;
mod logs;
mod send;
mod state;
mod transactions;

pub(super) use call::halt_message;
pub(super) use logs::{checked_filter, logs_in, query};

use super::Methods;

/// Adds all of them but filters and subscriptions.
pub(super) fn register(methods: &mut Methods) {
    chain::register(methods);
    state::register(methods);
    blocks::register(methods);
    transactions::register(methods);
    send::register(methods);
    call::register(methods);
    fees::register(methods);
    logs::register(methods);
}
