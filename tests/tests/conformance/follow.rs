//! op-node and op-geth, given only `genesis.json`, `rollup.json` and the parent's RPC, derive the
//! L2 and the L3 that our sequencer makes: every block hash equal. So does a `gm node` that is given
//! no more.

use crate::network::{PATIENCE, all_derive};
use crate::traffic::exercise;
use gm_tests::gm::Network;
use gm_tests::upstream::{Programs, Rollup};

/// Blocks of each rollup that are compared at least.
const BLOCKS: u64 = 60;

fn files(network: &Network, tier: &str, parent: &str) -> Rollup {
    Rollup {
        genesis: network.file(tier, "genesis.json"),
        config: network.file(tier, "rollup.json"),
        parent_genesis: network.file(parent, "genesis.json"),
        parent: network.rpc(parent).url().to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn upstream_derives_what_we_sequence() {
    let programs = Programs::build().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let project = Network::scaffold(dir.path(), "followed", "blank").unwrap();
    let mut network = Network::up(&project, &[]).await.unwrap();
    let [l1, l2, l3] = ["l1", "l2", "l3"].map(|tier| network.rpc(tier));

    let keys: Vec<_> = (0..8).map(|index| network.key(index)).collect();
    let [l2_portal, l3_portal] = ["l2", "l3"].map(|tier| network.contract(tier, "portal"));
    tokio::join!(
        exercise("l2", &l1, l2_portal, &l2, &keys[..4], 5),
        exercise("l3", &l2, l3_portal, &l3, &keys[4..], 5),
    );

    for (tier, parent, leader) in [("l2", "l1", &l2), ("l3", "l2", &l3)] {
        let number = leader.wait_block("latest", BLOCKS, PATIENCE).await.unwrap();
        let (files, dir) = (files(&network, tier, parent), dir.path().join(tier));
        std::fs::create_dir(&dir).unwrap();
        all_derive(&programs, leader, &files, number, &dir).await;
    }
    network.process().stop(PATIENCE).unwrap();
}
