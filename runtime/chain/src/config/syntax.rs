//! From the YAML reader's errors to located errors with a next step.

use super::{
    error::{ConfigError, ConfigErrorKind as Kind},
    field::shown,
};
use serde_saphyr::Error;

/// Most edits between an unknown key and the known one it may have been meant for.
const SIMILAR: usize = 3;

/// Turns the reader's `error` on the file `source` into a [`ConfigError`].
pub(crate) fn located(error: &Error, source: &str) -> ConfigError {
    let (kind, message, hint) = describe(error);
    let (line, column) = error.location().map_or((1, 1), |at| (at.line(), at.column()));
    ConfigError {
        kind,
        file: source.to_owned(),
        line: line.max(1),
        column: column.max(1),
        message,
        hint,
    }
}

fn describe(error: &Error) -> (Kind, String, String) {
    match error {
        Error::SerdeUnknownField { field, expected, .. } => {
            let known = expected.join(", ");
            let hint = match closest(field, expected) {
                Some(key) => format!("did you mean \"{key}\"? Known keys here: {known}"),
                None => format!("known keys here: {known}"),
            };
            (Kind::UnknownKey, format!("unknown key {}", shown(field)), hint)
        }
        Error::SerdeMissingField { field, .. } => (
            Kind::MissingKey,
            format!("the key \"{field}\" is missing"),
            format!("add \"{field}:\" to this mapping"),
        ),
        Error::DuplicateMappingKey { key, .. } => {
            let key = key.as_deref().map_or_else(|| "a key".to_owned(), shown);
            (
                Kind::DuplicateKey,
                format!("{key} stands twice in one mapping"),
                "keep one of the two".to_owned(),
            )
        }
        Error::NullIntoString { .. } => (
            Kind::InvalidValue,
            "the value is empty".to_owned(),
            "write a value, or remove the key for its default".to_owned(),
        ),
        Error::MultipleDocuments { .. } => (
            Kind::Syntax,
            "a second YAML document begins here".to_owned(),
            "keep one project in a file: remove the \"---\" and what follows".to_owned(),
        ),
        Error::Eof { .. } => (
            Kind::Syntax,
            "the file is empty or ends too early".to_owned(),
            "a project needs at least version, name and chain.chain_id; `gm new` writes one"
                .to_owned(),
        ),
        Error::SerdeInvalidType { expected, .. } | Error::SerdeInvalidValue { expected, .. } => (
            Kind::InvalidValue,
            format!("expected {expected}"),
            "see the gm.yaml reference for the form of this key".to_owned(),
        ),
        Error::Unexpected { expected, .. } => {
            let expected = match *expected {
                "mapping start" => "a mapping (`key: value` lines)",
                "string scalar" => "one value",
                other => other,
            };
            (
                Kind::InvalidValue,
                format!("expected {expected}"),
                "see the gm.yaml reference for the form of this key".to_owned(),
            )
        }
        other => (
            Kind::Syntax,
            first_line(&other.without_snippet().to_string()),
            "check the indentation and the quotes around this place".to_owned(),
        ),
    }
}

/// The reader's own words may go on with an excerpt, which may hold a key: the first line only.
fn first_line(text: &str) -> String {
    let line = text.lines().next().unwrap_or("not YAML").trim_start_matches("error: ");
    line.chars().take(200).collect()
}

/// The known key nearest to `key`, if any is near.
fn closest<'a>(key: &str, known: &[&'a str]) -> Option<&'a str> {
    let limit = SIMILAR.min(key.chars().count().div_ceil(2));
    known
        .iter()
        .map(|name| (distance(key, name), *name))
        .filter(|(edits, _)| *edits <= limit)
        .min()
        .map(|(_, name)| name)
}

/// Edits between two words: a character inserted, removed or replaced (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    // Keys are short; a hostile one is cut so that the work stays bounded.
    let one: Vec<char> = one.chars().take(64).collect();
    let other: Vec<char> = other.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}
