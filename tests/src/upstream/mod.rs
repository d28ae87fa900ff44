//! Upstream's own programs as plain processes: op-geth, op-node, op-batcher, op-proposer.
//!
//! `tests/conformance/README.md` tells how they are built and what they demand.

mod l1;
mod node;
mod services;

pub use l1::DevL1;
pub use node::{Engine, Node, Role};
pub use services::{Batcher, Proposer};

use crate::error::{Error, Result};
use crate::process::Process;
use crate::rpc::Rpc;
use alloy_primitives::B256;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// How long a program may take until it answers.
const START: Duration = Duration::from_secs(60);

/// Where the upstream programs are.
#[derive(Clone, Debug)]
pub struct Programs {
    geth: PathBuf,
    op_node: PathBuf,
    op_batcher: PathBuf,
    op_proposer: PathBuf,
}

impl Programs {
    /// Builds the programs unless they are there already (`tests/conformance/build`).
    ///
    /// # Errors
    /// When the build fails; the error quotes the compiler.
    pub fn build() -> Result<Self> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance/build");
        let listing = Process::output("tests/conformance/build", Command::new(script))?;
        let path = |name: &str| {
            listing
                .lines()
                .filter_map(|line| line.split_once(' '))
                .find_map(|(program, path)| (program == name).then(|| PathBuf::from(path)))
                .ok_or_else(|| {
                    Error::Unexpected(format!("tests/conformance/build names no {name}"))
                })
        };
        Ok(Self {
            geth: path("geth")?,
            op_node: path("op-node")?,
            op_batcher: path("op-batcher")?,
            op_proposer: path("op-proposer")?,
        })
    }
}

impl Programs {
    /// The hash of the genesis block that geth makes out of `genesis`, in the new folder `dir`.
    ///
    /// # Errors
    /// When geth refuses the file.
    pub async fn genesis_hash(&self, genesis: &Path, dir: &Path) -> Result<B256> {
        let (_geth, rpc) = node::idle_geth(self, genesis, dir).await?;
        Ok(rpc.block_hashes(0..=0).await?[0])
    }
}

/// All that an upstream node is given of a rollup.
#[derive(Clone, Debug)]
pub struct Rollup {
    /// The rollup's `genesis.json`.
    pub genesis: PathBuf,
    /// The rollup's `rollup.json`.
    pub config: PathBuf,
    /// The parent's `genesis.json`, read for the parent's chain configuration.
    pub parent_genesis: PathBuf,
    /// HTTP endpoint of the parent.
    pub parent: String,
}

/// Writes the genesis block into a new data folder of geth.
fn init(programs: &Programs, data: &Path, genesis: &Path) -> Result<()> {
    let mut command = Command::new(&programs.geth);
    command.args(["--state.scheme=hash", "--datadir"]).arg(data).arg("init").arg(genesis);
    Process::output("geth init", command).map(drop)
}

/// Waits until `method` is answered, and fails early when the program ends.
async fn watched(rpc: &Rpc, method: &str, process: &mut Process) -> Result<()> {
    let started = std::time::Instant::now();
    loop {
        process.check()?;
        match rpc.call(method, serde_json::json!([])).await {
            Ok(_) => return Ok(()),
            Err(error) if started.elapsed() > START => {
                return Err(process.failure(error.to_string()));
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

fn chain_id(genesis: &Path) -> Result<u64> {
    let text = std::fs::read_to_string(genesis)
        .map_err(Error::io(format!("read {}", genesis.display())))?;
    let json: serde_json::Value = serde_json::from_str(&text)
        .map_err(|error| Error::Unexpected(format!("{}: {error}", genesis.display())))?;
    json["config"]["chainId"]
        .as_u64()
        .ok_or_else(|| Error::Unexpected(format!("{} has no chain id", genesis.display())))
}

fn local(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

fn write(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text).map_err(Error::io(format!("write {}", path.display())))
}
