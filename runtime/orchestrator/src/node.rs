//! A single node as a service, from the files that upstream clients start from: an execution client
//! that a consensus client drives, or a verifier that follows its parent.

use crate::launch::LaunchError;
use gm_chain::{
    rollup::RollupConfig,
    spec::{ChainSpec, Role},
};
use gm_node::{
    Chain, PoolLimits, Storage,
    engine::{EngineServer, JwtSecret},
    rpc::{self, RpcLimits, RpcOptions, RpcServer},
};
use gm_settlement::{parent::RpcParent, rpc::RollupRpc, verifier::Verifier};
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// What a node is made from.
#[derive(Debug, Clone)]
pub struct NodeOptions {
    /// `genesis.json`.
    pub genesis: PathBuf,
    /// `rollup.json`, for a verifier.
    pub rollup: Option<PathBuf>,
    /// The parent's JSON-RPC, for a verifier.
    pub parent: Option<String>,
    /// Folder of the state; none keeps it in memory.
    pub data: Option<PathBuf>,
    /// Where JSON-RPC is served over HTTP and WebSocket.
    pub http: SocketAddr,
    /// Where the Engine API is served, and the file of its secret, for an execution client.
    pub engine: Option<(SocketAddr, PathBuf)>,
}

/// How often a remote parent is asked for a new head.
const POLL: Duration = Duration::from_millis(500);

/// A running node.
#[derive(Debug)]
pub struct Node {
    chain: Arc<Chain>,
    server: RpcServer,
    engine: Option<EngineServer>,
    cancel: CancellationToken,
    verifier: Option<JoinHandle<Result<(), LaunchError>>>,
}

/// Starts a node.
///
/// # Errors
/// [`LaunchError`] naming the file, the address or the parent at fault.
pub async fn start(options: &NodeOptions) -> Result<Node, LaunchError> {
    let spec = read_spec(options)?;
    let storage = options.data.clone().map_or(Storage::Memory, Storage::Disk);
    let chain = Chain::open(spec, storage, PoolLimits::default())
        .map_err(|error| LaunchError::failed("node", error))?;
    let cancel = CancellationToken::new();
    let mut module = rpc::modules(chain.clone(), RpcOptions::default());
    let verifier = match &options.parent {
        None => None,
        Some(url) => {
            let parent =
                RpcParent::new(url, POLL).map_err(|error| LaunchError::failed("parent", error))?;
            let verifier = Verifier::new(chain.clone(), Arc::new(parent))
                .map_err(|error| LaunchError::failed("verifier", error))?;
            let more = RollupRpc {
                chain: chain.clone(),
                status: verifier.status(),
                sequencer: None,
                batcher: None,
            };
            module.merge(more.module()).map_err(|error| LaunchError::failed("rpc", error))?;
            let run = verifier.run(cancel.clone());
            Some(tokio::spawn(async move {
                run.await.map_err(|error| LaunchError::failed("verifier", error))
            }))
        }
    };
    let server = rpc::serve(options.http, module, RpcLimits::default())
        .await
        .map_err(|error| refused(options.http, "node", error))?;
    let engine = match &options.engine {
        None => None,
        Some((address, secret)) => Some(engine(&chain, *address, secret).await?),
    };
    Ok(Node { chain, server, engine, cancel, verifier })
}

async fn engine(
    chain: &Arc<Chain>,
    address: SocketAddr,
    secret: &Path,
) -> Result<EngineServer, LaunchError> {
    let secret = JwtSecret::load_or_create(secret)
        .map_err(|error| LaunchError::failed("engine secret", error))?;
    EngineServer::start(chain.clone(), address, secret, RpcOptions::default())
        .await
        .map_err(|error| LaunchError::failed("engine", error))
}

fn refused(address: SocketAddr, service: &str, error: rpc::ServeError) -> LaunchError {
    match error {
        rpc::ServeError::AddressInUse(_) => LaunchError::port_in_use(address.port(), service),
        other => LaunchError::failed(service, other),
    }
}

/// The chain that the files describe.
fn read_spec(options: &NodeOptions) -> Result<ChainSpec, LaunchError> {
    let genesis: alloy_genesis::Genesis = read(&options.genesis)?;
    let rollup: Option<RollupConfig> = options.rollup.as_deref().map(read).transpose()?;
    let optimism = genesis.config.extra_fields.contains_key("optimism");
    let role = if optimism { Role::L2 } else { Role::L1 };
    let block_time = rollup.as_ref().map_or(2, |rollup| rollup.block_time);
    let name = genesis.config.chain_id.to_string();
    let spec = ChainSpec::new(name, role, genesis, block_time, rollup);
    if let Some(rollup) = &spec.rollup
        && rollup.genesis.l2.hash != spec.genesis_hash()
    {
        let (expected, found) = (rollup.genesis.l2.hash, spec.genesis_hash());
        return Err(LaunchError::failed(
            "node",
            format!(
                "the rollup configuration is for genesis {expected}, genesis.json gives {found}"
            ),
        ));
    }
    Ok(spec)
}

fn read<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, LaunchError> {
    let failed =
        |error: &dyn std::fmt::Display| LaunchError::failed(path.display().to_string(), error);
    let text = std::fs::read_to_string(path).map_err(|error| failed(&error))?;
    serde_json::from_str(&text).map_err(|error| failed(&error))
}

impl Node {
    /// Where JSON-RPC is served.
    pub const fn http(&self) -> SocketAddr {
        self.server.local_addr()
    }

    /// Where the Engine API is served.
    pub fn engine(&self) -> Option<SocketAddr> {
        self.engine.as_ref().map(EngineServer::addr)
    }

    /// Waits until the verifier fails. Never returns otherwise.
    pub async fn wait(&mut self) -> LaunchError {
        match &mut self.verifier {
            Some(verifier) => match verifier.await {
                Ok(Err(error)) => error,
                Ok(Ok(())) => std::future::pending().await,
                Err(error) => LaunchError::failed("verifier", error),
            },
            None => std::future::pending().await,
        }
    }

    /// Stops the node and makes its heads durable.
    pub async fn shutdown(self) {
        self.cancel.cancel();
        if let Some(engine) = self.engine {
            engine.stop().await;
        }
        self.server.stop();
        self.server.stopped().await;
        if let Some(verifier) = self.verifier
            && !verifier.is_finished()
        {
            let _ = verifier.await;
        }
        if let Err(error) = self.chain.flush() {
            tracing::warn!(%error, "the heads were not written");
        }
    }
}
