//! Where anvil is.

use crate::error::{CliError, Code};
use clap::Args;
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Installs the pinned anvil and prints its folder.
const INSTALL: &str = "tests/clients/install";

/// Which anvil to measure beside ours.
#[derive(Debug, Clone, Args)]
pub(super) struct AnvilArg {
    /// The anvil program, or the npm package's script [default: the pinned one, which
    /// tests/clients/install installs from npm, or that of PATH]
    #[arg(long, env = "GM_ANVIL", value_name = "PATH")]
    anvil: Option<PathBuf>,
    /// Measure without anvil beside it
    #[arg(long)]
    no_anvil: bool,
}

/// npm's name of the system and processor that this program was built for.
const PLATFORM: &str = match (cfg!(target_os = "macos"), cfg!(target_arch = "aarch64")) {
    (false, false) => "anvil-linux-amd64",
    (false, true) => "anvil-linux-arm64",
    (true, false) => "anvil-darwin-amd64",
    (true, true) => "anvil-darwin-arm64",
};

impl AnvilArg {
    /// The program itself, not the script that npm puts before it; none if it is not wanted.
    ///
    /// # Errors
    /// `ANVIL_NOT_FOUND` with the command that installs it.
    pub(super) fn find(&self) -> Result<Option<PathBuf>, CliError> {
        if self.no_anvil {
            return Ok(None);
        }
        if let Some(path) = &self.anvil {
            let found = path.canonicalize().ok().filter(|path| path.is_file());
            let found =
                found.ok_or_else(|| not_found(format!("{}: not a file", path.display())))?;
            return Ok(Some(native(&found)));
        }
        let path = env::var_os("PATH").unwrap_or_default();
        let in_path = env::split_paths(&path).map(|dir| dir.join("anvil"));
        installed()?
            .into_iter()
            .chain(in_path)
            .find_map(|path| path.canonicalize().ok().filter(|path| path.is_file()))
            .map(|path| Some(native(&path)))
            .ok_or_else(|| not_found("there is no anvil in PATH".to_owned()))
    }
}

/// Installs the pinned anvil if this is a clone of the repository: seconds at the first time.
fn installed() -> Result<Option<PathBuf>, CliError> {
    let here = env::current_dir().unwrap_or_default();
    let script = here.ancestors().map(|dir| dir.join(INSTALL)).find(|path| path.is_file());
    let Some(script) = script else { return Ok(None) };
    let failed = |reason: String| not_found(format!("{}: {reason}", script.display()));
    let output = Command::new(&script).output().map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    let folder = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    Ok(Some(Path::new(&folder).join("anvil")))
}

fn not_found(message: String) -> CliError {
    CliError::new(
        Code::AnvilNotFound,
        message,
        "run this in a clone of the repository, whose tests/clients/install installs the pinned \
         one from npm; or name one with --anvil, or go without with --no-anvil",
    )
}

/// The program that the npm package's script starts: node's own start is none of anvil's.
fn native(path: &Path) -> PathBuf {
    let is_script = fs::read(path).is_ok_and(|bytes| bytes.starts_with(b"#!"));
    let packages = path.parent().and_then(Path::parent);
    let program = packages.map(|packages| packages.join(PLATFORM).join("bin/anvil"));
    program.filter(|program| is_script && program.is_file()).unwrap_or_else(|| path.to_owned())
}
