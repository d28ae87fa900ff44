//! Three chains in memory, driven by hand: no clock, no service, no network.

use std::sync::Arc;

use alloy_consensus::{SignableTransaction, TxEip1559};
use alloy_eips::{BlockNumHash, Encodable2718};
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, keccak256};
use alloy_signer::SignerSync;
use alloy_signer_local::{MnemonicBuilder, PrivateKeySigner, coins_bip39::English};
use alloy_sol_types::{SolCall, sol};
use gm_chain::genesis::{Network, NetworkParams, assemble, dev_index};
use gm_node::{Attributes, Chain, ExecutedBlock, PoolLimits, Storage};
use op_alloy_consensus::OpTxEnvelope;

use crate::{
    batcher::{
        BatchBlock, BatchKind, ChannelBuilder, ChannelParams, Frame, compress_channel,
        cut_into_frames, frames_to_calldata,
    },
    derive::AttributesBuilder,
    parent::{LocalParent, Parent},
    verifier::{Verifier, l2_head},
};

sol! {
    function depositTransaction(address to, uint256 value, uint64 gasLimit, bool isCreation, bytes data) payable;
    function setGasLimit(uint64 gasLimit);
}

pub(crate) const GENESIS_TIME: u64 = 1_700_000_000;

pub(crate) struct Net {
    pub(crate) l1: Arc<Chain>,
    pub(crate) l2: Arc<Chain>,
    pub(crate) l3: Arc<Chain>,
    pub(crate) network: Network,
}

pub(crate) fn open(spec: &gm_chain::spec::ChainSpec) -> Arc<Chain> {
    Chain::open(spec.clone(), Storage::Memory, PoolLimits::default()).expect("a chain in memory")
}

/// A network whose rollups have a sequencing window of `window` blocks.
pub(crate) fn network(window: u64) -> Net {
    let mut params = NetworkParams::development(GENESIS_TIME, "l3", 202_402_181_627);
    params.l2.seq_window_size = window;
    params.l3.seq_window_size = window;
    let network = assemble(&params).expect("a network");
    Net { l1: open(&network.l1), l2: open(&network.l2), l3: open(&network.l3), network }
}

pub(crate) fn key(index: usize) -> PrivateKeySigner {
    MnemonicBuilder::<English>::default()
        .phrase("test test test test test test test test test test test junk")
        .index(index as u32)
        .expect("an index")
        .build()
        .expect("a key")
}

/// Signs a transaction with the sender's next nonce and puts it into the pool.
pub(crate) fn send(chain: &Chain, from: usize, to: TxKind, value: u64, input: Bytes) -> B256 {
    let raw = sign(chain, from, to, value, input);
    chain.submit(&raw).expect("the pool takes it")
}

pub(crate) fn sign(chain: &Chain, from: usize, to: TxKind, value: u64, input: Bytes) -> Bytes {
    let signer = key(from);
    let state = chain.state_after(&chain.head().block);
    let mined = state.account(signer.address()).expect("readable").map_or(0, |a| a.nonce);
    let nonce = chain.pool().next_nonce(signer.address()).unwrap_or(mined).max(mined);
    let tx = TxEip1559 {
        chain_id: chain.chain_id(),
        nonce,
        gas_limit: 2_000_000 + 50 * input.len() as u64,
        max_fee_per_gas: 100_000_000_000,
        max_priority_fee_per_gas: 1,
        to,
        value: U256::from(value),
        input,
        ..Default::default()
    };
    let signature = signer.sign_hash_sync(&tx.signature_hash()).expect("signs");
    OpTxEnvelope::Eip1559(tx.into_signed(signature)).encoded_2718().into()
}

/// The next block of the L1, with what the pool holds.
pub(crate) fn mine(l1: &Chain) -> ExecutedBlock {
    mine_on(l1, l1.head().hash(), 0)
}

/// A block on any block of the L1; another `salt` gives another block.
pub(crate) fn mine_on(l1: &Chain, parent: B256, salt: u64) -> ExecutedBlock {
    let before = l1.header(parent).expect("readable").expect("a parent");
    let randao = keccak256([before.number.to_be_bytes(), salt.to_be_bytes()].concat());
    let attributes = Attributes {
        parent,
        timestamp: before.timestamp + 2,
        prev_randao: randao,
        parent_beacon_block_root: keccak256(randao),
        gas_limit: before.gas_limit,
        ..Default::default()
    };
    let built = l1.build(&attributes).expect("a block");
    l1.commit(&built).expect("written");
    built.executed
}

/// The next block of a rollup, with what the pool holds. The origin advances when it can.
pub(crate) async fn sequence(chain: &Arc<Chain>, parent: &Arc<Chain>) -> ExecutedBlock {
    let rollup = chain.spec().rollup.clone().expect("a rollup");
    let source: Arc<dyn Parent> = Arc::new(LocalParent::new(parent.clone()));
    let mut builder =
        AttributesBuilder::new(&rollup, source, chain.clone()).expect("a configuration");
    let head = builder.l2_block_ref(&l2_head(&chain.head())).expect("a head");
    let mut origin = head.l1_origin;
    let next = parent.block_by_number(origin.number + 1).expect("readable");
    if let Some(next) = next
        && next.timestamp <= head.block.timestamp + rollup.block_time
    {
        origin = BlockNumHash { number: next.number, hash: next.hash() };
    }
    let derived = builder.prepare(head, origin).await.expect("attributes");
    let attributes = Attributes {
        parent: head.hash(),
        timestamp: derived.timestamp,
        prev_randao: derived.prev_randao,
        fee_recipient: derived.fee_recipient,
        parent_beacon_block_root: derived.parent_beacon_block_root,
        gas_limit: derived.gas_limit,
        eip_1559_params: derived.eip1559_params,
        transactions: derived.transactions,
        no_tx_pool: false,
        ..Default::default()
    };
    let built = chain.build(&attributes).expect("a block");
    chain.commit(&built).expect("written");
    built.executed
}

/// The frames of one channel with the blocks of a range.
pub(crate) fn frames(
    chain: &Chain,
    from: u64,
    to: u64,
    kind: BatchKind,
    size: usize,
) -> Vec<Frame> {
    let mut params = ChannelParams::new(chain.chain_id(), chain.genesis_time());
    params.kind = kind;
    params.max_frame_data = size;
    params.target_frames = 1_000_000;
    let mut channel = ChannelBuilder::new(params);
    for number in from..=to {
        let block = chain.block_by_number(number).expect("readable").expect("a block");
        let block = BatchBlock::from_block(&block.to_consensus()).expect("a rollup's block");
        channel.push(&block).expect("room");
    }
    channel.close().expect("closes").frames
}

/// The frames of a channel that holds these batches, given as `type ‖ payload`.
pub(crate) fn frames_of_batches(batches: &[Vec<u8>]) -> Vec<Frame> {
    let mut rlp = Vec::new();
    for batch in batches {
        alloy_rlp::Encodable::encode(batch.as_slice(), &mut rlp);
    }
    let compressed = compress_channel(&rlp, 9).expect("compresses");
    cut_into_frames(rand::random(), compressed.into(), 100_000).expect("cuts")
}

pub(crate) trait Genesis {
    fn genesis_time(&self) -> u64;
    fn inbox(&self) -> Address;
    fn batcher(&self) -> usize;
}

impl Genesis for Chain {
    fn genesis_time(&self) -> u64 {
        self.spec().rollup.as_ref().expect("a rollup").genesis.l2_time
    }

    fn inbox(&self) -> Address {
        self.spec().rollup.as_ref().expect("a rollup").batch_inbox_address
    }

    fn batcher(&self) -> usize {
        match self.spec().role {
            gm_chain::spec::Role::L3 => dev_index::L3_BATCHER,
            _ => dev_index::L2_BATCHER,
        }
    }
}

/// Sends calldata to the rollup's inbox on its parent, as its batcher.
pub(crate) fn post(rollup: &Chain, parent: &Chain, data: Bytes) {
    send(parent, rollup.batcher(), TxKind::Call(rollup.inbox()), 0, data);
}

/// Sends the blocks of a range in one channel, one transaction a frame.
pub(crate) fn post_blocks(rollup: &Chain, parent: &Chain, from: u64, to: u64) {
    for frame in frames(rollup, from, to, BatchKind::Span, 100_000) {
        post(rollup, parent, frames_to_calldata(&[frame]));
    }
}

/// Sends a deposit through the rollup's portal.
pub(crate) fn deposit(rollup: &Chain, parent: &Chain, from: usize, value: u64, data: Bytes) {
    let portal = rollup.spec().rollup.as_ref().expect("a rollup").deposit_contract_address;
    let to = key(9).address();
    let call = depositTransactionCall {
        to,
        value: U256::from(value),
        gasLimit: 100_000 + 40 * data.len() as u64,
        isCreation: false,
        data,
    };
    send(parent, from, TxKind::Call(portal), value, call.abi_encode().into());
}

/// A verifier with a chain of its own, which holds the genesis only.
pub(crate) fn verifier(
    spec: &gm_chain::spec::ChainSpec,
    parent: &Arc<Chain>,
) -> (Verifier, Arc<Chain>) {
    let chain = open(spec);
    let parent = Arc::new(LocalParent::new(parent.clone()));
    (Verifier::new(chain.clone(), parent).expect("a configuration"), chain)
}

/// Asserts that two chains hold the same blocks up to a height.
pub(crate) fn assert_same(ours: &Chain, theirs: &Chain, height: u64) {
    for number in 0..=height {
        let hash = |chain: &Chain| chain.canonical_hash(number).expect("readable");
        assert_eq!(hash(ours), hash(theirs), "block {number}");
    }
}
