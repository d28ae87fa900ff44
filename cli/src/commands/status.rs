//! `gm status`: what runs, and how far each chain is.

use crate::{context::Context, error::CliError, rpc::Rpc};
use clap::Args;
use gm_chain::spec::Role;
use gm_orchestrator::{
    manifest::{ChainManifest, NetworkManifest},
    plan::{STATE_FOLDER, tier},
    registry, state_dir,
};
use serde::Serialize;
use serde_json::{Value, json};
use std::{
    fmt,
    io::IsTerminal,
    path::{Path, PathBuf},
    time::Duration,
};

/// Show what runs, and how far each chain is
#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    /// Folder of the project
    path: Option<PathBuf>,
    /// Show it again every second, until Ctrl-C
    #[arg(short, long)]
    watch: bool,
}

/// The running networks of a project: none, one, or ephemeral copies side by side.
#[derive(Debug, Serialize)]
struct Status {
    networks: Vec<NetworkStatus>,
}

#[derive(Debug, Serialize)]
struct NetworkStatus {
    network: String,
    pid: u32,
    ephemeral: bool,
    ready: bool,
    chains: Vec<ChainStatus>,
}

#[derive(Debug, Serialize)]
struct ChainStatus {
    name: String,
    role: Role,
    chain_id: u64,
    http: String,
    ws: String,
    /// Why it does not answer, if it does not.
    error: Option<String>,
    latest: Option<Head>,
    safe: Option<Head>,
    finalized: Option<Head>,
}

/// A block that a tag names.
#[derive(Debug, Serialize)]
struct Head {
    number: u64,
    hash: String,
    timestamp: u64,
}

/// Prints the status, once or every second.
pub(crate) async fn run(args: &StatusArgs, context: &Context) -> Result<(), CliError> {
    let folder = context.project_dir(args.path.as_deref());
    let rpc = Rpc::new().map_err(CliError::internal)?;
    loop {
        let status = read(&folder, &rpc).await;
        let clear = args.watch && !context.output.is_json() && std::io::stdout().is_terminal();
        let clear = if clear { "\x1b[2J\x1b[H" } else { "" };
        context.output.result(&status, format!("{clear}{status}"));
        if !args.watch {
            return Ok(());
        }
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(1)) => {}
            _ = tokio::signal::ctrl_c() => return Ok(()),
        }
    }
}

async fn read(folder: &Path, rpc: &Rpc) -> Status {
    let mut networks = Vec::new();
    for entry in registry::of_project(folder) {
        let manifest = entry.manifest.as_ref();
        let ephemeral = entry.state_dir.is_none();
        networks.push(network(&entry.network, entry.process.pid, ephemeral, manifest, rpc).await);
    }
    let state = folder.join(STATE_FOLDER);
    // A network that could not be registered still holds its folder.
    if let Some(process) = state_dir::running(&state)
        && !networks.iter().any(|network| network.pid == process.pid)
    {
        let manifest = state_dir::read_network(&state);
        let name = manifest.as_ref().map_or("?", |manifest| &manifest.network);
        networks.push(network(name, process.pid, false, manifest.as_ref(), rpc).await);
    }
    Status { networks }
}

async fn network(
    name: &str,
    pid: u32,
    ephemeral: bool,
    manifest: Option<&NetworkManifest>,
    rpc: &Rpc,
) -> NetworkStatus {
    let mut chains = Vec::new();
    for manifest in manifest.map_or(&[][..], |manifest| &manifest.chains) {
        chains.push(chain(manifest, rpc).await);
    }
    NetworkStatus { network: name.to_owned(), pid, ephemeral, ready: manifest.is_some(), chains }
}

async fn chain(manifest: &ChainManifest, rpc: &Rpc) -> ChainStatus {
    let ChainManifest { name, role, chain_id, http, ws } = manifest.clone();
    let latest = head(rpc, &http, "latest").await;
    let error = latest.as_ref().err().cloned();
    let (safe, finalized) = if error.is_none() {
        (head(rpc, &http, "safe").await.ok(), head(rpc, &http, "finalized").await.ok())
    } else {
        (None, None)
    };
    ChainStatus { name, role, chain_id, http, ws, error, latest: latest.ok(), safe, finalized }
}

async fn head(rpc: &Rpc, url: &str, tag: &str) -> Result<Head, String> {
    let block = rpc.call(url, "eth_getBlockByNumber", json!([tag, false])).await?;
    let number = |key: &str| quantity(&block[key]).ok_or_else(|| format!("no {tag} block"));
    Ok(Head {
        number: number("number")?,
        hash: block["hash"].as_str().unwrap_or_default().to_owned(),
        timestamp: number("timestamp")?,
    })
}

fn quantity(value: &Value) -> Option<u64> {
    u64::from_str_radix(value.as_str()?.strip_prefix("0x")?, 16).ok()
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.networks.is_empty() {
            return writeln!(f, "nothing is running; `gm up` starts it");
        }
        for network in &self.networks {
            let NetworkStatus { network: name, pid, ephemeral, ready, chains } = network;
            let kept = if *ephemeral { ", keeps no state" } else { "" };
            let state = if *ready { "running" } else { "starting" };
            writeln!(f, "{name}: {state} (pid {pid}{kept})")?;
            if !chains.is_empty() {
                writeln!(
                    f,
                    "\ntier  {:<20} {:>16} {:>9} {:>9} {:>9}  endpoint",
                    "chain", "chain id", "latest", "safe", "finalized"
                )?;
            }
            for chain in chains {
                let number = |head: &Option<Head>| {
                    head.as_ref().map_or("-".to_owned(), |head| head.number.to_string())
                };
                write!(
                    f,
                    "{:<4}  {:<20} {:>16} {:>9} {:>9} {:>9}  {}",
                    tier(chain.role),
                    chain.name,
                    chain.chain_id,
                    number(&chain.latest),
                    number(&chain.safe),
                    number(&chain.finalized),
                    chain.http
                )?;
                match &chain.error {
                    Some(error) => writeln!(f, "  {error}")?,
                    None => writeln!(f)?,
                }
            }
        }
        Ok(())
    }
}
