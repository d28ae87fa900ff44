//! Who makes a chain's blocks, and when.
//!
//! A producer is a task: the [`crate::l1::Miner`] of a development L1, or a rollup's sequencer. It
//! follows a [`Clock`] and takes [`Request`]s through a [`Producer`] handle: to make blocks now, to
//! move time on, to reorganise a development L1.

use alloy_eips::BlockNumHash;
use tokio::sync::{mpsc, oneshot};

/// What makes the next block due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// The wall clock: one block every block time.
    Interval {
        /// Seconds that the chain's time is behind the wall clock: a development network that was
        /// stopped for days goes on where it stopped.
        behind: u64,
    },
    /// Something to put into it. Timestamps advance by the block time whatever the wall clock says.
    Instant,
}

/// Why a producer could not do what it was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ProducerError {
    /// The task has ended.
    #[error("the block producer has stopped")]
    Stopped,
    /// Not possible on this chain or with this clock.
    #[error("{0}")]
    Unsupported(&'static str),
    /// It tried and failed.
    #[error("{0}")]
    Failed(String),
}

/// The reply to a request: the head afterwards.
pub type Reply = oneshot::Sender<Result<BlockNumHash, ProducerError>>;

/// What can be asked of a producer.
#[derive(Debug)]
pub enum Request {
    /// Make this many blocks now.
    Mine {
        /// How many.
        blocks: u64,
        /// Where the answer goes.
        reply: Reply,
    },
    /// Make blocks until the head's timestamp is at least this, in seconds since the epoch.
    AdvanceTo {
        /// The timestamp.
        timestamp: u64,
        /// Where the answer goes.
        reply: Reply,
    },
    /// Drop the newest blocks and put one more empty ones in their place. Only on an L1.
    Reorg {
        /// How many blocks to drop.
        depth: u64,
        /// Where the answer goes.
        reply: Reply,
    },
}

/// The handle to a producer.
#[derive(Debug, Clone)]
pub struct Producer(mpsc::Sender<Request>);

impl Producer {
    /// A handle and the receiver that the producer's task reads.
    pub fn channel() -> (Self, mpsc::Receiver<Request>) {
        let (sender, receiver) = mpsc::channel(64);
        (Self(sender), receiver)
    }

    /// Makes blocks now.
    pub async fn mine(&self, blocks: u64) -> Result<BlockNumHash, ProducerError> {
        self.ask(|reply| Request::Mine { blocks, reply }).await
    }

    /// Moves the chain's time to `timestamp`, in seconds since the epoch, or leaves it if it is
    /// there already.
    pub async fn advance_to(&self, timestamp: u64) -> Result<BlockNumHash, ProducerError> {
        self.ask(|reply| Request::AdvanceTo { timestamp, reply }).await
    }

    /// Reorganises a development L1.
    pub async fn reorg(&self, depth: u64) -> Result<BlockNumHash, ProducerError> {
        self.ask(|reply| Request::Reorg { depth, reply }).await
    }

    async fn ask(
        &self,
        request: impl FnOnce(Reply) -> Request,
    ) -> Result<BlockNumHash, ProducerError> {
        let (reply, answer) = oneshot::channel();
        self.0.send(request(reply)).await.map_err(|_| ProducerError::Stopped)?;
        answer.await.map_err(|_| ProducerError::Stopped)?
    }
}
