//! `gm up --detach`: the same program again, in a session of its own, until it is ready.

use super::up::{check_ports, ephemeral_log, ready};
use crate::{
    context::Context,
    error::{CliError, Code},
    settings::Source,
};
use gm_orchestrator::{
    manifest::NetworkManifest,
    plan::Plan,
    state_dir::{StateDir, log_file},
};
use serde_json::Value;
use std::{
    fs,
    io::{self, Read, Seek, SeekFrom},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    process::Stdio,
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

/// Log lines that are repeated when the background process ends early.
const LAST_LINES: usize = 20;

/// Starts the network in the background and waits until it is ready.
///
/// # Errors
/// The background process's own error, or `START_FAILED` with its last log lines.
pub(crate) async fn run(plan: &Plan, port: Option<u16>, context: &Context) -> Result<(), CliError> {
    // Refused here, an error has a terminal to be shown on.
    let log = match &plan.state_dir {
        Some(root) => {
            drop(StateDir::open(root)?);
            log_file(root)?
        }
        None => ephemeral_log()?,
    };
    check_ports(plan)?;
    let from = fs::metadata(&log).map_or(0, |file| file.len());
    let mut child = spawn(plan, port, context, &log)?;
    context.output.note(&format!("{}: starting in the background …", plan.network));
    let started = tokio::select! {
        started = first_line(&mut child, context) => started,
        _ = tokio::signal::ctrl_c() => None,
    };
    let failed = match started.as_deref().map(serde_json::from_str::<Value>) {
        Some(Ok(envelope)) if envelope["ok"] == true => {
            let data = &envelope["data"];
            let manifest: NetworkManifest = serde_json::from_value(data.clone())
                .map_err(|error| CliError::internal(format!("not a manifest: {error}")))?;
            context.output.result(&manifest, ready(&manifest, false));
            return Ok(());
        }
        Some(Ok(envelope)) => {
            let text = |key: &str| envelope["error"][key].as_str().unwrap_or_default().to_owned();
            CliError::relayed(&text("code"), &text("message"), &text("hint"))
        }
        Some(Err(_)) | None => ended_early(&mut child, &log, from).await,
    };
    if plan.state_dir.is_none() {
        // The log of an ephemeral network ends with it.
        let _ = fs::remove_file(&log);
    }
    Err(failed)
}

fn spawn(plan: &Plan, port: Option<u16>, context: &Context, log: &Path) -> Result<Child, CliError> {
    let fail = |error: io::Error| {
        CliError::new(
            Code::StartFailed,
            format!("the background process was not started: {error}"),
            "run `gm up` without --detach",
        )
    };
    let errors = fs::OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(log)
        .map_err(|error| CliError::not_writable(log, &error))?;
    let mut command = Command::new(std::env::current_exe().map_err(fail)?);
    command.arg("up").arg(&plan.project_dir).arg("--json").arg("--daemon").arg(log);
    command.arg("--clock").arg(plan.clock.to_string());
    if plan.state_dir.is_none() {
        command.arg("--ephemeral");
    }
    // The port of the lowest tier stands for all only if it was set for all.
    if let Some(port) = port {
        command.arg("--port").arg(port.to_string());
    }
    if let Some(ttl) = plan.ttl {
        command.arg("--ttl").arg(format!("{}s", ttl.as_secs()));
    }
    if context.settings.log.source != Source::Default {
        command.arg("--log").arg(&context.settings.log.value);
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(errors);
    // SAFETY: `setsid` is safe to call between fork and exec.
    unsafe {
        command.pre_exec(|| match libc::setsid() {
            -1 => Err(io::Error::last_os_error()),
            _ => Ok(()),
        });
    }
    command.spawn().map_err(fail)
}

/// The first line that the process prints, or none if it ends before that. Says every two seconds
/// that it is still waiting.
async fn first_line(child: &mut Child, context: &Context) -> Option<String> {
    let mut lines = BufReader::new(child.stdout.take()?).lines();
    let mut waiting = tokio::time::interval(Duration::from_secs(2));
    waiting.tick().await;
    loop {
        tokio::select! {
            line = lines.next_line() => return line.ok().flatten(),
            _ = waiting.tick() => context.output.note("still starting …"),
        }
    }
}

async fn ended_early(child: &mut Child, log: &Path, from: u64) -> CliError {
    // It may still run if it was this process that was interrupted.
    if let Some(pid) = child.id().and_then(|pid| i32::try_from(pid).ok()) {
        // SAFETY: `kill` takes no pointer; the child has not been waited for, so the id is its.
        unsafe { libc::kill(pid, libc::SIGTERM) };
    }
    let status = child.wait().await.map_or_else(|_| "unknown".to_owned(), |s| s.to_string());
    let mut message = format!("the background process ended before it was ready ({status})");
    let text = tail(log, from).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    for line in &lines[lines.len().saturating_sub(LAST_LINES)..] {
        message.push_str("\n  | ");
        message.push_str(line);
    }
    CliError::new(Code::StartFailed, message, "see the log lines above; `gm logs` has all of them")
}

/// What was written to the log after the byte `from`.
fn tail(log: &Path, from: u64) -> io::Result<String> {
    let mut file = fs::File::open(log)?;
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
