//! A network of upstream programs on the files we assemble. op-node sequences the L2 on op-geth and
//! the L3 on our node through the Engine API; op-batcher posts both. Upstream's verifier and ours
//! derive both, every block hash equal. op-proposer opens a dispute game with the L2's output.

use crate::network::{Files, PATIENCE, Verifiers, dev_key};
use crate::traffic::exercise;
use alloy_primitives::{Address, hex};
use alloy_sol_types::{SolCall as _, sol};
use gm_chain::genesis::dev_index;
use gm_tests::upstream::{Batcher, DevL1, Engine, Node, Programs, Proposer, Role, Rollup};
use gm_tests::wait;
use gm_tests::{Result, Rpc};
use serde_json::json;
use std::ops::ControlFlow;
use std::path::Path;

sol! {
    function gameCount() external view returns (uint256 count);
}

/// Portions of traffic, each of which takes some blocks.
const ROUNDS: usize = 8;
/// Type of the permissioned dispute game.
const PERMISSIONED: u32 = 1;

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

/// Waits until `factory` on `parent` has a dispute game.
async fn games_of(parent: &Rpc, factory: Address) -> Result<()> {
    let call = json!([{ "to": factory, "data": hex::encode_prefixed(gameCountCall {}.abi_encode()) }, "latest"]);
    wait::until("op-proposer to open a dispute game", PATIENCE, || async {
        let count = parent.call("eth_call", call.clone()).await?;
        let none = count
            .as_str()
            .is_none_or(|count| count.trim_start_matches("0x").trim_start_matches('0').is_empty());
        Ok(if none { ControlFlow::Continue(count) } else { ControlFlow::Break(()) })
    })
    .await
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
    let factory = files.network.l2_contracts.dispute_game_factory;
    let key = dev_key(dev_index::L2_PROPOSER);
    let (l1_url, l2_node) = (l1.rpc().url(), l2.rollup());
    let mut proposer =
        Proposer::start(&programs, l1_url, l2_node, factory, PERMISSIONED, key, &dirs[1]).unwrap();
    let l3_files = files.rollup("l3", "l2", l2.execution().url());
    let (l3, _batcher) =
        sequencer(&programs, Engine::Gm, &l3_files, dev_index::L3_BATCHER, &dirs[2]).await;

    let keys: Vec<_> = (0..8).map(dev_key).collect();
    let (l2_rpc, l3_rpc): (&Rpc, &Rpc) = (l2.execution(), l3.execution());
    tokio::join!(
        exercise("l2", l1.rpc(), files.portal("l2"), l2_rpc, &keys[..4], ROUNDS),
        exercise("l3", l2_rpc, files.portal("l3"), l3_rpc, &keys[4..], ROUNDS),
    );

    games_of(l1.rpc(), factory).await.unwrap();
    proposer.check().unwrap();

    for (leader, files, dir) in [(l2_rpc, &l2_files, &dirs[1]), (l3_rpc, &l3_files, &dirs[2])] {
        let number = leader.block_number().await.unwrap();
        let verifiers = Verifiers::start(&programs, files, &dir.join("verifiers")).await;
        verifiers.derive(leader, number).await;
    }
}
