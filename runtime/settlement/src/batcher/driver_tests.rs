//! The batcher between a fake rollup and a fake parent. The rollup derives its safe head from what is
//! on the parent, by the rules of Holocene, and counts what was there twice.

use std::{sync::Arc, time::Duration};

use alloy_consensus::{SignableTransaction, Transaction, TxEip1559};
use alloy_eips::BlockNumHash;
use alloy_primitives::{Address, B256, Bytes, Signature, U256, keccak256};
use alloy_rlp::Decodable;
use alloy_signer_local::PrivateKeySigner;
use async_trait::async_trait;
use kona_protocol::Batch;
use parking_lot::Mutex;
use rand::{Rng, SeedableRng, rngs::StdRng};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::{
    parent::Parent,
    testing::{FAKE_CHAIN_ID, FakeParent},
    txmgr::{TxManager, TxManagerConfig},
};

const INBOX: Address = Address::repeat_byte(0xbb);
const CHAIN_ID: u64 = 5;

#[derive(Debug)]
struct FakeRollup {
    parent: Arc<FakeParent>,
    blocks: Mutex<Vec<BatchBlock>>,
    /// Channels, counted from 0, that derivation shall drop.
    drop_channels: Mutex<Vec<usize>>,
    moved: watch::Sender<()>,
    cache: Mutex<((B256, B256), Derived)>,
}

/// What the parent's transactions amount to.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Derived {
    safe: u64,
    duplicates: usize,
    gaps: usize,
    channels: usize,
}

impl FakeRollup {
    fn new(parent: &Arc<FakeParent>) -> Arc<Self> {
        let rollup = Self {
            parent: parent.clone(),
            blocks: Mutex::default(),
            drop_channels: Mutex::default(),
            moved: watch::channel(()).0,
            cache: Mutex::default(),
        };
        rollup.add(0, 0);
        Arc::new(rollup)
    }

    /// Adds a block with a transaction of `bytes` incompressible bytes, or an empty one.
    fn add(&self, bytes: usize, salt: u64) {
        let mut blocks = self.blocks.lock();
        let number = blocks.len() as u64;
        let parent_hash = blocks.last().map_or(B256::ZERO, |block| block.hash);
        let mut input = vec![0u8; bytes];
        rand::rng().fill(&mut input[..]);
        let tx = TxEip1559 { chain_id: CHAIN_ID, input: input.into(), ..Default::default() };
        let signature = Signature::new(U256::from(number + 1), U256::from(1), false);
        let id = [parent_hash, B256::from(U256::from(salt))].concat();
        blocks.push(BatchBlock {
            number,
            hash: keccak256(id),
            parent_hash,
            timestamp: number * 2,
            origin: BlockNumHash { number: 1, hash: B256::ZERO },
            sequence_number: number,
            transactions: if bytes == 0 { vec![] } else { vec![tx.into_signed(signature).into()] },
        });
        drop(blocks);
        self.moved.send_replace(());
    }

    fn cut(&self, number: u64) {
        self.blocks.lock().truncate(number as usize + 1);
    }

    /// Derives again only if either chain has changed.
    fn derive(&self) -> Derived {
        let ours = self.blocks.lock().last().map_or(B256::ZERO, |block| block.hash);
        let key = (self.parent.head_hash(), ours);
        let mut cache = self.cache.lock();
        if cache.0 != key {
            *cache = (key, self.derive_anew());
        }
        cache.1
    }

    fn derive_anew(&self) -> Derived {
        let blocks = self.blocks.lock();
        let dropped = self.drop_channels.lock().clone();
        let mut derived = Derived::default();
        let mut channel: Option<(ChannelId, u16, Vec<u8>)> = None;
        for (_, tx) in self.parent.transactions() {
            if tx.tx.to() != Some(INBOX) {
                continue;
            }
            let frames = kona_protocol::Frame::parse_frames(tx.tx.input()).expect("frames");
            for frame in frames {
                channel = match channel.take() {
                    _ if frame.number == 0 => Some((frame.id, 1, frame.data)),
                    Some((id, next, mut data)) if id == frame.id && next == frame.number => {
                        data.extend(frame.data);
                        Some((id, next + 1, data))
                    }
                    other => other,
                };
                if frame.is_last
                    && let Some((_, _, data)) = channel.take()
                {
                    derived.channels += 1;
                    if !dropped.contains(&(derived.channels - 1)) {
                        apply(&mut derived, &blocks, data);
                    }
                }
            }
        }
        derived
    }

    fn head(&self) -> u64 {
        self.blocks.lock().len() as u64 - 1
    }
}

fn apply(derived: &mut Derived, blocks: &[BatchBlock], data: Vec<u8>) {
    let mut config = kona_genesis::RollupConfig {
        l2_chain_id: CHAIN_ID.into(),
        block_time: 2,
        ..Default::default()
    };
    config.hardforks.fjord_time = Some(0);
    // kona's reader clears 50 MB for each channel, too slow for thousands of them.
    let mut rlp = Vec::new();
    brotli::BrotliDecompress(&mut &data[1..], &mut rlp).expect("brotli");
    let mut rest = rlp.as_slice();
    while !rest.is_empty() {
        let batch = Bytes::decode(&mut rest).expect("rlp");
        let batch = Batch::decode(&mut batch.as_ref(), &config).expect("batch");
        let Batch::Span(span) = batch else { panic!("not a span batch") };
        let first = span.starting_timestamp() / 2;
        // A batch of another fork of the rollup counts for nothing.
        let parent = blocks.get(first as usize - 1);
        if !parent.is_some_and(|parent| span.check_parent_hash(parent.hash)) {
            continue;
        }
        if first > derived.safe + 1 {
            derived.gaps += 1;
            continue;
        }
        for element in &span.batches {
            let number = element.timestamp / 2;
            if number <= derived.safe {
                derived.duplicates += 1;
            } else if (number as usize) < blocks.len() {
                derived.safe = number;
            }
        }
    }
}

#[async_trait]
impl BatchSource for FakeRollup {
    async fn status(&self) -> Result<BatchStatus, BatcherError> {
        let safe = self.derive().safe;
        let height = self.parent.height();
        let blocks = self.blocks.lock();
        let head = blocks.last().expect("genesis");
        Ok(BatchStatus {
            unsafe_head: head.id(),
            safe_head: blocks[safe as usize].id(),
            derived: BlockNumHash { number: height, hash: B256::repeat_byte(1) },
        })
    }

    async fn block(&self, number: u64) -> Result<Option<BatchBlock>, BatcherError> {
        Ok(self.blocks.lock().get(number as usize).cloned())
    }

    async fn hash(&self, number: u64) -> Result<Option<B256>, BatcherError> {
        Ok(self.blocks.lock().get(number as usize).map(|block| block.hash))
    }

    async fn changed(&self, seen: BatchStatus) {
        let mut moved = self.moved.subscribe();
        while self.status().await.expect("status") == seen {
            let _ = moved.changed().await;
        }
    }
}

fn config() -> BatcherConfig {
    let channel = ChannelParams {
        max_frame_data: 2_000,
        target_frames: 2,
        quality: 1,
        ..ChannelParams::new(CHAIN_ID, 0)
    };
    BatcherConfig { max_channel_duration: 3, ..BatcherConfig::new(channel, INBOX, 3_600) }
}

async fn batcher(
    rollup: &Arc<FakeRollup>,
    key: &PrivateKeySigner,
    config: BatcherConfig,
) -> Batcher {
    let tx_config = TxManagerConfig { resubmit_after: 3, ..Default::default() };
    let txs = TxManager::new(rollup.parent.clone(), key.clone(), tx_config).await.expect("txs");
    assert_eq!(rollup.parent.chain_id().await.expect("id"), FAKE_CHAIN_ID);
    Batcher::new(config, rollup.clone(), Arc::new(txs))
}

async fn work(batcher: &Batcher) {
    while batcher.step().await.expect("step") == Progress::Worked {}
}

/// Steps and mines until the parent holds the whole rollup.
async fn finish(rollup: &FakeRollup, batcher: &Batcher) {
    for _ in 0..500 {
        work(batcher).await;
        if rollup.derive().safe == rollup.head() {
            return;
        }
        rollup.parent.mine();
    }
    panic!(
        "not safe: {:?} of {}, {} in the pool\n{batcher:#?}",
        rollup.derive(),
        rollup.head(),
        rollup.parent.pool_len()
    );
}

#[tokio::test]
async fn every_block_arrives_once() {
    let parent = FakeParent::new(false);
    let rollup = FakeRollup::new(&parent);
    let batcher = batcher(&rollup, &PrivateKeySigner::random(), config()).await;
    for i in 0..120 {
        rollup.add((i * 37) % 900, 0);
        work(&batcher).await;
        if i % 5 == 0 {
            parent.mine();
        }
    }
    finish(&rollup, &batcher).await;
    let derived = rollup.derive();
    assert_eq!((derived.safe, derived.duplicates, derived.gaps), (120, 0, 0));
    assert!(derived.channels >= 8, "{derived:?}");
}

#[tokio::test]
async fn a_channel_closes_after_its_duration() {
    let parent = FakeParent::new(false);
    let rollup = FakeRollup::new(&parent);
    let batcher = batcher(&rollup, &PrivateKeySigner::random(), config()).await;
    rollup.add(0, 0);
    for _ in 0..3 {
        work(&batcher).await;
        assert_eq!(parent.pool_len(), 0);
        parent.mine();
    }
    work(&batcher).await;
    assert_eq!(parent.pool_len(), 1);
}

#[tokio::test]
async fn a_channel_closes_before_the_sequencing_window_ends() {
    let parent = FakeParent::new(false);
    let rollup = FakeRollup::new(&parent);
    let config = BatcherConfig {
        max_channel_duration: 1_000,
        seq_window_size: 10,
        safety_margin: 4,
        ..config()
    };
    let batcher = batcher(&rollup, &PrivateKeySigner::random(), config).await;
    rollup.add(0, 0);
    // The origin is block 1: the window ends at 11, the margin begins at 7.
    while parent.mine() < 6 {}
    work(&batcher).await;
    assert_eq!(parent.pool_len(), 0);
    parent.mine();
    work(&batcher).await;
    assert_eq!(parent.pool_len(), 1);
}

/// Kills the batcher at random moments; a new one knows nothing but the key.
#[tokio::test]
async fn a_killed_batcher_leaves_no_gap_and_no_duplicate() {
    for seed in 0..50 {
        let mut rng = StdRng::seed_from_u64(seed);
        let parent = FakeParent::new(false);
        let rollup = FakeRollup::new(&parent);
        let key = PrivateKeySigner::random();
        let mut current = batcher(&rollup, &key, config()).await;
        for _ in 0..150 {
            match rng.random_range(0..10) {
                0..4 => rollup.add(rng.random_range(0..1_500), 0),
                4 => drop(parent.mine()),
                5 => current = batcher(&rollup, &key, config()).await,
                _ => drop(current.step().await.expect("step")),
            }
        }
        finish(&rollup, &current).await;
        let derived = rollup.derive();
        assert_eq!((derived.duplicates, derived.gaps), (0, 0), "seed {seed}: {derived:?}");
    }
}

/// Reorganises the parent at random moments. If `lossy`, transactions get lost on the way.
async fn reorganise(seed: u64, lossy: bool) -> Derived {
    let mut rng = StdRng::seed_from_u64(seed);
    let parent = FakeParent::new(false);
    let rollup = FakeRollup::new(&parent);
    let batcher = batcher(&rollup, &PrivateKeySigner::random(), config()).await;
    for _ in 0..150 {
        match rng.random_range(0..12) {
            0..4 => rollup.add(rng.random_range(0..1_500), 0),
            4 | 5 => drop(parent.mine()),
            6 if parent.height() > 6 => {
                parent.reorg(rng.random_range(1..5), !lossy || rng.random());
            }
            7 if lossy => parent.lose_pool(),
            _ => drop(batcher.step().await.expect("step")),
        }
    }
    finish(&rollup, &batcher).await;
    rollup.derive()
}

#[tokio::test]
async fn a_reorganised_parent_gets_everything_again_once() {
    for seed in 0..40 {
        let derived = reorganise(seed, false).await;
        assert_eq!((derived.duplicates, derived.gaps), (0, 0), "seed {seed}: {derived:?}");
    }
}

/// A pool that loses a transaction and keeps the one after it may bring a channel too early or too
/// late: derivation drops it. All that counts is that everything arrives.
#[tokio::test]
async fn a_lossy_parent_gets_everything() {
    for seed in 0..40 {
        reorganise(seed, true).await;
    }
}

#[tokio::test]
async fn a_reorganised_rollup_is_sent_anew() {
    let parent = FakeParent::new(false);
    let rollup = FakeRollup::new(&parent);
    let batcher = batcher(&rollup, &PrivateKeySigner::random(), config()).await;
    for _ in 0..20 {
        rollup.add(500, 0);
    }
    work(&batcher).await;
    // Above what is safe: some of it is in a channel, some in the pool.
    rollup.cut(3);
    for _ in 0..30 {
        rollup.add(400, 1);
        work(&batcher).await;
    }
    finish(&rollup, &batcher).await;
    assert_eq!(rollup.derive().safe, 33);
}

#[tokio::test]
async fn after_an_outage_everything_is_made_up_for() {
    let parent = FakeParent::new(false);
    let rollup = FakeRollup::new(&parent);
    let batcher = batcher(&rollup, &PrivateKeySigner::random(), config()).await;
    rollup.add(900, 0);
    work(&batcher).await;
    batcher.stop();
    assert_eq!(batcher.step().await.expect("step"), Progress::Stopped);
    for _ in 0..200 {
        rollup.add(300, 0);
        parent.mine();
        work(&batcher).await;
    }
    let before = rollup.derive().safe;
    assert!(before <= 1);
    batcher.start().await;
    finish(&rollup, &batcher).await;
    let derived = rollup.derive();
    assert_eq!((derived.safe, derived.duplicates, derived.gaps), (201, 0, 0));
}

#[tokio::test]
async fn a_channel_that_derivation_drops_is_sent_again() {
    let parent = FakeParent::new(false);
    let rollup = FakeRollup::new(&parent);
    rollup.drop_channels.lock().push(1);
    let batcher = batcher(&rollup, &PrivateKeySigner::random(), config()).await;
    for _ in 0..40 {
        rollup.add(700, 0);
        work(&batcher).await;
        parent.mine();
    }
    finish(&rollup, &batcher).await;
    assert_eq!(rollup.derive().safe, 40);
}

/// The service itself: notices alone drive it, the poll interval is an hour.
#[tokio::test]
async fn an_idle_rollup_is_safe_at_once() {
    let parent = FakeParent::new(true);
    let rollup = FakeRollup::new(&parent);
    let hour = Duration::from_secs(3_600);
    let config = BatcherConfig {
        close_when_idle: true,
        max_channel_duration: 1_000,
        poll_interval: hour,
        ..config()
    };
    let batcher = Arc::new(batcher(&rollup, &PrivateKeySigner::random(), config).await);
    let cancel = CancellationToken::new();
    let service = tokio::spawn({
        let (batcher, cancel) = (batcher.clone(), cancel.clone());
        async move { batcher.run(cancel).await }
    });
    for i in 1..=20 {
        rollup.add(100, 0);
        tokio::time::timeout(Duration::from_secs(20), async {
            while rollup.derive().safe < i {
                tokio::task::yield_now().await;
            }
        })
        .await
        .expect("safe in time");
    }
    cancel.cancel();
    service.await.expect("joins").expect("ends well");
    assert_eq!(rollup.derive().duplicates, 0);
}
