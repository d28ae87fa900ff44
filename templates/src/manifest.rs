//! What a template says of itself.

use crate::{BASE, FILES, MANIFEST, TemplateError};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// A template.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// Its name: that of its folder.
    #[serde(skip)]
    pub name: String,
    /// What a project from it is, in one sentence.
    pub summary: String,
    /// The values it takes, those of `base` included.
    #[serde(default)]
    pub values: BTreeMap<String, ValueSpec>,
}

/// A value that a template takes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValueSpec {
    /// What it may be.
    pub kind: Kind,
    /// What it is for, in one sentence.
    pub summary: String,
    /// What it is if it is not given.
    #[serde(default)]
    pub default: Option<String>,
}

/// What a value may be. Narrow on purpose: values go into YAML, Markdown and Solidity alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// 1 to 32 of `a-z`, `0-9` and `-`, starting with a letter, not ending with `-`.
    Name,
    /// A whole number from 1 to 2^53 - 1.
    Number,
}

impl Kind {
    /// What is expected, in words.
    pub const fn expected(self) -> &'static str {
        match self {
            Self::Name => {
                "1 to 32 of a-z, 0-9 and '-', starting with a letter, not ending with '-'"
            }
            Self::Number => "a whole number from 1 to 9007199254740991",
        }
    }

    /// Whether `value` is of this kind.
    pub fn accepts(self, value: &str) -> bool {
        match self {
            Self::Name => {
                let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
                value.starts_with(|c: char| c.is_ascii_lowercase())
                    && value.len() <= 32
                    && !value.ends_with('-')
                    && value.chars().all(allowed)
            }
            Self::Number => {
                value.bytes().all(|b| b.is_ascii_digit())
                    && !value.starts_with('0')
                    && value.parse::<u64>().is_ok_and(|number| number < 1 << 53)
            }
        }
    }
}

impl Template {
    /// Every template, by name.
    pub fn names() -> Vec<String> {
        let names: BTreeSet<_> = FILES.iter().map(|(template, ..)| *template).collect();
        names.into_iter().filter(|name| *name != BASE).map(str::to_owned).collect()
    }

    /// The template `name`.
    ///
    /// # Errors
    /// [`TemplateError::Unknown`], or [`TemplateError::Broken`] for a template at fault.
    pub fn find(name: &str) -> Result<Self, TemplateError> {
        if !Self::names().iter().any(|known| known == name) {
            return Err(TemplateError::Unknown { name: name.to_owned(), known: Self::names() });
        }
        let mut template = Self::read(name)?;
        for (name, value) in Self::read(BASE)?.values {
            template.values.entry(name).or_insert(value);
        }
        Ok(template)
    }

    fn read(name: &str) -> Result<Self, TemplateError> {
        let broken = |reason: String| TemplateError::Broken { template: name.to_owned(), reason };
        let (.., text) = FILES
            .iter()
            .find(|(template, path, _)| *template == name && *path == MANIFEST)
            .ok_or_else(|| broken(format!("it has no {MANIFEST}")))?;
        let template: Self =
            serde_saphyr::from_str(text).map_err(|error| broken(error.to_string()))?;
        Ok(Self { name: name.to_owned(), ..template })
    }
}
