//! How blocks and receipts are stored.

use super::StoreError;
use crate::block::Block;
use alloy_consensus::{Header, Sealed, transaction::Recovered};
use alloy_eips::{Decodable2718, Encodable2718};
use alloy_primitives::{Address, B256, Bytes};
use alloy_rlp::{Decodable, Encodable};
use op_alloy_consensus::{OpReceiptEnvelope, OpTxEnvelope};

/// Encodes a body: the list of EIP-2718 transactions, then the list of senders.
pub(super) fn encode_body(block: &Block) -> Vec<u8> {
    let (raw, senders): (Vec<Bytes>, Vec<Address>) =
        block.transactions.iter().map(|tx| (Bytes::from(tx.encoded_2718()), tx.signer())).unzip();
    let mut out = Vec::new();
    raw.encode(&mut out);
    senders.encode(&mut out);
    out
}

/// Puts a stored header and body together.
pub(super) fn decode_block(hash: B256, header: &[u8], body: &[u8]) -> Result<Block, StoreError> {
    let header = decode_header(header)?;
    let corrupt = |source| StoreError::Corrupt { what: "block", source };
    let mut buf = body;
    let raw = Vec::<Bytes>::decode(&mut buf).map_err(corrupt)?;
    let senders = Vec::<Address>::decode(&mut buf).map_err(corrupt)?;
    let transactions = raw
        .iter()
        .zip(senders)
        .map(|(raw, sender)| {
            let tx = OpTxEnvelope::decode_2718(&mut &raw[..])
                .map_err(|_| corrupt(alloy_rlp::Error::Custom("transaction")))?;
            Ok(Recovered::new_unchecked(tx, sender))
        })
        .collect::<Result<_, StoreError>>()?;
    Ok(Block { header: Sealed::new_unchecked(header, hash), transactions })
}

/// Decodes a stored header.
pub(super) fn decode_header(mut rlp: &[u8]) -> Result<Header, StoreError> {
    Header::decode(&mut rlp).map_err(|source| StoreError::Corrupt { what: "header", source })
}

/// Encodes receipts as a list of EIP-2718 byte strings.
pub(super) fn encode_receipts(receipts: &[OpReceiptEnvelope]) -> Vec<u8> {
    let raw: Vec<Bytes> = receipts.iter().map(|r| Bytes::from(r.encoded_2718())).collect();
    alloy_rlp::encode(raw)
}

/// Decodes stored receipts.
pub(super) fn decode_receipts(mut rlp: &[u8]) -> Result<Vec<OpReceiptEnvelope>, StoreError> {
    let corrupt = |source| StoreError::Corrupt { what: "receipt", source };
    Vec::<Bytes>::decode(&mut rlp)
        .map_err(corrupt)?
        .iter()
        .map(|raw| {
            OpReceiptEnvelope::decode_2718(&mut &raw[..])
                .map_err(|_| corrupt(alloy_rlp::Error::Custom("receipt")))
        })
        .collect()
}
