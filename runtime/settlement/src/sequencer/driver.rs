//! Runs a sequencer by the clock and on request.

use super::{Produced, Sequencer, SequencerError, events::ParentEvents};
use crate::parent::Severity;
use alloy_eips::BlockNumHash;
use gm_node::{
    l1::next_due,
    producer::{Clock, Producer, ProducerError, Request},
};
use std::{sync::Arc, time::Duration};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

/// How long to wait after a failure, or for the verifier to find the way back.
const RETRY: Duration = Duration::from_millis(100);

/// How far, in seconds, a rollup with the instant clock may run ahead of its parent before it moves
/// the parent's clock along. Far below the sequencer drift, and few blocks for a parent that has to
/// make every one.
const LEAD: u64 = 60;

/// Starts and stops sequencing, as the `admin_` methods do.
#[derive(Debug, Clone)]
pub struct SequencerHandle(Arc<watch::Sender<bool>>);

impl SequencerHandle {
    /// Whether the sequencer makes blocks.
    pub fn is_active(&self) -> bool {
        *self.0.borrow()
    }

    /// Lets the sequencer make blocks, or not. Gives whether that changed anything.
    pub fn set_active(&self, active: bool) -> bool {
        self.0.send_if_modified(|now| std::mem::replace(now, active) != active)
    }
}

/// Runs a [`Sequencer`].
#[derive(Debug)]
pub struct Driver {
    sequencer: Sequencer,
    clock: Clock,
    requests: mpsc::Receiver<Request>,
    /// The parent's producer, where the parent's time can be moved along.
    parent: Option<Producer>,
    active: watch::Receiver<bool>,
    events: ParentEvents,
}

enum Wake {
    Due,
    Request(Request),
    Stop,
}

impl Driver {
    /// A driver and the handle that pauses it.
    pub fn new(
        sequencer: Sequencer,
        clock: Clock,
        requests: mpsc::Receiver<Request>,
        parent: Option<Producer>,
    ) -> (Self, SequencerHandle) {
        let (sender, active) = watch::channel(true);
        let driver =
            Self { sequencer, clock, requests, parent, active, events: ParentEvents::default() };
        (driver, SequencerHandle(Arc::new(sender)))
    }

    /// Makes blocks until cancelled.
    pub async fn run(mut self, cancel: CancellationToken) {
        loop {
            let wake = tokio::select! {
                () = cancel.cancelled() => Wake::Stop,
                request = self.requests.recv() => request.map_or(Wake::Stop, Wake::Request),
                () = due(&self.sequencer, self.clock, &mut self.events, self.active.clone()) => Wake::Due,
            };
            match wake {
                Wake::Stop => return,
                Wake::Due => {
                    if let Err(error) = self.produce().await {
                        report(&error);
                        tokio::time::sleep(RETRY).await;
                    }
                }
                Wake::Request(request) => self.answer(request).await,
            }
        }
    }

    async fn answer(&mut self, request: Request) {
        let (result, reply) = match request {
            Request::Mine { blocks, reply } => (self.make(blocks).await, reply),
            Request::AdvanceTo { timestamp, reply } => (self.advance_to(timestamp).await, reply),
            Request::Reorg { reply, .. } => {
                let error =
                    ProducerError::Unsupported("a rollup follows its parent's reorganisation");
                let _ = reply.send(Err(error));
                return;
            }
        };
        let head = self.sequencer.chain.head();
        let head = BlockNumHash { number: head.number, hash: head.hash() };
        let _ = reply.send(result.map(|()| head).map_err(|e| ProducerError::Failed(e.to_string())));
    }

    async fn make(&mut self, blocks: u64) -> Result<(), SequencerError> {
        for _ in 0..blocks {
            self.produce().await?;
        }
        Ok(())
    }

    async fn advance_to(&mut self, timestamp: u64) -> Result<(), SequencerError> {
        while self.sequencer.chain.head().timestamp < timestamp {
            self.produce().await?;
        }
        Ok(())
    }

    async fn produce(&mut self) -> Result<(), SequencerError> {
        self.take_parent_along().await?;
        if let Produced::Block(block) = self.sequencer.produce().await? {
            tracing::debug!(
                number = block.number,
                transactions = block.transactions.len(),
                gas = block.gas_used,
                "block"
            );
        }
        Ok(())
    }

    /// Moves the parent's clock so that the next block does not run away from it.
    async fn take_parent_along(&self) -> Result<(), SequencerError> {
        let (Clock::Instant, Some(producer)) = (self.clock, &self.parent) else { return Ok(()) };
        let next = self.sequencer.chain.head().timestamp + self.sequencer.rollup.block_time;
        let latest = self.sequencer.parent.header(alloy_eips::BlockId::latest()).await?;
        if latest.is_some_and(|header| header.header.timestamp + LEAD < next) {
            producer.advance_to(next).await?;
        }
        Ok(())
    }
}

fn report(error: &SequencerError) {
    match error.severity() {
        // The verifier leads back to the parent's chain; nothing is wrong here.
        Severity::Reset => tracing::info!(%error, "sequencing waits for derivation"),
        _ => tracing::warn!(%error, "no block could be made"),
    }
}

/// Returns when the next block is due.
async fn due(
    sequencer: &Sequencer,
    clock: Clock,
    events: &mut ParentEvents,
    mut active: watch::Receiver<bool>,
) {
    // The handle is gone only at shutdown.
    if active.wait_for(|active| *active).await.is_err() {
        std::future::pending::<()>().await;
    }
    match clock {
        Clock::Interval { .. } => next_due(&sequencer.chain, clock).await,
        Clock::Instant => {
            tokio::select! {
                () = next_due(&sequencer.chain, clock) => {}
                () = parent_due(sequencer, events) => {}
            }
        }
    }
}

/// Returns when a block of the parent has something for the rollup that it has not taken yet.
async fn parent_due(sequencer: &Sequencer, events: &mut ParentEvents) {
    loop {
        let seen = sequencer.parent.header(alloy_eips::BlockId::latest()).await;
        let behind = async {
            let wanted = sequencer.wanted_origin(events).await?;
            Ok::<_, SequencerError>(sequencer.head()?.l1_origin.number < wanted)
        };
        match (behind.await, seen) {
            (Ok(true), _) => return,
            (Ok(false), Ok(Some(header))) => sequencer.parent.head_changed(header.hash).await,
            (Err(error), _) => {
                tracing::warn!(%error, "the parent could not be read");
                tokio::time::sleep(RETRY).await;
            }
            _ => tokio::time::sleep(RETRY).await,
        }
    }
}
