//! Frames: pieces of a channel, and the transaction data that carries them.
//!
//! <https://specs.optimism.io/protocol/derivation.html#frame-format>

use alloy_primitives::Bytes;
use alloy_rlp::BufMut;

use super::BatcherError;

/// A channel's id: 16 random bytes.
pub type ChannelId = [u8; 16];

/// Version byte of batcher transaction data that holds frames.
pub const DERIVATION_VERSION_0: u8 = 0x00;
/// Bytes a frame takes beside its data: id 16, number 2, length 4, last 1.
pub const FRAME_OVERHEAD: usize = 16 + 2 + 4 + 1;
/// The most data a frame may hold, in bytes.
pub const MAX_FRAME_DATA: usize = 1_000_000;

/// One piece of a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The channel it belongs to.
    pub id: ChannelId,
    /// Its place in the channel, from 0.
    pub number: u16,
    /// Its part of the compressed channel, at most [`MAX_FRAME_DATA`] bytes.
    pub data: Bytes,
    /// Whether the channel ends with it.
    pub is_last: bool,
}

impl Frame {
    /// Appends `id ‖ number ‖ length ‖ data ‖ is_last`.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.put_slice(&self.id);
        out.put_u16(self.number);
        out.put_u32(self.data.len() as u32);
        out.put_slice(&self.data);
        out.put_u8(self.is_last.into());
    }

    /// Size of the encoding in bytes.
    pub fn encoded_len(&self) -> usize {
        FRAME_OVERHEAD + self.data.len()
    }
}

/// Calldata of one batcher transaction: `00 ‖ frames`.
pub fn frames_to_calldata(frames: &[Frame]) -> Bytes {
    let size = 1 + frames.iter().map(Frame::encoded_len).sum::<usize>();
    let mut out = Vec::with_capacity(size);
    out.push(DERIVATION_VERSION_0);
    for frame in frames {
        frame.encode(&mut out);
    }
    out.into()
}

/// Cuts a compressed channel into frames of at most `max_frame_data` bytes of data each; the last,
/// never an empty one, is marked.
///
/// # Errors
/// [`BatcherError::FrameSize`] for a limit of 0 or above [`MAX_FRAME_DATA`],
/// [`BatcherError::TooManyFrames`] if 16 bits cannot number them,
/// [`BatcherError::EmptyBatch`] for an empty channel.
pub fn cut_into_frames(
    id: ChannelId,
    compressed: Bytes,
    max_frame_data: usize,
) -> Result<Vec<Frame>, BatcherError> {
    if max_frame_data == 0 || max_frame_data > MAX_FRAME_DATA {
        return Err(BatcherError::FrameSize(max_frame_data));
    }
    if compressed.is_empty() {
        return Err(BatcherError::EmptyBatch);
    }
    let bytes = compressed.len();
    let count = bytes.div_ceil(max_frame_data);
    if count > usize::from(u16::MAX) + 1 {
        return Err(BatcherError::TooManyFrames { bytes, max_frame_data });
    }
    let cut = |number: usize| {
        let start = number * max_frame_data;
        let end = bytes.min(start + max_frame_data);
        Frame {
            id,
            number: number as u16,
            data: compressed.slice(start..end),
            is_last: number + 1 == count,
        }
    };
    Ok((0..count).map(cut).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kona_reads_every_frame_back() {
        let id = [7u8; 16];
        for (len, max) in [(1, 1), (10, 3), (9, 3), (1_000_000, 1_000_000), (1_000_001, 1_000_000)]
        {
            let data = Bytes::from((0..len).map(|i| i as u8).collect::<Vec<_>>());
            let frames = cut_into_frames(id, data.clone(), max).expect("valid");
            let read = kona_protocol::Frame::parse_frames(&frames_to_calldata(&frames))
                .expect("kona reads frames");
            assert_eq!(read.len(), frames.len());
            assert!(read.iter().all(|f| f.id == id && !f.data.is_empty()));
            assert_eq!(read.iter().filter(|f| f.is_last).count(), 1);
            assert!(read.last().is_some_and(|f| f.is_last));
            assert!(read.iter().enumerate().all(|(i, f)| usize::from(f.number) == i));
            let joined: Vec<u8> = read.into_iter().flat_map(|f| f.data).collect();
            assert_eq!(joined, data);
        }
    }

    #[test]
    fn limits_are_enforced() {
        let cut = |len: usize, max| cut_into_frames([0; 16], vec![1u8; len].into(), max);
        assert!(matches!(cut(1, 0), Err(BatcherError::FrameSize(0))));
        assert!(matches!(cut(1, MAX_FRAME_DATA + 1), Err(BatcherError::FrameSize(_))));
        assert!(matches!(cut(0, 10), Err(BatcherError::EmptyBatch)));
        assert_eq!(cut(65_536, 1).expect("numbers fit").len(), 65_536);
        assert!(matches!(cut(65_537, 1), Err(BatcherError::TooManyFrames { .. })));
    }
}
