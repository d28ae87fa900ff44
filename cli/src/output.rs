//! What is printed where: stdout is the result, stderr is everything else.

use crate::error::CliError;
use serde::Serialize;
use serde_json::json;
use std::{
    fmt::Display,
    io::{self, IsTerminal, Write},
};

/// Version of the JSON envelope.
const SCHEMA_VERSION: u32 = 1;

/// The two channels of a command.
#[derive(Debug, Clone)]
pub(crate) struct Output {
    json: bool,
}

impl Output {
    /// Human output, or JSON.
    pub(crate) const fn new(json: bool) -> Self {
        Self { json }
    }

    /// Whether the result is printed as JSON.
    pub(crate) const fn is_json(&self) -> bool {
        self.json
    }

    /// Whether there is somebody to ask.
    pub(crate) fn is_interactive(&self) -> bool {
        !self.json && io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Prints the result: `data` in the envelope, or `human`.
    pub(crate) fn result(&self, data: &impl Serialize, human: impl Display) {
        if self.json {
            let envelope = json!({ "schema_version": SCHEMA_VERSION, "ok": true, "data": data });
            self.text(&format!("{envelope}\n"));
        } else {
            self.text(&human.to_string());
        }
    }

    /// Prints a failure: the envelope on stdout, or a message on stderr.
    pub(crate) fn error(&self, error: &CliError) {
        if self.json {
            let CliError { code, message, hint } = error;
            let error = json!({ "code": code.as_str(), "message": message, "hint": hint });
            let envelope = json!({ "schema_version": SCHEMA_VERSION, "ok": false, "error": error });
            self.text(&format!("{envelope}\n"));
        } else {
            let code = error.code.as_str();
            self.note(&format!("error[{code}]: {}\n  next: {}", error.message, error.hint));
        }
    }

    /// Prints text to stdout as it is.
    pub(crate) fn text(&self, text: &str) {
        let mut stdout = io::stdout().lock();
        // A reader that has gone away is no failure of the command.
        let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    }

    /// Prints a line to stderr.
    pub(crate) fn note(&self, line: &str) {
        let _ = writeln!(io::stderr().lock(), "{line}");
    }
}
