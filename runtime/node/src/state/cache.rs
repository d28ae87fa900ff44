//! The store behind the state, with what was read decoded and kept.

use super::StateError;
use crate::{
    store::Store,
    trie::{Link, NewNode, Node, NodeSource, TrieError},
};
use alloy_primitives::{B256, Bytes};
use quick_cache::{Weighter, sync::Cache};
use revm::bytecode::Bytecode;
use std::sync::Arc;

/// Memory for decoded trie nodes, in bytes, for each chain.
const NODE_CACHE: u64 = 96 << 20;
/// Memory for analysed code, in bytes, for each chain.
const CODE_CACHE: u64 = 16 << 20;

/// Trie nodes and code, cached over the store.
#[derive(Debug)]
pub(crate) struct StateDb {
    store: Arc<Store>,
    nodes: Cache<B256, Arc<Node>, NodeWeight>,
    codes: Cache<B256, Bytecode, CodeWeight>,
}

#[derive(Debug, Clone)]
struct NodeWeight;

impl Weighter<B256, Arc<Node>> for NodeWeight {
    fn weight(&self, _: &B256, node: &Arc<Node>) -> u64 {
        const OVERHEAD: u64 = 120;
        OVERHEAD
            + match &**node {
                Node::Leaf { value, .. } => value.len() as u64,
                Node::Extension { .. } => 40,
                Node::Branch { .. } => 16 * size_of::<Link>() as u64,
            }
    }
}

#[derive(Debug, Clone)]
struct CodeWeight;

impl Weighter<B256, Bytecode> for CodeWeight {
    fn weight(&self, _: &B256, code: &Bytecode) -> u64 {
        // Analysed code carries a jump table of one bit a byte.
        100 + code.len() as u64 * 9 / 8
    }
}

impl StateDb {
    pub(crate) fn new(store: Arc<Store>) -> Self {
        Self {
            store,
            nodes: Cache::with_weighter(200_000, NODE_CACHE, NodeWeight),
            codes: Cache::with_weighter(2_000, CODE_CACHE, CodeWeight),
        }
    }

    /// The code with this hash.
    pub(crate) fn code(&self, hash: B256) -> Result<Bytecode, StateError> {
        if let Some(code) = self.codes.get(&hash) {
            return Ok(code);
        }
        let raw = self.store.code(hash)?.ok_or(StateError::MissingCode(hash))?;
        let code = decode_code(raw);
        self.codes.insert(hash, code.clone());
        Ok(code)
    }

    /// Keeps what a committed block brought.
    pub(crate) fn remember(&self, nodes: &[NewNode], codes: &[(B256, Bytes)]) {
        for new in nodes {
            self.nodes.insert(new.hash, new.node.clone());
        }
        for (hash, code) in codes {
            self.codes.insert(*hash, decode_code(code.clone()));
        }
    }
}

/// Code as it is executed; EIP-7702 delegations have a form of their own.
fn decode_code(raw: Bytes) -> Bytecode {
    Bytecode::new_raw_checked(raw.clone()).unwrap_or_else(|_| Bytecode::new_legacy(raw))
}

impl NodeSource for StateDb {
    fn node(&self, hash: B256) -> Result<Arc<Node>, TrieError> {
        if let Some(node) = self.nodes.get(&hash) {
            return Ok(node);
        }
        let rlp = self
            .store
            .node(hash)
            .map_err(|err| TrieError::Store(err.to_string()))?
            .ok_or(TrieError::Missing(hash))?;
        let node = Arc::new(Node::decode(&rlp)?);
        self.nodes.insert(hash, node.clone());
        Ok(node)
    }
}
