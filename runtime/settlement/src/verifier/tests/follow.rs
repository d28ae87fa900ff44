//! What an honest sequencer and batcher make is derived to the hash.

use alloy_primitives::{Bytes, TxKind};
use gm_chain::genesis::dev_index;

use super::harness::*;
use crate::{
    batcher::{BatchKind, frames_to_calldata},
    verifier::Progress,
};

/// Some traffic on a rollup: a transfer, a creation that succeeds, one that fails, large calldata.
fn traffic(net: &gm_node::Chain, round: usize) {
    let to = TxKind::Call(key(8).address());
    send(net, round % 5, to, 1 + round as u64, Bytes::new());
    // PUSH1 1 PUSH1 0 RETURN, and INVALID.
    send(net, 5, TxKind::Create, 0, Bytes::from_static(&[0x60, 1, 0x60, 0, 0xf3]));
    send(net, 6, TxKind::Create, 0, Bytes::from_static(&[0xfe]));
    send(net, 7, to, 0, vec![round as u8; 2_000].into());
}

#[tokio::test]
async fn a_second_node_derives_every_hash() {
    let net = network(100);
    let mut sent = 0;
    for round in 0..24 {
        deposit(&net.l2, &net.l1, 0, 1_000 + round as u64, Bytes::new());
        deposit(&net.l2, &net.l1, 1, 0, vec![1; round].into());
        if round == 7 {
            let call = setGasLimitCall { gasLimit: 50_000_000 };
            let contract = net.network.l2_contracts.system_config;
            let input = alloy_sol_types::SolCall::abi_encode(&call).into();
            send(&net.l1, dev_index::DEPLOYER, TxKind::Call(contract), 0, input);
        }
        traffic(&net.l2, round);
        let head = sequence(&net.l2, &net.l1).await;
        if round % 5 == 4 {
            let kind = if round % 2 == 0 { BatchKind::Span } else { BatchKind::Singular };
            for frame in frames(&net.l2, sent + 1, head.number, kind, 700) {
                post(&net.l2, &net.l1, frames_to_calldata(&[frame]));
            }
            sent = head.number;
        }
        mine(&net.l1);
    }
    assert_eq!(net.l2.head().gas_limit, 50_000_000);
    let (mut verifier, theirs) = verifier(&net.network.l2, &net.l1);
    verifier.catch_up().await.expect("derives");
    assert_eq!(theirs.head().number, sent);
    assert_same(&net.l2, &theirs, sent);
    let status = *verifier.status().borrow();
    assert_eq!(status.safe_l2.number(), sent);
    assert_eq!(status.unsafe_l2, status.safe_l2);
    assert_eq!(status.current_l1.hash, net.l1.head().hash());
}

#[tokio::test]
async fn the_sequencers_own_blocks_become_safe_and_final() {
    let net = network(100);
    for _ in 0..6 {
        traffic(&net.l2, 1);
        sequence(&net.l2, &net.l1).await;
        mine(&net.l1);
    }
    let source = std::sync::Arc::new(crate::parent::LocalParent::new(net.l1.clone()));
    let mut verifier = super::super::Verifier::new(net.l2.clone(), source).expect("configured");
    verifier.catch_up().await.expect("derives");
    assert_eq!(net.l2.heads().safe.number, 0);
    let head = net.l2.head();
    post_blocks(&net.l2, &net.l1, 1, 6);
    let included = mine(&net.l1);
    let mut consolidated = 0;
    loop {
        match verifier.step().await.expect("derives") {
            Progress::Consolidated(_) => consolidated += 1,
            Progress::Derived(block) => panic!("rebuilt {block:?}"),
            Progress::Working => {}
            Progress::Idle => break,
        }
    }
    assert_eq!(consolidated, 6);
    assert_eq!(net.l2.head().hash(), head.hash());
    assert_eq!(net.l2.heads().safe.hash, head.hash());
    assert_eq!(net.l2.heads().finalized.number, 0);

    net.l1.label(Some(included.hash()), Some(included.hash())).expect("canonical");
    verifier.catch_up().await.expect("derives");
    assert_eq!(net.l2.heads().finalized.hash, head.hash());
    let status = *verifier.status().borrow();
    assert_eq!(status.finalized_l1.hash, included.hash());
    assert_eq!(status.finalized_l2.hash(), head.hash());
}

#[tokio::test]
async fn an_l3_is_derived_from_an_l2_with_deposits() {
    let net = network(100);
    let mut sent = 0;
    for round in 0..12 {
        // Deposits to the L2 in the same blocks as deposits to the L3: two kinds of log index.
        deposit(&net.l2, &net.l1, 0, 5, Bytes::new());
        deposit(&net.l3, &net.l2, 1, 7, Bytes::new());
        deposit(&net.l3, &net.l2, 2, 0, vec![9; 100].into());
        traffic(&net.l3, round);
        mine(&net.l1);
        sequence(&net.l2, &net.l1).await;
        let head = sequence(&net.l3, &net.l2).await;
        if round % 4 == 3 {
            post_blocks(&net.l3, &net.l2, sent + 1, head.number);
            sent = head.number;
        }
    }
    sequence(&net.l2, &net.l1).await;
    let (mut verifier, theirs) = verifier(&net.network.l3, &net.l2);
    verifier.catch_up().await.expect("derives");
    assert_eq!(theirs.head().number, sent);
    assert_same(&net.l3, &theirs, sent);
    let balance = theirs.state_after(&theirs.head().block).account(key(9).address());
    let deposited =
        balance.expect("readable").expect("funded").balance - gm_chain::genesis::DEV_BALANCE;
    // Deposits of the last epochs are still on their way.
    assert!(deposited >= alloy_primitives::U256::from(7 * 8), "{deposited}");
}

#[tokio::test]
async fn empty_epochs_are_filled_when_the_window_has_passed() {
    let net = network(4);
    for _ in 0..12 {
        deposit(&net.l2, &net.l1, 0, 5, Bytes::new());
        mine(&net.l1);
    }
    let (mut verifier, theirs) = verifier(&net.network.l2, &net.l1);
    verifier.catch_up().await.expect("derives");
    // Every epoch whose window has passed, one block each, with its deposit.
    assert!(theirs.head().number >= 7, "{}", theirs.head().number);
    assert_eq!(theirs.heads().safe.hash, theirs.head().hash());
    assert_eq!(theirs.head().transactions.len(), 2);

    // A sequencer whose batches come too late has to follow.
    for _ in 0..20 {
        sequence(&net.l2, &net.l1).await;
    }
    let source = std::sync::Arc::new(crate::parent::LocalParent::new(net.l1.clone()));
    let mut own = super::super::Verifier::new(net.l2.clone(), source).expect("configured");
    own.catch_up().await.expect("derives");
    assert_same(&net.l2, &theirs, theirs.head().number);
}

#[tokio::test]
async fn a_restart_takes_up_where_it_was() {
    let net = network(100);
    for _ in 0..10 {
        sequence(&net.l2, &net.l1).await;
        mine(&net.l1);
    }
    post_blocks(&net.l2, &net.l1, 1, 5);
    mine(&net.l1);
    let (mut first, theirs) = verifier(&net.network.l2, &net.l1);
    first.catch_up().await.expect("derives");
    assert_eq!(theirs.head().number, 5);
    drop(first);
    post_blocks(&net.l2, &net.l1, 6, 10);
    mine(&net.l1);
    let source = std::sync::Arc::new(crate::parent::LocalParent::new(net.l1.clone()));
    let mut second = super::super::Verifier::new(theirs.clone(), source).expect("configured");
    let mut derived = 0;
    loop {
        match second.step().await.expect("derives") {
            Progress::Derived(_) => derived += 1,
            Progress::Idle => break,
            _ => assert!(theirs.heads().safe.number >= 5, "safe blocks stay safe"),
        }
    }
    assert_eq!(derived, 5);
    assert_same(&net.l2, &theirs, 10);
}

#[tokio::test]
async fn a_reorganised_parent_is_followed() {
    let net = network(100);
    for _ in 0..4 {
        sequence(&net.l2, &net.l1).await;
        mine(&net.l1);
    }
    let fork = net.l1.head().hash();
    post_blocks(&net.l2, &net.l1, 1, 4);
    mine(&net.l1);
    deposit(&net.l2, &net.l1, 0, 5, Bytes::new());
    mine(&net.l1);
    sequence(&net.l2, &net.l1).await;
    sequence(&net.l2, &net.l1).await;
    let source = std::sync::Arc::new(crate::parent::LocalParent::new(net.l1.clone()));
    let mut own = super::super::Verifier::new(net.l2.clone(), source).expect("configured");
    let (mut other, theirs) = verifier(&net.network.l2, &net.l1);
    own.catch_up().await.expect("derives");
    other.catch_up().await.expect("derives");
    assert_eq!(net.l2.heads().safe.number, 4);
    assert_eq!(theirs.heads().safe.number, 4);
    let before = net.l2.head();

    // The blocks with the batch and the last origins are gone; their transactions come again
    // later, since the pool takes them back.
    let mut tip = mine_on(&net.l1, fork, 1).hash();
    for salt in 2..5 {
        tip = mine_on(&net.l1, tip, salt).hash();
    }
    own.catch_up().await.expect("derives");
    other.catch_up().await.expect("derives");
    assert_ne!(net.l2.head().hash(), before.hash());
    for _ in 0..4 {
        sequence(&net.l2, &net.l1).await;
    }
    let head = net.l2.head().number;
    post_blocks(&net.l2, &net.l1, 1, head);
    mine(&net.l1);
    own.catch_up().await.expect("derives");
    other.catch_up().await.expect("derives");
    assert_same(&net.l2, &theirs, head);
    assert_eq!(theirs.heads().safe.number, head);
    assert_eq!(net.l2.heads().safe.number, head);
}
