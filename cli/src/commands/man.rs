//! `gm man`: the manual pages.

use crate::{args::Cli, context::Context, error::CliError};
use clap::{Args, CommandFactory};
use serde_json::json;
use std::path::PathBuf;

/// Print the manual page, or write one page a command to a folder
#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// Write gm.1, gm-up.1, … to this folder
    #[arg(long, value_name = "PATH")]
    dir: Option<PathBuf>,
}

/// Prints or writes the pages.
pub(crate) fn run(args: &ManArgs, context: &Context) -> Result<(), CliError> {
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    let Some(dir) = &args.dir else {
        let page = render(command)?;
        context.output.result(&json!({ "page": page }), &page);
        return Ok(());
    };
    std::fs::create_dir_all(dir).map_err(|error| CliError::not_writable(dir, &error))?;
    let mut written = Vec::new();
    let subcommands: Vec<_> =
        command.get_subcommands().filter(|c| !c.is_hide_set()).cloned().collect();
    for page in std::iter::once(command).chain(subcommands) {
        let name = page.get_display_name().unwrap_or_else(|| page.get_name()).to_owned();
        let path = dir.join(format!("{name}.1"));
        std::fs::write(&path, render(page)?)
            .map_err(|error| CliError::not_writable(&path, &error))?;
        written.push(path);
    }
    let lines: String = written.iter().map(|path| format!("{}\n", path.display())).collect();
    context.output.result(&json!({ "written": written }), lines);
    Ok(())
}

fn render(command: clap::Command) -> Result<String, CliError> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command)
        .render(&mut page)
        .map_err(|error| CliError::internal(format!("the page was not rendered: {error}")))?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}
