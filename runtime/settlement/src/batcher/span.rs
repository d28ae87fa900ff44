//! Encoding of span batches, version 1.
//!
//! Written out here, field by field, rather than through a library whose only user is a decoder.
//! The decoder is the other opinion in the tests.
//!
//! <https://specs.optimism.io/protocol/delta/span-batches.html#span-batch-format>

use alloy_consensus::Transaction;
use alloy_eips::Typed2718;
use alloy_primitives::{B256, Signature, TxKind, U256};
use alloy_rlp::{Encodable, Header};
use op_alloy_consensus::OpTxEnvelope;

use super::{
    BatchBlock, BatcherError,
    wire::{BitList, put_uvarint},
};

/// Batch version byte of a span batch.
pub const SPAN_BATCH_VERSION: u8 = 0x01;
/// The most blocks, or transactions, a span batch may hold.
pub const MAX_SPAN_BATCH_ELEMENTS: usize = 10_000_000;

/// Collects consecutive blocks of one chain and encodes them as one span batch.
#[derive(Debug, Clone)]
pub struct SpanBatchBuilder {
    chain_id: u64,
    genesis_timestamp: u64,
    first_timestamp: u64,
    parent_check: B256,
    last_origin: alloy_eips::BlockNumHash,
    block_count: u64,
    origin_bits: BitList,
    tx_counts: Vec<u8>,
    txs: SpanTxs,
}

/// The transactions of a span, field by field: like lies next to like and compresses better.
#[derive(Debug, Clone, Default)]
struct SpanTxs {
    count: usize,
    creation_bits: BitList,
    parity_bits: BitList,
    signatures: Vec<u8>,
    tos: Vec<u8>,
    datas: Vec<u8>,
    nonces: Vec<u8>,
    gases: Vec<u8>,
    protected_bits: BitList,
}

impl SpanBatchBuilder {
    /// An empty span for the chain `chain_id`, whose genesis block has the time
    /// `genesis_timestamp` (seconds).
    pub fn new(chain_id: u64, genesis_timestamp: u64) -> Self {
        Self {
            chain_id,
            genesis_timestamp,
            first_timestamp: 0,
            parent_check: B256::ZERO,
            last_origin: Default::default(),
            block_count: 0,
            origin_bits: BitList::default(),
            tx_counts: Vec::new(),
            txs: SpanTxs::default(),
        }
    }

    /// Appends the next block.
    ///
    /// # Errors
    /// [`BatcherError::UnsupportedTransaction`] for a transaction a span cannot carry (a deposit,
    /// a blob transaction, another chain's): nothing is appended then.
    /// [`BatcherError::BatchFull`] at [`MAX_SPAN_BATCH_ELEMENTS`].
    /// [`BatcherError::OriginSkipped`] if the L1 origin jumps by more than one.
    pub fn push(&mut self, block: &BatchBlock) -> Result<(), BatcherError> {
        let too_many = self.txs.count + block.transactions.len() > MAX_SPAN_BATCH_ELEMENTS;
        if too_many || self.block_count as usize >= MAX_SPAN_BATCH_ELEMENTS {
            return Err(BatcherError::BatchFull);
        }
        for tx in &block.transactions {
            check_transaction(tx, self.chain_id)?;
        }
        let origin_changed = if self.block_count == 0 {
            self.first_timestamp = block.timestamp;
            self.parent_check = block.parent_hash;
            block.sequence_number == 0
        } else {
            let advance = block.origin.number.checked_sub(self.last_origin.number);
            match advance {
                Some(0) => false,
                Some(1) => true,
                _ => return Err(BatcherError::OriginSkipped { number: block.number }),
            }
        };
        self.origin_bits.push(origin_changed);
        self.last_origin = block.origin;
        self.block_count += 1;
        put_uvarint(&mut self.tx_counts, block.transactions.len() as u64);
        for tx in &block.transactions {
            self.txs.push(tx)?;
        }
        Ok(())
    }

    /// Number of blocks in the span.
    pub fn block_count(&self) -> u64 {
        self.block_count
    }

    /// Size in bytes of the encoding, to within the few bytes of its varints.
    pub fn encoded_len(&self) -> usize {
        let txs = &self.txs;
        1 + 40
            + 30
            + self.origin_bits.encoded_len()
            + self.tx_counts.len()
            + txs.creation_bits.encoded_len()
            + txs.parity_bits.encoded_len()
            + txs.signatures.len()
            + txs.tos.len()
            + txs.datas.len()
            + txs.nonces.len()
            + txs.gases.len()
            + txs.protected_bits.encoded_len()
    }

    /// The batch: version byte, prefix, payload.
    ///
    /// # Errors
    /// [`BatcherError::EmptyBatch`] without a block.
    pub fn encode(&self) -> Result<Vec<u8>, BatcherError> {
        if self.block_count == 0 {
            return Err(BatcherError::EmptyBatch);
        }
        let mut out = Vec::with_capacity(self.encoded_len());
        out.push(SPAN_BATCH_VERSION);
        put_uvarint(&mut out, self.first_timestamp.saturating_sub(self.genesis_timestamp));
        put_uvarint(&mut out, self.last_origin.number);
        out.extend_from_slice(&self.parent_check[..20]);
        out.extend_from_slice(&self.last_origin.hash[..20]);
        put_uvarint(&mut out, self.block_count);
        self.origin_bits.encode(&mut out);
        out.extend_from_slice(&self.tx_counts);
        self.txs.encode(&mut out);
        Ok(out)
    }
}

impl SpanTxs {
    fn push(&mut self, tx: &OpTxEnvelope) -> Result<(), BatcherError> {
        let signature = signature_of(tx)?;
        self.count += 1;
        self.parity_bits.push(signature.v());
        self.signatures.extend_from_slice(&signature.r().to_be_bytes::<32>());
        self.signatures.extend_from_slice(&signature.s().to_be_bytes::<32>());
        match tx.kind() {
            TxKind::Create => self.creation_bits.push(true),
            TxKind::Call(to) => {
                self.creation_bits.push(false);
                self.tos.extend_from_slice(to.as_slice());
            }
        }
        put_uvarint(&mut self.nonces, tx.nonce());
        put_uvarint(&mut self.gases, tx.gas_limit());
        if let OpTxEnvelope::Legacy(legacy) = tx {
            self.protected_bits.push(legacy.tx().chain_id.is_some());
        }
        encode_data(tx, &mut self.datas);
        Ok(())
    }

    fn encode(&self, out: &mut Vec<u8>) {
        self.creation_bits.encode(out);
        self.parity_bits.encode(out);
        out.extend_from_slice(&self.signatures);
        out.extend_from_slice(&self.tos);
        out.extend_from_slice(&self.datas);
        out.extend_from_slice(&self.nonces);
        out.extend_from_slice(&self.gases);
        self.protected_bits.encode(out);
    }
}

/// Refuses what a span batch cannot carry, before anything of the block is recorded.
fn check_transaction(tx: &OpTxEnvelope, chain_id: u64) -> Result<(), BatcherError> {
    signature_of(tx)?;
    // Only a legacy transaction may be without chain id (before EIP-155).
    match tx.chain_id() {
        Some(id) if id != chain_id => Err(BatcherError::UnsupportedTransaction { ty: tx.ty() }),
        _ => Ok(()),
    }
}

fn signature_of(tx: &OpTxEnvelope) -> Result<&Signature, BatcherError> {
    match tx {
        OpTxEnvelope::Legacy(tx) => Ok(tx.signature()),
        OpTxEnvelope::Eip2930(tx) => Ok(tx.signature()),
        OpTxEnvelope::Eip1559(tx) => Ok(tx.signature()),
        OpTxEnvelope::Eip7702(tx) => Ok(tx.signature()),
        other => Err(BatcherError::UnsupportedTransaction { ty: other.ty() }),
    }
}

/// The fields that are neither split out above nor implied: `type ‖ rlp([value, fees…, data, …])`.
fn encode_data(tx: &OpTxEnvelope, out: &mut Vec<u8>) {
    let ty = tx.ty();
    if ty != 0 {
        out.push(ty);
    }
    let value: U256 = tx.value();
    let tip = tx.max_priority_fee_per_gas();
    let fees = match tip {
        Some(tip) => vec![tip, tx.max_fee_per_gas()],
        None => vec![tx.max_fee_per_gas()],
    };
    let mut fields: Vec<&dyn Encodable> = vec![&value];
    fields.extend(fees.iter().map(|fee| fee as &dyn Encodable));
    let input = tx.input();
    fields.push(input);
    if let Some(list) = tx.access_list() {
        fields.push(list);
    }
    let authorizations = tx.authorization_list().map(<[_]>::to_vec);
    if let Some(list) = &authorizations {
        fields.push(list);
    }
    let payload_length = fields.iter().map(|field| field.length()).sum();
    Header { list: true, payload_length }.encode(out);
    for field in fields {
        field.encode(out);
    }
}
