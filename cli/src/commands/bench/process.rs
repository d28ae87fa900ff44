//! The processes under measurement.

use super::{client::Client, failed, transfers::CHAIN_ID};
use crate::error::CliError;
use gm_chain::spec::Role;
use gm_orchestrator::manifest::NetworkManifest;
use serde::Deserialize;
use std::{
    env, fs,
    io::{self, BufRead, BufReader},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// How long a process may take to be ready, and to end.
const PATIENCE: Duration = Duration::from_secs(30);

/// A node that answers JSON-RPC, in a process of its own. Dropping it ends the process.
#[derive(Debug)]
pub(super) struct Server {
    child: Child,
    /// `host:port` of its JSON-RPC.
    pub(super) address: String,
    /// The key of an account that has ether.
    pub(super) funded: alloy_primitives::B256,
}

/// Reads and forgets what a process prints: a full pipe would stop it.
fn drain(mut stdout: BufReader<ChildStdout>) {
    thread::spawn(move || io::copy(&mut stdout, &mut io::sink()));
}

/// The first of the well-known development keys.
const DEV_KEY: alloy_primitives::B256 =
    alloy_primitives::b256!("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80");

/// What `gm up --json` prints.
#[derive(Deserialize)]
struct Ready {
    data: Option<NetworkManifest>,
}

impl Server {
    /// Starts a network of three tiers that keeps no state, and gives its L3. `clock` is `instant`
    /// or `interval`.
    pub(super) fn gm(project: &Project, clock: &str) -> Result<Self, CliError> {
        let program = env::current_exe().map_err(|error| failed(error.to_string()))?;
        let mut command = Command::new(program);
        command.arg("up").arg(&project.0).args([
            "--ephemeral",
            "--port",
            "0",
            "--json",
            "--clock",
            clock,
        ]);
        let (child, mut stdout) = spawn(command, "gm up")?;
        let mut guard = Killer(Some(child));
        let mut line = String::new();
        stdout.read_line(&mut line).map_err(|error| failed(format!("gm up: {error}")))?;
        let not_ready = || failed(format!("gm up was not ready: {}", line.trim()));
        let ready: Ready = serde_json::from_str(&line).map_err(|_| not_ready())?;
        let manifest = ready.data.ok_or_else(not_ready)?;
        let chain = manifest.chain(Role::L3).ok_or_else(not_ready)?;
        let address = chain.http.trim_start_matches("http://").to_owned();
        let funded = manifest.accounts.first().and_then(|account| account.private_key);
        drain(stdout);
        let funded = funded.ok_or_else(not_ready)?;
        Ok(Self { child: guard.0.take().ok_or_else(not_ready)?, address, funded })
    }

    /// Starts anvil with more arguments.
    pub(super) fn anvil(program: &Path, args: &[&str]) -> Result<Self, CliError> {
        let mut command = Command::new(program);
        let chain_id = CHAIN_ID.to_string();
        command.args(["--port", "0", "--chain-id", &chain_id]).args(args);
        let (child, mut stdout) = spawn(command, "anvil")?;
        let mut guard = Killer(Some(child));
        let mut line = String::new();
        let address = loop {
            line.clear();
            let read = stdout.read_line(&mut line);
            if read.map_err(|error| failed(format!("anvil: {error}")))? == 0 {
                return Err(failed("anvil ended before it was ready"));
            }
            if let Some(address) = line.trim().strip_prefix("Listening on ") {
                break address.to_owned();
            }
        };
        let child = guard.0.take().ok_or_else(|| failed("anvil"))?;
        drain(stdout);
        Ok(Self { child, address, funded: DEV_KEY })
    }

    /// A connection.
    pub(super) fn connect(&self) -> Result<Client, CliError> {
        Client::connect(&self.address).map_err(|error| failed(format!("{}: {error}", self.address)))
    }

    /// The process's id.
    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it at once, from whatever thread.
    pub(super) fn kill(&self) {
        if let Ok(pid) = i32::try_from(self.child.id()) {
            // SAFETY: `kill` takes no pointer; the child is waited for only by its owner, so the
            // id is its.
            unsafe { libc::kill(pid, libc::SIGKILL) };
        }
    }

    /// Ends it as Ctrl-C does, and waits.
    pub(super) fn stop(mut self) {
        terminate(&mut self.child);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        terminate(&mut self.child);
    }
}

/// Ends a child whose start failed.
struct Killer(Option<Child>);

impl Drop for Killer {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            terminate(child);
        }
    }
}

fn terminate(child: &mut Child) {
    if let Ok(pid) = i32::try_from(child.id())
        && matches!(child.try_wait(), Ok(None))
    {
        // SAFETY: `kill` takes no pointer; the child was not waited for, so the id is its.
        unsafe { libc::kill(pid, libc::SIGTERM) };
    }
    let deadline = Instant::now() + PATIENCE;
    while matches!(child.try_wait(), Ok(None)) {
        if Instant::now() > deadline {
            // It is gone either way.
            let _ = child.kill();
            let _ = child.wait();
            return;
        }
        thread::sleep(Duration::from_millis(5));
    }
}

fn spawn(mut command: Command, name: &str) -> Result<(Child, BufReader<ChildStdout>), CliError> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    // SAFETY: `prctl` with these arguments takes no pointer and may be called after `fork`.
    unsafe {
        command.pre_exec(|| {
            // It does not outlive this program, however that ends.
            if libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGTERM) == 0 {
                Ok(())
            } else {
                Err(io::Error::last_os_error())
            }
        });
    }
    let start = command.spawn();
    let mut child = start.map_err(|error| failed(format!("{name} does not start: {error}")))?;
    let stdout = child.stdout.take().ok_or_else(|| failed(format!("{name} has no output")))?;
    Ok((child, BufReader::new(stdout)))
}

/// Memory of a process, in bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Memory {
    /// Resident now.
    pub(super) resident: u64,
    /// The most it was.
    pub(super) peak: u64,
}

impl Memory {
    /// Of a running process.
    pub(super) fn of(pid: u32) -> Option<Self> {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            let kib: u64 = line.trim().trim_end_matches(" kB").parse().ok()?;
            Some(kib << 10)
        };
        Some(Self { resident: field("VmRSS:")?, peak: field("VmHWM:")? })
    }
}

/// A project in a folder for temporary files, removed at the end.
#[derive(Debug)]
pub(super) struct Project(PathBuf);

impl Project {
    /// Writes it.
    pub(super) fn new() -> Result<Self, CliError> {
        let folder = env::temp_dir().join(format!("gm-bench-{}", std::process::id()));
        let yaml = format!("version: 1\nname: bench\nchain: {{ chain_id: {CHAIN_ID} }}\n");
        let project = Self(folder);
        fs::create_dir(&project.0)
            .and_then(|()| fs::write(project.0.join("gm.yaml"), yaml))
            .map_err(|error| CliError::not_writable(&project.0, &error))?;
        Ok(project)
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        // What cannot be removed is small and in a folder for temporary files.
        let _ = fs::remove_dir_all(&self.0);
    }
}
