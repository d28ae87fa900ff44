//! What a measurement of the load found.

use super::{Goal, Machine, Measured, Mode, Recoveries, Series, mib};
use serde::Serialize;
use std::fmt;

#[derive(Debug, Serialize)]
pub(in super::super) struct LoadReport {
    pub(super) machine: Machine,
    /// Senders recovered a second from signatures: no node can take in more than all cores do.
    pub(super) recoveries: Recoveries,
    pub(super) transfers: u64,
    pub(super) senders: u64,
    pub(super) connections: u64,
    pub(super) mode: Mode,
    /// Transfers in a request.
    pub(super) batch: u64,
    pub(super) gm: Outcome,
    pub(super) anvil: Vec<Outcome>,
    /// Our rate by anvil's best.
    pub(super) ratio: Option<Goal>,
}

/// All runs of one program.
#[derive(Debug, Serialize)]
pub(super) struct Outcome {
    name: String,
    /// Transfers a second, from the first request until the last is in a block.
    per_second: Series,
    /// Until every request was answered, the same.
    accepted_per_second: Series,
    /// The most memory of any run, in MiB.
    peak_mib: f64,
    /// Blocks of the last run.
    blocks: u64,
    /// Runs that were given up, with the reason; they do not count.
    given_up: Vec<String>,
}

impl Outcome {
    pub(super) fn new(name: &str, runs: &[Measured]) -> Self {
        let done = || runs.iter().filter(|run| run.given_up.is_none());
        Self {
            name: name.to_owned(),
            per_second: Series::new(done().map(|run| run.per_second).collect()),
            accepted_per_second: Series::new(done().map(|run| run.accepted).collect()),
            peak_mib: mib(runs.iter().map(|run| run.peak).max().unwrap_or_default()),
            blocks: runs.last().map_or(0, |run| run.blocks),
            given_up: runs.iter().filter_map(|run| run.given_up.clone()).collect(),
        }
    }

    /// Transfers a second.
    pub(super) const fn rate(&self) -> f64 {
        self.per_second.median
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, per_second, accepted_per_second, peak_mib, blocks, given_up } = self;
        let Series { median, min, max, .. } = per_second;
        write!(
            f,
            "{name:<21} {median:>8.0} /s ({min:.0} to {max:.0}), accepted at {:.0} /s, peak {peak_mib:.0} MiB, {blocks} blocks",
            accepted_per_second.median
        )?;
        for reason in given_up {
            write!(f, "; given up: {reason}")?;
        }
        writeln!(f)
    }
}

impl fmt::Display for LoadReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.machine)?;
        let Self { transfers, senders, connections, batch, .. } = self;
        writeln!(
            f,
            "load      {transfers} transfers, {senders} senders, {connections} connections, {batch} a request"
        )?;
        let Recoveries { one_core, all_cores } = self.recoveries;
        writeln!(
            f,
            "limit     {all_cores:.0} signatures recovered a second on all cores, {one_core:.0} on one"
        )?;
        write!(f, "{}", self.gm)?;
        for anvil in &self.anvil {
            write!(f, "{anvil}")?;
        }
        if let Some(ratio) = &self.ratio {
            writeln!(
                f,
                "ratio     {:.2} of anvil's best, at least {} ({})",
                ratio.value,
                ratio.target,
                ratio.word()
            )?;
        }
        Ok(())
    }
}
