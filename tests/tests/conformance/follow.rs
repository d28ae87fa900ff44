//! op-node and op-geth, given only `genesis.json`, `rollup.json` and the parent's RPC, derive the
//! L2 and the L3 that our sequencer makes: every block hash equal.

use crate::network::PATIENCE;
use crate::traffic::exercise;
use gm_tests::chain::derived_equally;
use gm_tests::gm::Network;
use gm_tests::upstream::{Node, Programs, Role, Rollup};
use std::path::Path;

/// Blocks that upstream must have derived.
const BLOCKS: u64 = 60;

async fn follow(
    programs: &Programs,
    network: &Network,
    tier: &str,
    parent: &str,
    dir: &Path,
) -> Node {
    let rollup = Rollup {
        genesis: network.file(tier, "genesis.json"),
        config: network.file(tier, "rollup.json"),
        parent_genesis: network.file(parent, "genesis.json"),
        parent: network.rpc(parent).url().to_owned(),
    };
    Node::start(programs, &rollup, Role::Verifier, dir).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn upstream_derives_our_l2_and_l3() {
    let programs = Programs::build().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let project = Network::scaffold(dir.path(), "followed", "blank").unwrap();
    let mut network = Network::up(&project, &[]).await.unwrap();
    let (l1, l2, l3) = (network.rpc("l1"), network.rpc("l2"), network.rpc("l3"));
    let l2_node = follow(&programs, &network, "l2", "l1", &dir.path().join("l2")).await;
    let l3_node = follow(&programs, &network, "l3", "l2", &dir.path().join("l3")).await;

    let keys: Vec<_> = (0..8).map(|index| network.key(index)).collect();
    let l2_portal = network.contract("l2", "portal");
    let l3_portal = network.contract("l3", "portal");
    tokio::join!(
        exercise("l2", &l1, l2_portal, &l2, &keys[..4], 5),
        exercise("l3", &l2, l3_portal, &l3, &keys[4..], 5),
    );

    for (ours, theirs) in [(&l2, &l2_node), (&l3, &l3_node)] {
        let number = ours.wait_block("latest", BLOCKS, PATIENCE).await.unwrap();
        derived_equally(ours, theirs.execution(), number, PATIENCE)
            .await
            .unwrap_or_else(|error| panic!("{}", theirs.failure(error.to_string())));
    }
    network.process().stop(PATIENCE).unwrap();
}
