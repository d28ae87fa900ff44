//! The bytecode that deployments and genesis states are made of, embedded by `build.rs`.
//!
//! Sources: contracts-bedrock 0.17.3, the ERC-4337 entry points, and `contracts/` of this crate.

use alloy_primitives::Bytes;
use alloy_sol_types::SolValue;

const BLOB: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/contracts.bin"));

include!(concat!(env!("OUT_DIR"), "/contracts.rs"));

/// The part of the blob that holds one piece of code.
const fn slice(offset: usize, len: usize) -> &'static [u8] {
    BLOB.split_at(offset).1.split_at(len).0
}

/// A compiled contract.
#[derive(Clone, Copy, Debug)]
pub struct Artifact {
    /// Name of the contract.
    pub name: &'static str,
    /// Code that a creation runs; constructor arguments follow it. Empty for a preinstall, of which
    /// only the deployed code is known.
    pub creation: &'static [u8],
    /// Code that a creation leaves behind, with zeros in place of immutables.
    pub runtime: &'static [u8],
}

impl Artifact {
    /// Code to create the contract without constructor arguments.
    pub const fn init_code(&self) -> Bytes {
        Bytes::from_static(self.creation)
    }

    /// Code to create the contract with a tuple of constructor arguments.
    pub fn init_code_with<T: SolValue>(&self, arguments: &T) -> Bytes
    where
        for<'a> <T::SolType as alloy_sol_types::SolType>::Token<'a>:
            alloy_sol_types::abi::TokenSeq<'a>,
    {
        [self.creation, &arguments.abi_encode_params()].concat().into()
    }

    /// Deployed code of a contract without immutables.
    pub const fn runtime_code(&self) -> Bytes {
        Bytes::from_static(self.runtime)
    }
}
