//! `gm node`: one node as a service, from the files that upstream clients start from.

use crate::{context::Context, error::CliError};
use clap::Args;
use gm_orchestrator::node::{self, NodeOptions};
use serde_json::json;
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
};
use tokio::signal::unix::{SignalKind, signal};

/// Run one node: an execution client with the Engine API, or a verifier that follows its parent
#[derive(Debug, Args)]
pub(crate) struct NodeArgs {
    /// The chain's genesis.json
    #[arg(long, value_name = "FILE")]
    genesis: PathBuf,
    /// The chain's rollup.json: makes the node a verifier
    #[arg(long, value_name = "FILE", requires = "parent")]
    rollup: Option<PathBuf>,
    /// JSON-RPC of the parent chain
    #[arg(long, value_name = "URL", requires = "rollup", conflicts_with = "engine_port")]
    parent: Option<String>,
    /// Folder of the state; without it the node keeps none
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// Address to listen on
    #[arg(long, value_name = "IP", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    addr: IpAddr,
    /// Port of JSON-RPC; 0: any free one
    #[arg(long, value_name = "PORT", default_value_t = 8545)]
    port: u16,
    /// Port of the Engine API; 0: any free one
    #[arg(long, value_name = "PORT", requires = "jwt_secret")]
    engine_port: Option<u16>,
    /// File with the secret of the Engine API, 32 bytes in hexadecimal; made if it does not exist
    #[arg(long, value_name = "FILE", requires = "engine_port")]
    jwt_secret: Option<PathBuf>,
}

/// Runs the node until Ctrl-C.
pub(crate) async fn run(args: &NodeArgs, context: &Context) -> Result<(), CliError> {
    let failed = |error| CliError::internal(format!("no signal handler: {error}"));
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let at = |port| SocketAddr::new(args.addr, port);
    let options = NodeOptions {
        genesis: args.genesis.clone(),
        rollup: args.rollup.clone(),
        parent: args.parent.clone(),
        data: args.data.clone(),
        http: at(args.port),
        engine: args.engine_port.map(at).zip(args.jwt_secret.clone()),
    };
    let mut running = node::start(&options).await?;
    let (http, engine) = (running.http(), running.engine());
    let data = json!({
        "http": format!("http://{http}"),
        "ws": format!("ws://{http}"),
        "engine": engine.map(|engine| format!("http://{engine}")),
    });
    let mut text = format!("JSON-RPC    http://{http}  ws://{http}\n");
    if let Some(engine) = engine {
        text.push_str(&format!("Engine API  http://{engine}\n"));
    }
    context.output.result(&data, text);
    let ended = tokio::select! {
        error = running.wait() => Err(error.into()),
        _ = interrupt.recv() => Ok(()),
        _ = terminate.recv() => Ok(()),
    };
    running.shutdown().await;
    ended
}
