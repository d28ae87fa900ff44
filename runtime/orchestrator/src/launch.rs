//! What every engine reports while it starts, and why it may not.

use crate::state_dir::StateError;
use std::{fmt, time::Duration};

/// Progress of a start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A step begins.
    Begin {
        /// What is done, in a few words: `genesis`, `l2: first block`.
        step: String,
    },
    /// The step that began last is done.
    End {
        /// The same words.
        step: String,
        /// How long it took.
        took: Duration,
    },
}

/// Why a network did not start. What had been started is stopped again.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    /// A port is taken.
    #[error("port {port} ({service}) is in use{}", by(owner.as_deref()))]
    PortInUse {
        /// The port.
        port: u16,
        /// What wanted it, as `l3`.
        service: String,
        /// The process that holds it, as `NAME (pid N)`, if it could be seen.
        owner: Option<String>,
    },
    /// The state folder cannot be used.
    #[error(transparent)]
    State(#[from] StateError),
    /// The parent does not answer.
    #[error("the parent at {url} does not answer: {reason}")]
    ParentUnreachable {
        /// The parent's address without path and query, which may hold an access key.
        url: String,
        /// What went wrong.
        reason: String,
    },
    /// The parent is another chain.
    #[error("the parent at {url} is chain {found}, gm.yaml says {expected}")]
    ParentWrongChain {
        /// The parent's address without path and query.
        url: String,
        /// The chain id of the project file.
        expected: u64,
        /// The chain id that the parent gave.
        found: u64,
    },
    /// The start was interrupted.
    #[error("interrupted")]
    Interrupted,
    /// A service failed.
    #[error("{service}: {reason}")]
    Failed {
        /// Which service, as `l3` or `l3 batcher`.
        service: String,
        /// What went wrong.
        reason: String,
    },
}

fn by(owner: Option<&str>) -> impl fmt::Display {
    owner.map(|owner| format!(" by {owner}")).unwrap_or_default()
}

impl LaunchError {
    /// The codes of this type's own kinds with their meaning, for the documentation.
    pub const CODES: [(&str, &str); 5] = [
        ("PORT_IN_USE", "A port is taken; the error names the process that holds it."),
        ("PARENT_UNREACHABLE", "The parent chain does not answer."),
        ("PARENT_WRONG_CHAIN", "The parent has another chain id than gm.yaml says."),
        ("INTERRUPTED", "Stopped by a signal before it was done."),
        ("SERVICE_FAILED", "A service of the network failed; the message names it."),
    ];

    /// A port that could not be bound, with its owner looked up.
    pub fn port_in_use(port: u16, service: impl Into<String>) -> Self {
        let owner = crate::process::port_owner(port);
        Self::PortInUse { port, service: service.into(), owner }
    }

    /// A failed service.
    pub fn failed(service: impl Into<String>, reason: impl fmt::Display) -> Self {
        Self::Failed { service: service.into(), reason: reason.to_string() }
    }

    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::PortInUse { .. } => "PORT_IN_USE",
            Self::State(error) => error.code(),
            Self::ParentUnreachable { .. } => "PARENT_UNREACHABLE",
            Self::ParentWrongChain { .. } => "PARENT_WRONG_CHAIN",
            Self::Interrupted => "INTERRUPTED",
            Self::Failed { .. } => "SERVICE_FAILED",
        }
    }

    /// The next step.
    pub fn hint(&self) -> String {
        match self {
            Self::PortInUse { .. } => {
                "stop that process, set another port in gm.yaml, or use --port 0 for free ports"
            }
            Self::State(error) => return error.hint(),
            Self::ParentUnreachable { .. } => "check parent.rpc in gm.yaml and the network",
            Self::ParentWrongChain { .. } => "correct parent.rpc or parent.chain_id in gm.yaml",
            Self::Interrupted => "start again when ready; nothing was left running",
            Self::Failed { .. } => "see `gm logs` for what led to it",
        }
        .to_owned()
    }
}
