//! Hashes, slots and receipts of the bridge, against encodings written out by hand.

use super::*;
use alloy_primitives::{B256, Bytes, Log, LogData, U256, keccak256};

fn word(value: u64) -> [u8; 32] {
    U256::from(value).to_be_bytes()
}

fn padded(address: Address) -> [u8; 32] {
    B256::left_padding_from(address.as_slice()).0
}

fn withdrawal(data: &'static [u8]) -> Withdrawal {
    Withdrawal {
        nonce: U256::from(1) << 240,
        sender: Address::repeat_byte(0x11),
        target: Address::repeat_byte(0x22),
        value: U256::from(1_000),
        gas_limit: U256::from(21_000),
        data: Bytes::from_static(data),
        block: 7,
    }
}

/// `abi.encode(nonce, sender, target, value, gasLimit, data)`, word by word.
#[test]
fn a_withdrawal_is_hashed_as_the_contracts_hash_it() {
    for data in [b"".as_slice(), b"abc", &[9; 32], &[9; 33]] {
        let withdrawal = withdrawal(data);
        let nonce = (U256::from(1) << 240usize).to_be_bytes::<32>();
        let mut encoded = Vec::new();
        for part in [
            nonce,
            padded(withdrawal.sender),
            padded(withdrawal.target),
            word(1_000),
            word(21_000),
            word(6 * 32),
            word(data.len() as u64),
        ] {
            encoded.extend(part);
        }
        encoded.extend(data);
        encoded.resize(encoded.len().next_multiple_of(32), 0);
        let hash = keccak256(&encoded);
        assert_eq!(withdrawal.hash(), hash);
        // `sentMessages` is the first variable: the slot of a key is keccak(key ‖ 0).
        assert_eq!(withdrawal.slot(), keccak256([hash.0, [0; 32]].concat()));
    }
}

fn receipt(status: bool, logs: Vec<Log>) -> MinedReceipt {
    MinedReceipt {
        transaction_hash: B256::repeat_byte(1),
        block: Default::default(),
        transaction_index: 0,
        status,
        gas_used: 21_000,
        effective_gas_price: 1,
        l1_fee: None,
        operator_fee: None,
        logs,
        contract_address: None,
    }
}

fn log(event: &str, data: [u8; 32]) -> Log {
    let topics = vec![keccak256(event), B256::repeat_byte(5)];
    let data = if event.ends_with("bool)") { data.to_vec() } else { Vec::new() };
    Log { address: Address::ZERO, data: LogData::new_unchecked(topics, data.into()) }
}

#[test]
fn a_failed_message_is_seen_in_the_logs() {
    let finalized = |success: u64| log("WithdrawalFinalized(bytes32,bool)", word(success));
    let relayed = log("RelayedMessage(bytes32)", word(0));
    let failed = log("FailedRelayedMessage(bytes32)", word(0));
    assert!(succeeded(&receipt(true, vec![])));
    assert!(succeeded(&receipt(true, vec![relayed.clone(), finalized(1)])));
    assert!(!succeeded(&receipt(false, vec![])));
    assert!(!succeeded(&receipt(true, vec![failed, finalized(1)])));
    assert!(!succeeded(&receipt(true, vec![relayed, finalized(0)])));
}
