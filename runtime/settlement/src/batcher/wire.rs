//! The two primitive encodings of a span batch: LEB128 varints and the fixed-width bit list.
//!
//! <https://specs.optimism.io/protocol/delta/span-batches.html#span-batch-format>

/// Appends `value` as an unsigned LEB128 varint (Go's `binary.PutUvarint`).
pub(super) fn put_uvarint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value as u8) | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// A list of bits, written as one big-endian integer left-padded to whole bytes: bit 0 is the
/// lowest bit of the *last* byte.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct BitList {
    // Little-endian bytes while building, so that pushing never moves what is there.
    bytes: Vec<u8>,
    len: usize,
}

impl BitList {
    /// Appends one bit after the last.
    pub(super) fn push(&mut self, bit: bool) {
        if self.len.is_multiple_of(8) {
            self.bytes.push(0);
        }
        if bit && let Some(last) = self.bytes.last_mut() {
            *last |= 1 << (self.len % 8);
        }
        self.len += 1;
    }

    /// Appends the list's encoding, `ceil(len / 8)` bytes.
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        out.extend(self.bytes.iter().rev());
    }

    /// Size of the encoding in bytes.
    pub(super) fn encoded_len(&self) -> usize {
        self.bytes.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn varints_are_leb128() {
        for (value, expected) in [
            (0u64, vec![0x00]),
            (127, vec![0x7f]),
            (128, vec![0x80, 0x01]),
            (300, vec![0xac, 0x02]),
            (u64::MAX, vec![0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]),
        ] {
            let mut out = Vec::new();
            put_uvarint(&mut out, value);
            assert_eq!(out, expected, "{value}");
        }
    }

    #[test]
    fn the_first_bit_is_the_lowest_of_the_last_byte() {
        let mut bits = BitList::default();
        for i in 0..10 {
            bits.push(i == 0 || i == 9);
        }
        let mut out = Vec::new();
        bits.encode(&mut out);
        assert_eq!(out, [0b0000_0010, 0b0000_0001]);
        assert_eq!(bits.encoded_len(), 2);
    }
}
