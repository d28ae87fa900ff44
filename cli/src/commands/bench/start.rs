//! `gm bench start`: from nothing to the first receipt.

use super::{
    Note,
    anvil::AnvilArg,
    failed,
    machine::Machine,
    process::{Project, Server},
    stats::{Goal, Series},
    transfers::{CHAIN_ID, RECIPIENT, raw, transfer},
};
use crate::error::CliError;
use alloy_primitives::U256;
use alloy_signer_local::PrivateKeySigner;
use clap::Args;
use serde::Serialize;
use serde_json::json;
use std::{
    fmt, thread,
    time::{Duration, Instant},
};

/// At most so many times anvil's time.
const TARGET: f64 = 3.0;

/// Time between two looks for the receipt.
const POLL: Duration = Duration::from_micros(500);

/// How long a receipt may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// From the start of the process to the first receipt: three tiers, and anvil
#[derive(Debug, Args)]
pub(super) struct StartArgs {
    /// How often each is started, in turn
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    #[command(flatten)]
    anvil: AnvilArg,
}

#[derive(Debug, Serialize)]
pub(super) struct StartReport {
    machine: Machine,
    /// From the start of the process to the first receipt on the L3, in milliseconds.
    gm_ms: Series,
    /// Of that: until `gm up` says that it is ready.
    gm_ready_ms: Series,
    /// From the start of the process to the first receipt, in milliseconds.
    anvil_ms: Option<Series>,
    /// Ours by anvil's.
    ratio: Option<Goal>,
}

/// Starts both in turn.
pub(super) fn run(args: &StartArgs, note: Note<'_>) -> Result<StartReport, CliError> {
    let anvil = args.anvil.find()?;
    let project = Project::new()?;
    let machine = Machine::before();
    let (mut ours, mut ready, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
    // The first start of each finds its files not yet in memory: it does not count.
    for run in 0..=args.runs {
        let gm = first_receipt(|| Server::gm(&project, "instant"))?;
        let other = match &anvil {
            Some(program) => Some(first_receipt(|| Server::anvil(program, &[]))?),
            None => None,
        };
        let shown = other.map_or(String::new(), |other| format!(", anvil {:.1} ms", other.receipt));
        note(&format!("run {run} of {}: gm {:.1} ms{shown}", args.runs, gm.receipt));
        if run > 0 {
            ours.push(gm.receipt);
            ready.push(gm.ready);
            theirs.extend(other.map(|other| other.receipt));
        }
    }
    let gm_ms = Series::new(ours);
    let anvil_ms = (!theirs.is_empty()).then(|| Series::new(theirs));
    let ratio = anvil_ms.as_ref().map(|anvil| Goal::at_most(gm_ms.median / anvil.median, TARGET));
    let gm_ready_ms = Series::new(ready);
    Ok(StartReport { machine: machine.after(), gm_ms, gm_ready_ms, anvil_ms, ratio })
}

/// Times of one start, in milliseconds.
#[derive(Clone, Copy)]
struct Start {
    ready: f64,
    receipt: f64,
}

fn first_receipt(start: impl FnOnce() -> Result<Server, CliError>) -> Result<Start, CliError> {
    let begun = Instant::now();
    let server = start()?;
    let ready = begun.elapsed();
    let signer = PrivateKeySigner::from_bytes(&server.funded)
        .map_err(|error| failed(format!("the funded account's key: {error}")))?;
    let tx = transfer(&signer, CHAIN_ID, 0, RECIPIENT, U256::ONE);
    let mut client = server.connect()?;
    let hash = client.call("eth_sendRawTransaction", &json!([raw(&tx)]))?;
    let params = json!([hash]);
    loop {
        let receipt = client.call("eth_getTransactionReceipt", &params)?;
        if receipt["status"] == "0x1" {
            break;
        }
        if !receipt.is_null() || begun.elapsed() > PATIENCE {
            return Err(failed(format!("no receipt for the first transfer: {receipt}")));
        }
        thread::sleep(POLL);
    }
    let receipt = begun.elapsed();
    server.stop();
    let ms = |time: Duration| time.as_secs_f64() * 1_000.0;
    Ok(Start { ready: ms(ready), receipt: ms(receipt) })
}

impl fmt::Display for StartReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.machine)?;
        let mut line = |name: &str, series: &Series| {
            let Series { median, min, max, runs } = series;
            writeln!(f, "{name:<9} {median:.1} ms ({min:.1} to {max:.1}, {} runs)", runs.len())
        };
        line("gm", &self.gm_ms)?;
        line("- ready", &self.gm_ready_ms)?;
        if let Some(anvil) = &self.anvil_ms {
            line("anvil", anvil)?;
        }
        if let Some(ratio) = &self.ratio {
            writeln!(
                f,
                "ratio     {:.2}, at most {} ({})",
                ratio.value,
                ratio.target,
                ratio.word()
            )?;
        }
        Ok(())
    }
}
