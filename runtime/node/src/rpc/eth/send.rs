//! Sending transactions.

use super::transactions;
use crate::rpc::{Args, Methods, Node, RpcError, json};
use alloy_primitives::{B256, Bytes};
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, timeout_at};

/// Code of a transaction that is in no block yet (EIP-7966).
const NOT_YET: i32 = 4;
/// How long `eth_sendRawTransactionSync` waits if the client does not say.
const WAIT: Duration = Duration::from_secs(5);
/// The longest it waits.
const WAIT_MOST: Duration = Duration::from_secs(60);

pub(super) fn register(methods: &mut Methods) {
    methods
        // Recovering one signature takes tens of microseconds, less than moving it to another
        // thread under load.
        .quick("eth_sendRawTransaction", |node, (raw,): (Bytes,)| Ok(node.chain.submit(&raw)?))
        .waiting("eth_sendRawTransactionSync", |node, params| {
            let args = <(Bytes, Option<u64>)>::parse(params);
            async move { send_and_wait(node, args?).await }
        });
}

/// Sends a transaction and waits for its receipt.
///
/// Specification: <https://eips.ethereum.org/EIPS/eip-7966>.
async fn send_and_wait(
    node: Arc<Node>,
    (raw, milliseconds): (Bytes, Option<u64>),
) -> Result<json::ReceiptJson, RpcError> {
    let wait = milliseconds.map_or(WAIT, Duration::from_millis).min(WAIT_MOST);
    let deadline = Instant::now() + wait;
    let mut heads = node.chain.subscribe();
    let hash = node.chain.submit(&raw)?;
    loop {
        if let Some(receipt) = transactions::receipt(&node, hash)? {
            return Ok(receipt);
        }
        // Whatever happened, and even if events were missed, look again.
        if timeout_at(deadline, heads.recv()).await.is_err() {
            return Err(not_yet(hash, wait));
        }
    }
}

fn not_yet(hash: B256, wait: Duration) -> RpcError {
    RpcError::Coded {
        code: NOT_YET,
        message: format!("the transaction is in no block after {} ms", wait.as_millis()),
        data: serde_json::value::to_raw_value(&hash).ok(),
    }
}
