//! `engine_forkchoiceUpdated`.

use super::{Engine, EngineError, attributes};
use crate::chain::ChainError;
use alloy_consensus::Header;
use alloy_primitives::B256;
use alloy_rpc_types_engine::{
    ForkchoiceState, ForkchoiceUpdated, PayloadStatus, PayloadStatusEnum,
};
use op_alloy_rpc_types_engine::OpPayloadAttributes;

/// The version in the first byte of payload ids.
const PAYLOAD_VERSION: u8 = 3;

impl Engine {
    /// Moves the heads to where `state` says and starts a block if there are attributes.
    ///
    /// The move stands even if the attributes are refused.
    pub(super) fn forkchoice_updated(
        &self,
        state: ForkchoiceState,
        attributes: Option<OpPayloadAttributes>,
    ) -> Result<ForkchoiceUpdated, EngineError> {
        let _turn = self.turn.lock();
        let Some(hash) = state.state_head_hash() else {
            return Ok(invalid(None, "the head is the zero hash"));
        };
        let Some(header) = self.chain.header(hash)? else {
            return Ok(match self.invalid.lock().get(hash) {
                Some(verdict) => invalid(Some(verdict.latest_valid), &verdict.reason),
                None => ForkchoiceUpdated::from_status(PayloadStatusEnum::Syncing),
            });
        };
        let valid =
            ForkchoiceUpdated::new(PayloadStatus::new(PayloadStatusEnum::Valid, Some(hash)));
        let head = self.chain.heads().latest;
        if !self.chain.spec().is_rollup()
            && head.hash != hash
            && self.chain.canonical_hash(header.number)? == Some(hash)
        {
            // An Ethereum chain is not rewound by its own ancestor; a rollup's sequencer may do so.
            return Ok(valid);
        }
        self.move_heads(&state, hash, &header)?;
        let Some(attributes) = attributes else { return Ok(valid) };
        let checked = attributes::check(&self.chain, (hash, &header), &attributes)?;
        let id = attributes.payload_id(&hash, PAYLOAD_VERSION);
        self.start_build(id, checked)?;
        Ok(valid.with_payload_id(id))
    }

    fn move_heads(
        &self,
        state: &ForkchoiceState,
        hash: B256,
        header: &Header,
    ) -> Result<(), EngineError> {
        let (safe, finalized) = (state.state_safe_hash(), state.state_finalized_hash());
        for (name, label) in [("safe", safe), ("finalized", finalized)] {
            if let Some(label) = label
                && !self.is_ancestor(label, (hash, header))?
            {
                let reason = format!("the {name} block {label} is not in the chain of {hash}");
                return Err(EngineError::Forkchoice(reason));
            }
        }
        self.chain.set_head(hash).map_err(|err| match err {
            ChainError::BelowFinalized(_) => EngineError::Forkchoice(err.to_string()),
            other => other.into(),
        })?;
        Ok(self.chain.label(safe, finalized)?)
    }

    /// Whether `ancestor` is `of` itself or one of its ancestors.
    fn is_ancestor(&self, ancestor: B256, of: (B256, &Header)) -> Result<bool, EngineError> {
        let Some(number) = self.chain.header(ancestor)?.map(|header| header.number) else {
            return Ok(false);
        };
        let (mut hash, mut at, mut parent) = (of.0, of.1.number, of.1.parent_hash);
        // Walk down the branch until it meets the canonical chain, which is indexed by number.
        while at > number {
            if self.chain.canonical_hash(at)? == Some(hash) {
                return Ok(self.chain.canonical_hash(number)? == Some(ancestor));
            }
            let Some(header) = self.chain.header(parent)? else { return Ok(false) };
            (hash, at, parent) = (parent, header.number, header.parent_hash);
        }
        Ok(hash == ancestor)
    }
}

fn invalid(latest_valid: Option<B256>, reason: &str) -> ForkchoiceUpdated {
    let status = PayloadStatusEnum::Invalid { validation_error: reason.into() };
    ForkchoiceUpdated::new(PayloadStatus::new(status, latest_valid))
}
