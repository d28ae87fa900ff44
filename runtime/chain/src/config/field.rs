//! One scalar of the file: its text, where it stands, and the type it is to have.
//!
//! The text is read as it stands and given its type afterwards. So every refused value can name
//! its key, line and column, and say what would have been right.

use super::error::ValueError;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};
use serde_saphyr::{Location, Spanned};
use std::{borrow::Cow, fmt, marker::PhantomData};

/// Longest part of a value that an error repeats, in characters.
const SHOWN: usize = 60;

/// A type that a scalar of `gm.yaml` can have.
pub trait FieldValue: Sized + JsonSchema {
    /// Reads the value from the scalar's text.
    ///
    /// # Errors
    /// What is wrong with the text and what would be right.
    fn parse(text: &str) -> Result<Self, ValueError>;
}

/// A scalar whose text is still to be read as a `T`.
#[derive(Debug, Clone)]
pub(crate) struct Field<T> {
    pub(crate) text: String,
    pub(crate) at: Location,
    kind: PhantomData<fn() -> T>,
}

impl<T> Field<T> {
    /// A scalar with the text `text` at the place `at`.
    pub(crate) const fn new(text: String, at: Location) -> Self {
        Self { text, at, kind: PhantomData }
    }
}

impl<'de, T> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Spanned { value: Scalar(text), referenced, .. } = Spanned::deserialize(deserializer)?;
        Ok(Self::new(text, referenced))
    }
}

impl<T: JsonSchema> JsonSchema for Field<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

/// Any scalar, as text.
struct Scalar(String);

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl de::Visitor<'_> for Text {
            type Value = Scalar;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("one value")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Scalar, E> {
                Ok(Scalar(text.to_owned()))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

/// A value as an error repeats it: quoted, without control characters, cut when long.
pub(crate) fn shown(text: &str) -> String {
    let mut cut: String = text.chars().take(SHOWN).flat_map(char::escape_debug).collect();
    if text.chars().nth(SHOWN).is_some() {
        cut.push('…');
    }
    format!("\"{cut}\"")
}

impl FieldValue for u64 {
    fn parse(text: &str) -> Result<Self, ValueError> {
        let digits = text.trim().replace('_', "");
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(ValueError::invalid(
                format!("{} is not a whole number", shown(text)),
                "write digits only; underscores may separate them: 60_000_000",
            ));
        }
        digits.parse().map_err(|_| {
            ValueError::bounds(
                format!("{} does not fit 64 bits", shown(text)),
                format!("the largest value is {}", Self::MAX),
            )
        })
    }
}

/// A name of a project or a chain: 1 to 32 of `a-z`, `0-9` and `-`, starting with a letter.
///
/// Names become parts of file names and labels, hence the small alphabet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name(pub(crate) String);

impl FieldValue for Name {
    fn parse(text: &str) -> Result<Self, ValueError> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let starts = text.starts_with(|c: char| c.is_ascii_lowercase());
        if starts && text.len() <= 32 && !text.ends_with('-') && text.chars().all(allowed) {
            return Ok(Self(text.to_owned()));
        }
        Err(ValueError::invalid(
            format!("{} is not a valid name", shown(text)),
            "use 1 to 32 characters of a-z, 0-9 and '-', starting with a letter and not ending \
             with '-'",
        ))
    }
}

impl JsonSchema for Name {
    fn schema_name() -> Cow<'static, str> {
        "Name".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "1 to 32 of a-z, 0-9 and '-', starting with a letter, not ending with '-'.",
            "pattern": "^[a-z]([a-z0-9-]{0,30}[a-z0-9])?$"
        })
    }
}

/// An `http://` or `https://` address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HttpUrl(pub(crate) String);

impl FieldValue for HttpUrl {
    fn parse(text: &str) -> Result<Self, ValueError> {
        let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
        match rest {
            Some(rest)
                if !rest.is_empty()
                    && !rest.starts_with('/')
                    && !text.contains(|c: char| c.is_whitespace() || c.is_control()) =>
            {
                Ok(Self(text.to_owned()))
            }
            // The text may hold an access key, so it is not repeated.
            _ => Err(ValueError::invalid(
                "not an http:// or https:// address",
                "write the whole address, for example \"https://rpc.example.org\"",
            )),
        }
    }
}

impl JsonSchema for HttpUrl {
    fn schema_name() -> Cow<'static, str> {
        "HttpUrl".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "An http:// or https:// address.",
            "pattern": "^https?://[^/\\s]\\S*$"
        })
    }
}

/// A BIP-39 phrase. Checked here for its number of words only; never repeated in an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mnemonic(pub(crate) String);

impl FieldValue for Mnemonic {
    fn parse(text: &str) -> Result<Self, ValueError> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let letters = words.iter().all(|word| word.bytes().all(|b| b.is_ascii_lowercase()));
        if [12, 15, 18, 21, 24].contains(&words.len()) && letters {
            return Ok(Self(words.join(" ")));
        }
        Err(ValueError::invalid(
            format!("a phrase of {} words is not a BIP-39 mnemonic", words.len()),
            "use 12, 15, 18, 21 or 24 lower-case words, or leave the key out for the well-known \
             development phrase",
        ))
    }
}

impl JsonSchema for Mnemonic {
    fn schema_name() -> Cow<'static, str> {
        "Mnemonic".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "12, 15, 18, 21 or 24 lower-case BIP-39 words."
        })
    }
}
