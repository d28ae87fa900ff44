//! Logs by index.

use crate::{
    block::ExecutedBlock,
    rpc::{Methods, Node, RpcError, json},
};
use alloy_eips::BlockNumberOrTag;
use alloy_primitives::B256;
use alloy_rpc_types_eth::{Filter, FilterBlockOption, Log};
use std::{collections::BTreeSet, ops::RangeInclusive};

/// Addresses, and topics of one place, that a filter may name.
const ALTERNATIVES: usize = 1_000;

pub(super) fn register(methods: &mut Methods) {
    methods.heavy("eth_getLogs", |node, (filter,): (Filter,)| query(node, &filter));
}

/// A filter whose lists are not too long.
pub(in crate::rpc) fn checked_filter(filter: &Filter) -> Result<(), RpcError> {
    let longest = filter.topics.iter().map(|topic| topic.len()).chain([filter.address.len()]).max();
    if longest.unwrap_or(0) > ALTERNATIVES {
        return Err(RpcError::params(format!(
            "exceed max addresses or topics per search position: {ALTERNATIVES}"
        )));
    }
    Ok(())
}

/// The logs of a block that a filter lets through, whatever range it names.
pub(in crate::rpc) fn logs_in(block: &ExecutedBlock, filter: &Filter, removed: bool) -> Vec<Log> {
    if !filter.matches_bloom(block.logs_bloom) {
        return Vec::new();
    }
    let mut logs = json::block_logs(block, removed);
    logs.retain(|log| filter.matches(&log.inner));
    logs
}

/// Answers `eth_getLogs`.
pub(in crate::rpc) fn query(node: &Node, filter: &Filter) -> Result<Vec<Log>, RpcError> {
    checked_filter(filter)?;
    let (from, to) = match filter.block_option {
        FilterBlockOption::AtBlockHash(hash) => {
            let block = node.chain.block_by_hash(hash)?;
            let block = block.ok_or_else(|| RpcError::server("unknown block"))?;
            return Ok(logs_in(&block, filter, false));
        }
        FilterBlockOption::Range { from_block, to_block } => (from_block, to_block),
    };
    let head = node.chain.heads().latest.number;
    let number = |tag: Option<BlockNumberOrTag>| match tag {
        None => Ok(head),
        Some(BlockNumberOrTag::Number(number)) => Ok(number),
        Some(tag) => Ok::<_, RpcError>(node.block(Some(tag.into()))?.number),
    };
    let (from, to) = (number(from)?, number(to)?);
    if from > to {
        return Err(RpcError::params("invalid block range params"));
    }
    let to = to.min(head);
    if from > to {
        return Ok(Vec::new());
    }
    let most = node.options.log_range;
    if to - from >= most {
        return Err(RpcError::params(format!("exceed maximum block range: {most}")));
    }
    collect(node, filter, from..=to)
}

fn collect(node: &Node, filter: &Filter, range: RangeInclusive<u64>) -> Result<Vec<Log>, RpcError> {
    let blocks: Vec<u64> = match candidates(node, filter, &range)? {
        Some(blocks) => blocks.into_iter().collect(),
        None => range.collect(),
    };
    let most = node.options.log_results;
    let mut logs = Vec::new();
    for number in blocks {
        let Some(hash) = node.chain.canonical_hash(number)? else { continue };
        // The header says cheaply whether the block is worth reading.
        let Some(header) = node.chain.header(hash)? else { continue };
        if !filter.matches_bloom(header.logs_bloom) {
            continue;
        }
        let Some(block) = node.chain.block_by_hash(hash)? else { continue };
        logs.extend(logs_in(&block, filter, false));
        if logs.len() > most {
            return Err(RpcError::LimitExceeded(format!(
                "query returned more than {most} results"
            )));
        }
    }
    Ok(logs)
}

/// Blocks that may hold a matching log: those that the index names for one of the addresses and
/// for one topic at every place. `None` if the filter names neither.
fn candidates(
    node: &Node,
    filter: &Filter,
    range: &RangeInclusive<u64>,
) -> Result<Option<BTreeSet<u64>>, RpcError> {
    let addresses: Vec<B256> = filter.address.iter().map(|address| address.into_word()).collect();
    let topics = filter.topics.iter().map(|topic| topic.iter().copied().collect());
    let mut found: Option<BTreeSet<u64>> = None;
    for keys in std::iter::once(addresses).chain(topics) {
        if keys.is_empty() {
            continue;
        }
        let mut any = BTreeSet::new();
        for key in keys {
            any.extend(node.chain.log_blocks(key, range.clone())?);
        }
        if let Some(earlier) = &found {
            any.retain(|number| earlier.contains(number));
        }
        found = Some(any);
    }
    Ok(found)
}
