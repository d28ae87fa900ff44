//! Contracts that Ethereum's protocol calls itself.

use super::sandbox::Sandbox;
use alloy_eips::{eip2935, eip4788, eip7002, eip7251};
use alloy_genesis::GenesisAccount;
use alloy_primitives::{Address, address};

/// Sender of the transaction that created the beacon roots contract on public chains.
const BEACON_ROOTS_SENDER: Address = address!("0B799C86a49DEeb90402691F1041aa3AF2d3C875");

/// Sender of the transaction that created the block hash history contract on public chains.
const HISTORY_SENDER: Address = address!("3462413Af4609098e1E27A490f554f260213D685");

/// Beacon roots (EIP-4788) and block hashes (EIP-2935): on every chain since Prague and Isthmus.
pub(super) fn install(sandbox: &mut Sandbox) {
    sandbox.etch(eip4788::BEACON_ROOTS_ADDRESS, eip4788::BEACON_ROOTS_CODE.clone());
    sandbox.etch(eip2935::HISTORY_STORAGE_ADDRESS, eip2935::HISTORY_STORAGE_CODE.clone());
    for sender in [BEACON_ROOTS_SENDER, HISTORY_SENDER] {
        sandbox.insert(sender, GenesisAccount::default().with_nonce(Some(1)));
    }
}

/// Withdrawal (EIP-7002) and consolidation (EIP-7251) requests: on the L1 only.
pub(super) fn install_requests(sandbox: &mut Sandbox) {
    sandbox.etch(
        eip7002::WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS,
        eip7002::WITHDRAWAL_REQUEST_PREDEPLOY_CODE.clone(),
    );
    sandbox.etch(
        eip7251::CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS,
        eip7251::CONSOLIDATION_REQUEST_PREDEPLOY_CODE.clone(),
    );
}
