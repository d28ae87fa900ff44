//! The development L1: an Ethereum at Prague level whose blocks one task makes.

use crate::{
    chain::{Attributes, Chain, ChainError, num_hash},
    producer::{Clock, ProducerError, Request},
};
use alloy_eips::BlockNumHash;
use alloy_primitives::keccak256;
use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// How far the safe and finalized heads stay behind the newest block, in blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FinalityDepth {
    /// Blocks between the newest and the safe one.
    pub safe: u64,
    /// Blocks between the newest and the finalized one.
    pub finalized: u64,
}

/// Makes the blocks of a development L1.
#[derive(Debug)]
pub struct Miner {
    chain: Arc<Chain>,
    clock: Clock,
    depth: FinalityDepth,
    requests: mpsc::Receiver<Request>,
}

/// How long to wait after a failure before trying again.
const RETRY: Duration = Duration::from_millis(200);

impl Miner {
    /// A miner for `chain`, with the requests it takes.
    pub const fn new(
        chain: Arc<Chain>,
        clock: Clock,
        depth: FinalityDepth,
        requests: mpsc::Receiver<Request>,
    ) -> Self {
        Self { chain, clock, depth, requests }
    }

    /// Makes blocks until cancelled.
    pub async fn run(mut self, cancel: CancellationToken) {
        loop {
            let due = next_due(&self.chain, self.clock);
            let result = tokio::select! {
                () = cancel.cancelled() => return,
                request = self.requests.recv() => match request {
                    Some(request) => { self.answer(request); Ok(()) }
                    None => return,
                },
                () = due => self.mine(None).map(drop),
            };
            if let Err(error) = result {
                tracing::error!(%error, "the L1 could not make a block");
                tokio::time::sleep(RETRY).await;
            }
        }
    }

    fn answer(&self, request: Request) {
        let (result, reply) = match request {
            Request::Mine { blocks, reply } => {
                let result = (0..blocks).try_for_each(|_| self.mine(None).map(drop));
                (result, reply)
            }
            Request::AdvanceTo { timestamp, reply } => {
                let late = self.chain.head().timestamp < timestamp;
                (if late { self.mine(Some(timestamp)).map(drop) } else { Ok(()) }, reply)
            }
            Request::Reorg { depth, reply } => (self.reorg(depth), reply),
        };
        let head = num_hash(&self.chain.head().block);
        let _ = reply.send(result.map(|()| head).map_err(|e| ProducerError::Failed(e.to_string())));
    }

    /// Makes one block. Without a timestamp it is one block time after the head, or later where the
    /// wall clock has moved on.
    fn mine(&self, timestamp: Option<u64>) -> Result<BlockNumHash, ChainError> {
        let head = self.chain.head();
        let step = self.chain.spec().block_time;
        let timestamp = timestamp.unwrap_or_else(|| match self.clock {
            Clock::Instant => head.timestamp + step,
            Clock::Interval { behind } => {
                let missed = now(behind).as_secs().saturating_sub(head.timestamp) / step.max(1);
                head.timestamp + step * missed.max(1)
            }
        });
        let attributes = Attributes {
            parent: head.hash(),
            timestamp,
            // Unpredictable enough for development, the same on every machine.
            prev_randao: keccak256([head.hash().as_slice(), &timestamp.to_be_bytes()].concat()),
            parent_beacon_block_root: keccak256(head.hash()),
            gas_limit: head.gas_limit,
            ..Default::default()
        };
        let built = self.chain.build(&attributes)?;
        let head = num_hash(&built.executed.block);
        let (safe, finalized) =
            (self.behind(head, self.depth.safe)?, self.behind(head, self.depth.finalized)?);
        self.chain.commit_with(&built, |heads| {
            heads.safe = safe;
            // A reorganisation can shorten the chain: what was final stays final.
            if finalized.number > heads.finalized.number {
                heads.finalized = finalized;
            }
        })?;
        Ok(head)
    }

    /// The block so many blocks behind a new head.
    fn behind(&self, head: BlockNumHash, depth: u64) -> Result<BlockNumHash, ChainError> {
        let number = head.number.saturating_sub(depth);
        let hash = if number == head.number {
            head.hash
        } else {
            self.chain.canonical_hash(number)?.unwrap_or_default()
        };
        Ok(BlockNumHash { number, hash })
    }

    /// Drops `depth` blocks and makes one more empty ones, so that the new branch is the longer.
    fn reorg(&self, depth: u64) -> Result<(), ChainError> {
        let head = self.chain.head();
        let base = self.chain.canonical_hash(head.number.saturating_sub(depth))?;
        let mut parent = base.unwrap_or_default();
        let mut timestamp =
            self.chain.header(parent)?.ok_or(ChainError::UnknownBlock(parent))?.timestamp;
        for index in 0..=depth {
            timestamp += self.chain.spec().block_time;
            let attributes = Attributes {
                parent,
                timestamp,
                prev_randao: keccak256([parent.as_slice(), b"reorg"].concat()),
                parent_beacon_block_root: keccak256(parent),
                gas_limit: head.gas_limit,
                no_tx_pool: true,
                ..Default::default()
            };
            let built = self.chain.build(&attributes)?;
            self.chain.store_block(&built)?;
            parent = built.executed.hash();
            tracing::debug!(index, "side block");
        }
        self.chain.set_head(parent)
    }
}

/// Returns when the next block of `chain` is due. With the instant clock that is when the pool
/// holds something that a block would take.
pub async fn next_due(chain: &Chain, clock: Clock) {
    match clock {
        Clock::Interval { behind } => {
            let due = Duration::from_secs(chain.head().timestamp + chain.spec().block_time);
            tokio::time::sleep(due.saturating_sub(now(behind))).await;
        }
        Clock::Instant => {
            // Subscribed before the look, so that nothing slips in between.
            let mut arrivals = chain.pool().arrivals();
            while !chain.has_ready_transactions() {
                if let Err(tokio::sync::broadcast::error::RecvError::Closed) = arrivals.recv().await
                {
                    std::future::pending::<()>().await;
                }
            }
        }
    }
}

/// Time since the epoch, less `behind` seconds.
fn now(behind: u64) -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    now.saturating_sub(Duration::from_secs(behind))
}
