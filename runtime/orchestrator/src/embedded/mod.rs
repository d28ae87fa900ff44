//! The embedded engine: every chain of a plan and its services as tasks of this process.

mod chains;
mod network;
mod rollup;
mod running;

pub use running::Running;

use crate::{
    launch::{Event, LaunchError},
    plan::{ParentPlan, Plan, tier},
    state_dir::StateDir,
};
use gm_chain::config;
use gm_node::producer;
use running::Services;
use std::{
    path::Path,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

/// Starts everything that `plan` names. When it returns, every endpoint answers and every chain is
/// past its genesis.
///
/// # Errors
/// [`LaunchError`]; what had been started is stopped again, and a state that was new is removed.
pub async fn launch(
    plan: Plan,
    progress: impl Fn(Event) + Send + Sync,
) -> Result<Running, LaunchError> {
    let steps = Steps { progress: &progress };
    let state = steps.run("state", || plan.state_dir.as_deref().map(open_state).transpose())?;
    if let ParentPlan::Remote { .. } = plan.parent {
        return Err(LaunchError::failed(
            "l3",
            "a parent that runs elsewhere is not supported by the embedded engine yet",
        ));
    }
    let network = steps.run("genesis", || network::assemble(&plan, state.as_ref()))?;
    let mut state = state;
    let chains = steps.run("chains", || chains::open(&plan, &network, state.as_mut()))?;
    let mut services = Services::new();
    let started = start(&plan, &network, &chains, &mut services, &steps).await;
    let manifest = match started {
        Ok(manifest) => manifest,
        Err(error) => {
            services.stop().await;
            return Err(error);
        }
    };
    if let Some(state) = &state {
        state.write_network(&manifest)?;
    }
    Ok(Running::new(manifest, services, chains, state))
}

async fn start(
    plan: &Plan,
    network: &gm_chain::genesis::Network,
    chains: &chains::Chains,
    services: &mut Services,
    steps: &Steps<'_>,
) -> Result<crate::manifest::NetworkManifest, LaunchError> {
    let begun = steps.begin("services");
    let clock = clock(plan.clock, chains);
    let l1 = rollup::start_l1(plan, chains, clock, services).await?;
    let l2 = rollup::start(
        plan,
        &chains.l2,
        &chains.l1,
        l1.producer.clone(),
        &network.l2_contracts,
        clock,
        services,
    );
    let l2 = l2.await?;
    let l3 = rollup::start(
        plan,
        &chains.l3,
        &chains.l2,
        l2.producer.clone(),
        &network.l3_contracts,
        clock,
        services,
    );
    let l3 = l3.await?;
    steps.end("services", begun);

    let begun = steps.begin("first blocks");
    for (service, started) in [("l1", &l1), ("l2", &l2), ("l3", &l3)] {
        rollup::past_genesis(&started.chain, &started.producer, clock)
            .await
            .map_err(|error| LaunchError::failed(service, error))?;
    }
    steps.end("first blocks", begun);
    network::manifest(plan, network, [&l1, &l2, &l3].map(|s| (s.chain.as_ref(), s.address)))
}

fn open_state(path: &Path) -> Result<StateDir, LaunchError> {
    Ok(StateDir::open(path)?)
}

/// A network that was down for longer than this, in seconds, goes on where it stopped; one that was
/// down for less makes up for the blocks it missed.
const CATCH_UP: u64 = 600;

fn clock(clock: config::Clock, chains: &chains::Chains) -> producer::Clock {
    if clock == config::Clock::Instant {
        return producer::Clock::Instant;
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    // Every block of a rollup has to be made, so the one that is furthest back counts.
    let heads = chains.all().map(|chain| chain.head().timestamp + chain.spec().block_time);
    let behind = now.saturating_sub(heads.into_iter().min().unwrap_or(now));
    if behind <= CATCH_UP {
        return producer::Clock::Interval { behind: 0 };
    }
    tracing::info!(seconds = behind, "the chains go on where they stopped, behind the wall clock");
    producer::Clock::Interval { behind }
}

/// The name of a service of a chain, for errors and logs.
fn service(role: gm_chain::spec::Role, name: &str) -> String {
    if name.is_empty() { tier(role).to_owned() } else { format!("{} {name}", tier(role)) }
}

/// Tells the caller what is being done.
struct Steps<'a> {
    progress: &'a (dyn Fn(Event) + Send + Sync),
}

impl Steps<'_> {
    fn begin(&self, step: &str) -> Instant {
        (self.progress)(Event::Begin { step: step.to_owned() });
        Instant::now()
    }

    fn end(&self, step: &str, begun: Instant) {
        (self.progress)(Event::End { step: step.to_owned(), took: begun.elapsed() });
    }

    fn run<T>(
        &self,
        step: &str,
        work: impl FnOnce() -> Result<T, LaunchError>,
    ) -> Result<T, LaunchError> {
        let begun = self.begin(step);
        let result = work()?;
        self.end(step, begun);
        Ok(result)
    }
}

#[cfg(test)]
mod tests;
