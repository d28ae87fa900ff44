//! The running networks of this user, so that `gm down --all` finds what was left over.
//!
//! One file a network in `$XDG_RUNTIME_DIR/gm/running/`, or `~/.local/state/gm/running/` where
//! there is no such folder. A file whose process has ended is a leftover.

use crate::{manifest::NetworkManifest, process::ProcessId};
use serde::{Deserialize, Serialize};
use std::{
    env, fs,
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

/// A running network.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Entry {
    /// The process that runs it.
    pub process: ProcessId,
    /// Name of the project.
    pub network: String,
    /// Folder of the project.
    pub project_dir: PathBuf,
    /// Folder of its state, or none if it keeps none.
    pub state_dir: Option<PathBuf>,
    /// Log file, if there is one.
    pub log: Option<PathBuf>,
    /// Endpoints, once it is ready. Holds no key.
    pub manifest: Option<NetworkManifest>,
}

/// The registration of this process. It is removed when dropped.
#[derive(Debug)]
pub struct Registration {
    path: PathBuf,
    entry: Entry,
}

impl Registration {
    /// Registers `entry`, whose process is this one.
    ///
    /// # Errors
    /// What the system says if the folder cannot be written.
    pub fn new(entry: Entry) -> io::Result<Self> {
        let registration = Self { path: folder()?.join(file_name(&entry.process)), entry };
        registration.write()?;
        Ok(registration)
    }

    /// Adds the endpoints, without the accounts' keys.
    ///
    /// # Errors
    /// What the system says if the file cannot be written.
    pub fn ready(&mut self, manifest: &NetworkManifest) -> io::Result<()> {
        let mut manifest = manifest.clone();
        manifest.accounts.clear();
        self.entry.manifest = Some(manifest);
        self.write()
    }

    fn write(&self) -> io::Result<()> {
        let draft = self.path.with_extension("draft");
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&draft)?;
        file.write_all(&serde_json::to_vec(&self.entry)?)?;
        fs::rename(&draft, &self.path)
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        // Not there is as good as removed.
        let _ = fs::remove_file(&self.path);
    }
}

/// Every registered network, dead ones included. Files that are not ours are left alone.
pub fn entries() -> Vec<Entry> {
    let Ok(files) = folder().and_then(fs::read_dir) else { return Vec::new() };
    files
        .flatten()
        .filter(|file| file.path().extension().is_some_and(|extension| extension == "json"))
        .filter_map(|file| {
            let entry: Entry = serde_json::from_slice(&fs::read(file.path()).ok()?).ok()?;
            (file.file_name().to_str() == Some(&file_name(&entry.process))).then_some(entry)
        })
        .collect()
}

/// The live networks of the project in `project_dir`.
pub fn of_project(project_dir: &Path) -> Vec<Entry> {
    let live = |entry: &Entry| entry.project_dir == project_dir && entry.process.is_alive();
    entries().into_iter().filter(live).collect()
}

/// Removes what a dead network left in the registry: its entry, and the log that lay beside it.
/// Does nothing while its process lives.
pub fn forget(entry: &Entry) {
    if entry.process.is_alive() {
        return;
    }
    let Ok(folder) = folder() else { return };
    let _ = fs::remove_file(folder.join(file_name(&entry.process)));
    if let Some(log) = entry.log.as_ref().filter(|log| log.parent() == Some(&folder)) {
        let _ = fs::remove_file(log);
    }
}

/// The folder of the registry, made private if it is not there.
///
/// # Errors
/// What the system says, or that neither `XDG_RUNTIME_DIR` nor `HOME` is set.
pub fn folder() -> io::Result<PathBuf> {
    let absolute = |name: &str| env::var_os(name).map(PathBuf::from).filter(|p| p.is_absolute());
    let base = absolute("XDG_RUNTIME_DIR")
        .filter(|path| path.is_dir())
        .or_else(|| Some(absolute("HOME")?.join(".local/state")))
        .ok_or_else(|| io::Error::other("neither XDG_RUNTIME_DIR nor HOME is set"))?;
    let folder = base.join("gm/running");
    fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
    Ok(folder)
}

fn file_name(process: &ProcessId) -> String {
    format!("{}-{}.json", process.pid, process.start)
}
