//! `gm`: an appchain in a box.

mod args;
mod commands;
mod confirm;
mod context;
#[cfg(test)]
mod documentation;
mod error;
mod logging;
mod output;
mod progress;
#[cfg(test)]
mod reference;
mod rpc;
mod run;
mod settings;

use std::process::ExitCode;

fn main() -> ExitCode {
    run::run(std::env::args_os())
}
