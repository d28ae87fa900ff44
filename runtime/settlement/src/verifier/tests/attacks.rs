//! What a careless or hostile batcher, or a stranger, puts into the inbox.

use alloy_consensus::Sealable;
use alloy_eips::Encodable2718;
use alloy_primitives::{Address, B256, Bytes, TxKind, U256};
use alloy_rlp::Encodable;
use kona_protocol::SingleBatch;
use op_alloy_consensus::TxDeposit;

use super::harness::*;
use crate::{
    batcher::{Frame, frames_to_calldata},
    derive::L2BlockRef,
    verifier::{Verifier, l2_head},
};

/// A network with `n` blocks on the L2, one to an origin.
async fn sequenced(window: u64, n: usize) -> Net {
    let net = network(window);
    for _ in 0..n {
        send(&net.l2, 0, TxKind::Call(key(1).address()), 1, Bytes::new());
        sequence(&net.l2, &net.l1).await;
        mine(&net.l1);
    }
    net
}

fn frame(id: u8, number: u16, data: &[u8], is_last: bool) -> Frame {
    Frame { id: [id; 16], number, data: data.to_vec().into(), is_last }
}

fn block_ref(net: &Net, number: u64) -> L2BlockRef {
    let config = crate::derive::kona_config(net.l2.spec().rollup.as_ref().expect("a rollup"));
    let block = net.l2.block_by_number(number).expect("readable").expect("a block");
    crate::derive::AttributesBuilder::new(
        net.l2.spec().rollup.as_ref().expect("a rollup"),
        std::sync::Arc::new(crate::parent::LocalParent::new(net.l1.clone())),
        net.l2.clone(),
    )
    .expect("configured")
    .l2_block_ref(&l2_head(&block))
    .unwrap_or_else(|e| panic!("{e} {config:?}"))
}

/// A singular batch for block `number` with other transactions than the sequencer's.
fn forged(net: &Net, number: u64, transactions: Vec<Bytes>) -> Vec<u8> {
    let block = block_ref(net, number);
    let batch = SingleBatch {
        parent_hash: block.block.parent_hash,
        epoch_num: block.l1_origin.number,
        epoch_hash: block.l1_origin.hash,
        timestamp: block.block.timestamp,
        transactions,
    };
    let mut out = vec![0];
    batch.encode(&mut out);
    out
}

#[tokio::test]
async fn junk_in_the_inbox_changes_nothing() {
    let net = sequenced(100, 4).await;
    let mut junk: Vec<Bytes> = vec![
        vec![0].into(),
        vec![1, 2, 3].into(),
        vec![0; 22].into(),
        frames_to_calldata(&[frame(1, 1, b"no first frame", true)]),
        frames_to_calldata(&[frame(2, 0, b"", true)]),
        frames_to_calldata(&[frame(3, 0, &[9, 9, 9], true)]),
        frames_to_calldata(&[frame(4, 0, &[1, 0xff, 0xff], true)]),
        frames_to_calldata(&[frame(5, 0, b"opened and left", false)]),
    ];
    // A flag that is none, a length that is too long.
    let mut bad = frames_to_calldata(&[frame(6, 0, b"x", true)]).to_vec();
    *bad.last_mut().expect("bytes") = 2;
    junk.push(bad.into());
    let mut bad = frames_to_calldata(&[frame(7, 0, b"x", true)]).to_vec();
    bad[19..23].copy_from_slice(&1_000_001u32.to_be_bytes());
    junk.push(bad.into());
    // Channels of what is no batch.
    for batch in [vec![], vec![7, 1], vec![0, 0xc0], vec![1], vec![1, 0x80], vec![1; 300]] {
        junk.push(frames_to_calldata(&frames_of_batches(&[batch])));
    }
    for data in junk {
        post(&net.l2, &net.l1, data);
    }
    mine(&net.l1);
    post_blocks(&net.l2, &net.l1, 1, 4);
    mine(&net.l1);
    let (mut verifier, theirs) = verifier(&net.network.l2, &net.l1);
    verifier.catch_up().await.expect("derives");
    assert_eq!(theirs.head().number, 4);
    assert_same(&net.l2, &theirs, 4);
}

#[tokio::test]
async fn frames_out_of_order_are_dropped_even_across_transactions() {
    let net = sequenced(100, 4).await;
    let frames = frames(&net.l2, 1, 4, crate::batcher::BatchKind::Span, 60);
    assert!(frames.len() > 3, "{}", frames.len());
    let mut swapped = frames.clone();
    swapped.swap(1, 2);
    for frame in &swapped {
        post(&net.l2, &net.l1, frames_to_calldata(std::slice::from_ref(frame)));
    }
    mine(&net.l1);
    let (mut verifier, theirs) = verifier(&net.network.l2, &net.l1);
    verifier.catch_up().await.expect("derives");
    assert_eq!(theirs.head().number, 0);
    for frame in &frames {
        post(&net.l2, &net.l1, frames_to_calldata(std::slice::from_ref(frame)));
    }
    mine(&net.l1);
    verifier.catch_up().await.expect("derives");
    assert_eq!(theirs.head().hash(), net.l2.head().hash());
}

#[tokio::test]
async fn a_stranger_cannot_batch() {
    let net = sequenced(100, 2).await;
    let frames = frames(&net.l2, 1, 2, crate::batcher::BatchKind::Span, 100_000);
    send(&net.l1, 3, TxKind::Call(net.l2.inbox()), 0, frames_to_calldata(&frames));
    mine(&net.l1);
    let (mut verifier, theirs) = verifier(&net.network.l2, &net.l1);
    verifier.catch_up().await.expect("derives");
    assert_eq!(theirs.head().number, 0);
}

/// A deposit that mints out of thin air, with its type byte.
fn counterfeit() -> Bytes {
    let deposit = TxDeposit {
        source_hash: B256::repeat_byte(7),
        from: Address::repeat_byte(1),
        to: TxKind::Call(Address::repeat_byte(0xee)),
        mint: 1_000_000,
        value: U256::from(1_000_000),
        gas_limit: 100_000,
        is_system_transaction: false,
        input: Bytes::new(),
    };
    deposit.seal_slow().encoded_2718().into()
}

/// Derives from a forged batch for block 3, followed by the true blocks 3 and 4 in one channel.
async fn with_forged(transactions: Vec<Bytes>) -> (Net, Verifier, std::sync::Arc<gm_node::Chain>) {
    let net = sequenced(6, 4).await;
    post_blocks(&net.l2, &net.l1, 1, 2);
    mine(&net.l1);
    let own: Vec<Bytes> = net
        .l2
        .block_by_number(4)
        .expect("readable")
        .expect("a block")
        .raw_transactions()
        .split_off(1);
    let batches = [forged(&net, 3, transactions), forged(&net, 4, own)];
    post(&net.l2, &net.l1, frames_to_calldata(&frames_of_batches(&batches)));
    mine(&net.l1);
    let (mut verifier, theirs) = verifier(&net.network.l2, &net.l1);
    verifier.catch_up().await.expect("derives");
    (net, verifier, theirs)
}

fn stranger_has_nothing(chain: &gm_node::Chain) {
    let state = chain.state_after(&chain.head().block);
    assert!(state.account(Address::repeat_byte(0xee)).expect("readable").is_none());
}

#[tokio::test]
async fn a_deposit_in_a_batch_voids_the_batch() {
    let (net, mut verifier, theirs) = with_forged(vec![counterfeit()]).await;
    assert_eq!(theirs.head().number, 2);
    assert_same(&net.l2, &theirs, 2);
    // The true batch still counts.
    post_blocks(&net.l2, &net.l1, 3, 4);
    mine(&net.l1);
    verifier.catch_up().await.expect("derives");
    assert_same(&net.l2, &theirs, 4);
    stranger_has_nothing(&theirs);
}

#[tokio::test]
async fn a_deposit_without_its_type_byte_makes_the_block_deposits_only() {
    let hidden = counterfeit().slice(1..);
    let (net, _, theirs) = with_forged(vec![hidden]).await;
    deposits_only(&net, &theirs);
}

#[tokio::test]
async fn an_invalid_transaction_makes_the_block_deposits_only() {
    for invalid in [
        // No transaction at all, an unknown type, bytes after the end, a nonce that is too high.
        Bytes::from_static(b"\xc0"),
        Bytes::from_static(b"\x6fjunk"),
        Bytes::from_static(b"\x02"),
    ] {
        let (net, _, theirs) = with_forged(vec![invalid]).await;
        deposits_only(&net, &theirs);
    }
}

/// Block 3 holds the attributes only, and the rest of the channel was given up.
fn deposits_only(net: &Net, theirs: &gm_node::Chain) {
    assert_eq!(theirs.head().number, 3);
    assert_same(&net.l2, theirs, 2);
    assert_eq!(theirs.head().transactions.len(), 1);
    assert_eq!(theirs.heads().safe.hash, theirs.head().hash());
    stranger_has_nothing(theirs);
}

#[tokio::test]
async fn a_batch_too_late_for_its_window_is_dropped() {
    let net = sequenced(3, 3).await;
    for _ in 0..8 {
        mine(&net.l1);
    }
    post_blocks(&net.l2, &net.l1, 1, 3);
    mine(&net.l1);
    let (mut verifier, theirs) = verifier(&net.network.l2, &net.l1);
    verifier.catch_up().await.expect("derives");
    assert!(theirs.head().number >= 3);
    let first = theirs.block_by_number(1).expect("readable").expect("a block");
    assert_eq!(first.transactions.len(), 1);
}

#[tokio::test]
async fn a_channel_that_takes_too_long_is_dropped() {
    let net = sequenced(1_000, 4).await;
    let frames = frames(&net.l2, 1, 4, crate::batcher::BatchKind::Span, 100);
    post(&net.l2, &net.l1, frames_to_calldata(&frames[..1]));
    for _ in 0..52 {
        mine(&net.l1);
    }
    post(&net.l2, &net.l1, frames_to_calldata(&frames[1..]));
    mine(&net.l1);
    let (mut verifier, theirs) = verifier(&net.network.l2, &net.l1);
    verifier.catch_up().await.expect("derives");
    assert_eq!(theirs.head().number, 0);
    post_blocks(&net.l2, &net.l1, 1, 4);
    mine(&net.l1);
    verifier.catch_up().await.expect("derives");
    assert_eq!(theirs.head().hash(), net.l2.head().hash());
}
