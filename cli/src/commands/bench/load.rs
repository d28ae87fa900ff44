//! `gm bench load`: transfers a second, signed beforehand.

mod drive;
mod report;

use self::{
    drive::{Load, Measured},
    report::{LoadReport, Outcome},
};
use super::{
    Note,
    anvil::AnvilArg,
    machine::{Machine, Recoveries},
    process::{Project, Server},
    stats::{Goal, Series, mib},
};
use crate::error::CliError;
use clap::{Args, ValueEnum};
use serde::Serialize;

/// At least so many times anvil's rate.
const TARGET: f64 = 2.0;

/// How anvil makes blocks. Its default block holds 1,428 transfers, so the limit is raised where
/// blocks come by the clock. The best of these is what ours is held against.
const ANVIL_MODES: [(&str, &[&str]); 3] = [
    ("automine", &[]),
    ("block-time 1", &["--block-time", "1", "--gas-limit", "1000000000"]),
    ("block-time 0.1", &["--block-time", "0.1", "--gas-limit", "1000000000"]),
];

/// Transfers a second on the L3, signed beforehand, and on anvil
#[derive(Debug, Args)]
pub(super) struct LoadArgs {
    /// Transfers in all
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(1..))]
    transfers: u64,
    /// Accounts that send them
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..))]
    senders: u64,
    /// HTTP connections, each kept open, one request at a time on each
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=64))]
    connections: u64,
    /// How requests are sent
    #[arg(long, value_enum, default_value_t = Mode::Single)]
    mode: Mode,
    /// Transfers in a request of the mode batch
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=1000))]
    batch: u64,
    /// How often each is measured, in turn
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// Stop a process that takes more memory than this, in MiB
    #[arg(long, default_value_t = 6_144, value_name = "MIB")]
    max_memory: u64,
    #[command(flatten)]
    anvil: AnvilArg,
}

/// How requests are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
enum Mode {
    /// One transfer a request
    Single,
    /// Many transfers a request, as a JSON-RPC batch
    Batch,
}

/// Measures each in turn.
pub(super) fn run(args: &LoadArgs, note: Note<'_>) -> Result<LoadReport, CliError> {
    let anvil = args.anvil.find()?;
    let project = Project::new()?;
    let machine = Machine::before();
    let recoveries = Recoveries::measure();
    note("signing …");
    let batch = if args.mode == Mode::Batch { args.batch } else { 1 };
    let load =
        Load::sign(args.transfers, args.senders, args.connections, batch, args.max_memory << 20)?;
    let mut ours = Vec::new();
    let mut theirs: Vec<Vec<Measured>> = vec![Vec::new(); ANVIL_MODES.len()];
    for run in 1..=args.runs {
        let measured = load.run(Server::gm(&project, "instant")?)?;
        note(&format!("run {run} of {}: gm {measured}", args.runs));
        ours.push(measured);
        for ((name, flags), measured) in ANVIL_MODES.into_iter().zip(&mut theirs) {
            let Some(program) = &anvil else { continue };
            measured.push(load.run(Server::anvil(program, flags)?)?);
            if let Some(last) = measured.last() {
                note(&format!("run {run} of {}: anvil {name} {last}", args.runs));
            }
        }
    }
    let gm = Outcome::new("gm", &ours);
    let anvil: Vec<Outcome> = ANVIL_MODES
        .iter()
        .zip(&theirs)
        .filter(|(_, measured)| !measured.is_empty())
        .map(|((name, _), measured)| Outcome::new(&format!("anvil {name}"), measured))
        .collect();
    // One that never finished says nothing about how much faster ours is.
    let best = anvil.iter().map(Outcome::rate).filter(|rate| *rate > 0.0).max_by(f64::total_cmp);
    let ratio = best.map(|best| Goal::at_least(gm.rate() / best, TARGET));
    Ok(LoadReport {
        machine: machine.after(),
        recoveries,
        transfers: load.transfers(),
        senders: args.senders,
        connections: args.connections,
        mode: args.mode,
        batch,
        gm,
        anvil,
        ratio,
    })
}
