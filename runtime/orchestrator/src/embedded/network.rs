//! From a plan to the three chains it means, and to what is told about them.

use crate::{
    launch::LaunchError,
    manifest::{AccountManifest, ChainManifest, NetworkManifest},
    plan::{ChainPlan, Plan, PlanError},
    state_dir::StateDir,
};
use alloy_genesis::GenesisAccount;
use alloy_primitives::{Address, B256};
use gm_chain::{
    config::Clock,
    deploy::{ParentContracts, Roles, Windows},
    genesis::{L1Params, Network, NetworkParams, RollupParams, dev_index},
    rollup::Eip1559Params,
    spec::{INITIAL_BASE_FEE, Role},
};
use gm_node::Chain;
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    time::{SystemTime, UNIX_EPOCH},
};

/// Assembles the chains of `plan`. A state that exists keeps its genesis time.
pub(super) fn assemble(plan: &Plan, state: Option<&StateDir>) -> Result<Network, LaunchError> {
    let timestamp = match state.and_then(StateDir::record) {
        Some(record) => record.genesis_time,
        None => genesis_time(plan),
    };
    let params = params(plan, timestamp)?;
    gm_chain::genesis::assemble(&params).map_err(|error| LaunchError::failed("genesis", error))
}

/// Now, less a block time of the slowest chain, so that the first block of each is due at once.
fn genesis_time(plan: &Plan) -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let slowest = plan.chains.iter().map(|chain| chain.block_time).max().unwrap_or(0);
    match plan.clock {
        Clock::Interval => now.saturating_sub(slowest).max(1),
        Clock::Instant => now,
    }
}

fn params(plan: &Plan, timestamp: u64) -> Result<NetworkParams, LaunchError> {
    let chain = |role| {
        plan.chain(role)
            .ok_or_else(|| LaunchError::failed("plan", "a local network has three tiers"))
    };
    let (l1, l2, l3) = (chain(Role::L1)?, chain(Role::L2)?, chain(Role::L3)?);
    let keys = Keys::new(plan)?;
    let l2_roles = keys.roles([
        dev_index::L2_BATCHER,
        dev_index::L2_PROPOSER,
        dev_index::L2_CHALLENGER,
        dev_index::L2_SEQUENCER,
    ])?;
    let l3_roles = keys.roles([
        dev_index::L3_BATCHER,
        dev_index::L3_PROPOSER,
        dev_index::L3_CHALLENGER,
        dev_index::L3_SEQUENCER,
    ])?;
    let services =
        |roles: &Roles| [roles.deployer, roles.batcher, roles.proposer, roles.challenger];
    Ok(NetworkParams {
        timestamp,
        l1: L1Params {
            name: l1.name.clone(),
            chain_id: l1.chain_id,
            block_time: l1.block_time,
            gas_limit: l1.gas_limit,
            base_fee: INITIAL_BASE_FEE,
            alloc: keys.alloc(&services(&l2_roles))?,
        },
        l2: rollup(plan, l2, l2_roles, keys.alloc(&services(&l3_roles))?),
        l3: rollup(plan, l3, l3_roles, keys.alloc(&[])?),
    })
}

fn rollup(
    plan: &Plan,
    chain: &ChainPlan,
    roles: Roles,
    alloc: BTreeMap<Address, GenesisAccount>,
) -> RollupParams {
    let windows = Windows {
        proof_maturity_delay: plan.windows.proof_maturity.as_secs(),
        dispute_game_finality_delay: plan.windows.dispute_game_finality.as_secs(),
        max_clock_duration: plan.windows.max_clock.as_secs(),
        ..Windows::DEVELOPMENT
    };
    RollupParams {
        block_time: chain.block_time,
        gas_limit: chain.gas_limit,
        eip1559: Eip1559Params {
            denominator: chain.eip1559.denominator,
            elasticity: chain.eip1559.elasticity,
        },
        alloc,
        ..RollupParams::new(chain.name.clone(), chain.role, chain.chain_id, roles, windows)
    }
}

/// The accounts of a plan.
struct Keys<'a> {
    plan: &'a Plan,
}

impl<'a> Keys<'a> {
    fn new(plan: &'a Plan) -> Result<Self, LaunchError> {
        Ok(Self { plan })
    }

    fn address(&self, index: usize) -> Result<Address, LaunchError> {
        // The development phrase's addresses are known: no derivation at start-up.
        if self.plan.accounts.well_known
            && let Some(address) = gm_chain::genesis::DEV_ACCOUNTS.get(index)
        {
            return Ok(*address);
        }
        let signer = self.plan.accounts.signer(index as u32).map_err(mnemonic)?;
        Ok(signer.address())
    }

    fn roles(
        &self,
        [batcher, proposer, challenger, sequencer]: [usize; 4],
    ) -> Result<Roles, LaunchError> {
        let deployer = self.address(dev_index::DEPLOYER)?;
        Ok(Roles {
            deployer,
            owner: deployer,
            guardian: deployer,
            batcher: self.address(batcher)?,
            proposer: self.address(proposer)?,
            challenger: self.address(challenger)?,
            sequencer: self.address(sequencer)?,
            fee_recipient: deployer,
        })
    }

    /// People's accounts and those of services, funded.
    fn alloc(
        &self,
        services: &[Address],
    ) -> Result<BTreeMap<Address, GenesisAccount>, LaunchError> {
        let funded = GenesisAccount::default().with_balance(self.plan.accounts.balance.wei());
        let people = people(self.plan.accounts.count).map(|index| self.address(index));
        people
            .chain(services.iter().map(|address| Ok(*address)))
            .map(|address| Ok((address?, funded.clone())))
            .collect()
    }
}

/// Indices of people's accounts: those of services in between are left out.
fn people(count: u32) -> impl Iterator<Item = usize> {
    let services = dev_index::DEPLOYER..=dev_index::L3_SEQUENCER;
    (0..).filter(move |index| !services.contains(index)).take(count as usize)
}

fn mnemonic(error: PlanError) -> LaunchError {
    LaunchError::failed("accounts", error)
}

/// What is told about the running network.
pub(super) fn manifest(
    plan: &Plan,
    network: &Network,
    chains: [(&Chain, SocketAddr); 3],
) -> Result<NetworkManifest, LaunchError> {
    let chains = chains.map(|(chain, address)| ChainManifest {
        name: chain.spec().name.clone(),
        role: chain.spec().role,
        chain_id: chain.chain_id(),
        http: format!("http://{address}"),
        ws: format!("ws://{address}"),
    });
    let keys = Keys::new(plan)?;
    let accounts = people(plan.accounts.count).map(|index| {
        let private_key = if plan.accounts.well_known {
            Some(plan.accounts.signer(index as u32).map_err(mnemonic)?.to_bytes())
        } else {
            None
        };
        Ok::<_, LaunchError>(AccountManifest { address: keys.address(index)?, private_key })
    });
    Ok(NetworkManifest {
        network: plan.network.clone(),
        chains: chains.into(),
        accounts: accounts.collect::<Result<_, _>>()?,
        contracts: BTreeMap::from([
            ("l2".to_owned(), contracts(&network.l2_contracts)),
            ("l3".to_owned(), contracts(&network.l3_contracts)),
        ]),
    })
}

/// The proxies by name.
fn contracts(contracts: &ParentContracts) -> BTreeMap<String, Address> {
    let json = serde_json::to_value(contracts).unwrap_or_default();
    let fields = json.as_object().cloned().unwrap_or_default();
    fields
        .into_iter()
        .filter_map(|(name, value)| Some((snake_case(&name), serde_json::from_value(value).ok()?)))
        .collect()
}

fn snake_case(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

/// The genesis hash of each chain, for the state's record.
pub(super) fn genesis_hash(chain: &Chain) -> B256 {
    chain.spec().genesis_hash()
}
