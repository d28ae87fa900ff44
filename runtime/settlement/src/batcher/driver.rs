//! The batcher as a service: from the safe head to the unsafe head, into channels, onto the parent.
//!
//! All it must remember is on the chain. After a restart, a reorganisation of either chain, or
//! a surprise of any kind it waits until its transactions are in blocks and those blocks are
//! derived, and goes on behind the safe head: nothing is sent twice and nothing is left out.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use alloy_eips::BlockId;
use alloy_primitives::{Address, U256};
use tokio::{
    sync::{Mutex, Notify},
    time::Instant,
};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use super::{
    BatchBlock, BatchSource, BatchStatus, BatcherError, ChannelBuilder, ChannelParams,
    frames_to_calldata,
    state::{FrameState, OpenChannel, Phase, SentChannel, State},
};
use crate::{
    parent::{BlockRef, ParentError, Severity},
    txmgr::{GasLimit, Ticket, TxManager, TxRequest, TxStatus},
};

/// Blocks that one step puts into a channel at most.
const BLOCKS_PER_STEP: usize = 64;

/// When channels are closed and how much is under way at once.
#[derive(Debug, Clone)]
pub struct BatcherConfig {
    /// Channels.
    pub channel: ChannelParams,
    /// Where batches are sent: `batch_inbox_address` of the rollup's configuration.
    pub inbox: Address,
    /// Parent blocks after which a channel is closed even if it is not full. Well below the channel
    /// timeout (50 since Granite).
    pub max_channel_duration: u64,
    /// Close as soon as there is no further block to add and nothing is under way: for chains
    /// that make blocks only when there is something to include.
    pub close_when_idle: bool,
    /// How long to wait for a further block before that.
    pub linger: Duration,
    /// The rollup's sequencing window, in parent blocks.
    pub seq_window_size: u64,
    /// Parent blocks before the end of the sequencing window at which a channel is closed.
    pub safety_margin: u64,
    /// Transactions in no block yet, at most.
    pub max_in_flight: usize,
    /// Closed channels that are not safe yet, at most; beyond, blocks wait.
    pub max_unsafe_channels: usize,
    /// How long to wait for a notice before looking again.
    pub poll_interval: Duration,
}

impl BatcherConfig {
    /// A rollup that keeps the wall clock: a channel every parent block.
    #[must_use]
    pub fn new(channel: ChannelParams, inbox: Address, seq_window_size: u64) -> Self {
        Self {
            channel,
            inbox,
            max_channel_duration: 1,
            close_when_idle: false,
            linger: Duration::ZERO,
            seq_window_size,
            safety_margin: (seq_window_size / 4).min(20),
            max_in_flight: 8,
            max_unsafe_channels: 32,
            poll_interval: Duration::from_millis(500),
        }
    }
}

/// What a step of the batcher did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Something; there may be more to do.
    Worked,
    /// Nothing: one of the chains must move first.
    Waiting,
    /// Nothing: it is stopped.
    Stopped,
}

/// Sends one rollup's blocks to its parent.
#[derive(Debug)]
pub struct Batcher {
    config: BatcherConfig,
    source: Arc<dyn BatchSource>,
    txs: Arc<TxManager>,
    running: AtomicBool,
    wake: Notify,
    state: Mutex<State>,
}

impl Batcher {
    /// A batcher for the blocks of `source`, sending with `txs`. It runs once stepped.
    pub fn new(config: BatcherConfig, source: Arc<dyn BatchSource>, txs: Arc<TxManager>) -> Self {
        Self {
            config,
            source,
            txs,
            running: AtomicBool::new(true),
            wake: Notify::new(),
            state: Mutex::new(State::new()),
        }
    }

    /// Sends nothing more until [`Self::start`] (`admin_stopBatcher`). What is in the parent's pool
    /// stays there.
    pub fn stop(&self) {
        self.running.store(false, Ordering::Relaxed);
    }

    /// Goes on after [`Self::stop`] (`admin_startBatcher`).
    pub async fn start(&self) {
        if !self.running.swap(true, Ordering::Relaxed) {
            self.start_over(&mut *self.state.lock().await).await;
        }
        self.wake.notify_one();
    }

    /// Whether it is neither stopped nor about to be.
    pub fn is_running(&self) -> bool {
        self.running.load(Ordering::Relaxed)
    }

    /// Works until cancelled.
    ///
    /// # Errors
    /// Only those that nothing but a person can mend.
    pub async fn run(&self, cancel: CancellationToken) -> Result<(), BatcherError> {
        loop {
            let pause = match cancel.run_until_cancelled(self.step()).await {
                None => return Ok(()),
                Some(Ok(Progress::Worked)) => continue,
                Some(Ok(_)) => self.wait_for_change(),
                Some(Err(error)) if error.severity() == Severity::Stop => return Err(error),
                Some(Err(error)) => {
                    warn!(%error, "the batcher pauses");
                    tokio::time::sleep(self.config.poll_interval).await;
                    continue;
                }
            };
            if cancel.run_until_cancelled(pause).await.is_none() {
                return Ok(());
            }
        }
    }

    /// Does what can be done now, without waiting for either chain.
    ///
    /// # Errors
    /// By their [`severity`](BatcherError::severity): to be retried, or final. What calls for a fresh
    /// start is handled here.
    pub async fn step(&self) -> Result<Progress, BatcherError> {
        if !self.is_running() {
            return Ok(Progress::Stopped);
        }
        let mut state = self.state.lock().await;
        match self.try_step(&mut state).await {
            Err(error) if error.severity() == Severity::Reset => {
                warn!(%error, "the batcher starts over from the safe head");
                self.start_over(&mut state).await;
                Ok(Progress::Worked)
            }
            other => other,
        }
    }

    async fn start_over(&self, state: &mut State) {
        *state = State::new();
        self.txs.reset().await;
    }

    async fn wait_for_change(&self) {
        let (seen, wait) = {
            let state = self.state.lock().await;
            let lingers =
                self.config.close_when_idle && state.open.is_some() && state.in_flight() == 0;
            let poll = self.config.poll_interval;
            let rest = self.config.linger.saturating_sub(state.moved_at.elapsed());
            (state.seen, if lingers { rest.min(poll) } else { poll })
        };
        tokio::select! {
            () = self.source.changed(seen.0) => {}
            () = self.txs.parent().head_changed(seen.1) => {}
            () = self.wake.notified() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }

    async fn try_step(&self, state: &mut State) -> Result<Progress, BatcherError> {
        let head = self.parent_head().await?;
        let status = self.source.status().await?;
        let parent_moved = state.seen.1 != head.hash;
        state.seen = (status, head.hash);
        if let Phase::Resuming { target } = state.phase {
            return self.resume(state, target, &status, head.number).await;
        }
        for ticket in state.prune(&status)? {
            self.txs.forget(ticket).await;
        }
        if self.source.hash(state.cursor.number).await? != Some(state.cursor.hash) {
            return Err(BatcherError::ChainChanged { number: state.cursor.number });
        }
        let mut worked = self.follow(state, parent_moved).await?;
        state.check_rejected(&status)?;
        worked |= self.load(state, &status, head.number).await?;
        if self.is_due(state, &status, head.number) {
            worked |= self.close(state).await?;
        }
        worked |= self.send(state).await?;
        Ok(if worked { Progress::Worked } else { Progress::Waiting })
    }

    /// Waits for what was sent before to be included and derived, then begins.
    async fn resume(
        &self,
        state: &mut State,
        target: Option<u64>,
        status: &BatchStatus,
        head: u64,
    ) -> Result<Progress, BatcherError> {
        let Some(target) = target else {
            // Asked before the head is: what is settled is in that head or before it.
            if !self.txs.settled().await? {
                return Ok(Progress::Waiting);
            }
            let head = self.parent_head().await?.number.max(head);
            state.phase = Phase::Resuming { target: Some(head) };
            return Ok(Progress::Worked);
        };
        // After a reorganisation the parent may be shorter than what we wait for.
        let target = target.min(head);
        if status.derived.hash.is_zero() || status.derived.number < target {
            return Ok(Progress::Waiting);
        }
        // A reorganisation since then may have put transactions back into the pool.
        if !self.txs.settled().await? {
            state.phase = Phase::Resuming { target: None };
            return Ok(Progress::Waiting);
        }
        info!(safe = status.safe_head.number, parent = target, "the batcher goes on");
        state.start_at(status.safe_head);
        Ok(Progress::Worked)
    }

    /// Looks where the sent frames are. One that is in a block can only leave it when the parent's
    /// head changes.
    async fn follow(&self, state: &mut State, parent_moved: bool) -> Result<bool, BatcherError> {
        let mut worked = false;
        for frame in state.sent.iter_mut().flat_map(|channel| &mut channel.frames) {
            let ticket = match *frame {
                FrameState::Waiting => continue,
                FrameState::Mined(..) if !parent_moved => continue,
                FrameState::Sent(ticket) | FrameState::Mined(ticket, _) => ticket,
            };
            let now = match self.txs.poll(ticket).await? {
                TxStatus::Pending => FrameState::Sent(ticket),
                TxStatus::Mined(receipt) => FrameState::Mined(ticket, receipt.block.number),
            };
            worked |= now != *frame;
            *frame = now;
        }
        Ok(worked)
    }

    /// Puts blocks into the open channel. Compression runs beside the reactor.
    async fn load(
        &self,
        state: &mut State,
        status: &BatchStatus,
        head: u64,
    ) -> Result<bool, BatcherError> {
        if state.sent.len() >= self.config.max_unsafe_channels {
            return Ok(false);
        }
        let last = status.unsafe_head.number.min(state.cursor.number + BLOCKS_PER_STEP as u64);
        let mut blocks = Vec::new();
        let mut parent = state.cursor;
        for number in state.cursor.number + 1..=last {
            let Some(block) = self.source.block(number).await? else { break };
            if block.parent_hash != parent.hash {
                return Err(BatcherError::ChainChanged { number });
            }
            parent = block.id();
            blocks.push(block);
        }
        if blocks.is_empty() {
            return Ok(false);
        }
        let open = state.open.take().unwrap_or_else(|| OpenChannel {
            builder: ChannelBuilder::new(self.config.channel.clone()),
            opened_at: head,
        });
        let opened_at = open.opened_at;
        let fill = tokio::task::spawn_blocking(move || fill(open.builder, blocks));
        let (builder, cursor) = fill.await.map_err(|e| BatcherError::Source(Box::new(e)))??;
        state.open = Some(OpenChannel { builder, opened_at });
        if let Some(cursor) = cursor {
            state.cursor = cursor;
            state.moved_at = Instant::now();
        }
        Ok(cursor.is_some())
    }

    /// Whether the open channel is to be closed now.
    fn is_due(&self, state: &State, status: &BatchStatus, head: u64) -> bool {
        let Some(open) = &state.open else { return false };
        if open.builder.is_empty() {
            return false;
        }
        let config = &self.config;
        let window_ends = open.builder.first_origin() + config.seq_window_size;
        let idle = config.close_when_idle
            && state.cursor.number == status.unsafe_head.number
            && state.in_flight() == 0
            && state.moved_at.elapsed() >= config.linger;
        open.builder.is_full()
            || head >= open.opened_at + config.max_channel_duration
            || head + config.safety_margin >= window_ends
            || idle
    }

    async fn close(&self, state: &mut State) -> Result<bool, BatcherError> {
        let Some(open) = state.open.take() else { return Ok(false) };
        let close = tokio::task::spawn_blocking(move || open.builder.close());
        let channel = close.await.map_err(|e| BatcherError::Source(Box::new(e)))??;
        debug!(
            blocks = channel.blocks.len(),
            frames = channel.frames.len(),
            bytes = channel.frames.iter().map(|frame| frame.data.len()).sum::<usize>(),
            uncompressed = channel.rlp_bytes,
            "closed a channel"
        );
        state.sent.push_back(SentChannel::new(channel));
        Ok(true)
    }

    /// Sends frames that wait, strictly in order: since Holocene a frame out of order is lost.
    async fn send(&self, state: &mut State) -> Result<bool, BatcherError> {
        let mut in_flight = state.in_flight();
        let mut worked = false;
        for sent in &mut state.sent {
            for (frame, at) in sent.channel.frames.iter().zip(&mut sent.frames) {
                if *at != FrameState::Waiting {
                    continue;
                }
                if in_flight >= self.config.max_in_flight {
                    return Ok(worked);
                }
                let ticket = self.send_frame(frame).await?;
                *at = FrameState::Sent(ticket);
                in_flight += 1;
                worked = true;
            }
        }
        Ok(worked)
    }

    async fn send_frame(&self, frame: &super::Frame) -> Result<Ticket, BatcherError> {
        let request = TxRequest {
            to: Some(self.config.inbox),
            value: U256::ZERO,
            data: frames_to_calldata(std::slice::from_ref(frame)),
            gas: GasLimit::Calldata,
        };
        Ok(self.txs.submit(request).await?)
    }

    async fn parent_head(&self) -> Result<BlockRef, BatcherError> {
        let header = self.txs.parent().header(BlockId::latest()).await?;
        let header = header.ok_or(ParentError::Malformed {
            method: "eth_getBlockByNumber",
            reason: "no latest block".into(),
        })?;
        Ok(header.block_ref())
    }
}

/// Pushes blocks until the channel is full; returns the last block that went in.
fn fill(
    mut builder: ChannelBuilder,
    blocks: Vec<BatchBlock>,
) -> Result<(ChannelBuilder, Option<alloy_eips::BlockNumHash>), BatcherError> {
    let mut last = None;
    for block in blocks {
        match builder.push(&block) {
            Ok(()) => last = Some(block.id()),
            Err(BatcherError::BatchFull) => break,
            Err(error) => return Err(error),
        }
    }
    Ok((builder, last))
}
