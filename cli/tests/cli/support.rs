//! A user with a home of their own, a project, and the program.

use serde_json::Value;
use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// How long anything may take on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// The smallest project, on free ports.
pub(crate) const PROJECT: &str =
    "version: 1\nname: wear\nchain:\n  chain_id: 202402181627\nports: { l1: 0, l2: 0, l3: 0 }\n";

/// A home and a project in a folder that goes away with it, its networks too.
pub(crate) struct Sandbox {
    root: TempDir,
}

impl Sandbox {
    /// A home without a project.
    pub(crate) fn empty() -> Self {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("home")).unwrap();
        fs::create_dir(root.path().join("wear")).unwrap();
        Self { root }
    }

    /// A home with a project whose file is [`PROJECT`] followed by `more`.
    pub(crate) fn new(more: &str) -> Self {
        let sandbox = Self::empty();
        fs::write(sandbox.project().join("gm.yaml"), format!("{PROJECT}{more}")).unwrap();
        sandbox
    }

    pub(crate) fn project(&self) -> PathBuf {
        self.root.path().join("wear")
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.root.path().join("home")
    }

    /// `gm` with `args`, run in the project's folder.
    pub(crate) fn gm(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gm"));
        command.args(args).current_dir(self.project()).env("HOME", self.home());
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("GM_")) {
            command.env_remove(name);
        }
        for name in ["XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "HTTP_PROXY", "http_proxy"] {
            command.env_remove(name);
        }
        command.stdin(Stdio::null());
        command
    }

    /// Runs `gm` to its end.
    #[track_caller]
    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        self.ran(self.gm(args).output().unwrap())
    }

    /// What a run printed, with this sandbox's paths and the processes' ids redacted.
    pub(crate) fn ran(&self, output: Output) -> Ran {
        let text = |bytes| self.redact(&String::from_utf8(bytes).unwrap());
        Ran { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    fn redact(&self, text: &str) -> String {
        let root = self.root.path().canonicalize().unwrap();
        let text = text.replace(root.to_str().unwrap(), "[ROOT]");
        let mut parts = text.split("(pid ");
        let mut redacted = parts.next().unwrap().to_owned();
        for part in parts {
            redacted.push_str("(pid [PID]");
            redacted.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
        }
        redacted
    }

    /// Starts `gm up --json` with `args` and waits until it is ready.
    #[track_caller]
    pub(crate) fn up(&self, args: &[&str]) -> Up {
        let mut command = self.gm(&["up", "--json"]);
        let mut child =
            command.args(args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let envelope: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(envelope["ok"], true, "{line}");
        Up { child, data: envelope["data"].clone() }
    }

    /// Every file under the project's folder, with its text.
    pub(crate) fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = Vec::new();
        walk(&self.project(), &mut files);
        files.sort();
        files
    }

    /// The registered networks of this home.
    pub(crate) fn registered(&self) -> usize {
        fs::read_dir(self.home().join(".local/state/gm/running")).map_or(0, Iterator::count)
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = self.gm(&["down", "--all"]).output();
    }
}

fn walk(folder: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        if entry.path().is_dir() {
            walk(&entry.path(), files);
        } else {
            files.push((entry.path(), fs::read(entry.path()).unwrap()));
        }
    }
}

/// A run that has ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// The envelope on stdout, which must be all there is.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        let envelope: Value =
            serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"));
        assert_eq!(envelope["schema_version"], 1);
        assert_eq!(envelope["ok"], self.code == Some(0), "{self:?}");
        envelope
    }

    /// The data of a successful run.
    #[track_caller]
    pub(crate) fn data(&self) -> Value {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.json()["data"].clone()
    }
}

/// A network in the foreground.
pub(crate) struct Up {
    pub(crate) child: Child,
    pub(crate) data: Value,
}

impl Up {
    /// The port of the first chain.
    pub(crate) fn port(&self) -> u16 {
        let http = self.data["chains"][0]["http"].as_str().unwrap();
        http.rsplit_once(':').unwrap().1.parse().unwrap()
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, name: &str) {
        signal(self.child.id(), name);
    }

    /// Waits for the end and gives the exit code.
    #[track_caller]
    pub(crate) fn ends(mut self) -> Option<i32> {
        let mut code = None;
        wait_until("the process ends", || match self.child.try_wait().unwrap() {
            Some(status) => {
                code = Some(status.code());
                true
            }
            None => false,
        });
        code.unwrap()
    }
}

/// Sends a signal to a process.
pub(crate) fn signal(pid: u32, name: &str) {
    let sent = Command::new("kill").args([&format!("-{name}"), &pid.to_string()]).status().unwrap();
    assert!(sent.success());
}

/// Whether something listens on a port of this machine.
pub(crate) fn is_open(port: u16) -> bool {
    std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
}

/// Waits until `done`, for as long as a loaded machine may need.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < PATIENCE, "waited for: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
