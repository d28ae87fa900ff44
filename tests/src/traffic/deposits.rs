//! Deposits to a rollup, sent to its portal on the parent.

use super::contracts;
use super::sender::Sender;
use super::{INCLUSION, base_fee, deploy, words};
use crate::error::{Error, Result};
use crate::rpc::Rpc;
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, address};
use alloy_sol_types::{SolCall as _, sol};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

sol! {
    function depositTransaction(address to, uint256 value, uint64 gasLimit, bool isCreation, bytes data) external payable;
}

/// Gas of a deposit's transaction on the parent: the portal burns gas for the rollup's.
const PARENT_GAS: u64 = 1_500_000;

/// What a deposit does on the rollup.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DepositKind {
    /// Mints and sends all of it.
    Mint,
    /// Mints more than it sends: the rest stays with the sender.
    MintMore,
    /// Sends more than the sender has: fails, what was minted stays.
    TooMuch,
    /// Creates a contract.
    Create,
    /// Creation code that reverts.
    CreateReverts,
    /// A call with an invalid instruction, in creation code: takes all its gas.
    Burns,
    /// Exactly the least gas for its input.
    LeastGas,
    /// Three deposits in one transaction, from a contract: the sender is the aliased contract.
    Thrice,
    /// Calls the message passer: a withdrawal out of a deposit.
    Withdraws,
}

const KINDS: [DepositKind; 9] = [
    DepositKind::Mint,
    DepositKind::MintMore,
    DepositKind::TooMuch,
    DepositKind::Create,
    DepositKind::CreateReverts,
    DepositKind::Burns,
    DepositKind::LeastGas,
    DepositKind::Thrice,
    DepositKind::Withdraws,
];

/// A source of deposits for one rollup.
#[derive(Debug)]
pub struct Deposits {
    parent: Rpc,
    portal: Address,
    thrice: Address,
    senders: Vec<Sender>,
    rng: StdRng,
    sent: Vec<(DepositKind, B256)>,
    /// How many of `sent` are known to be in a block.
    settled: usize,
}

impl Deposits {
    /// Deposits through `portal` on `parent` from `keys`, which must be funded there and used by
    /// nobody else meanwhile.
    ///
    /// # Errors
    /// When a request fails or the helper contract is not deployed within a minute.
    pub async fn new(parent: Rpc, portal: Address, keys: &[B256], seed: u64) -> Result<Self> {
        let chain_id = parent.wait_ready(INCLUSION).await?;
        let mut senders = Vec::with_capacity(keys.len());
        for key in keys {
            senders.push(Sender::new(&parent, chain_id, *key).await?);
        }
        let deployer = senders
            .first_mut()
            .ok_or_else(|| Error::Unexpected("deposits without a key".to_owned()))?;
        let thrice = deploy(&parent, deployer, contracts::THRICE).await?;
        Ok(Self {
            parent,
            portal,
            thrice,
            senders,
            rng: StdRng::seed_from_u64(seed),
            sent: Vec::new(),
            settled: 0,
        })
    }

    /// Sends `count` deposits of random kinds without waiting: the parent takes several in a block.
    ///
    /// # Errors
    /// When the parent refuses one.
    pub async fn burst(&mut self, count: usize) -> Result<()> {
        let fee = base_fee(&self.parent).await?;
        for _ in 0..count {
            // Every kind once, then random ones.
            let kind = match KINDS.get(self.sent.len()) {
                Some(&kind) => kind,
                None => KINDS[self.rng.random_range(0..KINDS.len())],
            };
            let raw = self.build(kind, fee)?;
            let hash = self.parent.send_raw(&raw).await?;
            self.sent.push((kind, hash));
        }
        Ok(())
    }

    /// Waits until the parent has taken every deposit sent so far, all of which must succeed there,
    /// and returns how many deposits that makes on the rollup.
    ///
    /// # Errors
    /// When one is not in a block within a minute, or failed on the parent.
    pub async fn settle(&mut self) -> Result<usize> {
        for &(kind, hash) in &self.sent[self.settled..] {
            let receipt = self.parent.wait_receipt(hash, INCLUSION).await?;
            if receipt["status"] != "0x1" {
                let message = format!("deposit {kind:?} {hash} failed on the parent");
                return Err(Error::Unexpected(message));
            }
            self.settled += 1;
        }
        let thrice = self.sent.iter().filter(|(kind, _)| *kind == DepositKind::Thrice).count();
        Ok(self.sent.len() + 2 * thrice)
    }

    fn build(&mut self, kind: DepositKind, fee: u128) -> Result<Bytes> {
        let mint = U256::from(self.rng.random_range(1..1_000_000_000_000u64));
        let to = Address::from(self.rng.random::<[u8; 20]>());
        let mut data = vec![0; self.rng.random_range(0..500)];
        self.rng.fill(data.as_mut_slice());
        // 40 gas a byte covers the floor of EIP-7623 as well.
        let least = 21_000 + 40 * data.len() as u64;
        let (target, paid, deposit) = match kind {
            DepositKind::Mint => (self.portal, mint, deposit(to, mint, 100_000, data)),
            DepositKind::MintMore => {
                (self.portal, mint, deposit(to, mint / U256::from(3), 100_000, data))
            }
            DepositKind::TooMuch => (self.portal, mint, deposit(to, U256::MAX >> 8, 100_000, data)),
            DepositKind::LeastGas => {
                (self.portal, U256::ZERO, deposit(to, U256::ZERO, least, data))
            }
            DepositKind::Create => {
                let code = contracts::creation(contracts::LOGGER);
                (self.portal, U256::ZERO, creation(code, 200_000))
            }
            DepositKind::CreateReverts => {
                let code = Bytes::from_static(contracts::CREATION_REVERTS);
                (self.portal, mint, creation(code, 150_000))
            }
            DepositKind::Burns => {
                let code = Bytes::from_static(contracts::BURNER);
                (self.portal, U256::ZERO, creation(code, 120_000))
            }
            DepositKind::Thrice => {
                let call = deposit(to, U256::ZERO, 60_000, data);
                let input =
                    words(&[U256::from_be_slice(self.portal.as_slice())], &call.abi_encode());
                return self.send(self.thrice, U256::ZERO, input, PARENT_GAS, fee);
            }
            DepositKind::Withdraws => {
                const MESSAGE_PASSER: Address =
                    address!("4200000000000000000000000000000000000016");
                (self.portal, mint, deposit(MESSAGE_PASSER, mint, 200_000, Vec::new()))
            }
        };
        self.send(target, paid, deposit.abi_encode().into(), PARENT_GAS, fee)
    }

    fn send(
        &mut self,
        to: Address,
        value: U256,
        input: Bytes,
        gas: u64,
        fee: u128,
    ) -> Result<Bytes> {
        let sender = self.rng.random_range(0..self.senders.len());
        self.senders[sender].dynamic(TxKind::Call(to), value, input, gas, fee)
    }
}

fn deposit(to: Address, value: U256, gas: u64, data: Vec<u8>) -> depositTransactionCall {
    depositTransactionCall { to, value, gasLimit: gas, isCreation: false, data: data.into() }
}

fn creation(code: Bytes, gas: u64) -> depositTransactionCall {
    depositTransactionCall {
        to: Address::ZERO,
        value: U256::ZERO,
        gasLimit: gas,
        isCreation: true,
        data: code,
    }
}
