//! Killed at random points under load: no block that a client saw is missing, sequencing and
//! batching go on, and what was made can be derived.
//!
//! `GM_KILLS` sets how often (50), `GM_SEED` where (1):
//!
//! ```text
//! GM_KILLS=1000 cargo test --release -p gm-tests --test e2e no_loss
//! ```

use crate::support::{PATIENCE, Verifier};
use alloy_primitives::{Address, B256, Bytes, TxKind, U256};
use alloy_provider::{Provider as _, RootProvider};
use alloy_sol_types::{SolCall as _, sol};
use futures::StreamExt as _;
use gm_tests::gm::{self, Network};
use gm_tests::process::Process;
use gm_tests::traffic::Sender;
use gm_tests::{Error, Result, Rpc};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::JoinSet;

sol! {
    function depositTransaction(address to, uint256 value, uint64 gasLimit, bool isCreation, bytes data) external payable;
}

const TIERS: [&str; 3] = ["l1", "l2", "l3"];
/// Wei per gas that the load counts with; what it pays is the chain's own.
const BASE_FEE: u128 = 1_000_000_000;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

/// What clients were told of one chain: the hash of each block, by its number.
#[derive(Clone, Debug, Default)]
struct Seen(Arc<Mutex<BTreeMap<u64, B256>>>);

impl Seen {
    /// Notes a block.
    ///
    /// # Panics
    /// When a client was told of another block of this number.
    fn note(&self, number: u64, hash: B256) {
        let before = self.0.lock().unwrap().insert(number, hash);
        assert!(before.is_none_or(|before| before == hash), "two blocks {number} were announced");
    }

    fn last(&self) -> u64 {
        self.0.lock().unwrap().keys().next_back().copied().unwrap_or_default()
    }

    /// Checks that `rpc` has every block from `from` on that was seen.
    async fn check(&self, rpc: &Rpc, from: u64) {
        let seen: Vec<_> = self.0.lock().unwrap().range(from..).map(|(n, h)| (*n, *h)).collect();
        let Some((last, _)) = seen.last() else { return };
        let hashes = rpc.block_hashes(from..=*last).await.unwrap();
        for (number, hash) in &seen {
            let found = hashes[usize::try_from(number - from).unwrap()];
            assert_eq!(found, *hash, "block {number} at {}", rpc.url());
        }
    }
}

/// Notes every head that `eth_subscribe` announces, until the connection ends.
async fn watch(ws: String, seen: Seen) {
    let Ok(provider) = RootProvider::<alloy_network::Ethereum>::connect(&ws).await else { return };
    let Ok(subscription) = provider.subscribe_blocks().await else { return };
    let mut heads = subscription.into_stream();
    while let Some(head) = heads.next().await {
        seen.note(head.number, head.hash);
    }
}

/// Something that is sent again and again.
#[derive(Clone, Copy, Debug)]
enum Load {
    Transfers,
    /// Deposits through this portal.
    Deposits(Address),
}

/// Sends until the node is gone. Every fifth receipt is waited for, and its block noted.
async fn press(rpc: Rpc, key: B256, load: Load, seen: Seen) -> Result<()> {
    let id = rpc.wait_ready(PATIENCE).await?;
    let mut sender = Sender::new(&rpc, id, key).await?;
    for index in 1_u64.. {
        let raw = match load {
            Load::Transfers => {
                let to = Address::from_word(U256::from(index).into());
                sender.dynamic(TxKind::Call(to), U256::ONE, Bytes::new(), 21_000, BASE_FEE)?
            }
            Load::Deposits(portal) => {
                let call = depositTransactionCall {
                    to: Address::from_word(U256::from(index).into()),
                    value: U256::ONE,
                    gasLimit: 100_000,
                    isCreation: false,
                    data: Bytes::new(),
                };
                let input = call.abi_encode().into();
                sender.dynamic(TxKind::Call(portal), U256::ONE, input, 1_000_000, BASE_FEE)?
            }
        };
        let hash = rpc.send_raw(&raw).await?;
        if index % 5 == 0 {
            let receipt = rpc.wait_receipt(hash, PATIENCE).await?;
            let number = gm_tests::rpc::quantity(&receipt["blockNumber"])?;
            seen.note(number, serde_json::from_value(receipt["blockHash"].clone()).unwrap());
        }
    }
    Ok(())
}

/// Load on every tier of `network`, and a subscriber on each. Ends when it is dropped; fails
/// when a node refuses what it was sent.
fn start_load(network: &Network, seen: &[Seen; 3]) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    for (tier, seen) in TIERS.iter().zip(seen) {
        tasks.spawn(watch(network.chain(tier).ws.clone(), seen.clone()));
    }
    let deposits = |tier| Load::Deposits(network.contract(tier, "portal"));
    for (index, (tier, load)) in [
        (2, Load::Transfers),
        (2, Load::Transfers),
        (1, Load::Transfers),
        (1, deposits("l3")),
        (0, deposits("l2")),
    ]
    .into_iter()
    .enumerate()
    {
        let press = press(network.rpc(TIERS[tier]), network.key(index), load, seen[tier].clone());
        tasks.spawn(async move {
            match press.await {
                // The node was killed.
                Ok(()) | Err(Error::Transport { .. }) => {}
                Err(error) => panic!("the load failed: {error}"),
            }
        });
    }
    tasks
}

/// Ends the tasks, and panics if one has.
async fn finish(mut tasks: JoinSet<()>) {
    tasks.abort_all();
    while let Some(ended) = tasks.join_next().await {
        if let Err(error) = ended
            && error.is_panic()
        {
            std::panic::resume_unwind(error.into_panic());
        }
    }
}

/// Starts the project and kills it before or soon after it is ready.
async fn killed_at_start(project: &Path, flags: &[&str], after: Duration) {
    let mut up = gm::command(project).unwrap();
    up.args(["up", "--json", "--port", "0"]).args(flags);
    let mut process = Process::spawn("gm up", up, &project.with_extension("start.log")).unwrap();
    tokio::time::sleep(after).await;
    process.kill();
}

async fn survive(clock: &str, kills: u64, pause: Range<u64>) {
    let seed = setting("GM_SEED", 1);
    println!("{clock}: {kills} kills, seed {seed}");
    let mut rng = StdRng::seed_from_u64(seed);
    let dir = tempfile::tempdir().unwrap();
    let project = Network::scaffold(dir.path(), "killed", "blank").unwrap();
    let flags = ["--clock", clock];
    let seen: [Seen; 3] = Default::default();
    for kill in 0..=kills {
        let before = seen.each_ref().map(Seen::last);
        let mut network = Network::up(&project, &flags).await.unwrap();
        for ((tier, seen), before) in TIERS.iter().zip(&seen).zip(before) {
            seen.check(&network.rpc(tier), before.saturating_sub(500)).await;
        }
        let load = start_load(&network, &seen);
        if kill == kills || rng.random_bool(0.75) {
            for (tier, before) in TIERS.iter().zip(before) {
                network.rpc(tier).wait_block("latest", before + 1, PATIENCE).await.unwrap();
            }
        }
        if kill == kills {
            finish(load).await;
            derived(&network, &seen, dir.path()).await;
            network.process().stop(PATIENCE).unwrap();
            return;
        }
        tokio::time::sleep(Duration::from_millis(rng.random_range(pause.clone()))).await;
        network.process().kill();
        finish(load).await;
        if rng.random_bool(0.2) {
            let after = Duration::from_millis(rng.random_range(0..300));
            killed_at_start(&project, &flags, after).await;
        }
    }
}

/// Every block that was seen is there, is batched, and is derived by a new verifier.
async fn derived(network: &Network, seen: &[Seen; 3], dir: &Path) {
    for (tier, seen) in TIERS.iter().zip(seen) {
        seen.check(&network.rpc(tier), 0).await;
    }
    let (l1, l2, l3) = (network.rpc("l1"), network.rpc("l2"), network.rpc("l3"));
    for (tier, rollup, parent, seen) in [("l2", &l2, &l1, &seen[1]), ("l3", &l3, &l2, &seen[2])] {
        rollup.wait_block("safe", seen.last(), PATIENCE).await.unwrap();
        let verifier = Verifier::start(network, tier, parent, dir).await;
        verifier.derives(rollup, seen.last()).await;
        println!("{tier}: {} blocks derived", seen.last());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_loss_with_the_instant_clock() {
    survive("instant", setting("GM_KILLS", 50), 0..400).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_loss_with_the_interval_clock() {
    survive("interval", setting("GM_KILLS", 50) / 5, 0..2500).await;
}
