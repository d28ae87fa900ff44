//! Upstream's own programs as plain processes: op-geth, op-node, op-batcher, op-proposer.
//!
//! `tests/conformance/README.md` tells how they are built and what they demand.

use crate::error::{Error, Result};
use crate::ports;
use crate::process::Process;
use crate::rpc::Rpc;
use alloy_primitives::{Address, B256};
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

/// What an upstream node does for its rollup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Derives the rollup from the parent.
    Verifier,
    /// Makes the rollup's blocks.
    Sequencer,
}

/// An op-geth driven by an op-node.
#[derive(Debug)]
pub struct Node {
    op_node: Process,
    geth: Process,
    execution: Rpc,
    rollup: Rpc,
}

impl Node {
    /// Starts both programs with their state and logs in `dir`, which is made.
    ///
    /// # Errors
    /// When one of them ends or does not answer within a minute; the error quotes its log.
    pub async fn start(
        programs: &Programs,
        rollup: &Rollup,
        role: Role,
        dir: &Path,
    ) -> Result<Self> {
        std::fs::create_dir_all(dir).map_err(Error::io(format!("make {}", dir.display())))?;
        let secret = dir.join("jwt.txt");
        write(&secret, &B256::random().to_string())?;
        let auth = ports::free()?;
        let (mut geth, execution) = start_geth(programs, rollup, dir, &secret, auth)?;
        ready(&execution, &mut geth).await?;
        let (mut op_node, rollup) = start_op_node(programs, rollup, role, dir, &secret, auth)?;
        // op-node answers once it has read its parent and its engine.
        let outcome = rollup_ready(&rollup, &mut op_node).await;
        outcome?;
        Ok(Self { op_node, geth, execution, rollup })
    }

    /// op-geth's JSON-RPC.
    pub fn execution(&self) -> &Rpc {
        &self.execution
    }

    /// op-node's JSON-RPC (`optimism_`, `admin_`).
    pub fn rollup(&self) -> &Rpc {
        &self.rollup
    }

    /// Fails when one of the programs has ended.
    ///
    /// # Errors
    /// [`Error::Program`] with the end of its log.
    pub fn check(&mut self) -> Result<()> {
        self.geth.check()?;
        self.op_node.check()
    }

    /// An error with the end of op-node's log, for a test that failed on what this node said.
    pub fn failure(&self, reason: String) -> Error {
        self.op_node.failure(reason)
    }
}

fn start_geth(
    programs: &Programs,
    rollup: &Rollup,
    dir: &Path,
    secret: &Path,
    auth: u16,
) -> Result<(Process, Rpc)> {
    let data = dir.join("geth");
    let mut init = Command::new(&programs.geth);
    init.args(["--state.scheme=hash", "--datadir"]).arg(&data).arg("init").arg(&rollup.genesis);
    Process::output("geth init", init)?;

    let http = ports::free()?;
    let mut command = Command::new(&programs.geth);
    command
        .arg("--datadir")
        .arg(&data)
        .arg("--authrpc.jwtsecret")
        .arg(secret)
        .arg(format!("--networkid={}", chain_id(&rollup.genesis)?))
        .arg(format!("--authrpc.port={auth}"))
        .arg(format!("--http.port={http}"))
        .args([
            "--http",
            "--http.api=eth,net,web3,debug,txpool,miner",
            "--state.scheme=hash",
            "--gcmode=archive",
            "--syncmode=full",
            "--cache=64",
            "--rollup.disabletxpoolgossip",
            "--port=0",
            "--nodiscover",
            "--nat=none",
            "--maxpeers=0",
            "--ipcdisable",
        ]);
    let process = Process::spawn("geth", command, &dir.join("geth.log"))?;
    Ok((process, Rpc::new(local(http))))
}

fn start_op_node(
    programs: &Programs,
    rollup: &Rollup,
    role: Role,
    dir: &Path,
    secret: &Path,
    auth: u16,
) -> Result<(Process, Rpc)> {
    let rpc = ports::free()?;
    let mut command = Command::new(&programs.op_node);
    command
        .arg(format!("--l1={}", rollup.parent))
        .arg(format!("--l2={}", local(auth)))
        .arg("--l2.jwt-secret")
        .arg(secret)
        .arg("--rollup.config")
        .arg(&rollup.config)
        .arg("--rollup.l1-chain-config")
        .arg(&rollup.parent_genesis)
        .arg(format!("--rpc.port={rpc}"))
        .args([
            "--l1.rpckind=standard",
            "--l1.beacon.ignore",
            "--l1.http-poll-interval=250ms",
            "--l1.epoch-poll-interval=500ms",
            "--l2.enginekind=geth",
            "--syncmode=consensus-layer",
            "--p2p.disable",
            "--rpc.addr=127.0.0.1",
            "--rpc.enable-admin",
            "--verifier.l1-confs=0",
        ]);
    if role == Role::Sequencer {
        command.args(["--sequencer.enabled", "--sequencer.l1-confs=0"]);
    }
    let process = Process::spawn("op-node", command, &dir.join("op-node.log"))?;
    Ok((process, Rpc::new(local(rpc))))
}

/// op-batcher: posts the blocks of a sequencer as span batches in calldata.
#[derive(Debug)]
pub struct Batcher(Process);

impl Batcher {
    /// Starts op-batcher for the rollup whose JSON-RPC is `execution` and whose rollup node is
    /// `rollup` (upstream's or ours). `key` is the batcher's private key.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub fn start(
        programs: &Programs,
        parent: &str,
        execution: &Rpc,
        rollup: &Rpc,
        key: B256,
        dir: &Path,
    ) -> Result<Self> {
        let mut command = Command::new(&programs.op_batcher);
        command
            .arg(format!("--l1-eth-rpc={parent}"))
            .arg(format!("--l2-eth-rpc={}", execution.url()))
            .arg(format!("--rollup-rpc={}", rollup.url()))
            .arg(format!("--rpc.port={}", ports::free()?))
            .args([
                "--data-availability-type=calldata",
                "--batch-type=1",
                "--compression-algo=brotli-10",
                "--max-channel-duration=2",
                "--sub-safety-margin=4",
                "--poll-interval=250ms",
                "--max-pending-tx=0",
                "--throttle.unsafe-da-bytes-lower-threshold=0",
            ]);
        transaction_flags(&mut command, "OP_BATCHER", key);
        Process::spawn("op-batcher", command, &dir.join("op-batcher.log")).map(Self)
    }

    /// Fails when op-batcher has ended.
    ///
    /// # Errors
    /// [`Error::Program`] with the end of its log.
    pub fn check(&mut self) -> Result<()> {
        self.0.check()
    }
}

/// op-proposer: opens dispute games with the rollup's output roots.
#[derive(Debug)]
pub struct Proposer(Process);

impl Proposer {
    /// Starts op-proposer for games of type `game` at `factory` on the parent, one a second.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub fn start(
        programs: &Programs,
        parent: &str,
        rollup: &Rpc,
        factory: Address,
        game: u32,
        key: B256,
        dir: &Path,
    ) -> Result<Self> {
        let mut command = Command::new(&programs.op_proposer);
        command
            .arg(format!("--l1-eth-rpc={parent}"))
            .arg(format!("--rollup-rpc={}", rollup.url()))
            .arg(format!("--game-factory-address={factory}"))
            .arg(format!("--game-type={game}"))
            .arg(format!("--rpc.port={}", ports::free()?))
            .args(["--proposal-interval=1s", "--poll-interval=500ms", "--allow-non-finalized"]);
        transaction_flags(&mut command, "OP_PROPOSER", key);
        Process::spawn("op-proposer", command, &dir.join("op-proposer.log")).map(Self)
    }

    /// Fails when op-proposer has ended.
    ///
    /// # Errors
    /// [`Error::Program`] with the end of its log.
    pub fn check(&mut self) -> Result<()> {
        self.0.check()
    }
}

/// What the batcher and the proposer share: their key and how they send transactions.
fn transaction_flags(command: &mut Command, prefix: &str, key: B256) {
    // In the environment: the arguments of a process are seen by every user of the machine.
    command.env(format!("{prefix}_PRIVATE_KEY"), key.to_string()).args([
        "--num-confirmations=1",
        "--resubmission-timeout=10s",
        "--txmgr.receipt-query-interval=250ms",
        "--rpc.addr=127.0.0.1",
    ]);
}

async fn ready(rpc: &Rpc, process: &mut Process) -> Result<()> {
    watched(rpc, "eth_chainId", process).await
}

async fn rollup_ready(rpc: &Rpc, process: &mut Process) -> Result<()> {
    watched(rpc, "optimism_syncStatus", process).await
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
