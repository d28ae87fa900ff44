//! What the tests share: a chain with some traffic, and questions to its methods.

use crate::{
    block::ExecutedBlock,
    chain::{Attributes, Chain},
    rpc::{RpcOptions, modules},
    testing,
};
use alloy_eips::Encodable2718;
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, address, bytes, hex};
use jsonrpsee::RpcModule;
use op_alloy_consensus::TxDeposit;
use serde_json::{Value, json};
use std::sync::Arc;

/// The L1 attributes depositor.
pub(super) const DEPOSITOR: Address = address!("deaddeaddeaddeaddeaddeaddeaddeaddead0001");
/// The `L1Block` predeploy.
pub(super) const L1_BLOCK: Address = address!("4200000000000000000000000000000000000015");

/// The methods of one chain, called without a server.
pub(super) struct Rpc {
    pub(super) chain: Arc<Chain>,
    module: RpcModule<()>,
}

/// Code, message and data of an error.
pub(super) type Refusal = (i64, String, Value);

impl Rpc {
    pub(super) fn new(chain: Arc<Chain>) -> Self {
        Self::with(chain, RpcOptions::default())
    }

    pub(super) fn with(chain: Arc<Chain>, options: RpcOptions) -> Self {
        Self { module: modules(chain.clone(), options), chain }
    }

    pub(super) async fn try_ask(&self, method: &str, params: Value) -> Result<Value, Refusal> {
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let (answer, _) = self.module.raw_json_request(&request.to_string(), 1).await.unwrap();
        let mut answer: Value = serde_json::from_str(answer.get()).unwrap();
        match answer.get_mut("error") {
            None => Ok(answer["result"].take()),
            Some(err) => Err((
                err["code"].as_i64().unwrap(),
                err["message"].as_str().unwrap().into(),
                err["data"].take(),
            )),
        }
    }

    pub(super) async fn ask(&self, method: &str, params: Value) -> Value {
        self.try_ask(method, params).await.unwrap()
    }

    /// The code and message with which a request is refused.
    pub(super) async fn refusal(&self, method: &str, params: Value) -> (i64, String) {
        let (code, message, _) = self.try_ask(method, params).await.unwrap_err();
        (code, message)
    }
}

/// The L1 attributes of an Isthmus block: base fee 1 gwei, blob base fee 7, scalars 1,000,000 and
/// 500,000, operator fee scalar 3 and constant 11.
pub(super) fn l1_attributes() -> Bytes {
    let input = [
        &hex!("098999be")[..],
        &1_000_000u32.to_be_bytes(),
        &500_000u32.to_be_bytes(),
        &0u64.to_be_bytes(),
        &1_700_000_000u64.to_be_bytes(),
        &42u64.to_be_bytes(),
        &U256::from(1_000_000_000).to_be_bytes::<32>(),
        &U256::from(7).to_be_bytes::<32>(),
        B256::repeat_byte(0xaa).as_slice(),
        B256::repeat_byte(0xbb).as_slice(),
        &3u32.to_be_bytes(),
        &11u64.to_be_bytes(),
    ]
    .concat();
    assert_eq!(input.len(), 176);
    let tx = TxDeposit {
        source_hash: B256::repeat_byte(1),
        from: DEPOSITOR,
        to: TxKind::Call(L1_BLOCK),
        gas_limit: 1_000_000,
        input: input.into(),
        ..Default::default()
    };
    tx.encoded_2718().into()
}

/// Creation code of a contract that logs its call data's first word as a topic beside topic
/// `0x11…11`, with the word as data.
pub(super) fn emitter() -> Bytes {
    // The runtime: MSTORE(0, CALLDATALOAD(0)); LOG2(0, 32, 0x11…11, CALLDATALOAD(0))
    let runtime = [
        &hex!("6000356000526000357f")[..],
        B256::repeat_byte(0x11).as_slice(),
        &hex!("60206000a200"),
    ]
    .concat();
    let length = u8::try_from(runtime.len()).unwrap();
    // CODECOPY(0, 12, length); RETURN(0, length)
    let copy = [0x60, length, 0x60, 12, 0x60, 0, 0x39, 0x60, length, 0x60, 0, 0xf3];
    [&copy[..], &runtime].concat().into()
}

/// A rollup with two blocks of traffic. The first: the L1 attributes, a deposit with a mint, a
/// transfer, the creation of [`emitter`]. The second: the attributes, two calls of the emitter, one
/// of the reverter.
pub(super) fn busy_rollup() -> Rpc {
    let chain = testing::rollup();
    let from = testing::account(8);
    let mint = testing::deposit(7, from, testing::account(9), 1_000);
    busy(chain, |_| vec![l1_attributes(), mint.clone()], |_| vec![l1_attributes()])
}

/// An L1 with the same traffic but for the deposits.
pub(super) fn busy_l1() -> Rpc {
    busy(testing::l1(), |_| Vec::new(), |_| Vec::new())
}

/// Where [`busy_rollup`] and [`busy_l1`] have their emitter.
pub(super) fn emitter_address() -> Address {
    testing::account(1).create(0)
}

fn busy(
    chain: Arc<Chain>,
    first: impl Fn(&Chain) -> Vec<Bytes>,
    second: impl Fn(&Chain) -> Vec<Bytes>,
) -> Rpc {
    let to = TxKind::Call(testing::account(9));
    chain.submit(&testing::signed(0, 0, to, 5, bytes!("00ff"))).unwrap();
    chain.submit(&testing::signed(1, 0, TxKind::Create, 0, emitter())).unwrap();
    block(&chain, first(&chain));
    for (nonce, topic) in [(1, 0x22), (2, 0x33)] {
        let word = B256::repeat_byte(topic).into();
        let call = TxKind::Call(emitter_address());
        chain.submit(&testing::signed(1, nonce, call, 0, word)).unwrap();
    }
    chain.submit(&testing::call(2, 0, testing::REVERTER)).unwrap();
    block(&chain, second(&chain));
    Rpc::new(chain)
}

/// Builds a block with the given transactions first, then those of the pool.
pub(super) fn block(chain: &Chain, transactions: Vec<Bytes>) -> ExecutedBlock {
    testing::produce_with(chain, &Attributes { transactions, ..testing::next(chain) })
}
