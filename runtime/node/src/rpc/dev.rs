//! `evm_` and `gm_`: time and blocks on request, on development chains only.
//!
//! `evm_mine` and `evm_increaseTime` are called as other development chains have them, so that test
//! libraries work unchanged.

use super::RpcError;
use crate::{
    chain::Chain,
    producer::{Clock, Producer, ProducerError},
};
use alloy_primitives::U64;
use jsonrpsee::{
    RpcModule,
    types::{ErrorObjectOwned, Params},
};
use serde_json::value::RawValue;
use std::sync::Arc;

/// Blocks that one request may make.
const MAX_BLOCKS: u64 = 100_000;

struct Dev {
    chain: Arc<Chain>,
    producer: Producer,
    clock: Clock,
}

impl From<ProducerError> for RpcError {
    fn from(error: ProducerError) -> Self {
        Self::Server(error.to_string())
    }
}

/// The methods that move a development chain:
///
/// - `evm_mine([timestamp])` makes a block;
/// - `gm_mine(blocks)` makes several;
/// - `evm_increaseTime(seconds)` and `gm_advanceTo(timestamp)` move the chain's time, with the
///   instant clock; a rollup makes every block on the way;
/// - `gm_reorg(depth)` replaces the newest blocks of an L1 by empty ones;
/// - `gm_genesis()` gives `genesis.json` as op-geth and op-reth load it, `gm_chainConfig()` the
///   chain configuration alone, as op-node's `--rollup.l1-chain-config` takes it.
pub fn dev_module(chain: Arc<Chain>, producer: Producer, clock: Clock) -> RpcModule<()> {
    let mut module = RpcModule::new(Dev { chain, producer, clock });
    let registered = (|| {
        module.register_async_method("evm_mine", |params, dev, _| async move {
            let time = optional(&params)?;
            match time {
                Some(time) => dev.advance_to(time).await?,
                None => dev.mine(1).await?,
            };
            Ok::<_, ErrorObjectOwned>("0x0")
        })?;
        module.register_async_method("gm_mine", |params, dev, _| async move {
            dev.mine(optional(&params)?.unwrap_or(1)).await
        })?;
        module.register_async_method("evm_increaseTime", |params, dev, _| async move {
            let seconds = optional(&params)?.unwrap_or(0);
            let time = dev.chain.head().timestamp.saturating_add(seconds);
            dev.advance_to(time).await?;
            Ok::<_, ErrorObjectOwned>(U64::from(seconds))
        })?;
        module.register_async_method("gm_advanceTo", |params, dev, _| async move {
            dev.advance_to(optional(&params)?.unwrap_or(0)).await
        })?;
        module.register_async_method("gm_reorg", |params, dev, _| async move {
            let depth = optional(&params)?.unwrap_or(1);
            let head = dev.producer.reorg(depth).await.map_err(RpcError::from)?;
            Ok::<_, ErrorObjectOwned>(U64::from(head.number))
        })?;
        module.register_method("gm_genesis", |_, dev, _| raw(dev.chain.spec().genesis_json()))?;
        module.register_method("gm_chainConfig", |_, dev, _| {
            raw(dev.chain.spec().chain_config_json())
        })?;
        Ok::<_, jsonrpsee::core::RegisterMethodError>(())
    })();
    if let Err(error) = registered {
        unreachable!("a method is registered twice: {error}");
    }
    module.remove_context()
}

impl Dev {
    async fn mine(&self, blocks: u64) -> Result<U64, ErrorObjectOwned> {
        if blocks > MAX_BLOCKS {
            return Err(RpcError::InvalidParams(format!("at most {MAX_BLOCKS} blocks")).into());
        }
        let head = self.producer.mine(blocks).await.map_err(RpcError::from)?;
        Ok(U64::from(head.number))
    }

    async fn advance_to(&self, time: u64) -> Result<U64, ErrorObjectOwned> {
        if self.clock != Clock::Instant {
            let message = "the chain follows the wall clock; `clock: instant` lets time be moved";
            return Err(RpcError::Server(message.into()).into());
        }
        let step = self.chain.spec().block_time.max(1);
        let missing = time.saturating_sub(self.chain.head().timestamp);
        if self.chain.spec().is_rollup() && missing / step > MAX_BLOCKS {
            let message = format!("that takes {} blocks, at most {MAX_BLOCKS}", missing / step);
            return Err(RpcError::InvalidParams(message).into());
        }
        let head = self.producer.advance_to(time).await.map_err(RpcError::from)?;
        Ok(U64::from(head.number))
    }
}

/// JSON that is ready to send.
fn raw(json: String) -> Result<Box<RawValue>, ErrorObjectOwned> {
    RawValue::from_string(json).map_err(|err| RpcError::Internal(err.to_string()).into())
}

/// The one optional parameter: a number, or a hexadecimal quantity.
fn optional(params: &Params<'_>) -> Result<Option<u64>, ErrorObjectOwned> {
    #[derive(serde::Deserialize)]
    #[serde(untagged)]
    enum Number {
        Plain(u64),
        Quantity(U64),
    }
    let mut sequence = params.sequence();
    Ok(sequence.optional_next::<Number>()?.map(|number| match number {
        Number::Plain(number) => number,
        Number::Quantity(number) => number.to(),
    }))
}
