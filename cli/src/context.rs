//! What every command is given.

use crate::{error::CliError, output::Output, settings::Settings};
use gm_chain::config::{PROJECT_FILE, Project};
use std::path::{Path, PathBuf};

/// The channels and the settings of one run.
#[derive(Debug)]
pub(crate) struct Context {
    /// Where to print.
    pub(crate) output: Output,
    /// The settings, each with its source.
    pub(crate) settings: Settings,
}

impl Context {
    /// Puts a context together.
    pub(crate) const fn new(output: Output, settings: Settings) -> Self {
        Self { output, settings }
    }

    /// The project's folder: `path` if the command was given one, else the setting.
    ///
    /// A path to the project file itself stands for its folder.
    pub(crate) fn project_dir(&self, path: Option<&Path>) -> PathBuf {
        let path = path.unwrap_or(&self.settings.project.value);
        let folder = match path.file_name() {
            Some(name) if name == PROJECT_FILE => path.parent().unwrap_or(path),
            _ => path,
        };
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        std::path::absolute(folder)
            .map(|path| path.canonicalize().unwrap_or(path))
            .unwrap_or_else(|_| folder.to_owned())
    }

    /// The project in a folder, with what the environment sets.
    pub(crate) fn load_project(&self, folder: &Path) -> Result<Project, CliError> {
        let path = folder.join(PROJECT_FILE);
        // Errors name the file as the user would.
        let shown = std::env::current_dir()
            .ok()
            .and_then(|here| path.strip_prefix(here).ok().map(Path::to_owned))
            .unwrap_or(path);
        Ok(Project::load(&shown)?)
    }
}
