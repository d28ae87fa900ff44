//! What can be wrong with a `gm.yaml`, and where.

use std::fmt;

/// Why a project file was refused. The code of each kind is stable and part of the command line's
/// contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ConfigErrorKind {
    /// There is no file at the path.
    NotFound,
    /// The file is there but could not be read.
    Unreadable,
    /// The text is not YAML, or not the shape of a project file.
    Syntax,
    /// A key the file's version does not know.
    UnknownKey,
    /// A key that has no default is missing.
    MissingKey,
    /// The same key twice in one mapping.
    DuplicateKey,
    /// A value that is not of its key's form.
    InvalidValue,
    /// A quantity without its unit, or with one of another dimension.
    WrongUnit,
    /// A value outside the bounds of its key.
    OutOfBounds,
    /// Two tiers with one chain id.
    DuplicateChainId,
    /// A module that this build does not have.
    UnknownModule,
    /// A `version` that this build does not read.
    UnsupportedVersion,
}

impl ConfigErrorKind {
    /// Every kind, in the order of the documentation.
    pub const ALL: [Self; 12] = [
        Self::NotFound,
        Self::Unreadable,
        Self::Syntax,
        Self::UnknownKey,
        Self::MissingKey,
        Self::DuplicateKey,
        Self::InvalidValue,
        Self::WrongUnit,
        Self::OutOfBounds,
        Self::DuplicateChainId,
        Self::UnknownModule,
        Self::UnsupportedVersion,
    ];

    /// The stable code, as it stands in `error.code` of the JSON output.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotFound => "CONFIG_NOT_FOUND",
            Self::Unreadable => "CONFIG_UNREADABLE",
            Self::Syntax => "CONFIG_SYNTAX",
            Self::UnknownKey => "CONFIG_UNKNOWN_KEY",
            Self::MissingKey => "CONFIG_MISSING_KEY",
            Self::DuplicateKey => "CONFIG_DUPLICATE_KEY",
            Self::InvalidValue => "CONFIG_INVALID_VALUE",
            Self::WrongUnit => "CONFIG_WRONG_UNIT",
            Self::OutOfBounds => "CONFIG_OUT_OF_BOUNDS",
            Self::DuplicateChainId => "CONFIG_DUPLICATE_CHAIN_ID",
            Self::UnknownModule => "CONFIG_UNKNOWN_MODULE",
            Self::UnsupportedVersion => "CONFIG_UNSUPPORTED_VERSION",
        }
    }
}

/// A refused project file: what is wrong, at which line and column, and what to do next.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError {
    /// The kind, which carries the stable code.
    pub kind: ConfigErrorKind,
    /// The file as the caller named it.
    pub file: String,
    /// Line of the value at fault, counted from 1.
    pub line: u64,
    /// Column of the value at fault in characters, counted from 1.
    pub column: u64,
    /// What is wrong, naming the key and the value.
    pub message: String,
    /// The next step.
    pub hint: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            ConfigErrorKind::NotFound | ConfigErrorKind::Unreadable => {
                write!(f, "{}: {}", self.file, self.message)
            }
            _ => write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message),
        }
    }
}

/// What is wrong with one value, before it is known where the value stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueError {
    /// The kind the located error will have.
    pub kind: ConfigErrorKind,
    /// What is wrong, to be read after the key's name.
    pub message: String,
    /// The next step.
    pub hint: String,
}

impl ValueError {
    /// A value that is not of its key's form.
    pub(crate) fn invalid(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { kind: ConfigErrorKind::InvalidValue, message: message.into(), hint: hint.into() }
    }

    /// A quantity whose unit is missing or wrong.
    pub(crate) fn unit(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { kind: ConfigErrorKind::WrongUnit, message: message.into(), hint: hint.into() }
    }

    /// A value outside its bounds.
    pub(crate) fn bounds(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { kind: ConfigErrorKind::OutOfBounds, message: message.into(), hint: hint.into() }
    }
}
