//! A rollup node that follows its parent: it derives every block, takes over those it already has,
//! builds those it has not, and moves the safe and finalized heads.
//!
//! Spec: <https://specs.optimism.io/protocol/derivation.html#engine-queue>

mod consolidate;
mod error;
mod finality;
mod start;
mod status;
#[cfg(test)]
pub(crate) mod tests;
mod view;

use std::{sync::Arc, time::Duration};

use gm_chain::rollup::RollupConfig;
use gm_node::{Attributes, Chain, ChainError};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::{
    derive::{DeriveError, DerivedAttributes, Deriver, L2BlockRef, Step},
    parent::{BlockRef, Parent, Severity},
};
use finality::History;

pub use error::VerifierError;
pub use status::SyncStatus;
pub use view::{block_ref, l2_head};

/// How long to wait before asking a parent again that failed to answer.
const RETRY_DELAY: Duration = Duration::from_secs(1);

/// What one step of the verifier did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// A block of ours turned out to be what the parent says: it is safe now.
    Consolidated(L2BlockRef),
    /// A block was built from the parent's data; it is the head now, and safe.
    Derived(L2BlockRef),
    /// More of the parent was read, or the pipeline was restarted.
    Working,
    /// Everything the parent holds is derived.
    Idle,
}

/// Follows a parent on behalf of one chain. Works alone or beside a sequencer on the same chain.
#[derive(Debug)]
pub struct Verifier {
    chain: Arc<Chain>,
    parent: Arc<dyn Parent>,
    rollup: RollupConfig,
    deriver: Deriver,
    /// The last derived block.
    safe: L2BlockRef,
    history: History,
    /// Derived attributes that could not be dealt with yet.
    pending: Option<Box<DerivedAttributes>>,
    needs_reset: bool,
    parent_checked: bool,
    current_l1: BlockRef,
    /// The parent's block up to which everything is derived; `current_l1` may be under way.
    derived_l1: BlockRef,
    head_l1: BlockRef,
    safe_l1: BlockRef,
    finalized_l1: BlockRef,
    status: watch::Sender<SyncStatus>,
}

impl Verifier {
    /// A verifier that has not looked at the parent yet. `chain` must be a rollup.
    ///
    /// # Errors
    /// [`DeriveError::Unsupported`] if the rollup's configuration is missing or not implemented.
    pub fn new(chain: Arc<Chain>, parent: Arc<dyn Parent>) -> Result<Self, VerifierError> {
        let rollup = chain.spec().rollup.clone();
        let rollup = rollup.ok_or_else(|| DeriveError::Unsupported("an L1".into()))?;
        let deriver = Deriver::new(&rollup, parent.clone(), chain.clone())?;
        Ok(Self {
            chain,
            parent,
            rollup,
            deriver,
            safe: L2BlockRef::default(),
            history: History::default(),
            pending: None,
            needs_reset: true,
            parent_checked: false,
            current_l1: BlockRef::default(),
            derived_l1: BlockRef::default(),
            head_l1: BlockRef::default(),
            safe_l1: BlockRef::default(),
            finalized_l1: BlockRef::default(),
            status: watch::channel(SyncStatus::default()).0,
        })
    }

    /// How far the node has come, now and whenever it changes.
    #[must_use]
    pub fn status(&self) -> watch::Receiver<SyncStatus> {
        self.status.subscribe()
    }

    /// Follows the parent until cancelled.
    ///
    /// # Errors
    /// Only errors that no later attempt can mend.
    pub async fn run(mut self, cancel: CancellationToken) -> Result<(), VerifierError> {
        loop {
            let wait = match cancel.run_until_cancelled(self.step()).await {
                None => return Ok(()),
                Some(Ok(Progress::Idle)) => None,
                Some(Ok(_)) => continue,
                Some(Err(error)) if error.severity() == Severity::Stop => return Err(error),
                Some(Err(error)) => {
                    tracing::warn!(%error, "derivation pauses");
                    Some(RETRY_DELAY)
                }
            };
            let waiting = async {
                match wait {
                    Some(delay) => tokio::time::sleep(delay).await,
                    None => tokio::select! {
                        () = self.parent.head_changed(self.head_l1.hash) => {}
                        () = self.parent.finalized_changed(self.finalized_l1.hash) => {}
                    },
                }
            };
            if cancel.run_until_cancelled(waiting).await.is_none() {
                return Ok(());
            }
        }
    }

    /// Goes one step on. Never waits for the parent to change.
    ///
    /// # Errors
    /// See [`VerifierError::severity`]. Every error leaves the verifier ready for another step.
    pub async fn step(&mut self) -> Result<Progress, VerifierError> {
        let result = self.try_step().await;
        if let Err(error) = &result
            && error.severity() == Severity::Reset
        {
            self.needs_reset = true;
        }
        self.publish()?;
        match result {
            Err(error) if error.severity() == Severity::Reset => {
                tracing::info!(%error, "derivation starts over");
                Ok(Progress::Working)
            }
            other => other,
        }
    }

    /// Steps until everything the parent holds is derived.
    ///
    /// # Errors
    /// See [`Self::step`].
    pub async fn catch_up(&mut self) -> Result<(), VerifierError> {
        while self.step().await? != Progress::Idle {}
        Ok(())
    }

    async fn try_step(&mut self) -> Result<Progress, VerifierError> {
        if self.needs_reset {
            self.pending = None;
            self.follow_parent().await?;
            self.reset().await?;
            return Ok(Progress::Working);
        }
        if let Some(attributes) = self.pending.clone() {
            return self.apply(&attributes).await;
        }
        match self.deriver.step(self.safe).await? {
            Step::Attributes(attributes) => {
                self.pending = Some(attributes.clone());
                self.apply(&attributes).await
            }
            Step::Advanced(origin) => {
                self.derived_l1 = std::mem::replace(&mut self.current_l1, origin);
                Ok(Progress::Working)
            }
            Step::Again => Ok(Progress::Working),
            Step::NeedParentData => self.idle().await,
        }
    }

    /// Looks whether the parent has only paused, or gone another way.
    async fn idle(&mut self) -> Result<Progress, VerifierError> {
        if !self.is_on_parent().await? {
            let hash = self.current_l1.hash;
            return Err(DeriveError::Reset(format!("the parent's block {hash} is gone")).into());
        }
        self.derived_l1 = self.current_l1;
        self.follow_parent().await?;
        // The head may have moved since the pipeline looked.
        let next = self.parent.header((self.current_l1.number + 1).into()).await?;
        Ok(if next.is_some() { Progress::Working } else { Progress::Idle })
    }

    /// Makes the derived block part of the chain.
    async fn apply(&mut self, attributes: &DerivedAttributes) -> Result<Progress, VerifierError> {
        let number = attributes.number();
        if let Some(ours) = self.chain.block_by_number(number)? {
            match consolidate::matches(&ours, attributes, self.chain.spec()) {
                Ok(()) => {
                    let block = self.deriver.l2_block_ref(&l2_head(&ours))?;
                    self.advance(block, attributes.derived_from)?;
                    return Ok(Progress::Consolidated(block));
                }
                Err(field) => {
                    tracing::warn!(number, field, "the parent holds another block than ours");
                }
            }
        }
        match self.build(attributes).await {
            Ok(block) => {
                self.advance(block, attributes.derived_from)?;
                Ok(Progress::Derived(block))
            }
            Err(VerifierError::Chain(source)) if source.is_invalid() => {
                if attributes.is_deposits_only() {
                    return Err(VerifierError::Deposits { number, source });
                }
                tracing::warn!(number, reason = %source, "an invalid batch: deposits only");
                self.deriver.flush_channel().await?;
                self.pending = Some(Box::new(attributes.clone().deposits_only()));
                Ok(Progress::Working)
            }
            Err(error) => Err(error),
        }
    }

    /// Builds the block away from the reactor and makes it the head.
    async fn build(&self, derived: &DerivedAttributes) -> Result<L2BlockRef, VerifierError> {
        let attributes = Attributes {
            parent: derived.parent.hash(),
            timestamp: derived.timestamp,
            prev_randao: derived.prev_randao,
            fee_recipient: derived.fee_recipient,
            parent_beacon_block_root: derived.parent_beacon_block_root,
            gas_limit: derived.gas_limit,
            eip_1559_params: derived.eip1559_params,
            transactions: derived.transactions.clone(),
            no_tx_pool: true,
            ..Default::default()
        };
        let chain = self.chain.clone();
        let work = move || -> Result<_, ChainError> {
            let built = chain.build(&attributes)?;
            chain.commit(&built)?;
            Ok(built.executed)
        };
        let block =
            tokio::task::spawn_blocking(work).await.map_err(|_| VerifierError::Interrupted)??;
        Ok(self.deriver.l2_block_ref(&l2_head(&block))?)
    }

    fn advance(&mut self, safe: L2BlockRef, derived_from: BlockRef) -> Result<(), VerifierError> {
        self.pending = None;
        self.safe = safe;
        self.history.push(derived_from, safe);
        // After a restart derivation passes blocks that are known to be safe.
        if safe.number() > self.chain.heads().safe.number {
            self.chain.label(Some(safe.hash()), None)?;
        }
        Ok(())
    }

    fn block_ref(&self, number: u64) -> Result<L2BlockRef, VerifierError> {
        let block = self.chain.block_by_number(number)?.ok_or(VerifierError::Missing(number))?;
        Ok(self.deriver.l2_block_ref(&l2_head(&block))?)
    }

    fn publish(&self) -> Result<(), VerifierError> {
        let heads = self.chain.heads();
        let unsafe_l2 = self.block_ref(heads.latest.number)?;
        let finalized_l2 = self.block_ref(heads.finalized.number)?;
        let status = SyncStatus {
            current_l1: self.current_l1,
            derived_l1: self.derived_l1,
            current_l1_finalized: self.finalized_l1,
            head_l1: self.head_l1,
            safe_l1: self.safe_l1,
            finalized_l1: self.finalized_l1,
            unsafe_l2,
            safe_l2: self.safe,
            finalized_l2,
            pending_safe_l2: self.safe,
            cross_unsafe_l2: unsafe_l2,
            local_safe_l2: self.safe,
        };
        self.status.send_if_modified(|current| {
            let changed = *current != status;
            *current = status;
            changed
        });
        Ok(())
    }
}
