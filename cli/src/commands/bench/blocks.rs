//! `gm bench blocks`: time per block over the size of the state.

mod accounts;

use self::accounts::{Accounts, Random};
use super::{
    Note, failed,
    machine::Machine,
    process::Memory,
    stats::{Goal, Series, mib},
    transfers::{CHAIN_ID, transfer},
};
use crate::error::CliError;
use alloy_eips::Encodable2718;
use alloy_primitives::{B256, Bytes, U256, keccak256};
use clap::Args;
use gm_chain::{
    genesis::{NetworkParams, assemble},
    spec::ChainSpec,
};
use gm_node::{Attributes, Chain, PoolLimits, Storage};
use serde::Serialize;
use std::{
    collections::HashMap,
    env, fmt, fs,
    path::PathBuf,
    time::{Duration, Instant},
};

/// At most so many times the time of the small state.
const TARGET: f64 = 1.5;

/// Blocks before the first that counts: the stores' caches are filled as far as they will be.
const WARM_UP: u32 = 10;

/// Time per block with few accounts and with many, in memory and on disk
#[derive(Debug, Args)]
pub(super) struct BlocksArgs {
    /// Accounts of the small state
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(100..))]
    few: u64,
    /// Accounts of the large state
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(100..))]
    many: u64,
    /// Blocks that are measured
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..))]
    blocks: u32,
    /// Transfers in a block, each from a random account to a random account
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=2000))]
    transfers: u32,
    /// Folder for the stores on disk [default: that for temporary files]
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

#[derive(Debug, Serialize)]
pub(super) struct BlocksReport {
    machine: Machine,
    /// Transfers in a block.
    transfers: u32,
    measurements: Vec<Measurement>,
    /// The large state's time by the small one's, in memory.
    memory_ratio: Goal,
    /// The same on disk.
    disk_ratio: Goal,
}

/// One state in one kind of store.
#[derive(Debug, Serialize)]
struct Measurement {
    accounts: u64,
    storage: &'static str,
    /// Execution and the new state root, in milliseconds a block.
    build_ms: Series,
    /// Writing, in milliseconds a block.
    commit_ms: Series,
    /// Both.
    total_ms: Series,
    /// Opening the chain at its genesis, in milliseconds.
    genesis_ms: f64,
    /// Resident memory of this process afterwards, in MiB.
    resident_mib: f64,
}

/// Measures every combination.
pub(super) fn run(args: &BlocksArgs, note: Note<'_>) -> Result<BlocksReport, CliError> {
    let machine = Machine::before();
    let mut measurements = Vec::new();
    for storage in ["memory", "disk"] {
        for count in [args.few, args.many] {
            note(&format!("{count} accounts in {storage} …"));
            let measured = measure(args, count, storage)?;
            note(&format!(
                "{count} accounts in {storage}: {:.2} ms a block",
                measured.total_ms.median
            ));
            measurements.push(measured);
        }
    }
    let ratio = |first: usize| {
        let time = |index: usize| measurements.get(index).map_or(f64::NAN, |m| m.total_ms.median);
        Goal::at_most(time(first + 1) / time(first), TARGET)
    };
    let (memory_ratio, disk_ratio) = (ratio(0), ratio(2));
    let transfers = args.transfers;
    Ok(BlocksReport { machine: machine.after(), transfers, measurements, memory_ratio, disk_ratio })
}

fn measure(args: &BlocksArgs, count: u64, name: &'static str) -> Result<Measurement, CliError> {
    let accounts = Accounts::new(count);
    let spec = spec(&accounts)?;
    let folder = Folder::new(args.folder.clone().unwrap_or_else(env::temp_dir));
    let storage = match name {
        "disk" => Storage::Disk(folder.0.clone()),
        _ => Storage::Memory,
    };
    let begun = Instant::now();
    let chain = Chain::open(spec, storage, PoolLimits::default());
    let chain = chain.map_err(|error| failed(error.to_string()))?;
    let genesis = begun.elapsed();
    let mut traffic = Traffic { accounts, random: Random::new(7), nonces: HashMap::new() };
    let (mut builds, mut commits, mut totals) = (Vec::new(), Vec::new(), Vec::new());
    for block in 0..WARM_UP + args.blocks {
        traffic.fill(&chain, args.transfers)?;
        let (build, commit) = produce(&chain, args.transfers)?;
        if block >= WARM_UP {
            builds.push(ms(build));
            commits.push(ms(commit));
            totals.push(ms(build + commit));
        }
    }
    let memory = Memory::of(std::process::id());
    Ok(Measurement {
        accounts: count,
        storage: name,
        build_ms: Series::new(builds),
        commit_ms: Series::new(commits),
        total_ms: Series::new(totals),
        genesis_ms: ms(genesis),
        resident_mib: mib(memory.map_or(0, |memory| memory.resident)),
    })
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

/// An L3 as every network has it, with more accounts.
fn spec(accounts: &Accounts) -> Result<ChainSpec, CliError> {
    let mut params = NetworkParams::development(1_700_000_000, "bench", CHAIN_ID);
    params.l3.alloc.extend(accounts.alloc());
    let network = assemble(&params).map_err(|error| failed(error.to_string()))?;
    Ok(network.l3)
}

/// Builds a block from the pool and writes it.
fn produce(chain: &Chain, transfers: u32) -> Result<(Duration, Duration), CliError> {
    let head = chain.head();
    let attributes = Attributes {
        parent: head.hash(),
        timestamp: head.timestamp + chain.spec().block_time,
        prev_randao: keccak256(head.hash()),
        parent_beacon_block_root: B256::ZERO,
        gas_limit: head.gas_limit,
        ..Default::default()
    };
    let begun = Instant::now();
    let built = chain.build(&attributes).map_err(|error| failed(error.to_string()))?;
    let build = begun.elapsed();
    chain.commit(&built).map_err(|error| failed(error.to_string()))?;
    let commit = begun.elapsed() - build;
    let found = built.executed.transactions.len();
    if found != transfers as usize {
        return Err(failed(format!("a block took {found} of {transfers} transfers")));
    }
    Ok((build, commit))
}

/// Transfers between random accounts that exist.
struct Traffic {
    accounts: Accounts,
    random: Random,
    nonces: HashMap<u64, u64>,
}

impl Traffic {
    /// Puts the transfers of one block into the pool.
    fn fill(&mut self, chain: &Chain, transfers: u32) -> Result<(), CliError> {
        for _ in 0..transfers {
            let (from, to) =
                (self.random.below(self.accounts.len()), self.random.below(self.accounts.len()));
            let nonce = self.nonces.entry(from).or_default();
            let signer = Accounts::signer(from);
            let tx = transfer(&signer, CHAIN_ID, *nonce, self.accounts.address(to), U256::ONE);
            *nonce += 1;
            let raw = Bytes::from(tx.encoded_2718());
            chain
                .submit(&raw)
                .map_err(|error| failed(format!("a transfer was refused: {error}")))?;
        }
        Ok(())
    }
}

/// A folder of this run, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(parent: PathBuf) -> Self {
        Self(parent.join(format!("gm-bench-blocks-{}", std::process::id())))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // It is not there for a store in memory.
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl fmt::Display for BlocksReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.machine)?;
        writeln!(f, "traffic   {} transfers a block between random accounts", self.transfers)?;
        for Measurement { accounts, storage, build_ms, commit_ms, total_ms, .. } in
            &self.measurements
        {
            writeln!(
                f,
                "{storage:<7} {accounts:>9} accounts  {:>7.2} ms a block ({:.2} build, {:.2} commit; {:.2} to {:.2})",
                total_ms.median, build_ms.median, commit_ms.median, total_ms.min, total_ms.max
            )?;
        }
        for (name, ratio) in [("memory", &self.memory_ratio), ("disk", &self.disk_ratio)] {
            writeln!(
                f,
                "{name:<7} ratio {:.2}, at most {} ({})",
                ratio.value,
                ratio.target,
                ratio.word()
            )?;
        }
        Ok(())
    }
}
