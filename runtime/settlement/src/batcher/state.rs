//! What the batcher has under way. Nothing of it survives a restart, nor has to.

use std::collections::VecDeque;

use alloy_eips::BlockNumHash;
use alloy_primitives::B256;
use tokio::time::Instant;

use super::{BatchStatus, BatcherError, ChannelBuilder, ClosedChannel};
use crate::txmgr::Ticket;

/// Whether the batcher knows where to go on.
#[derive(Debug)]
pub(super) enum Phase {
    /// Waiting until everything sent earlier is in blocks, and the blocks up to `target` are
    /// derived: only then does the safe head say what is still to be sent.
    Resuming { target: Option<u64> },
    /// Sending.
    Running,
}

/// A channel that still takes blocks.
#[derive(Debug)]
pub(super) struct OpenChannel {
    pub(super) builder: ChannelBuilder,
    /// The parent's head when it was opened.
    pub(super) opened_at: u64,
}

/// One frame of a closed channel on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FrameState {
    Waiting,
    Sent(Ticket),
    /// In this block of the parent, as far as is known.
    Mined(Ticket, u64),
}

/// A closed channel: kept until its last block is safe.
#[derive(Debug)]
pub(super) struct SentChannel {
    pub(super) channel: ClosedChannel,
    pub(super) frames: Vec<FrameState>,
}

impl SentChannel {
    pub(super) fn new(channel: ClosedChannel) -> Self {
        let frames = vec![FrameState::Waiting; channel.frames.len()];
        Self { channel, frames }
    }

    fn first(&self) -> u64 {
        self.channel.blocks.first().map_or(0, |block| block.number)
    }

    fn last(&self) -> u64 {
        self.channel.blocks.last().map_or(0, |block| block.number)
    }

    /// The block of the parent with the last frame, once all are included.
    fn included_at(&self) -> Option<u64> {
        let at = |frame: &FrameState| match frame {
            FrameState::Mined(_, number) => Some(*number),
            _ => None,
        };
        self.frames.iter().map(at).try_fold(0, |max, number| number.map(|n| max.max(n)))
    }
}

/// Everything under way.
#[derive(Debug)]
pub(super) struct State {
    pub(super) phase: Phase,
    /// The last block that was safe when we looked; what is tracked follows it.
    pub(super) base: u64,
    /// The last block that was put into a channel.
    pub(super) cursor: BlockNumHash,
    pub(super) open: Option<OpenChannel>,
    pub(super) sent: VecDeque<SentChannel>,
    /// When the cursor last moved.
    pub(super) moved_at: Instant,
    /// What the last step looked at: nothing changes until one of the two does.
    pub(super) seen: (BatchStatus, B256),
}

impl State {
    pub(super) fn new() -> Self {
        Self {
            phase: Phase::Resuming { target: None },
            base: 0,
            cursor: BlockNumHash::default(),
            open: None,
            sent: VecDeque::new(),
            moved_at: Instant::now(),
            seen: Default::default(),
        }
    }

    /// Begins behind the safe head.
    pub(super) fn start_at(&mut self, safe: BlockNumHash) {
        *self = Self { phase: Phase::Running, base: safe.number, cursor: safe, ..Self::new() };
    }

    /// Frames that are sent and in no block yet.
    pub(super) fn in_flight(&self) -> usize {
        let frames = self.sent.iter().flat_map(|channel| &channel.frames);
        frames.filter(|frame| matches!(frame, FrameState::Sent(_))).count()
    }

    /// Lets go of channels whose blocks are safe, and returns their tickets.
    ///
    /// # Errors
    /// [`BatcherError::ChainChanged`] if the safe head is not among the blocks that were sent, or
    /// went back behind them; [`BatcherError::Rejected`] if derivation passed a channel by.
    pub(super) fn prune(&mut self, status: &BatchStatus) -> Result<Vec<Ticket>, BatcherError> {
        let safe = status.safe_head;
        if safe.number < self.base || safe.number > self.cursor.number {
            return Err(BatcherError::ChainChanged { number: safe.number });
        }
        if let Some(ours) = self.tracked(safe.number)
            && ours != safe.hash
        {
            return Err(BatcherError::ChainChanged { number: safe.number });
        }
        let mut tickets = Vec::new();
        while let Some(channel) = self.sent.front()
            && channel.last() <= safe.number
        {
            let ticket = |frame: &FrameState| match frame {
                FrameState::Waiting => None,
                FrameState::Sent(ticket) | FrameState::Mined(ticket, _) => Some(*ticket),
            };
            tickets.extend(channel.frames.iter().filter_map(ticket));
            self.base = channel.last();
            self.sent.pop_front();
        }
        Ok(tickets)
    }

    /// # Errors
    /// [`BatcherError::Rejected`] if the first channel is wholly included in blocks that are
    /// derived, although its blocks are not safe.
    pub(super) fn check_rejected(&self, status: &BatchStatus) -> Result<(), BatcherError> {
        match self.sent.front() {
            Some(channel)
                if channel.included_at().is_some_and(|at| at <= status.derived.number) =>
            {
                Err(BatcherError::Rejected { first: channel.first(), last: channel.last() })
            }
            _ => Ok(()),
        }
    }

    /// The hash under which a block was put into a channel.
    fn tracked(&self, number: u64) -> Option<B256> {
        let sent = self.sent.iter().flat_map(|channel| &channel.channel.blocks);
        let open = self.open.iter().flat_map(|open| open.builder.blocks());
        sent.chain(open).find(|block| block.number == number).map(|block| block.hash)
    }
}
