//! Settings that are not of one project: flag, environment, project file, user file, default, in
//! this order. `gm doctor` prints each with its source.

use crate::{
    args::GlobalArgs,
    error::{CliError, Code},
};
use gm_chain::config::{Clock, Color, Duration, FieldValue, Project, UserConfig};
use serde::Serialize;
use std::{
    env,
    fmt::{self, Display},
    path::PathBuf,
};

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase", tag = "from", content = "at")]
pub(crate) enum Source {
    /// A flag of the command line.
    Flag,
    /// The environment variable of this name.
    Environment(&'static str),
    /// The project file.
    Project,
    /// The user file.
    User,
    /// Nowhere: the default.
    Default,
}

impl Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => f.write_str("flag"),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::Project => f.write_str("project file"),
            Self::User => f.write_str("user file"),
            Self::Default => f.write_str("default"),
        }
    }
}

/// A value with its source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Resolved<T> {
    /// The value.
    pub(crate) value: T,
    /// Where it came from.
    pub(crate) source: Source,
}

impl<T> Resolved<T> {
    const fn new(value: T, source: Source) -> Self {
        Self { value, source }
    }
}

/// The settings of one run.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// Folder of the project.
    pub(crate) project: Resolved<PathBuf>,
    /// Colour of human output.
    pub(crate) color: Resolved<Color>,
    /// Log filter.
    pub(crate) log: Resolved<String>,
    /// The user file, whether it is there or not.
    pub(crate) user_file: Option<PathBuf>,
    user: UserConfig,
}

impl Settings {
    /// Resolves what does not depend on a project.
    ///
    /// # Errors
    /// The user file's [`gm_chain::config::ConfigError`], or a refused environment variable.
    pub(crate) fn resolve(flags: &GlobalArgs) -> Result<Self, CliError> {
        let user_file = user_file();
        let user = match &user_file {
            Some(path) => UserConfig::load(path)?,
            None => UserConfig::default(),
        };
        Ok(Self {
            project: first(
                flags.project.clone(),
                ("GM_PROJECT", env::var_os("GM_PROJECT").map(PathBuf::from)),
                None,
                None,
                PathBuf::from("."),
            ),
            color: first(
                flags.color,
                ("GM_COLOR", from_env("GM_COLOR")?),
                None,
                user.color,
                Color::Auto,
            ),
            log: first(
                flags.log.clone(),
                ("GM_LOG", env::var("GM_LOG").ok()),
                None,
                user.log.clone(),
                "info".to_owned(),
            ),
            user_file,
            user,
        })
    }

    /// How blocks are timed.
    pub(crate) fn clock(
        &self,
        flag: Option<Clock>,
        project: &Project,
    ) -> Result<Resolved<Clock>, CliError> {
        let written = project.sets("clock").then_some(project.clock);
        let environment = ("GM_CLOCK", from_env("GM_CLOCK")?);
        Ok(first(flag, environment, written, self.user.clock, project.clock))
    }

    /// Port of the Layer 1, the other tiers taking the next ones; none: the project's ports.
    pub(crate) fn port(&self, flag: Option<u16>) -> Result<Resolved<Option<u16>>, CliError> {
        let environment = match env::var("GM_PORT") {
            Err(_) => None,
            Ok(text) => Some(text.parse::<u16>().map_err(|_| {
                let message = format!("GM_PORT: \"{text}\" is not a port");
                CliError::new(Code::Usage, message, "use a number from 0 to 65535")
            })?),
        };
        let environment = ("GM_PORT", environment.map(Some));
        Ok(first(flag.map(Some), environment, None, None, None))
    }

    /// After how long a network stops by itself.
    pub(crate) fn ttl(
        &self,
        flag: Option<Duration>,
    ) -> Result<Resolved<Option<Duration>>, CliError> {
        let environment = ("GM_TTL", from_env("GM_TTL")?.map(Some));
        Ok(first(flag.map(Some), environment, None, self.user.ttl.map(Some), None))
    }

    /// Where the accounts' phrase comes from. A key never comes from a flag, nor is it printed.
    pub(crate) fn mnemonic(&self, project: &Project) -> Resolved<String> {
        let written = project.sets("accounts.mnemonic").then(|| project.accounts.mnemonic.clone());
        let environment = ("GM_MNEMONIC", env::var("GM_MNEMONIC").ok());
        first(None, environment, written, None, project.accounts.mnemonic.clone())
    }
}

/// The first value that is there, in the order of precedence.
fn first<T>(
    flag: Option<T>,
    (name, environment): (&'static str, Option<T>),
    project: Option<T>,
    user: Option<T>,
    default: T,
) -> Resolved<T> {
    flag.map(|value| Resolved::new(value, Source::Flag))
        .or_else(|| environment.map(|value| Resolved::new(value, Source::Environment(name))))
        .or_else(|| project.map(|value| Resolved::new(value, Source::Project)))
        .or_else(|| user.map(|value| Resolved::new(value, Source::User)))
        .unwrap_or_else(|| Resolved::new(default, Source::Default))
}

fn from_env<T: FieldValue>(name: &str) -> Result<Option<T>, CliError> {
    match env::var(name) {
        Err(_) => Ok(None),
        Ok(text) => T::parse(&text).map(Some).map_err(|error| {
            CliError::new(Code::Usage, format!("{name}: {}", error.message), error.hint)
        }),
    }
}

/// `$XDG_CONFIG_HOME/gm/config.yaml`, or `~/.config/gm/config.yaml`.
fn user_file() -> Option<PathBuf> {
    let absolute = |name: &str| env::var_os(name).map(PathBuf::from).filter(|p| p.is_absolute());
    let base = absolute("XDG_CONFIG_HOME").or_else(|| Some(absolute("HOME")?.join(".config")))?;
    Some(base.join("gm/config.yaml"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_precedence_is_the_documented_one() {
        let all = [Some(1), Some(2), Some(3), Some(4)];
        let sources = [Source::Flag, Source::Environment("E"), Source::Project, Source::User];
        for (given, source) in sources.into_iter().enumerate() {
            let value = |index: usize| if index < given { None } else { all[index] };
            let resolved = first(value(0), ("E", value(1)), value(2), value(3), 5);
            assert_eq!(resolved, Resolved::new(all[given].unwrap(), source));
        }
        assert_eq!(first(None, ("E", None), None, None, 5), Resolved::new(5, Source::Default));
    }
}
