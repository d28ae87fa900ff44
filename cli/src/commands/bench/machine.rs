//! The machine that a figure was measured on.

use super::transfers;
use alloy_consensus::transaction::SignerRecoverable;
use serde::Serialize;
use std::{
    fmt, fs, hint,
    thread::available_parallelism,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

/// Signatures that are recovered to measure how long one takes.
const SAMPLE: u64 = 4_000;

/// What a figure depends on.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Machine {
    /// Seconds since the epoch.
    pub(super) measured_at: u64,
    /// The processor's own name.
    pub(super) cpu: String,
    /// Threads that can run at once.
    pub(super) cores: usize,
    /// Load average over one minute before the measurement: well under the cores if it is to count.
    pub(super) load_before: f64,
    /// The same afterwards.
    pub(super) load_after: f64,
}

impl Machine {
    /// Looks at the machine before a measurement.
    pub(super) fn before() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let load = load();
        Self {
            measured_at: now.as_secs(),
            cpu: cpu().unwrap_or_else(|| "unknown".to_owned()),
            cores: available_parallelism().map_or(1, Into::into),
            load_before: load,
            load_after: load,
        }
    }

    /// Looks again when it is over.
    pub(super) fn after(mut self) -> Self {
        self.load_after = load();
        self
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cpu, cores, load_before, load_after, .. } = self;
        writeln!(f, "machine   {cores} × {cpu}, load {load_before} before, {load_after} after")
    }
}

fn cpu() -> Option<String> {
    let info = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = info.lines().find(|line| line.starts_with("model name"))?;
    let name = line.split_once(':')?.1.trim().to_owned();
    let model = info.lines().find(|line| line.starts_with("model\t"))?;
    let model = model.split_once(':')?.1.trim().to_owned();
    Some(format!("{name} (model {model})"))
}

fn load() -> f64 {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().and_then(|load| load.parse().ok()).unwrap_or(f64::NAN)
}

/// How many senders a second are recovered from signatures, as every node must for every
/// transaction: the limit beside which a rate of transfers stands.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Recoveries {
    /// On one core.
    pub(super) one_core: f64,
    /// On all of them at once.
    pub(super) all_cores: f64,
}

impl Recoveries {
    /// Measures for about a second.
    pub(super) fn measure() -> Self {
        let signed = transfers::sign_envelopes(SAMPLE);
        let recover = || {
            for tx in &signed {
                hint::black_box(tx.recover_signer().is_ok());
            }
        };
        let begun = Instant::now();
        recover();
        let one_core = SAMPLE as f64 / begun.elapsed().as_secs_f64();
        let cores = available_parallelism().map_or(1, Into::into);
        let begun = Instant::now();
        std::thread::scope(|scope| {
            for _ in 0..cores {
                scope.spawn(recover);
            }
        });
        let all_cores = (SAMPLE * cores as u64) as f64 / begun.elapsed().as_secs_f64();
        Self { one_core, all_cores }
    }
}
