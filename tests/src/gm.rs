//! `gm` as its users run it: the program, its JSON, its state folder.

use crate::error::{Error, Result};
use crate::process::Process;
use crate::rpc::Rpc;
use crate::wait;
use alloy_primitives::{Address, B256};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// How long `gm up` may take until it is ready, on a machine with other work.
const READY: Duration = Duration::from_secs(60);

/// The `gm` of this build: `$GM_BIN`, or the one beside the test.
///
/// # Errors
/// When it was not built.
pub fn binary() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("GM_BIN") {
        return Ok(path.into());
    }
    let test = std::env::current_exe().map_err(Error::io("find the test program"))?;
    // <target>/<profile>/deps/<test>
    let path = test.ancestors().nth(2).unwrap_or(Path::new("")).join("gm");
    if path.is_file() {
        return Ok(path);
    }
    Err(Error::Unexpected(format!(
        "{} is not there: build it with `cargo build --release -p gm`",
        path.display()
    )))
}

/// A `gm` command in `folder`, with no settings from outside.
///
/// # Errors
/// As [`binary`].
pub fn command(folder: &Path) -> Result<Command> {
    let mut command = Command::new(binary()?);
    command.current_dir(folder);
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("GM_")) {
            command.env_remove(name);
        }
    }
    Ok(command)
}

/// A chain of a running network.
#[derive(Clone, Debug, Deserialize)]
pub struct Chain {
    /// Its name.
    pub name: String,
    /// `l1`, `l2` or `l3`.
    pub role: String,
    /// Its chain id.
    pub chain_id: u64,
    /// Its HTTP endpoint.
    pub http: String,
    /// Its WebSocket endpoint.
    pub ws: String,
}

/// A funded account.
#[derive(Clone, Debug, Deserialize)]
pub struct Account {
    /// Its address.
    pub address: Address,
    /// Its key, of development accounts.
    pub private_key: Option<B256>,
}

/// The `data` of `gm up --json`.
#[derive(Clone, Debug, Deserialize)]
pub struct Manifest {
    /// Name of the network.
    pub network: String,
    /// Its chains, parents first.
    pub chains: Vec<Chain>,
    /// Its funded accounts.
    pub accounts: Vec<Account>,
    /// The contracts of each rollup on its parent, by tier and name.
    pub contracts: BTreeMap<String, BTreeMap<String, Address>>,
}

#[derive(Deserialize)]
struct Answer {
    data: Manifest,
}

/// A project whose network runs in the foreground of a `gm up`.
#[derive(Debug)]
pub struct Network {
    process: Process,
    folder: PathBuf,
    manifest: Manifest,
}

impl Network {
    /// Makes the project `name` from `template` in `parent`.
    ///
    /// # Errors
    /// When `gm new` fails.
    pub fn scaffold(parent: &Path, name: &str, template: &str) -> Result<PathBuf> {
        let mut new = command(parent)?;
        new.args(["new", name, "--template", template, "--json"]);
        Process::output("gm new", new)?;
        Ok(parent.join(name))
    }

    /// Runs `gm up --json --port 0` with `flags` in the project `folder` and waits until it is ready.
    ///
    /// # Errors
    /// When it ends or is not ready within a minute; the error quotes its log.
    pub async fn up(folder: &Path, flags: &[&str]) -> Result<Self> {
        let mut up = command(folder)?;
        up.args(["up", "--json", "--port", "0"]).args(flags);
        // Outside the project: the test checks what gm leaves in it.
        let log = folder.with_extension("up.log");
        // The answer is one line of this run; what an earlier run wrote is not read again.
        std::fs::write(&log, "").map_err(Error::io(format!("write {}", log.display())))?;
        let mut process = Process::spawn("gm up", up, &log)?;
        let manifest = wait::until("gm up to be ready", READY, || {
            let look = process.check().map(|()| match read_answer(&log) {
                Some(manifest) => ControlFlow::Break(manifest),
                None => ControlFlow::Continue("no answer yet"),
            });
            std::future::ready(look)
        })
        .await?;
        Ok(Self { process, folder: folder.to_owned(), manifest })
    }

    /// What `gm up` printed.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The chain of a tier (`l1`, `l2`, `l3`).
    ///
    /// # Panics
    /// When the network has no such tier.
    pub fn chain(&self, tier: &str) -> &Chain {
        let chain = self.manifest.chains.iter().find(|chain| chain.role == tier);
        chain.unwrap_or_else(|| panic!("the network has no {tier}"))
    }

    /// JSON-RPC of a tier.
    ///
    /// # Panics
    /// As [`Network::chain`].
    pub fn rpc(&self, tier: &str) -> Rpc {
        Rpc::new(&self.chain(tier).http)
    }

    /// A contract of the rollup `tier` on its parent.
    ///
    /// # Panics
    /// When it is not in the manifest.
    pub fn contract(&self, tier: &str, name: &str) -> Address {
        self.manifest.contracts[tier][name]
    }

    /// Key of the development account `index`.
    ///
    /// # Panics
    /// When the manifest has no such account or no key of it.
    pub fn key(&self, index: usize) -> B256 {
        self.manifest.accounts[index].private_key.expect("development accounts come with keys")
    }

    /// A file that the state folder has for a tier: `genesis.json` or `rollup.json`.
    pub fn file(&self, tier: &str, name: &str) -> PathBuf {
        self.folder.join(".gm/chains").join(tier).join(name)
    }

    /// The running program.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }
}

/// The one line of JSON among the progress.
fn read_answer(log: &Path) -> Option<Manifest> {
    let text = std::fs::read_to_string(log).ok()?;
    let line = text.lines().find(|line| line.starts_with('{'))?;
    Some(serde_json::from_str::<Answer>(line).ok()?.data)
}

/// A `gm node`: one chain from its `genesis.json`.
#[derive(Debug)]
pub struct Node {
    process: Process,
    rpc: Rpc,
}

impl Node {
    /// Starts one in memory, with its log in `dir`, which must exist. `flags` are those of
    /// `gm node` beside the genesis, in [`Node::verifier`] and [`Node::engine`] for the two uses.
    ///
    /// # Errors
    /// When it ends or is not ready within a minute; the error quotes its log.
    pub async fn start(genesis: &Path, flags: &[OsString], dir: &Path) -> Result<Self> {
        let log = dir.join("gm-node.log");
        std::fs::write(&log, "").map_err(Error::io(format!("write {}", log.display())))?;
        let mut node = command(dir)?;
        node.args(["node", "--json", "--port", "0", "--genesis"]).arg(genesis).args(flags);
        let mut process = Process::spawn("gm node", node, &log)?;
        let url = wait::until("gm node to be ready", READY, || {
            let look = process.check().map(|()| match endpoint(&log) {
                Some(url) => ControlFlow::Break(url),
                None => ControlFlow::Continue("no answer yet"),
            });
            std::future::ready(look)
        })
        .await?;
        Ok(Self { process, rpc: Rpc::new(url) })
    }

    /// A verifier that holds nothing but a rollup's two files and the address of its parent.
    ///
    /// # Errors
    /// As [`Node::start`].
    pub async fn verifier(genesis: &Path, config: &Path, parent: &str, dir: &Path) -> Result<Self> {
        let flags = ["--rollup".into(), config.into(), "--parent".into(), parent.into()];
        Self::start(genesis, &flags, dir).await
    }

    /// An execution client whose Engine API listens on `port` with the secret in the file `secret`.
    ///
    /// # Errors
    /// As [`Node::start`].
    pub async fn engine(genesis: &Path, port: u16, secret: &Path, dir: &Path) -> Result<Self> {
        let port = port.to_string().into();
        let flags = ["--engine-port".into(), port, "--jwt-secret".into(), secret.into()];
        Self::start(genesis, &flags, dir).await
    }

    /// Its JSON-RPC.
    pub fn rpc(&self) -> &Rpc {
        &self.rpc
    }

    pub(crate) fn into_parts(self) -> (Process, Rpc) {
        (self.process, self.rpc)
    }

    /// An error with the end of its log, for a test that failed on what this node said.
    pub fn failure(&self, reason: String) -> Error {
        self.process.failure(reason)
    }
}

/// The HTTP endpoint in a node's one line of JSON.
fn endpoint(log: &Path) -> Option<String> {
    let text = std::fs::read_to_string(log).ok()?;
    let line = text.lines().find(|line| line.starts_with('{'))?;
    let answer: serde_json::Value = serde_json::from_str(line).ok()?;
    Some(answer["data"]["http"].as_str()?.to_owned())
}
