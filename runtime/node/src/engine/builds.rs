//! Blocks under construction.

use super::{Engine, EngineError, payload::Envelope};
use crate::chain::{Attributes, Built};
use alloy_primitives::B256;
use alloy_rpc_types_engine::PayloadId;
use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

/// How many payloads are kept at once, as in geth.
const KEPT: usize = 10;

/// How long a block may be filled from the pool once it is asked for.
const FILL: Duration = Duration::from_millis(500);

/// One block under construction.
#[derive(Debug, Clone)]
pub(super) struct Build {
    attributes: Attributes,
    /// The block with what it must hold. Better ones take its place.
    built: Arc<Built>,
    /// Whether the block was handed out, or can hold no more, so that it stays as it is.
    last: bool,
}

/// The newest builds.
#[derive(Debug, Default)]
pub(super) struct Builds {
    builds: VecDeque<(PayloadId, Build)>,
}

impl Builds {
    fn get(&self, id: PayloadId) -> Option<&Build> {
        self.builds.iter().find(|(known, _)| *known == id).map(|(_, build)| build)
    }

    fn insert(&mut self, id: PayloadId, build: Build) {
        self.builds.retain(|(known, _)| *known != id);
        self.builds.push_front((id, build));
        self.builds.truncate(KEPT);
    }

    /// The block with this hash, if it was built here.
    pub(super) fn by_hash(&self, hash: B256) -> Option<Arc<Built>> {
        let mut builds = self.builds.iter().map(|(_, build)| &build.built);
        builds.find(|built| built.executed.hash() == hash).cloned()
    }
}

impl Engine {
    /// Starts a block: executes what it must hold, which shows whether the attributes are valid.
    /// The pool is asked when the block is fetched, so that it holds what came in meanwhile.
    pub(super) fn start_build(
        &self,
        id: PayloadId,
        attributes: Attributes,
    ) -> Result<(), EngineError> {
        if self.builds.lock().get(id).is_some() {
            return Ok(());
        }
        let last = attributes.no_tx_pool;
        let forced = Attributes { no_tx_pool: true, ..attributes.clone() };
        let built = self.chain.build(&forced).map_err(|err| {
            if err.is_invalid() { EngineError::Attributes(err.to_string()) } else { err.into() }
        })?;
        self.builds.lock().insert(id, Build { attributes, built: Arc::new(built), last });
        Ok(())
    }

    /// The best block under `id`. It does not change any more: a second request gets the same.
    pub(super) fn payload(&self, id: PayloadId) -> Result<Envelope, EngineError> {
        let build = self.builds.lock().get(id).cloned().ok_or(EngineError::UnknownPayload)?;
        let built = if build.last { build.built } else { self.fill(id, build) };
        Envelope::of(&built.executed, self.chain.spec().is_rollup())
    }

    /// Builds the block again, with the pool's transactions.
    fn fill(&self, id: PayloadId, build: Build) -> Arc<Built> {
        let Build { mut attributes, built, .. } = build;
        attributes.deadline = Some(Instant::now() + FILL);
        let filled = match self.chain.build(&attributes) {
            Ok(filled) => Arc::new(filled),
            Err(err) => {
                // Without the pool's transactions the block is still a good one.
                tracing::warn!(%id, %err, "the block could not be filled from the pool");
                built
            }
        };
        let mut builds = self.builds.lock();
        match builds.get(id) {
            // Another request was faster: both get its block.
            Some(other) if other.last => other.built.clone(),
            _ => {
                builds.insert(id, Build { attributes, built: filled.clone(), last: true });
                filled
            }
        }
    }
}
