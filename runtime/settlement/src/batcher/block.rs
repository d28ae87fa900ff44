//! What the batcher needs of one L2 block.

use alloy_consensus::Header;
use alloy_eips::BlockNumHash;
use alloy_primitives::B256;
use op_alloy_consensus::{OpBlock, OpTxEnvelope};

use super::BatcherError;

/// First byte of calldata to `setL1BlockValuesEcotone`, `…Isthmus`, `…Jovian`: packed, not ABI.
const ECOTONE_SELECTOR: [u8; 4] = [0x44, 0x0a, 0x5e, 0x20];
const ISTHMUS_SELECTOR: [u8; 4] = [0x09, 0x89, 0x99, 0xbe];
const JOVIAN_SELECTOR: [u8; 4] = [0x3d, 0xb6, 0xbe, 0x2b];

/// One L2 block as it enters a batch: its place in the chain, its L1 origin and the transactions
/// that are not deposits (a verifier derives the deposits from the origin by itself).
#[derive(Debug, Clone)]
pub struct BatchBlock {
    /// The block's own number.
    pub number: u64,
    /// The block's own hash.
    pub hash: B256,
    /// Hash of the block before it.
    pub parent_hash: B256,
    /// Seconds since the epoch.
    pub timestamp: u64,
    /// The parent-chain block whose deposits this block includes or continues.
    pub origin: BlockNumHash,
    /// Blocks since the origin was adopted; 0 for the first.
    pub sequence_number: u64,
    /// Transactions in order, deposits left out.
    pub transactions: Vec<OpTxEnvelope>,
}

impl BatchBlock {
    /// Reads a block of the rollup. Its first transaction must be the L1 attributes deposit.
    ///
    /// # Errors
    /// [`BatcherError::Attributes`] if it is not, or is in a form older than Ecotone.
    ///
    /// <https://specs.optimism.io/protocol/ecotone/l1-attributes.html>
    pub fn from_block(block: &OpBlock) -> Result<Self, BatcherError> {
        let hash = block.header.hash_slow();
        Self::from_parts(&block.header, hash, block.body.transactions.iter())
    }

    /// The same of a block as the node holds it.
    ///
    /// # Errors
    /// As [`Self::from_block`].
    pub fn from_node(block: &gm_node::Block) -> Result<Self, BatcherError> {
        let transactions = block.transactions.iter().map(|tx| tx.inner());
        Self::from_parts(block.header.inner(), block.hash(), transactions)
    }

    fn from_parts<'a>(
        header: &Header,
        hash: B256,
        mut transactions: impl Iterator<Item = &'a OpTxEnvelope>,
    ) -> Result<Self, BatcherError> {
        let number = header.number;
        let (origin, sequence_number) = transactions
            .next()
            .and_then(OpTxEnvelope::as_deposit)
            .and_then(|attributes| origin_of(&attributes.input))
            .ok_or(BatcherError::Attributes { number })?;
        Ok(Self {
            number,
            hash,
            parent_hash: header.parent_hash,
            timestamp: header.timestamp,
            origin,
            sequence_number,
            // By decoded type, never by first byte: a deposit must not reach a batch.
            transactions: transactions.filter(|tx| !tx.is_deposit()).cloned().collect(),
        })
    }

    /// Number and hash.
    #[must_use]
    pub const fn id(&self) -> BlockNumHash {
        BlockNumHash { number: self.number, hash: self.hash }
    }
}

/// L1 origin and sequence number from the calldata of the L1 attributes transaction: selector 4,
/// scalars 4 + 4, sequence number 8, timestamp 8, number 8, base fee 32, blob base fee 32, hash 32.
fn origin_of(input: &[u8]) -> Option<(BlockNumHash, u64)> {
    let selector: [u8; 4] = input.get(..4)?.try_into().ok()?;
    if ![ECOTONE_SELECTOR, ISTHMUS_SELECTOR, JOVIAN_SELECTOR].contains(&selector) {
        return None;
    }
    let word = |at: usize| Some(u64::from_be_bytes(input.get(at..at + 8)?.try_into().ok()?));
    let hash = B256::from_slice(input.get(100..132)?);
    Some((BlockNumHash { number: word(28)?, hash }, word(12)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::hex;

    /// The Isthmus attributes calldata of the specification's layout, built field by field.
    #[test]
    fn reads_origin_and_sequence_number() {
        let mut input = hex!("098999be").to_vec();
        input.extend([0u8; 8]);
        input.extend(7u64.to_be_bytes());
        input.extend(1_700_000_000u64.to_be_bytes());
        input.extend(42u64.to_be_bytes());
        input.extend([1u8; 64]);
        input.extend([0xabu8; 32]);
        input.extend([0u8; 44]);
        assert_eq!(input.len(), 176);
        let (origin, seq) = origin_of(&input).expect("valid calldata");
        assert_eq!((origin.number, origin.hash, seq), (42, B256::repeat_byte(0xab), 7));
        assert!(origin_of(&input[..100]).is_none());
        input[0] = 0xff;
        assert!(origin_of(&input).is_none());
    }
}
