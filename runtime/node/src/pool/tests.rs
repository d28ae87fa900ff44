//! The pool's order and limits.

use super::*;
use crate::execute::Offer;
use alloy_consensus::{SignableTransaction, TxEip1559};
use alloy_primitives::{Signature, TxKind, U256};

fn tx(sender: u8, nonce: u64, fee: u128, tip: u128) -> PoolTx {
    let tx = TxEip1559 {
        nonce,
        max_fee_per_gas: fee,
        max_priority_fee_per_gas: tip,
        gas_limit: 21_000,
        to: TxKind::Call(Address::repeat_byte(sender)),
        ..Default::default()
    };
    let signature = Signature::new(U256::from(sender), U256::from(1), false);
    let signed = OpTxEnvelope::Eip1559(tx.into_signed(signature));
    Arc::new(Recovered::new_unchecked(signed, Address::repeat_byte(sender)))
}

fn small() -> Pool {
    Pool::new(PoolLimits { total: 4, per_sender: 3, tx_bytes: 1000, total_bytes: 4000 })
}

fn order(pool: &Pool, base_fee: u64) -> Vec<(u8, u64)> {
    let mut offer = pool.offer(base_fee);
    std::iter::from_fn(|| offer.next()).map(|tx| (tx.signer()[0], tx.nonce())).collect()
}

#[test]
fn best_tip_first_and_nonces_in_order() {
    let pool = small();
    pool.add(tx(1, 1, 100, 50), 0, 100).unwrap();
    pool.add(tx(1, 0, 100, 5), 0, 100).unwrap();
    pool.add(tx(2, 7, 100, 9), 7, 100).unwrap();
    assert_eq!(order(&pool, 10), [(2, 7), (1, 0), (1, 1)]);
    assert_eq!(pool.next_nonce(Address::repeat_byte(1)), Some(2));
}

#[test]
fn a_gap_keeps_later_nonces_queued() {
    let pool = small();
    pool.add(tx(1, 2, 100, 5), 0, 100).unwrap();
    assert_eq!(pool.status(), PoolStatus { pending: 0, queued: 1 });
    assert!(!pool.has_ready(1));
    pool.on_head([(Address::repeat_byte(1), 2)]);
    assert!(pool.has_ready(100) && !pool.has_ready(101));
    assert_eq!(pool.status(), PoolStatus { pending: 1, queued: 0 });
}

#[test]
fn a_fee_cap_below_the_base_fee_waits_with_all_that_follow() {
    let pool = small();
    pool.add(tx(1, 0, 9, 1), 0, 100).unwrap();
    pool.add(tx(1, 1, 100, 1), 0, 100).unwrap();
    assert_eq!(order(&pool, 10), []);
    assert_eq!(order(&pool, 9), [(1, 0), (1, 1)]);
}

#[test]
fn replacement_needs_ten_percent_more_of_fee_and_tip() {
    let pool = small();
    let first = pool.add(tx(1, 0, 100, 10), 0, 100).unwrap();
    let refused = Err(PoolError::Underpriced { bump: 10 });
    assert_eq!(pool.add(tx(1, 0, 109, 11), 0, 100), refused);
    assert_eq!(pool.add(tx(1, 0, 110, 10), 0, 100), refused);
    assert_eq!(pool.add(tx(1, 0, 100, 10), 0, 100), Err(PoolError::AlreadyKnown));
    pool.add(tx(1, 0, 110, 11), 0, 100).unwrap();
    assert!(pool.get(first).is_none());
    assert_eq!(pool.status().pending, 1);
}

#[test]
fn limits_hold_per_sender_and_in_all_and_free_again() {
    let pool = small();
    for nonce in 0..3 {
        pool.add(tx(1, nonce, 100, 1), 0, 100).unwrap();
    }
    assert_eq!(pool.add(tx(1, 3, 100, 1), 0, 100), Err(PoolError::SenderFull { limit: 3 }));
    pool.add(tx(2, 0, 100, 1), 0, 100).unwrap();
    assert_eq!(pool.add(tx(3, 0, 100, 1), 0, 100), Err(PoolError::Full { limit: 4 }));
    assert_eq!(pool.senders().len(), 2);
    pool.on_head([(Address::repeat_byte(1), 3)]);
    assert_eq!(pool.status(), PoolStatus { pending: 1, queued: 0 });
    pool.add(tx(3, 0, 100, 1), 0, 3901).unwrap_err();
    pool.add(tx(3, 0, 100, 1), 0, 3900).unwrap();
}

#[test]
fn a_refused_transaction_leaves_and_a_postponed_one_stays() {
    let pool = small();
    pool.add(tx(1, 0, 100, 9), 0, 100).unwrap();
    pool.add(tx(1, 1, 100, 9), 0, 100).unwrap();
    pool.add(tx(2, 0, 100, 1), 0, 100).unwrap();
    let mut offer = pool.offer(1);
    assert_eq!(offer.next().unwrap().signer()[0], 1);
    offer.postpone();
    assert_eq!(offer.next().unwrap().signer()[0], 2);
    offer.refuse("test");
    assert!(offer.next().is_none());
    drop(offer);
    assert_eq!(order(&pool, 1), [(1, 0), (1, 1)]);
}
