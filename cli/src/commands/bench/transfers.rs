//! Signed transfers.

use super::failed;
use crate::error::CliError;
use alloy_consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy_eips::Encodable2718;
use alloy_primitives::{Address, B256, TxKind, U256};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use std::thread::available_parallelism;

/// Chain id of the chains under measurement: anvil's own default.
pub(super) const CHAIN_ID: u64 = 31_337;

/// Gas of a transfer.
const GAS: u64 = 21_000;

/// Above every base fee that a measurement meets, in wei a gas.
const MAX_FEE: u128 = 1_000_000_000_000;

/// Who receives every transfer.
pub(super) const RECIPIENT: Address = Address::repeat_byte(0xbe);

/// The key of a sender of the load.
pub(super) fn sender(index: u64) -> PrivateKeySigner {
    let scalar = B256::from(U256::from(index + 0x1_0000));
    PrivateKeySigner::from_bytes(&scalar).expect("a small number is a private key")
}

/// A signed transfer of `value` wei.
pub(super) fn transfer(
    signer: &PrivateKeySigner,
    chain_id: u64,
    nonce: u64,
    to: Address,
    value: U256,
) -> TxEnvelope {
    let tx = TxEip1559 {
        chain_id,
        nonce,
        gas_limit: GAS,
        max_fee_per_gas: MAX_FEE,
        max_priority_fee_per_gas: 1,
        to: TxKind::Call(to),
        value,
        ..Default::default()
    };
    let signature = signer.sign_hash_sync(&tx.signature_hash()).expect("a local key signs");
    tx.into_signed(signature).into()
}

/// Transfers for measuring how fast their senders are recovered.
pub(super) fn sign_envelopes(count: u64) -> Vec<TxEnvelope> {
    let signer = sender(0);
    (0..count).map(|nonce| transfer(&signer, CHAIN_ID, nonce, RECIPIENT, U256::ONE)).collect()
}

/// The load: for each of `senders`, `each` transfers of one wei in nonce order, in hex.
pub(super) fn sign_load(senders: u64, each: u64) -> Result<Vec<Vec<String>>, CliError> {
    let threads = available_parallelism().map_or(1, Into::into) as u64;
    let share = senders.div_ceil(threads);
    let mut signed = Vec::new();
    std::thread::scope(|scope| {
        let shares = (0..threads).map(|thread| {
            let range = thread * share..((thread + 1) * share).min(senders);
            scope.spawn(move || range.map(|index| sign_sender(index, each)).collect::<Vec<_>>())
        });
        for thread in shares.collect::<Vec<_>>() {
            signed.extend(thread.join().map_err(|_| failed("signing failed"))?);
        }
        Ok::<_, CliError>(())
    })?;
    Ok(signed)
}

fn sign_sender(index: u64, each: u64) -> Vec<String> {
    let signer = sender(index);
    let sign = |nonce| raw(&transfer(&signer, CHAIN_ID, nonce, RECIPIENT, U256::ONE));
    (0..each).map(sign).collect()
}

/// A transaction as `eth_sendRawTransaction` takes it.
pub(super) fn raw(tx: &TxEnvelope) -> String {
    alloy_primitives::hex::encode_prefixed(tx.encoded_2718())
}
