//! Parsers against arbitrary input, and against kona on input that is in order.

use alloy_consensus::{SignableTransaction, TxEip1559, TxEip2930, TxEip7702, TxLegacy};
use alloy_eips::{BlockNumHash, eip7702::Authorization};
use alloy_primitives::{Address, B256, Signature, TxKind, U256};
use kona_protocol::Frame;
use op_alloy_consensus::OpTxEnvelope;
use proptest::prelude::*;

use super::*;
use crate::batcher::{BatchBlock, SpanBatchBuilder, compress_channel};

const CHAIN_ID: u64 = 202_402_181_627;

fn signature() -> Signature {
    Signature::new(U256::from(77), U256::from(1) << 200, true)
}

/// One transaction of every kind a batch can hold, and both kinds of legacy ones.
fn transactions() -> Vec<OpTxEnvelope> {
    let to = TxKind::Call(Address::repeat_byte(3));
    let legacy = TxLegacy { nonce: 1, gas_limit: 21_000, to, gas_price: 9, ..Default::default() };
    let bound = TxLegacy { chain_id: Some(CHAIN_ID), ..legacy.clone() };
    let list = TxEip2930 {
        chain_id: CHAIN_ID,
        to: TxKind::Create,
        access_list: vec![alloy_eips::eip2930::AccessListItem {
            address: Address::repeat_byte(4),
            storage_keys: vec![B256::repeat_byte(5), B256::ZERO],
        }]
        .into(),
        ..Default::default()
    };
    let dynamic = TxEip1559 {
        chain_id: CHAIN_ID,
        nonce: u64::MAX - 1,
        max_fee_per_gas: u128::MAX,
        max_priority_fee_per_gas: 1,
        to,
        value: U256::MAX,
        input: vec![0; 300].into(),
        ..Default::default()
    };
    let set_code = TxEip7702 {
        chain_id: CHAIN_ID,
        authorization_list: vec![
            Authorization {
                chain_id: U256::from(CHAIN_ID),
                address: Address::repeat_byte(6),
                nonce: 300,
            }
            .into_signed(signature()),
        ],
        ..Default::default()
    };
    vec![
        legacy.into_signed(signature()).into(),
        bound.into_signed(signature()).into(),
        list.into_signed(signature()).into(),
        dynamic.into_signed(signature()).into(),
        set_code.into_signed(signature()).into(),
    ]
}

fn span() -> Vec<u8> {
    let mut builder = SpanBatchBuilder::new(CHAIN_ID, 1_000);
    let mut parent_hash = B256::repeat_byte(1);
    for number in 1..20u64 {
        let hash = B256::with_last_byte(number as u8);
        let block = BatchBlock {
            number,
            hash,
            parent_hash,
            timestamp: 1_000 + 2 * number,
            origin: BlockNumHash { number: 50 + number / 3, hash: B256::repeat_byte(9) },
            sequence_number: number % 3,
            transactions: if number % 2 == 0 { transactions() } else { vec![] },
        };
        builder.push(&block).expect("fits");
        parent_hash = hash;
    }
    builder.encode().expect("encodes")
}

fn config() -> kona_genesis::RollupConfig {
    kona_genesis::RollupConfig {
        block_time: 2,
        genesis: kona_genesis::ChainGenesis { l2_time: 1_000, ..Default::default() },
        l2_chain_id: CHAIN_ID.into(),
        ..Default::default()
    }
}

fn decode(bytes: &[u8]) -> Option<kona_protocol::Batch> {
    RawBatch::decode(bytes).ok()?.into_batch(&config()).ok()
}

#[test]
fn a_span_batch_reads_as_kona_reads_it() {
    let bytes = span();
    let ours = decode(&bytes).expect("reads");
    let theirs = kona_protocol::Batch::decode(&mut bytes.as_slice(), &config()).expect("reads");
    let (kona_protocol::Batch::Span(ours), kona_protocol::Batch::Span(theirs)) = (ours, theirs)
    else {
        panic!("a span batch");
    };
    assert_eq!(ours.parent_check, theirs.parent_check);
    assert_eq!(ours.l1_origin_check, theirs.l1_origin_check);
    assert_eq!(ours.batches, theirs.batches);
    let raw: Vec<_> = transactions().iter().map(alloy_eips::Encodable2718::encoded_2718).collect();
    for (i, block) in ours.batches.iter().enumerate() {
        let expected: &[Vec<u8>] = if i % 2 == 1 { &raw } else { &[] };
        assert_eq!(block.transactions, expected, "block {i}");
    }
}

#[test]
fn a_cut_span_batch_is_refused() {
    let bytes = span();
    for length in 0..bytes.len() {
        assert!(decode(&bytes[..length]).is_none(), "{length} of {}", bytes.len());
    }
}

#[test]
fn a_value_that_no_block_can_hold_still_becomes_a_transaction() {
    // One block, one legacy transaction with a value of 33 bytes.
    let mut data = vec![0xe4, 0xa1];
    data.extend([1; 33]);
    data.extend([0x80, 0x80]);
    data[0] = 0xc0 + (data.len() as u8 - 1);
    let mut bytes = vec![1, 0, 0];
    bytes.extend([0; 40]);
    bytes.extend([1, 0, 1]);
    bytes.extend([0, 0]);
    bytes.extend([1; 64]);
    bytes.extend([2; 20]);
    bytes.extend(&data);
    bytes.extend([5, 6, 0]);
    let Some(kona_protocol::Batch::Span(span)) = decode(&bytes) else { panic!("reads") };
    let raw = &span.batches[0].transactions[0];
    assert!(gm_node::chain::decode_transactions(std::slice::from_ref(raw)).is_err());
}

#[test]
fn what_comes_before_damage_is_read() {
    let mut rlp = Vec::new();
    for _ in 0..200 {
        alloy_rlp::Encodable::encode(span().as_slice(), &mut rlp);
    }
    let whole = compress_channel(&rlp, 1).expect("compresses");
    let count = |channel: &[u8]| {
        let mut reader = BatchReader::new(channel).expect("a known compression");
        std::iter::from_fn(|| reader.next_batch().ok().flatten()).count()
    };
    assert_eq!(count(&whole), 200);
    let half = count(&whole[..whole.len() / 2]);
    assert!((1..200).contains(&half), "{half}");
    let zlib = miniz_oxide::deflate::compress_to_vec_zlib(&rlp, 6);
    assert_eq!(count(&zlib), 200);
    assert!((1..200).contains(&count(&zlib[..zlib.len() / 2])));
}

#[test]
fn a_bomb_is_read_up_to_the_limit_only() {
    let batch = span();
    let mut rlp = Vec::new();
    alloy_rlp::Encodable::encode(batch.as_slice(), &mut rlp);
    // A string that ends beyond the limit.
    rlp.extend([0xbb, 0x08, 0, 0, 0]);
    rlp.resize(MAX_CHANNEL_SIZE + 40_000_000, 0);
    let bomb = compress_channel(&rlp, 1).expect("compresses");
    assert!(bomb.len() < 1_000_000, "{}", bomb.len());
    let mut reader = BatchReader::new(&bomb).expect("a known compression");
    assert!(reader.next_batch().expect("reads").is_some());
    assert!(reader.next_batch().is_err());
}

/// The specification's rules as op-node applies them: pairs of neighbours, removing one at a time.
fn prune_by_pairs(mut frames: Vec<Frame>) -> Vec<Frame> {
    let mut i = 0;
    while i + 1 < frames.len() {
        let (current, next) = (&frames[i], &frames[i + 1]);
        if current.id == next.id {
            if current.is_last || next.number != current.number.wrapping_add(1) {
                frames.remove(i + 1);
                continue;
            }
        } else if next.number == 0 && !current.is_last {
            frames.remove(i);
            i = i.saturating_sub(1);
            continue;
        } else if next.number != 0 {
            frames.remove(i + 1);
            continue;
        }
        i += 1;
    }
    frames
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn frames_are_pruned_as_specified(
        frames in prop::collection::vec((0u8..3, 0u16..4, any::<bool>()), 0..12)
    ) {
        let frames: Vec<Frame> = frames
            .into_iter()
            .map(|(id, number, last)| Frame::new([id; 16], number, vec![], last))
            .collect();
        prop_assert_eq!(Vec::from(prune(frames.clone())), prune_by_pairs(frames));
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let _ = parse_frames(&bytes);
        let _ = decode(&bytes);
        if let Ok(mut reader) = BatchReader::new(&bytes) {
            while let Ok(Some(batch)) = reader.next_batch() {
                let _ = batch.into_batch(&config());
            }
        }
    }

    #[test]
    fn a_damaged_span_batch_is_read_or_refused(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)
    ) {
        let mut bytes = span();
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        let _ = decode(&bytes);
    }

    #[test]
    fn frames_survive_a_round_trip(
        frames in prop::collection::vec(
            (any::<[u8; 16]>(), any::<u16>(), prop::collection::vec(any::<u8>(), 0..50), any::<bool>()),
            1..6,
        )
    ) {
        let frames: Vec<Frame> =
            frames.into_iter().map(|(id, n, data, last)| Frame::new(id, n, data, last)).collect();
        let mut data = vec![0];
        frames.iter().for_each(|frame| data.extend(frame.encode()));
        prop_assert_eq!(parse_frames(&data), Ok(frames));
        data.push(0);
        prop_assert!(parse_frames(&data).is_err());
    }
}
