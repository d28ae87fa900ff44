//! JSON-RPC of one chain over HTTP and WebSocket.
//!
//! Specification: <https://ethereum.github.io/execution-apis/>; what rollups add is as op-geth
//! serves it: <https://docs.optimism.io/operators/node-operators/json-rpc>.

mod access_list;
mod args;
mod debug;
pub mod dev;
mod error;
mod eth;
mod filters;
mod follow;
mod json;
mod methods;
mod middleware;
mod net;
mod node;
mod server;
mod simulate;
mod subscribe;
#[cfg(test)]
mod tests;
mod txpool;

pub use args::Args;
pub use error::{RpcError, revert_message};
pub use methods::Methods;
pub use node::Node;
pub use server::{RpcLimits, RpcServer, ServeError, serve};

use crate::chain::Chain;
use jsonrpsee::RpcModule;
use std::{sync::Arc, time::Duration};

/// Bounds of the methods, so that no request can tie up the node.
#[derive(Debug, Clone)]
pub struct RpcOptions {
    /// How long one trace may run.
    pub trace_timeout: Duration,
    /// Blocks that one `eth_getLogs` may span.
    pub log_range: u64,
    /// Logs that one `eth_getLogs` may give.
    pub log_results: usize,
    /// Blocks that one `eth_feeHistory` may span.
    pub fee_history: u64,
    /// Filters that may exist at once.
    pub filters: usize,
    /// How long a filter lives that nobody polls.
    pub filter_expiry: Duration,
    /// Heavy methods that may run at once.
    pub heavy_calls: usize,
}

impl Default for RpcOptions {
    fn default() -> Self {
        Self {
            trace_timeout: Duration::from_secs(10),
            log_range: 100_000,
            log_results: 20_000,
            fee_history: 1024,
            filters: 1_000,
            filter_expiry: Duration::from_secs(300),
            heavy_calls: 8,
        }
    }
}

/// The `eth_`, `net_`, `web3_`, `txpool_` and `debug_` methods of a chain.
pub fn modules(chain: Arc<Chain>, options: RpcOptions) -> RpcModule<()> {
    let mut methods = Methods::new(Node::new(chain, options));
    eth::register(&mut methods);
    filters::register(&mut methods);
    subscribe::register(&mut methods);
    net::register(&mut methods);
    txpool::register(&mut methods);
    access_list::register(&mut methods);
    debug::register(&mut methods);
    simulate::register(&mut methods);
    methods.finish()
}
