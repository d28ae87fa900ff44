//! Batcher data to frames, with the order that Holocene demands.

use std::collections::VecDeque;

use kona_protocol::Frame;

/// Most data a frame may carry, in bytes.
///
/// Spec: <https://specs.optimism.io/protocol/derivation.html#frame-format>
pub const MAX_FRAME_LEN: usize = 1_000_000;

/// The only version of batcher data in use.
const DERIVATION_VERSION_0: u8 = 0;

/// Why batcher data holds no frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// There is no data, or nothing after the version.
    #[error("no frames")]
    Empty,
    /// The first byte is not zero.
    #[error("unknown version {0} of batcher data")]
    Version(u8),
    /// The data ends within a frame.
    #[error("the data ends within a frame")]
    Truncated,
    /// A frame says it carries more than [`MAX_FRAME_LEN`] bytes.
    #[error("a frame of {0} bytes is too long")]
    TooLong(usize),
    /// The last byte of a frame is neither 0 nor 1.
    #[error("{0} is not a flag")]
    Flag(u8),
}

/// Reads the data of a batcher transaction. One bad frame makes all of it void.
///
/// # Errors
/// [`FrameError`].
///
/// Spec: <https://specs.optimism.io/protocol/derivation.html#batcher-transaction-format>
pub fn parse_frames(data: &[u8]) -> Result<Vec<Frame>, FrameError> {
    let (&version, mut rest) = data.split_first().ok_or(FrameError::Empty)?;
    if version != DERIVATION_VERSION_0 {
        return Err(FrameError::Version(version));
    }
    if rest.is_empty() {
        return Err(FrameError::Empty);
    }
    let mut frames = Vec::new();
    while !rest.is_empty() {
        frames.push(parse_frame(&mut rest)?);
    }
    Ok(frames)
}

fn parse_frame(rest: &mut &[u8]) -> Result<Frame, FrameError> {
    let (id, tail) = rest.split_first_chunk::<16>().ok_or(FrameError::Truncated)?;
    let (number, tail) = tail.split_first_chunk::<2>().ok_or(FrameError::Truncated)?;
    let (length, tail) = tail.split_first_chunk::<4>().ok_or(FrameError::Truncated)?;
    let length = u32::from_be_bytes(*length) as usize;
    if length > MAX_FRAME_LEN {
        return Err(FrameError::TooLong(length));
    }
    let (data, tail) = tail.split_at_checked(length).ok_or(FrameError::Truncated)?;
    let (&flag, tail) = tail.split_first().ok_or(FrameError::Truncated)?;
    if flag > 1 {
        return Err(FrameError::Flag(flag));
    }
    *rest = tail;
    Ok(Frame::new(*id, u16::from_be_bytes(*number), data.to_vec(), flag == 1))
}

/// Drops the frames of one transaction that are out of order.
///
/// Spec: <https://specs.optimism.io/protocol/holocene/derivation.html#frame-queue>
pub fn prune(frames: Vec<Frame>) -> VecDeque<Frame> {
    let mut kept: VecDeque<Frame> = VecDeque::with_capacity(frames.len());
    for next in frames {
        // A first frame gives up the unfinished channel before it, back to its beginning.
        while let Some(last) = kept.back()
            && last.id != next.id
            && !last.is_last
            && next.number == 0
        {
            kept.pop_back();
        }
        let fits = match kept.back() {
            None => true,
            Some(last) if last.id == next.id => {
                !last.is_last && last.number.wrapping_add(1) == next.number
            }
            Some(_) => next.number == 0,
        };
        if fits {
            kept.push_back(next);
        }
    }
    kept
}
