//! `gm bench memory`: what three tiers take when nothing happens.

use super::{
    Note,
    anvil::AnvilArg,
    failed,
    machine::Machine,
    process::{Memory, Project, Server},
    stats::{Goal, Series, mib},
};
use crate::error::CliError;
use clap::Args;
use serde::Serialize;
use std::{fmt, thread, time::Duration};

/// At most so many MiB for all three tiers.
const TARGET: f64 = 300.0;

/// Resident memory of all three tiers when nothing happens, and of anvil
#[derive(Debug, Args)]
pub(super) struct MemoryArgs {
    /// How often each is started, in turn
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// Seconds between ready and the look
    #[arg(long, default_value_t = 5, value_name = "SECONDS")]
    idle: u64,
    #[command(flatten)]
    anvil: AnvilArg,
}

#[derive(Debug, Serialize)]
pub(super) struct MemoryReport {
    machine: Machine,
    /// Seconds between ready and the look.
    idle: u64,
    /// Resident, in MiB: all three tiers and their services.
    gm_mib: Series,
    /// The most it was until then, in MiB.
    gm_peak_mib: Series,
    /// Resident, in MiB.
    anvil_mib: Option<Series>,
    goal: Goal,
}

/// Starts each in turn and looks.
pub(super) fn run(args: &MemoryArgs, note: Note<'_>) -> Result<MemoryReport, CliError> {
    let anvil = args.anvil.find()?;
    let project = Project::new()?;
    let machine = Machine::before();
    let (mut ours, mut peaks, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
    for run in 1..=args.runs {
        let memory = idle(Server::gm(&project, "interval")?, args.idle)?;
        note(&format!("run {run} of {}: gm {:.0} MiB", args.runs, mib(memory.resident)));
        ours.push(mib(memory.resident));
        peaks.push(mib(memory.peak));
        if let Some(program) = &anvil {
            theirs.push(mib(idle(Server::anvil(program, &[])?, args.idle)?.resident));
        }
    }
    let gm_mib = Series::new(ours);
    Ok(MemoryReport {
        machine: machine.after(),
        idle: args.idle,
        goal: Goal::at_most(gm_mib.max, TARGET),
        gm_mib,
        gm_peak_mib: Series::new(peaks),
        anvil_mib: (!theirs.is_empty()).then(|| Series::new(theirs)),
    })
}

fn idle(server: Server, seconds: u64) -> Result<Memory, CliError> {
    thread::sleep(Duration::from_secs(seconds));
    let memory = Memory::of(server.id());
    memory.ok_or_else(|| failed("the process's memory cannot be read from /proc"))
}

impl fmt::Display for MemoryReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.machine)?;
        let (gm, peak, goal) = (&self.gm_mib, &self.gm_peak_mib, &self.goal);
        writeln!(
            f,
            "gm        {:.0} MiB resident after {} s, {:.0} MiB at most; under {} ({})",
            gm.median,
            self.idle,
            peak.median,
            goal.target,
            goal.word()
        )?;
        if let Some(anvil) = &self.anvil_mib {
            writeln!(f, "anvil     {:.0} MiB resident", anvil.median)?;
        }
        Ok(())
    }
}
