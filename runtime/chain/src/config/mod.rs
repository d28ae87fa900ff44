//! `gm.yaml`: the project file, read into a checked [`Project`].
//!
//! The file's shape is in `file.rs`, the checked form [`Project`]. Every refusal names the file, the
//! line, the column, the value at fault and the next step, and has a stable code.

mod error;
mod field;
mod file;
mod project;
mod resolve;
mod syntax;
#[cfg(test)]
mod tests;
mod units;
mod user;

pub use error::{ConfigError, ConfigErrorKind, ValueError};
pub use field::FieldValue;
pub use file::Clock;
pub use project::{
    AccountsConfig, BatcherConfig, ChainConfig, Eip1559Config, NetworkConfig, ParentConfig,
    PortsConfig, Project, TierConfig, WindowsConfig,
};
pub use units::{Amount, Duration};
pub use user::{Color, UserConfig};

use error::ConfigErrorKind as Kind;
use serde::de::DeserializeOwned;
use std::{io, path::Path};

/// Name of the project file in a project's folder.
pub const PROJECT_FILE: &str = "gm.yaml";

/// Longest project file that is read, in bytes.
const MAX_BYTES: usize = 1 << 20;

impl Project {
    /// Reads and checks the project file at `path`.
    ///
    /// # Errors
    /// [`ConfigError`], naming the place and the next step.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let source = path.display().to_string();
        Self::parse(&read(path, &source)?, &source)
    }

    /// Reads and checks the text of a project file; `source` is how errors name it.
    ///
    /// # Errors
    /// [`ConfigError`], naming the place and the next step.
    pub fn parse(bytes: &[u8], source: &str) -> Result<Self, ConfigError> {
        resolve::resolve(&parse_yaml(bytes, source)?, source)
    }
}

fn read(path: &Path, source: &str) -> Result<Vec<u8>, ConfigError> {
    std::fs::read(path).map_err(|error| {
        let (kind, message, hint) = match error.kind() {
            io::ErrorKind::NotFound => (
                Kind::NotFound,
                "no project file here".to_owned(),
                "run `gm new` to make a project, or name the folder of one",
            ),
            _ => (
                Kind::Unreadable,
                format!("cannot be read: {error}"),
                "check that it is a file you may read",
            ),
        };
        let (file, hint) = (source.to_owned(), hint.to_owned());
        ConfigError { kind, file, line: 1, column: 1, message, hint }
    })
}

fn parse_yaml<T: DeserializeOwned>(bytes: &[u8], source: &str) -> Result<T, ConfigError> {
    let refuse = |line, column, message: &str, hint: &str| ConfigError {
        kind: Kind::Syntax,
        file: source.to_owned(),
        line,
        column,
        message: message.to_owned(),
        hint: hint.to_owned(),
    };
    if bytes.len() > MAX_BYTES {
        return Err(refuse(1, 1, "longer than 1 MiB", "such a file is a few dozen lines"));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let good = &bytes[..error.valid_up_to()];
        let line = good.iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
        let start = good.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let column = String::from_utf8_lossy(&good[start..]).chars().count() as u64 + 1;
        refuse(line, column, "not UTF-8 text", "save the file as UTF-8")
    })?;
    let options = serde_saphyr::options! { with_snippet: false };
    serde_saphyr::from_str_with_options(text, options)
        .map_err(|error| syntax::located(&error, source))
}

/// The JSON Schema of `gm.yaml`, generated from the types that read it, as pretty-printed JSON
/// with a final newline.
pub fn json_schema() -> String {
    let schema = schemars::schema_for!(file::ProjectFile);
    let mut text = serde_json::to_string_pretty(&schema).expect("a schema is JSON");
    text.push('\n');
    text
}
