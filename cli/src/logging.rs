//! Where log lines go: to the log file of a network, or to stderr when asked for.

use crate::error::CliError;
use std::{fs::OpenOptions, io, os::unix::fs::OpenOptionsExt, path::Path, sync::Mutex};
use tracing_subscriber::{EnvFilter, Layer as _, layer::SubscriberExt, util::SubscriberInitExt};

/// Size at which a log file is set aside, in bytes. One older file is kept.
const ROTATE: u64 = 64 << 20;

/// Sends log lines that pass `filter` to the file `path`, and warnings to stderr unless `quiet`.
///
/// # Errors
/// A filter that is not one, or a file that cannot be written.
pub(crate) fn to_file(path: &Path, filter: &str, quiet: bool) -> Result<(), CliError> {
    if path.metadata().is_ok_and(|file| file.len() > ROTATE) {
        // A log that cannot be set aside goes on growing.
        let _ = std::fs::rename(path, path.with_extension("log.1"));
    }
    let file = OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path)
        .map_err(|error| CliError::not_writable(path, &error))?;
    let lines = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_writer(Mutex::new(file))
        .with_filter(parse(filter)?);
    let warnings = (!quiet).then(|| {
        tracing_subscriber::fmt::layer()
            .with_ansi(false)
            .without_time()
            .with_writer(io::stderr)
            .with_filter(EnvFilter::new("warn"))
    });
    // A second initialisation can only be a test's.
    let _ = tracing_subscriber::registry().with(lines).with(warnings).try_init();
    Ok(())
}

/// Sends log lines that pass `filter` to stderr.
///
/// # Errors
/// A filter that is not one.
pub(crate) fn to_stderr(filter: &str) -> Result<(), CliError> {
    let lines = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_writer(io::stderr)
        .with_filter(parse(filter)?);
    let _ = tracing_subscriber::registry().with(lines).try_init();
    Ok(())
}

fn parse(filter: &str) -> Result<EnvFilter, CliError> {
    EnvFilter::try_new(filter).map_err(|error| {
        CliError::new(
            crate::error::Code::Usage,
            format!("\"{filter}\" is not a log filter: {error}"),
            "use a level (error, warn, info, debug, trace), also per target: info,gm_node=debug",
        )
    })
}
