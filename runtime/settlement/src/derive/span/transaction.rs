//! The transactions of a span batch.

use alloy_primitives::Bytes;
use alloy_rlp::{Encodable, Header};

use super::{MAX_SPAN_ELEMENTS, SpanError, reader::Reader};

const LEGACY: u8 = 0;
const ACCESS_LIST: u8 = 1;
const DYNAMIC_FEE: u8 = 2;
const SET_CODE: u8 = 4;

/// One transaction, taken apart.
#[derive(Debug, Default)]
pub(super) struct Column {
    ty: u8,
    /// The type byte, unless legacy, and an RLP list of what has no column of its own.
    data: Vec<u8>,
    nonce: u64,
    gas: u64,
    to: Option<[u8; 20]>,
    y_parity: bool,
    r: [u8; 32],
    s: [u8; 32],
    /// Whether a legacy transaction is bound to a chain id (EIP-155).
    protected: bool,
}

impl Column {
    pub(super) fn decode_all(r: &mut Reader<'_>, count: u64) -> Result<Vec<Self>, SpanError> {
        let creations = r.bits(count, "the contract creation bits")?;
        let parities = r.bits(count, "the y parity bits")?;
        let mut columns = Vec::new();
        for i in 0..count as usize {
            let y_parity = parities.get(i);
            let (sig_r, sig_s) = (r.array("a signature")?, r.array("a signature")?);
            columns.push(Self { y_parity, r: sig_r, s: sig_s, ..Default::default() });
        }
        for (i, column) in columns.iter_mut().enumerate() {
            if !creations.get(i) {
                column.to = Some(r.array("a recipient")?);
            }
        }
        for column in &mut columns {
            (column.ty, column.data) = transaction_data(r)?;
        }
        for column in &mut columns {
            column.nonce = r.uvarint("a nonce")?;
        }
        for column in &mut columns {
            column.gas = r.uvarint("a gas limit")?;
        }
        let legacy = columns.iter().filter(|column| column.ty == LEGACY).count();
        let protected = r.bits(legacy as u64, "the protected bits")?;
        for (i, column) in columns.iter_mut().filter(|column| column.ty == LEGACY).enumerate() {
            column.protected = protected.get(i);
        }
        Ok(columns)
    }
}

/// Reads a type byte, if there is one, and a list whose content is looked at later.
fn transaction_data(r: &mut Reader<'_>) -> Result<(u8, Vec<u8>), SpanError> {
    const WHAT: &str = "a transaction";
    let first = *r.rest().first().ok_or(SpanError::Truncated(WHAT))?;
    let ty = if first <= 0x7f { first } else { LEGACY };
    let prefix = usize::from(first <= 0x7f);
    let list = r.rest().get(prefix..).unwrap_or_default();
    let mut content = list;
    let header = Header::decode(&mut content).map_err(|_| SpanError::Transaction)?;
    let length = list.len() - content.len() + header.payload_length;
    if !header.list {
        return Err(SpanError::Transaction);
    }
    if length as u64 > MAX_SPAN_ELEMENTS {
        return Err(SpanError::TooBig);
    }
    Ok((ty, r.bytes(prefix + length, WHAT)?.to_vec()))
}

/// Encodes the whole transaction (EIP-2718).
pub(super) fn rebuild(column: &Column, chain_id: u64) -> Result<Bytes, SpanError> {
    let mut fields = Vec::with_capacity(column.data.len() + 128);
    let mut data = match column.data.split_first() {
        // A type byte of zero is not how a legacy transaction starts.
        Some((&0, _)) | None => return Err(SpanError::Transaction),
        Some((_, list)) if column.ty != LEGACY => list,
        Some(_) => &column.data,
    };
    let list = Items::open(&mut data)?;
    if !data.is_empty() {
        return Err(SpanError::Transaction);
    }
    let parity = u128::from(column.y_parity);
    let v = match column.ty {
        LEGACY => {
            legacy_fields(column, list, &mut fields)?;
            if column.protected { u128::from(chain_id) * 2 + 35 + parity } else { 27 + parity }
        }
        ACCESS_LIST | DYNAMIC_FEE | SET_CODE => {
            chain_id.encode(&mut fields);
            typed_fields(column, list, &mut fields)?;
            parity
        }
        _ => return Err(SpanError::Transaction),
    };
    v.encode(&mut fields);
    integer(&column.r, &mut fields);
    integer(&column.s, &mut fields);

    let mut out = Vec::with_capacity(fields.len() + 8);
    if column.ty != LEGACY {
        out.push(column.ty);
    }
    Header { list: true, payload_length: fields.len() }.encode(&mut out);
    out.extend_from_slice(&fields);
    Ok(out.into())
}

fn legacy_fields(column: &Column, mut list: Items<'_>, out: &mut Vec<u8>) -> Result<(), SpanError> {
    let value = list.integer(None)?;
    let gas_price = list.integer(None)?;
    let input = list.string()?;
    list.end()?;
    column.nonce.encode(out);
    out.extend_from_slice(gas_price);
    column.gas.encode(out);
    recipient(column, out);
    out.extend_from_slice(value);
    out.extend_from_slice(input);
    Ok(())
}

fn typed_fields(column: &Column, mut list: Items<'_>, out: &mut Vec<u8>) -> Result<(), SpanError> {
    let set_code = column.ty == SET_CODE;
    if set_code && column.to.is_none() {
        return Err(SpanError::Transaction);
    }
    // Only the newest type has bounded integers.
    let limit = set_code.then_some(32);
    let value = list.integer(limit)?;
    let first_fee = list.integer(limit)?;
    let second_fee = if column.ty == ACCESS_LIST { &[][..] } else { list.integer(limit)? };
    let input = list.string()?;
    let access_list = list.nested(access_list_item)?;
    let authorizations = if set_code { list.nested(authorization)? } else { &[] };
    list.end()?;
    column.nonce.encode(out);
    out.extend_from_slice(first_fee);
    out.extend_from_slice(second_fee);
    column.gas.encode(out);
    recipient(column, out);
    for field in [value, input, access_list, authorizations] {
        out.extend_from_slice(field);
    }
    Ok(())
}

fn recipient(column: &Column, out: &mut Vec<u8>) {
    column.to.as_ref().map_or(&[][..], |to| to).encode(out);
}

/// Encodes a big-endian number without its leading zeros.
fn integer(bytes: &[u8], out: &mut Vec<u8>) {
    let start = bytes.iter().position(|b| *b != 0).unwrap_or(bytes.len());
    bytes[start..].encode(out);
}

fn access_list_item(list: &mut Items<'_>) -> Result<(), SpanError> {
    let mut item = list.list()?;
    item.fixed(20)?;
    let mut keys = item.list()?;
    while !keys.rest.is_empty() {
        keys.fixed(32)?;
    }
    item.end()
}

fn authorization(list: &mut Items<'_>) -> Result<(), SpanError> {
    let mut item = list.list()?;
    item.integer(Some(32))?;
    item.fixed(20)?;
    item.integer(Some(8))?;
    item.integer(Some(1))?;
    item.integer(Some(32))?;
    item.integer(Some(32))?;
    item.end()
}

/// The items of an RLP list, handed out still encoded.
struct Items<'a> {
    rest: &'a [u8],
}

impl<'a> Items<'a> {
    /// Opens the list at the front of `data` and moves past it.
    fn open(data: &mut &'a [u8]) -> Result<Self, SpanError> {
        let rest = Header::decode_bytes(data, true).map_err(|_| SpanError::Transaction)?;
        Ok(Self { rest })
    }

    /// The next item's encoding and content.
    fn item(&mut self, list: bool) -> Result<(&'a [u8], &'a [u8]), SpanError> {
        let start = self.rest;
        let content =
            Header::decode_bytes(&mut self.rest, list).map_err(|_| SpanError::Transaction)?;
        Ok((&start[..start.len() - self.rest.len()], content))
    }

    fn string(&mut self) -> Result<&'a [u8], SpanError> {
        Ok(self.item(false)?.0)
    }

    fn fixed(&mut self, length: usize) -> Result<(), SpanError> {
        let (_, content) = self.item(false)?;
        if content.len() == length { Ok(()) } else { Err(SpanError::Transaction) }
    }

    /// A number without leading zeros, of at most `limit` bytes.
    fn integer(&mut self, limit: Option<usize>) -> Result<&'a [u8], SpanError> {
        let (encoded, content) = self.item(false)?;
        let too_long = limit.is_some_and(|limit| content.len() > limit);
        if content.first() == Some(&0) || too_long {
            return Err(SpanError::Transaction);
        }
        Ok(encoded)
    }

    fn list(&mut self) -> Result<Self, SpanError> {
        Ok(Self { rest: self.item(true)?.1 })
    }

    /// A list whose items are all checked; its encoding.
    fn nested(
        &mut self,
        check: fn(&mut Self) -> Result<(), SpanError>,
    ) -> Result<&'a [u8], SpanError> {
        let (encoded, content) = self.item(true)?;
        let mut items = Self { rest: content };
        while !items.rest.is_empty() {
            check(&mut items)?;
        }
        Ok(encoded)
    }

    fn end(self) -> Result<(), SpanError> {
        if self.rest.is_empty() { Ok(()) } else { Err(SpanError::Transaction) }
    }
}
