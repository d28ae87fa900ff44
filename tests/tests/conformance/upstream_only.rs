//! A whole network of upstream programs on the files we assemble: they accept genesis, contracts
//! and rollup configuration, and agree with each other over the traffic.

use crate::network::{Files, PATIENCE, dev_key};
use crate::traffic::exercise;
use gm_chain::genesis::dev_index;
use gm_tests::Rpc;
use gm_tests::chain::derived_equally;
use gm_tests::upstream::{Batcher, DevL1, Node, Programs, Role};
use std::path::Path;

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

    let keys: Vec<_> = (0..8).map(dev_key).collect();
    let (l2_rpc, l3_rpc) = (l2.execution(), l3.execution());
    tokio::join!(
        exercise("l2", l1.rpc(), files.portal("l2"), l2_rpc, &keys[..4], 3),
        exercise("l3", l2_rpc, files.portal("l3"), l3_rpc, &keys[4..], 3),
    );

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
