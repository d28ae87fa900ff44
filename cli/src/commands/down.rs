//! `gm down`: stops networks, and removes what was left over.

use crate::{
    confirm::confirm,
    context::Context,
    error::{CliError, Code},
};
use clap::Args;
use gm_orchestrator::{
    plan::STATE_FOLDER,
    process::ProcessId,
    registry::{self, Entry},
    state_dir,
};
use serde::Serialize;
use std::{
    fmt,
    path::PathBuf,
    time::{Duration, Instant},
};

/// How long a network may take to stop by itself. Its stores are safe against the kill after.
const PATIENCE: Duration = Duration::from_secs(30);

/// Stop the project's network
#[derive(Debug, Args)]
pub(crate) struct DownArgs {
    /// Folder of the project
    #[arg(conflicts_with = "all")]
    path: Option<PathBuf>,
    /// Stop every network of this user, and remove what dead ones left
    #[arg(long)]
    all: bool,
    /// Also remove the state: every block and balance of the chains
    #[arg(long)]
    purge: bool,
    /// Do not ask before removing state
    #[arg(short, long)]
    yes: bool,
}

/// What was done.
#[derive(Debug, Default, Serialize)]
struct Report {
    stopped: Vec<Stopped>,
    removed: Vec<PathBuf>,
}

/// A network that was stopped.
#[derive(Debug, Serialize)]
struct Stopped {
    network: String,
    pid: u32,
    /// Whether it had to be killed.
    killed: bool,
}

/// A process to stop, and the network it runs.
struct Target {
    network: String,
    process: ProcessId,
}

/// Stops and removes.
pub(crate) async fn run(args: &DownArgs, context: &Context) -> Result<(), CliError> {
    let folder = context.project_dir(args.path.as_deref());
    let entries = registry::entries();
    let ours = |entry: &&Entry| args.all || entry.project_dir == folder;
    let mut states: Vec<PathBuf> = Vec::new();
    let mut targets: Vec<Target> = Vec::new();
    for entry in entries.iter().filter(ours) {
        states.extend(entry.state_dir.clone());
        if entry.process.is_alive() {
            let (network, process) = (entry.network.clone(), entry.process.clone());
            targets.push(Target { network, process });
        }
    }
    if !args.all {
        let state = folder.join(STATE_FOLDER);
        // A network that could not be registered still holds its folder.
        if let Some(process) = state_dir::running(&state)
            && !targets.iter().any(|target| target.process == process)
        {
            targets.push(Target { network: folder.display().to_string(), process });
        }
        states.push(state);
    }
    states.retain(|state| state.join("lock").is_file());
    states.sort();
    states.dedup();
    if args.purge && !states.is_empty() {
        for state in &states {
            context.output.note(&format!("will remove {} for good", state.display()));
        }
        confirm(&context.output, "Remove all blocks and balances?", args.yes)?;
    }
    let mut report = Report::default();
    for target in targets {
        report.stopped.push(stop(target, context).await?);
    }
    entries.iter().filter(ours).for_each(registry::forget);
    if args.purge {
        for state in states {
            if state_dir::purge(&state)? {
                report.removed.push(state);
            }
        }
    }
    context.output.result(&report, &report);
    Ok(())
}

async fn stop(target: Target, context: &Context) -> Result<Stopped, CliError> {
    let Target { network, process } = target;
    let pid = process.pid;
    context.output.note(&format!("stopping {network} (pid {pid}) …"));
    process.terminate();
    if ends_within(&process, PATIENCE, context).await {
        return Ok(Stopped { network, pid, killed: false });
    }
    process.kill();
    if ends_within(&process, PATIENCE, context).await {
        return Ok(Stopped { network, pid, killed: true });
    }
    Err(CliError::new(
        Code::ServiceFailed,
        format!("{network} (pid {pid}) does not end"),
        "see what holds the process, as a debugger or a file system that does not answer",
    ))
}

async fn ends_within(process: &ProcessId, patience: Duration, context: &Context) -> bool {
    let start = Instant::now();
    let mut told = start;
    while process.is_alive() {
        if start.elapsed() > patience {
            return false;
        }
        if told.elapsed() > Duration::from_secs(2) {
            told = Instant::now();
            context.output.note("still stopping …");
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    true
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Stopped { network, pid, killed } in &self.stopped {
            let how = if *killed { "killed" } else { "stopped" };
            writeln!(f, "{how} {network} (pid {pid})")?;
        }
        for path in &self.removed {
            writeln!(f, "removed {}", path.display())?;
        }
        if self.stopped.is_empty() && self.removed.is_empty() {
            writeln!(f, "nothing was running")?;
        }
        Ok(())
    }
}
