//! How far a node has come.

use serde::{Deserialize, Serialize};

use crate::{derive::L2BlockRef, parent::BlockRef};

/// What op-node answers to `optimism_syncStatus`, field by field.
///
/// Spec: <https://docs.optimism.io/operators/node-operators/json-rpc#optimism_syncstatus>
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncStatus {
    /// The parent's block up to which batches were read.
    pub current_l1: BlockRef,
    /// The parent's block up to which every batch is applied; [`Self::current_l1`] may be under
    /// way. Not part of op-node's answer.
    #[serde(skip)]
    pub derived_l1: BlockRef,
    /// An older name of [`Self::finalized_l1`].
    pub current_l1_finalized: BlockRef,
    /// The parent's latest block.
    pub head_l1: BlockRef,
    /// The parent's safe block.
    pub safe_l1: BlockRef,
    /// The parent's finalized block.
    pub finalized_l1: BlockRef,
    /// The rollup's newest block.
    pub unsafe_l2: L2BlockRef,
    /// The newest block derived from the parent.
    pub safe_l2: L2BlockRef,
    /// The newest block derived from the parent's finalized chain.
    pub finalized_l2: L2BlockRef,
    /// Same as [`Self::safe_l2`]: every derived block is safe at once since Holocene.
    pub pending_safe_l2: L2BlockRef,
    /// Same as [`Self::unsafe_l2`] outside of interop sets.
    pub cross_unsafe_l2: L2BlockRef,
    /// Same as [`Self::safe_l2`] outside of interop sets.
    pub local_safe_l2: L2BlockRef,
}
