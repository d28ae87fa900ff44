//! op-node with an execution client, op-geth or ours: a verifier or a sequencer.

use super::{Programs, Rollup, chain_id, init, local, watched, write};
use crate::error::{Error, Result};
use crate::gm;
use crate::ports;
use crate::process::Process;
use crate::rpc::Rpc;
use alloy_primitives::B256;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What an upstream node does for its rollup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Derives the rollup from the parent.
    Verifier,
    /// Makes the rollup's blocks.
    Sequencer,
}

/// What op-node drives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// op-geth.
    Geth,
    /// `gm node`.
    Gm,
}

/// An op-node and the execution client that it drives.
#[derive(Debug)]
pub struct Node {
    op_node: Process,
    engine: Process,
    execution: Rpc,
    rollup: Rpc,
}

impl Node {
    /// Starts op-node and `engine` with their state and logs in `dir`, which is made.
    ///
    /// # Errors
    /// When one of them ends or does not answer within a minute; the error quotes its log.
    pub async fn start(
        programs: &Programs,
        rollup: &Rollup,
        engine: Engine,
        role: Role,
        dir: &Path,
    ) -> Result<Self> {
        let secret = secret(dir)?;
        let auth = ports::free()?;
        let (engine, execution) = match engine {
            Engine::Geth => start_geth(programs, &rollup.genesis, dir, &secret, auth).await?,
            Engine::Gm => gm::Node::engine(&rollup.genesis, auth, &secret, dir).await?.into_parts(),
        };
        let (mut op_node, rollup) = start_op_node(programs, rollup, role, dir, &secret, auth)?;
        // op-node answers once it has read its parent and its engine.
        watched(&rollup, "optimism_syncStatus", &mut op_node).await?;
        Ok(Self { op_node, engine, execution, rollup })
    }

    /// The execution client's JSON-RPC.
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
        self.engine.check()?;
        self.op_node.check()
    }

    /// An error with the end of op-node's log, for a test that failed on what this node said.
    pub fn failure(&self, reason: String) -> Error {
        self.op_node.failure(reason)
    }
}

/// A geth that nobody drives: it stays at the genesis block.
pub(super) async fn idle_geth(
    programs: &Programs,
    genesis: &Path,
    dir: &Path,
) -> Result<(Process, Rpc)> {
    let secret = secret(dir)?;
    start_geth(programs, genesis, dir, &secret, ports::free()?).await
}

/// Makes `dir` and in it the secret that op-node and its engine share.
fn secret(dir: &Path) -> Result<PathBuf> {
    std::fs::create_dir_all(dir).map_err(Error::io(format!("make {}", dir.display())))?;
    let secret = dir.join("jwt.txt");
    write(&secret, &B256::random().to_string())?;
    Ok(secret)
}

async fn start_geth(
    programs: &Programs,
    genesis: &Path,
    dir: &Path,
    secret: &Path,
    auth: u16,
) -> Result<(Process, Rpc)> {
    let data = dir.join("geth");
    init(programs, &data, genesis)?;
    let http = ports::free()?;
    let mut command = Command::new(&programs.geth);
    command
        .arg("--datadir")
        .arg(&data)
        .arg("--authrpc.jwtsecret")
        .arg(secret)
        .arg(format!("--networkid={}", chain_id(genesis)?))
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
    let mut process = Process::spawn("geth", command, &dir.join("geth.log"))?;
    let rpc = Rpc::new(local(http));
    watched(&rpc, "eth_chainId", &mut process).await?;
    Ok((process, rpc))
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
