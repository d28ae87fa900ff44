//! op-batcher and op-proposer.

use super::Programs;
use crate::error::Result;
use crate::ports;
use crate::process::Process;
use crate::rpc::Rpc;
use alloy_primitives::{Address, B256};
use std::path::Path;
use std::process::Command;

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
