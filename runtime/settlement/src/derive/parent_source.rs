//! The parent as kona's stages read it.

use std::sync::Arc;

use alloy_consensus_v1::{Eip658Value, Header, Receipt, TxEnvelope};
use alloy_eips_v1::eip2718::Decodable2718;
use alloy_primitives::{Address, B256, Log, LogData};
use alloy_rlp::{Decodable, Encodable};
use async_trait::async_trait;
use kona_derive::ChainProvider;
use kona_genesis::{CONFIG_UPDATE_TOPIC, SystemConfig};
use kona_protocol::BlockInfo;

use super::error::SourceError;
use crate::parent::{DEPOSIT_TYPE, Parent, ParentReceipt};

/// The parent, of whose logs those of one `SystemConfig` contract are checked.
#[derive(Debug, Clone)]
pub(super) struct ParentSource {
    pub(super) parent: Arc<dyn Parent>,
    pub(super) system_config: Address,
}

/// Carries a header from this workspace's alloy to kona's, as RLP.
pub(super) fn header_v1(header: &alloy_consensus::Header) -> Result<Header, SourceError> {
    let mut rlp = Vec::with_capacity(header.length());
    header.encode(&mut rlp);
    Header::decode(&mut rlp.as_slice())
        .map_err(|e| SourceError::Unsupported(format!("a header newer than Prague: {e}")))
}

#[async_trait]
impl ChainProvider for ParentSource {
    type Error = SourceError;

    async fn header_by_hash(&mut self, hash: B256) -> Result<Header, SourceError> {
        let header = self.parent.header(hash.into()).await?.ok_or(SourceError::Gone(hash))?;
        header_v1(&header.header)
    }

    async fn block_info_by_number(&mut self, number: u64) -> Result<BlockInfo, SourceError> {
        let header = self.parent.header(number.into()).await?.ok_or(SourceError::NotYet)?;
        Ok(header.block_ref().into())
    }

    async fn receipts_by_hash(&mut self, hash: B256) -> Result<Vec<Receipt>, SourceError> {
        let receipts = self.parent.receipts(hash).await?.ok_or(SourceError::Gone(hash))?;
        Ok(receipts.into_iter().map(|r| self.receipt(r)).collect())
    }

    async fn block_info_and_transactions_by_hash(
        &mut self,
        hash: B256,
    ) -> Result<(BlockInfo, Vec<TxEnvelope>), SourceError> {
        let block = self.parent.block(hash.into()).await?.ok_or(SourceError::Gone(hash))?;
        let info = BlockInfo::new(
            hash,
            block.header.number,
            block.header.parent_hash,
            block.header.timestamp,
        );
        let transactions = block
            .transactions
            .iter()
            .filter(|raw| raw.first() != Some(&DEPOSIT_TYPE))
            .filter_map(|raw| TxEnvelope::decode_2718(&mut raw.as_ref()).ok())
            .collect();
        Ok((info, transactions))
    }
}

impl ParentSource {
    /// A receipt of any type as a plain one. None may be left out: a deposit is identified by the
    /// index of its log among all logs of the block.
    fn receipt(&self, receipt: ParentReceipt) -> Receipt {
        Receipt {
            status: Eip658Value::Eip658(receipt.status),
            cumulative_gas_used: receipt.cumulative_gas_used,
            logs: receipt.logs.into_iter().map(|log| self.checked(log)).collect(),
        }
    }

    /// Blanks a configuration update that op-node ignores but kona would stop at.
    fn checked(&self, log: Log) -> Log {
        let update =
            log.address == self.system_config && log.topics().first() == Some(&CONFIG_UPDATE_TOPIC);
        if !update || is_applicable(&log) {
            return log;
        }
        tracing::warn!(contract = %log.address, "ignoring a malformed configuration update");
        Log { address: log.address, data: LogData::new_unchecked(vec![], log.data.data) }
    }
}

/// Whether a `ConfigUpdate` log is well-formed, of a known kind, and within its limits.
///
/// Spec: <https://specs.optimism.io/protocol/system-config.html>
fn is_applicable(log: &Log) -> bool {
    let receipt = Receipt {
        status: Eip658Value::Eip658(true),
        cumulative_gas_used: 0,
        logs: vec![log.clone()],
    };
    let mut config = SystemConfig::default();
    if config.update_with_receipts(&[receipt], log.address, true).is_err() {
        return false;
    }
    // Denominator and elasticity are both zero or both set.
    match (config.eip1559_denominator, config.eip1559_elasticity) {
        (Some(denominator), Some(elasticity)) => (denominator == 0) == (elasticity == 0),
        _ => true,
    }
}
