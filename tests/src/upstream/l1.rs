//! geth as a development Ethereum.

use super::{Programs, chain_id, init, local, watched};
use crate::error::{Error, Result};
use crate::ports;
use crate::process::Process;
use crate::rpc::Rpc;
use std::path::Path;
use std::process::Command;

/// geth in its development mode, with a genesis of ours: a settlement layer that is not ours.
#[derive(Debug)]
pub struct DevL1 {
    process: Process,
    rpc: Rpc,
}

impl DevL1 {
    /// Starts it with its state and log in `dir`, which is made; a block every `period` seconds.
    ///
    /// # Errors
    /// When geth ends or does not answer within a minute; the error quotes its log.
    pub async fn start(
        programs: &Programs,
        genesis: &Path,
        period: u64,
        dir: &Path,
    ) -> Result<Self> {
        std::fs::create_dir_all(dir).map_err(Error::io(format!("make {}", dir.display())))?;
        let data = dir.join("geth");
        init(programs, &data, genesis)?;
        let http = ports::free()?;
        let mut command = Command::new(&programs.geth);
        command
            .arg("--datadir")
            .arg(&data)
            .arg(format!("--networkid={}", chain_id(genesis)?))
            .arg(format!("--dev.period={period}"))
            .arg(format!("--http.port={http}"))
            .arg(format!("--authrpc.port={}", ports::free()?))
            .args([
                "--dev",
                "--http",
                "--http.api=eth,net,web3,debug,txpool",
                "--state.scheme=hash",
                "--gcmode=archive",
                "--cache=64",
                "--port=0",
                "--nodiscover",
                "--maxpeers=0",
                "--ipcdisable",
            ]);
        let mut process = Process::spawn("geth --dev", command, &dir.join("geth.log"))?;
        let rpc = Rpc::new(local(http));
        watched(&rpc, "eth_chainId", &mut process).await?;
        Ok(Self { process, rpc })
    }

    /// Its JSON-RPC.
    pub fn rpc(&self) -> &Rpc {
        &self.rpc
    }

    /// Fails when geth has ended.
    ///
    /// # Errors
    /// [`Error::Program`] with the end of its log.
    pub fn check(&mut self) -> Result<()> {
        self.process.check()
    }
}
