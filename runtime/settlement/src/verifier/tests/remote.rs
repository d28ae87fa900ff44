//! The same over HTTP: what the node's JSON-RPC serves is enough to derive from.

use std::{sync::Arc, time::Duration};

use alloy_eips::BlockNumberOrTag;
use alloy_primitives::{Bytes, TxKind, U256};
use gm_node::{
    Chain,
    rpc::{RpcLimits, RpcOptions, RpcServer, modules, serve},
};

use super::harness::*;
use crate::{
    parent::{Call, LocalParent, Parent, ParentError, RpcParent},
    verifier::{Verifier, VerifierError},
};

async fn remote(chain: &Arc<Chain>) -> (RpcServer, Arc<RpcParent>) {
    let module = modules(chain.clone(), RpcOptions::default());
    let address = "127.0.0.1:0".parse().expect("an address");
    let server = serve(address, module, RpcLimits::default()).await.expect("serves");
    let url = format!("http://user:secret@{}/path?key=secret", server.local_addr());
    let parent = RpcParent::new(&url, Duration::from_millis(5)).expect("an address");
    (server, Arc::new(parent))
}

/// An L2 and an L3 with deposits, a failing deposit and batches on their parents.
async fn busy() -> Net {
    let net = network(100);
    for round in 0..6u64 {
        deposit(&net.l2, &net.l1, 0, 5 + round, Bytes::new());
        // Calldata to an account without code is fine; so is value that is not there: it fails.
        deposit(&net.l3, &net.l2, 1, 7, vec![1; 10].into());
        send(&net.l3, 2, TxKind::Create, 0, Bytes::from_static(&[0xfe]));
        mine(&net.l1);
        sequence(&net.l2, &net.l1).await;
        sequence(&net.l3, &net.l2).await;
    }
    post_blocks(&net.l3, &net.l2, 1, 6);
    mine(&net.l1);
    sequence(&net.l2, &net.l1).await;
    post_blocks(&net.l2, &net.l1, 1, 7);
    mine(&net.l1);
    net
}

#[tokio::test(flavor = "multi_thread")]
async fn both_rollups_are_derived_over_http() {
    let net = busy().await;
    for (ours, parent, spec) in
        [(&net.l2, &net.l1, &net.network.l2), (&net.l3, &net.l2, &net.network.l3)]
    {
        let (_server, remote) = remote(parent).await;
        let chain = open(spec);
        let mut verifier = Verifier::new(chain.clone(), remote).expect("configured");
        verifier.catch_up().await.expect("derives");
        assert_eq!(chain.head().hash(), ours.head().hash());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parent_says_the_same_from_near_and_far() {
    let net = busy().await;
    let local = LocalParent::new(net.l2.clone());
    let (_server, remote) = remote(&net.l2).await;
    assert_eq!(local.chain_id().await.expect("local"), remote.chain_id().await.expect("remote"));
    for number in 0..=7 {
        let id = number.into();
        let (near, far) = (local.block(id).await, remote.block(id).await);
        let near = near.expect("local").expect("a block");
        assert_eq!(Some(&near), far.expect("remote").as_ref());
        let (mine, theirs) = (local.receipts(near.hash).await, remote.receipts(near.hash).await);
        assert_eq!(mine.expect("local"), theirs.expect("remote"));
    }
    for tag in [BlockNumberOrTag::Latest, BlockNumberOrTag::Safe, BlockNumberOrTag::Finalized] {
        let (near, far) = (local.header(tag.into()).await, remote.header(tag.into()).await);
        assert_eq!(near.expect("local"), far.expect("remote"));
    }
    assert!(remote.header(100.into()).await.expect("remote").is_none());
    let (account, latest) = (key(1).address(), BlockNumberOrTag::Latest.into());
    let portal = net.network.l3_contracts.portal;
    let slots = [alloy_primitives::B256::ZERO];
    let (near, far) =
        (local.proof(portal, &slots, latest).await, remote.proof(portal, &slots, latest).await);
    assert_eq!(near.expect("local"), far.expect("remote"));
    let (near, far) = (local.nonce(account, latest).await, remote.nonce(account, latest).await);
    assert_eq!(near.expect("local"), far.expect("remote"));
    let transfer =
        Call { from: Some(account), to: Some(portal), value: U256::from(3), ..Default::default() };
    let (near, far) = (local.estimate_gas(&transfer).await, remote.estimate_gas(&transfer).await);
    assert_eq!(near.expect("local"), far.expect("remote"));
    let unknown = Call { to: Some(portal), data: vec![1, 2, 3, 4].into(), ..Default::default() };
    for parent in [&local as &dyn Parent, remote.as_ref()] {
        let error = parent.call(&unknown, latest).await.expect_err("reverts");
        assert!(matches!(error, ParentError::Rpc { data: Some(_), .. }), "{error:?}");
    }
    let block = net.l2.head();
    let hash = block.transactions.last().expect("a transaction").tx_hash();
    let (near, far) =
        (local.transaction_receipt(hash).await, remote.transaction_receipt(hash).await);
    let near = near.expect("local").expect("mined");
    assert!(near.l1_fee.is_some_and(|fee| fee > 0));
    assert_eq!(Some(near), far.expect("remote"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wrong_parent_is_refused() {
    let net = network(100);
    let other = network(50);
    let (_server, wrong_chain) = remote(&net.l2).await;
    let chain = open(&net.network.l2);
    let mut verifier = Verifier::new(chain.clone(), wrong_chain).expect("configured");
    let error = verifier.step().await.expect_err("refused");
    assert!(matches!(error, VerifierError::WrongParent { found: 2777, expected: 900 }), "{error}");

    let (_server, other_genesis) = remote(&other.l1).await;
    let mut verifier = Verifier::new(chain, other_genesis).expect("configured");
    let same = net.l1.head().hash() == other.l1.head().hash();
    assert!(same || matches!(verifier.step().await, Err(VerifierError::WrongGenesis { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_parent_is_named_without_its_secrets() {
    let parent = RpcParent::new("http://me:secret@127.0.0.1:9/secret", Duration::from_millis(5));
    let error = parent.expect("an address").chain_id().await.expect_err("nobody listens");
    let text = error.to_string();
    assert!(text.contains("http://127.0.0.1:9 ") && !text.contains("secret"), "{text}");
    assert!(RpcParent::new("ftp://x", Duration::ZERO).is_err());
}
