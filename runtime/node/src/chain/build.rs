//! Building a block from attributes and the pool.

use super::{Attributes, Chain, ChainError, attributes};
use crate::{
    block::{Block, ExecutedBlock},
    execute::{Execution, Offer, Transactions, default_base_fee_params, execute, next_base_fee},
    state::StateChanges,
};
use alloy_consensus::{
    EMPTY_OMMER_ROOT_HASH, Header, Sealable, TxReceipt,
    constants::EMPTY_WITHDRAWALS,
    proofs::{calculate_receipt_root, calculate_transaction_root},
    transaction::Recovered,
};
use alloy_op_hardforks::OpHardforks;
use alloy_primitives::{B256, Bloom, Bytes};
use gm_chain::spec::MESSAGE_PASSER;
use op_alloy_consensus::{OpTxEnvelope, encode_holocene_extra_data, encode_jovian_extra_data};
use std::sync::Arc;

/// A block that was executed and not yet written.
#[derive(Debug, Clone)]
pub struct Built {
    /// The block and its receipts.
    pub executed: ExecutedBlock,
    pub(super) changes: StateChanges,
}

impl Chain {
    /// Whether the pool holds a transaction that the next block would take.
    pub fn has_ready_transactions(&self) -> bool {
        let base_fee = next_base_fee(&self.spec, &self.forks, &self.head());
        self.pool.has_ready(base_fee)
    }

    /// Builds a block on `attributes.parent`. Nothing is written: [`Chain::commit`] does that.
    ///
    /// Fails with an error for which [`ChainError::is_invalid`] holds if a transaction that the
    /// block must hold cannot be executed.
    pub fn build(&self, attributes: &Attributes) -> Result<Built, ChainError> {
        let parent =
            self.header(attributes.parent)?.ok_or(ChainError::UnknownParent(attributes.parent))?;
        if attributes.timestamp < parent.timestamp
            || (!self.spec.is_rollup() && attributes.timestamp == parent.timestamp)
        {
            return Err(ChainError::Attributes(format!(
                "timestamp {} is before the parent's {}",
                attributes.timestamp, parent.timestamp
            )));
        }
        let forced = attributes::decode(&attributes.transactions)?;
        let header = self.open_header(&parent, attributes)?;
        let state = self.state_at(attributes.parent, &parent);
        let base_fee = header.base_fee_per_gas.unwrap_or_default();
        let mut offer =
            (!attributes.no_tx_pool).then(|| self.pool.offer(base_fee).until(attributes.deadline));
        let transactions = Transactions {
            forced: &forced,
            offer: offer.as_mut().map(|offer| offer as &mut dyn Offer),
        };
        let execution = execute(&self.spec, &self.forks, state, &header, transactions)?;
        self.seal(header, forced, execution)
    }

    /// The header of the next block, but for what execution gives.
    fn open_header(&self, parent: &Header, attributes: &Attributes) -> Result<Header, ChainError> {
        Ok(Header {
            parent_hash: attributes.parent,
            ommers_hash: EMPTY_OMMER_ROOT_HASH,
            beneficiary: attributes.fee_recipient,
            number: parent.number + 1,
            gas_limit: attributes.gas_limit,
            timestamp: attributes.timestamp,
            mix_hash: attributes.prev_randao,
            extra_data: self.extra_data(attributes)?,
            base_fee_per_gas: Some(next_base_fee(&self.spec, &self.forks, parent)),
            blob_gas_used: Some(0),
            excess_blob_gas: Some(0),
            parent_beacon_block_root: Some(attributes.parent_beacon_block_root),
            ..Default::default()
        })
    }

    fn extra_data(&self, attributes: &Attributes) -> Result<Bytes, ChainError> {
        if !self.spec.is_rollup() {
            return Ok(self.spec.genesis.extra_data.clone());
        }
        let default = default_base_fee_params(&self.spec);
        let params = attributes.eip_1559_params;
        if self.forks.is_jovian_active_at_timestamp(attributes.timestamp) {
            encode_jovian_extra_data(params, default, attributes.min_base_fee)
        } else {
            encode_holocene_extra_data(params, default)
        }
        .map_err(|err| ChainError::Attributes(err.to_string()))
    }

    /// Fills in what execution gave and seals the block.
    pub(super) fn seal(
        &self,
        mut header: Header,
        forced: Vec<Recovered<OpTxEnvelope>>,
        execution: Execution,
    ) -> Result<Built, ChainError> {
        let mut transactions = forced;
        transactions.extend(execution.offered.into_iter().map(Arc::unwrap_or_clone));
        let raw: Vec<&OpTxEnvelope> = transactions.iter().map(|tx| tx.inner()).collect();
        header.transactions_root = calculate_transaction_root(&raw);
        header.receipts_root = calculate_receipt_root(&execution.receipts);
        header.logs_bloom =
            execution.receipts.iter().fold(Bloom::ZERO, |bloom, r| bloom | r.bloom());
        header.gas_used = execution.gas_used;
        header.blob_gas_used = Some(execution.blob_gas_used);
        header.state_root = execution.changes.root;
        header.requests_hash = Some(execution.requests.requests_hash());
        header.withdrawals_root = Some(self.withdrawals_root(&execution.changes)?);
        let block = Block { header: header.seal_slow(), transactions };
        let executed =
            ExecutedBlock { block: Arc::new(block), receipts: Arc::new(execution.receipts) };
        Ok(Built { executed, changes: execution.changes })
    }

    /// Isthmus: the storage root of the message passer. On an L1: the root of no withdrawals.
    ///
    /// Specification: <https://specs.optimism.io/protocol/isthmus/exec-engine.html>.
    fn withdrawals_root(&self, changes: &StateChanges) -> Result<B256, ChainError> {
        if !self.spec.is_rollup() {
            return Ok(EMPTY_WITHDRAWALS);
        }
        Ok(changes.storage_root(&self.db, MESSAGE_PASSER)?)
    }
}
