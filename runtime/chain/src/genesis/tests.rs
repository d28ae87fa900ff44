//! What a genesis must hold, read from its state and by calling its contracts.

use super::{predeploys::*, preinstalls::*, sandbox::TestCall, *};
use crate::{
    abi::{
        IAnchorStateRegistry, IGasPriceOracle, IL1StandardBridge, IL2CrossDomainMessenger,
        IL2StandardBridge, ISystemConfig,
    },
    artifacts,
    spec::MESSAGE_PASSER,
};
use alloy_primitives::{address, b256, keccak256};
use alloy_sol_types::{SolCall, SolValue, sol};
use std::sync::LazyLock;

const L3_CHAIN_ID: u64 = 202_402_181_627;

static NETWORK: LazyLock<Network> = LazyLock::new(|| {
    let params = NetworkParams::development(1_700_000_000, "l3", L3_CHAIN_ID);
    assemble(&params).expect("development parameters")
});

sol! {
    interface IProbe {
        function DOMAIN_SEPARATOR() external view returns (bytes32);
        function senderCreator() external view returns (address);
        function getDomainSeparatorV4() external view returns (bytes32);
        function version() external view returns (string);
    }
}

/// A state to call contracts in.
pub(crate) fn sandbox(spec: &ChainSpec) -> Sandbox {
    let mut sandbox = Sandbox::new(spec.chain_id(), spec.genesis.timestamp);
    for (address, account) in &spec.genesis.alloc {
        sandbox.insert(*address, account.clone());
    }
    sandbox
}

fn view<C: SolCall>(sandbox: &mut Sandbox, to: Address, call: &C) -> C::Return {
    let output = sandbox.test_call(TestCall::new(Address::ZERO, to, call.abi_encode()));
    C::abi_decode_returns(&output.expect("a view")).expect("its declared type")
}

#[test]
fn same_parameters_give_the_same_chains() {
    let params = NetworkParams::development(1_700_000_000, "l3", L3_CHAIN_ID);
    let again = assemble(&params).expect("development parameters");
    for (one, other) in
        [(&NETWORK.l1, &again.l1), (&NETWORK.l2, &again.l2), (&NETWORK.l3, &again.l3)]
    {
        assert_eq!(one.genesis_json(), other.genesis_json());
        assert_eq!(one.genesis_header(), other.genesis_header());
        assert_eq!(one.rollup, other.rollup);
    }
}

#[test]
fn state_root_is_that_of_the_plain_computation() {
    let alloc = NETWORK.l2.genesis.alloc.clone();
    let plain = alloy_trie::root::state_root_unhashed(alloc);
    assert_eq!(NETWORK.l2.genesis_header().state_root, plain);
}

#[test]
fn headers_have_the_fields_of_their_fork() {
    let l1 = NETWORK.l1.genesis_header();
    let empty = alloy_consensus::constants::EMPTY_WITHDRAWALS;
    assert_eq!((l1.withdrawals_root, l1.extra_data.len()), (Some(empty), 0));
    let l3 = NETWORK.l3.genesis_header();
    let passer = &NETWORK.l3.genesis.alloc[&MESSAGE_PASSER];
    let passer = passer.storage.as_ref().expect("the proxy's slots");
    assert_eq!(l3.withdrawals_root, Some(crate::spec::storage_root(passer)));
    assert_eq!(l3.extra_data.to_vec(), [0, 0, 0, 0, 250, 0, 0, 0, 6]);
    let requests = b256!("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_eq!((l1.requests_hash, l3.requests_hash), (Some(requests), Some(requests)));
    assert_eq!(l3.parent_beacon_block_root, Some(B256::ZERO));
}

#[test]
fn predeploys_are_proxies_of_the_admin() {
    let alloc = &NETWORK.l3.genesis.alloc;
    let mut implemented = 0;
    for index in 0..2048_u16 {
        let mut proxy = NAMESPACE;
        proxy[18..].copy_from_slice(&index.to_be_bytes());
        if proxy == WETH || index == 0x42 {
            continue;
        }
        let account = &alloc[&proxy];
        assert_eq!(account.code, Some(artifacts::PROXY.runtime_code()));
        let storage = account.storage.as_ref().expect("the admin");
        assert_eq!(storage[&ADMIN_SLOT], PROXY_ADMIN.into_word());
        if let Some(implementation) = storage.get(&IMPLEMENTATION_SLOT) {
            implemented += 1;
            let code = alloc[&Address::from_word(*implementation)].code.as_ref();
            assert!(code.is_some_and(|code| !code.is_empty()), "{proxy}");
        }
    }
    assert_eq!(implemented, 18);
    assert!(alloc[&WETH].code.is_some());
}

#[test]
fn isthmus_code_is_the_forks_own() {
    let alloc = &NETWORK.l2.genesis.alloc;
    for (address, hash) in [
        (
            address!("c0D3C0d3C0d3C0D3c0d3C0d3c0D3C0d3c0d30015"),
            kona_hardforks::Isthmus::L1_BLOCK_DEPLOYER_CODE_HASH,
        ),
        (
            address!("c0D3C0d3C0d3C0D3c0d3C0d3c0D3C0d3c0d3000f"),
            kona_hardforks::Isthmus::GAS_PRICE_ORACLE_CODE_HASH,
        ),
        (
            address!("c0D3C0d3C0d3C0D3c0d3C0d3c0D3C0d3c0d3001b"),
            kona_hardforks::Isthmus::OPERATOR_FEE_VAULT_CODE_HASH,
        ),
    ] {
        assert_eq!(alloc[&address].code_hash(), Some(hash));
    }
    let mut l2 = sandbox(&NETWORK.l2);
    assert!(view(&mut l2, GAS_PRICE_ORACLE, &IGasPriceOracle::isEcotoneCall {}));
    assert!(view(&mut l2, GAS_PRICE_ORACLE, &IGasPriceOracle::isFjordCall {}));
    assert!(view(&mut l2, GAS_PRICE_ORACLE, &IGasPriceOracle::isIsthmusCall {}));
}

#[test]
fn bridges_point_at_each_other() {
    for (child, contracts) in
        [(&NETWORK.l3, NETWORK.l3_contracts), (&NETWORK.l2, NETWORK.l2_contracts)]
    {
        let mut chain = sandbox(child);
        let bridge = view(&mut chain, L2_STANDARD_BRIDGE, &IL2StandardBridge::otherBridgeCall {});
        assert_eq!(bridge, contracts.l1_standard_bridge);
        let call = IL2CrossDomainMessenger::otherMessengerCall {};
        let messenger = view(&mut chain, L2_CROSS_DOMAIN_MESSENGER, &call);
        assert_eq!(messenger, contracts.l1_cross_domain_messenger);
    }
    let mut l1 = sandbox(&NETWORK.l1);
    let bridge = NETWORK.l2_contracts.l1_standard_bridge;
    let call = IL1StandardBridge::otherBridgeCall {};
    assert_eq!(view(&mut l1, bridge, &call), L2_STANDARD_BRIDGE);
}

#[test]
fn parent_holds_the_anchor_and_the_configuration() {
    for (parent, child, contracts) in [
        (&NETWORK.l1, &NETWORK.l2, NETWORK.l2_contracts),
        (&NETWORK.l2, &NETWORK.l3, NETWORK.l3_contracts),
    ] {
        let mut chain = sandbox(parent);
        let call = IAnchorStateRegistry::anchorsCall { gameType: 1 };
        let anchored = view(&mut chain, contracts.anchor_state_registry, &call);
        assert_eq!(anchored.root, anchor(child).output_root);
        let rollup = child.rollup.as_ref().expect("a rollup");
        assert_eq!(rollup.genesis.l1.hash, parent.genesis_hash());
        assert_eq!(rollup.genesis.l2.hash, child.genesis_hash());
        assert_eq!(rollup.l1_chain_id, parent.chain_id());
        let system = rollup.l1_system_config_address;
        let scalar = view(&mut chain, system, &ISystemConfig::scalarCall {});
        assert_eq!(B256::from(scalar), rollup.genesis.system_config.scalar);
        let batcher = view(&mut chain, system, &ISystemConfig::batcherHashCall {});
        assert_eq!(batcher, rollup.genesis.system_config.batcher_address.into_word());
        let inbox = view(&mut chain, system, &ISystemConfig::batchInboxCall {});
        assert_eq!(inbox, rollup.batch_inbox_address);
        let json: RollupConfig = serde_json::from_str(&rollup.rollup_json()).expect("own output");
        assert_eq!(&json, rollup);
    }
}

/// The published addresses come from the deterministic deployer, so they prove the creation code.
#[test]
fn entry_points_are_the_published_ones() {
    let deployer = address!("4e59b44847b379578588920cA78FbF26c0B4956C");
    for (entry_point, artifact, salt) in [
        (
            ENTRY_POINT_V07,
            artifacts::ENTRY_POINT_V07,
            b256!("90d8084deab30c2a37c45e8d47f49f2f7965183cb6990a98943ef94940681de3"),
        ),
        (
            ENTRY_POINT_V08,
            artifacts::ENTRY_POINT_V08,
            b256!("0a59dbff790c23c976a548690c27297883cc66b4c67024f9117b0238995e35e9"),
        ),
    ] {
        let created = deployer.create2_from_code(salt, artifact.creation);
        assert_eq!(created, entry_point, "{}", artifact.name);
        let account = &NETWORK.l3.genesis.alloc[&entry_point];
        assert_eq!(account.nonce, Some(2), "it created its sender creator");
        assert!(NETWORK.l3.genesis.alloc[&entry_point.create(1)].code.is_some());
    }
    let mut l3 = sandbox(&NETWORK.l3);
    let creator = view(&mut l3, ENTRY_POINT_V08, &IProbe::senderCreatorCall {});
    assert_eq!(creator, ENTRY_POINT_V08.create(1));
    let separator = view(&mut l3, ENTRY_POINT_V08, &IProbe::getDomainSeparatorV4Call {});
    let domain: &[u8] =
        b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";
    let domain = (
        keccak256(domain),
        keccak256("ERC4337"),
        keccak256("1"),
        U256::from(L3_CHAIN_ID),
        ENTRY_POINT_V08,
    );
    assert_eq!(separator, keccak256(domain.abi_encode()));
}

#[test]
fn permit2_knows_its_chain() {
    let domain: &[u8] = b"EIP712Domain(string name,uint256 chainId,address verifyingContract)";
    let domain = (keccak256(domain), keccak256("Permit2"), U256::from(L3_CHAIN_ID), PERMIT2);
    let mut l3 = sandbox(&NETWORK.l3);
    let separator = view(&mut l3, PERMIT2, &IProbe::DOMAIN_SEPARATORCall {});
    assert_eq!(separator, keccak256(domain.abi_encode()));
    // Permit2 computes it anew where the chain id is not the one in its code.
    let code = NETWORK.l3.genesis.alloc[&PERMIT2].code.as_ref().expect("code");
    assert!(code.windows(32).any(|word| word == separator.as_slice()));
}

#[test]
fn user_accounts_are_added_and_the_deployer_keeps_its_nonce() {
    let user = address!("00000000000000000000000000000000000055e2");
    let mut params = NetworkParams::development(1, "l3", 5);
    params.l1.alloc.insert(user, GenesisAccount::default().with_balance(U256::from(7)));
    let network = assemble(&params).expect("development parameters");
    assert_eq!(network.l1.genesis.alloc[&user].balance, U256::from(7));
    let deployer = DEV_ACCOUNTS[dev_index::DEPLOYER];
    let steps = params.l2.deployment(0, Anchor::default()).plan().steps.len() as u64;
    assert_eq!(network.l1.genesis.alloc[&deployer].nonce, Some(steps));
    assert_eq!(network.l1.genesis.alloc[&deployer].balance, DEV_BALANCE);
}

#[test]
fn configuration_files_have_only_fields_that_geth_knows() {
    let config = |spec: &ChainSpec| {
        let json: serde_json::Value =
            serde_json::from_str(&spec.chain_config_json()).expect("own output");
        json["config"].as_object().expect("an object").clone()
    };
    for spec in [&NETWORK.l1, &NETWORK.l2, &NETWORK.l3] {
        let config = config(spec);
        assert!(!config.contains_key("terminalTotalDifficultyPassed"));
        assert_eq!(config["terminalTotalDifficulty"], 0);
        assert_eq!(config["chainId"], spec.chain_id());
        assert_eq!(config.contains_key("blobSchedule"), !spec.is_rollup());
        assert_eq!(config.contains_key("isthmusTime"), spec.is_rollup());
    }
    assert_eq!(config(&NETWORK.l3)["optimism"]["eip1559DenominatorCanyon"], 250);
    assert_eq!(config(&NETWORK.l1)["blobSchedule"]["prague"]["max"], 9);
}

#[test]
fn bad_parameters_are_refused() {
    let params = NetworkParams::development(1, "l3", 900);
    assert!(matches!(assemble(&params), Err(GenesisError::ChainIds { .. })));
    let params = NetworkParams::development(0, "l3", 5);
    assert!(matches!(assemble(&params), Err(GenesisError::Timestamp)));
    let mut params = NetworkParams::development(1, "l3", 5);
    params.l3.windows.clock_extension = params.l3.windows.max_clock_duration + 1;
    let error = assemble(&params).expect_err("the game refuses it").to_string();
    assert!(error.contains("PermissionedDisputeGame"), "{error}");
}

#[test]
fn rollup_for_a_live_parent_starts_at_its_nonce() {
    let params = NetworkParams::development(1_700_000_000, "l3", L3_CHAIN_ID).l3;
    let parent = ParentAnchor {
        chain_id: 2777,
        block: BlockId { hash: B256::repeat_byte(7), number: 42 },
        timestamp: 1_700_000_084,
        deployer_nonce: 9,
    };
    let rollup = assemble_rollup(&params, &parent).expect("development parameters");
    assert_eq!(rollup.plan.steps[0].nonce, 9);
    assert_ne!(rollup.plan.contracts, NETWORK.l3_contracts);
    let config = rollup.spec.rollup.as_ref().expect("a rollup");
    assert_eq!(config.genesis.l1, parent.block);
    assert_eq!(config.genesis.l2_time, parent.timestamp);
    assert_eq!(config.deposit_contract_address, rollup.plan.contracts.portal);
}

/// A start of all three tiers must not be felt. The bound is wide for busy machines.
#[test]
fn assembly_is_fast() {
    let params = NetworkParams::development(1_700_000_000, "l3", L3_CHAIN_ID);
    let best = (0..5)
        .map(|_| {
            let start = std::time::Instant::now();
            assemble(&params).expect("development parameters");
            start.elapsed()
        })
        .min();
    let fast = best.is_some_and(|best| cfg!(debug_assertions) || best.as_millis() < 100);
    assert!(fast, "assembled in {best:?}");
}
