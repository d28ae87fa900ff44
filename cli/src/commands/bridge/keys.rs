//! Whose key signs. Keys come from the environment or are the development keys that the running
//! network prints; never from a flag.

use crate::error::{CliError, Code};
use alloy_signer_local::PrivateKeySigner;
use gm_orchestrator::manifest::NetworkManifest;

/// The variable a key may come from.
const KEY: &str = "GM_PRIVATE_KEY";

/// The signer of a transfer.
///
/// # Errors
/// If the variable holds no key, or the network has no development account of this index.
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
    let found = network.accounts.get(account).and_then(|account| account.private_key);
    let key = found.ok_or_else(|| {
        CliError::new(
            Code::Usage,
            format!("the network has no development account {account}"),
            format!("choose one of the {}, or set {KEY}", network.accounts.len()),
        )
    })?;
    PrivateKeySigner::from_bytes(&key)
        .map_err(|error| CliError::internal(format!("a key of the network: {error}")))
}
