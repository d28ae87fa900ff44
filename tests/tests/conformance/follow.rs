//! op-node and op-geth, given only `genesis.json`, `rollup.json` and the parent's RPC, derive the
//! L2 and the L3 that our sequencer makes, every block hash equal: live, through a reorganisation of
//! the L1 and an outage of the batchers, and again from nothing. So does a `gm node` that is given no
//! more.

use crate::network::{PATIENCE, Verifiers};
use crate::traffic::exercise_for;
use alloy_primitives::B256;
use gm_tests::gm::Network;
use gm_tests::upstream::{Programs, Rollup};
use gm_tests::{Rpc, wait};
use serde_json::json;
use std::ops::ControlFlow;

/// Blocks of the L3 that are compared at least.
const BLOCKS: u64 = 1_000;
/// Blocks of the L1 that are replaced.
const REORG: u64 = 4;
/// Blocks of each parent without a batch: more than a channel may stay open for (50).
const OUTAGE: u64 = 60;

/// A running network and the accounts that the traffic uses.
struct Tiers {
    network: Network,
    l1: Rpc,
    l2: Rpc,
    l3: Rpc,
    keys: Vec<B256>,
}

impl Tiers {
    fn files(&self, tier: &str, parent: &str) -> Rollup {
        Rollup {
            genesis: self.network.file(tier, "genesis.json"),
            config: self.network.file(tier, "rollup.json"),
            parent_genesis: self.network.file(parent, "genesis.json"),
            parent: self.network.rpc(parent).url().to_owned(),
        }
    }

    /// Traffic on both rollups until each has made `blocks` more.
    async fn exercise(&self, blocks: u64) {
        let [l2, l3] = ["l2", "l3"].map(|tier| self.network.contract(tier, "portal"));
        tokio::join!(
            exercise_for("l2", &self.l1, l2, &self.l2, &self.keys[..4], blocks / 2),
            exercise_for("l3", &self.l2, l3, &self.l3, &self.keys[4..], blocks),
        );
    }

    async fn batchers(&self, method: &str) {
        for rollup in [&self.l2, &self.l3] {
            rollup.call(method, json!([])).await.unwrap();
        }
    }

    /// Replaces blocks of the L1 and waits until both rollups stand on the new ones.
    async fn reorg(&self) {
        self.l1.call("gm_reorg", json!([REORG])).await.unwrap();
        for (rollup, parent) in [(&self.l2, &self.l1), (&self.l3, &self.l2)] {
            wait::until("the rollup to stand on the new blocks", PATIENCE, || async {
                let status = rollup.call("optimism_syncStatus", json!([])).await?;
                let origin = &status["unsafe_l2"]["l1origin"];
                let number = format!("{:#x}", origin["number"].as_u64().unwrap());
                let block = parent.block(&number).await?;
                Ok(match block {
                    Some(block) if block["hash"] == origin["hash"] => ControlFlow::Break(()),
                    _ => ControlFlow::Continue(format!("origin {origin}")),
                })
            })
            .await
            .unwrap();
        }
    }

    /// Traffic while no batch is posted, for longer than a channel may stay open.
    async fn outage(&self) {
        self.batchers("admin_stopBatcher").await;
        self.exercise(OUTAGE).await;
        for parent in [&self.l1, &self.l2] {
            parent.call("gm_mine", json!([OUTAGE])).await.unwrap();
        }
        self.batchers("admin_startBatcher").await;
    }
}

/// A network whose L1 can be reorganised.
async fn up(dir: &std::path::Path) -> Tiers {
    let project = Network::scaffold(dir, "followed", "blank").unwrap();
    let file = project.join("gm.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    let deep = text.replace("\nnetwork:\n", "\nnetwork:\n  finality_depth: 8\n");
    std::fs::write(&file, deep).unwrap();
    let network = Network::up(&project, &["--clock", "instant"]).await.unwrap();
    let [l1, l2, l3] = ["l1", "l2", "l3"].map(|tier| network.rpc(tier));
    let keys = (0..8).map(|index| network.key(index)).collect();
    Tiers { network, l1, l2, l3, keys }
}

#[tokio::test(flavor = "multi_thread")]
async fn upstream_derives_what_we_sequence() {
    let programs = Programs::build().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let mut tiers = up(dir.path()).await;
    let files = [tiers.files("l2", "l1"), tiers.files("l3", "l2")];
    let dirs = ["l2", "l3"].map(|tier| dir.path().join(tier));
    let live = [
        Verifiers::start(&programs, &files[0], &dirs[0].join("live")).await,
        Verifiers::start(&programs, &files[1], &dirs[1].join("live")).await,
    ];

    tiers.exercise(BLOCKS / 4).await;
    tiers.reorg().await;
    tiers.outage().await;
    let made = tiers.l3.block_number().await.unwrap();
    tiers.exercise(BLOCKS.saturating_sub(made)).await;

    for (index, leader) in [&tiers.l2, &tiers.l3].into_iter().enumerate() {
        let number = leader.block_number().await.unwrap();
        live[index].derive(leader, number).await;
        let late = Verifiers::start(&programs, &files[index], &dirs[index].join("late")).await;
        late.derive(leader, number).await;
    }
    assert!(tiers.l3.number_of("safe").await.unwrap() >= BLOCKS);
    tiers.network.process().stop(PATIENCE).unwrap();
}
