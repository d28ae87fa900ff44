//! Fees: what to pay now and what was paid before.

use crate::{
    block::ExecutedBlock,
    execute::next_base_fee,
    rpc::{Methods, Node, RpcError},
};
use alloy_consensus::Transaction;
use alloy_eips::{BlockNumberOrTag, eip7840::BlobParams};
use alloy_primitives::{B256, U64, U256};
use alloy_rpc_types_eth::FeeHistory;
use parking_lot::Mutex;

/// The tip that is suggested while nobody pays more, in wei per gas, as in geth and op-geth.
const LEAST_TIP: u128 = 1_000_000;
/// The highest tip that is suggested, in wei per gas, as in geth.
const MOST_TIP: u128 = 500_000_000_000;
/// Tips below this say nothing, in wei per gas.
const IGNORED_TIP: u128 = 2;
/// Blocks whose tips are looked at.
const TIP_BLOCKS: usize = 20;
/// Transactions looked at in each of them: those with the lowest tips.
const TIPS_PER_BLOCK: usize = 3;
/// The percentile of those tips that is suggested.
const TIP_PERCENTILE: usize = 60;
/// Percentiles that one request may ask for.
const PERCENTILES: usize = 100;

pub(super) fn register(methods: &mut Methods) {
    let known = Mutex::new((B256::ZERO, 0));
    let tip = move |node: &Node| -> Result<u128, RpcError> {
        let head = node.chain.heads().latest.hash;
        let cached = *known.lock();
        if cached.0 == head {
            return Ok(cached.1);
        }
        let tip = suggest_tip(node)?;
        *known.lock() = (head, tip);
        Ok(tip)
    };
    let tip = std::sync::Arc::new(tip);
    let for_price = tip.clone();
    methods
        .heavy("eth_maxPriorityFeePerGas", move |node, ()| tip(node).map(U256::from))
        .heavy("eth_gasPrice", move |node, ()| {
            let head = node.chain.head();
            let next = next_base_fee(node.chain.spec(), node.chain.forks(), &head.header);
            let base = next.max(head.base_fee_per_gas.unwrap_or_default());
            Ok(U256::from(for_price(node)? + u128::from(base)))
        })
        .quick("eth_blobBaseFee", |node, ()| Ok(U256::from(next_blob_fee(&node.chain.head()))))
        .heavy("eth_feeHistory", fee_history);
}

/// The fee per blob gas of a block, in wei.
fn blob_fee(block: &ExecutedBlock) -> u128 {
    BlobParams::prague().calc_blob_fee(block.excess_blob_gas.unwrap_or_default())
}

/// The fee per blob gas after a block, in wei. No chain made here carries blobs, so the excess
/// never grows.
fn next_blob_fee(block: &ExecutedBlock) -> u128 {
    blob_fee(block)
}

/// A tip that should get a transaction into one of the next blocks, in wei per gas.
fn suggest_tip(node: &Node) -> Result<u128, RpcError> {
    let mut tips = Vec::new();
    let mut block = node.chain.head();
    for _ in 0..TIP_BLOCKS {
        let base = block.base_fee_per_gas.unwrap_or_default();
        let users = block.transactions.iter().filter(|tx| !tx.inner().is_deposit());
        let mut own: Vec<u128> = users
            .filter_map(|tx| tx.effective_tip_per_gas(base))
            .filter(|tip| *tip >= IGNORED_TIP)
            .collect();
        own.sort_unstable();
        tips.extend(own.into_iter().take(TIPS_PER_BLOCK));
        let Some(parent) = node.chain.block_by_hash(block.parent_hash)? else { break };
        block = parent;
    }
    tips.sort_unstable();
    let at = tips.len().saturating_sub(1) * TIP_PERCENTILE / 100;
    Ok(tips.get(at).copied().unwrap_or(LEAST_TIP).clamp(LEAST_TIP, MOST_TIP))
}

/// Specification: <https://ethereum.github.io/execution-apis/api-documentation/>.
fn fee_history(
    node: &Node,
    (count, newest, percentiles): (U64, BlockNumberOrTag, Option<Vec<f64>>),
) -> Result<FeeHistory, RpcError> {
    let percentiles = checked_percentiles(percentiles)?;
    let head = node.chain.heads().latest.number;
    if let BlockNumberOrTag::Number(number) = newest
        && number > head
    {
        return Err(RpcError::server(format!(
            "request beyond head block: requested {number}, head {head}"
        )));
    }
    let newest = node.block(Some(newest.into()))?;
    let count = count.saturating_to::<u64>().min(node.options.fee_history).min(newest.number + 1);
    let mut history =
        FeeHistory { reward: percentiles.as_ref().map(|_| Vec::new()), ..Default::default() };
    if count == 0 {
        return Ok(history);
    }
    history.oldest_block = newest.number + 1 - count;
    let blobs = BlobParams::prague();
    for number in history.oldest_block..=newest.number {
        let block = node.chain.block_by_number(number)?.ok_or_else(RpcError::header_not_found)?;
        history.base_fee_per_gas.push(block.base_fee_per_gas.unwrap_or_default().into());
        history.gas_used_ratio.push(ratio(block.gas_used, block.gas_limit));
        history.base_fee_per_blob_gas.push(blob_fee(&block));
        let most = if node.chain.spec().is_rollup() {
            block.gas_limit
        } else {
            blobs.max_blob_gas_per_block()
        };
        history.blob_gas_used_ratio.push(ratio(block.blob_gas_used.unwrap_or_default(), most));
        if let (Some(reward), Some(percentiles)) = (&mut history.reward, &percentiles) {
            reward.push(rewards(&block, percentiles));
        }
    }
    let next = next_base_fee(node.chain.spec(), node.chain.forks(), &newest.header);
    history.base_fee_per_gas.push(next.into());
    history.base_fee_per_blob_gas.push(next_blob_fee(&newest));
    Ok(history)
}

fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn checked_percentiles(percentiles: Option<Vec<f64>>) -> Result<Option<Vec<f64>>, RpcError> {
    let Some(list) = percentiles else { return Ok(None) };
    if list.len() > PERCENTILES {
        return Err(RpcError::params(format!("over the query limit {PERCENTILES}")));
    }
    for (index, value) in list.iter().enumerate() {
        if !(0.0..=100.0).contains(value) {
            return Err(RpcError::params(format!("invalid reward percentile: {value}")));
        }
        if index > 0 && *value < list[index - 1] {
            return Err(RpcError::params(format!(
                "invalid reward percentile: #{}:{} >= #{index}:{value}",
                index - 1,
                list[index - 1]
            )));
        }
    }
    Ok((!list.is_empty()).then_some(list))
}

/// The tips at the given percentiles of the block's gas, in wei per gas.
fn rewards(block: &ExecutedBlock, percentiles: &[f64]) -> Vec<u128> {
    let base = block.base_fee_per_gas.unwrap_or_default();
    let mut before = 0;
    let mut paid: Vec<(u128, u64)> = block
        .transactions
        .iter()
        .zip(block.receipts.iter())
        .map(|(tx, receipt)| {
            let used = receipt.cumulative_gas_used() - before;
            before = receipt.cumulative_gas_used();
            (tx.effective_tip_per_gas(base).unwrap_or_default(), used)
        })
        .collect();
    paid.sort_unstable();
    let mut paid = paid.into_iter();
    let Some((mut tip, mut sum)) = paid.next() else { return vec![0; percentiles.len()] };
    percentiles
        .iter()
        .map(|percentile| {
            let threshold = (block.gas_used as f64 * percentile / 100.0) as u64;
            while sum < threshold {
                let Some((next, used)) = paid.next() else { break };
                (tip, sum) = (next, sum + used);
            }
            tip
        })
        .collect()
}
