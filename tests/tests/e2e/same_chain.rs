//! A verifier that holds only a rollup's two files and its parent's address derives the very chain
//! that the sequencer made: through all kinds of traffic, a parent reorganisation, an outage of the
//! batcher and empty epochs.

use crate::support::{PATIENCE, Verifier};
use gm_tests::gm::Network;
use gm_tests::rpc::quantity;
use gm_tests::traffic::{Deposits, Traffic};
use gm_tests::{Rpc, wait};
use serde_json::json;
use std::ops::ControlFlow;
use std::path::Path;

/// Blocks of the Layer 3 that must be derived.
const BLOCKS: u64 = 1_000;
/// Blocks of the Layer 1 that are replaced.
const REORG: u64 = 4;
/// Blocks of the parent without a batch: more than a channel may stay open for (50).
const OUTAGE: u64 = 60;

/// The tiers of a running network.
struct Tiers {
    network: Network,
    l1: Rpc,
    l2: Rpc,
    l3: Rpc,
}

impl Tiers {
    /// A network whose Layer 1 can be reorganised.
    async fn up(dir: &Path) -> Self {
        let project = Network::scaffold(dir, "derived", "blank").unwrap();
        let file = project.join("gm.yaml");
        let text = std::fs::read_to_string(&file).unwrap();
        let deep = text.replace("\nnetwork:\n", "\nnetwork:\n  finality_depth: 8\n");
        assert_ne!(deep, text, "gm.yaml has a network section");
        std::fs::write(&file, deep).unwrap();
        let network = Network::up(&project, &["--clock", "instant"]).await.unwrap();
        let [l1, l2, l3] = ["l1", "l2", "l3"].map(|tier| network.rpc(tier));
        Self { network, l1, l2, l3 }
    }

    /// Sends traffic and deposits to both rollups until the Layer 3 has `number` blocks. `seed` tells
    /// the accounts of one call from those of another.
    async fn traffic_until(&self, number: u64, seed: u64) {
        // A deposit counts up its sender's nonce on the rollup too: no account sends on two tiers.
        let key = |index| self.network.key(index);
        let (l2, l3) =
            (self.network.contract("l2", "portal"), self.network.contract("l3", "portal"));
        let mut to_l3 = Deposits::new(self.l2.clone(), l3, &[key(0), key(1)], seed).await.unwrap();
        let mut to_l2 = Deposits::new(self.l1.clone(), l2, &[key(5)], seed).await.unwrap();
        let mut on_l3 = Traffic::new(self.l3.clone(), &[key(2), key(3)], true, seed).await.unwrap();
        let mut on_l2 = Traffic::new(self.l2.clone(), &[key(4)], true, seed).await.unwrap();
        while self.l3.block_number().await.unwrap() < number {
            to_l2.burst(3).await.unwrap();
            to_l3.burst(6).await.unwrap();
            on_l2.burst(5).await.unwrap();
            for _ in 0..6 {
                on_l3.burst(4).await.unwrap();
                // The next ones into other blocks.
                let last = on_l3.sent().last().unwrap().hash;
                self.l3.wait_receipt(last, PATIENCE).await.unwrap();
            }
        }
        let (sent, below) = (on_l3.settle().await.unwrap(), on_l2.settle().await.unwrap());
        let deposits = [to_l3.settle().await.unwrap(), to_l2.settle().await.unwrap()];
        println!("l3: {sent:?}\nl2: {below:?}\ndeposits: {deposits:?}");
    }

    /// Replaces blocks of the Layer 1 and waits until both rollups stand on the new ones.
    async fn reorg(&self) {
        let head = self.l1.block_number().await.unwrap();
        let dropped = self.l1.block_hashes(head..=head).await.unwrap();
        self.l1.call("gm_reorg", json!([REORG])).await.unwrap();
        assert_ne!(self.l1.block_hashes(head..=head).await.unwrap(), dropped);
        for (rollup, parent) in [(&self.l2, &self.l1), (&self.l3, &self.l2)] {
            wait::until("the rollup to stand on the new blocks", PATIENCE, || async {
                Ok(match origin_is_canonical(rollup, parent).await? {
                    true => ControlFlow::Break(()),
                    false => ControlFlow::Continue("its origin is a block that was dropped"),
                })
            })
            .await
            .unwrap();
        }
    }

    /// Sends traffic while no batch is posted, for longer than a channel may stay open.
    async fn outage(&self) {
        for rollup in [&self.l2, &self.l3] {
            rollup.call("admin_stopBatcher", json!([])).await.unwrap();
        }
        let before = self.l2.block_number().await.unwrap();
        let number = self.l3.block_number().await.unwrap();
        self.traffic_until(number + 100, 2).await;
        for parent in [&self.l1, &self.l2] {
            parent.call("gm_mine", json!([OUTAGE])).await.unwrap();
        }
        assert!(self.l2.block_number().await.unwrap() >= before + OUTAGE);
        for rollup in [&self.l2, &self.l3] {
            rollup.call("admin_startBatcher", json!([])).await.unwrap();
        }
    }

    /// Epochs without a transaction, on both rollups.
    async fn empty_epochs(&self) {
        for _ in 0..5 {
            for chain in [&self.l1, &self.l2, &self.l3] {
                chain.call("gm_mine", json!([3])).await.unwrap();
            }
        }
    }
}

/// Whether the newest block of a rollup stands on a block that its parent has.
async fn origin_is_canonical(rollup: &Rpc, parent: &Rpc) -> gm_tests::Result<bool> {
    let status = rollup.call("optimism_syncStatus", json!([])).await?;
    let origin = &status["unsafe_l2"]["l1origin"];
    let number = format!("{:#x}", origin["number"].as_u64().unwrap());
    let block = parent.call("eth_getBlockByNumber", json!([number, false])).await?;
    Ok(block["hash"] == origin["hash"])
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_chain_is_derived() {
    let dir = tempfile::tempdir().unwrap();
    let mut tiers = Tiers::up(dir.path()).await;
    // These two see everything happen, the two below come to it afterwards.
    let live_dir = dir.path().join("live");
    std::fs::create_dir(&live_dir).unwrap();
    let live = [
        Verifier::start(&tiers.network, "l2", &tiers.l1, &live_dir).await,
        Verifier::start(&tiers.network, "l3", &tiers.l2, &live_dir).await,
    ];

    tiers.traffic_until(BLOCKS / 4, 1).await;
    tiers.reorg().await;
    tiers.outage().await;
    tiers.empty_epochs().await;
    tiers.traffic_until(BLOCKS, 3).await;

    for (live, (tier, rollup, parent)) in
        live.iter().zip([("l2", &tiers.l2, &tiers.l1), ("l3", &tiers.l3, &tiers.l2)])
    {
        let number = rollup.block_number().await.unwrap();
        live.derives(rollup, number).await;
        let late = Verifier::start(&tiers.network, tier, parent, dir.path()).await;
        late.derives(rollup, number).await;
        println!("{tier}: {number} blocks derived");
        assert!(tier == "l2" || number >= BLOCKS);
        let origin = rollup.call("eth_getBlockByNumber", json!(["safe", false])).await.unwrap();
        assert!(quantity(&origin["number"]).unwrap() >= number);
    }
    tiers.network.process().stop(PATIENCE).unwrap();
}
