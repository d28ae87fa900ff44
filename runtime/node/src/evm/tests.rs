//! The machine against the blocks of a chain.

use super::{EvmError, Machine, message, transaction};
use crate::{
    chain::{Attributes, Chain},
    testing::{self, CALLER, COUNTER, REVERTER, account, call, deposit, produce},
};
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, address, bytes};
use alloy_rpc_types_eth::{
    BlockOverrides, TransactionRequest,
    state::{AccountOverride, StateOverride},
};
use revm::context_interface::result::InvalidTransaction;
use std::sync::Arc;

fn both() -> [Arc<Chain>; 2] {
    [testing::l1(), testing::rollup()]
}

fn at_head(chain: &Chain) -> Machine {
    let head = chain.head();
    let state = chain.state_after(&head);
    Machine::for_messages(chain.spec(), chain.forks(), &head.header, state)
}

fn request(to: Address) -> TransactionRequest {
    TransactionRequest { to: Some(TxKind::Call(to)), ..Default::default() }
}

fn run(machine: &mut Machine, request: TransactionRequest) -> Result<Bytes, EvmError> {
    let message = message(request, machine)?;
    Ok(machine.run(message)?.result.into_output().unwrap_or_default())
}

#[test]
fn a_message_needs_no_money_and_leaves_no_trace() {
    for chain in both() {
        let mut machine = at_head(&chain);
        // Neither the sender nor the L1 data fee stands in the way.
        let output = run(&mut machine, request(CALLER)).unwrap();
        assert_eq!(U256::from_be_slice(&output), U256::from(42));
        let state = chain.state_after(&chain.head());
        assert_eq!(state.storage(COUNTER, U256::ZERO).unwrap(), U256::from(7));
        // The base fee that a message without a price sees is zero, as in geth.
        let code = AccountOverride::default().with_code(bytes!("48 6000 52 6020 6000 f3"));
        machine.override_state(StateOverride::from_iter([(COUNTER, code)])).unwrap();
        let base_fee = |price| TransactionRequest {
            from: Some(account(0)),
            gas_price: Some(price),
            ..request(COUNTER)
        };
        assert!(U256::from_be_slice(&run(&mut machine, base_fee(0)).unwrap()).is_zero());
        let seen = U256::from_be_slice(&run(&mut machine, base_fee(1_000_000_000)).unwrap());
        assert_eq!(seen, U256::from(chain.head().base_fee_per_gas.unwrap()));
    }
}

#[test]
fn a_message_pays_what_it_says_it_pays() {
    let chain = testing::rollup();
    let mut machine = at_head(&chain);
    let poor = TransactionRequest {
        from: Some(account(7)),
        value: Some(U256::from(1)),
        ..request(COUNTER)
    };
    let err = run(&mut machine, poor).unwrap_err();
    assert!(err.to_string().starts_with("insufficient funds for gas * price + value"), "{err}");
    let low =
        TransactionRequest { from: Some(account(0)), max_fee_per_gas: Some(1), ..request(COUNTER) };
    let err = run(&mut machine, low).unwrap_err();
    assert!(matches!(err, EvmError::Invalid(InvalidTransaction::GasPriceLessThanBasefee)));
    // Neither fee nor data is charged beyond the price named.
    let rich = TransactionRequest {
        from: Some(account(0)),
        gas_price: Some(2_000_000_000),
        ..request(COUNTER)
    };
    let before = machine.account(account(0)).unwrap().balance;
    let message = message(rich, &mut machine).unwrap();
    let outcome = machine.run(message).unwrap();
    let cost = before - outcome.state[&account(0)].info.balance;
    assert_eq!(cost, U256::from(outcome.result.tx_gas_used()) * U256::from(2_000_000_000));
}

#[test]
fn requests_that_contradict_themselves_are_refused() {
    let chain = testing::l1();
    let mut machine = at_head(&chain);
    for bad in [
        TransactionRequest { gas_price: Some(1), max_fee_per_gas: Some(1), ..request(COUNTER) },
        TransactionRequest { chain_id: Some(1), ..request(COUNTER) },
        TransactionRequest { max_fee_per_blob_gas: Some(1), ..request(COUNTER) },
        TransactionRequest {
            input: alloy_rpc_types_eth::TransactionInput {
                input: Some(bytes!("00")),
                data: Some(bytes!("01")),
            },
            ..request(COUNTER)
        },
    ] {
        assert!(matches!(run(&mut machine, bad), Err(EvmError::Request(_))));
    }
}

#[test]
fn overrides_change_what_a_message_sees() {
    let chain = testing::rollup();
    let sload = bytes!("6000 54 6000 52 6020 6000 f3");
    let slot = |value: u8| vec![(B256::ZERO, B256::with_last_byte(value))];
    let read = |account: AccountOverride| {
        let mut machine = at_head(&chain);
        let account = account.with_code(sload.clone());
        machine.override_state(StateOverride::from_iter([(COUNTER, account)])).unwrap();
        U256::from_be_slice(&run(&mut machine, request(COUNTER)).unwrap())
    };
    assert_eq!(read(AccountOverride::default()), U256::from(7));
    assert_eq!(read(AccountOverride::default().with_state_diff(slot(9))), U256::from(9));
    assert_eq!(read(AccountOverride::default().with_state(Vec::new())), U256::ZERO);

    let mut machine = at_head(&chain);
    let number = BlockOverrides { number: Some(U256::from(99)), ..Default::default() };
    machine.override_block(number).unwrap();
    let code = AccountOverride::default().with_code(bytes!("43 6000 52 6020 6000 f3"));
    machine.override_state(StateOverride::from_iter([(COUNTER, code)])).unwrap();
    assert_eq!(U256::from_be_slice(&run(&mut machine, request(COUNTER)).unwrap()), U256::from(99));

    // SHA-256 elsewhere, and code in the identity's place.
    let (sha256, identity) = (
        address!("0000000000000000000000000000000000000002"),
        address!("0000000000000000000000000000000000000004"),
    );
    let moved = AccountOverride { move_precompile_to: Some(account(9)), ..Default::default() };
    let code = AccountOverride::default().with_code(bytes!("602a 6000 52 6020 6000 f3"));
    machine.override_state(StateOverride::from_iter([(sha256, moved), (identity, code)])).unwrap();
    assert_eq!(run(&mut machine, request(sha256)).unwrap(), Bytes::new());
    assert_eq!(run(&mut machine, request(account(9))).unwrap()[..4], [0xe3, 0xb0, 0xc4, 0x42]);
    assert_eq!(U256::from_be_slice(&run(&mut machine, request(identity)).unwrap()), U256::from(42));
}

#[test]
fn a_replayed_block_gives_the_same_receipts_and_state() {
    for chain in both() {
        for (sender, to) in [(0, COUNTER), (1, REVERTER), (2, CALLER), (3, COUNTER)] {
            chain.submit(&call(sender, 0, to)).unwrap();
        }
        let mut attributes: Attributes = testing::next(&chain);
        if chain.spec().is_rollup() {
            let failing = deposit(2, account(9), REVERTER, 7);
            attributes.transactions = vec![deposit(1, account(8), COUNTER, 5), failing];
        }
        let block = testing::produce_with(&chain, &attributes);
        let mut machine = Machine::before(&chain, &block, 0).unwrap();
        let mut total = 0;
        for (tx, receipt) in block.transactions.iter().zip(block.receipts.iter()) {
            let outcome = machine.run(transaction(tx)).unwrap();
            total += outcome.result.tx_gas_used();
            assert_eq!(total, receipt.cumulative_gas_used());
            assert_eq!(outcome.result.is_success(), receipt.status());
            assert_eq!(outcome.result.logs(), receipt.logs());
            machine.commit(outcome.state);
        }
        let requests = machine.close_block().unwrap();
        assert_eq!(Some(requests.requests_hash()), block.requests_hash);
        assert_eq!(machine.changes().unwrap().root, block.state_root);
        // The same by the shorter way, and on a block further on.
        let after = Machine::before(&chain, &block, usize::MAX).unwrap();
        assert_eq!(after.changes().unwrap().root, block.state_root);
        let empty = produce(&chain);
        let after = Machine::before(&chain, &empty, 0).unwrap();
        assert_eq!(after.changes().unwrap().root, empty.state_root);
    }
}
