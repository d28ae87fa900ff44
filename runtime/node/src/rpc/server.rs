//! The server: HTTP and WebSocket on one port, every resource bounded.

use super::middleware::{GethErrors, HexIds};
use http::HeaderValue;
use jsonrpsee::{
    RpcModule,
    core::middleware::RpcServiceBuilder,
    server::{BatchRequestConfig, PingConfig, Server, ServerConfig, ServerHandle},
    types::ErrorObjectOwned,
};
use std::{
    collections::{BTreeMap, HashSet},
    io::ErrorKind,
    net::SocketAddr,
    sync::Arc,
};
use tower_http::cors::{AllowOrigin, Any, CorsLayer};

/// Bounds of one server.
#[derive(Debug, Clone)]
pub struct RpcLimits {
    /// Bytes of a request body.
    pub request_bytes: u32,
    /// Bytes of a response body.
    pub response_bytes: u32,
    /// Requests in one batch.
    pub batch: u32,
    /// Connections at once.
    pub connections: u32,
    /// Subscriptions of one connection.
    pub subscriptions: u32,
    /// Messages held back for a WebSocket client that does not read them.
    pub buffered_messages: u32,
    /// Origins whose scripts may call: none if empty, every one if it holds `*`.
    pub cors: Vec<String>,
}

impl Default for RpcLimits {
    fn default() -> Self {
        Self {
            request_bytes: 10 << 20,
            response_bytes: 100 << 20,
            batch: 1_000,
            connections: 500,
            subscriptions: 128,
            buffered_messages: 1_024,
            cors: vec!["*".into()],
        }
    }
}

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Something else listens there.
    #[error("the address {0} is in use")]
    AddressInUse(SocketAddr),
    /// The operating system refuses the address.
    #[error("cannot listen on {address}: {source}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// An origin that is not a header value.
    #[error("the CORS origin {0:?} is not valid")]
    Origin(String),
}

/// A running server. It stops when [`stop`](Self::stop) is called or this is dropped.
#[derive(Debug)]
pub struct RpcServer {
    address: SocketAddr,
    handle: ServerHandle,
}

impl RpcServer {
    /// Where it listens, with the actual port.
    pub const fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Tells it to stop: no new connections, open requests are answered. Harmless if it stopped
    /// before.
    pub fn stop(&self) {
        let _ = self.handle.stop();
    }

    /// Waits until it has stopped and let go of the port.
    pub async fn stopped(&self) {
        self.handle.clone().stopped().await;
    }
}

impl Drop for RpcServer {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Serves `module` at `address`; port 0 takes a free one.
pub async fn serve(
    address: SocketAddr,
    mut module: RpcModule<()>,
    limits: RpcLimits,
) -> Result<RpcServer, ServeError> {
    add_rpc_modules(&mut module);
    let config = ServerConfig::builder()
        .max_request_body_size(limits.request_bytes)
        .max_response_body_size(limits.response_bytes)
        .max_connections(limits.connections)
        .max_subscriptions_per_connection(limits.subscriptions)
        .set_batch_request_config(BatchRequestConfig::Limit(limits.batch))
        .set_message_buffer_capacity(limits.buffered_messages.max(1))
        .set_id_provider(HexIds)
        .enable_ws_ping(PingConfig::new())
        .set_tcp_no_delay(true)
        .build();
    let cors = tower::ServiceBuilder::new().option_layer(cors(&limits.cors)?);
    let methods: Arc<HashSet<_>> = Arc::new(module.method_names().collect());
    let server = Server::builder()
        .set_config(config)
        .set_http_middleware(cors)
        .set_rpc_middleware(
            RpcServiceBuilder::new()
                .layer_fn(move |inner| GethErrors { inner, methods: methods.clone() }),
        )
        .build(address)
        .await
        .map_err(|source| refused(address, source))?;
    let address = server.local_addr().map_err(|source| refused(address, source))?;
    Ok(RpcServer { address, handle: server.start(module) })
}

/// `rpc_modules`: the namespaces that are served, each with its version.
fn add_rpc_modules(module: &mut RpcModule<()>) {
    let names: BTreeMap<&str, &str> = module
        .method_names()
        .filter_map(|name| Some((name.split_once('_')?.0, "1.0")))
        .chain([("rpc", "1.0")])
        .collect();
    // A caller that registered one of its own keeps it.
    let _ = module
        .register_method("rpc_modules", move |_, _, _| Ok::<_, ErrorObjectOwned>(names.clone()));
}

fn refused(address: SocketAddr, source: std::io::Error) -> ServeError {
    match source.kind() {
        ErrorKind::AddrInUse => ServeError::AddressInUse(address),
        _ => ServeError::Bind { address, source },
    }
}

fn cors(origins: &[String]) -> Result<Option<CorsLayer>, ServeError> {
    if origins.is_empty() {
        return Ok(None);
    }
    let allowed = if origins.iter().any(|origin| origin == "*") {
        AllowOrigin::any()
    } else {
        let values: Vec<HeaderValue> = origins
            .iter()
            .map(|origin| origin.parse().map_err(|_| ServeError::Origin(origin.clone())))
            .collect::<Result<_, _>>()?;
        AllowOrigin::list(values)
    };
    let methods = [http::Method::GET, http::Method::POST];
    Ok(Some(CorsLayer::new().allow_origin(allowed).allow_methods(methods).allow_headers(Any)))
}
