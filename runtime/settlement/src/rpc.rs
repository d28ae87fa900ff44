//! The methods that op-node and op-batcher serve: `optimism_` and `admin_`.
//!
//! Specification: <https://docs.optimism.io/operators/node-operators/json-rpc>.

use crate::{batcher::Batcher, sequencer::SequencerHandle, verifier::SyncStatus};
use alloy_primitives::{B256, U64};
use gm_chain::{
    rollup::{RollupConfig, output_root},
    spec::MESSAGE_PASSER,
};
use gm_node::Chain;
use jsonrpsee::{
    RpcModule,
    types::{ErrorObjectOwned, Params},
};
use serde::Serialize;
use std::sync::Arc;
use tokio::sync::watch;

/// What the methods of one rollup read and steer.
#[derive(Debug)]
pub struct RollupRpc {
    /// The rollup's chain.
    pub chain: Arc<Chain>,
    /// How far the node has come.
    pub status: watch::Receiver<SyncStatus>,
    /// The sequencer, where the node has one.
    pub sequencer: Option<SequencerHandle>,
    /// The batcher, where the node has one.
    pub batcher: Option<Arc<Batcher>>,
}

/// The answer to `optimism_outputAtBlock`.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct OutputAtBlock {
    version: B256,
    output_root: B256,
    block_ref: crate::derive::L2BlockRef,
    withdrawal_storage_root: B256,
    state_root: B256,
    sync_status: SyncStatus,
}

/// JSON-RPC's code for an error of the node itself.
const SERVER_ERROR: i32 = -32000;

fn failed(message: impl std::fmt::Display) -> ErrorObjectOwned {
    ErrorObjectOwned::owned(SERVER_ERROR, message.to_string(), None::<()>)
}

impl RollupRpc {
    /// The module to be merged into the chain's own. Methods of services that the node does not
    /// run answer with an error.
    pub fn module(self) -> RpcModule<()> {
        let mut module = RpcModule::new(self);
        let registered = (|| {
            module.register_method("optimism_syncStatus", |_, rpc, _| rpc.sync_status())?;
            module.register_method("optimism_rollupConfig", |_, rpc, _| rpc.config())?;
            module.register_method("optimism_version", |_, _, _| env!("CARGO_PKG_VERSION"))?;
            module
                .register_method("optimism_outputAtBlock", |params, rpc, _| rpc.output(&params))?;
            module.register_method("admin_sequencerActive", |_, rpc, _| {
                Ok::<_, ErrorObjectOwned>(rpc.sequencer()?.is_active())
            })?;
            module.register_method("admin_startSequencer", |params, rpc, _| rpc.start(&params))?;
            module.register_method("admin_stopSequencer", |_, rpc, _| rpc.stop())?;
            module.register_async_method("admin_startBatcher", |_, rpc, _| async move {
                rpc.batcher()?.start().await;
                Ok::<_, ErrorObjectOwned>(())
            })?;
            module.register_method("admin_stopBatcher", |_, rpc, _| {
                rpc.batcher()?.stop();
                Ok::<_, ErrorObjectOwned>(())
            })?;
            Ok::<_, jsonrpsee::core::RegisterMethodError>(())
        })();
        if let Err(error) = registered {
            unreachable!("a method is registered twice: {error}");
        }
        module.remove_context()
    }

    /// The verifier's word, but for the newest block: the sequencer may be further.
    fn sync_status(&self) -> Result<SyncStatus, ErrorObjectOwned> {
        let head = crate::verifier::block_ref(&self.chain, &self.chain.head()).map_err(failed)?;
        let status = *self.status.borrow();
        Ok(SyncStatus { unsafe_l2: head, cross_unsafe_l2: head, ..status })
    }

    fn config(&self) -> Result<RollupConfig, ErrorObjectOwned> {
        self.chain.spec().rollup.clone().ok_or_else(|| failed("not a rollup"))
    }

    fn output(&self, params: &Params<'_>) -> Result<OutputAtBlock, ErrorObjectOwned> {
        let number: U64 = params.sequence().next()?;
        let block = self.chain.block_by_number(number.to()).map_err(failed)?;
        let block = block.ok_or_else(|| failed("not found"))?;
        let block_ref = crate::verifier::block_ref(&self.chain, &block).map_err(failed)?;
        let state = self.chain.state_after(&block.block);
        let passer = state.account(MESSAGE_PASSER).map_err(failed)?.unwrap_or_default();
        Ok(OutputAtBlock {
            version: B256::ZERO,
            output_root: output_root(block.state_root, passer.storage_root, block.hash()),
            block_ref,
            withdrawal_storage_root: passer.storage_root,
            state_root: block.state_root,
            sync_status: self.sync_status()?,
        })
    }

    fn sequencer(&self) -> Result<&SequencerHandle, ErrorObjectOwned> {
        self.sequencer.as_ref().ok_or_else(|| failed("sequencer is not enabled"))
    }

    /// Starts sequencing on the block the caller names, which must be the head.
    fn start(&self, params: &Params<'_>) -> Result<(), ErrorObjectOwned> {
        let hash: B256 = params.sequence().next()?;
        let head = self.chain.head().hash();
        if hash != head {
            return Err(failed(format!("block hash does not match: head {head}, received {hash}")));
        }
        if !self.sequencer()?.set_active(true) {
            return Err(failed("sequencer already running"));
        }
        Ok(())
    }

    /// Stops sequencing and gives the hash of the last block.
    fn stop(&self) -> Result<B256, ErrorObjectOwned> {
        if !self.sequencer()?.set_active(false) {
            return Err(failed("sequencer not running"));
        }
        Ok(self.chain.head().hash())
    }

    fn batcher(&self) -> Result<&Batcher, ErrorObjectOwned> {
        self.batcher.as_deref().ok_or_else(|| failed("batcher is not enabled"))
    }
}
