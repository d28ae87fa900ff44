//! Contracts that tools expect at fixed addresses on every chain.
//!
//! Spec: <https://specs.optimism.io/protocol/preinstalls.html>

use super::{GenesisError, sandbox::Sandbox};
use crate::artifacts::{self, Artifact};
use alloy_primitives::{Address, B256, U256, address, keccak256};
use alloy_sol_types::SolValue;

/// Signature transfers for tokens.
pub const PERMIT2: Address = address!("000000000022D473030F116dDEE9F6B43aC78BA3");

/// ERC-4337 entry point of version 0.6.
pub const ENTRY_POINT_V06: Address = address!("5FF137D4b0FDCD49DcA30c7CF57E578a026d2789");

/// ERC-4337 entry point of version 0.7.
pub const ENTRY_POINT_V07: Address = address!("0000000071727De22E5E9d8BAf0edAc6f37da032");

/// ERC-4337 entry point of version 0.8.
pub const ENTRY_POINT_V08: Address = address!("4337084D9E255Ff0702461CF8895CE9E3b5Ff108");

/// Code that is the same on every chain.
const FIXED: [(Address, Artifact); 10] = [
    (address!("cA11bde05977b3631167028862bE2a173976CA11"), artifacts::PREINSTALL_MULTI_CALL3),
    (address!("13b0D85CcB8bf860b6b79AF3029fCA081AE9beF2"), artifacts::PREINSTALL_CREATE2_DEPLOYER),
    (address!("69f4D1788e39c87893C980c06EdF4b7f686e2938"), artifacts::PREINSTALL_SAFE_V130),
    (address!("fb1bffC9d739B8D520DaF37dF666da4C687191EA"), artifacts::PREINSTALL_SAFE_L2_V130),
    (
        address!("A1dabEF33b3B82c7814B6D82A79e50F4AC44102B"),
        artifacts::PREINSTALL_MULTI_SEND_CALL_ONLY_V130,
    ),
    (
        address!("914d7Fec6aaC8cd542e72Bca78B30650d45643d7"),
        artifacts::PREINSTALL_SAFE_SINGLETON_FACTORY,
    ),
    (
        address!("4e59b44847b379578588920cA78FbF26c0B4956C"),
        artifacts::PREINSTALL_DETERMINISTIC_DEPLOYMENT_PROXY,
    ),
    (address!("998739BFdAAdde7C933B942a68053933098f9EDa"), artifacts::PREINSTALL_MULTI_SEND_V130),
    (address!("7fc98430eAEdbb6070B35B39D798725049088348"), artifacts::PREINSTALL_SENDER_CREATOR),
    (ENTRY_POINT_V06, artifacts::PREINSTALL_ENTRY_POINT),
];

/// Where Permit2's code holds the chain id and the domain separator, in bytes.
const PERMIT2_CHAIN_ID: usize = 6945;
const PERMIT2_DOMAIN_SEPARATOR: usize = 6983;

pub(super) fn install(sandbox: &mut Sandbox, chain_id: u64) -> Result<(), GenesisError> {
    for (address, artifact) in FIXED {
        sandbox.etch(address, artifact.runtime_code());
    }
    sandbox.etch(PERMIT2, permit2(chain_id).into());
    let (v07, v08) = (artifacts::ENTRY_POINT_V07, artifacts::ENTRY_POINT_V08);
    sandbox.construct("EntryPoint v0.7", ENTRY_POINT_V07, v07.init_code())?;
    sandbox.construct("EntryPoint v0.8", ENTRY_POINT_V08, v08.init_code())
}

/// Permit2's code with the immutables of this chain.
fn permit2(chain_id: u64) -> Vec<u8> {
    let chain_id = U256::from(chain_id);
    let domain: &[u8] = b"EIP712Domain(string name,uint256 chainId,address verifyingContract)";
    let domain = (keccak256(domain), keccak256("Permit2"), chain_id, PERMIT2);
    let separator: B256 = keccak256(domain.abi_encode());
    let mut code = artifacts::PREINSTALL_PERMIT2_TEMPLATE.runtime.to_vec();
    code[PERMIT2_CHAIN_ID..][..32].copy_from_slice(&chain_id.to_be_bytes::<32>());
    code[PERMIT2_DOMAIN_SEPARATOR..][..32].copy_from_slice(separator.as_slice());
    code
}
