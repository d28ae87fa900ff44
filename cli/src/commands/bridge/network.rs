//! The running network, as the bridge needs it.

use super::{Tier, keys};
use crate::{
    context::Context,
    error::{CliError, Code},
    rpc::Rpc,
};
use alloy_primitives::Address;
use alloy_signer_local::PrivateKeySigner;
use gm_chain::genesis::DEV_ACCOUNTS;
use gm_orchestrator::{manifest::NetworkManifest, plan::STATE_FOLDER, registry, state_dir};
use gm_settlement::{
    bridge::{BridgeError, Hop, HopContracts},
    parent::{Parent, RpcParent, Severity},
    txmgr::{TxManager, TxManagerConfig},
};
use serde_json::json;
use std::{sync::Arc, time::Duration};

/// How often a chain is asked for a new head.
const POLL: Duration = Duration::from_millis(50);

/// A running network and the account that acts on it.
pub(super) struct Network {
    manifest: NetworkManifest,
    pub(super) signer: PrivateKeySigner,
    rpc: Rpc,
}

impl Network {
    /// The network that runs in the project of `args`.
    pub(super) fn find(args: &super::SourceArgs, context: &Context) -> Result<Self, CliError> {
        let folder = context.project_dir(args.path.as_deref());
        // The state folder's file knows the accounts; the registry knows ephemeral networks.
        let manifest = state_dir::read_network(&folder.join(STATE_FOLDER))
            .or_else(|| registry::of_project(&folder).into_iter().find_map(|entry| entry.manifest))
            .ok_or_else(|| {
                let message = format!("{}: no network of the project runs", folder.display());
                CliError::new(Code::NotRunning, message, "start it with `gm up`")
            })?;
        let signer = keys::signer(&manifest, args.account)?;
        Ok(Self { manifest, signer, rpc: Rpc::new().map_err(CliError::internal)? })
    }

    fn url(&self, tier: Tier) -> Result<&str, CliError> {
        self.manifest.chain(tier.role()).map(|chain| chain.http.as_str()).ok_or_else(|| {
            let message = format!("the network has no {}", tier.name());
            CliError::new(Code::Usage, message, "see `gm status` for its chains")
        })
    }

    fn chain(&self, tier: Tier) -> Result<Arc<dyn Parent>, CliError> {
        self.refuse_dev_keys(self.url(tier)?)?;
        let chain = RpcParent::new(self.url(tier)?, POLL).map_err(|error| failed(error.into()))?;
        Ok(Arc::new(chain))
    }

    /// A key that everybody knows signs nothing that leaves this machine.
    fn refuse_dev_keys(&self, url: &str) -> Result<(), CliError> {
        let signer = self.signer.address();
        if is_loopback(url) || !DEV_ACCOUNTS.contains(&signer) {
            return Ok(());
        }
        let message =
            format!("{url} is not on this machine, and everybody knows the key of {signer}");
        Err(CliError::new(Code::DevKeysRefused, message, "set GM_PRIVATE_KEY to a key of your own"))
    }

    /// The hop between a rollup and its parent.
    pub(super) fn hop(&self, child: Tier) -> Result<Hop, CliError> {
        let parent = child
            .parent()
            .ok_or_else(|| CliError::new(Code::Usage, "the l1 has no parent", "choose l2 or l3"))?;
        let contracts = self.manifest.contracts.get(child.name());
        let address = |name: &str| -> Result<Address, CliError> {
            contracts.and_then(|contracts| contracts.get(name)).copied().ok_or_else(|| {
                CliError::internal(format!(
                    "the network does not tell the {name} of {}",
                    child.name()
                ))
            })
        };
        let contracts = HopContracts {
            portal: address("portal")?,
            standard_bridge: address("l1_standard_bridge")?,
            dispute_game_factory: address("dispute_game_factory")?,
        };
        Ok(Hop::new(self.chain(parent)?, self.chain(child)?, contracts))
    }

    /// What sends the account's transactions on a chain.
    pub(super) async fn sender(&self, chain: &Arc<dyn Parent>) -> Result<TxManager, CliError> {
        let config = TxManagerConfig { poll_interval: POLL, ..Default::default() };
        TxManager::new(chain.clone(), self.signer.clone(), config)
            .await
            .map_err(|error| failed(error.into()))
    }

    /// Lets a chain's time pass to `at` (seconds since the epoch): moves it with the instant clock,
    /// waits a moment otherwise.
    pub(super) async fn pass_time(&self, tier: Tier, at: u64) -> Result<(), CliError> {
        let moved = self.rpc.call(self.url(tier)?, "gm_advanceTo", json!([at])).await;
        if moved.is_err() {
            tokio::time::sleep(POLL * 4).await;
        }
        Ok(())
    }
}

/// Whether an endpoint is on this machine for certain.
fn is_loopback(url: &str) -> bool {
    let Ok(url) = reqwest::Url::parse(url) else { return false };
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// A failed transfer as an error of the command.
pub(super) fn failed(error: BridgeError) -> CliError {
    let hint = match error.severity() {
        Severity::Retry => {
            "see `gm status`; once the chains answer, `gm bridge status TX` shows how far it is"
        }
        _ => "`gm bridge status TX` shows how far the transfer is",
    };
    CliError::new(Code::BridgeFailed, error.to_string(), hint)
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn only_addresses_of_this_machine_are_loopback() {
        for url in ["http://127.0.0.1:8545", "http://localhost:1", "http://[::1]:8545/x"] {
            assert!(is_loopback(url), "{url}");
        }
        for url in
            ["http://10.0.0.1:1", "https://localhost.example", "http://127.0.0.1.example", "x"]
        {
            assert!(!is_loopback(url), "{url}");
        }
    }
}
