//! `gm bench`: measurements, with anvil beside ours on the same machine in the same run.
//!
//! The method of each is in BENCHMARKS.md.

mod anvil;
mod blocks;
mod client;
mod load;
mod machine;
mod memory;
mod process;
mod start;
mod stats;
mod transfers;

use crate::{
    context::Context,
    error::{CliError, Code},
};
use clap::{Args, Subcommand};
use serde::Serialize;
use std::fmt::Display;

/// Measure this machine, and anvil beside it
///
/// Figures are only worth something when nothing else runs: the load average is part of the result.
#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Start(start::StartArgs),
    Load(load::LoadArgs),
    Memory(memory::MemoryArgs),
    Blocks(blocks::BlocksArgs),
}

/// Runs a measurement and prints it.
pub(crate) async fn run(args: BenchArgs, context: &Context) -> Result<(), CliError> {
    let output = context.output.clone();
    // One thread for the whole of it: what it starts ends with it.
    let work = tokio::task::spawn_blocking(move || {
        let note = |line: &str| output.note(line);
        match &args.what {
            What::Start(args) => print(&output, &start::run(args, &note)?),
            What::Load(args) => print(&output, &load::run(args, &note)?),
            What::Memory(args) => print(&output, &memory::run(args, &note)?),
            What::Blocks(args) => print(&output, &blocks::run(args, &note)?),
        }
        Ok(())
    });
    work.await.unwrap_or_else(|error| Err(CliError::internal(error.to_string())))
}

fn print(output: &crate::output::Output, report: &(impl Serialize + Display)) {
    output.result(report, report);
}

/// Tells a person what is going on.
type Note<'a> = &'a dyn Fn(&str);

/// Something that kept a measurement from being made.
fn failed(message: impl Into<String>) -> CliError {
    CliError::new(Code::BenchFailed, message, "see the message; nothing was left running")
}
