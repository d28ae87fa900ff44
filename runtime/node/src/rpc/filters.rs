//! Filters that clients poll. Their number is bounded, and one that nobody polls expires.
//!
//! Specification: <https://ethereum.github.io/execution-apis/>.

use super::{
    Methods, Node, RpcError, RpcOptions, eth,
    follow::{Changes, Cursor},
    json,
};
use alloy_primitives::{B128, B256, map::HashMap};
use alloy_rpc_types_eth::{Filter, Log};
use parking_lot::Mutex;
use serde::Serialize;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::broadcast::{Receiver, error::TryRecvError};

/// Hashes or transactions that one poll gives at most.
const POLL: usize = 10_000;

/// The filters of all clients.
#[derive(Debug)]
pub(super) struct Filters {
    most: usize,
    expiry: Duration,
    all: Mutex<HashMap<B128, Entry>>,
}

#[derive(Debug)]
struct Entry {
    /// Locked while one poll runs, so that two polls never give the same change.
    kind: Arc<Mutex<Kind>>,
    polled: Instant,
}

#[derive(Debug)]
enum Kind {
    Logs(Box<Filter>, Cursor),
    Blocks(Cursor),
    Pending { arrivals: Receiver<B256>, full: bool },
}

/// What happened since the last poll.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Polled {
    Logs(Vec<Log>),
    Hashes(Vec<B256>),
    Transactions(Vec<json::TransactionJson>),
}

impl Filters {
    pub(super) fn new(options: &RpcOptions) -> Self {
        Self { most: options.filters, expiry: options.filter_expiry, all: Mutex::default() }
    }

    fn add(&self, kind: Kind) -> Result<B128, RpcError> {
        let mut all = self.all.lock();
        all.retain(|_, entry| entry.polled.elapsed() < self.expiry);
        if all.len() >= self.most {
            return Err(RpcError::LimitExceeded(format!(
                "there are {} filters already",
                self.most
            )));
        }
        let id = B128::random();
        all.insert(id, Entry { kind: Arc::new(Mutex::new(kind)), polled: Instant::now() });
        Ok(id)
    }

    fn get(&self, id: B128) -> Result<Arc<Mutex<Kind>>, RpcError> {
        let mut all = self.all.lock();
        let entry = all.get_mut(&id).filter(|entry| entry.polled.elapsed() < self.expiry);
        let entry = entry.ok_or_else(|| RpcError::server("filter not found"))?;
        entry.polled = Instant::now();
        Ok(entry.kind.clone())
    }
}

pub(super) fn register(methods: &mut Methods) {
    methods
        .quick("eth_newFilter", |node, (filter,): (Filter,)| {
            eth::checked_filter(&filter)?;
            node.filters.add(Kind::Logs(Box::new(filter), Cursor::at_head(&node.chain)))
        })
        .quick("eth_newBlockFilter", |node, ()| {
            node.filters.add(Kind::Blocks(Cursor::at_head(&node.chain)))
        })
        .quick("eth_newPendingTransactionFilter", |node, (full,): (Option<bool>,)| {
            let arrivals = node.chain.pool().arrivals();
            node.filters.add(Kind::Pending { arrivals, full: full.unwrap_or(false) })
        })
        .quick("eth_uninstallFilter", |node, (id,): (B128,)| {
            Ok(node.filters.all.lock().remove(&id).is_some())
        })
        .heavy("eth_getFilterChanges", |node, (id,): (B128,)| {
            let kind = node.filters.get(id)?;
            let polled = kind.lock().poll(node)?;
            Ok(polled)
        })
        .heavy("eth_getFilterLogs", |node, (id,): (B128,)| match &*node.filters.get(id)?.lock() {
            Kind::Logs(filter, _) => eth::query(node, filter),
            _ => Err(RpcError::server("filter not found")),
        });
}

impl Kind {
    fn poll(&mut self, node: &Node) -> Result<Polled, RpcError> {
        match self {
            Self::Logs(filter, cursor) => {
                let mut logs = Vec::new();
                follow(cursor, node, |changes| {
                    logs.extend(changed_logs(changes, filter));
                    logs.len()
                })?;
                Ok(Polled::Logs(logs))
            }
            Self::Blocks(cursor) => {
                let mut hashes = Vec::new();
                follow(cursor, node, |changes| {
                    hashes.extend(changes.added.iter().map(|block| block.hash()));
                    hashes.len()
                })?;
                Ok(Polled::Hashes(hashes))
            }
            Self::Pending { arrivals, full } => {
                let hashes = drain(arrivals);
                if !*full {
                    return Ok(Polled::Hashes(hashes));
                }
                let pool = node.chain.pool();
                let known = hashes.into_iter().filter_map(|hash| pool.get(hash));
                Ok(Polled::Transactions(known.map(|tx| json::pool_transaction(&tx)).collect()))
            }
        }
    }
}

/// Goes on to the head, or until `take` has [`POLL`] results; the next poll goes on from there.
fn follow(
    cursor: &mut Cursor,
    node: &Node,
    mut take: impl FnMut(&Changes) -> usize,
) -> Result<(), RpcError> {
    loop {
        let changes = cursor.advance(&node.chain)?;
        if changes.is_empty() || take(&changes) >= POLL {
            return Ok(());
        }
    }
}

/// The logs that came and, marked so, those that went.
pub(super) fn changed_logs(changes: &Changes, filter: &Filter) -> Vec<Log> {
    let gone = changes.removed.iter().flat_map(|block| {
        let mut logs = eth::logs_in(block, filter, true);
        logs.reverse();
        logs
    });
    let come = changes.added.iter().flat_map(|block| eth::logs_in(block, filter, false));
    gone.chain(come).filter(|log| in_range(filter, log)).collect()
}

/// Whether the filter's own range, if it names numbers, lets the log's block through.
fn in_range(filter: &Filter, log: &Log) -> bool {
    let number = log.block_number.unwrap_or_default();
    let (from, to) = filter.extract_block_range();
    from.is_none_or(|from| number >= from) && to.is_none_or(|to| number <= to)
}

/// The hashes that arrived. Some are missing if there were more than the pool remembers.
fn drain(arrivals: &mut Receiver<B256>) -> Vec<B256> {
    let mut hashes = Vec::new();
    while hashes.len() < POLL {
        match arrivals.try_recv() {
            Ok(hash) => hashes.push(hash),
            Err(TryRecvError::Lagged(_)) => {}
            Err(TryRecvError::Empty | TryRecvError::Closed) => break,
        }
    }
    hashes
}
