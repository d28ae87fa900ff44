//! An honest node passes; every lie is found.

use super::*;
use crate::{rpc::RollupRpc, verifier::tests::harness::*};
use alloy_primitives::{Bytes, TxKind, U256};
use alloy_sol_types::SolCall;
use gm_chain::{abi::IL2ToL1MessagePasser::initiateWithdrawalCall, rollup::RollupConfig};
use gm_node::rpc::{RpcLimits, RpcOptions, RpcServer, modules, serve};
use jsonrpsee::RpcModule;
use serde_json::{Value, json};

/// A chain's whole JSON-RPC, without a server.
fn module(chain: &Arc<Chain>) -> RpcModule<()> {
    let mut module = modules(chain.clone(), RpcOptions::default());
    let (_, status) = tokio::sync::watch::channel(Default::default());
    let rollup = RollupRpc { chain: chain.clone(), status, sequencer: None, batcher: None };
    module.merge(rollup.module()).expect("no method twice");
    module
}

async fn server(module: RpcModule<()>) -> (RpcServer, String) {
    let address = ([127, 0, 0, 1], 0).into();
    let server = serve(address, module, RpcLimits::default()).await.expect("serves");
    let url = format!("http://{}", server.local_addr());
    (server, url)
}

/// `module`, but what it answers to `method` is changed by `lie`.
fn lying(mut module: RpcModule<()>, method: &'static str, lie: fn(&mut Value)) -> RpcModule<()> {
    let honest = module.clone();
    module.remove_method(method).expect("registered");
    let registered = module.register_async_method(method, move |params, _, _| {
        let params: Value = params.parse().unwrap_or_default();
        let honest = honest.clone();
        async move {
            let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
            let (answer, _) = honest.raw_json_request(&request.to_string(), 1).await.expect("JSON");
            let mut answer: Value = serde_json::from_str(answer.get()).expect("JSON");
            lie(&mut answer["result"]);
            answer["result"].take()
        }
    });
    registered.expect("removed before");
    module
}

/// Six blocks of a rollup in its parent's data, two more that are not.
async fn posted(withdraw: bool) -> Net {
    let net = network(100);
    for round in 0..8_u64 {
        send(&net.l2, 1, TxKind::Call(key(8).address()), round, Bytes::new());
        if withdraw && round == 2 {
            let call = initiateWithdrawalCall {
                target: key(3).address(),
                gasLimit: U256::from(50_000),
                data: Bytes::new(),
            };
            send(&net.l2, 3, TxKind::Call(MESSAGE_PASSER), 77, call.abi_encode().into());
        }
        sequence(&net.l2, &net.l1).await;
        mine(&net.l1);
    }
    post_blocks(&net.l2, &net.l1, 1, 6);
    mine(&net.l1);
    label_safe(&net.l2, 6);
    net
}

fn label_safe(chain: &Chain, number: u64) {
    let hash = chain.canonical_hash(number).expect("readable").expect("a block");
    chain.label(Some(hash), None).expect("canonical");
}

/// Verifies the L2 as `node` shows it.
async fn verify(net: &Net, node: RpcModule<()>) -> (Vec<Check>, Result<(), VerifyError>) {
    let (_parent, parent_url) = server(modules(net.l1.clone(), RpcOptions::default())).await;
    let (_node, node_url) = server(node).await;
    let spec = net.network.l2.clone();
    let mut verification = Verification::new(spec, &parent_url, &node_url, 0).expect("addresses");
    let result = verification.run(|_, _| ()).await;
    (verification.checks().to_vec(), result)
}

async fn failure(net: &Net, node: RpcModule<()>) -> VerifyError {
    verify(net, node).await.1.expect_err("the lie is found")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_honest_node_passes_every_check() {
    for withdraw in [false, true] {
        let net = posted(withdraw).await;
        let (checks, result) = verify(&net, module(&net.l2)).await;
        result.expect("all is well");
        let names: Vec<_> = checks.iter().map(|check| check.name).collect();
        let expected = [
            "genesis",
            "derivation",
            "block hashes",
            "output root",
            "withdrawal proof",
            "predeploy code",
        ];
        assert_eq!(names, expected);
        assert_eq!(checks[2].detail, "equal from block 0 to 6, the safe head");
        assert_eq!(checks[4].detail.contains("of block 3 is proven"), withdraw, "{checks:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_block_that_differs_is_named() {
    let net = posted(false).await;
    // The same chain up to block 3; from block 4 on the node holds a transfer that was not posted.
    let other = open(&net.network.l2);
    for number in 1..=3 {
        let block = net.l2.block_by_number(number).expect("readable").expect("a block");
        let built = other.check(&block.header, block.transactions.clone()).expect("valid");
        other.commit(&built).expect("written");
    }
    for _ in 4..=6 {
        send(&other, 2, TxKind::Call(key(7).address()), 1, Bytes::new());
        sequence(&other, &net.l1).await;
    }
    label_safe(&other, 6);
    let error = failure(&net, module(&other)).await;
    assert!(matches!(error, VerifyError::Block { number: 4, .. }), "{error}");
    assert_eq!((error.code(), error.check()), ("VERIFY_BLOCK", "block hashes"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_safe_head_that_the_parent_does_not_hold_is_found() {
    let net = posted(false).await;
    label_safe(&net.l2, 8);
    let error = failure(&net, module(&net.l2)).await;
    assert!(matches!(error, VerifyError::NotDerivable { safe: 8, reached: 6 }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_header_that_does_not_hash_to_its_hash_is_found() {
    let net = posted(false).await;
    let node = lying(module(&net.l2), "eth_getBlockByNumber", |block| {
        if block["number"] == "0x5" {
            block["gasUsed"] = "0x1".into();
        }
    });
    let error = failure(&net, node).await;
    assert!(matches!(error, VerifyError::BlockHash { number: 5, .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn lies_about_outputs_proofs_and_code_are_found() {
    let net = posted(true).await;
    let node = lying(module(&net.l2), "optimism_outputAtBlock", |output| {
        output["outputRoot"] = B256::repeat_byte(1).to_string().into();
    });
    assert_eq!(failure(&net, node).await.code(), "VERIFY_OUTPUT");

    let node = lying(module(&net.l2), "eth_getProof", |proof| {
        proof["balance"] = "0x1".into();
    });
    assert_eq!(failure(&net, node).await.code(), "VERIFY_PROOF");

    let node = lying(module(&net.l2), "eth_getProof", |proof| {
        if let Some(slot) = proof["storageProof"].get_mut(0) {
            slot["proof"].as_array_mut().expect("nodes").pop();
        }
    });
    assert_eq!(failure(&net, node).await.code(), "VERIFY_PROOF");

    let node = lying(module(&net.l2), "eth_getCode", |code| *code = "0x00".into());
    let error = failure(&net, node).await;
    assert!(matches!(error, VerifyError::Code { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_of_another_chain_is_refused() {
    let net = posted(false).await;
    let error = failure(&net, module(&net.l3)).await;
    assert!(matches!(error, VerifyError::ChainId { .. }), "{error}");
}

#[test]
fn the_files_give_the_chain_again() {
    let net = network(100);
    for spec in [&net.network.l2, &net.network.l3] {
        let genesis = spec.genesis_json();
        let rollup = spec.rollup.as_ref().map(RollupConfig::rollup_json).expect("a rollup");
        let read = |rollup: &str| {
            rollup_spec(&spec.name, spec.role, genesis.as_bytes(), rollup.as_bytes())
        };
        let again = read(&rollup).expect("readable");
        assert_eq!(again.genesis_hash(), spec.genesis_hash());
        assert_eq!(again.rollup, spec.rollup);
        let hash = spec.genesis_hash().to_string();
        let error = read(&rollup.replace(&hash, &B256::ZERO.to_string())).expect_err("another");
        assert_eq!(error.code(), "VERIFY_FILES");
    }
}
