//! The deployed contracts at work: a withdrawal from the L2 to the L1, by way of a permissioned
//! game, in two EVMs.

use super::*;
use crate::{
    abi::{
        IDisputeGameFactory, IFaultDisputeGame, IL1CrossDomainMessenger, IL1ERC721Bridge,
        IL1StandardBridge, IL2StandardBridge, IL2ToL1MessagePasser, IOptimismMintableERC20Factory,
        IOptimismPortal2, ISuperchainConfig,
    },
    genesis::{
        DEV_ACCOUNTS, Network, NetworkParams, Sandbox, TestCall, assemble, dev_index,
        predeploys::L2_STANDARD_BRIDGE, test_sandbox,
    },
    rollup::output_root,
    spec::{MESSAGE_PASSER, storage_root},
};
use alloy_primitives::keccak256;
use alloy_sol_types::{SolCall, SolEvent, SolValue};
use alloy_trie::{HashBuilder, Nibbles, proof::ProofRetainer};
use std::{collections::BTreeMap, sync::LazyLock};

static NETWORK: LazyLock<Network> = LazyLock::new(|| {
    let params = NetworkParams::development(1_700_000_000, "l3", 4242);
    assemble(&params).expect("development parameters")
});

const USER: Address = DEV_ACCOUNTS[0];
const PROPOSER: Address = DEV_ACCOUNTS[dev_index::L2_PROPOSER];
const ETHER: U256 = U256::from_limbs([1_000_000_000_000_000_000, 0, 0, 0]);

/// Proof that a withdrawal is in the message passer's storage, and that storage's root.
fn withdrawal_proof(storage: &BTreeMap<B256, B256>, withdrawal: B256) -> (B256, Vec<Bytes>) {
    let slot = keccak256((withdrawal, U256::ZERO).abi_encode());
    let mut leaves: Vec<_> = storage
        .iter()
        .map(|(slot, value)| (keccak256(slot), U256::from_be_bytes(value.0)))
        .collect();
    leaves.sort_unstable();
    let retainer = ProofRetainer::new(vec![Nibbles::unpack(keccak256(slot))]);
    let mut trie = HashBuilder::default().with_proof_retainer(retainer);
    for (key, value) in leaves {
        trie.add_leaf(Nibbles::unpack(key), &alloy_rlp::encode(value));
    }
    let root = trie.root();
    let nodes = trie.take_proof_nodes().into_nodes_sorted();
    (root, nodes.into_iter().map(|(_, node)| node).collect())
}

fn holds(chain: &mut Sandbox, check: &Check) -> bool {
    match check {
        Check::HasCode(address) => chain.has_code(*address),
        Check::Returns { to, input, output } => {
            let call = TestCall::new(Address::ZERO, *to, input.to_vec());
            chain.test_call(call).is_ok_and(|returned| returned == *output)
        }
    }
}

/// A resumed deployment relies on both: no check holds too early, every check holds in the end.
#[test]
fn checks_tell_a_step_that_is_done() {
    let mut params = NetworkParams::development(1_700_000_000, "l3", 4242).l2;
    params.roles.owner = DEV_ACCOUNTS[5];
    params.init_bond = U256::from(1);
    let plan = params.deployment(0, Anchor { output_root: B256::ZERO, block_number: 0 }).plan();
    let mut chain = Sandbox::new(900, 1_700_000_000);
    for (index, step) in plan.steps.iter().enumerate() {
        assert_eq!(step.nonce, index as u64);
        assert!(!holds(&mut chain, &step.check), "{} before it ran", step.label);
        chain.run(step).expect(step.label);
        assert!(holds(&mut chain, &step.check), "{} after it ran", step.label);
    }
}

#[test]
fn genesis_has_the_contracts_at_the_planned_addresses() {
    let params = NetworkParams::development(1_700_000_000, "l3", 4242).l2;
    let plan = params.deployment(0, crate::genesis::anchor(&NETWORK.l2)).plan();
    assert_eq!(plan.contracts, NETWORK.l2_contracts);
    let created = plan.steps.iter().filter_map(|step| step.creates);
    assert!(created.clone().all(|address| NETWORK.l1.genesis.alloc[&address].code.is_some()));
    assert_eq!(created.count(), 27);
}

#[test]
fn ownership_is_handed_over() {
    let mut params = NetworkParams::development(1_700_000_000, "l3", 4242);
    let owner = DEV_ACCOUNTS[5];
    params.l2.roles.owner = owner;
    let network = assemble(&params).expect("development parameters");
    let mut l1 = test_sandbox(&network.l1);
    let call = crate::abi::IProxyAdmin::ownerCall {}.abi_encode();
    for contract in [
        network.l2_contracts.proxy_admin,
        network.l2_contracts.dispute_game_factory,
        network.l2_contracts.system_config,
        network.l2_contracts.delayed_weth,
        network.l2_contracts.protocol_versions,
    ] {
        let output = l1.test_call(TestCall::new(Address::ZERO, contract, call.clone()));
        assert_eq!(output, Ok(owner.abi_encode().into()));
    }
}

#[test]
fn initialisers_run_once() {
    let mut l1 = test_sandbox(&NETWORK.l1);
    let to = NETWORK.l2_contracts;
    let zero = Address::ZERO;
    let calls: Vec<(Address, Vec<u8>)> = vec![
        (
            to.portal,
            IOptimismPortal2::initializeCall {
                disputeGameFactory: zero,
                systemConfig: zero,
                superchainConfig: zero,
                initialRespectedGameType: 0,
            }
            .abi_encode(),
        ),
        (
            to.superchain_config,
            ISuperchainConfig::initializeCall { guardian: USER, paused: true }.abi_encode(),
        ),
        (
            to.l1_standard_bridge,
            IL1StandardBridge::initializeCall {
                messenger: zero,
                superchainConfig: zero,
                systemConfig: zero,
            }
            .abi_encode(),
        ),
        (
            to.l1_cross_domain_messenger,
            IL1CrossDomainMessenger::initializeCall {
                superchainConfig: zero,
                portal: zero,
                systemConfig: zero,
            }
            .abi_encode(),
        ),
        (
            to.l1_erc721_bridge,
            IL1ERC721Bridge::initializeCall { messenger: zero, superchainConfig: zero }
                .abi_encode(),
        ),
        (
            to.erc20_factory,
            IOptimismMintableERC20Factory::initializeCall { bridge: USER }.abi_encode(),
        ),
        (to.dispute_game_factory, IDisputeGameFactory::initializeCall { owner: USER }.abi_encode()),
    ];
    for (contract, input) in calls {
        let error = l1.test_call(TestCall::new(USER, contract, input)).expect_err("refused");
        let reason = b"Initializable: contract is already initialized";
        assert!(error.windows(reason.len()).any(|part| part == reason), "{contract}");
    }
}

#[test]
fn only_the_proposer_creates_games() {
    let mut l1 = test_sandbox(&NETWORK.l1);
    l1.advance(2);
    let create = IDisputeGameFactory::createCall {
        gameType: PERMISSIONED_GAME,
        rootClaim: B256::repeat_byte(9),
        extraData: U256::from(1).abi_encode().into(),
    };
    let factory = NETWORK.l2_contracts.dispute_game_factory;
    assert!(l1.test_call(TestCall::new(USER, factory, create.abi_encode())).is_err());
    assert!(l1.test_call(TestCall::new(PROPOSER, factory, create.abi_encode())).is_ok());
}

#[test]
fn ether_is_withdrawn_through_a_permissioned_game() {
    let windows = Windows::DEVELOPMENT;
    let contracts = NETWORK.l2_contracts;
    let recipient = Address::repeat_byte(0xaa);

    // On the L2: the bridge passes a message.
    let mut l2 = test_sandbox(&NETWORK.l2);
    l2.advance(2);
    let bridge = IL2StandardBridge::bridgeETHToCall {
        to: recipient,
        minGasLimit: 200_000,
        extraData: Bytes::new(),
    };
    let call = TestCall::new(USER, L2_STANDARD_BRIDGE, bridge.abi_encode()).with_value(ETHER);
    l2.test_call(call).expect("the bridge takes ether");
    let message = l2
        .logs()
        .iter()
        .filter(|log| log.address == MESSAGE_PASSER)
        .find_map(|log| IL2ToL1MessagePasser::MessagePassed::decode_log(log).ok())
        .expect("a message");
    let storage = l2.storage(MESSAGE_PASSER);
    let (passer_root, proof) = withdrawal_proof(&storage, message.withdrawalHash);
    assert_eq!(passer_root, storage_root(&storage));
    let (state_root, block_hash) = (B256::repeat_byte(1), B256::repeat_byte(2));

    // On the L1: propose, prove, wait, resolve, wait, finalise.
    let mut l1 = test_sandbox(&NETWORK.l1);
    l1.advance(2);
    let create = IDisputeGameFactory::createCall {
        gameType: PERMISSIONED_GAME,
        rootClaim: output_root(state_root, passer_root, block_hash),
        extraData: U256::from(1).abi_encode().into(),
    };
    let created =
        l1.test_call(TestCall::new(PROPOSER, contracts.dispute_game_factory, create.abi_encode()));
    let game = Address::abi_decode(&created.expect("a game")).expect("its address");

    l1.advance(2);
    let withdrawal = IOptimismPortal2::WithdrawalTransaction {
        nonce: message.nonce,
        sender: message.sender,
        target: message.target,
        value: message.value,
        gasLimit: message.gasLimit,
        data: message.data.data.clone(),
    };
    let prove = IOptimismPortal2::proveWithdrawalTransactionCall {
        withdrawal: withdrawal.clone(),
        disputeGameIndex: U256::ZERO,
        outputRootProof: IOptimismPortal2::OutputRootProof {
            version: B256::ZERO,
            stateRoot: state_root,
            messagePasserStorageRoot: passer_root,
            latestBlockhash: block_hash,
        },
        withdrawalProof: proof,
    };
    l1.test_call(TestCall::new(USER, contracts.portal, prove.abi_encode())).expect("a proof");

    let resolve_claim =
        IFaultDisputeGame::resolveClaimCall { claimIndex: U256::ZERO, numToResolve: U256::ZERO };
    let resolve_claim = TestCall::new(USER, game, resolve_claim.abi_encode());
    assert!(l1.test_call(resolve_claim.clone()).is_err(), "the clock still runs");
    l1.advance(windows.max_clock_duration);
    l1.test_call(resolve_claim).expect("the clock has run out");
    let resolve = TestCall::new(USER, game, IFaultDisputeGame::resolveCall {}.abi_encode());
    let status = l1.test_call(resolve).expect("a result");
    assert_eq!(status, Bytes::from(U256::from(2).abi_encode()), "the defender wins");

    let finalize = IOptimismPortal2::finalizeWithdrawalTransactionCall { withdrawal };
    let finalize = TestCall::new(USER, contracts.portal, finalize.abi_encode());
    assert!(l1.test_call(finalize.clone()).is_err(), "too early");
    l1.advance(windows.proof_maturity_delay.max(windows.dispute_game_finality_delay) + 1);
    l1.test_call(finalize.clone()).expect("the windows have passed");
    assert_eq!(l1.balance(recipient), ETHER);
    assert!(l1.test_call(finalize).is_err(), "once only");
}
