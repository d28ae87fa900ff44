//! Gas and fees.

use alloy_primitives::U256;

use crate::parent::Fees;

/// Gas of any transaction.
const BASE: u64 = 21_000;
/// Gas a token of calldata costs beside execution, and alone (EIP-7623). A zero byte is one token,
/// any other byte four.
const STANDARD_TOKEN: u64 = 4;
const FLOOR_TOKEN: u64 = 10;

/// Gas limit of a transaction that carries `data` to an account without code.
///
/// <https://eips.ethereum.org/EIPS/eip-7623>
#[must_use]
pub fn calldata_gas(data: &[u8]) -> u64 {
    let zeros = data.iter().filter(|byte| **byte == 0).count() as u64;
    let tokens = zeros + 4 * (data.len() as u64 - zeros);
    BASE + tokens * STANDARD_TOKEN.max(FLOOR_TOKEN)
}

/// What a transaction offers, in wei a gas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer {
    /// `maxFeePerGas`.
    pub max_fee: u128,
    /// `maxPriorityFeePerGas`.
    pub tip: u128,
}

impl Offer {
    /// Twice the base fee and the tip on top: enough for six full blocks in a row.
    #[must_use]
    pub fn from_fees(fees: Fees) -> Self {
        let tip = fees.priority_fee.max(1);
        Self { max_fee: fees.base_fee.saturating_mul(2).saturating_add(tip), tip }
    }

    /// An offer that replaces `self` in a pool (each part at least `percent` % higher) and is no
    /// lower than what is asked `now`.
    #[must_use]
    pub fn bumped(self, percent: u32, now: Self) -> Self {
        let bump = |old: u128, now: u128| {
            let raised = old.saturating_add((old * u128::from(percent)).div_ceil(100)).max(old + 1);
            raised.max(now)
        };
        let tip = bump(self.tip, now.tip);
        Self { max_fee: bump(self.max_fee, now.max_fee).max(tip), tip }
    }

    /// The most the gas of a transaction can cost, in wei.
    #[must_use]
    pub fn cost(&self, gas: u64) -> U256 {
        U256::from(self.max_fee) * U256::from(gas)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calldata_pays_the_floor() {
        assert_eq!(calldata_gas(&[]), 21_000);
        assert_eq!(calldata_gas(&[0, 0]), 21_020);
        assert_eq!(calldata_gas(&[1, 0]), 21_050);
        assert_eq!(calldata_gas(&[0xff; 1000]), 61_000);
    }

    #[test]
    fn a_bump_is_accepted_as_replacement() {
        let old = Offer { max_fee: 1_000, tip: 1 };
        let same = Offer { max_fee: 10, tip: 1 };
        assert_eq!(old.bumped(10, same), Offer { max_fee: 1_100, tip: 2 });
        let higher = Offer { max_fee: 5_000, tip: 700 };
        assert_eq!(old.bumped(10, higher), higher);
    }
}
