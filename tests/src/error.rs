//! What can go wrong while a test is set up.

use std::path::PathBuf;
use std::time::Duration;

/// Result of the harness.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failure of the harness or of a program under test, with what helps to find it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or a program could not be used.
    #[error("{what}: {source}")]
    Io {
        /// What was tried, with the path.
        what: String,
        /// The operating system's answer.
        source: std::io::Error,
    },
    /// The endpoint gave no JSON-RPC answer.
    #[error("{url}: {method}: {message}")]
    Transport {
        /// Endpoint that was asked.
        url: String,
        /// Method that was called.
        method: String,
        /// What came instead of an answer.
        message: String,
    },
    /// The endpoint answered with a JSON-RPC error.
    #[error("{url}: {method}: error {code}: {message}")]
    Rpc {
        /// Endpoint that was asked.
        url: String,
        /// Method that was called.
        method: String,
        /// JSON-RPC error code.
        code: i64,
        /// JSON-RPC error message.
        message: String,
    },
    /// A condition was not met in time.
    #[error("waited {waited:?} for {what}; last seen: {last}")]
    Timeout {
        /// The condition.
        what: String,
        /// How long it was waited for.
        waited: Duration,
        /// What the last look showed.
        last: String,
    },
    /// A program ended that should have gone on, or failed.
    #[error("{program} ended: {reason}\n--- end of {} ---\n{tail}", .log.display())]
    Program {
        /// Name of the program.
        program: String,
        /// Exit status or what was missing.
        reason: String,
        /// Its log file.
        log: PathBuf,
        /// The last lines of it.
        tail: String,
    },
    /// Two nodes that must agree do not.
    #[error("block {number}: {left} has {left_hash}, {right} has {right_hash}")]
    Differs {
        /// First block whose hashes differ.
        number: u64,
        /// Endpoint of the one.
        left: String,
        /// Its block.
        left_hash: String,
        /// Endpoint of the other.
        right: String,
        /// Its block.
        right_hash: String,
    },
    /// An answer had another form than the protocol says.
    #[error("unexpected answer: {0}")]
    Unexpected(String),
}

impl Error {
    /// An [`Error::Io`] for `what`, to be used with `map_err`.
    pub fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }
}
