//! A parent chain in a few lines, for tests: a pool with nonce order and replacement rules, blocks
//! mined on command or at once, reorganisations, and lost pools.

use std::{
    collections::BTreeMap,
    fmt::{Debug, Formatter},
    sync::Arc,
};

use alloy_consensus::{Header, Transaction, TxEnvelope, transaction::SignerRecoverable};
use alloy_eips::{BlockId, BlockNumHash, BlockNumberOrTag, eip2718::Decodable2718};
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_rpc_types_eth::EIP1186AccountProofResponse;
use async_trait::async_trait;
use parking_lot::Mutex;
use tokio::sync::watch;

use crate::parent::{
    Call, Fees, FoundLog, LogQuery, MinedReceipt, Parent, ParentBlock, ParentError, ParentHeader,
    ParentReceipt,
};

/// The chain id of the fake.
pub(crate) const FAKE_CHAIN_ID: u64 = 900;

#[derive(Clone)]
pub(crate) struct FakeTx {
    pub(crate) tx: TxEnvelope,
    pub(crate) from: Address,
}

struct FakeBlock {
    header: ParentHeader,
    txs: Vec<FakeTx>,
}

struct Inner {
    chain: Vec<FakeBlock>,
    pool: BTreeMap<(Address, u64), FakeTx>,
    automine: bool,
    base_fee: u64,
    salt: u64,
}

/// See the module.
pub(crate) struct FakeParent {
    inner: Mutex<Inner>,
    head: watch::Sender<B256>,
}

impl Debug for FakeParent {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str("FakeParent")
    }
}

impl FakeParent {
    pub(crate) fn new(automine: bool) -> Arc<Self> {
        let inner =
            Inner { chain: Vec::new(), pool: BTreeMap::new(), automine, base_fee: 10, salt: 0 };
        let (head, _) = watch::channel(B256::ZERO);
        let fake = Self { inner: Mutex::new(inner), head };
        fake.mine();
        Arc::new(fake)
    }

    /// Makes a block of everything in the pool that can be included. Returns its number.
    pub(crate) fn mine(&self) -> u64 {
        let mut inner = self.inner.lock();
        let mut txs = Vec::new();
        let base_fee = u128::from(inner.base_fee);
        let senders: Vec<Address> = inner.pool.keys().map(|key| key.0).collect();
        for sender in senders {
            let mut nonce = inner.nonce(sender)
                + txs.iter().filter(|tx: &&FakeTx| tx.from == sender).count() as u64;
            while let Some(tx) = inner.pool.get(&(sender, nonce)) {
                if tx.tx.max_fee_per_gas() < base_fee {
                    break;
                }
                txs.push(tx.clone());
                inner.pool.remove(&(sender, nonce));
                nonce += 1;
            }
        }
        let number = inner.chain.len() as u64;
        let parent_hash = inner.chain.last().map_or(B256::ZERO, |block| block.header.hash);
        inner.salt += 1;
        let header = Header {
            number,
            parent_hash,
            timestamp: 1_700_000_000 + 2 * number,
            base_fee_per_gas: Some(inner.base_fee),
            extra_data: inner.salt.to_be_bytes().to_vec().into(),
            ..Default::default()
        };
        let header = ParentHeader::new(header);
        let hash = header.hash;
        inner.chain.push(FakeBlock { header, txs });
        drop(inner);
        self.head.send_replace(hash);
        number
    }

    /// Takes the last `depth` blocks back; their transactions return to the pool if `keep`.
    pub(crate) fn reorg(&self, depth: usize, keep: bool) {
        let mut inner = self.inner.lock();
        let at = inner.chain.len() - depth;
        for block in inner.chain.split_off(at) {
            for tx in block.txs.into_iter().filter(|_| keep) {
                inner.pool.insert((tx.from, tx.tx.nonce()), tx);
            }
        }
        let hash = inner.chain.last().map_or(B256::ZERO, |block| block.header.hash);
        drop(inner);
        self.head.send_replace(hash);
    }

    pub(crate) fn lose_pool(&self) {
        self.inner.lock().pool.clear();
    }

    pub(crate) fn set_base_fee(&self, base_fee: u64) {
        self.inner.lock().base_fee = base_fee;
    }

    pub(crate) fn pool_len(&self) -> usize {
        self.inner.lock().pool.len()
    }

    pub(crate) fn head_hash(&self) -> B256 {
        *self.head.borrow()
    }

    pub(crate) fn height(&self) -> u64 {
        self.inner.lock().chain.len() as u64 - 1
    }

    /// Every transaction of the canonical chain, with the number of its block.
    pub(crate) fn transactions(&self) -> Vec<(u64, FakeTx)> {
        let inner = self.inner.lock();
        let of = |block: &FakeBlock| {
            let number = block.header.header.number;
            block.txs.iter().map(move |tx| (number, tx.clone())).collect::<Vec<_>>()
        };
        inner.chain.iter().flat_map(of).collect()
    }

    fn refuse<T>(method: &'static str, message: &str) -> Result<T, ParentError> {
        Err(ParentError::Rpc { method, code: -32000, message: message.into(), data: None })
    }
}

impl Inner {
    fn nonce(&self, account: Address) -> u64 {
        self.chain.iter().flat_map(|block| &block.txs).filter(|tx| tx.from == account).count()
            as u64
    }

    fn find(&self, id: BlockId) -> Option<&FakeBlock> {
        match id {
            BlockId::Hash(hash) => {
                self.chain.iter().find(|block| block.header.hash == hash.block_hash)
            }
            BlockId::Number(BlockNumberOrTag::Number(number)) => self.chain.get(number as usize),
            BlockId::Number(BlockNumberOrTag::Earliest) => self.chain.first(),
            BlockId::Number(_) => self.chain.last(),
        }
    }
}

#[async_trait]
impl Parent for FakeParent {
    async fn chain_id(&self) -> Result<u64, ParentError> {
        Ok(FAKE_CHAIN_ID)
    }

    async fn header(&self, id: BlockId) -> Result<Option<ParentHeader>, ParentError> {
        Ok(self.inner.lock().find(id).map(|block| block.header.clone()))
    }

    async fn block(&self, id: BlockId) -> Result<Option<ParentBlock>, ParentError> {
        use alloy_eips::eip2718::Encodable2718;
        Ok(self.inner.lock().find(id).map(|block| ParentBlock {
            header: block.header.header.clone(),
            hash: block.header.hash,
            transactions: block.txs.iter().map(|tx| tx.tx.encoded_2718().into()).collect(),
        }))
    }

    async fn receipts(&self, _: B256) -> Result<Option<Vec<ParentReceipt>>, ParentError> {
        Err(ParentError::Unsupported("receipts"))
    }

    async fn proof(
        &self,
        _: Address,
        _: &[B256],
        _: BlockId,
    ) -> Result<EIP1186AccountProofResponse, ParentError> {
        Err(ParentError::Unsupported("eth_getProof"))
    }

    async fn storage(&self, _: Address, _: B256, _: BlockId) -> Result<B256, ParentError> {
        Ok(B256::ZERO)
    }

    async fn code(&self, _: Address, _: BlockId) -> Result<Bytes, ParentError> {
        Ok(Bytes::new())
    }

    async fn nonce(&self, address: Address, at: BlockId) -> Result<u64, ParentError> {
        let inner = self.inner.lock();
        let mut nonce = inner.nonce(address);
        if at == BlockId::pending() {
            while inner.pool.contains_key(&(address, nonce)) {
                nonce += 1;
            }
        }
        Ok(nonce)
    }

    async fn balance(&self, _: Address, _: BlockId) -> Result<U256, ParentError> {
        Ok(U256::MAX)
    }

    async fn fees(&self) -> Result<Fees, ParentError> {
        Ok(Fees { base_fee: self.inner.lock().base_fee.into(), priority_fee: 1 })
    }

    async fn estimate_gas(&self, _: &Call) -> Result<u64, ParentError> {
        Ok(100_000)
    }

    async fn call(&self, _: &Call, _: BlockId) -> Result<Bytes, ParentError> {
        Ok(Bytes::new())
    }

    async fn send_raw_transaction(&self, raw: &Bytes) -> Result<B256, ParentError> {
        const METHOD: &str = "eth_sendRawTransaction";
        let tx = TxEnvelope::decode_2718(&mut raw.as_ref()).expect("a transaction");
        let from = tx.recover_signer().expect("signed");
        let hash = *tx.tx_hash();
        let mut inner = self.inner.lock();
        if tx.nonce() < inner.nonce(from) {
            return Self::refuse(METHOD, "nonce too low");
        }
        if let Some(old) = inner.pool.get(&(from, tx.nonce())) {
            if *old.tx.tx_hash() == hash {
                return Self::refuse(METHOD, "already known");
            }
            if tx.max_fee_per_gas() * 10 < old.tx.max_fee_per_gas() * 11 {
                return Self::refuse(METHOD, "replacement transaction underpriced");
            }
        }
        inner.pool.insert((from, tx.nonce()), FakeTx { tx, from });
        let automine = inner.automine;
        drop(inner);
        if automine {
            self.mine();
        }
        Ok(hash)
    }

    async fn transaction_receipt(&self, hash: B256) -> Result<Option<MinedReceipt>, ParentError> {
        let inner = self.inner.lock();
        for block in &inner.chain {
            let Some(index) = block.txs.iter().position(|tx| *tx.tx.tx_hash() == hash) else {
                continue;
            };
            return Ok(Some(MinedReceipt {
                transaction_hash: hash,
                block: BlockNumHash { number: block.header.header.number, hash: block.header.hash },
                transaction_index: index as u64,
                status: true,
                gas_used: 21_000,
                effective_gas_price: inner.base_fee.into(),
                l1_fee: None,
                operator_fee: None,
                logs: Vec::new(),
                contract_address: None,
            }));
        }
        Ok(None)
    }

    async fn logs(&self, _: &LogQuery) -> Result<Vec<FoundLog>, ParentError> {
        Ok(Vec::new())
    }

    async fn head_changed(&self, seen: B256) {
        let _ = self.head.subscribe().wait_for(|head| *head != seen).await;
    }
}
