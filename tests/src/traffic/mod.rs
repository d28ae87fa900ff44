//! Traffic for a chain: what users do to it, deterministic by seed.
//!
//! [`Traffic`] sends transactions of every kind to one chain; [`Deposits`] sends deposits to a
//! rollup through its portal on the parent. Both only need an RPC and funded keys.

mod contracts;
mod deposits;
mod kinds;
mod sender;

pub use deposits::{DepositKind, Deposits};
pub use kinds::Kind;
pub use sender::Sender;

use crate::error::{Error, Result};
use crate::rpc::Rpc;
use alloy_primitives::{Address, B256, Bytes, TxKind, U256};
use kinds::Targets;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

/// How long a transaction may take into a block.
const INCLUSION: Duration = Duration::from_secs(60);

/// A transaction that was sent.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    /// What it does.
    pub kind: Kind,
    /// Its hash.
    pub hash: B256,
}

/// How the transactions of each kind ended: how many succeeded and how many failed.
pub type Outcome = BTreeMap<Kind, (u64, u64)>;

/// A source of transactions for one chain.
#[derive(Debug)]
pub struct Traffic {
    rpc: Rpc,
    senders: Vec<Sender>,
    targets: Targets,
    rng: StdRng,
    sent: Vec<Sent>,
    /// How many of `sent` are in `outcome`.
    settled: usize,
    outcome: Outcome,
}

impl Traffic {
    /// Reads the nonces of `keys` and deploys the contracts that the traffic calls. The keys must
    /// be funded and used by nobody else meanwhile. `rollup` tells whether the chain has the
    /// predeploys of a rollup: withdrawals are part of the traffic then.
    ///
    /// # Errors
    /// When a request fails or a contract is not deployed within a minute.
    pub async fn new(rpc: Rpc, keys: &[B256], rollup: bool, seed: u64) -> Result<Self> {
        let chain_id = rpc.wait_ready(INCLUSION).await?;
        let mut senders = Vec::with_capacity(keys.len());
        for key in keys {
            senders.push(Sender::new(&rpc, chain_id, *key).await?);
        }
        let deployer = senders
            .first_mut()
            .ok_or_else(|| Error::Unexpected("traffic without a key".to_owned()))?;
        let targets = Targets::deploy(&rpc, deployer, rollup).await?;
        Ok(Self {
            rpc,
            senders,
            targets,
            rng: StdRng::seed_from_u64(seed),
            sent: Vec::new(),
            settled: 0,
            outcome: Outcome::new(),
        })
    }

    /// Sends `count` transactions of random kinds from random senders, without waiting for blocks.
    ///
    /// # Errors
    /// When the node refuses one.
    pub async fn burst(&mut self, count: usize) -> Result<()> {
        let fee = base_fee(&self.rpc).await?;
        for _ in 0..count {
            let kind = Kind::choose(&mut self.rng, self.sent.len(), self.targets.rollup);
            let sender = self.rng.random_range(0..self.senders.len());
            let raw = kinds::build(
                kind,
                &mut self.senders[sender],
                &mut self.targets,
                &mut self.rng,
                fee,
            )?;
            let hash = self.rpc.send_raw(&raw).await?;
            self.sent.push(Sent { kind, hash });
        }
        Ok(())
    }

    /// Everything sent so far.
    pub fn sent(&self) -> &[Sent] {
        &self.sent
    }

    /// Waits for the receipt of everything sent so far and returns all outcomes by kind.
    ///
    /// # Errors
    /// When a receipt does not come within a minute, or when a kind that must succeed or fail
    /// did otherwise.
    pub async fn settle(&mut self) -> Result<Outcome> {
        for sent in &self.sent[self.settled..] {
            let receipt = self.rpc.wait_receipt(sent.hash, INCLUSION).await?;
            let succeeded = receipt["status"] == "0x1";
            if let Some(expected) = sent.kind.succeeds()
                && expected != succeeded
            {
                return Err(Error::Unexpected(format!(
                    "{:?} {}: status {}",
                    sent.kind, sent.hash, receipt["status"]
                )));
            }
            let (good, bad) = self.outcome.entry(sent.kind).or_default();
            *if succeeded { good } else { bad } += 1;
            self.settled += 1;
        }
        Ok(self.outcome.clone())
    }
}

/// The newest block's base fee, in wei.
async fn base_fee(rpc: &Rpc) -> Result<u128> {
    let block = rpc.call("eth_getBlockByNumber", json!(["latest", false])).await?;
    let fee: U256 = serde_json::from_value(block["baseFeePerGas"].clone())
        .map_err(|error| Error::Unexpected(format!("{}: base fee: {error}", rpc.url())))?;
    Ok(fee.saturating_to())
}

/// Deploys `runtime` and waits for it.
async fn deploy(rpc: &Rpc, sender: &mut Sender, runtime: &[u8]) -> Result<Address> {
    let fee = base_fee(rpc).await?;
    let raw =
        sender.dynamic(TxKind::Create, U256::ZERO, contracts::creation(runtime), 300_000, fee)?;
    let hash = rpc.send_raw(&raw).await?;
    let receipt = rpc.wait_receipt(hash, INCLUSION).await?;
    serde_json::from_value(receipt["contractAddress"].clone())
        .map_err(|_| Error::Unexpected(format!("no contract was created: {receipt}")))
}

/// Words joined to the input of one of the [`contracts`].
fn words(words: &[U256], rest: &[u8]) -> Bytes {
    let mut input: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes::<32>()).collect();
    input.extend_from_slice(rest);
    input.into()
}
