//! `gm logs`: the log of a network.

use crate::{
    context::Context,
    error::{CliError, Code},
};
use clap::Args;
use gm_orchestrator::{plan::STATE_FOLDER, registry};
use serde_json::json;
use std::{
    collections::VecDeque,
    fs::File,
    io::{self, BufRead, BufReader},
    path::{Path, PathBuf},
    time::Duration,
};

/// Show the network's log
#[derive(Debug, Args)]
pub(crate) struct LogsArgs {
    /// Only lines of this service: a word of the line's origin, as l3, batcher or gm_node
    service: Option<String>,
    /// Go on showing new lines, until Ctrl-C or the end of the network
    #[arg(short, long)]
    follow: bool,
    /// How many of the last lines to show
    #[arg(short = 'n', long, default_value_t = 200, value_name = "LINES")]
    lines: usize,
}

/// Prints the log.
pub(crate) async fn run(args: &LogsArgs, context: &Context) -> Result<(), CliError> {
    let folder = context.project_dir(None);
    let path = find(&folder)?;
    let unreadable = |error: io::Error| {
        CliError::new(
            Code::NoLog,
            format!("{}: cannot be read: {error}", path.display()),
            "check its owner and permissions",
        )
    };
    let mut log = Log::open(&path, args.service.as_deref()).map_err(unreadable)?;
    let mut last = VecDeque::new();
    while let Some(line) = log.next().map_err(unreadable)? {
        if last.len() == args.lines {
            last.pop_front();
        }
        if args.lines > 0 {
            last.push_back(line);
        }
    }
    let text: String = last.iter().map(|line| format!("{line}\n")).collect();
    context.output.result(&json!({ "file": path, "lines": last }), text);
    if args.follow { follow(&folder, log, context).await } else { Ok(()) }
}

async fn follow(folder: &Path, mut log: Log, context: &Context) -> Result<(), CliError> {
    let interrupted = tokio::signal::ctrl_c();
    tokio::pin!(interrupted);
    loop {
        // Asked before reading, so that the last lines of an ended network are not missed.
        let live = !registry::of_project(folder).is_empty();
        while let Ok(Some(line)) = log.next() {
            context.output.result(&json!({ "lines": [line] }), format!("{line}\n"));
        }
        if !live {
            return Ok(());
        }
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(200)) => {}
            _ = &mut interrupted => return Ok(()),
        }
    }
}

/// The log of the project's network: that of a running one, else that of the state folder.
fn find(folder: &Path) -> Result<PathBuf, CliError> {
    registry::of_project(folder)
        .into_iter()
        .find_map(|entry| entry.log)
        .or_else(|| Some(folder.join(STATE_FOLDER).join("logs/gm.log")))
        .filter(|path| path.is_file())
        .ok_or_else(|| {
            CliError::new(
                Code::NoLog,
                format!("{}: the project has no log", folder.display()),
                "start it with `gm up`; an ephemeral network logs only while it runs detached",
            )
        })
}

/// Whole lines of a log file, of one service or all.
struct Log {
    file: BufReader<File>,
    partial: String,
    service: Option<String>,
}

impl Log {
    fn open(path: &Path, service: Option<&str>) -> io::Result<Self> {
        let file = BufReader::new(File::open(path)?);
        Ok(Self { file, partial: String::new(), service: service.map(str::to_lowercase) })
    }

    /// The next line, or none if there is no whole one yet.
    fn next(&mut self) -> io::Result<Option<String>> {
        loop {
            let mut bytes = Vec::new();
            self.file.read_until(b'\n', &mut bytes)?;
            self.partial.push_str(&String::from_utf8_lossy(&bytes));
            if !self.partial.ends_with('\n') {
                return Ok(None);
            }
            let line = std::mem::take(&mut self.partial);
            let line = line.trim_end();
            if self.service.as_ref().is_none_or(|service| is_of(line, service)) {
                return Ok(Some(line.to_owned()));
            }
        }
    }
}

/// Whether the origin of a line, which stands before its message, has the word `service`.
fn is_of(line: &str, service: &str) -> bool {
    let origin = line.split(": ").next().unwrap_or(line).to_lowercase();
    origin
        .split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-'))
        .any(|word| word == service)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_a_word_of_the_origin() {
        let line = "2026-01-01T00:00:00Z  INFO l3{chain=7}: gm_settlement::batcher: sent to node";
        // The spans come before the target, each followed by a colon.
        assert!(is_of(line, "l3"));
        assert!(!is_of(line, "node"));
        assert!(!is_of(line, "l"));
        let line = "2026-01-01T00:00:00Z  INFO gm_settlement::batcher: sent to node";
        assert!(is_of(line, "batcher") && is_of(line, "gm_settlement"));
        assert!(!is_of(line, "node"));
    }
}
