//! What can go wrong in derivation.

use kona_derive::{PipelineError, PipelineErrorKind, ResetError};

use crate::parent::{ParentError, Severity};

/// An error of derivation. What to do about it is [`DeriveError::severity`].
#[derive(Debug, Clone, thiserror::Error)]
pub enum DeriveError {
    /// A source of data did not answer, or not with what was asked for.
    #[error("derivation has to wait: {0}")]
    Temporary(String),
    /// The parent or the rollup is on another chain than the pipeline thought.
    #[error("derivation has to start over: {0}")]
    Reset(String),
    /// The rollup's own rules cannot be followed.
    #[error("derivation cannot go on: {0}")]
    Critical(String),
    /// This rollup is configured in a way that this derivation does not implement.
    #[error("derivation does not support {0}")]
    Unsupported(String),
}

impl DeriveError {
    /// Whether to retry, reset or stop.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        match self {
            Self::Temporary(_) => Severity::Retry,
            Self::Reset(_) => Severity::Reset,
            Self::Critical(_) | Self::Unsupported(_) => Severity::Stop,
        }
    }
}

impl From<PipelineErrorKind> for DeriveError {
    fn from(error: PipelineErrorKind) -> Self {
        match error {
            PipelineErrorKind::Temporary(e) => Self::Temporary(e.to_string()),
            PipelineErrorKind::Reset(e) => Self::Reset(e.to_string()),
            PipelineErrorKind::Critical(e) => Self::Critical(e.to_string()),
        }
    }
}

impl From<ParentError> for DeriveError {
    fn from(error: ParentError) -> Self {
        match error.severity() {
            Severity::Retry => Self::Temporary(error.to_string()),
            Severity::Reset => Self::Reset(error.to_string()),
            Severity::Stop => Self::Critical(error.to_string()),
        }
    }
}

/// An error of a source that the pipeline reads from.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The next block of the parent is not there yet.
    #[error("no further block")]
    NotYet,
    /// A block known by hash is not part of the parent any more.
    #[error("block {0} is gone")]
    Gone(alloy_primitives::B256),
    /// The parent failed.
    #[error(transparent)]
    Parent(#[from] ParentError),
    /// The rollup's own chain failed.
    #[error("{0}")]
    Rollup(String),
    /// What the parent holds cannot be processed here.
    #[error("{0}")]
    Unsupported(String),
}

impl From<SourceError> for PipelineErrorKind {
    fn from(error: SourceError) -> Self {
        let message = error.to_string();
        match error {
            SourceError::NotYet => PipelineError::Eof.temp(),
            SourceError::Gone(hash) => gone(hash),
            SourceError::Parent(ParentError::Gone(hash)) => gone(hash),
            SourceError::Parent(e) => match e.severity() {
                Severity::Stop => PipelineError::Provider(message).crit(),
                Severity::Retry | Severity::Reset => PipelineError::Provider(message).temp(),
            },
            SourceError::Rollup(_) => PipelineError::Provider(message).temp(),
            SourceError::Unsupported(_) => PipelineError::Provider(message).crit(),
        }
    }
}

fn gone(hash: alloy_primitives::B256) -> PipelineErrorKind {
    ResetError::ReorgDetected(hash, alloy_primitives::B256::ZERO).reset()
}
