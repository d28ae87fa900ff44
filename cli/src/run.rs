//! From the arguments to an exit code: the one place where an error becomes one.

use crate::{
    args::Cli,
    commands,
    context::Context,
    error::{CliError, Code},
    output::Output,
    settings::Settings,
};
use clap::{Parser, error::ErrorKind};
use std::{ffi::OsString, process::ExitCode};

/// Runs the command line `args`, the program's name included.
pub(crate) fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    // A usage error must keep to the JSON contract too, so this is known before parsing.
    let json = args.iter().take_while(|arg| *arg != "--").any(|arg| arg == "--json");
    let output = Output::new(json);
    let cli = match Cli::try_parse_from(&args) {
        Ok(cli) => cli,
        Err(error)
            if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) =>
        {
            output.text(&error.to_string());
            return ExitCode::SUCCESS;
        }
        Err(error) => return usage(&output, &error),
    };
    match execute(cli, output.clone()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output.error(&error);
            ExitCode::from(error.code.exit_code())
        }
    }
}

fn execute(cli: Cli, output: Output) -> Result<(), CliError> {
    let settings = Settings::resolve(&cli.global)?;
    let context = Context::new(output, settings);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| CliError::internal(format!("no worker threads: {error}")))?;
    let result = runtime.block_on(commands::run(cli.command, &context));
    // What a command left behind on purpose has been waited for; the rest need not be.
    runtime.shutdown_background();
    result
}

fn usage(output: &Output, error: &clap::Error) -> ExitCode {
    if output.is_json() {
        let text = error.to_string();
        let message = text.lines().next().unwrap_or("usage").trim_start_matches("error: ");
        output.error(&CliError::new(Code::Usage, message, "see `gm --help`"));
    } else {
        output.note(error.render().to_string().trim_end());
    }
    ExitCode::from(Code::Usage.exit_code())
}
