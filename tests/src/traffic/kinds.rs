//! The kinds of transactions in the traffic, and how each is built.

use super::contracts;
use super::sender::Sender;
use super::{deploy, words};
use crate::error::Result;
use crate::rpc::Rpc;
use alloy_eips::eip2930::{AccessList, AccessListItem};
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, address};
use alloy_sol_types::{SolCall as _, sol};
use rand::Rng as _;
use rand::rngs::StdRng;

sol! {
    function initiateWithdrawal(address target, uint256 gasLimit, bytes data) external payable;
}

/// Predeploy that records withdrawals; its storage root is in every header since Isthmus.
const MESSAGE_PASSER: Address = address!("4200000000000000000000000000000000000016");
/// Keys that are written and deleted.
const KEYS: u64 = 64;
/// Accounts whose code EIP-7702 transactions set.
const AUTHORITIES: usize = 4;

/// What a transaction of the traffic does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Moves value, in the oldest type of transaction.
    TransferLegacy,
    /// Moves value to an account that did not exist, with dynamic fees.
    TransferNew,
    /// Moves value with an access list that names an unrelated contract.
    TransferListed,
    /// Writes slots, one of a few that others delete.
    Write,
    /// Deletes a slot.
    Delete,
    /// Logs with two topics.
    Log,
    /// Creates a contract.
    Create,
    /// Creates a contract by CREATE2 in a contract.
    Create2,
    /// Creation code that reverts.
    CreateReverts,
    /// Creation code whose result EIP-3541 refuses.
    CreateRefused,
    /// A call that reverts.
    Reverts,
    /// A call that takes all its gas.
    Burns,
    /// A call into a contract that destroys itself.
    Destroys,
    /// A precompile called from a contract.
    Precompile,
    /// Tens of kilobytes of input.
    Large,
    /// Sets an account's code, now and then with a wrong nonce, for any chain, or back to nothing.
    SetCode,
    /// Calls an account whose code was set.
    CallsDelegate,
    /// Starts a withdrawal to the parent.
    Withdraws,
}

/// Every kind with its weight.
const WEIGHTS: [(Kind, u32); 18] = [
    (Kind::TransferLegacy, 10),
    (Kind::TransferNew, 10),
    (Kind::TransferListed, 5),
    (Kind::Write, 12),
    (Kind::Delete, 8),
    (Kind::Log, 8),
    (Kind::Create, 5),
    (Kind::Create2, 4),
    (Kind::CreateReverts, 2),
    (Kind::CreateRefused, 2),
    (Kind::Reverts, 5),
    (Kind::Burns, 3),
    (Kind::Destroys, 2),
    (Kind::Precompile, 6),
    (Kind::Large, 2),
    (Kind::SetCode, 6),
    (Kind::CallsDelegate, 6),
    (Kind::Withdraws, 6),
];

impl Kind {
    /// The kind of transaction number `index`: every kind once, then random ones; withdrawals only
    /// on a rollup.
    pub(super) fn choose(rng: &mut StdRng, index: usize, rollup: bool) -> Self {
        let kinds = &WEIGHTS[..if rollup { WEIGHTS.len() } else { WEIGHTS.len() - 1 }];
        if let Some(&(kind, _)) = kinds.get(index) {
            return kind;
        }
        let mut ticket = rng.random_range(0..kinds.iter().map(|(_, weight)| weight).sum());
        for &(kind, weight) in kinds {
            if ticket < weight {
                return kind;
            }
            ticket -= weight;
        }
        Self::TransferLegacy
    }

    /// Whether such a transaction must succeed or must fail, if either.
    pub fn succeeds(self) -> Option<bool> {
        match self {
            Self::CreateReverts | Self::CreateRefused | Self::Reverts | Self::Burns => Some(false),
            // A precompile takes nearly all gas for a malformed input, a delegate may be of any code.
            Self::Precompile | Self::CallsDelegate => None,
            _ => Some(true),
        }
    }
}

/// The contracts and accounts that the traffic uses.
#[derive(Debug)]
pub(super) struct Targets {
    pub(super) rollup: bool,
    writer: Address,
    logger: Address,
    reverter: Address,
    burner: Address,
    destructor: Address,
    factory: Address,
    caller: Address,
    authorities: Vec<Sender>,
}

impl Targets {
    /// Deploys the contracts from `deployer`.
    pub(super) async fn deploy(rpc: &Rpc, deployer: &mut Sender, rollup: bool) -> Result<Self> {
        let chain_id = rpc.wait_ready(super::INCLUSION).await?;
        // Nobody else knows these keys: nonces start at zero on a chain where this runs once.
        let seed = u64::from_be_bytes(deployer.address()[..8].try_into().expect("eight bytes"));
        let mut authorities = Vec::with_capacity(AUTHORITIES);
        for index in 0..AUTHORITIES {
            let key = alloy_primitives::keccak256(format!("authority {index} of {seed}"));
            let mut authority = Sender::fresh(chain_id, key)?;
            let nonce = rpc.nonce(authority.address()).await?;
            authority.set_nonce(nonce);
            authorities.push(authority);
        }
        Ok(Self {
            rollup,
            writer: deploy(rpc, deployer, contracts::WRITER).await?,
            logger: deploy(rpc, deployer, contracts::LOGGER).await?,
            reverter: deploy(rpc, deployer, contracts::REVERTER).await?,
            burner: deploy(rpc, deployer, contracts::BURNER).await?,
            destructor: deploy(rpc, deployer, contracts::DESTRUCTOR).await?,
            factory: deploy(rpc, deployer, contracts::FACTORY).await?,
            caller: deploy(rpc, deployer, contracts::CALLER).await?,
            authorities,
        })
    }
}

/// A signed transaction of `kind`, encoded.
pub(super) fn build(
    kind: Kind,
    sender: &mut Sender,
    targets: &mut Targets,
    rng: &mut StdRng,
    fee: u128,
) -> Result<Bytes> {
    let call = |sender: &mut Sender, to: Address, input: Bytes, gas: u64| {
        sender.dynamic(TxKind::Call(to), U256::ZERO, input, gas, fee)
    };
    let create = |sender: &mut Sender, code: Bytes| {
        sender.dynamic(TxKind::Create, U256::ZERO, code, 200_000, fee)
    };
    let value = U256::from(rng.random_range(0..1_000_000_000_000u64));
    let key = U256::from(rng.random_range(0..KEYS));
    let word = U256::from(rng.random::<u64>());
    match kind {
        Kind::TransferLegacy => {
            let to = TxKind::Call(address!("000000000000000000000000000000000000beef"));
            sender.legacy(to, value, Bytes::new(), 21_000, fee)
        }
        Kind::TransferNew => {
            let to = TxKind::Call(Address::from(rng.random::<[u8; 20]>()));
            sender.dynamic(to, value, Bytes::new(), 21_000, fee)
        }
        Kind::TransferListed => transfer_listed(sender, targets, value, key, fee),
        Kind::Write => call(sender, targets.writer, words(&[key, word], &[]), 70_000),
        Kind::Delete => call(sender, targets.writer, words(&[key, U256::ZERO], &[]), 70_000),
        Kind::Log => {
            let length = rng.random_range(0..300);
            call(sender, targets.logger, words(&[key], &random_bytes(rng, length)), 80_000)
        }
        Kind::Create => create(sender, contracts::creation(contracts::LOGGER)),
        Kind::Create2 => {
            let mut code = contracts::creation(contracts::WRITER).to_vec();
            // Code of its own: one salt and one code twice would collide.
            code.extend(random_bytes(rng, 16));
            call(sender, targets.factory, code.into(), 200_000)
        }
        Kind::CreateReverts => create(sender, Bytes::from_static(contracts::CREATION_REVERTS)),
        Kind::CreateRefused => create(sender, Bytes::from_static(contracts::CREATION_REFUSED)),
        Kind::Reverts => call(sender, targets.reverter, Bytes::new(), 60_000),
        Kind::Burns => call(sender, targets.burner, Bytes::new(), 60_000),
        Kind::Destroys => call(sender, targets.destructor, Bytes::new(), 60_000),
        Kind::Precompile => precompile(sender, targets, rng, fee),
        Kind::Large => {
            let length = rng.random_range(10_000..60_000);
            let input = random_bytes(rng, length);
            let to = address!("000000000000000000000000000000000000dead");
            call(sender, to, input.into(), 21_000 + 40 * length as u64)
        }
        Kind::SetCode => set_code(sender, targets, rng, fee),
        Kind::CallsDelegate => {
            let authority = targets.authorities[rng.random_range(0..AUTHORITIES)].address();
            call(sender, authority, words(&[key, word], &[]), 100_000)
        }
        Kind::Withdraws => {
            let length = rng.random_range(0..200);
            let input = initiateWithdrawalCall {
                target: Address::from(rng.random::<[u8; 20]>()),
                gasLimit: U256::from(100_000),
                data: random_bytes(rng, length).into(),
            };
            sender.dynamic(
                TxKind::Call(MESSAGE_PASSER),
                value,
                input.abi_encode().into(),
                300_000,
                fee,
            )
        }
    }
}

fn transfer_listed(
    sender: &mut Sender,
    targets: &Targets,
    value: U256,
    key: U256,
    fee: u128,
) -> Result<Bytes> {
    let list = AccessList(vec![
        AccessListItem {
            address: targets.writer,
            storage_keys: vec![B256::from(key), B256::from(key), B256::ZERO],
        },
        AccessListItem { address: targets.logger, storage_keys: Vec::new() },
    ]);
    let to = TxKind::Call(address!("000000000000000000000000000000000000beef"));
    sender.listed(to, value, Bytes::new(), 60_000, fee, list)
}

/// One of the precompiles with random input, valid for the hashes and empty answers for the rest.
fn precompile(
    sender: &mut Sender,
    targets: &Targets,
    rng: &mut StdRng,
    fee: u128,
) -> Result<Bytes> {
    const P256VERIFY: u64 = 0x100;
    let addresses = [1, 2, 3, 4, 5, 6, 7, 8, 9, 0x0b, 0x0d, 0x0f, 0x10, P256VERIFY];
    let number = addresses[rng.random_range(0..addresses.len())];
    let length = rng.random_range(0..200);
    // Modular exponentiation of random lengths would ask for gas beyond any limit.
    let rest = if number == 5 { vec![0; 96] } else { random_bytes(rng, length) };
    let input = words(&[U256::from(number)], &rest);
    sender.dynamic(TxKind::Call(targets.caller), U256::ZERO, input, 300_000, fee)
}

fn set_code(
    sender: &mut Sender,
    targets: &mut Targets,
    rng: &mut StdRng,
    fee: u128,
) -> Result<Bytes> {
    let codes = [targets.writer, targets.logger, targets.reverter, Address::ZERO];
    let mut list = Vec::new();
    let first = rng.random_range(0..AUTHORITIES);
    for offset in 0..rng.random_range(1..=3usize) {
        let code = codes[rng.random_range(0..codes.len())];
        // One in four is skipped for its nonce, as the protocol says; the transaction goes on.
        let ahead = u64::from(rng.random_range(0..4) == 0) * 7;
        let authority = &mut targets.authorities[(first + offset) % AUTHORITIES];
        list.push(authority.authorize(code, rng.random(), ahead)?);
    }
    sender.set_code(targets.logger, words(&[U256::from(first)], &[]), 250_000, fee, list)
}

fn random_bytes(rng: &mut StdRng, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    rng.fill(bytes.as_mut_slice());
    bytes
}
