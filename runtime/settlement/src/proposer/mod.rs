//! The proposer: tells the parent what the rollup's state is, so that withdrawals can be proven.
//!
//! It creates permissioned dispute games for safe blocks, resolves them when their clock has run
//! out. Bonds are not collected yet. All it must remember is on the parent: a restart reads the games
//! anew and proposes nothing twice.
//!
//! Specification: <https://specs.optimism.io/fault-proof/stage-one/bridge-integration.html>.

mod error;
mod games;

pub use error::ProposerError;
pub use games::{Game, GameStatus, Games};

use crate::{
    parent::Severity,
    txmgr::{TxManager, TxRequest},
    verifier::SyncStatus,
};
use alloy_eips::BlockId;
use alloy_primitives::{B256, U256};
use alloy_sol_types::{SolCall, SolValue};
use gm_chain::{
    abi::{IDisputeGameFactory, IFaultDisputeGame},
    deploy::{PERMISSIONED_GAME, ParentContracts},
    rollup::output_root,
};
use gm_node::Chain;
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// When to propose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProposerConfig {
    /// Propose once this many blocks are safe beyond the last proposal, whatever is in them. Zero
    /// leaves it to withdrawals.
    pub interval: u64,
    /// Propose as soon as a safe block holds a withdrawal that no proposal covers.
    pub on_withdrawal: bool,
    /// How long to wait for a notice before looking again.
    pub poll_interval: Duration,
}

impl Default for ProposerConfig {
    fn default() -> Self {
        Self { interval: 0, on_withdrawal: true, poll_interval: Duration::from_secs(2) }
    }
}

/// What a step of the proposer did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// A transaction was included; there may be more to do.
    Worked,
    /// Nothing: one of the chains must move first.
    Waiting,
}

/// Proposes one rollup's outputs on its parent.
#[derive(Debug)]
pub struct Proposer {
    config: ProposerConfig,
    chain: Arc<Chain>,
    status: watch::Receiver<SyncStatus>,
    txs: Arc<TxManager>,
    games: Games,
    /// Our games that are not over yet, by index.
    open: BTreeMap<u64, Game>,
    /// Games of the factory that were looked at.
    scanned: u64,
    /// Number and withdrawals root of the last proposed block.
    proposed: (u64, B256),
}

impl Proposer {
    /// A proposer for `chain`, whose derivation `status` reports, sending with `txs` to the contracts
    /// on the parent.
    ///
    /// # Errors
    /// If the chain's genesis block cannot be read.
    pub fn new(
        config: ProposerConfig,
        chain: Arc<Chain>,
        status: watch::Receiver<SyncStatus>,
        txs: Arc<TxManager>,
        contracts: &ParentContracts,
    ) -> Result<Self, ProposerError> {
        let games = Games::new(txs.parent().clone(), contracts.dispute_game_factory);
        let genesis = chain.spec().genesis_header().withdrawals_root.unwrap_or_default();
        Ok(Self {
            config,
            chain,
            status,
            txs,
            games,
            open: BTreeMap::new(),
            scanned: 0,
            proposed: (0, genesis),
        })
    }

    /// Works until cancelled.
    ///
    /// # Errors
    /// Only those that nothing but a person can mend.
    pub async fn run(mut self, cancel: CancellationToken) -> Result<(), ProposerError> {
        loop {
            let seen = *self.status.borrow_and_update();
            match cancel.run_until_cancelled(self.step()).await {
                None => return Ok(()),
                Some(Ok(Progress::Worked)) => continue,
                Some(Ok(Progress::Waiting)) => {}
                Some(Err(error)) if error.severity() == Severity::Stop => return Err(error),
                Some(Err(error)) => {
                    tracing::warn!(%error, "the proposer pauses");
                    self.txs.reset().await;
                }
            }
            let wait = async {
                tokio::select! {
                    _ = self.status.changed() => {}
                    () = self.txs.parent().head_changed(seen.head_l1.hash) => {}
                    () = tokio::time::sleep(self.config.poll_interval) => {}
                }
            };
            if cancel.run_until_cancelled(wait).await.is_none() {
                return Ok(());
            }
        }
    }

    /// Does one thing that can be done now.
    ///
    /// # Errors
    /// By their severity: to be retried, or final. Nothing is lost either way.
    pub async fn step(&mut self) -> Result<Progress, ProposerError> {
        self.scan().await?;
        if self.resolve().await? || self.propose().await? {
            return Ok(Progress::Worked);
        }
        Ok(Progress::Waiting)
    }

    /// Looks at games that came since the last time, whoever created them.
    async fn scan(&mut self) -> Result<(), ProposerError> {
        let count = self.games.count().await?;
        while self.scanned < count {
            let game = self.games.at(self.scanned).await?;
            self.scanned += 1;
            if game.kind != PERMISSIONED_GAME {
                continue;
            }
            if let Some(block) = self.chain.block_by_number(game.l2_block)?
                && game.root == self.output_root(&block)
                && game.l2_block > self.proposed.0
            {
                self.proposed = (game.l2_block, block.withdrawals_root.unwrap_or_default());
            }
            if self.games.status(&game).await? == GameStatus::InProgress {
                self.open.insert(game.index, game);
            }
        }
        Ok(())
    }

    /// Ends the oldest game whose clock has run out.
    async fn resolve(&mut self) -> Result<bool, ProposerError> {
        let Some(game) = self.open.values().next().cloned() else { return Ok(false) };
        if self.games.status(&game).await? != GameStatus::InProgress {
            self.open.remove(&game.index);
            return Ok(true);
        }
        let now = self.txs.parent().header(BlockId::latest()).await?;
        let now = now.map_or(0, |header| header.header.timestamp);
        if now < game.created_at + self.games.max_clock_duration(&game).await? {
            return Ok(false);
        }
        if !self.games.is_claim_resolved(&game).await? {
            let root_claim = IFaultDisputeGame::resolveClaimCall {
                claimIndex: U256::ZERO,
                numToResolve: U256::ZERO,
            };
            self.txs.send(TxRequest::call(game.proxy, root_claim.abi_encode())).await?;
        }
        let resolve = IFaultDisputeGame::resolveCall {};
        self.txs.send(TxRequest::call(game.proxy, resolve.abi_encode())).await?;
        tracing::info!(game = %game.proxy, block = game.l2_block, "a game is resolved");
        self.open.remove(&game.index);
        Ok(true)
    }

    /// Proposes the safe head if it is due.
    async fn propose(&mut self) -> Result<bool, ProposerError> {
        let safe = self.status.borrow().safe_l2.number();
        if safe <= self.proposed.0 {
            return Ok(false);
        }
        let block = self.chain.block_by_number(safe)?.ok_or(ProposerError::Missing(safe))?;
        let root = block.withdrawals_root.unwrap_or_default();
        let by_time = self.config.interval > 0 && safe >= self.proposed.0 + self.config.interval;
        let by_withdrawal = self.config.on_withdrawal && root != self.proposed.1;
        if !by_time && !by_withdrawal {
            return Ok(false);
        }
        let claim = self.output_root(&block);
        let extra = U256::from(safe).abi_encode();
        // A proposal of an earlier run may still wait in the parent's pool.
        if !self.txs.settled().await? || self.games.exists(claim, extra.clone().into()).await? {
            return Ok(false);
        }
        let create = IDisputeGameFactory::createCall {
            gameType: PERMISSIONED_GAME,
            rootClaim: claim,
            extraData: extra.into(),
        };
        let bond = self.games.bond().await?;
        let request = TxRequest::call(self.games.factory(), create.abi_encode()).with_value(bond);
        self.txs.send(request).await?;
        tracing::info!(block = safe, %claim, "an output is proposed");
        self.proposed = (safe, root);
        Ok(true)
    }

    fn output_root(&self, block: &gm_node::ExecutedBlock) -> B256 {
        output_root(block.state_root, block.withdrawals_root.unwrap_or_default(), block.hash())
    }
}
