//! What is printed where: stdout is the result, stderr is everything else.

use crate::error::CliError;
use serde::Serialize;
use std::{
    fmt::Display,
    io::{self, IsTerminal, Write},
};

/// Version of the JSON envelope.
const SCHEMA_VERSION: u32 = 1;

/// The envelope of a result.
#[derive(Serialize)]
struct Done<'a, T> {
    schema_version: u32,
    ok: bool,
    data: &'a T,
}

/// The envelope of a failure.
#[derive(Serialize)]
struct Failed<'a> {
    schema_version: u32,
    ok: bool,
    error: Failure<'a>,
}

#[derive(Serialize)]
struct Failure<'a> {
    code: &'a str,
    message: &'a str,
    hint: &'a str,
}

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
            self.envelope(&Done { schema_version: SCHEMA_VERSION, ok: true, data });
        } else {
            self.text(&human.to_string());
        }
    }

    /// Prints a failure: the envelope on stdout, or a message on stderr.
    pub(crate) fn error(&self, error: &CliError) {
        if self.json {
            let CliError { code, message, hint } = error;
            let error = Failure { code: code.as_str(), message, hint };
            self.envelope(&Failed { schema_version: SCHEMA_VERSION, ok: false, error });
        } else {
            let code = error.code.as_str();
            self.note(&format!("error[{code}]: {}\n  next: {}", error.message, error.hint));
        }
    }

    fn envelope(&self, envelope: &impl Serialize) {
        let json = serde_json::to_string(envelope).expect("an envelope is JSON");
        self.text(&format!("{json}\n"));
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
