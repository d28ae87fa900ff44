//! Payload attributes on top of a block, for sequencer and verifier alike.

use std::sync::Arc;

use alloy_eips::BlockNumHash;
use alloy_primitives::{B256, Bytes, Log};
use gm_chain::rollup::RollupConfig;
use kona_derive::{AttributesBuilder as _, StatefulAttributesBuilder};
use kona_genesis::SystemConfig;
use kona_protocol::{DEPOSIT_EVENT_ABI_HASH, DepositError, decode_deposit};

use super::{
    DerivedAttributes, L2BlockRef, L2Head, L2View,
    config::kona_config,
    error::{DeriveError, SourceError},
    l2_source::{L2Source, block_info},
    parent_source::ParentSource,
};
use crate::parent::{BlockRef, Parent, ParentReceipt};

/// Works out what the next block must start with: the L1 attributes deposit, the origin's deposits
/// and every header field that is not the sequencer's choice.
#[derive(Debug)]
pub struct AttributesBuilder {
    inner: StatefulAttributesBuilder<ParentSource, L2Source>,
    l2: L2Source,
    parent: Arc<dyn Parent>,
}

impl AttributesBuilder {
    /// A builder for one rollup, its parent, and its own chain.
    ///
    /// # Errors
    /// [`DeriveError::Unsupported`] for a configuration this derivation does not implement.
    pub fn new(
        rollup: &RollupConfig,
        parent: Arc<dyn Parent>,
        view: Arc<dyn L2View>,
    ) -> Result<Self, DeriveError> {
        let config = Arc::new(kona_config(rollup)?);
        let l2 = L2Source { view, config: config.clone() };
        let source =
            ParentSource { parent: parent.clone(), system_config: config.l1_system_config_address };
        let inner = StatefulAttributesBuilder::new(config, l2.clone(), source);
        Ok(Self { inner, l2, parent })
    }

    /// Attributes for the block after `l2_parent` with the given origin, holding deposits only.
    ///
    /// The origin must be that of `l2_parent` or the block after it, and not later than the new
    /// block.
    ///
    /// # Errors
    /// A reset if the origin does not follow from `l2_parent`'s; temporary if a source fails.
    pub async fn prepare(
        &mut self,
        l2_parent: L2BlockRef,
        origin: BlockNumHash,
    ) -> Result<DerivedAttributes, DeriveError> {
        let epoch = alloy_eips_v1::BlockNumHash { number: origin.number, hash: origin.hash };
        let inner = self.inner.prepare_payload_attributes(l2_parent.into(), epoch).await?;
        let header =
            self.parent.header(origin.hash.into()).await?.ok_or(SourceError::Gone(origin.hash));
        let header = header.map_err(|e| DeriveError::Reset(e.to_string()))?;
        Ok(convert(inner, l2_parent, origin, header.block_ref()))
    }

    /// A block of the rollup in terms of derivation: its origin and place within the epoch.
    ///
    /// # Errors
    /// [`DeriveError::Temporary`] with the reason if the block does not start with an L1
    /// attributes deposit.
    pub fn l2_block_ref(&self, head: &L2Head) -> Result<L2BlockRef, DeriveError> {
        l2_block_ref(head, &self.l2.config)
    }

    /// The system configuration as of a block of the canonical chain.
    ///
    /// # Errors
    /// [`DeriveError::Temporary`] if there is no such block.
    pub fn system_config(&self, number: u64) -> Result<SystemConfig, DeriveError> {
        self.l2.system_config(number).map_err(|e| DeriveError::Temporary(e.to_string()))
    }
}

/// A block of the rollup in terms of derivation: its origin and place within the epoch.
///
/// # Errors
/// If the block does not start with an L1 attributes deposit.
pub fn block_ref(head: &L2Head, rollup: &RollupConfig) -> Result<L2BlockRef, DeriveError> {
    l2_block_ref(head, &kona_config(rollup)?)
}

/// Reads a block's origin out of its L1 attributes deposit.
pub(super) fn l2_block_ref(
    head: &L2Head,
    config: &kona_genesis::RollupConfig,
) -> Result<L2BlockRef, DeriveError> {
    block_info(head, config).map(Into::into).map_err(|e| DeriveError::Temporary(e.to_string()))
}

/// kona's attributes in this crate's terms.
pub(super) fn convert(
    inner: op_alloy_rpc_types_engine_v0::OpPayloadAttributes,
    parent: L2BlockRef,
    l1_origin: BlockNumHash,
    derived_from: BlockRef,
) -> DerivedAttributes {
    let payload = inner.payload_attributes;
    let same_epoch = l1_origin.number == parent.l1_origin.number;
    DerivedAttributes {
        parent,
        timestamp: payload.timestamp,
        prev_randao: payload.prev_randao,
        fee_recipient: payload.suggested_fee_recipient,
        gas_limit: inner.gas_limit.unwrap_or_default(),
        eip1559_params: inner.eip_1559_params.unwrap_or_default(),
        parent_beacon_block_root: payload.parent_beacon_block_root.unwrap_or_default(),
        transactions: inner.transactions.unwrap_or_default(),
        l1_origin,
        sequence_number: if same_epoch { parent.sequence_number + 1 } else { 0 },
        derived_from,
    }
}

/// The deposits of a block of the parent, EIP-2718 encoded, in order.
///
/// # Errors
/// [`DepositError`] if the portal emitted a log that is no deposit.
///
/// Spec: <https://specs.optimism.io/protocol/deposits.html#deriving-the-transactions-list>
pub fn deposits_from_receipts(
    block_hash: B256,
    receipts: &[ParentReceipt],
    portal: alloy_primitives::Address,
) -> Result<Vec<Bytes>, DepositError> {
    let is_deposit =
        |log: &Log| log.address == portal && log.topics().first() == Some(&DEPOSIT_EVENT_ABI_HASH);
    // A failed transaction has no logs, so the index is the one among all logs of the block.
    let logs = receipts.iter().flat_map(|receipt| &receipt.logs).enumerate();
    logs.filter(|(_, log)| is_deposit(log))
        .map(|(index, log)| decode_deposit(block_hash, index, log))
        .collect()
}
