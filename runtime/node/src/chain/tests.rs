//! Chains against each other: what one builds, another checks; reorganisations; restarts.

use super::*;
use crate::block::ExecutedBlock;
use alloy_consensus::{SignableTransaction, Transaction, TxEip1559};
use alloy_eips::Encodable2718;
use alloy_genesis::{Genesis, GenesisAccount};
use alloy_primitives::{Address, Signature, TxKind, U256, address, hex, keccak256};
use gm_chain::spec::Role;
use k256::ecdsa::SigningKey;

const CHAIN_ID: u64 = 202_402_181_627;

fn key(index: u8) -> SigningKey {
    SigningKey::from_slice(&[index + 1; 32]).unwrap()
}

fn account(index: u8) -> Address {
    Address::from_public_key(key(index).verifying_key())
}

fn l1_spec() -> ChainSpec {
    let mut genesis = Genesis { gas_limit: 30_000_000, ..Default::default() };
    genesis.config.chain_id = CHAIN_ID;
    let rich = GenesisAccount { balance: U256::from(10).pow(U256::from(21)), ..Default::default() };
    for index in 0..4 {
        genesis.alloc.insert(account(index), rich.clone());
    }
    // Counts: sstore(0, sload(0) + 1). Reached by any call.
    let counter = GenesisAccount {
        code: Some(hex!("6000546001016000550000").into()),
        storage: Some([(B256::ZERO, B256::with_last_byte(7))].into()),
        ..Default::default()
    };
    genesis.alloc.insert(COUNTER, counter);
    for (address, code) in system_contracts() {
        genesis.alloc.insert(
            address,
            GenesisAccount { code: Some(code), nonce: Some(1), ..Default::default() },
        );
    }
    ChainSpec::new("l1".into(), Role::L1, genesis, 2, None)
}

/// EIP-7002 and EIP-7251 must exist under Prague; here they answer with no requests.
fn system_contracts() -> Vec<(Address, Bytes)> {
    use alloy_eips::{eip7002, eip7251};
    let silent = Bytes::from(hex!("00").to_vec());
    vec![
        (eip7002::WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS, silent.clone()),
        (eip7251::CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS, silent),
    ]
}

const COUNTER: Address = address!("00000000000000000000000000000000000c0de1");

fn transfer(from: u8, nonce: u64, to: TxKind, value: u64) -> Bytes {
    let tx = TxEip1559 {
        chain_id: CHAIN_ID,
        nonce,
        gas_limit: 100_000,
        max_fee_per_gas: 20_000_000_000,
        max_priority_fee_per_gas: 1,
        to,
        value: U256::from(value),
        ..Default::default()
    };
    let hash = tx.signature_hash();
    let (signature, recovery) = key(from).sign_prehash_recoverable(hash.as_slice()).unwrap();
    let signature = Signature::from((signature, recovery));
    OpTxEnvelope::Eip1559(tx.into_signed(signature)).encoded_2718().into()
}

fn memory() -> Arc<Chain> {
    Chain::open(l1_spec(), Storage::Memory, PoolLimits::default()).unwrap()
}

fn next(chain: &Chain) -> Attributes {
    let head = chain.head();
    Attributes {
        parent: head.hash(),
        timestamp: head.timestamp + 2,
        gas_limit: 30_000_000,
        ..Default::default()
    }
}

fn produce(chain: &Chain) -> ExecutedBlock {
    let built = chain.build(&next(chain)).unwrap();
    chain.commit(&built).unwrap();
    built.executed
}

#[test]
fn another_chain_agrees_on_every_field() {
    let (ours, theirs) = (memory(), memory());
    ours.submit(&transfer(0, 0, TxKind::Call(account(9)), 5)).unwrap();
    ours.submit(&transfer(1, 0, TxKind::Call(COUNTER), 0)).unwrap();
    ours.submit(&transfer(0, 1, TxKind::Create, 0)).unwrap();
    for _ in 0..3 {
        let block = produce(&ours);
        let raw = block.raw_transactions();
        let built = theirs.check(&block.header, decode_transactions(&raw).unwrap()).unwrap();
        assert_eq!(built.executed.hash(), block.hash());
        theirs.commit(&built).unwrap();
    }
    let state = theirs.state_after(&theirs.head().block);
    assert_eq!(state.storage(COUNTER, U256::ZERO).unwrap(), U256::from(8));
    assert_eq!(state.account(account(9)).unwrap().unwrap().balance, U256::from(5));
    assert_eq!(ours.pool().status(), Default::default());
    // The state before is still readable.
    let genesis = ours.block_by_number(0).unwrap().unwrap();
    let state = ours.state_after(&genesis.block);
    assert_eq!(state.storage(COUNTER, U256::ZERO).unwrap(), U256::from(7));
    let proof = state.proof(COUNTER, &[B256::ZERO]).unwrap();
    let leaf = proof.account.map(alloy_rlp::encode);
    let path = alloy_trie::Nibbles::unpack(keccak256(COUNTER));
    alloy_trie::proof::verify_proof(genesis.state_root, path, leaf, &proof.proof).unwrap();
}

#[test]
fn a_block_with_one_wrong_field_is_refused() {
    let chain = memory();
    chain.submit(&transfer(0, 0, TxKind::Call(COUNTER), 0)).unwrap();
    let good = chain.build(&next(&chain)).unwrap().executed;
    let txs = || good.transactions.clone();
    chain.check(&good.header, txs()).unwrap();
    let wrong: [fn(&mut alloy_consensus::Header); 10] = [
        |h| h.state_root.0[0] ^= 1,
        |h| h.receipts_root.0[0] ^= 1,
        |h| h.gas_used += 1,
        |h| h.number += 1,
        |h| h.timestamp = 0,
        |h| h.base_fee_per_gas = Some(1),
        |h| h.transactions_root.0[0] ^= 1,
        |h| h.requests_hash = Some(B256::ZERO),
        |h| h.withdrawals_root = Some(B256::ZERO),
        |h| h.excess_blob_gas = Some(1),
    ];
    for (index, change) in wrong.iter().enumerate() {
        let mut header = good.header.inner().clone();
        change(&mut header);
        let err = chain.check(&header, txs()).unwrap_err();
        assert!(err.is_invalid(), "change {index}: {err}");
    }
    let err = chain.check(&good.header, Vec::new()).unwrap_err();
    assert!(err.is_invalid(), "{err}");
    assert_eq!(chain.head().number, 0);
}

#[test]
fn a_reorganisation_takes_dropped_transactions_back_into_the_pool() {
    let chain = memory();
    let base = produce(&chain);
    let raw = transfer(0, 0, TxKind::Call(account(9)), 5);
    let hash = chain.submit(&raw).unwrap();
    let old = produce(&chain);
    assert_eq!(chain.transaction(hash).unwrap().unwrap().block.hash(), old.hash());
    let mut events = chain.subscribe();

    let fork = |parent: &ExecutedBlock, time| {
        let attributes = Attributes {
            parent: parent.hash(),
            timestamp: time,
            gas_limit: 30_000_000,
            no_tx_pool: true,
            ..Default::default()
        };
        let built = chain.build(&attributes).unwrap();
        chain.store_block(&built).unwrap();
        built.executed
    };
    let side = fork(&base, base.timestamp + 5);
    let tip = fork(&side, base.timestamp + 7);
    assert_eq!(chain.head().hash(), old.hash());
    chain.set_head(tip.hash()).unwrap();

    assert_eq!(chain.head().hash(), tip.hash());
    assert_eq!(chain.canonical_hash(2).unwrap(), Some(side.hash()));
    assert!(chain.transaction(hash).unwrap().is_none());
    assert_eq!(chain.pool().status().pending, 1);
    let ChainEvent::Head { added, removed } = events.try_recv().unwrap() else { panic!() };
    assert_eq!(added.len(), 2);
    assert_eq!(removed[0].hash(), old.hash());

    let again = produce(&chain);
    assert_eq!(chain.transaction(hash).unwrap().unwrap().block.hash(), again.hash());

    // Back to an ancestor: blocks leave and none joins.
    chain.set_head(side.hash()).unwrap();
    assert_eq!(chain.head().number, 2);
    assert_eq!(chain.canonical_hash(3).unwrap(), None);
    chain.label(Some(side.hash()), Some(side.hash())).unwrap();
    assert!(matches!(chain.set_head(old.hash()), Err(ChainError::BelowFinalized(_))));
}

#[test]
fn a_restart_finds_everything_again() {
    let folder = tempfile::tempdir().unwrap();
    let open = || {
        Chain::open(l1_spec(), Storage::Disk(folder.path().into()), PoolLimits::default()).unwrap()
    };
    let chain = open();
    let hash = chain.submit(&transfer(2, 0, TxKind::Call(COUNTER), 0)).unwrap();
    let first = produce(&chain);
    chain.label(Some(first.hash()), None).unwrap();
    let second = produce(&chain);
    drop(chain);

    let chain = open();
    assert_eq!(chain.head().hash(), second.hash());
    assert_eq!(chain.heads().safe.hash, first.hash());
    let found = chain.transaction(hash).unwrap().unwrap();
    assert_eq!(*found.block.block, *first.block);
    assert!(found.block.receipts[0].status());
    produce(&chain);
    assert_eq!(chain.head().number, 3);
}

#[test]
fn another_genesis_is_refused_and_nothing_changes() {
    let folder = tempfile::tempdir().unwrap();
    let storage = || Storage::Disk(folder.path().into());
    drop(Chain::open(l1_spec(), storage(), PoolLimits::default()).unwrap());
    let mut other = l1_spec();
    other.genesis.timestamp = 1;
    let other = ChainSpec::new("l1".into(), Role::L1, other.genesis, 2, None);
    let err = Chain::open(other, storage(), PoolLimits::default()).unwrap_err();
    assert!(matches!(err, ChainError::OtherGenesis { .. }), "{err}");
    Chain::open(l1_spec(), storage(), PoolLimits::default()).unwrap();
}

#[test]
fn what_is_not_a_users_transaction_is_refused() {
    let chain = memory();
    let deposit = op_alloy_consensus::TxDeposit { gas_limit: 21_000, ..Default::default() };
    let typed: Bytes = OpTxEnvelope::from(deposit.clone()).encoded_2718().into();
    // The decoder takes these bytes for a deposit as well.
    let bare: Bytes = alloy_rlp::encode(&deposit).into();
    for raw in [&typed, &bare, &typed.slice(1..)] {
        let err = chain.submit(raw).unwrap_err();
        assert!(matches!(err, PoolError::TypeNotSupported(_) | PoolError::Decode(_)), "{err:?}");
    }
    for raw in [&bare, &typed.slice(1..)] {
        assert!(decode_transactions(std::slice::from_ref(raw)).unwrap_err().is_invalid());
    }
    let other_chain = {
        let mut spec = l1_spec();
        spec.genesis.config.chain_id = 1;
        Chain::open(spec, Storage::Memory, PoolLimits::default()).unwrap()
    };
    let raw = transfer(0, 0, TxKind::Call(COUNTER), 0);
    assert!(matches!(other_chain.submit(&raw), Err(PoolError::ChainId { .. })));
    let poor = transfer(7, 0, TxKind::Call(COUNTER), 0);
    assert!(matches!(chain.submit(&poor), Err(PoolError::InsufficientFunds { .. })));
    let tx = decode_transactions(std::slice::from_ref(&raw)).unwrap().remove(0);
    assert_eq!(tx.signer(), account(0));
    assert_eq!(tx.nonce(), 0);
    chain.submit(&raw).unwrap();
    assert_eq!(chain.submit(&raw), Err(PoolError::AlreadyKnown));
}
