//! Batches, channels and frames, read back by kona.

use alloy_consensus::{
    SignableTransaction, TxEip1559, TxEip2930, TxEip7702, TxLegacy,
    transaction::RlpEcdsaEncodableTx,
};
use alloy_eips::{
    BlockNumHash,
    eip2718::Encodable2718,
    eip2930::{AccessList, AccessListItem},
    eip7702::{Authorization, SignedAuthorization},
};
use alloy_primitives::{Address, B256, Bytes, Signature, TxKind, U256};
use kona_protocol::{Batch, BatchReader};
use op_alloy_consensus::{OpTxEnvelope, TxDeposit};
use proptest::prelude::*;

use super::*;

const CHAIN_ID: u64 = 202_402_181_627;
const GENESIS_TIME: u64 = 1_700_000_000;
const BLOCK_TIME: u64 = 2;

fn signed<T>(tx: T, seed: u64) -> OpTxEnvelope
where
    T: SignableTransaction<Signature> + RlpEcdsaEncodableTx,
    OpTxEnvelope: From<alloy_consensus::Signed<T>>,
{
    // Any signature encodes; leading zeros in r and s are the case worth having.
    let r = U256::from(seed) + U256::from(1);
    let s = U256::from(seed.rotate_left(17)) + U256::from(1);
    tx.into_signed(Signature::new(r, s, seed.is_multiple_of(2))).into()
}

prop_compose! {
    fn kind()(create in any::<bool>(), to in any::<[u8; 20]>()) -> TxKind {
        if create { TxKind::Create } else { TxKind::Call(Address::from(to)) }
    }
}

prop_compose! {
    fn access_list()(
        items in prop::collection::vec(
            (any::<[u8; 20]>(), prop::collection::vec(any::<[u8; 32]>(), 0..3)), 0..3,
        ),
    ) -> AccessList {
        let item = |(address, keys): ([u8; 20], Vec<[u8; 32]>)| AccessListItem {
            address: address.into(),
            storage_keys: keys.into_iter().map(B256::from).collect(),
        };
        AccessList(items.into_iter().map(item).collect())
    }
}

fn transaction() -> impl Strategy<Value = OpTxEnvelope> {
    let common = (
        (any::<u64>(), any::<u64>(), any::<u64>(), kind()),
        (any::<u128>(), any::<u128>(), any::<[u64; 4]>()),
        (prop::collection::vec(any::<u8>(), 0..80), access_list(), 0..5u8),
    );
    common.prop_map(|((seed, nonce, gas_limit, to), (fee, tip, value), (data, list, form))| {
        let value = U256::from_limbs(value);
        let input = Bytes::from(data);
        match form {
            0 | 1 => {
                let chain_id = (form == 0).then_some(CHAIN_ID);
                signed(
                    TxLegacy { chain_id, nonce, gas_price: fee, gas_limit, to, value, input },
                    seed,
                )
            }
            2 => signed(
                TxEip2930 {
                    chain_id: CHAIN_ID,
                    nonce,
                    gas_price: fee,
                    gas_limit,
                    to,
                    value,
                    access_list: list,
                    input,
                },
                seed,
            ),
            3 => signed(
                TxEip1559 {
                    chain_id: CHAIN_ID,
                    nonce,
                    gas_limit,
                    max_fee_per_gas: fee,
                    max_priority_fee_per_gas: tip,
                    to,
                    value,
                    access_list: list,
                    input,
                },
                seed,
            ),
            _ => {
                let address = to.to().copied().unwrap_or_default();
                let authorization = Authorization { chain_id: U256::from(seed), address, nonce };
                let y_parity = (seed % 2) as u8;
                let authorization = SignedAuthorization::new_unchecked(
                    authorization,
                    y_parity,
                    U256::from(seed),
                    value,
                );
                signed(
                    TxEip7702 {
                        chain_id: CHAIN_ID,
                        nonce,
                        gas_limit,
                        max_fee_per_gas: fee,
                        max_priority_fee_per_gas: tip,
                        to: address,
                        value,
                        access_list: list,
                        authorization_list: vec![authorization; 1 + (seed % 3) as usize],
                        input,
                    },
                    seed,
                )
            }
        }
    })
}

/// Consecutive blocks: each either stays on its origin or takes the next one.
fn blocks(max: usize) -> impl Strategy<Value = Vec<BatchBlock>> {
    let block = (any::<bool>(), prop::collection::vec(transaction(), 0..4));
    (1..1_000_000u64, 0..5u64, prop::collection::vec(block, 1..max)).prop_map(
        |(first, sequence, parts)| {
            let mut origin = BlockNumHash { number: first, hash: origin_hash(first) };
            let mut sequence_number = sequence;
            let make = |(i, (advance, transactions)): (usize, (bool, Vec<OpTxEnvelope>))| {
                if i > 0 {
                    sequence_number += 1;
                    if advance {
                        origin.number += 1;
                        origin.hash = origin_hash(origin.number);
                        sequence_number = 0;
                    }
                }
                let number = 10 + i as u64;
                BatchBlock {
                    number,
                    hash: block_hash(number),
                    parent_hash: block_hash(number - 1),
                    timestamp: GENESIS_TIME + BLOCK_TIME * number,
                    origin,
                    sequence_number,
                    transactions,
                }
            };
            parts.into_iter().enumerate().map(make).collect()
        },
    )
}

fn origin_hash(number: u64) -> B256 {
    alloy_primitives::keccak256(number.to_be_bytes())
}

fn block_hash(number: u64) -> B256 {
    alloy_primitives::keccak256([number.to_be_bytes(), [1; 8]].concat())
}

fn kona_config() -> kona_genesis::RollupConfig {
    let mut config = kona_genesis::RollupConfig {
        l2_chain_id: CHAIN_ID.into(),
        block_time: BLOCK_TIME,
        ..Default::default()
    };
    config.genesis.l2_time = GENESIS_TIME;
    config.hardforks.delta_time = Some(0);
    config.hardforks.fjord_time = Some(0);
    config.hardforks.granite_time = Some(0);
    config.hardforks.holocene_time = Some(0);
    config.hardforks.isthmus_time = Some(0);
    config
}

fn read_channel(frames: &[Frame]) -> Vec<Batch> {
    let calldata = frames_to_calldata(frames);
    let frames = kona_protocol::Frame::parse_frames(&calldata).expect("frames");
    let data: Vec<u8> = frames.into_iter().flat_map(|frame| frame.data).collect();
    let mut reader = BatchReader::new(data, MAX_RLP_BYTES_PER_CHANNEL);
    let config = kona_config();
    let batches = std::iter::from_fn(|| reader.next_batch(&config)).collect();
    assert!(reader.decompress().is_ok());
    batches
}

fn raw(block: &BatchBlock) -> Vec<Bytes> {
    block.transactions.iter().map(|tx| tx.encoded_2718().into()).collect()
}

fn close(params: ChannelParams, blocks: &[BatchBlock]) -> ClosedChannel {
    let mut channel = ChannelBuilder::with_id(params, [3; 16]);
    for block in blocks {
        channel.push(block).expect("block fits");
    }
    channel.close().expect("closes")
}

fn params(kind: BatchKind) -> ChannelParams {
    ChannelParams { kind, quality: 5, ..ChannelParams::new(CHAIN_ID, GENESIS_TIME) }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn span_batches_read_back(blocks in blocks(12)) {
        let closed = close(params(BatchKind::Span), &blocks);
        prop_assert_eq!(closed.blocks.len(), blocks.len());
        let batches = read_channel(&closed.frames);
        prop_assert_eq!(batches.len(), 1);
        let Batch::Span(span) = &batches[0] else { panic!("not a span batch") };
        let (first, last) = (&blocks[0], &blocks[blocks.len() - 1]);
        prop_assert!(span.check_parent_hash(first.parent_hash));
        prop_assert!(span.check_origin_hash(last.origin.hash));
        prop_assert_eq!(span.batches.len(), blocks.len());
        for (read, block) in span.batches.iter().zip(&blocks) {
            prop_assert_eq!(read.epoch_num, block.origin.number);
            prop_assert_eq!(read.timestamp, block.timestamp);
            prop_assert_eq!(&read.transactions, &raw(block));
        }
    }

    #[test]
    fn singular_batches_read_back(blocks in blocks(6)) {
        let closed = close(params(BatchKind::Singular), &blocks);
        let batches = read_channel(&closed.frames);
        prop_assert_eq!(batches.len(), blocks.len());
        for (read, block) in batches.iter().zip(&blocks) {
            let Batch::Single(single) = read else { panic!("not a singular batch") };
            prop_assert_eq!(single.parent_hash, block.parent_hash);
            prop_assert_eq!(single.epoch_num, block.origin.number);
            prop_assert_eq!(single.epoch_hash, block.origin.hash);
            prop_assert_eq!(single.timestamp, block.timestamp);
            prop_assert_eq!(&single.transactions, &raw(block));
        }
    }

    #[test]
    fn the_size_of_a_span_is_known_before_it_is_encoded(blocks in blocks(8)) {
        let mut span = SpanBatchBuilder::new(CHAIN_ID, GENESIS_TIME);
        for block in &blocks {
            span.push(block).expect("block fits");
        }
        let (estimate, real) = (span.encoded_len(), span.encode().expect("encodes").len());
        prop_assert!(real <= estimate && estimate <= real + 30, "{real} {estimate}");
    }

    /// kona encodes what it decoded to the same bytes that we made.
    #[test]
    fn kona_encodes_the_same_bytes(blocks in blocks(8)) {
        let mut span = SpanBatchBuilder::new(CHAIN_ID, GENESIS_TIME);
        for block in &blocks {
            span.push(block).expect("block fits");
        }
        let ours = span.encode().expect("encodes");
        let raw = kona_protocol::RawSpanBatch::decode(&mut &ours[1..]).expect("decodes");
        let mut theirs = vec![SPAN_BATCH_VERSION];
        raw.encode(&mut theirs).expect("encodes");
        prop_assert_eq!(ours, theirs);
    }
}

fn empty_block(number: u64) -> BatchBlock {
    BatchBlock {
        number,
        hash: block_hash(number),
        parent_hash: block_hash(number - 1),
        timestamp: GENESIS_TIME + BLOCK_TIME * number,
        origin: BlockNumHash { number: 5, hash: origin_hash(5) },
        sequence_number: number,
        transactions: Vec::new(),
    }
}

fn noise_block(number: u64, bytes: usize) -> BatchBlock {
    let mut input = vec![0u8; bytes];
    rand::RngCore::fill_bytes(&mut rand::rng(), &mut input);
    let tx = TxEip1559 { chain_id: CHAIN_ID, input: input.into(), ..Default::default() };
    BatchBlock { transactions: vec![signed(tx, number)], ..empty_block(number) }
}

#[test]
fn deposits_never_reach_a_batch() {
    let deposit = OpTxEnvelope::from(TxDeposit::default());
    let block = BatchBlock { transactions: vec![deposit], ..empty_block(1) };
    for kind in [BatchKind::Span, BatchKind::Singular] {
        let mut channel = ChannelBuilder::new(params(kind));
        let error = channel.push(&block).expect_err("a deposit");
        assert!(matches!(error, BatcherError::UnsupportedTransaction { ty: 0x7e }), "{error}");
        assert!(channel.is_empty());
    }
}

#[test]
fn a_refused_block_leaves_the_span_untouched() {
    let mut span = SpanBatchBuilder::new(CHAIN_ID, GENESIS_TIME);
    span.push(&empty_block(1)).expect("fits");
    let before = span.encode().expect("encodes");
    let good = signed(TxEip1559 { chain_id: CHAIN_ID, ..Default::default() }, 1);
    let foreign = signed(TxEip1559 { chain_id: CHAIN_ID + 1, ..Default::default() }, 1);
    let block = BatchBlock { transactions: vec![good, foreign], ..empty_block(2) };
    assert!(matches!(span.push(&block), Err(BatcherError::UnsupportedTransaction { ty: 2 })));
    let mut skipping = empty_block(2);
    skipping.origin.number += 2;
    assert!(matches!(span.push(&skipping), Err(BatcherError::OriginSkipped { number: 2 })));
    assert_eq!(span.encode().expect("encodes"), before);
}

#[test]
fn an_empty_channel_cannot_close() {
    let channel = ChannelBuilder::new(params(BatchKind::Span));
    assert!(matches!(channel.close(), Err(BatcherError::EmptyBatch)));
}

#[test]
fn a_channel_fills_its_frame_and_no_more() {
    for kind in [BatchKind::Span, BatchKind::Singular] {
        let mut channel = ChannelBuilder::new(params(kind));
        let mut number = 1;
        while !channel.is_full() {
            channel.push(&noise_block(number, 2_000)).expect("fits");
            number += 1;
        }
        assert!(matches!(channel.push(&empty_block(number)), Err(BatcherError::BatchFull)));
        let closed = channel.close().expect("closes");
        let size: usize = closed.frames.iter().map(|f| f.data.len()).sum();
        assert!((105_000..125_000).contains(&size), "{kind:?}: {size}");
        assert!(closed.frames.iter().all(|f| f.data.len() <= 120_000));
    }
}

#[test]
fn empty_blocks_compress_to_next_to_nothing() {
    let mut channel = ChannelBuilder::new(params(BatchKind::Span));
    for number in 1..20_000 {
        channel.push(&empty_block(number)).expect("fits");
    }
    assert!(!channel.is_full());
    assert!(channel.close().expect("closes").frames[0].data.len() < 500);
}

#[test]
fn the_uncompressed_limit_closes_a_channel() {
    for kind in [BatchKind::Span, BatchKind::Singular] {
        let params = ChannelParams { max_rlp_bytes: 50_000, ..params(kind) };
        let mut channel = ChannelBuilder::new(params);
        let mut number = 1;
        while channel.push(&noise_block(number, 3_000)).is_ok() {
            number += 1;
        }
        assert!(channel.is_full());
        let closed = channel.close().expect("closes");
        assert!((44_000..=50_000).contains(&closed.rlp_bytes), "{}", closed.rlp_bytes);
        assert_eq!(closed.blocks.len() as u64, number - 1);
    }
}

#[test]
fn a_block_above_the_target_makes_several_frames() {
    let closed = close(params(BatchKind::Span), &[noise_block(1, 500_000)]);
    assert_eq!(closed.frames.len(), 5);
    assert_eq!(read_channel(&closed.frames).len(), 1);
}
