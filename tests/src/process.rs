//! Programs under test: started with their output in a file, ended with all their children.

use crate::error::{Error, Result};
use std::fs::File;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// Lines of the log that an error quotes.
const TAIL: usize = 40;

/// A running program and, in its process group, all that it started.
///
/// Dropping it kills the group.
#[derive(Debug)]
pub struct Process {
    name: String,
    log: PathBuf,
    child: Child,
}

impl Process {
    /// Starts `command` in a process group of its own, both outputs appended to `log`.
    ///
    /// # Errors
    /// When the log cannot be written or the program not started.
    pub fn spawn(name: &str, mut command: Command, log: &Path) -> Result<Self> {
        let file = File::options()
            .create(true)
            .append(true)
            .open(log)
            .map_err(Error::io(format!("open {}", log.display())))?;
        let errors = file.try_clone().map_err(Error::io(format!("open {}", log.display())))?;
        let child = command
            .stdin(Stdio::null())
            .stdout(file)
            .stderr(errors)
            .process_group(0)
            .spawn()
            .map_err(Error::io(format!("start {}", command.get_program().display())))?;
        Ok(Self { name: name.to_owned(), log: log.to_owned(), child })
    }

    /// Runs `command` to its end and returns what it wrote to its standard output.
    ///
    /// # Errors
    /// When it cannot be started or does not exit with 0.
    pub fn output(name: &str, mut command: Command) -> Result<String> {
        let output = command
            .stdin(Stdio::null())
            .output()
            .map_err(Error::io(format!("start {}", command.get_program().display())))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        Err(Error::Program {
            program: name.to_owned(),
            reason: output.status.to_string(),
            log: PathBuf::from("its standard error"),
            tail: last_lines(&String::from_utf8_lossy(&output.stderr)),
        })
    }

    /// Process id of the program, which is the id of its group too.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// File with what the program wrote.
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// Fails when the program has ended; the error quotes the end of its log.
    ///
    /// # Errors
    /// [`Error::Program`].
    pub fn check(&mut self) -> Result<()> {
        match self.try_wait()? {
            None => Ok(()),
            Some(status) => Err(self.failure(status.to_string())),
        }
    }

    /// Sends `signal` (a constant of `libc`) to the program alone.
    ///
    /// # Errors
    /// When it is gone.
    pub fn signal(&self, signal: i32) -> Result<()> {
        kill(self.pid(), signal).map_err(Error::io(format!("signal {}", self.name)))
    }

    /// Kills the whole group at once, as a power cut would, and waits for its end.
    pub fn kill(&mut self) {
        // The group may be gone already: that is what was wanted.
        let _ = kill(-self.pid(), libc::SIGKILL);
        let _ = self.child.wait();
    }

    /// Asks the program to end (SIGTERM) and waits for it.
    ///
    /// # Errors
    /// [`Error::Program`] when it still runs after `deadline`; it is killed then.
    pub fn stop(&mut self, deadline: Duration) -> Result<ExitStatus> {
        if let Some(status) = self.try_wait()? {
            return Ok(status);
        }
        self.signal(libc::SIGTERM)?;
        let started = Instant::now();
        while started.elapsed() < deadline {
            if let Some(status) = self.try_wait()? {
                // Children that outlived it end with it.
                let _ = kill(-self.pid(), libc::SIGKILL);
                return Ok(status);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        self.kill();
        Err(self.failure(format!("did not end within {deadline:?} of SIGTERM")))
    }

    /// The exit status, when the program has ended.
    ///
    /// # Errors
    /// When the system cannot tell.
    pub fn try_wait(&mut self) -> Result<Option<ExitStatus>> {
        self.child.try_wait().map_err(Error::io(format!("wait for {}", self.name)))
    }

    /// An [`Error::Program`] for this program that quotes the end of its log.
    pub fn failure(&self, reason: String) -> Error {
        Error::Program {
            program: self.name.clone(),
            reason,
            log: self.log.clone(),
            tail: last_lines(&std::fs::read_to_string(&self.log).unwrap_or_default()),
        }
    }

    fn pid(&self) -> libc::pid_t {
        libc::pid_t::try_from(self.child.id()).expect("process ids fit the system's own type")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Sends a signal to a process, or with a negative id to a group.
fn kill(id: libc::pid_t, signal: i32) -> std::io::Result<()> {
    // SAFETY: kill(2) takes two integers and touches no memory of ours.
    if unsafe { libc::kill(id, signal) } == 0 {
        Ok(())
    } else {
        Err(std::io::Error::last_os_error())
    }
}

fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(TAIL)..].join("\n")
}
