//! The command line as clap sees it. Nothing below the commands knows of it.

use crate::commands;
use clap::{Args, Parser, Subcommand};
use gm_chain::config::{Clock, Color, FieldValue};
use std::path::PathBuf;

/// An appchain in a box: scaffold, launch and operate Layer-3 chains.
#[derive(Debug, Parser)]
#[command(name = "gm", version, propagate_version = true, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: GlobalArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct GlobalArgs {
    /// Print the result as JSON: {"schema_version":1,"ok":true,"data":{…}}
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Folder of the project [env: GM_PROJECT] [default: the current one]
    #[arg(short = 'C', long, global = true, value_name = "PATH")]
    pub(crate) project: Option<PathBuf>,
    /// Colour: auto, always or never [env: GM_COLOR] [default: auto]
    #[arg(long, global = true, value_name = "WHEN", value_parser = parse::<Color>)]
    pub(crate) color: Option<Color>,
    /// Log filter, as info or info,gm_node=debug [env: GM_LOG] [default: info]
    #[arg(long, global = true, value_name = "FILTER")]
    pub(crate) log: Option<String>,
}

/// The verbs. A new one is a line here and a line in `commands::run`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    New(commands::new::NewArgs),
    Up(commands::up::UpArgs),
    Down(commands::down::DownArgs),
    Status(commands::status::StatusArgs),
    Logs(commands::logs::LogsArgs),
    Bridge(commands::bridge::BridgeArgs),
    Node(commands::node::NodeArgs),
    Verify(commands::verify::VerifyArgs),
    Bench(commands::bench::BenchArgs),
    Doctor(commands::doctor::DoctorArgs),
    Schema(commands::schema::SchemaArgs),
    Completions(commands::completions::CompletionsArgs),
    Man(commands::man::ManArgs),
}

/// Reads a flag's value as the files' values are read.
pub(crate) fn parse<T: FieldValue>(text: &str) -> Result<T, String> {
    T::parse(text).map_err(|error| format!("{}; {}", error.message, error.hint))
}

/// A clock, as a flag.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ClockArg {
    /// How blocks are timed: interval or instant [env: GM_CLOCK] [default: gm.yaml's, or interval]
    #[arg(long, value_name = "CLOCK", value_parser = parse::<Clock>)]
    pub(crate) clock: Option<Clock>,
}
