//! From nothing to a withdrawal that is final on the Layer 1, with every wei accounted for, and then
//! nothing is left.

use crate::support::PATIENCE;
use alloy_primitives::{Address, Bytes, I256, TxKind, U256, address};
use gm_tests::Rpc;
use gm_tests::gm::{self, Manifest};
use gm_tests::process::Process;
use gm_tests::traffic::Sender;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const ETHER: u64 = 1_000_000_000_000_000_000;
const DEPOSITED: u64 = 5 * ETHER;
const WITHDRAWN: u64 = 2 * ETHER;
const SPENT: u64 = 1_234_567;
const RECIPIENT: Address = address!("00000000000000000000000000000000000c0ffe");
/// Predeploys that a rollup's fees go to: tips, base fee, data fee, operator fee.
const VAULTS: [Address; 4] = [
    address!("4200000000000000000000000000000000000011"),
    address!("4200000000000000000000000000000000000019"),
    address!("420000000000000000000000000000000000001A"),
    address!("420000000000000000000000000000000000001b"),
];
/// Where the value of withdrawals stays on the rollup.
const MESSAGE_PASSER: Address = address!("4200000000000000000000000000000000000016");

/// `gm` for a person with an empty home.
struct Person {
    home: PathBuf,
    project: PathBuf,
}

impl Person {
    fn gm(&self, folder: &Path, args: &[&str]) -> Value {
        let mut gm = gm::command(folder).unwrap();
        gm.env("HOME", &self.home).env_remove("XDG_RUNTIME_DIR").env_remove("XDG_STATE_HOME");
        gm.args(args).arg("--json");
        let answer = Process::output(&format!("gm {}", args.join(" ")), gm).unwrap();
        let answer: Value = serde_json::from_str(answer.trim()).unwrap();
        assert_eq!(answer["ok"], true, "{answer}");
        answer["data"].clone()
    }

    /// Everything in the home, for people look there for leftovers.
    fn files(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        let mut folders = vec![self.home.clone()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() { folders.push(path) } else { files.push(path) }
            }
        }
        files
    }
}

/// What a chain's blocks say was paid.
struct Ledger {
    /// Fees by account, in wei.
    fees: BTreeMap<Address, U256>,
}

impl Ledger {
    /// Adds up the receipts of every block.
    async fn read(rpc: &Rpc) -> Self {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Receipt {
            r#type: String,
            from: Address,
            gas_used: U256,
            effective_gas_price: U256,
            #[serde(default)]
            l1_fee: Option<U256>,
        }
        let mut fees = BTreeMap::<Address, U256>::new();
        let last = rpc.block_number().await.unwrap();
        let params: Vec<_> = (0..=last).map(|number| json!([format!("{number:#x}")])).collect();
        for receipts in rpc.batch("eth_getBlockReceipts", &params).await.unwrap() {
            for receipt in serde_json::from_value::<Vec<Receipt>>(receipts).unwrap() {
                if receipt.r#type != "0x7e" {
                    *fees.entry(receipt.from).or_default() += receipt.gas_used
                        * receipt.effective_gas_price
                        + receipt.l1_fee.unwrap_or_default();
                }
            }
        }
        Self { fees }
    }

    fn total(&self) -> U256 {
        self.fees.values().sum()
    }
}

/// Checks that `address` has what it had at genesis, less its fees, plus `moved`.
async fn accounted(rpc: &Rpc, ledger: &Ledger, address: Address, moved: i128) {
    let genesis = rpc.call("eth_getBalance", json!([address, "0x0"])).await.unwrap();
    let genesis: U256 = serde_json::from_value(genesis).unwrap();
    let fees = ledger.fees.get(&address).copied().unwrap_or_default();
    let expected = I256::from_raw(genesis) - I256::from_raw(fees) + I256::try_from(moved).unwrap();
    let balance = rpc.balance(address).await.unwrap();
    assert_eq!(I256::from_raw(balance), expected, "balance of {address} at {}", rpc.url());
}

async fn transfer(rpc: &Rpc, manifest: &Manifest) {
    let key = manifest.accounts[0].private_key.unwrap();
    let id = rpc.wait_ready(PATIENCE).await.unwrap();
    let mut sender = Sender::new(rpc, id, key).await.unwrap();
    let raw = sender
        .dynamic(TxKind::Call(RECIPIENT), U256::from(SPENT), Bytes::new(), 21_000, 1_000_000_000)
        .unwrap();
    let hash = rpc.send_raw(&raw).await.unwrap();
    assert_eq!(rpc.wait_receipt(hash, PATIENCE).await.unwrap()["status"], "0x1");
}

async fn main_job(clock: &str) {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("home");
    std::fs::create_dir(&home).unwrap();
    let person = Person { project: home.join("wear"), home };
    person.gm(&person.home, &["new", "wear", "--template", "blank"]);
    let before = person.files();
    let up = person.gm(&person.project, &["up", "--detach", "--port", "0", "--clock", clock]);
    let manifest: Manifest = serde_json::from_value(up).unwrap();
    let [l1, l2, l3] = [0, 1, 2].map(|tier: usize| Rpc::new(&manifest.chains[tier].http));

    let deposit = person.gm(&person.project, &["bridge", "deposit", "--amount", "5 ether"]);
    assert_eq!(deposit["final"], true, "{deposit}");
    transfer(&l3, &manifest).await;
    let withdrawal = person.gm(&person.project, &["bridge", "withdraw", "--amount", "2 ether"]);
    assert_eq!(withdrawal["final"], true, "{withdrawal}");

    let own = manifest.accounts[0].address;
    let ledgers = [Ledger::read(&l1).await, Ledger::read(&l2).await, Ledger::read(&l3).await];
    let (up, down, spent) = (i128::from(DEPOSITED), i128::from(WITHDRAWN), i128::from(SPENT));
    accounted(&l1, &ledgers[0], own, down - up).await;
    accounted(&l2, &ledgers[1], own, 0).await;
    accounted(&l3, &ledgers[2], own, up - down - spent).await;
    accounted(&l3, &ledgers[2], RECIPIENT, spent).await;
    for (rollup, parent, tier) in [(&l2, &l1, "l2"), (&l3, &l2, "l3")] {
        // What is locked below is what exists above, but for what genesis gave the accounts there.
        let portal = manifest.contracts[tier]["portal"];
        let genesis = parent.call("eth_getBalance", json!([portal, "0x0"])).await.unwrap();
        let genesis: U256 = serde_json::from_value(genesis).unwrap();
        let locked = parent.balance(portal).await.unwrap() - genesis;
        assert_eq!(locked, U256::from(DEPOSITED - WITHDRAWN), "locked for {tier}");
        let burned = rollup.balance(MESSAGE_PASSER).await.unwrap();
        assert_eq!(burned, U256::from(WITHDRAWN), "withdrawn from {tier}");
    }
    for (rollup, ledger) in [(&l2, &ledgers[1]), (&l3, &ledgers[2])] {
        let block = format!("{:#x}", rollup.block_number().await.unwrap());
        let ledger = if clock == "instant" { ledger } else { &Ledger::read(rollup).await };
        let mut vaults = U256::ZERO;
        for vault in VAULTS {
            let balance = rollup.call("eth_getBalance", json!([vault, block])).await.unwrap();
            vaults += serde_json::from_value::<U256>(balance).unwrap();
        }
        assert_eq!(vaults, ledger.total(), "fees at {}", rollup.url());
    }

    let down = person.gm(&person.project, &["down", "--purge", "--yes"]);
    assert_eq!(down["stopped"].as_array().unwrap().len(), 1, "{down}");
    for chain in &manifest.chains {
        let address = chain.http.trim_start_matches("http://");
        assert!(std::net::TcpStream::connect(address).is_err(), "{} still answers", chain.name);
    }
    assert_eq!(person.files(), before);
    let status = person.gm(&person.project, &["status"]);
    assert_eq!(status["networks"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn main_job_with_the_instant_clock() {
    main_job("instant").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn main_job_with_the_interval_clock() {
    main_job("interval").await;
}
