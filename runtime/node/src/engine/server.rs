//! The authenticated port.

use super::{
    Engine,
    auth::{AuthLayer, JwtSecret},
};
use crate::{
    chain::Chain,
    rpc::{self, Node, RpcOptions},
};
use jsonrpsee::server::{BatchRequestConfig, ServerBuilder, ServerConfig, ServerHandle};
use std::{io, net::SocketAddr, sync::Arc};
use tower::ServiceBuilder;

/// The largest request, in bytes: a payload may be big.
const REQUEST_BYTES: u32 = 128 << 20;

/// How many connections are held at once. An op-node opens a handful.
const CONNECTIONS: u32 = 64;

/// Why the Engine API is not served.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The address cannot be listened on.
    #[error("cannot serve the Engine API on {addr}: {source}")]
    Bind {
        /// The address.
        addr: SocketAddr,
        /// Why.
        source: io::Error,
    },
}

/// The running server of one chain's Engine API.
#[derive(Debug)]
pub struct EngineServer {
    addr: SocketAddr,
    handle: ServerHandle,
}

impl EngineServer {
    /// Serves the Engine API of `chain`, with the methods of `eth_` and its relatives beside it,
    /// over HTTP and WebSocket on `addr` to everyone who holds `secret`. Port 0 takes a free one.
    pub async fn start(
        chain: Arc<Chain>,
        addr: SocketAddr,
        secret: JwtSecret,
        options: RpcOptions,
    ) -> Result<Self, ServerError> {
        let failed = |source| ServerError::Bind { addr, source };
        let config = ServerConfig::builder()
            .max_request_body_size(REQUEST_BYTES)
            .max_response_body_size(REQUEST_BYTES)
            .max_connections(CONNECTIONS)
            .set_batch_request_config(BatchRequestConfig::Limit(100))
            .set_tcp_no_delay(true)
            .build();
        let server = ServerBuilder::with_config(config)
            .set_http_middleware(ServiceBuilder::new().layer(AuthLayer::new(secret)))
            .build(addr)
            .await
            .map_err(failed)?;
        let addr = server.local_addr().map_err(failed)?;
        let node = Node::new(chain.clone(), options.clone());
        let mut module = Engine::new(chain.clone()).module(node);
        let merged = module.merge(rpc::modules(chain, options));
        debug_assert!(merged.is_ok(), "no method of the one is in the other");
        Ok(Self { addr, handle: server.start(module) })
    }

    /// Where it listens.
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Stops taking requests and waits until those under way are answered.
    pub async fn stop(self) {
        let _ = self.handle.stop();
        self.handle.stopped().await;
    }
}
