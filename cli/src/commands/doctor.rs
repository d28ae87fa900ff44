//! `gm doctor`: every resolved setting with its source, and what could stop a start.

use crate::{context::Context, error::CliError, settings::Resolved};
use clap::Args;
use gm_chain::config::PROJECT_FILE;
use gm_orchestrator::{
    plan::{STATE_FOLDER, tier},
    process::port_owner,
    registry, state_dir,
};
use serde::Serialize;
use std::{
    fmt::{self, Display},
    path::Path,
};

/// Print each setting with where it came from, and check what a start needs
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Folder of the project
    path: Option<std::path::PathBuf>,
}

#[derive(Debug, Serialize)]
struct Report {
    version: &'static str,
    settings: Vec<Setting>,
    checks: Vec<Check>,
}

#[derive(Debug, Serialize)]
struct Setting {
    name: &'static str,
    value: String,
    source: String,
}

#[derive(Debug, Serialize)]
struct Check {
    name: String,
    ok: bool,
    detail: String,
}

/// Prints the report. A failed check is part of the result, not a failure of the command.
pub(crate) fn run(args: &DoctorArgs, context: &Context) -> Result<(), CliError> {
    let folder = context.project_dir(args.path.as_deref());
    let mut report =
        Report { version: env!("CARGO_PKG_VERSION"), settings: Vec::new(), checks: Vec::new() };
    report.global_settings(context, &folder);
    report.project(context, &folder)?;
    report.machine();
    context.output.result(&report, &report);
    Ok(())
}

impl Report {
    fn setting<T>(&mut self, name: &'static str, resolved: &Resolved<T>, value: impl Display) {
        let (value, source) = (value.to_string(), resolved.source.to_string());
        self.settings.push(Setting { name, value, source });
    }

    fn check(&mut self, name: impl Into<String>, ok: bool, detail: impl Into<String>) {
        self.checks.push(Check { name: name.into(), ok, detail: detail.into() });
    }

    fn global_settings(&mut self, context: &Context, folder: &Path) {
        let settings = &context.settings;
        self.setting("project", &settings.project, folder.display());
        self.setting("color", &settings.color, settings.color.value);
        self.setting("log", &settings.log, &settings.log.value);
        match &settings.user_file {
            Some(path) if path.exists() => {
                self.check("user file", true, path.display().to_string());
            }
            Some(path) => {
                self.check("user file", true, format!("none at {}", path.display()));
            }
            None => self.check("user file", true, "none: HOME is not set"),
        }
    }

    fn project(&mut self, context: &Context, folder: &Path) -> Result<(), CliError> {
        let settings = &context.settings;
        let port = settings.port(None)?;
        let ttl = settings.ttl(None)?;
        let project = match context.load_project(folder) {
            Ok(project) => project,
            Err(error) => {
                self.check(PROJECT_FILE, false, format!("{error}; next: {}", error.hint));
                return Ok(());
            }
        };
        self.check(PROJECT_FILE, true, format!("{} is valid", project.name));
        let clock = settings.clock(None, &project)?;
        self.setting("clock", &clock, clock.value);
        let shown = port.value.map_or("the project's".to_owned(), |port| port.to_string());
        self.setting("port", &port, shown);
        let shown = ttl.value.map_or("none".to_owned(), |ttl| ttl.to_string());
        self.setting("ttl", &ttl, shown);
        let mnemonic = settings.mnemonic(&project);
        let known = mnemonic.value == gm_chain::config::AccountsConfig::DEV_MNEMONIC;
        let shown =
            if known { "the well-known development phrase" } else { "a phrase of your own" };
        self.setting("accounts.mnemonic", &mnemonic, shown);
        let state = folder.join(STATE_FOLDER);
        match state_dir::running(&state) {
            Some(process) => self.check("state", true, format!("in use by pid {}", process.pid)),
            None => self.state(&state),
        }
        let ports = project.ports;
        for (role, port) in [
            (gm_chain::spec::Role::L1, ports.l1),
            (gm_chain::spec::Role::L2, ports.l2),
            (gm_chain::spec::Role::L3, ports.l3),
        ] {
            let name = format!("port {port} ({})", tier(role));
            match port_owner(port) {
                _ if port == 0 => self.check(name, true, "any free one"),
                Some(owner) => self.check(name, false, format!("in use by {owner}")),
                None => self.check(name, true, "free"),
            }
        }
        Ok(())
    }

    /// Looks at the state without making a folder that is not there.
    fn state(&mut self, state: &Path) {
        if !state.exists() {
            return self.check("state", true, "none yet");
        }
        match state_dir::StateDir::open(state) {
            Ok(_) => self.check("state", true, state.display().to_string()),
            Err(error) => self.check("state", false, format!("{error}; next: {}", error.hint())),
        }
    }

    fn machine(&mut self) {
        match registry::folder() {
            Ok(folder) => self.check("registry", true, folder.display().to_string()),
            Err(error) => self.check("registry", false, error.to_string()),
        }
        let leftovers = registry::entries().iter().filter(|e| !e.process.is_alive()).count();
        let detail = match leftovers {
            0 => "none".to_owned(),
            count => format!("{count}; `gm down --all` removes them"),
        };
        self.check("leftovers", leftovers == 0, detail);
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "gm {}\n", self.version)?;
        for Setting { name, value, source } in &self.settings {
            writeln!(f, "{name:<20} {value:<40} {source}")?;
        }
        writeln!(f)?;
        for Check { name, ok, detail } in &self.checks {
            let mark = if *ok { "ok  " } else { "FAIL" };
            writeln!(f, "{mark}  {name:<18} {detail}")?;
        }
        Ok(())
    }
}
