//! The files of an assembled network, and upstream's programs on them.

use alloy_primitives::{Address, B256};
use alloy_signer_local::{MnemonicBuilder, coins_bip39::English};
use gm_chain::genesis::{Network, NetworkParams, assemble};
use gm_chain::spec::ChainSpec;
use gm_tests::chain::derived_equally;
use gm_tests::upstream::{Engine, Node, Programs, Role, Rollup};
use gm_tests::{Rpc, gm};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Where the well-known development accounts come from.
const MNEMONIC: &str = "test test test test test test test test test test test junk";

/// How long a chain may take for what takes it seconds on an idle machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(180);

/// Upstream's verifier (op-node with op-geth) and ours (`gm node`) of one rollup, each given only the
/// files and the parent's RPC.
pub(crate) struct Verifiers {
    upstream: Node,
    ours: gm::Node,
}

impl Verifiers {
    /// Starts both with their logs in the new folder `dir`.
    pub(crate) async fn start(programs: &Programs, files: &Rollup, dir: &Path) -> Self {
        let upstream = Node::start(programs, files, Engine::Geth, Role::Verifier, dir);
        let upstream = upstream.await.unwrap();
        let ours = gm::Node::verifier(&files.genesis, &files.config, &files.parent, dir);
        Self { upstream, ours: ours.await.unwrap() }
    }

    /// Checks that both derive the blocks of `leader` to `number`, every hash equal.
    pub(crate) async fn derive(&self, leader: &Rpc, number: u64) {
        let theirs = derived_equally(leader, self.upstream.execution(), number, PATIENCE).await;
        theirs.unwrap_or_else(|error| panic!("{}", self.upstream.failure(error.to_string())));
        let own = derived_equally(leader, self.ours.rpc(), number, PATIENCE).await;
        own.unwrap_or_else(|error| panic!("{}", self.ours.failure(error.to_string())));
        println!("{}: {number} blocks, every hash equal", leader.url());
    }
}

/// Key of a development account.
pub(crate) fn dev_key(index: usize) -> B256 {
    let index = u32::try_from(index).unwrap();
    let signer = MnemonicBuilder::<English>::default().phrase(MNEMONIC).index(index).unwrap();
    signer.build().unwrap().to_bytes()
}

/// A network with its genesis at this moment, and its files.
pub(crate) struct Files {
    pub(crate) network: Network,
    dir: PathBuf,
}

impl Files {
    /// Assembles the development network and writes `<tier>.json` and `<tier>-rollup.json` to `dir`.
    pub(crate) fn assemble(dir: &Path) -> Self {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        let network =
            assemble(&NetworkParams::development(now, "appchain", 202_402_181_627)).unwrap();
        for (tier, spec) in [("l1", &network.l1), ("l2", &network.l2), ("l3", &network.l3)] {
            std::fs::write(dir.join(format!("{tier}.json")), spec.genesis_json()).unwrap();
            if let Some(rollup) = &spec.rollup {
                let path = dir.join(format!("{tier}-rollup.json"));
                std::fs::write(path, rollup.rollup_json()).unwrap();
            }
        }
        Self { network, dir: dir.to_owned() }
    }

    /// A tier's `genesis.json`.
    pub(crate) fn genesis(&self, tier: &str) -> PathBuf {
        self.dir.join(format!("{tier}.json"))
    }

    /// What an upstream node is given to follow the rollup `tier` on `parent_tier`.
    pub(crate) fn rollup(&self, tier: &str, parent_tier: &str, parent: &str) -> Rollup {
        Rollup {
            genesis: self.genesis(tier),
            config: self.dir.join(format!("{tier}-rollup.json")),
            parent_genesis: self.genesis(parent_tier),
            parent: parent.to_owned(),
        }
    }

    /// The chain of a tier.
    pub(crate) fn spec(&self, tier: &str) -> &ChainSpec {
        match tier {
            "l1" => &self.network.l1,
            "l2" => &self.network.l2,
            _ => &self.network.l3,
        }
    }

    /// The portal of a rollup, on its parent.
    pub(crate) fn portal(&self, tier: &str) -> Address {
        match tier {
            "l2" => self.network.l2_contracts.portal,
            _ => self.network.l3_contracts.portal,
        }
    }
}
