//! The whole traffic for one rollup.

use alloy_primitives::{Address, B256};
use gm_tests::Rpc;
use gm_tests::traffic::{Deposits, Traffic};

/// Sends everything the traffic has to `rollup`, from its users and from its parent, waits for it,
/// and checks each outcome. `keys` are four accounts that nobody else uses: two of the rollup, two of
/// the parent.
pub(crate) async fn exercise(
    tier: &str,
    parent: &Rpc,
    portal: Address,
    rollup: &Rpc,
    keys: &[B256],
    rounds: usize,
) {
    let mut traffic = Traffic::new(rollup.clone(), &keys[..2], true, 7).await.unwrap();
    let mut deposits = Deposits::new(parent.clone(), portal, &keys[2..], 8).await.unwrap();
    for _ in 0..rounds {
        deposits.burst(4).await.unwrap();
        traffic.burst(20).await.unwrap();
        traffic.settle().await.unwrap();
        deposits.settle().await.unwrap();
    }
    let (sent, deposited) = (traffic.settle().await.unwrap(), deposits.settle().await.unwrap());
    println!("{tier}: {sent:?}, {deposited} deposits");
}

/// As [`exercise`], in small portions until the rollup has made `blocks` more.
pub(crate) async fn exercise_for(
    tier: &str,
    parent: &Rpc,
    portal: Address,
    rollup: &Rpc,
    keys: &[B256],
    blocks: u64,
) {
    let target = rollup.block_number().await.unwrap() + blocks;
    let mut traffic = Traffic::new(rollup.clone(), &keys[..2], true, target).await.unwrap();
    let mut deposits = Deposits::new(parent.clone(), portal, &keys[2..], target).await.unwrap();
    while rollup.block_number().await.unwrap() < target {
        deposits.burst(4).await.unwrap();
        for _ in 0..6 {
            traffic.burst(4).await.unwrap();
            // The next ones go into other blocks.
            traffic.settle().await.unwrap();
        }
    }
    let (sent, deposited) = (traffic.settle().await.unwrap(), deposits.settle().await.unwrap());
    println!("{tier}: {sent:?}, {deposited} deposits");
}
