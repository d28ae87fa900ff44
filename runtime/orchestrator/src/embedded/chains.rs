//! The stores of a plan's chains.

use super::{network::genesis_hash, service};
use crate::{
    launch::LaunchError,
    plan::Plan,
    state_dir::{ChainRecord, StateDir},
};
use gm_chain::{genesis::Network, spec::ChainSpec};
use gm_node::{Chain, PoolLimits, Storage};
use std::{path::Path, sync::Arc};

/// The open chains of a local network.
#[derive(Debug, Clone)]
pub(super) struct Chains {
    pub(super) l1: Arc<Chain>,
    pub(super) l2: Arc<Chain>,
    pub(super) l3: Arc<Chain>,
}

impl Chains {
    pub(super) fn all(&self) -> [&Arc<Chain>; 3] {
        [&self.l1, &self.l2, &self.l3]
    }
}

/// Opens every chain, side by side. A state that exists must be of these chains.
pub(super) fn open(
    _plan: &Plan,
    network: &Network,
    mut state: Option<&mut StateDir>,
) -> Result<Chains, LaunchError> {
    let specs = [&network.l1, &network.l2, &network.l3];
    if let Some(state) = &state
        && state.record().is_some()
    {
        state.check(&specs.map(record))?;
    }
    let storage = |spec: &ChainSpec| -> Result<Storage, LaunchError> {
        Ok(match &state {
            Some(state) => Storage::Disk(state.chain_dir(spec.role)?),
            None => Storage::Memory,
        })
    };
    let storages = [storage(specs[0])?, storage(specs[1])?, storage(specs[2])?];
    let [l1, l2, l3] = std::thread::scope(|scope| {
        let opening = specs.into_iter().zip(storages).map(|(spec, storage)| {
            scope.spawn(move || {
                Chain::open(spec.clone(), storage, PoolLimits::default())
                    .map_err(|error| LaunchError::failed(service(spec.role, ""), error))
            })
        });
        let opening: Vec<_> = opening.collect();
        let mut opened = opening.into_iter().map(|thread| {
            thread
                .join()
                .unwrap_or_else(|_| Err(LaunchError::failed("chains", "a thread panicked")))
        });
        [(); 3].map(|()| opened.next().unwrap_or(Err(LaunchError::Interrupted)))
    });
    let chains = Chains { l1: l1?, l2: l2?, l3: l3? };
    if let Some(state) = &mut state
        && state.record().is_none()
    {
        let records = chains
            .all()
            .map(|chain| ChainRecord { genesis_hash: genesis_hash(chain), ..record(chain.spec()) });
        for spec in specs {
            write_files(spec, &state.chain_dir(spec.role)?)
                .map_err(|error| LaunchError::failed(service(spec.role, ""), error))?;
        }
        state.complete(network.l1.genesis.timestamp, records.into())?;
    }
    Ok(chains)
}

/// Writes what other clients start from: `genesis.json`, `chain-config.json` and, for a rollup,
/// `rollup.json`.
fn write_files(spec: &ChainSpec, folder: &Path) -> std::io::Result<()> {
    std::fs::write(folder.join("genesis.json"), spec.genesis_json())?;
    std::fs::write(folder.join("chain-config.json"), spec.chain_config_json())?;
    match &spec.rollup {
        Some(rollup) => std::fs::write(folder.join("rollup.json"), rollup.rollup_json()),
        None => Ok(()),
    }
}

fn record(spec: &ChainSpec) -> ChainRecord {
    ChainRecord {
        name: spec.name.clone(),
        role: spec.role,
        chain_id: spec.chain_id(),
        genesis_hash: spec.genesis_hash(),
    }
}
