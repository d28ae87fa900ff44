//! All tiers of a plan in this process.

use crate::{
    launch::{Event, LaunchError},
    manifest::NetworkManifest,
    plan::Plan,
};

/// A running network. Dropping it stops it without waiting.
#[derive(Debug)]
pub struct Running {
    manifest: NetworkManifest,
}

impl Running {
    /// What it answers to.
    pub const fn manifest(&self) -> &NetworkManifest {
        &self.manifest
    }

    /// Waits until a service fails, and says why. Does not return while all is well.
    pub async fn wait(&mut self) -> LaunchError {
        std::future::pending().await
    }

    /// Stops every service and closes every store.
    pub async fn shutdown(self) {}
}

/// Starts the network of `plan`. It is returned once every endpoint answers and every chain has
/// advanced past its genesis. Dropping the future stops what was started.
///
/// # Errors
/// [`LaunchError`]; what had been started is stopped again.
pub async fn launch(
    plan: Plan,
    progress: impl Fn(Event) + Send + Sync + 'static,
) -> Result<Running, LaunchError> {
    progress(Event::Begin { step: format!("network {}", plan.network) });
    Err(LaunchError::failed("embedded engine", "not in this build yet"))
}
