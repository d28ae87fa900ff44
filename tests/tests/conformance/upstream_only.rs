//! A whole network of upstream programs on the files we assemble: they accept genesis, contracts
//! and rollup configuration, and agree with each other over the traffic.

use crate::network::{Files, PATIENCE, dev_key};
use gm_chain::genesis::dev_index;
use gm_tests::Rpc;
use gm_tests::chain::derived_equally;
use gm_tests::traffic::{Deposits, Traffic};
use gm_tests::upstream::{Batcher, DevL1, Node, Programs, Role};
use std::path::Path;

/// Sends everything the traffic has to a rollup, from users and from its parent.
async fn exercise(
    parent: &Rpc,
    files: &Files,
    tier: &str,
    rollup: &Rpc,
    users: [usize; 4],
    rounds: usize,
) {
    let [a, b, c, d] = users.map(dev_key);
    let mut traffic = Traffic::new(rollup.clone(), &[a, b], true, 7).await.unwrap();
    let mut deposits = Deposits::new(parent.clone(), files.portal(tier), &[c, d], 8).await.unwrap();
    for _ in 0..rounds {
        deposits.burst(4).await.unwrap();
        traffic.burst(20).await.unwrap();
        traffic.settle().await.unwrap();
        deposits.settle().await.unwrap();
    }
    println!(
        "{tier}: {:?}, {} deposits",
        traffic.settle().await.unwrap(),
        deposits.settle().await.unwrap()
    );
}

async fn sequencer(
    programs: &Programs,
    files: &Files,
    tier: &str,
    parent_tier: &str,
    parent: &Rpc,
    dir: &Path,
) -> (Node, Batcher) {
    let rollup = files.rollup(tier, parent_tier, parent.url());
    let dir = dir.join(format!("{tier}-sequencer"));
    let node = Node::start(programs, &rollup, Role::Sequencer, &dir).await.unwrap();
    let key = dev_key(if tier == "l2" { dev_index::L2_BATCHER } else { dev_index::L3_BATCHER });
    let batcher =
        Batcher::start(programs, parent.url(), node.execution(), node.rollup(), key, &dir).unwrap();
    (node, batcher)
}

#[tokio::test(flavor = "multi_thread")]
async fn upstream_runs_the_assembled_network() {
    let programs = Programs::build().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let files = Files::assemble(dir.path());
    let l1 =
        DevL1::start(&programs, &files.genesis("l1"), 2, &dir.path().join("l1")).await.unwrap();
    let (l2, _l2_batcher) = sequencer(&programs, &files, "l2", "l1", l1.rpc(), dir.path()).await;
    let (l3, _l3_batcher) =
        sequencer(&programs, &files, "l3", "l2", l2.execution(), dir.path()).await;

    exercise(l1.rpc(), &files, "l2", l2.execution(), [0, 1, 2, 3], 3).await;
    exercise(l2.execution(), &files, "l3", l3.execution(), [4, 5, 6, 7], 3).await;

    for (tier, parent_tier, parent, node) in
        [("l2", "l1", l1.rpc(), &l2), ("l3", "l2", l2.execution(), &l3)]
    {
        let target = node.execution().block_number().await.unwrap();
        let rollup = files.rollup(tier, parent_tier, parent.url());
        let dir = dir.path().join(format!("{tier}-verifier"));
        let verifier = Node::start(&programs, &rollup, Role::Verifier, &dir).await.unwrap();
        derived_equally(node.execution(), verifier.execution(), target, PATIENCE)
            .await
            .unwrap_or_else(|error| panic!("{}", verifier.failure(error.to_string())));
    }
}
