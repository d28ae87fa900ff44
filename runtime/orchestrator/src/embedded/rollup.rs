//! The services of one chain: its producer, its RPC server and, for a rollup, what ties it to its
//! parent.

use super::{chains::Chains, running::Services, service};
use crate::{launch::LaunchError, plan::Plan};
use gm_chain::{deploy::ParentContracts, genesis::dev_index, spec::Role};
use gm_node::{
    Chain,
    l1::{FinalityDepth, Miner},
    producer::{Clock, Producer, ProducerError},
    rpc::{self, RpcLimits, RpcOptions, ServeError, dev::dev_module},
};
use gm_settlement::{
    batcher::{Batcher, BatcherConfig, ChannelParams, LocalSource},
    parent::{LocalParent, Parent},
    proposer::{Proposer, ProposerConfig},
    rpc::RollupRpc,
    sequencer::{Driver, Sequencer},
    txmgr::{TxManager, TxManagerConfig},
    verifier::{SyncStatus, Verifier},
};
use jsonrpsee::RpcModule;
use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

/// A chain whose services run.
pub(super) struct Started {
    pub(super) chain: Arc<Chain>,
    pub(super) producer: Producer,
    pub(super) address: SocketAddr,
}

/// Starts the development L1.
pub(super) async fn start_l1(
    plan: &Plan,
    chains: &Chains,
    clock: Clock,
    services: &mut Services,
) -> Result<Started, LaunchError> {
    let chain = chains.l1.clone();
    let (producer, requests) = Producer::channel();
    let module = dev_module(chain.clone(), producer.clone(), clock);
    let address = serve(plan, &chain, module, services).await?;
    // Labels as on Ethereum: what is final is deeper than what is safe.
    let depth = FinalityDepth { safe: plan.finality_depth / 2, finalized: plan.finality_depth };
    let miner = Miner::new(chain.clone(), clock, depth, requests);
    let cancel = services.token();
    services.spawn(async move {
        miner.run(cancel).await;
        Ok(())
    });
    Ok(Started { chain, producer, address })
}

/// Starts a rollup on a parent of this process.
pub(super) async fn start(
    plan: &Plan,
    chain: &Arc<Chain>,
    parent: &Arc<Chain>,
    parent_producer: Producer,
    contracts: &ParentContracts,
    clock: Clock,
    services: &mut Services,
) -> Result<Started, LaunchError> {
    let role = chain.spec().role;
    let chain = chain.clone();
    let parent: Arc<dyn Parent> = Arc::new(LocalParent::new(parent.clone()));
    let fail = |name: &'static str| {
        move |error: &dyn std::fmt::Display| LaunchError::failed(service(role, name), error)
    };

    let verifier =
        Verifier::new(chain.clone(), parent.clone()).map_err(|error| fail("verifier")(&error))?;
    let status = verifier.status();
    let sequencer =
        Sequencer::new(chain.clone(), parent.clone()).map_err(|error| fail("sequencer")(&error))?;
    let (producer, requests) = Producer::channel();
    let (driver, handle) = Driver::new(sequencer, clock, requests, Some(parent_producer));
    let batcher = batcher(plan, &chain, parent.clone(), status.clone(), clock)
        .await
        .map_err(|error| fail("batcher")(&error))?;

    let proposer = proposer(plan, &chain, parent.clone(), status.clone(), contracts)
        .await
        .map_err(|error| fail("proposer")(&error))?;

    let mut module = dev_module(chain.clone(), producer.clone(), clock);
    let rollup_rpc = RollupRpc {
        chain: chain.clone(),
        status,
        sequencer: Some(handle),
        batcher: Some(batcher.clone()),
    };
    module.merge(rollup_rpc.module()).map_err(|error| fail("rpc")(&error))?;
    let address = serve(plan, &chain, module, services).await?;

    let cancel = services.token();
    services.spawn(async move {
        let result = verifier.run(cancel).await;
        result.map_err(|error| LaunchError::failed(service(role, "verifier"), error))
    });
    let cancel = services.token();
    services.spawn(async move {
        driver.run(cancel).await;
        Ok(())
    });
    let cancel = services.token();
    services.spawn(async move {
        let result = batcher.run(cancel).await;
        result.map_err(|error| LaunchError::failed(service(role, "batcher"), error))
    });
    let cancel = services.token();
    services.spawn(async move {
        let result = proposer.run(cancel).await;
        result.map_err(|error| LaunchError::failed(service(role, "proposer"), error))
    });
    Ok(Started { chain, producer, address })
}

async fn proposer(
    plan: &Plan,
    chain: &Arc<Chain>,
    parent: Arc<dyn Parent>,
    status: tokio::sync::watch::Receiver<SyncStatus>,
    contracts: &ParentContracts,
) -> Result<Proposer, String> {
    let index = match chain.spec().role {
        Role::L3 => dev_index::L3_PROPOSER,
        _ => dev_index::L2_PROPOSER,
    };
    let signer = plan.accounts.signer(index as u32).map_err(|error| error.to_string())?;
    let txs = TxManager::new(parent, signer, TxManagerConfig::default())
        .await
        .map_err(|error| error.to_string())?;
    let config = ProposerConfig::default();
    Proposer::new(config, chain.clone(), status, Arc::new(txs), contracts)
        .map_err(|error| error.to_string())
}

/// How long a batch waits for a further block with the instant clock. Without it a rollup that makes
/// many blocks to catch up with its parent would make the parent run ahead with as many batches.
const LINGER: Duration = Duration::from_millis(25);

async fn batcher(
    plan: &Plan,
    chain: &Arc<Chain>,
    parent: Arc<dyn Parent>,
    status: tokio::sync::watch::Receiver<SyncStatus>,
    clock: Clock,
) -> Result<Arc<Batcher>, String> {
    let rollup = chain.spec().rollup.clone().ok_or("not a rollup")?;
    let index = match chain.spec().role {
        Role::L3 => dev_index::L3_BATCHER,
        _ => dev_index::L2_BATCHER,
    };
    let signer = plan.accounts.signer(index as u32).map_err(|error| error.to_string())?;
    let txs = TxManager::new(parent, signer, TxManagerConfig::default())
        .await
        .map_err(|error| error.to_string())?;
    let channel = ChannelParams::new(rollup.l2_chain_id, rollup.genesis.l2_time);
    let config = BatcherConfig {
        max_channel_duration: plan.batcher.max_channel_duration,
        close_when_idle: clock == Clock::Instant,
        linger: LINGER,
        ..BatcherConfig::new(channel, rollup.batch_inbox_address, rollup.seq_window_size)
    };
    let source = Arc::new(LocalSource::new(chain.clone(), status));
    Ok(Arc::new(Batcher::new(config, source, Arc::new(txs))))
}

/// Serves the chain's own methods and `more` on the chain's port.
async fn serve(
    plan: &Plan,
    chain: &Arc<Chain>,
    more: RpcModule<()>,
    services: &mut Services,
) -> Result<SocketAddr, LaunchError> {
    let role = chain.spec().role;
    let port = plan.chain(role).map_or(0, |chain| chain.port);
    let mut module = rpc::modules(chain.clone(), RpcOptions::default());
    module.merge(more).map_err(|error| LaunchError::failed(service(role, "rpc"), error))?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let server =
        rpc::serve(address, module, RpcLimits::default()).await.map_err(|error| match error {
            ServeError::AddressInUse(_) => LaunchError::port_in_use(port, service(role, "")),
            other => LaunchError::failed(service(role, "rpc"), other),
        })?;
    let address = server.local_addr();
    services.serve(server);
    Ok(address)
}

/// Waits for the chain's first block; with the instant clock it has to be asked for.
pub(super) async fn past_genesis(
    chain: &Chain,
    producer: &Producer,
    clock: Clock,
) -> Result<(), ProducerError> {
    let mut events = chain.subscribe();
    if chain.head().number == 0 && clock == Clock::Instant {
        producer.mine(1).await?;
    }
    while chain.head().number == 0 {
        if let Err(tokio::sync::broadcast::error::RecvError::Closed) = events.recv().await {
            return Err(ProducerError::Stopped);
        }
    }
    Ok(())
}
