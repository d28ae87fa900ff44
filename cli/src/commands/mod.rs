//! The verbs, one file each. A verb parses nothing and prints only through the context.

pub(crate) mod bench;
pub(crate) mod bridge;
pub(crate) mod completions;
pub(crate) mod detach;
pub(crate) mod doctor;
pub(crate) mod down;
pub(crate) mod logs;
pub(crate) mod man;
pub(crate) mod new;
pub(crate) mod node;
pub(crate) mod schema;
pub(crate) mod status;
pub(crate) mod up;
pub(crate) mod verify;

use crate::{args::Command, context::Context, error::CliError};

/// Runs a verb.
pub(crate) async fn run(command: Command, context: &Context) -> Result<(), CliError> {
    match command {
        Command::New(args) => new::run(&args, context),
        Command::Up(args) => up::run(&args, context).await,
        Command::Down(args) => down::run(&args, context).await,
        Command::Status(args) => status::run(&args, context).await,
        Command::Logs(args) => logs::run(&args, context).await,
        Command::Bridge(args) => bridge::run(&args, context).await,
        Command::Node(args) => node::run(&args, context).await,
        Command::Verify(args) => verify::run(&args, context).await,
        Command::Bench(args) => bench::run(args, context).await,
        Command::Doctor(args) => doctor::run(&args, context),
        Command::Schema(args) => schema::run(&args, context),
        Command::Completions(args) => completions::run(&args, context),
        Command::Man(args) => man::run(&args, context),
    }
}
