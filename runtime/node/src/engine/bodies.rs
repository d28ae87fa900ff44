//! `engine_getPayloadBodies…V1`.
//!
//! Specification: <https://github.com/ethereum/execution-apis/blob/main/src/engine/shanghai.md>.

use super::{Engine, EngineError};
use crate::block::ExecutedBlock;
use alloy_primitives::B256;
use alloy_rpc_types_engine::ExecutionPayloadBodyV1;

/// The most bodies in one answer.
const MOST: usize = 1024;

impl Engine {
    /// The bodies of the blocks with these hashes, `None` for each that is not known.
    pub(super) fn bodies_by_hash(
        &self,
        hashes: &[B256],
    ) -> Result<Vec<Option<ExecutionPayloadBodyV1>>, EngineError> {
        check_count(hashes.len() as u64)?;
        hashes.iter().map(|hash| Ok(self.chain.block_by_hash(*hash)?.map(body))).collect()
    }

    /// The bodies of `count` canonical blocks from number `start` on, up to the newest.
    pub(super) fn bodies_by_range(
        &self,
        start: u64,
        count: u64,
    ) -> Result<Vec<Option<ExecutionPayloadBodyV1>>, EngineError> {
        if start == 0 || count == 0 {
            let reason = format!("invalid start or count, start: {start}, count: {count}");
            return Err(EngineError::Params(reason));
        }
        check_count(count)?;
        let last = self.chain.heads().latest.number.min(start.saturating_add(count - 1));
        (start..=last).map(|number| Ok(self.chain.block_by_number(number)?.map(body))).collect()
    }
}

fn check_count(count: u64) -> Result<(), EngineError> {
    if count > MOST as u64 {
        return Err(EngineError::TooLarge(format!("requested {count} bodies, limit {MOST}")));
    }
    Ok(())
}

fn body(block: ExecutedBlock) -> ExecutionPayloadBodyV1 {
    ExecutionPayloadBodyV1 { transactions: block.raw_transactions(), withdrawals: Some(Vec::new()) }
}
