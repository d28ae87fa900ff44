//! The rollup's own chain as kona's stages read it.

use std::sync::Arc;

use alloy_consensus_v1::BlockBody;
use alloy_primitives::B256;
use async_trait::async_trait;
use kona_derive::L2ChainProvider;
use kona_genesis::{RollupConfig, SystemConfig};
use kona_protocol::{BatchValidationProvider, L2BlockInfo, to_system_config};
use op_alloy_consensus_v0::{OpBlock, OpTxEnvelope, TxDeposit};

use super::{L2Head, L2View, error::SourceError, parent_source::header_v1};
use crate::parent::DEPOSIT_TYPE;

/// The rollup's canonical chain.
#[derive(Debug, Clone)]
pub(super) struct L2Source {
    pub(super) view: Arc<dyn L2View>,
    pub(super) config: Arc<RollupConfig>,
}

impl L2Source {
    fn head(&self, number: u64) -> Result<L2Head, SourceError> {
        self.view
            .head_by_number(number)
            .map_err(SourceError::Rollup)?
            .ok_or_else(|| SourceError::Rollup(format!("the rollup has no block {number}")))
    }

    /// A block and its origin, by number.
    pub(super) fn block_info(&self, number: u64) -> Result<L2BlockInfo, SourceError> {
        block_info(&self.head(number)?, &self.config)
    }

    /// The system configuration as of a block, by number.
    pub(super) fn system_config(&self, number: u64) -> Result<SystemConfig, SourceError> {
        let block = first_part(&self.head(number)?)?;
        to_system_config(&block, &self.config).map_err(|e| SourceError::Rollup(e.to_string()))
    }
}

/// A block and its origin.
pub(super) fn block_info(head: &L2Head, config: &RollupConfig) -> Result<L2BlockInfo, SourceError> {
    let block = first_part(head)?;
    L2BlockInfo::from_block_and_genesis(&block, &config.genesis)
        .map_err(|e| SourceError::Rollup(format!("block {}: {e}", head.hash)))
}

/// A block with its first transaction only, which is all that its origin and the system
/// configuration are read from.
fn first_part(head: &L2Head) -> Result<OpBlock, SourceError> {
    let malformed = |what: &str| SourceError::Rollup(format!("block {}: {what}", head.hash));
    let transactions = match &head.first_transaction {
        None => vec![],
        Some(raw) => {
            let (&ty, mut rlp) = raw.split_first().ok_or_else(|| malformed("empty transaction"))?;
            if ty != DEPOSIT_TYPE {
                return Err(malformed("the first transaction is no deposit"));
            }
            let tx = TxDeposit::rlp_decode(&mut rlp).map_err(|e| malformed(&e.to_string()))?;
            // Nothing here looks at the transaction's hash.
            vec![OpTxEnvelope::Deposit(alloy_primitives::Sealed::new_unchecked(tx, B256::ZERO))]
        }
    };
    let body = BlockBody { transactions, ommers: vec![], withdrawals: None };
    Ok(OpBlock { header: header_v1(&head.header)?, body })
}

#[async_trait]
impl BatchValidationProvider for L2Source {
    type Error = SourceError;

    async fn l2_block_info_by_number(&mut self, number: u64) -> Result<L2BlockInfo, SourceError> {
        self.block_info(number)
    }

    /// Asked for only by the checks that Holocene replaced.
    async fn block_by_number(&mut self, _: u64) -> Result<OpBlock, SourceError> {
        Err(SourceError::Unsupported("span batch checks from before Holocene".into()))
    }
}

#[async_trait]
impl L2ChainProvider for L2Source {
    type Error = SourceError;

    async fn system_config_by_number(
        &mut self,
        number: u64,
        _: Arc<RollupConfig>,
    ) -> Result<SystemConfig, SourceError> {
        self.system_config(number)
    }
}
