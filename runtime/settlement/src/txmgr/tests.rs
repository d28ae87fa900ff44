//! The manager against a parent that forgets, reorganises and dawdles.

use std::sync::Arc;

use alloy_consensus::Transaction;
use alloy_primitives::{Address, Bytes, U256};
use alloy_signer_local::PrivateKeySigner;

use super::*;
use crate::{parent::Severity, testing::FakeParent};

async fn manager(parent: &Arc<FakeParent>, signer: &PrivateKeySigner) -> TxManager {
    let config = TxManagerConfig { resubmit_after: 3, ..Default::default() };
    TxManager::new(parent.clone(), signer.clone(), config).await.expect("manager")
}

fn request(byte: u8) -> TxRequest {
    TxRequest {
        to: Some(Address::repeat_byte(0xff)),
        value: U256::ZERO,
        data: Bytes::from(vec![byte]),
        gas: GasLimit::Calldata,
    }
}

fn payloads(parent: &FakeParent) -> Vec<u8> {
    parent.transactions().iter().filter_map(|(_, tx)| tx.tx.input().first().copied()).collect()
}

fn is_mined(status: TxStatus) -> bool {
    matches!(status, TxStatus::Mined(_))
}

#[tokio::test]
async fn transactions_arrive_in_order_each_once() {
    let parent = FakeParent::new(false);
    let txs = manager(&parent, &PrivateKeySigner::random()).await;
    let mut tickets = Vec::new();
    for byte in 0..5 {
        tickets.push(txs.submit(request(byte)).await.expect("sent"));
    }
    assert_eq!(txs.poll(tickets[0]).await.expect("known"), TxStatus::Pending);
    parent.mine();
    for ticket in tickets {
        assert!(is_mined(txs.poll(ticket).await.expect("known")));
    }
    assert_eq!(payloads(&parent), [0, 1, 2, 3, 4]);
}

#[tokio::test]
async fn waiting_ends_with_the_block() {
    let parent = FakeParent::new(true);
    let txs = manager(&parent, &PrivateKeySigner::random()).await;
    let receipt = txs.send(request(1)).await.expect("mined");
    assert_eq!(receipt.block.number, 1);
    assert_eq!(receipt.gas_used, 21_000);
}

#[tokio::test]
async fn a_waiting_transaction_is_sent_again_with_a_higher_fee() {
    let parent = FakeParent::new(false);
    let txs = manager(&parent, &PrivateKeySigner::random()).await;
    let ticket = txs.submit(request(1)).await.expect("sent");
    parent.set_base_fee(1_000);
    for _ in 0..3 {
        assert_eq!(txs.poll(ticket).await.expect("known"), TxStatus::Pending);
        parent.mine();
    }
    assert_eq!(txs.poll(ticket).await.expect("raised"), TxStatus::Pending);
    assert_eq!(parent.pool_len(), 1);
    parent.mine();
    assert!(is_mined(txs.poll(ticket).await.expect("known")));
    assert_eq!(payloads(&parent), [1]);
}

#[tokio::test]
async fn a_lost_pool_is_filled_again() {
    let parent = FakeParent::new(false);
    let txs = manager(&parent, &PrivateKeySigner::random()).await;
    let tickets = [txs.submit(request(1)).await, txs.submit(request(2)).await];
    parent.lose_pool();
    for ticket in &tickets {
        let ticket = ticket.as_ref().expect("sent");
        assert_eq!(txs.poll(*ticket).await.expect("known"), TxStatus::Pending);
    }
    parent.mine();
    assert_eq!(payloads(&parent), [1, 2]);
}

#[tokio::test]
async fn a_reorganised_transaction_is_pending_again_and_returns() {
    for keep in [true, false] {
        let parent = FakeParent::new(false);
        let txs = manager(&parent, &PrivateKeySigner::random()).await;
        let ticket = txs.submit(request(1)).await.expect("sent");
        parent.mine();
        assert!(is_mined(txs.poll(ticket).await.expect("known")));
        parent.reorg(1, keep);
        assert_eq!(txs.poll(ticket).await.expect("known"), TxStatus::Pending);
        parent.mine();
        assert!(is_mined(txs.poll(ticket).await.expect("known")));
        assert_eq!(payloads(&parent), [1]);
    }
}

#[tokio::test]
async fn a_new_manager_waits_for_what_the_old_one_sent() {
    let parent = FakeParent::new(false);
    let signer = PrivateKeySigner::random();
    manager(&parent, &signer).await.submit(request(1)).await.expect("sent");
    let txs = manager(&parent, &signer).await;
    assert!(!txs.settled().await.expect("parent answers"));
    parent.mine();
    assert!(txs.settled().await.expect("parent answers"));
    let ticket = txs.submit(request(2)).await.expect("sent");
    assert_eq!(ticket, Ticket(1));
    parent.mine();
    assert_eq!(payloads(&parent), [1, 2]);
}

#[tokio::test]
async fn what_an_old_manager_left_stuck_is_replaced() {
    let parent = FakeParent::new(false);
    let signer = PrivateKeySigner::random();
    manager(&parent, &signer).await.submit(request(1)).await.expect("sent");
    parent.set_base_fee(1_000);
    let txs = manager(&parent, &signer).await;
    for _ in 0..4 {
        assert!(!txs.settled().await.expect("parent answers"));
        parent.mine();
    }
    assert!(txs.settled().await.expect("parent answers"));
    assert_eq!(payloads(&parent), [] as [u8; 0]);
    assert_eq!(parent.transactions().len(), 1);
}

#[tokio::test]
async fn a_second_user_of_the_key_is_noticed() {
    let parent = FakeParent::new(false);
    let signer = PrivateKeySigner::random();
    let (ours, other) = (manager(&parent, &signer).await, manager(&parent, &signer).await);
    let ticket = ours.submit(request(1)).await.expect("sent");
    parent.lose_pool();
    other.submit(request(2)).await.expect("sent");
    parent.mine();
    let error = ours.poll(ticket).await.expect_err("nonce is gone");
    assert!(matches!(error, TxError::NonceTaken { nonce: 0, .. }), "{error}");
    assert_eq!(error.severity(), Severity::Reset);
    // Submitting goes on at the right nonce all the same.
    assert_eq!(ours.submit(request(3)).await.expect("sent"), Ticket(1));
}

#[tokio::test]
async fn fees_above_the_limit_are_not_paid() {
    let parent = FakeParent::new(false);
    let config = TxManagerConfig { max_fee_limit: 100, ..Default::default() };
    let txs = TxManager::new(parent.clone(), PrivateKeySigner::random(), config).await;
    parent.set_base_fee(1_000);
    let error = txs.expect("manager").submit(request(1)).await.expect_err("too expensive");
    assert!(matches!(error, TxError::TooExpensive { asked: 2_001, limit: 100 }), "{error}");
    assert_eq!(parent.pool_len(), 0);
}
