//! The state folder of a project, `.gm/`: who may use it, which version it has, whether it is
//! whole. Nothing in it is changed before all three are known.
//!
//! ```text
//! .gm/            0700
//!   lock          held while the project runs; names the process
//!   state.json    version, genesis time and chains; written last, so its presence means "whole"
//!   chains/l3/    a chain's store, its genesis.json and, of a rollup, its rollup.json
//!   logs/gm.log
//!   network.json  endpoints, accounts, contracts of the running network
//!   .env          the same for a shell
//!   *.secret      random secrets, 0600
//! ```

use crate::{manifest::NetworkManifest, plan::tier, process::ProcessId};
use alloy_primitives::B256;
use gm_chain::spec::Role;
use serde::{Deserialize, Serialize};
use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

/// Version of the folder's layout that this build reads and writes.
pub const STATE_VERSION: u64 = 1;

const LOCK: &str = "lock";
const STATE: &str = "state.json";
const CHAINS: &str = "chains";
const LOGS: &str = "logs";
const NETWORK: &str = "network.json";
const ENV: &str = ".env";

/// What is written in a whole state folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateRecord {
    /// Version of the layout.
    pub version: u64,
    /// Timestamp of the lowest chain's genesis, in seconds.
    pub genesis_time: u64,
    /// The chains of the state, parents first.
    pub chains: Vec<ChainRecord>,
}

/// One chain of a state folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainRecord {
    /// Name of the chain.
    pub name: String,
    /// Its tier.
    pub role: Role,
    /// Chain id.
    pub chain_id: u64,
    /// Hash of its genesis block.
    pub genesis_hash: B256,
}

/// Why a state folder cannot be used. The folder is as it was.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The folder cannot be written.
    #[error("{}: cannot be written: {source}", path.display())]
    NotWritable {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file of the folder cannot be read.
    #[error("{}: cannot be read: {source}", path.display())]
    NotReadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another process runs the project.
    #[error("{} is already running{}", folder.display(), named(process.as_ref()))]
    Running {
        /// The state folder.
        folder: PathBuf,
        /// The process that holds it, if it could be read.
        process: Option<ProcessId>,
    },
    /// The state was not written to its end, or part of it is gone.
    #[error("{}: the state is half-written: {what}", folder.display())]
    Incomplete {
        /// The state folder.
        folder: PathBuf,
        /// What is missing or damaged.
        what: String,
    },
    /// The folder was written by another version.
    #[error("{}: the state has version {found}, this build reads version {STATE_VERSION}", folder.display())]
    Version {
        /// The state folder.
        folder: PathBuf,
        /// Its version.
        found: u64,
    },
    /// The state belongs to other chains than the project's.
    #[error("{}: the state is of another chain than gm.yaml: {what}", folder.display())]
    Mismatch {
        /// The state folder.
        folder: PathBuf,
        /// Which value differs.
        what: String,
    },
}

fn named(process: Option<&ProcessId>) -> String {
    process.map(|process| format!(" (pid {})", process.pid)).unwrap_or_default()
}

impl StateError {
    /// Every code with its meaning, for the documentation.
    pub const CODES: [(&str, &str); 6] = [
        ("STATE_NOT_WRITABLE", "The state folder or a file in it cannot be written."),
        ("STATE_NOT_READABLE", "A file of the state folder cannot be read."),
        ("ALREADY_RUNNING", "The project is already running; the error names its process."),
        ("STATE_INCOMPLETE", "The state folder is half-written or part of it is gone."),
        ("STATE_VERSION", "The state folder was written by another version of gm."),
        ("STATE_MISMATCH", "The state is of another chain than gm.yaml describes."),
    ];

    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotWritable { .. } => "STATE_NOT_WRITABLE",
            Self::NotReadable { .. } => "STATE_NOT_READABLE",
            Self::Running { .. } => "ALREADY_RUNNING",
            Self::Incomplete { .. } => "STATE_INCOMPLETE",
            Self::Version { .. } => "STATE_VERSION",
            Self::Mismatch { .. } => "STATE_MISMATCH",
        }
    }

    /// The next step.
    pub fn hint(&self) -> String {
        match self {
            Self::NotWritable { .. } | Self::NotReadable { .. } => {
                "check the owner and the permissions, or use --ephemeral to keep no state"
            }
            Self::Running { .. } => {
                "use `gm status` to see it or `gm down` to stop it; --ephemeral --port 0 runs \
                 another copy beside it"
            }
            Self::Incomplete { .. } => {
                "restore the folder from a copy, or remove it with `gm down --purge` and start anew"
            }
            Self::Version { .. } => {
                "use the gm that wrote it, or remove it with `gm down --purge` and start anew"
            }
            Self::Mismatch { .. } => {
                "undo the change to gm.yaml, or remove the state with `gm down --purge` and start \
                 anew"
            }
        }
        .to_owned()
    }
}

/// A state folder that this process holds. The hold ends when it is dropped; a new state that
/// was not completed by then is removed, so that an interrupted first start leaves nothing.
#[derive(Debug)]
pub struct StateDir {
    root: PathBuf,
    record: Option<StateRecord>,
    // Held for its lock.
    _lock: File,
}

impl StateDir {
    /// Takes hold of the folder `root`, making it if it is not there.
    ///
    /// # Errors
    /// [`StateError`] if it cannot be written, is held by another process, is half-written or has
    /// another version. Nothing in it is changed then.
    pub fn open(root: &Path) -> Result<Self, StateError> {
        make_private_dir(root)?;
        let lock = take_lock(root)?;
        let record = read_record(root)?;
        Ok(Self { root: root.to_owned(), record, _lock: lock })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.root
    }

    /// What the folder holds, or nothing if it is new.
    pub const fn record(&self) -> Option<&StateRecord> {
        self.record.as_ref()
    }

    /// The folder of a chain's store. It is made if it is not there.
    ///
    /// # Errors
    /// [`StateError::NotWritable`].
    pub fn chain_dir(&self, role: Role) -> Result<PathBuf, StateError> {
        make_private_dir(&self.root.join(CHAINS))?;
        let path = self.root.join(CHAINS).join(tier(role));
        make_private_dir(&path)?;
        Ok(path)
    }

    /// Marks a new state as whole. To be called once every chain's genesis is durable.
    ///
    /// # Errors
    /// [`StateError::NotWritable`].
    pub fn complete(
        &mut self,
        genesis_time: u64,
        chains: Vec<ChainRecord>,
    ) -> Result<(), StateError> {
        let record = StateRecord { version: STATE_VERSION, genesis_time, chains };
        let json = serde_json::to_vec_pretty(&record).expect("a record is JSON");
        self.write(STATE, &json)?;
        self.record = Some(record);
        Ok(())
    }

    /// Checks that the state is of these chains, before any store is opened.
    ///
    /// # Errors
    /// [`StateError::Mismatch`] naming the first value that differs.
    pub fn check(&self, chains: &[ChainRecord]) -> Result<(), StateError> {
        let Some(record) = &self.record else { return Ok(()) };
        let mismatch = |what: String| StateError::Mismatch { folder: self.root.clone(), what };
        if record.chains.len() != chains.len() {
            let (had, has) = (record.chains.len(), chains.len());
            return Err(mismatch(format!("it has {had} chains, gm.yaml {has}")));
        }
        for (had, has) in record.chains.iter().zip(chains) {
            let tier = tier(has.role);
            if had.name != has.name {
                let (had, has) = (&had.name, &has.name);
                return Err(mismatch(format!("{tier} is named \"{had}\", in gm.yaml \"{has}\"")));
            }
            if had.chain_id != has.chain_id {
                let (had, has) = (had.chain_id, has.chain_id);
                return Err(mismatch(format!("{tier} has chain id {had}, in gm.yaml {has}")));
            }
            if had.genesis_hash != has.genesis_hash {
                let (had, has) = (had.genesis_hash, has.genesis_hash);
                return Err(mismatch(format!("{tier} has genesis {had}, gm.yaml gives {has}")));
            }
        }
        Ok(())
    }

    /// Writes `network.json` and `.env`, both 0600.
    ///
    /// # Errors
    /// [`StateError::NotWritable`].
    pub fn write_network(&self, manifest: &NetworkManifest) -> Result<(), StateError> {
        let mut json = serde_json::to_vec_pretty(manifest).expect("a manifest is JSON");
        json.push(b'\n');
        self.write(NETWORK, &json)?;
        self.write(ENV, manifest.to_env().as_bytes())
    }

    /// Removes `network.json` and `.env`, which say where a *running* network answers.
    pub fn clear_network(&self) {
        for name in [NETWORK, ENV] {
            // Not there is as good as removed.
            let _ = fs::remove_file(self.root.join(name));
        }
    }

    /// The random secret of a name, made at its first use and kept 0600.
    ///
    /// # Errors
    /// [`StateError`] if it can be neither read nor written.
    pub fn secret(&self, name: &str) -> Result<B256, StateError> {
        let path = self.root.join(format!("{name}.secret"));
        match fs::read_to_string(&path) {
            Ok(text) => text.trim().parse().map_err(|_| StateError::Incomplete {
                folder: self.root.clone(),
                what: format!("{name}.secret is not 32 bytes of hex"),
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let secret = B256::from(rand::random::<[u8; 32]>());
                self.write(&format!("{name}.secret"), secret.to_string().as_bytes())?;
                Ok(secret)
            }
            Err(source) => Err(StateError::NotReadable { path, source }),
        }
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), StateError> {
        write_whole(&self.root, name, bytes)
    }
}

impl Drop for StateDir {
    fn drop(&mut self) {
        if self.record.is_none() {
            // What stays is found by the next start, which says so.
            let _ = fs::remove_dir_all(self.root.join(CHAINS));
        }
    }
}

/// The log file of a state folder; its folder is made if it is not there.
///
/// # Errors
/// [`StateError::NotWritable`].
pub fn log_file(root: &Path) -> Result<PathBuf, StateError> {
    make_private_dir(root)?;
    make_private_dir(&root.join(LOGS))?;
    Ok(root.join(LOGS).join("gm.log"))
}

/// The process that holds the state folder `root`, if one does.
pub fn running(root: &Path) -> Option<ProcessId> {
    let mut file = File::open(root.join(LOCK)).ok()?;
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => holder(&mut file),
        _ => None,
    }
}

/// The manifest of the network that runs in the state folder `root`, if it has written one.
pub fn read_network(root: &Path) -> Option<NetworkManifest> {
    serde_json::from_slice(&fs::read(root.join(NETWORK)).ok()?).ok()
}

/// Removes the state folder `root`. Only a folder with our lock file in it is removed, and only
/// while no process holds it. Returns whether there was one.
///
/// # Errors
/// [`StateError::Running`], or [`StateError::NotWritable`].
pub fn purge(root: &Path) -> Result<bool, StateError> {
    if !root.join(LOCK).is_file() {
        return Ok(false);
    }
    let _lock = take_lock(root)?;
    fs::remove_dir_all(root)
        .map(|()| true)
        .map_err(|source| StateError::NotWritable { path: root.to_owned(), source })
}

fn make_private_dir(path: &Path) -> Result<(), StateError> {
    let fail = |source| StateError::NotWritable { path: path.to_owned(), source };
    match fs::DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let metadata = fs::metadata(path).map_err(fail)?;
            if !metadata.is_dir() {
                return Err(fail(io::Error::from(io::ErrorKind::NotADirectory)));
            }
            if metadata.permissions().mode() & 0o077 != 0 {
                fs::set_permissions(path, fs::Permissions::from_mode(0o700)).map_err(fail)?;
            }
            Ok(())
        }
        Err(error) => Err(fail(error)),
    }
}

fn take_lock(root: &Path) -> Result<File, StateError> {
    let path = root.join(LOCK);
    let fail = |source| StateError::NotWritable { path: path.clone(), source };
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(fail)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let process = holder(&mut file);
            return Err(StateError::Running { folder: root.to_owned(), process });
        }
        Err(TryLockError::Error(error)) => return Err(fail(error)),
    }
    let json = serde_json::to_vec(&ProcessId::current()).expect("a process id is JSON");
    file.set_len(0).and_then(|()| file.write_all(&json)).map_err(fail)?;
    Ok(file)
}

fn holder(file: &mut File) -> Option<ProcessId> {
    let mut text = String::new();
    file.read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

fn read_record(root: &Path) -> Result<Option<StateRecord>, StateError> {
    let incomplete = |what: String| StateError::Incomplete { folder: root.to_owned(), what };
    let path = root.join(STATE);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if root.join(CHAINS).exists() {
                return Err(incomplete(format!("there are chains but no {STATE}")));
            }
            return Ok(None);
        }
        Err(source) => return Err(StateError::NotReadable { path, source }),
    };
    // The version first: another version may have another form.
    let json: serde_json::Value = serde_json::from_slice(&bytes)
        .map_err(|error| incomplete(format!("{STATE} is damaged: {error}")))?;
    match json.get("version").and_then(serde_json::Value::as_u64) {
        Some(STATE_VERSION) => {}
        Some(found) => return Err(StateError::Version { folder: root.to_owned(), found }),
        None => return Err(incomplete(format!("{STATE} has no version"))),
    }
    let record: StateRecord = serde_json::from_value(json)
        .map_err(|error| incomplete(format!("{STATE} is damaged: {error}")))?;
    let folder = |chain: &ChainRecord| root.join(CHAINS).join(tier(chain.role));
    if let Some(gone) = record.chains.iter().find(|chain| !folder(chain).is_dir()) {
        return Err(incomplete(format!("the folder {CHAINS}/{} is gone", tier(gone.role))));
    }
    Ok(Some(record))
}

/// Writes a file so that it is there whole or not at all, also after a crash.
fn write_whole(root: &Path, name: &str, bytes: &[u8]) -> Result<(), StateError> {
    let path = root.join(name);
    let draft = root.join(format!("{name}.draft"));
    let write = || {
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&draft, &path)?;
        File::open(root)?.sync_all()
    };
    write().map_err(|source| StateError::NotWritable { path: path.clone(), source })
}

#[cfg(test)]
#[path = "state_dir_tests.rs"]
mod tests;
