//! The clients that people use, unmodified, on every tier: `cast`, `forge script`, alloy's provider
//! over HTTP and WebSocket.

use crate::support::PATIENCE;
use alloy_consensus::{SignableTransaction as _, TxEip1559, TxEnvelope};
use alloy_eips::eip2718::Encodable2718 as _;
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, address};
use alloy_provider::{Provider as _, RootProvider};
use alloy_signer::SignerSync as _;
use alloy_signer_local::PrivateKeySigner;
use futures::StreamExt as _;
use gm_tests::gm::{Chain, Network};
use gm_tests::process::Process;
use op_alloy_network::Optimism;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const TIERS: [&str; 3] = ["l1", "l2", "l3"];
const RECIPIENT: Address = address!("00000000000000000000000000000000000c0ffe");

/// The folder with `cast`, `forge` and `solc`, installed once by `tests/clients/install`.
fn clients() -> PathBuf {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients/install");
    let folder = Process::output("tests/clients/install", Command::new(script)).unwrap();
    PathBuf::from(folder.trim())
}

async fn network(dir: &Path) -> Network {
    let project = Network::scaffold(dir, "clients", "blank").unwrap();
    Network::up(&project, &["--ephemeral", "--clock", "instant"]).await.unwrap()
}

/// `cast` on one chain, with one key.
struct Cast<'a> {
    program: PathBuf,
    chain: &'a Chain,
    key: String,
}

impl Cast<'_> {
    fn run(&self, args: &[&str]) -> String {
        let mut cast = Command::new(&self.program);
        // Options first: what follows `--create` is taken as it is.
        let (command, rest) = args.split_first().unwrap();
        cast.arg(command).args(["--rpc-url", &self.chain.http]).args(rest);
        Process::output("cast", cast).unwrap().trim().to_owned()
    }

    fn send(&self, args: &[&str]) -> Value {
        let common = ["--private-key", &self.key, "--json"];
        let receipt: Value =
            serde_json::from_str(&self.run(&[&["send"], &common[..], args].concat())).unwrap();
        assert_eq!(receipt["status"], "0x1", "{receipt}");
        receipt
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cast_works_on_every_tier() {
    let bin = clients();
    let dir = tempfile::tempdir().unwrap();
    let network = network(dir.path()).await;
    for tier in TIERS {
        let chain = network.chain(tier);
        let key = network.key(0).to_string();
        let cast = Cast { program: bin.join("cast"), chain, key };
        assert_eq!(cast.run(&["chain-id"]), chain.chain_id.to_string());
        let to = RECIPIENT.to_string();
        let sent = cast.send(&[&to, "--value", "3gwei"]);
        assert_eq!(cast.run(&["balance", &to]), "3000000000");
        let hash = sent["transactionHash"].as_str().unwrap();
        let receipt: Value = serde_json::from_str(&cast.run(&["receipt", hash, "--json"])).unwrap();
        assert_eq!(receipt["blockHash"], sent["blockHash"]);
        let number = sent["blockNumber"].as_str().unwrap();
        let block: Value = serde_json::from_str(&cast.run(&["block", number, "--json"])).unwrap();
        assert_eq!(block["hash"], sent["blockHash"]);

        // A contract that logs its input with one topic and returns 42: LOG1, RETURN.
        let created =
            cast.send(&["--create", "0x601180600b6000396000f3602a600052600760206000a160206000f3"]);
        let contract = created["contractAddress"].as_str().unwrap();
        assert_eq!(cast.run(&["call", contract, "answer()(uint256)"]), "42");
        cast.send(&[contract, "answer()"]);
        let logs: Value = serde_json::from_str(&cast.run(&[
            "logs",
            "--json",
            "--address",
            contract,
            "--from-block",
            "0",
        ]))
        .unwrap();
        assert_eq!(logs.as_array().unwrap().len(), 1, "{tier}: {logs}");
        assert_eq!(cast.run(&["code", contract]), "0x602a600052600760206000a160206000f3");
    }
}

/// A script without a library: what `forge` needs is one cheat code.
const SCRIPT: &str = r#"// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

interface Vm {
    function startBroadcast() external;
    function stopBroadcast() external;
}

contract Counter {
    uint256 public number;
    event Set(uint256 number);

    function set(uint256 to) external {
        number = to;
        emit Set(to);
    }
}

contract Deploy {
    Vm constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    function run() external {
        vm.startBroadcast();
        Counter counter = new Counter();
        counter.set(7);
        vm.stopBroadcast();
        require(counter.number() == 7, "not set");
    }
}
"#;

#[tokio::test(flavor = "multi_thread")]
async fn forge_script_deploys_on_every_tier() {
    let bin = clients();
    let dir = tempfile::tempdir().unwrap();
    let network = network(dir.path()).await;
    let scripts = dir.path().join("scripts");
    std::fs::create_dir_all(scripts.join("script")).unwrap();
    std::fs::write(scripts.join("foundry.toml"), "[profile.default]\nsrc = \"script\"\n").unwrap();
    std::fs::write(scripts.join("script/Deploy.s.sol"), SCRIPT).unwrap();
    for tier in TIERS {
        let chain = network.chain(tier);
        let mut forge = Command::new(bin.join("forge"));
        forge
            .current_dir(&scripts)
            .args(["script", "script/Deploy.s.sol:Deploy", "--broadcast", "--offline"])
            .arg("--use")
            .arg(bin.join("solc"))
            .args(["--rpc-url", &chain.http, "--private-key", &network.key(1).to_string()]);
        Process::output("forge script", forge).unwrap();
        let record =
            scripts.join(format!("broadcast/Deploy.s.sol/{}/run-latest.json", chain.chain_id));
        let record: Value =
            serde_json::from_str(&std::fs::read_to_string(record).unwrap()).unwrap();
        let contract = record["transactions"][0]["contractAddress"].as_str().unwrap().to_owned();
        let cast = Cast { program: bin.join("cast"), chain, key: String::new() };
        assert_eq!(cast.run(&["call", &contract, "number()(uint256)"]), "7", "{tier}");
    }
}

/// A signed transfer.
fn transfer(key: B256, chain_id: u64, nonce: u64, price: u128) -> Bytes {
    let transaction = TxEip1559 {
        chain_id,
        nonce,
        max_fee_per_gas: price * 2,
        max_priority_fee_per_gas: 1,
        gas_limit: 21_000,
        to: TxKind::Call(RECIPIENT),
        value: U256::from(5),
        ..Default::default()
    };
    let signer = PrivateKeySigner::from_bytes(&key).unwrap();
    let signature = signer.sign_hash_sync(&transaction.signature_hash()).unwrap();
    TxEnvelope::from(transaction.into_signed(signature)).encoded_2718().into()
}

async fn alloy_on(network: &Network, tier: &str) {
    let chain = network.chain(tier);
    let http = RootProvider::<Optimism>::connect(&chain.http).await.unwrap();
    let ws = RootProvider::<Optimism>::connect(&chain.ws).await.unwrap();
    let mut heads = ws.subscribe_blocks().await.unwrap().into_stream();
    let key = network.key(2);
    let sender = PrivateKeySigner::from_bytes(&key).unwrap().address();
    let nonce = http.get_transaction_count(sender).await.unwrap();
    let price = http.get_gas_price().await.unwrap();
    let raw = transfer(key, chain.chain_id, nonce, price);
    let pending = http.send_raw_transaction(&raw).await.unwrap();
    let receipt = pending.with_timeout(Some(PATIENCE)).get_receipt().await.unwrap();
    let receipt = receipt.inner;
    assert_eq!((receipt.from, receipt.to), (sender, Some(RECIPIENT)));

    let number = receipt.block_number.unwrap();
    let head = tokio::time::timeout(Duration::from_secs(30), async {
        loop {
            let head = heads.next().await.expect("the subscription goes on");
            if head.number >= number {
                break head;
            }
        }
    });
    let head = head.await.expect("the new head is announced");
    assert_eq!((head.number, Some(head.hash)), (number, receipt.block_hash));

    let block = http.get_block_by_number(number.into()).await.unwrap().unwrap();
    assert_eq!(block.header.hash, head.hash);
    let proof = http.get_proof(sender, Vec::new()).number(number).await.unwrap();
    // Throws when the proof does not lead to the account from the block's state root.
    let nibbles = alloy_trie::Nibbles::unpack(alloy_primitives::keccak256(sender));
    let account = alloy_trie::TrieAccount {
        nonce: proof.nonce,
        balance: proof.balance,
        storage_root: proof.storage_hash,
        code_hash: proof.code_hash,
    };
    let leaf = alloy_rlp::encode(account);
    alloy_trie::proof::verify_proof(
        block.header.state_root,
        nibbles,
        Some(leaf),
        &proof.account_proof,
    )
    .unwrap();
    assert_eq!(proof.nonce, nonce + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn alloy_works_on_every_tier() {
    let dir = tempfile::tempdir().unwrap();
    let mut network = network(dir.path()).await;
    for tier in TIERS {
        alloy_on(&network, tier).await;
    }
    network.process().stop(PATIENCE).unwrap();
}
