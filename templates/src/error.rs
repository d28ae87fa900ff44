//! Why a project was not made.

use std::{io, path::PathBuf};

/// Why a project was not made. Nothing was written, unless it is [`NotWritable`](Self::NotWritable).
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// There is no template of this name.
    #[error("no template \"{name}\"")]
    Unknown {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// A value that the template does not take.
    #[error("the template \"{template}\" takes no value \"{name}\"")]
    UnknownValue {
        /// The template.
        template: String,
        /// The value's name.
        name: String,
        /// The values it takes.
        known: Vec<String>,
    },
    /// A value that is needed and was not given.
    #[error("the template \"{template}\" needs the value \"{name}\"")]
    MissingValue {
        /// The template.
        template: String,
        /// The value's name.
        name: String,
    },
    /// A value that is not of its kind.
    #[error("{name}: \"{value}\" is not valid")]
    BadValue {
        /// The value's name.
        name: String,
        /// What was given.
        value: String,
        /// What it must be.
        expected: &'static str,
    },
    /// The target is there and holds something.
    #[error("{} is there already and not empty", path.display())]
    NotEmpty {
        /// The target.
        path: PathBuf,
    },
    /// The target cannot be written.
    #[error("{}: cannot be written: {source}", path.display())]
    NotWritable {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A template that is at fault itself.
    #[error("the template \"{template}\" is at fault: {reason}")]
    Broken {
        /// The template.
        template: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl TemplateError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => "TEMPLATE_UNKNOWN",
            Self::UnknownValue { .. } | Self::MissingValue { .. } | Self::BadValue { .. } => {
                "TEMPLATE_VALUE"
            }
            Self::NotEmpty { .. } => "TARGET_NOT_EMPTY",
            Self::NotWritable { .. } => "NOT_WRITABLE",
            Self::Broken { .. } => "INTERNAL",
        }
    }

    /// The next step.
    pub fn hint(&self) -> String {
        match self {
            Self::Unknown { known, .. } => format!("the templates are: {}", known.join(", ")),
            Self::UnknownValue { known, .. } => format!("its values are: {}", known.join(", ")),
            Self::MissingValue { name, .. } => format!("give it: --set {name}=…"),
            Self::BadValue { expected, .. } => format!("it must be {expected}"),
            Self::NotEmpty { .. } => "choose another name, or another folder with --dir".to_owned(),
            Self::NotWritable { .. } => {
                "check that the folder is there and that you may write to it".to_owned()
            }
            Self::Broken { .. } => "please report this".to_owned(),
        }
    }
}
