//! What is to run, as plain data: made from a project, printed by `gm up --plan`, carried out by
//! an engine. Making a plan reads no network and writes no file.

use alloy_signer_local::{MnemonicBuilder, PrivateKeySigner, coins_bip39::English};
use gm_chain::{
    config::{
        AccountsConfig, BatcherConfig, ChainConfig, Clock, Eip1559Config, ParentConfig, Project,
        WindowsConfig,
    },
    spec::Role,
};
use serde::Serialize;
use std::{
    fmt,
    path::{Path, PathBuf},
    time::Duration,
};

/// Folder of a project's state, under the project's own.
pub const STATE_FOLDER: &str = ".gm";

/// What runs the chains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Engine {
    /// All tiers in this process.
    Embedded,
}

/// What the command line changes over the project file.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// Keep no state.
    pub ephemeral: bool,
    /// Port of the Layer 1; the other tiers take the next ones. 0: any free port for each.
    pub port: Option<u16>,
    /// Another clock than the project's.
    pub clock: Option<Clock>,
    /// Stop by itself after this long.
    pub ttl: Option<Duration>,
}

/// A network to run.
#[derive(Clone, Serialize)]
pub struct Plan {
    /// Name of the project.
    pub network: String,
    /// What runs it.
    pub engine: Engine,
    /// Folder of the project.
    pub project_dir: PathBuf,
    /// Folder of the state, or none for an ephemeral network.
    pub state_dir: Option<PathBuf>,
    /// How blocks are timed.
    pub clock: Clock,
    /// What the lowest chain of the plan settles on.
    pub parent: ParentPlan,
    /// The chains, parents first.
    pub chains: Vec<ChainPlan>,
    /// Blocks of the development Ethereum on top of one that is final.
    pub finality_depth: u64,
    /// The funded accounts.
    pub accounts: AccountsPlan,
    /// How long withdrawals wait.
    pub windows: WindowsConfig,
    /// How data is posted to the parents.
    pub batcher: BatcherConfig,
    /// Whole seconds after which the network stops by itself.
    #[serde(serialize_with = "as_secs")]
    pub ttl: Option<Duration>,
}

/// One chain to run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChainPlan {
    /// Name of the chain.
    pub name: String,
    /// Its tier.
    pub role: Role,
    /// Chain id.
    pub chain_id: u64,
    /// Seconds between blocks.
    pub block_time: u64,
    /// Gas limit of a block.
    pub gas_limit: u64,
    /// How the base fee moves.
    pub eip1559: Eip1559Config,
    /// Port on loopback for HTTP and WebSocket; 0 for any free one.
    pub port: u16,
    /// Folder of its state, or none if it keeps none.
    pub data_dir: Option<PathBuf>,
}

/// What the lowest chain of a plan settles on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ParentPlan {
    /// Nothing: the lowest chain is the development Ethereum.
    None,
    /// A chain that runs elsewhere.
    Remote {
        /// Where it answers JSON-RPC. Left out of what is printed: it may hold an access key.
        #[serde(skip)]
        rpc: String,
        /// Chain id that it must have.
        chain_id: u64,
    },
}

/// The accounts funded at genesis, and the keys of the services.
#[derive(Clone, Serialize)]
pub struct AccountsPlan {
    #[serde(skip)]
    mnemonic: String,
    /// How many accounts are funded on each tier.
    pub count: u32,
    /// What each holds, with its unit.
    pub balance: gm_chain::config::Amount,
    /// Whether the keys are the well-known development keys.
    pub well_known: bool,
}

impl AccountsPlan {
    /// The phrase that every key comes from. A key: not for logs.
    pub fn mnemonic(&self) -> &str {
        &self.mnemonic
    }

    /// The signer at `index` of `m/44'/60'/0'/0/index`.
    ///
    /// # Errors
    /// [`PlanError::Mnemonic`] if the phrase is not BIP-39.
    pub fn signer(&self, index: u32) -> Result<PrivateKeySigner, PlanError> {
        signer(&self.mnemonic, index)
    }
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plan")
            .field("network", &self.network)
            .field("state_dir", &self.state_dir)
            .field("chains", &self.chains)
            .finish_non_exhaustive()
    }
}

/// Why a project cannot be planned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// Keys that everybody knows, for a parent that is not on this machine.
    #[error("the well-known development keys are refused for the parent at {host}")]
    DevKeys {
        /// Host of the parent.
        host: String,
    },
    /// A phrase whose words or checksum are not BIP-39.
    #[error("accounts.mnemonic is not a valid BIP-39 phrase")]
    Mnemonic,
    /// `--port` so high that the tiers' ports do not fit above it.
    #[error("port {port} leaves no room for the ports of the other tiers")]
    Port {
        /// The port asked for.
        port: u16,
    },
}

impl PlanError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::DevKeys { .. } => "DEV_KEYS_REFUSED",
            Self::Mnemonic => "CONFIG_INVALID_VALUE",
            Self::Port { .. } => "USAGE",
        }
    }

    /// The next step.
    pub fn hint(&self) -> String {
        match self {
            Self::DevKeys { .. } => {
                "set accounts.mnemonic to a phrase of your own, or use a parent on loopback"
            }
            Self::Mnemonic => {
                "check the words and their order, or leave the key out for the development phrase"
            }
            Self::Port { .. } => "use a port of at most 65533, or 0 for free ones",
        }
        .to_owned()
    }
}

impl Plan {
    /// Plans `project`, whose folder is `project_dir`, with the command line's `overrides`.
    ///
    /// # Errors
    /// [`PlanError`], before anything is started.
    pub fn new(
        project: &Project,
        project_dir: &Path,
        overrides: &Overrides,
    ) -> Result<Self, PlanError> {
        let parent = match &project.parent {
            ParentConfig::Local => ParentPlan::None,
            ParentConfig::Remote { rpc, chain_id } => {
                ParentPlan::Remote { rpc: rpc.clone(), chain_id: *chain_id }
            }
        };
        check_keys(&project.accounts, &parent)?;
        let state_dir = (!overrides.ephemeral).then(|| project_dir.join(STATE_FOLDER));
        let mut chains = tiers(project);
        for (index, chain) in chains.iter_mut().enumerate() {
            if let Some(base) = overrides.port {
                chain.port = port_above(base, index)?;
            }
            chain.data_dir =
                state_dir.as_ref().map(|dir| dir.join("chains").join(tier(chain.role)));
        }
        Ok(Self {
            network: project.name.clone(),
            engine: Engine::Embedded,
            project_dir: project_dir.to_owned(),
            state_dir,
            clock: overrides.clock.unwrap_or(project.clock),
            parent,
            chains,
            finality_depth: project.network.finality_depth,
            accounts: AccountsPlan {
                mnemonic: project.accounts.mnemonic.clone(),
                count: project.accounts.count,
                balance: project.accounts.balance,
                well_known: project.accounts.is_well_known(),
            },
            windows: project.windows,
            batcher: project.batcher,
            ttl: overrides.ttl,
        })
    }

    /// The chain of a tier, if the plan has one.
    pub fn chain(&self, role: Role) -> Option<&ChainPlan> {
        self.chains.iter().find(|chain| chain.role == role)
    }
}

/// The word for a tier in folders, service names and output: `l1`, `l2` or `l3`.
pub const fn tier(role: Role) -> &'static str {
    match role {
        Role::L1 => "l1",
        Role::L2 => "l2",
        Role::L3 => "l3",
    }
}

/// The chains that run here: all three tiers, or the Layer 3 alone on a remote parent.
fn tiers(project: &Project) -> Vec<ChainPlan> {
    let ChainConfig { chain_id, block_time, gas_limit, eip1559 } = project.chain.clone();
    let plan =
        |name: &str, role, chain_id, block_time: gm_chain::config::Duration, port| ChainPlan {
            name: name.to_owned(),
            role,
            chain_id,
            block_time: block_time.as_secs(),
            gas_limit,
            eip1559,
            port,
            data_dir: None,
        };
    let l3 = plan(&project.name, Role::L3, chain_id, block_time, project.ports.l3);
    if project.parent != ParentConfig::Local {
        return vec![l3];
    }
    let (l1, l2) = (&project.network.l1, &project.network.l2);
    vec![
        plan(&l1.name, Role::L1, l1.chain_id, l1.block_time, project.ports.l1),
        plan(&l2.name, Role::L2, l2.chain_id, l2.block_time, project.ports.l2),
        l3,
    ]
}

fn port_above(base: u16, index: usize) -> Result<u16, PlanError> {
    if base == 0 {
        return Ok(0);
    }
    u16::try_from(index)
        .ok()
        .and_then(|index| base.checked_add(index))
        .ok_or(PlanError::Port { port: base })
}

fn check_keys(accounts: &AccountsConfig, parent: &ParentPlan) -> Result<(), PlanError> {
    if !accounts.is_well_known() {
        return signer(&accounts.mnemonic, 0).map(drop);
    }
    match parent {
        ParentPlan::Remote { rpc, .. } if !is_loopback(host(rpc)) => {
            Err(PlanError::DevKeys { host: host(rpc).to_owned() })
        }
        _ => Ok(()),
    }
}

fn signer(mnemonic: &str, index: u32) -> Result<PrivateKeySigner, PlanError> {
    MnemonicBuilder::<English>::default()
        .phrase(mnemonic)
        .index(index)
        .and_then(|builder| builder.build())
        .map_err(|_| PlanError::Mnemonic)
}

/// Host of a URL, without user, password and port.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((v6, _)) => v6,
        None => host.split(':').next().unwrap_or(host),
    }
}

/// Whether a host is this machine by its name or address; no name is looked up.
fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

// The signature is serde's.
#[expect(clippy::ref_option)]
fn as_secs<S: serde::Serializer>(ttl: &Option<Duration>, to: S) -> Result<S::Ok, S::Error> {
    ttl.map(|ttl| ttl.as_secs()).serialize(to)
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "network   {}", self.network)?;
        writeln!(f, "engine    embedded: all chains in one process")?;
        match &self.state_dir {
            Some(dir) => writeln!(f, "state     {}", dir.display())?,
            None => writeln!(f, "state     none is kept")?,
        }
        writeln!(f, "clock     {}", self.clock)?;
        if let ParentPlan::Remote { rpc, chain_id } = &self.parent {
            writeln!(f, "parent    chain {chain_id} at {}", host(rpc))?;
        }
        let keys =
            if self.accounts.well_known { "well-known development keys" } else { "own keys" };
        let AccountsPlan { count, balance, .. } = &self.accounts;
        writeln!(f, "accounts  {count} with {balance} on each chain ({keys})")?;
        let WindowsConfig { proof_maturity, dispute_game_finality, max_clock } = &self.windows;
        writeln!(
            f,
            "windows   proof {proof_maturity}, game {dispute_game_finality}, clock {max_clock}"
        )?;
        if let Some(ttl) = self.ttl {
            writeln!(f, "stops     by itself after {}s", ttl.as_secs())?;
        }
        writeln!(f)?;
        writeln!(f, "tier  {:<20} {:>16}  {:>5}  {:>6}", "chain", "chain id", "block", "port")?;
        for chain in &self.chains {
            let port = if chain.port == 0 { "free".to_owned() } else { chain.port.to_string() };
            let role = tier(chain.role);
            let block = format!("{}s", chain.block_time);
            writeln!(
                f,
                "{role:<4}  {:<20} {:>16}  {block:>5}  {port:>6}",
                chain.name, chain.chain_id
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "version: 1\nname: wear\nchain: { chain_id: 202402181627 }\n";

    fn project(more: &str) -> Project {
        Project::parse(format!("{FILE}{more}").as_bytes(), "gm.yaml").unwrap()
    }

    fn plan(more: &str, overrides: &Overrides) -> Result<Plan, PlanError> {
        Plan::new(&project(more), Path::new("/p"), overrides)
    }

    #[test]
    fn a_local_plan_has_three_tiers_parents_first() {
        let plan = plan("", &Overrides::default()).unwrap();
        let tiers: Vec<_> = plan.chains.iter().map(|c| (c.role, c.chain_id, c.port)).collect();
        assert_eq!(
            tiers,
            [(Role::L1, 900, 8545), (Role::L2, 2777, 9545), (Role::L3, 202_402_181_627, 10545)]
        );
        assert_eq!(plan.chains[2].data_dir.as_deref(), Some(Path::new("/p/.gm/chains/l3")));
    }

    #[test]
    fn an_ephemeral_plan_has_no_folder() {
        let overrides = Overrides { ephemeral: true, port: Some(0), ..Overrides::default() };
        let plan = plan("", &overrides).unwrap();
        assert_eq!(plan.state_dir, None);
        assert!(plan.chains.iter().all(|chain| chain.data_dir.is_none() && chain.port == 0));
    }

    #[test]
    fn a_base_port_is_followed_by_the_next_ones() {
        let ports = |port| {
            let overrides = Overrides { port: Some(port), ..Overrides::default() };
            plan("", &overrides).map(|p| p.chains.iter().map(|c| c.port).collect::<Vec<_>>())
        };
        assert_eq!(ports(7000).unwrap(), [7000, 7001, 7002]);
        assert_eq!(ports(65_534), Err(PlanError::Port { port: 65_534 }));
    }

    #[test]
    fn known_keys_are_refused_off_loopback() {
        let at = |host: &str| {
            plan(
                &format!("parent: {{ rpc: \"http://{host}/key\", chain_id: 10 }}\n"),
                &Overrides::default(),
            )
        };
        for host in ["localhost:8545", "127.0.0.1", "127.9.9.9:1", "[::1]:8545"] {
            assert_eq!(at(host).unwrap().chains.len(), 1, "{host}");
        }
        for host in
            ["rpc.example.org", "10.0.0.1:8545", "localhost@example.org", "127.0.0.1.nip.io"]
        {
            assert!(matches!(at(host), Err(PlanError::DevKeys { .. })), "{host}");
        }
    }

    #[test]
    fn a_phrase_with_a_wrong_checksum_is_refused() {
        let phrase = "test test test test test test test test test test test test";
        let more = format!("accounts: {{ mnemonic: \"{phrase}\" }}\n");
        assert_eq!(plan(&more, &Overrides::default()).unwrap_err(), PlanError::Mnemonic);
    }

    #[test]
    fn printing_a_plan_shows_no_key() {
        let plan = plan(
            "parent: { rpc: \"http://u:hush@localhost:1/hush\", chain_id: 10 }\n",
            &Overrides::default(),
        )
        .unwrap();
        for text in [plan.to_string(), format!("{plan:?}"), serde_json::to_string(&plan).unwrap()] {
            assert!(!text.contains("hush") && !text.contains("junk"), "{text}");
        }
    }
}
