//! The primitive encodings of a span batch.

use super::SpanError;

/// Reads from the front of a byte string.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) const fn new(rest: &'a [u8]) -> Self {
        Self { rest }
    }

    pub(super) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(super) fn bytes(&mut self, n: usize, what: &'static str) -> Result<&'a [u8], SpanError> {
        let (head, rest) = self.rest.split_at_checked(n).ok_or(SpanError::Truncated(what))?;
        self.rest = rest;
        Ok(head)
    }

    pub(super) fn array<const N: usize>(
        &mut self,
        what: &'static str,
    ) -> Result<[u8; N], SpanError> {
        let (head, rest) = self.rest.split_first_chunk().ok_or(SpanError::Truncated(what))?;
        self.rest = rest;
        Ok(*head)
    }

    /// An unsigned LEB128 number. Longer forms than needed are fine.
    pub(super) fn uvarint(&mut self, what: &'static str) -> Result<u64, SpanError> {
        let mut value = 0u64;
        for i in 0..10 {
            let [byte] = self.array(what)?;
            if i == 9 && byte > 1 {
                break;
            }
            value |= u64::from(byte & 0x7f) << (7 * i);
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(SpanError::Overflow(what))
    }

    /// A bit list of `count` bits, as a big-endian number of whole bytes.
    pub(super) fn bits(&mut self, count: u64, what: &'static str) -> Result<Bits, SpanError> {
        let bytes = self.bytes(count.div_ceil(8) as usize, what)?;
        let unused = (8 - count % 8) % 8;
        if bytes.first().is_some_and(|first| u64::from(first.leading_zeros()) < unused) {
            return Err(SpanError::BitList);
        }
        Ok(Bits(bytes.to_vec()))
    }
}

/// A bit list. Bit 0 is the lowest bit of the last byte.
#[derive(Debug)]
pub(super) struct Bits(Vec<u8>);

impl Bits {
    /// Whether a bit is set; those beyond the end are not.
    pub(super) fn get(&self, index: usize) -> bool {
        self.0.iter().rev().nth(index / 8).is_some_and(|byte| byte >> (index % 8) & 1 == 1)
    }

    /// How many bits other than bit 0 are set.
    pub(super) fn count_after_first(&self) -> u64 {
        let all: u64 = self.0.iter().map(|byte| u64::from(byte.count_ones())).sum();
        all - u64::from(self.get(0))
    }
}
