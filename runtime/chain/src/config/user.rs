//! A user's own defaults, `~/.config/gm/config.yaml`. What a project file sets comes before them.

use super::{
    error::{ConfigError, ValueError},
    field::{Field, FieldValue, shown},
    file::Clock,
    resolve::Check,
    units::Duration,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{fmt, path::Path};

/// Whether human output is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Always => "always",
            Self::Never => "never",
        })
    }
}

impl FieldValue for Color {
    fn parse(text: &str) -> Result<Self, ValueError> {
        match text {
            "auto" => Ok(Self::Auto),
            "always" => Ok(Self::Always),
            "never" => Ok(Self::Never),
            _ => Err(ValueError::invalid(
                format!("{} is not a colour mode", shown(text)),
                "use \"auto\", \"always\" or \"never\"",
            )),
        }
    }
}

/// A log filter: levels, also per target, as `info` or `info,gm_node=debug`.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
struct LogFilter(String);

impl FieldValue for LogFilter {
    fn parse(text: &str) -> Result<Self, ValueError> {
        Ok(Self(text.to_owned()))
    }
}

/// A user's own defaults; each may be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserConfig {
    /// Whether human output is coloured.
    pub color: Option<Color>,
    /// Log filter.
    pub log: Option<String>,
    /// How blocks are timed.
    pub clock: Option<Clock>,
    /// After how long a network stops by itself.
    pub ttl: Option<Duration>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct UserFile {
    #[serde(default)]
    color: Option<Field<Color>>,
    #[serde(default)]
    log: Option<Field<LogFilter>>,
    #[serde(default)]
    clock: Option<Field<Clock>>,
    #[serde(default)]
    ttl: Option<Field<Duration>>,
}

impl UserConfig {
    /// Reads the file at `path`. A file that is not there, or is empty, sets nothing.
    ///
    /// # Errors
    /// [`ConfigError`], naming the place and the next step.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let source = path.display().to_string();
        if !path.exists() {
            return Ok(Self::default());
        }
        let bytes = super::read(path, &source)?;
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Ok(Self::default());
        }
        let file: UserFile = super::parse_yaml(&bytes, &source)?;
        let check = Check::new(&source);
        Ok(Self {
            color: file.color.map(|field| check.value("color", &field)).transpose()?,
            log: file.log.map(|field| check.value("log", &field)).transpose()?.map(|log| log.0),
            clock: file.clock.map(|field| check.value("clock", &field)).transpose()?,
            ttl: file.ttl.map(|field| check.value("ttl", &field)).transpose()?,
        })
    }
}
