//! Which process is which. A process id is used again after its process has ended, so a process
//! is named by its id together with its start and the boot it belongs to (Linux `/proc`).

use serde::{Deserialize, Serialize};
use std::{fs, path::Path};

/// One process of this machine, past or present.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessId {
    /// Process id.
    pub pid: u32,
    /// Start of the process in clock ticks since boot.
    pub start: u64,
    /// The kernel's id of the boot.
    pub boot: String,
}

impl ProcessId {
    /// This process.
    pub fn current() -> Self {
        Self::of(std::process::id()).unwrap_or_else(|| Self {
            pid: std::process::id(),
            start: 0,
            boot: boot_id(),
        })
    }

    /// The process that has the id `pid` now.
    pub fn of(pid: u32) -> Option<Self> {
        let (start, state) = stat(pid)?;
        (state != b'Z').then(|| Self { pid, start, boot: boot_id() })
    }

    /// Whether this very process still runs.
    pub fn is_alive(&self) -> bool {
        Self::of(self.pid).as_ref() == Some(self)
    }

    /// Asks the process to end (SIGTERM). Does nothing unless it is this very process.
    pub fn terminate(&self) {
        self.signal(libc::SIGTERM);
    }

    /// Ends the process at once (SIGKILL). Does nothing unless it is this very process.
    pub fn kill(&self) {
        self.signal(libc::SIGKILL);
    }

    fn signal(&self, signal: i32) {
        let Ok(pid) = i32::try_from(self.pid) else { return };
        if pid > 1 && self.is_alive() {
            // SAFETY: `kill` takes no pointer; the process was identified just above.
            unsafe { libc::kill(pid, signal) };
        }
    }
}

/// Start time and state letter of a process: fields 22 and 3 of `/proc/PID/stat`.
fn stat(pid: u32) -> Option<(u64, u8)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is the program's name in parentheses, and may itself hold both.
    let fields = stat.get(stat.rfind(')')? + 1..)?;
    let mut fields = fields.split_ascii_whitespace();
    let state = *fields.next()?.as_bytes().first()?;
    Some((fields.nth(18)?.parse().ok()?, state))
}

fn boot_id() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id")
        .map(|id| id.trim().to_owned())
        .unwrap_or_default()
}

/// The process that listens on TCP `port` of this machine, as `NAME (pid N)`, if it can be seen.
///
/// A process of another user cannot be named without privileges.
pub fn port_owner(port: u16) -> Option<String> {
    let inode = ["/proc/net/tcp", "/proc/net/tcp6"]
        .into_iter()
        .find_map(|table| listening_inode(&fs::read_to_string(table).ok()?, port))?;
    let wanted = format!("socket:[{inode}]");
    for process in fs::read_dir("/proc").ok()?.flatten() {
        let pid = process.file_name();
        let Some(pid) = pid.to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let Ok(files) = fs::read_dir(process.path().join("fd")) else { continue };
        let holds = |link: &Path| fs::read_link(link).is_ok_and(|to| to.as_os_str() == &*wanted);
        if files.flatten().any(|file| holds(&file.path())) {
            let name = fs::read_to_string(process.path().join("comm")).unwrap_or_default();
            return Some(format!("{} (pid {pid})", name.trim()));
        }
    }
    None
}

/// The inode of the socket that listens on `port` in a table of `/proc/net/tcp`.
fn listening_inode(table: &str, port: u16) -> Option<String> {
    const LISTEN: &str = "0A";
    table.lines().skip(1).find_map(|line| {
        let fields: Vec<&str> = line.split_ascii_whitespace().collect();
        let (_, local) = fields.get(1)?.rsplit_once(':')?;
        let matches = u16::from_str_radix(local, 16) == Ok(port) && *fields.get(3)? == LISTEN;
        matches.then(|| fields.get(9).map(ToString::to_string))?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_alive_and_another_start_is_not_it() {
        let me = ProcessId::current();
        assert!(me.is_alive());
        assert!(!ProcessId { start: me.start + 1, ..me.clone() }.is_alive());
        assert!(!ProcessId { boot: "other".to_owned(), ..me }.is_alive());
    }

    #[test]
    fn the_owner_of_a_port_is_named() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let owner = port_owner(listener.local_addr().unwrap().port()).unwrap();
        assert!(owner.ends_with(&format!("(pid {})", std::process::id())), "{owner}");
    }
}
