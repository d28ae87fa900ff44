//! What a running network answers to: the `data` of `gm up --json`, and `.gm/network.json`.

use crate::plan::tier;
use alloy_primitives::{Address, B256};
use gm_chain::spec::Role;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt::Write as _};

/// A running network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkManifest {
    /// Name of the project.
    pub network: String,
    /// The chains, parents first.
    pub chains: Vec<ChainManifest>,
    /// The funded accounts.
    pub accounts: Vec<AccountManifest>,
    /// The contracts that tie each rollup to its parent, by the rollup's tier (`l2`, `l3`), then
    /// by name (`portal`, `l1_standard_bridge`, …). They stand on the rollup's parent.
    pub contracts: BTreeMap<String, BTreeMap<String, Address>>,
}

/// A chain's endpoints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainManifest {
    /// Name of the chain.
    pub name: String,
    /// Its tier.
    pub role: Role,
    /// Chain id.
    pub chain_id: u64,
    /// Where it answers JSON-RPC over HTTP.
    pub http: String,
    /// Where it answers JSON-RPC over WebSocket.
    pub ws: String,
}

/// A funded account.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountManifest {
    /// Its address, the same on every tier.
    pub address: Address,
    /// Its key: only for the well-known development accounts, whose key is no secret, and only on
    /// loopback.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private_key: Option<B256>,
}

impl std::fmt::Debug for AccountManifest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("AccountManifest").field(&self.address).finish()
    }
}

impl NetworkManifest {
    /// The chain of a tier, if the network has one.
    pub fn chain(&self, role: Role) -> Option<&ChainManifest> {
        self.chains.iter().find(|chain| chain.role == role)
    }

    /// The same as lines `NAME=value` for a shell: `GM_L3_RPC_URL`, `GM_L3_WS_URL`,
    /// `GM_L3_CHAIN_ID`, `GM_ACCOUNT_0`, `GM_PRIVATE_KEY_0`, `GM_L3_PORTAL`, ….
    pub fn to_env(&self) -> String {
        let mut env = String::new();
        let mut line = |name: String, value: &dyn std::fmt::Display| {
            writeln!(env, "{name}={value}").expect("writing to a string does not fail");
        };
        line("GM_NETWORK".to_owned(), &self.network);
        for chain in &self.chains {
            let tier = tier(chain.role).to_uppercase();
            line(format!("GM_{tier}_CHAIN_ID"), &chain.chain_id);
            line(format!("GM_{tier}_RPC_URL"), &chain.http);
            line(format!("GM_{tier}_WS_URL"), &chain.ws);
        }
        for (index, account) in self.accounts.iter().enumerate() {
            line(format!("GM_ACCOUNT_{index}"), &account.address);
            if let Some(key) = &account.private_key {
                line(format!("GM_PRIVATE_KEY_{index}"), key);
            }
        }
        for (tier, contracts) in &self.contracts {
            for (name, address) in contracts {
                let name: String = name
                    .chars()
                    .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' })
                    .collect();
                line(format!("GM_{}_{name}", tier.to_uppercase()), address);
            }
        }
        env
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> NetworkManifest {
        let contracts = BTreeMap::from([("portal".to_owned(), Address::repeat_byte(7))]);
        NetworkManifest {
            network: "wear".to_owned(),
            chains: vec![ChainManifest {
                name: "wear".to_owned(),
                role: Role::L3,
                chain_id: 202_402_181_627,
                http: "http://127.0.0.1:10545".to_owned(),
                ws: "ws://127.0.0.1:10545".to_owned(),
            }],
            accounts: vec![
                AccountManifest {
                    address: Address::repeat_byte(1),
                    private_key: Some(B256::repeat_byte(2)),
                },
                AccountManifest { address: Address::repeat_byte(3), private_key: None },
            ],
            contracts: BTreeMap::from([("l3".to_owned(), contracts)]),
        }
    }

    #[test]
    fn it_has_the_documented_json_form() {
        let json = serde_json::to_value(manifest()).unwrap();
        assert_eq!(json["chains"][0]["role"], "l3");
        assert_eq!(json["chains"][0]["chain_id"], 202_402_181_627_u64);
        assert_eq!(json["accounts"][0]["private_key"], format!("0x{}", "02".repeat(32)));
        assert!(json["accounts"][1].get("private_key").is_none());
        assert_eq!(serde_json::from_value::<NetworkManifest>(json).unwrap(), manifest());
    }

    #[test]
    fn the_environment_file_names_every_endpoint() {
        let env = manifest().to_env();
        let expected = [
            "GM_NETWORK=wear\n",
            "GM_L3_CHAIN_ID=202402181627\n",
            "GM_L3_RPC_URL=http://127.0.0.1:10545\n",
            "GM_L3_WS_URL=ws://127.0.0.1:10545\n",
            "GM_ACCOUNT_0=0x0101010101010101010101010101010101010101\n",
            &format!("GM_PRIVATE_KEY_0=0x{}\n", "02".repeat(32)),
            "GM_ACCOUNT_1=0x0303030303030303030303030303030303030303\n",
            "GM_L3_PORTAL=0x0707070707070707070707070707070707070707\n",
        ];
        assert_eq!(env, expected.concat());
    }
}
