//! Whose key signs. Keys come from the environment or are the development keys that the running
//! network prints; never from a flag.

use crate::error::{CliError, Code};
use alloy_signer_local::{MnemonicBuilder, PrivateKeySigner, coins_bip39::English};
use gm_chain::config::AccountsConfig;
use gm_orchestrator::manifest::NetworkManifest;

/// The variable a key may come from.
const KEY: &str = "GM_PRIVATE_KEY";

/// The signer of a transfer.
///
/// # Errors
/// If the variable holds no key, or there is no development account of this index.
pub(super) fn signer(
    network: &NetworkManifest,
    account: usize,
) -> Result<PrivateKeySigner, CliError> {
    if let Ok(key) = std::env::var(KEY) {
        return key.trim().parse().map_err(|_| {
            // The value itself is never shown.
            CliError::new(
                Code::Usage,
                format!("{KEY} holds no private key"),
                "64 hexadecimal digits",
            )
        });
    }
    if let Some(key) = network.accounts.get(account).and_then(|account| account.private_key) {
        return PrivateKeySigner::from_bytes(&key)
            .map_err(|error| CliError::internal(format!("a key of the network: {error}")));
    }
    // An ephemeral network keeps no file with its accounts; its development phrase is known.
    well_known(account)
}

/// The signer at `m/44'/60'/0'/0/account` of the development phrase.
fn well_known(account: usize) -> Result<PrivateKeySigner, CliError> {
    let index = u32::try_from(account).unwrap_or(u32::MAX);
    MnemonicBuilder::<English>::default()
        .phrase(AccountsConfig::DEV_MNEMONIC)
        .index(index)
        .and_then(|builder| builder.build())
        .map_err(|_| {
            let message = format!("there is no development account {account}");
            CliError::new(
                Code::Usage,
                message,
                format!("choose one of the first ten, or set {KEY}"),
            )
        })
}
