//! A network of upstream programs on the files we assemble. op-node sequences the L2 on op-geth and
//! the L3 on our node through the Engine API; op-batcher posts both. Upstream's verifier and ours
//! derive both, every block hash equal.

use crate::network::{Files, Verifiers, dev_key};
use crate::traffic::exercise;
use gm_chain::genesis::dev_index;
use gm_tests::Rpc;
use gm_tests::upstream::{Batcher, DevL1, Engine, Node, Programs, Role, Rollup};
use std::path::Path;

async fn sequencer(
    programs: &Programs,
    engine: Engine,
    files: &Rollup,
    batcher: usize,
    dir: &Path,
) -> (Node, Batcher) {
    let node = Node::start(programs, files, engine, Role::Sequencer, dir).await.unwrap();
    let (execution, rollup) = (node.execution(), node.rollup());
    let key = dev_key(batcher);
    let batcher = Batcher::start(programs, &files.parent, execution, rollup, key, dir).unwrap();
    (node, batcher)
}

#[tokio::test(flavor = "multi_thread")]
async fn we_derive_what_upstream_sequences() {
    let programs = Programs::build().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let dirs = ["l1", "l2", "l3"].map(|tier| dir.path().join(tier));
    let files = Files::assemble(dir.path());
    let l1 = DevL1::start(&programs, &files.genesis("l1"), 2, &dirs[0]).await.unwrap();
    let l2_files = files.rollup("l2", "l1", l1.rpc().url());
    let (l2, _batcher) =
        sequencer(&programs, Engine::Geth, &l2_files, dev_index::L2_BATCHER, &dirs[1]).await;
    let l3_files = files.rollup("l3", "l2", l2.execution().url());
    let (l3, _batcher) =
        sequencer(&programs, Engine::Gm, &l3_files, dev_index::L3_BATCHER, &dirs[2]).await;

    let keys: Vec<_> = (0..8).map(dev_key).collect();
    let (l2_rpc, l3_rpc): (&Rpc, &Rpc) = (l2.execution(), l3.execution());
    tokio::join!(
        exercise("l2", l1.rpc(), files.portal("l2"), l2_rpc, &keys[..4], 3),
        exercise("l3", l2_rpc, files.portal("l3"), l3_rpc, &keys[4..], 3),
    );

    for (leader, files, dir) in [(l2_rpc, &l2_files, &dirs[1]), (l3_rpc, &l3_files, &dirs[2])] {
        let number = leader.block_number().await.unwrap();
        let verifiers = Verifiers::start(&programs, files, &dir.join("verifiers")).await;
        verifiers.derive(leader, number).await;
    }
}
