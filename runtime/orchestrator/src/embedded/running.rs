//! A running network, and how it ends.

use super::chains::Chains;
use crate::{launch::LaunchError, manifest::NetworkManifest, state_dir::StateDir};
use gm_node::rpc::RpcServer;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// The tasks and servers of a network.
#[derive(Debug)]
pub(super) struct Services {
    cancel: CancellationToken,
    tasks: JoinSet<Result<(), LaunchError>>,
    servers: Vec<RpcServer>,
}

impl Services {
    pub(super) fn new() -> Self {
        Self { cancel: CancellationToken::new(), tasks: JoinSet::new(), servers: Vec::new() }
    }

    /// The token that ends every service.
    pub(super) fn token(&self) -> CancellationToken {
        self.cancel.clone()
    }

    /// Runs a service until it ends or the network stops.
    pub(super) fn spawn(
        &mut self,
        service: impl Future<Output = Result<(), LaunchError>> + Send + 'static,
    ) {
        self.tasks.spawn(service);
    }

    pub(super) fn serve(&mut self, server: RpcServer) {
        self.servers.push(server);
    }

    /// Stops everything and waits for it.
    pub(super) async fn stop(&mut self) {
        self.cancel.cancel();
        for server in &self.servers {
            server.stop();
        }
        while self.tasks.join_next().await.is_some() {}
        for server in self.servers.drain(..) {
            server.stopped().await;
        }
    }
}

/// A running network. Dropping it stops it without waiting; [`Running::shutdown`] waits.
#[derive(Debug)]
pub struct Running {
    manifest: NetworkManifest,
    services: Services,
    chains: Chains,
    state: Option<StateDir>,
}

impl Running {
    pub(super) fn new(
        manifest: NetworkManifest,
        services: Services,
        chains: Chains,
        state: Option<StateDir>,
    ) -> Self {
        Self { manifest, services, chains, state }
    }

    /// Endpoints, accounts and contracts.
    pub const fn manifest(&self) -> &NetworkManifest {
        &self.manifest
    }

    /// Waits until a service fails. Never returns otherwise.
    pub async fn wait(&mut self) -> LaunchError {
        loop {
            match self.services.tasks.join_next().await {
                Some(Ok(Ok(()))) => {}
                Some(Ok(Err(error))) => return error,
                Some(Err(error)) => return LaunchError::failed("network", error),
                None => std::future::pending().await,
            }
        }
    }

    /// Stops every service, makes the heads durable and lets go of the state folder.
    pub async fn shutdown(mut self) {
        self.services.stop().await;
        for chain in self.chains.all() {
            if let Err(error) = chain.flush() {
                tracing::warn!(%error, chain = chain.spec().name, "the heads were not written");
            }
        }
        if let Some(state) = &self.state {
            state.clear_network();
        }
    }
}
