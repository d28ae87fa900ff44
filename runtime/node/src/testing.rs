//! Small chains for tests: funded accounts, a few contracts, signed transactions.

use crate::{
    chain::{Attributes, Chain, Storage},
    rpc::{self, RpcOptions},
};
use alloy_consensus::{SignableTransaction, TxEip1559};
use alloy_eips::{Encodable2718, eip7002, eip7251};
use alloy_genesis::{Genesis, GenesisAccount};
use alloy_primitives::{Address, B64, B256, Bytes, Signature, TxKind, U256, address, bytes, hex};
use gm_chain::spec::{ChainSpec, Role};
use k256::ecdsa::SigningKey;
use op_alloy_consensus::{OpTxEnvelope, TxDeposit};
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc};

/// Chain id of all test chains. It does not fit into 32 bits.
pub(crate) const CHAIN_ID: u64 = 202_402_181_627;

/// Adds one to its slot 0, which starts at 7, and logs the new value without topics.
pub(crate) const COUNTER: Address = address!("00000000000000000000000000000000000c0de1");

/// Reverts with `Error("no!")`.
pub(crate) const REVERTER: Address = address!("00000000000000000000000000000000000c0de2");

/// Calls [`COUNTER`] and returns 42.
pub(crate) const CALLER: Address = address!("00000000000000000000000000000000000c0de3");

/// Runs until the gas is gone.
pub(crate) const LOOPER: Address = address!("00000000000000000000000000000000000c0de4");

fn key(index: u8) -> SigningKey {
    SigningKey::from_slice(&[index + 1; 32]).unwrap()
}

/// The address of a test account. The first four have 1,000 ether.
pub(crate) fn account(index: u8) -> Address {
    Address::from_public_key(key(index).verifying_key())
}

/// An L1 at Prague.
pub(crate) fn l1() -> Arc<Chain> {
    let mut genesis = genesis();
    // EIP-7002 and EIP-7251 must exist; here they answer with no requests.
    for address in [
        eip7002::WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS,
        eip7251::CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS,
    ] {
        genesis.alloc.insert(address, contract(bytes!("00")));
    }
    open(ChainSpec::new("l1".into(), Role::L1, genesis, 2, None))
}

/// A rollup at Isthmus whose parent charges for data.
pub(crate) fn rollup() -> Arc<Chain> {
    let mut genesis = genesis();
    let params = json!({ "eip1559Elasticity": 6, "eip1559Denominator": 250,
        "eip1559DenominatorCanyon": 250 });
    genesis.config.extra_fields.insert("optimism".into(), params);
    genesis.extra_data = bytes!("00000000fa00000006");
    genesis.alloc.insert(gm_chain::spec::MESSAGE_PASSER, contract(bytes!("00")));
    // L1Block: base fee 1 gwei, blob base fee 1, both scalars 1,000,000, no operator fee.
    let scalars = hex!("00000000000000000000000000000000 000f4240 000f4240 0000000000000000");
    let slots = [(1, U256::from(1_000_000_000)), (3, U256::from_be_bytes(scalars)), (7, U256::ONE)];
    let mut l1_block = contract(bytes!("00"));
    l1_block.storage =
        Some(slots.map(|(slot, value)| (B256::with_last_byte(slot), B256::from(value))).into());
    genesis.alloc.insert(address!("4200000000000000000000000000000000000015"), l1_block);
    open(ChainSpec::new("l2".into(), Role::L2, genesis, 2, None))
}

fn open(spec: ChainSpec) -> Arc<Chain> {
    Chain::open(spec, Storage::Memory, Default::default()).unwrap()
}

fn contract(code: Bytes) -> GenesisAccount {
    GenesisAccount { code: Some(code), nonce: Some(1), ..Default::default() }
}

fn genesis() -> Genesis {
    let mut genesis = Genesis { gas_limit: 30_000_000, ..Default::default() };
    genesis.config.chain_id = CHAIN_ID;
    let rich = GenesisAccount { balance: U256::from(10).pow(U256::from(21)), ..Default::default() };
    for index in 0..4 {
        genesis.alloc.insert(account(index), rich.clone());
    }
    // SSTORE(0, SLOAD(0) + 1); MSTORE(0, SLOAD(0)); LOG0(0, 32)
    let mut counter = contract(bytes!("600054600101600055600054600052 60206000a0 00"));
    counter.storage = Some(BTreeMap::from([(B256::ZERO, B256::with_last_byte(7))]));
    genesis.alloc.insert(COUNTER, counter);
    // The revert data follows the code.
    let reverter = bytes!(
        "6064 600c 6000 39 6064 6000 fd"
        "08c379a0"
        "0000000000000000000000000000000000000000000000000000000000000020"
        "0000000000000000000000000000000000000000000000000000000000000003"
        "6e6f210000000000000000000000000000000000000000000000000000000000"
    );
    genesis.alloc.insert(REVERTER, contract(reverter));
    // CALL(gas, COUNTER, 0, 0, 0, 0, 0); MSTORE(0, 42); RETURN(0, 32)
    let caller = bytes!(
        "6000 6000 6000 6000 6000 73 00000000000000000000000000000000000c0de1 5a f1 50"
        "602a 6000 52 6020 6000 f3"
    );
    genesis.alloc.insert(CALLER, contract(caller));
    // JUMPDEST; JUMP(0)
    genesis.alloc.insert(LOOPER, contract(bytes!("5b 6000 56")));
    genesis
}

/// A signed EIP-1559 transaction with 100,000 gas and a tip of 1 wei, in its EIP-2718 form.
pub(crate) fn signed(from: u8, nonce: u64, to: TxKind, value: u64, input: Bytes) -> Bytes {
    let tx = TxEip1559 {
        chain_id: CHAIN_ID,
        nonce,
        gas_limit: 100_000,
        max_fee_per_gas: 20_000_000_000,
        max_priority_fee_per_gas: 1,
        to,
        value: U256::from(value),
        input,
        ..Default::default()
    };
    let hash = tx.signature_hash();
    let (signature, recovery) = key(from).sign_prehash_recoverable(hash.as_slice()).unwrap();
    let signature = Signature::from((signature, recovery));
    OpTxEnvelope::Eip1559(tx.into_signed(signature)).encoded_2718().into()
}

/// A signed call without value or input.
pub(crate) fn call(from: u8, nonce: u64, to: Address) -> Bytes {
    signed(from, nonce, TxKind::Call(to), 0, Bytes::new())
}

/// A deposit that mints `mint` wei to its sender and calls `to`, in its EIP-2718 form.
pub(crate) fn deposit(number: u8, from: Address, to: Address, mint: u128) -> Bytes {
    let tx = TxDeposit {
        source_hash: B256::with_last_byte(number),
        from,
        to: TxKind::Call(to),
        mint,
        value: U256::ZERO,
        gas_limit: 1_000_000,
        is_system_transaction: false,
        input: Bytes::new(),
    };
    tx.encoded_2718().into()
}

/// Attributes for the next block, from the pool, two seconds on.
pub(crate) fn next(chain: &Chain) -> Attributes {
    let head = chain.head();
    Attributes {
        parent: head.hash(),
        timestamp: head.timestamp + 2,
        gas_limit: 30_000_000,
        eip_1559_params: B64::ZERO,
        ..Default::default()
    }
}

/// Builds the next block and makes it the head.
pub(crate) fn produce(chain: &Chain) -> crate::block::ExecutedBlock {
    produce_with(chain, &next(chain))
}

/// Builds a block from `attributes` and makes it the head.
pub(crate) fn produce_with(chain: &Chain, attributes: &Attributes) -> crate::block::ExecutedBlock {
    let built = chain.build(attributes).unwrap();
    chain.commit(&built).unwrap();
    built.executed
}

/// Asks the JSON-RPC of `chain`, with geth's bounds or others: the result, or the error's code and
/// text.
pub(crate) async fn ask_with(
    chain: &Arc<Chain>,
    options: RpcOptions,
    method: &str,
    params: Value,
) -> Result<Value, (i64, String)> {
    let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let module = rpc::modules(chain.clone(), options);
    let (answer, _) = module.raw_json_request(&request.to_string(), 1).await.unwrap();
    let mut answer: Value = serde_json::from_str(answer.get()).unwrap();
    match answer.get("error") {
        None => Ok(answer["result"].take()),
        Some(err) => Err((err["code"].as_i64().unwrap(), err["message"].as_str().unwrap().into())),
    }
}

/// Asks the JSON-RPC of `chain`: the result, or the error's code and text.
pub(crate) async fn ask(
    chain: &Arc<Chain>,
    method: &str,
    params: Value,
) -> Result<Value, (i64, String)> {
    ask_with(chain, RpcOptions::default(), method, params).await
}
