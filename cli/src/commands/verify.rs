//! `gm verify`: every rollup of the running network, derived again from its parent.

use crate::{
    context::Context,
    error::{CliError, Code},
    progress::Progress,
};
use clap::Args;
use gm_chain::spec::Role;
use gm_orchestrator::{
    launch::Event,
    manifest::{ChainManifest, NetworkManifest},
    plan::{STATE_FOLDER, tier},
    registry, state_dir,
};
use gm_settlement::verify::{Check, Verification, VerifyError, rollup_spec};
use serde::Serialize;
use std::{
    cell::Cell,
    fmt::{self, Write as _},
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// Time between two words about progress.
const TELL: Duration = Duration::from_secs(1);

/// Derive the running chains again from their parents, and compare
///
/// The L2 is derived from the L1 and the L3 from the L2: from the genesis, in memory, from the
/// parent's JSON-RPC alone. Then every block hash up to the safe head, the output root, a
/// withdrawal's proof and the code of the predeploys are compared with what the node answers.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// Folder of the project
    path: Option<PathBuf>,
    /// First block whose hash is compared; derivation always begins at the genesis
    #[arg(long, value_name = "BLOCK", default_value_t = 0)]
    from: u64,
}

/// What was found right.
#[derive(Debug, Default, Serialize)]
struct Report {
    chains: Vec<Verified>,
}

/// A rollup whose checks all passed.
#[derive(Debug, Serialize)]
struct Verified {
    name: String,
    role: Role,
    chain_id: u64,
    checks: Vec<Check>,
    took_ms: u64,
}

/// Verifies and prints a table of checks.
pub(crate) async fn run(args: &VerifyArgs, context: &Context) -> Result<(), CliError> {
    let folder = context.project_dir(args.path.as_deref());
    let state = folder.join(STATE_FOLDER);
    let network = running(&folder, &state)?;
    let mut report = Report::default();
    for (parent, role) in [(Role::L1, Role::L2), (Role::L2, Role::L3)] {
        let (Some(parent), Some(chain)) = (network.chain(parent), network.chain(role)) else {
            continue;
        };
        let verified = Rollup { state: &state, parent, chain }.verify(args.from, context).await?;
        report.chains.push(verified);
    }
    context.output.result(&report, &report);
    Ok(())
}

/// The running network of a project that keeps a state.
fn running(folder: &Path, state: &Path) -> Result<NetworkManifest, CliError> {
    if state_dir::running(state).is_some()
        && let Some(network) = state_dir::read_network(state)
    {
        return Ok(network);
    }
    let message =
        format!("{}: no network of the project runs that keeps its state", folder.display());
    let hint = if registry::of_project(folder).is_empty() {
        "start it with `gm up`"
    } else {
        "an ephemeral network keeps no genesis to verify from: start one without --ephemeral"
    };
    Err(CliError::new(Code::NotRunning, message, hint))
}

/// A rollup of the network and the chain it settles on.
struct Rollup<'a> {
    state: &'a Path,
    parent: &'a ChainManifest,
    chain: &'a ChainManifest,
}

impl Rollup<'_> {
    async fn verify(&self, from: u64, context: &Context) -> Result<Verified, CliError> {
        let ChainManifest { name, role, chain_id, .. } = self.chain;
        let started = Instant::now();
        let mut verification = self.prepare(from).map_err(|error| failed(*role, &error))?;
        let progress = Progress::new(&context.output, context.settings.color.value);
        let step = format!("{}: verification", tier(*role));
        progress.event(&Event::Begin { step: step.clone() });
        let told = Cell::new(started);
        let shown = progress.clone();
        let result = verification
            .run(move |done, all| {
                if told.get().elapsed() >= TELL {
                    told.set(Instant::now());
                    let step = format!("{}: block {done} of {all}", tier(*role));
                    shown.event(&Event::Begin { step });
                }
            })
            .await;
        let checks = verification.checks().to_vec();
        if result.is_ok() {
            progress.event(&Event::End { step, took: started.elapsed() });
        }
        progress.finish();
        if let Err(error) = &result {
            let mut text = String::new();
            // Writing to a string does not fail.
            let _ = table(&mut text, *role, name, &checks);
            let _ = line(&mut text, *role, "FAILED", error.check(), &error.to_string());
            context.output.note(text.trim_end());
        }
        result.map_err(|error| failed(*role, &error))?;
        let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok(Verified { name: name.clone(), role: *role, chain_id: *chain_id, checks, took_ms })
    }

    fn prepare(&self, from: u64) -> Result<Verification, VerifyError> {
        let ChainManifest { name, role, http, .. } = self.chain;
        let folder = self.state.join("chains").join(tier(*role));
        let read = |file: &str| {
            let path = folder.join(file);
            fs::read(&path)
                .map_err(|error| VerifyError::Files(format!("{}: {error}", path.display())))
        };
        let spec = rollup_spec(name, *role, &read("genesis.json")?, &read("rollup.json")?)?;
        Verification::new(spec, &self.parent.http, http, from)
    }
}

fn failed(role: Role, error: &VerifyError) -> CliError {
    let hint = match error {
        VerifyError::Files(_) => "restore the files, or remove the state with `gm down --purge`",
        VerifyError::Node { .. } => "see `gm status` and `gm logs`",
        _ => {
            "the node does not hold the chain that its parent says; keep the state folder and report this"
        }
    };
    CliError::relayed(error.code(), &format!("{}: {error}", tier(role)), hint)
}

fn table(to: &mut impl fmt::Write, role: Role, name: &str, checks: &[Check]) -> fmt::Result {
    writeln!(to, "{} {name}", tier(role))?;
    checks.iter().try_for_each(|check| line(to, role, "ok", check.name, &check.detail))
}

fn line(to: &mut impl fmt::Write, role: Role, how: &str, check: &str, detail: &str) -> fmt::Result {
    writeln!(to, "{:<4}  {how:<6}  {check:<17} {detail}", tier(role))
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, chain) in self.chains.iter().enumerate() {
            if index > 0 {
                f.write_char('\n')?;
            }
            table(f, chain.role, &chain.name, &chain.checks)?;
        }
        Ok(())
    }
}
