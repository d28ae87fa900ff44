//! Comparing what two nodes say about one chain.

use crate::error::{Error, Result};
use crate::rpc::Rpc;
use alloy_primitives::B256;
use std::ops::RangeInclusive;
use std::time::Duration;

/// Blocks whose hashes are held at a time.
const STEP: u64 = 500;

/// Checks that both nodes have the same hash for every block of the range, and returns the last one.
///
/// # Errors
/// [`Error::Differs`] with the first block that differs, or a failed request.
pub async fn same_hashes(left: &Rpc, right: &Rpc, range: RangeInclusive<u64>) -> Result<B256> {
    let (mut from, to) = range.into_inner();
    let mut last = B256::ZERO;
    while from <= to {
        let end = to.min(from + STEP - 1);
        let ours = left.block_hashes(from..=end).await?;
        let theirs = right.block_hashes(from..=end).await?;
        for (number, (ours, theirs)) in (from..=end).zip(ours.iter().zip(&theirs)) {
            if ours != theirs {
                return Err(Error::Differs {
                    number,
                    left: left.url().to_owned(),
                    left_hash: ours.to_string(),
                    right: right.url().to_owned(),
                    right_hash: theirs.to_string(),
                });
            }
            last = *ours;
        }
        from = end + 1;
    }
    Ok(last)
}

/// Waits until `follower` has derived `number` as safe, then checks every hash from genesis to it.
///
/// # Errors
/// [`Error::Timeout`] after `deadline`, or [`Error::Differs`].
pub async fn derived_equally(
    leader: &Rpc,
    follower: &Rpc,
    number: u64,
    deadline: Duration,
) -> Result<B256> {
    follower.wait_block("safe", number, deadline).await?;
    same_hashes(leader, follower, 0..=number).await
}
