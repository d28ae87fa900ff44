//! What a network is made from.

use crate::{
    deploy::{Anchor, DeployParams, Roles, Windows},
    rollup::{Eip1559Params, SystemConfig},
    spec::{INITIAL_BASE_FEE, Role},
};
use alloy_genesis::GenesisAccount;
use alloy_primitives::{Address, U256, address};
use std::collections::BTreeMap;

/// Accounts of the mnemonic `test test test test test test test test test test test junk` at
/// `m/44'/60'/0'/0/i`. Everybody knows their keys: for networks without value only.
pub const DEV_ACCOUNTS: [Address; 20] = [
    address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266"),
    address!("70997970C51812dc3A010C7d01b50e0d17dc79C8"),
    address!("3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"),
    address!("90F79bf6EB2c4f870365E785982E1f101E93b906"),
    address!("15d34AAf54267DB7D7c367839AAf71A00a2C6A65"),
    address!("9965507D1a55bcC2695C58ba16FB37d819B0A4dc"),
    address!("976EA74026E726554dB657fA54763abd0C3a0aa9"),
    address!("14dC79964da2C08b23698B3D3cc7Ca32193d9955"),
    address!("23618e81E3f5cdF7f54C3d65f7FBc0aBf5B21E8f"),
    address!("a0Ee7A142d267C1f36714E4a8F75612F20a79720"),
    address!("Bcd4042DE499D14e55001CcbB24a551F3b954096"),
    address!("71bE63f3384f5fb98995898A86B02Fb2426c5788"),
    address!("FABB0ac9d68B0B445fB7357272Ff202C5651694a"),
    address!("1CBd3b2770909D4e10f157cABC84C7264073C9Ec"),
    address!("dF3e18d64BC6A983f673Ab319CCaE4f1a57C7097"),
    address!("cd3B766CCDd6AE721141F452C550Ca635964ce71"),
    address!("2546BcD3c84621e976D8185a91A922aE77ECEc30"),
    address!("bDA5747bFD65F08deb54cb465eB87D40e51B197E"),
    address!("dD2FD4581271e230360230F9337D5c0430Bf44C0"),
    address!("8626f6940E2eb28930eFb4CeF49B2d1F2C9C1199"),
];

/// Indices in [`DEV_ACCOUNTS`] of the accounts that services use. The first ten are people's.
pub mod dev_index {
    /// Deploys and owns the contracts.
    pub const DEPLOYER: usize = 10;
    /// Sends the L2's batches to the L1.
    pub const L2_BATCHER: usize = 11;
    /// Proposes the L2's outputs on the L1.
    pub const L2_PROPOSER: usize = 12;
    /// Challenges them.
    pub const L2_CHALLENGER: usize = 13;
    /// Sends the L3's batches to the L2.
    pub const L3_BATCHER: usize = 14;
    /// Proposes the L3's outputs on the L2.
    pub const L3_PROPOSER: usize = 15;
    /// Challenges them.
    pub const L3_CHALLENGER: usize = 16;
    /// Signs the L2's unsafe blocks.
    pub const L2_SEQUENCER: usize = 17;
    /// Signs the L3's unsafe blocks.
    pub const L3_SEQUENCER: usize = 18;
}

/// What a development account starts with: 10,000 ether.
pub const DEV_BALANCE: U256 = U256::from_limbs([0x19e0_c9ba_b240_0000, 0x21e, 0, 0]);

/// The three chains of a local network.
#[derive(Clone, Debug)]
pub struct NetworkParams {
    /// Time of the three genesis blocks, in seconds since the epoch. Not zero.
    pub timestamp: u64,
    /// The settlement layer.
    pub l1: L1Params,
    /// The rollup on it.
    pub l2: RollupParams,
    /// The rollup on the L2.
    pub l3: RollupParams,
}

/// The settlement layer.
#[derive(Clone, Debug)]
pub struct L1Params {
    /// Name for people and folders.
    pub name: String,
    /// Chain id.
    pub chain_id: u64,
    /// Seconds between blocks.
    pub block_time: u64,
    /// Gas limit of a block.
    pub gas_limit: u64,
    /// Base fee of the first block, in wei.
    pub base_fee: u64,
    /// Accounts beside those of the protocol.
    pub alloc: BTreeMap<Address, GenesisAccount>,
}

/// A rollup.
#[derive(Clone, Debug)]
pub struct RollupParams {
    /// Name for people and folders.
    pub name: String,
    /// [`Role::L2`] or [`Role::L3`].
    pub role: Role,
    /// Chain id; all of 64 bits may be used.
    pub chain_id: u64,
    /// Seconds between blocks; not more than the parent's.
    pub block_time: u64,
    /// Gas limit of a block: 21 to 200 million.
    pub gas_limit: u64,
    /// Base fee of the first block, in wei.
    pub base_fee: u64,
    /// How the base fee follows the use of gas.
    pub eip1559: Eip1559Params,
    /// Share of the parent's base fee in the data fee (Ecotone scalar).
    pub base_fee_scalar: u32,
    /// Share of the parent's blob base fee in the data fee (Ecotone scalar).
    pub blob_base_fee_scalar: u32,
    /// Operator fee per million gas, in wei.
    pub operator_fee_scalar: u32,
    /// Operator fee per transaction, in wei.
    pub operator_fee_constant: u64,
    /// Blocks of the parent within which an origin's batches must appear.
    pub seq_window_size: u64,
    /// Bond of a new dispute game, in wei.
    pub init_bond: U256,
    /// The accounts in charge.
    pub roles: Roles,
    /// The waiting times on the parent.
    pub windows: Windows,
    /// Accounts beside those of the protocol.
    pub alloc: BTreeMap<Address, GenesisAccount>,
}

impl NetworkParams {
    /// A network for development: known accounts, short windows, an L3 of this name and chain id.
    pub fn development(timestamp: u64, l3_name: impl Into<String>, l3_chain_id: u64) -> Self {
        let role_accounts = |batcher, proposer, challenger, sequencer| Roles {
            deployer: DEV_ACCOUNTS[dev_index::DEPLOYER],
            owner: DEV_ACCOUNTS[dev_index::DEPLOYER],
            guardian: DEV_ACCOUNTS[dev_index::DEPLOYER],
            batcher: DEV_ACCOUNTS[batcher],
            proposer: DEV_ACCOUNTS[proposer],
            challenger: DEV_ACCOUNTS[challenger],
            sequencer: DEV_ACCOUNTS[sequencer],
            fee_recipient: DEV_ACCOUNTS[dev_index::DEPLOYER],
        };
        let l2 = role_accounts(
            dev_index::L2_BATCHER,
            dev_index::L2_PROPOSER,
            dev_index::L2_CHALLENGER,
            dev_index::L2_SEQUENCER,
        );
        let l3 = role_accounts(
            dev_index::L3_BATCHER,
            dev_index::L3_PROPOSER,
            dev_index::L3_CHALLENGER,
            dev_index::L3_SEQUENCER,
        );
        Self {
            timestamp,
            l1: L1Params {
                name: "l1".into(),
                chain_id: 900,
                block_time: 2,
                gas_limit: 60_000_000,
                base_fee: INITIAL_BASE_FEE,
                alloc: dev_alloc(&[l2.deployer, l2.batcher, l2.proposer, l2.challenger]),
            },
            l2: RollupParams {
                alloc: dev_alloc(&[l3.deployer, l3.batcher, l3.proposer, l3.challenger]),
                ..RollupParams::new("gm-network", Role::L2, 2777, l2, Windows::DEVELOPMENT)
            },
            l3: RollupParams {
                alloc: dev_alloc(&[]),
                ..RollupParams::new(l3_name, Role::L3, l3_chain_id, l3, Windows::DEVELOPMENT)
            },
        }
    }
}

/// The ten accounts of people, and services, funded with [`DEV_BALANCE`].
pub fn dev_alloc(services: &[Address]) -> BTreeMap<Address, GenesisAccount> {
    let funded = GenesisAccount::default().with_balance(DEV_BALANCE);
    DEV_ACCOUNTS[..10].iter().chain(services).map(|address| (*address, funded.clone())).collect()
}

impl RollupParams {
    /// A rollup with the fees and sizes of OP Mainnet and no account of its own.
    pub fn new(
        name: impl Into<String>,
        role: Role,
        chain_id: u64,
        roles: Roles,
        windows: Windows,
    ) -> Self {
        Self {
            name: name.into(),
            role,
            chain_id,
            block_time: 2,
            gas_limit: 60_000_000,
            base_fee: INITIAL_BASE_FEE,
            eip1559: Eip1559Params::default(),
            base_fee_scalar: 1368,
            blob_base_fee_scalar: 810_949,
            operator_fee_scalar: 0,
            operator_fee_constant: 0,
            seq_window_size: 3600,
            init_bond: U256::ZERO,
            roles,
            windows,
            alloc: BTreeMap::new(),
        }
    }

    /// The deployment of this rollup's contracts from a nonce of its deployer.
    pub const fn deployment(&self, start_nonce: u64, anchor: Anchor) -> DeployParams {
        DeployParams {
            chain_id: self.chain_id,
            start_nonce,
            roles: self.roles,
            windows: self.windows,
            gas_limit: self.gas_limit,
            base_fee_scalar: self.base_fee_scalar,
            blob_base_fee_scalar: self.blob_base_fee_scalar,
            init_bond: self.init_bond,
            anchor,
        }
    }

    /// The initial system configuration, as derivation sees it.
    pub fn system_config(&self) -> SystemConfig {
        SystemConfig {
            batcher_address: self.roles.batcher,
            scalar: SystemConfig::ecotone_scalar(self.base_fee_scalar, self.blob_base_fee_scalar),
            gas_limit: self.gas_limit,
            eip1559_params: self.eip1559.to_b64(),
            operator_fee_params: SystemConfig::operator_fee_params(
                self.operator_fee_scalar,
                self.operator_fee_constant,
            ),
            ..Default::default()
        }
    }
}
