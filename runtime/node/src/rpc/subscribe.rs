//! `eth_subscribe` over WebSocket.
//!
//! Specification: <https://geth.ethereum.org/docs/interacting-with-geth/rpc/pubsub>.

use super::{Args, Methods, Node, RpcError, eth, filters::changed_logs, follow::Cursor, json};
use crate::chain::ChainEvent;
use alloy_primitives::B256;
use alloy_rpc_types_eth::{Filter, pubsub::SubscriptionKind};
use jsonrpsee::{PendingSubscriptionSink, SubscriptionSink, types::ErrorObjectOwned};
use serde::Serialize;
use serde_json::{Value, value::to_raw_value};
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio::sync::broadcast::{Receiver, error::RecvError};

/// How long a client may leave a full buffer unread before its subscription ends.
const PATIENCE: Duration = Duration::from_secs(10);

/// A subscription that can be served.
#[derive(Debug)]
enum Wanted {
    Heads,
    Logs(Box<Filter>),
    Pending { full: bool },
    Syncing,
}

/// The subscription is over: the client left, reads too slowly, or the node stops.
struct Ended;

pub(super) fn register(methods: &mut Methods) {
    let node = methods.node().clone();
    let result = methods.module.register_subscription(
        "eth_subscribe",
        "eth_subscription",
        "eth_unsubscribe",
        move |params, pending, _, _| {
            let wanted = wanted(&params);
            let node = node.clone();
            async move {
                match wanted {
                    Ok(wanted) => serve(node, wanted, pending).await,
                    Err(err) => pending.reject(ErrorObjectOwned::from(err)).await,
                }
            }
        },
    );
    if let Err(err) = result {
        unreachable!("eth_subscribe: {err}");
    }
}

fn wanted(params: &jsonrpsee::types::Params<'_>) -> Result<Wanted, RpcError> {
    let (name, rest) = <(String, Option<Value>)>::parse(params)?;
    let kind = serde_json::from_value::<SubscriptionKind>(Value::String(name.clone()))
        .map_err(|_| RpcError::params(format!("no \"{name}\" subscription in eth namespace")))?;
    Ok(match kind {
        SubscriptionKind::NewHeads => Wanted::Heads,
        SubscriptionKind::Logs => {
            let filter = rest.map(serde_json::from_value::<Filter>).transpose();
            let filter = filter.map_err(|err| RpcError::params(err.to_string()))?;
            let filter = filter.unwrap_or_default();
            eth::checked_filter(&filter)?;
            Wanted::Logs(Box::new(filter))
        }
        SubscriptionKind::NewPendingTransactions => {
            Wanted::Pending { full: rest.and_then(|value| value.as_bool()).unwrap_or(false) }
        }
        SubscriptionKind::Syncing => Wanted::Syncing,
        other => {
            return Err(RpcError::params(format!("no \"{other}\" subscription in eth namespace")));
        }
    })
}

async fn serve(node: Arc<Node>, wanted: Wanted, pending: PendingSubscriptionSink) {
    // Listen before the client hears that it is subscribed: it must miss nothing from then on.
    let cursor = Cursor::at_head(&node.chain);
    let events = node.chain.subscribe();
    let arrived = node.chain.pool().arrivals();
    let Ok(sink) = pending.accept().await else { return };
    let Err(Ended) = match &wanted {
        Wanted::Pending { full } => arrivals(&node, &sink, arrived, *full).await,
        Wanted::Syncing => syncing(&sink).await,
        Wanted::Heads | Wanted::Logs(_) => follow(&node, &sink, events, cursor, &wanted).await,
    };
}

/// Sends what changes on the canonical chain, without end.
async fn follow(
    node: &Node,
    sink: &SubscriptionSink,
    mut events: Receiver<ChainEvent>,
    mut cursor: Cursor,
    wanted: &Wanted,
) -> Result<Infallible, Ended> {
    loop {
        // Events only wake: the cursor knows what is new, also after events were missed.
        tokio::select! {
            event = events.recv() => if matches!(event, Err(RecvError::Closed)) { return Err(Ended) },
            () = sink.closed() => return Err(Ended),
        }
        loop {
            let changes = cursor.advance(&node.chain).map_err(|_| Ended)?;
            if changes.is_empty() {
                break;
            }
            if let Wanted::Logs(filter) = wanted {
                for log in changed_logs(&changes, filter) {
                    send(sink, &log).await?;
                }
            } else {
                for block in &changes.added {
                    send(sink, &json::header(block)).await?;
                }
            }
        }
    }
}

/// Sends transactions as they reach the pool, without end. A client that cannot keep up with a
/// flood misses some.
async fn arrivals(
    node: &Node,
    sink: &SubscriptionSink,
    mut arrived: Receiver<B256>,
    full: bool,
) -> Result<Infallible, Ended> {
    loop {
        let hash = tokio::select! {
            hash = arrived.recv() => hash,
            () = sink.closed() => return Err(Ended),
        };
        match hash {
            Ok(hash) if !full => send(sink, &hash).await?,
            Ok(hash) => {
                if let Some(tx) = node.chain.pool().get(hash) {
                    send(sink, &json::pool_transaction(&tx)).await?;
                }
            }
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return Err(Ended),
        }
    }
}

/// The node is never behind a network: it says so once.
async fn syncing(sink: &SubscriptionSink) -> Result<Infallible, Ended> {
    send(sink, &false).await?;
    sink.closed().await;
    Err(Ended)
}

async fn send<T: Serialize>(sink: &SubscriptionSink, item: &T) -> Result<(), Ended> {
    let json = to_raw_value(item).map_err(|_| Ended)?;
    sink.send_timeout(json, PATIENCE).await.map_err(|_| Ended)
}
