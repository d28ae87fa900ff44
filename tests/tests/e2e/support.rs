//! What several of the tests need.

use gm_tests::gm::{self, Network};
use gm_tests::process::Process;
use gm_tests::{Rpc, wait};
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

/// How long a chain may take for what takes it moments on an idle machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// A `gm node` that holds nothing but a rollup's `genesis.json`, `rollup.json` and the address of
/// its parent.
#[derive(Debug)]
pub(crate) struct Verifier {
    process: Process,
    rpc: Rpc,
}

impl Verifier {
    /// Starts one for the rollup `tier` of `network`, with its log in `dir`.
    pub(crate) async fn start(network: &Network, tier: &str, parent: &Rpc, dir: &Path) -> Self {
        let log = dir.join(format!("verifier-{tier}.log"));
        std::fs::write(&log, "").unwrap();
        let mut node = gm::command(dir).unwrap();
        node.args(["node", "--json", "--port", "0", "--parent", parent.url(), "--genesis"])
            .arg(network.file(tier, "genesis.json"))
            .arg("--rollup")
            .arg(network.file(tier, "rollup.json"));
        let mut process = Process::spawn("gm node", node, &log).unwrap();
        let url = wait::until("gm node to be ready", PATIENCE, || {
            let look = process.check().map(|()| match endpoint(&log) {
                Some(url) => ControlFlow::Break(url),
                None => ControlFlow::Continue("no answer yet"),
            });
            std::future::ready(look)
        })
        .await
        .unwrap();
        Self { process, rpc: Rpc::new(url) }
    }

    /// Waits until it has derived the blocks of `leader` to `number`, every hash equal.
    pub(crate) async fn derives(&self, leader: &Rpc, number: u64) {
        gm_tests::chain::derived_equally(leader, &self.rpc, number, PATIENCE)
            .await
            .unwrap_or_else(|error| panic!("{}", self.process.failure(error.to_string())));
    }
}

/// The HTTP endpoint that a node tells in its one line of JSON.
fn endpoint(log: &Path) -> Option<String> {
    let text = std::fs::read_to_string(log).ok()?;
    let line = text.lines().find(|line| line.starts_with('{'))?;
    let answer: serde_json::Value = serde_json::from_str(line).ok()?;
    Some(answer["data"]["http"].as_str()?.to_owned())
}
