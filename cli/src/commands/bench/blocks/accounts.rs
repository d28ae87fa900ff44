//! Very many accounts whose keys are known.

use alloy_genesis::GenesisAccount;
use alloy_primitives::{Address, B256, U256};
use alloy_signer_local::PrivateKeySigner;
use k256::{
    AffinePoint, ProjectivePoint,
    elliptic_curve::{group::Curve, sec1::ToEncodedPoint},
};

/// The key of the first account, as a number; the next ones follow it.
const FIRST_KEY: u64 = 1 << 32;

/// Points that are brought to affine form together.
const CHUNK: usize = 4_096;

/// Accounts whose keys are consecutive numbers, so that each address takes one point addition.
pub(super) struct Accounts(Vec<Address>);

impl Accounts {
    /// So many accounts.
    pub(super) fn new(count: u64) -> Self {
        let mut addresses = Vec::with_capacity(count as usize);
        let mut next = ProjectivePoint::GENERATOR * k256::Scalar::from(FIRST_KEY);
        while addresses.len() < count as usize {
            let points: Vec<ProjectivePoint> = (0..CHUNK.min(count as usize - addresses.len()))
                .map(|_| {
                    let point = next;
                    next += ProjectivePoint::GENERATOR;
                    point
                })
                .collect();
            let mut affine = vec![AffinePoint::IDENTITY; points.len()];
            ProjectivePoint::batch_normalize(&points, &mut affine);
            addresses.extend(affine.iter().map(|point| {
                Address::from_raw_public_key(&point.to_encoded_point(false).as_bytes()[1..])
            }));
        }
        Self(addresses)
    }

    /// How many there are.
    pub(super) const fn len(&self) -> u64 {
        self.0.len() as u64
    }

    /// The address of one of them.
    pub(super) fn address(&self, index: u64) -> Address {
        self.0[index as usize]
    }

    /// The key of one of them.
    pub(super) fn signer(index: u64) -> PrivateKeySigner {
        let key = B256::from(U256::from(FIRST_KEY + index));
        PrivateKeySigner::from_bytes(&key).expect("a small number is a private key")
    }

    /// All of them with a thousand ether each.
    pub(super) fn alloc(&self) -> impl Iterator<Item = (Address, GenesisAccount)> {
        let balance = U256::from(10).pow(U256::from(21));
        self.0
            .iter()
            .map(move |address| (*address, GenesisAccount::default().with_balance(balance)))
    }
}

/// Numbers that look random and are the same in every run (splitmix64).
pub(super) struct Random(u64);

impl Random {
    /// Begins at `seed`.
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number below `bound`.
    pub(super) const fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_is_of_its_key() {
        let accounts = Accounts::new(5_000);
        for index in [0, 1, 4_095, 4_096, 4_999] {
            assert_eq!(accounts.address(index), Accounts::signer(index).address(), "{index}");
        }
        assert_eq!(accounts.len(), 5_000);
    }
}
