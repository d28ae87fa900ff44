//! `gm completions`: a completion script for a shell.

use crate::{args::Cli, context::Context, error::CliError};
use clap::{Args, CommandFactory};
use clap_complete::Shell;
use serde_json::json;

/// Print a completion script
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

/// Prints the script.
pub(crate) fn run(args: &CompletionsArgs, context: &Context) -> Result<(), CliError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "gm", &mut script);
    let script = String::from_utf8_lossy(&script);
    context.output.result(&json!({ "shell": args.shell.to_string(), "script": script }), &script);
    Ok(())
}
