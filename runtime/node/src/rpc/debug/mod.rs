//! `debug_`: raw encodings and traces, as geth gives them.
//!
//! Specification: <https://geth.ethereum.org/docs/interacting-with-geth/rpc/ns-debug>.

mod bounded;
mod options;
mod raw;
#[cfg(test)]
mod tests;
mod trace;

use super::Methods;
use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::B256;
use alloy_rpc_types_trace::geth::GethDebugTracingOptions as Options;

pub(super) fn register(methods: &mut Methods) {
    methods
        .heavy("debug_getRawHeader", raw::header)
        .heavy("debug_getRawBlock", raw::block)
        .heavy("debug_getRawReceipts", raw::receipts)
        .heavy("debug_getRawTransaction", raw::transaction)
        .heavy("debug_traceTransaction", trace::transaction)
        .heavy("debug_traceCall", trace::call)
        .heavy("debug_traceBlock", trace::raw_block)
        .heavy(
            "debug_traceBlockByNumber",
            |node, (number, options): (BlockNumberOrTag, Option<Options>)| {
                trace::block(node, BlockId::Number(number), options)
            },
        )
        .heavy("debug_traceBlockByHash", |node, (hash, options): (B256, Option<Options>)| {
            trace::block(node, BlockId::from(hash), options)
        });
}
