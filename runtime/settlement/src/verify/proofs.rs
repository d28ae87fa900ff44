//! Merkle proofs of accounts and storage, and where withdrawals stand.
//!
//! Specification: <https://eips.ethereum.org/EIPS/eip-1186>.

use super::VerifyError;
use alloy_primitives::{B256, Log, U256, keccak256};
use alloy_rpc_types_eth::EIP1186AccountProofResponse;
use alloy_sol_types::SolEvent;
use alloy_trie::{Nibbles, TrieAccount, proof::verify_proof};
use gm_chain::{abi::IL2ToL1MessagePasser::MessagePassed, spec::MESSAGE_PASSER};

/// The topic of a withdrawal's log.
pub(super) const fn message_passed() -> B256 {
    MessagePassed::SIGNATURE_HASH
}

/// The hash of the withdrawal that a log announces, if it does.
pub(super) fn withdrawal_hash(log: &Log) -> Option<B256> {
    if log.address != MESSAGE_PASSER {
        return None;
    }
    MessagePassed::decode_log(log).ok().map(|event| event.withdrawalHash)
}

/// The slot that says whether a withdrawal was sent: `sentMessages`, the passer's first mapping.
///
/// Spec: <https://specs.optimism.io/protocol/withdrawals.html#the-l2tol1messagepasser-contract>
pub(super) fn sent_message_slot(withdrawal: B256) -> B256 {
    keccak256([withdrawal.as_slice(), B256::ZERO.as_slice()].concat())
}

/// Checks the proof of an account against a state root.
pub(super) fn account(
    state_root: B256,
    proof: &EIP1186AccountProofResponse,
) -> Result<(), VerifyError> {
    let account = TrieAccount {
        nonce: proof.nonce,
        balance: proof.balance,
        storage_root: proof.storage_hash,
        code_hash: proof.code_hash,
    };
    let key = Nibbles::unpack(keccak256(proof.address));
    let failed =
        |reason: String| VerifyError::Proof { what: format!("account {}", proof.address), reason };
    verify_proof(state_root, key, Some(alloy_rlp::encode(account)), &proof.account_proof)
        .map_err(|error| failed(error.to_string()))
}

/// Checks the proof of a slot against a storage root; `None` for a slot that is zero.
pub(super) fn slot(
    storage_root: B256,
    slot: B256,
    expected: Option<B256>,
    proof: &EIP1186AccountProofResponse,
) -> Result<(), VerifyError> {
    let failed = |reason: String| VerifyError::Proof { what: format!("slot {slot}"), reason };
    let found = proof.storage_proof.iter().find(|proof| proof.key.as_b256() == slot);
    let found = found.ok_or_else(|| failed("it is not in the answer".to_owned()))?;
    let value = expected.map(|value| alloy_rlp::encode(U256::from_be_bytes(value.0)));
    verify_proof(storage_root, Nibbles::unpack(keccak256(slot)), value, &found.proof)
        .map_err(|error| failed(error.to_string()))
}
