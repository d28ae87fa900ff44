//! A Merkle Patricia trie over a content-addressed node store.
//!
//! Reading, changing and hashing cost what is touched, not what exists: a change loads the nodes on
//! its path, and [`Trie::commit`] hashes only those. Nodes are never deleted, so every past root
//! stays readable and provable.

mod node;
mod proof;
#[cfg(test)]
mod tests;

pub(crate) use node::{Link, Node};

use alloy_primitives::{B256, Bytes, keccak256};
use alloy_trie::{EMPTY_ROOT_HASH, Nibbles, nodes::RlpNode};
use std::sync::Arc;

/// What can go wrong in a trie.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TrieError {
    /// A node that the trie refers to is not in the store.
    #[error("trie node {0} is missing from the store")]
    Missing(B256),
    /// A stored node does not decode.
    #[error("a stored trie node does not decode: {0}")]
    Corrupt(alloy_rlp::Error),
    /// The store failed.
    #[error("trie node store: {0}")]
    Store(String),
}

/// Where nodes are looked up by hash.
pub(crate) trait NodeSource {
    /// The decoded node with this hash.
    fn node(&self, hash: B256) -> Result<Arc<Node>, TrieError>;
}

/// A node written by a commit.
#[derive(Debug, Clone)]
pub(crate) struct NewNode {
    /// Keccak hash of `rlp`.
    pub(crate) hash: B256,
    /// The node's RLP, at least 32 bytes.
    pub(crate) rlp: Bytes,
    /// The same node, decoded.
    pub(crate) node: Arc<Node>,
}

/// A trie that can be changed and committed.
#[derive(Debug, Clone)]
pub(crate) struct Trie {
    root: Link,
}

impl Trie {
    /// The trie with this root.
    pub(crate) fn new(root: B256) -> Self {
        Self { root: Link::from_root(root) }
    }

    /// The value at `key`.
    pub(crate) fn get(
        source: &impl NodeSource,
        root: B256,
        key: &Nibbles,
    ) -> Result<Option<Vec<u8>>, TrieError> {
        if root == EMPTY_ROOT_HASH {
            return Ok(None);
        }
        let mut node = source.node(root)?;
        let mut depth = 0;
        loop {
            let next = match &*node {
                Node::Leaf { path, value } => {
                    return Ok((*path == key.slice(depth..)).then(|| value.clone()));
                }
                Node::Extension { path, child } => {
                    if !key.slice(depth..).starts_with(path) {
                        return Ok(None);
                    }
                    depth += path.len();
                    child
                }
                Node::Branch { children } => {
                    let index = key.get_unchecked(depth);
                    depth += 1;
                    &children[index as usize]
                }
            };
            let Link::Clean(rlp) = next else { return Ok(None) };
            node = resolve(source, rlp)?;
        }
    }

    /// Sets the value at `key`.
    pub(crate) fn insert(
        &mut self,
        source: &impl NodeSource,
        key: &Nibbles,
        value: Vec<u8>,
    ) -> Result<(), TrieError> {
        let root = std::mem::take(&mut self.root);
        self.root = insert(source, root, *key, value)?;
        Ok(())
    }

    /// Removes the value at `key`, if there is one.
    pub(crate) fn remove(
        &mut self,
        source: &impl NodeSource,
        key: &Nibbles,
    ) -> Result<(), TrieError> {
        let root = std::mem::take(&mut self.root);
        self.root = match remove(source, root.clone(), *key)? {
            Removal::Unchanged => root,
            Removal::Changed(link) => link,
        };
        Ok(())
    }

    /// Hashes what changed, hands every new node to `sink`, and returns the root.
    pub(crate) fn commit(&mut self, sink: &mut Vec<NewNode>) -> B256 {
        let root = std::mem::take(&mut self.root);
        let mut buf = Vec::with_capacity(600);
        let link = match root {
            Link::Dirty(node) => {
                let node = commit_children(*node, sink, &mut buf);
                buf.clear();
                node.encode(&mut buf);
                // The root is stored under its hash even where it is shorter than 32 bytes.
                let hash = keccak256(&buf);
                sink.push(NewNode {
                    hash,
                    rlp: Bytes::copy_from_slice(&buf),
                    node: Arc::new(node),
                });
                Link::Clean(RlpNode::word_rlp(&hash))
            }
            other => other,
        };
        let root = match &link {
            Link::Clean(rlp) => rlp.as_hash().unwrap_or(EMPTY_ROOT_HASH),
            _ => EMPTY_ROOT_HASH,
        };
        self.root = link;
        root
    }
}

/// Loads the node behind a clean link.
fn resolve(source: &impl NodeSource, rlp: &RlpNode) -> Result<Arc<Node>, TrieError> {
    match rlp.as_hash() {
        Some(hash) => source.node(hash),
        None => Node::decode(rlp).map(Arc::new),
    }
}

/// Takes the node behind a link, to change it.
fn take(source: &impl NodeSource, link: Link) -> Result<Option<Node>, TrieError> {
    Ok(match link {
        Link::Empty => None,
        Link::Dirty(node) => Some(*node),
        Link::Clean(rlp) => Some(Arc::unwrap_or_clone(resolve(source, &rlp)?)),
    })
}

fn dirty(node: Node) -> Link {
    Link::Dirty(Box::new(node))
}

/// Puts `child` below `path`, merging extensions and leaves as the trie's canonical form asks.
fn extend(source: &impl NodeSource, path: Nibbles, child: Link) -> Result<Link, TrieError> {
    if path.is_empty() {
        return Ok(child);
    }
    Ok(match take(source, child.clone())? {
        None => Link::Empty,
        Some(Node::Leaf { path: rest, value }) => dirty(Node::leaf(path.join(&rest), value)),
        Some(Node::Extension { path: rest, child }) => {
            dirty(Node::Extension { path: path.join(&rest), child })
        }
        Some(Node::Branch { .. }) => dirty(Node::Extension { path, child }),
    })
}

fn insert(
    source: &impl NodeSource,
    link: Link,
    key: Nibbles,
    value: Vec<u8>,
) -> Result<Link, TrieError> {
    let Some(node) = take(source, link)? else { return Ok(dirty(Node::leaf(key, value))) };
    match node {
        Node::Leaf { path, value: old } => {
            if path == key {
                return Ok(dirty(Node::leaf(key, value)));
            }
            let shared = path.common_prefix_length(&key);
            let mut children: Box<[Link; 16]> = Box::default();
            children[path.get_unchecked(shared) as usize] =
                dirty(Node::leaf(path.slice(shared + 1..), old));
            children[key.get_unchecked(shared) as usize] =
                dirty(Node::leaf(key.slice(shared + 1..), value));
            Ok(fork(key.slice(..shared), children))
        }
        Node::Extension { path, child } => {
            let shared = path.common_prefix_length(&key);
            if shared == path.len() {
                let child = insert(source, child, key.slice(shared..), value)?;
                return Ok(dirty(Node::Extension { path, child }));
            }
            let mut children: Box<[Link; 16]> = Box::default();
            let rest = path.slice(shared + 1..);
            children[path.get_unchecked(shared) as usize] =
                if rest.is_empty() { child } else { dirty(Node::Extension { path: rest, child }) };
            children[key.get_unchecked(shared) as usize] =
                dirty(Node::leaf(key.slice(shared + 1..), value));
            Ok(fork(key.slice(..shared), children))
        }
        Node::Branch { mut children } => {
            let slot = &mut children[key.get_unchecked(0) as usize];
            *slot = insert(source, std::mem::take(slot), key.slice(1..), value)?;
            Ok(dirty(Node::Branch { children }))
        }
    }
}

/// A branch below `path`.
fn fork(path: Nibbles, children: Box<[Link; 16]>) -> Link {
    let branch = dirty(Node::Branch { children });
    if path.is_empty() { branch } else { dirty(Node::Extension { path, child: branch }) }
}

enum Removal {
    Unchanged,
    Changed(Link),
}

fn remove(source: &impl NodeSource, link: Link, key: Nibbles) -> Result<Removal, TrieError> {
    let Some(node) = take(source, link)? else { return Ok(Removal::Unchanged) };
    match node {
        Node::Leaf { path, .. } if path == key => Ok(Removal::Changed(Link::Empty)),
        Node::Leaf { .. } => Ok(Removal::Unchanged),
        Node::Extension { path, child } => {
            if !key.starts_with(&path) {
                return Ok(Removal::Unchanged);
            }
            match remove(source, child, key.slice(path.len()..))? {
                Removal::Unchanged => Ok(Removal::Unchanged),
                Removal::Changed(child) => Ok(Removal::Changed(extend(source, path, child)?)),
            }
        }
        Node::Branch { mut children } => {
            let index = key.get_unchecked(0) as usize;
            match remove(source, children[index].clone(), key.slice(1..))? {
                Removal::Unchanged => Ok(Removal::Unchanged),
                Removal::Changed(child) => {
                    children[index] = child;
                    Ok(Removal::Changed(collapse(source, children)?))
                }
            }
        }
    }
}

/// A branch with one child left becomes that child with one nibble more.
fn collapse(source: &impl NodeSource, mut children: Box<[Link; 16]>) -> Result<Link, TrieError> {
    let mut live = children.iter().enumerate().filter(|(_, child)| !child.is_empty());
    match (live.next().map(|(index, _)| index), live.next()) {
        (None, _) => Ok(Link::Empty),
        (Some(only), None) => {
            let child = std::mem::take(&mut children[only]);
            extend(source, Nibbles::from_nibbles_unchecked([only as u8]), child)
        }
        _ => Ok(dirty(Node::Branch { children })),
    }
}

fn commit_children(node: Node, sink: &mut Vec<NewNode>, buf: &mut Vec<u8>) -> Node {
    match node {
        Node::Leaf { .. } => node,
        Node::Extension { path, child } => {
            Node::Extension { path, child: commit_link(child, sink, buf) }
        }
        Node::Branch { mut children } => {
            for slot in children.iter_mut() {
                if let Link::Dirty(_) = slot {
                    *slot = commit_link(std::mem::take(slot), sink, buf);
                }
            }
            Node::Branch { children }
        }
    }
}

fn commit_link(link: Link, sink: &mut Vec<NewNode>, buf: &mut Vec<u8>) -> Link {
    let Link::Dirty(node) = link else { return link };
    let node = commit_children(*node, sink, buf);
    buf.clear();
    node.encode(buf);
    let rlp = RlpNode::from_rlp(buf);
    if let Some(hash) = rlp.as_hash() {
        sink.push(NewNode { hash, rlp: Bytes::copy_from_slice(buf), node: Arc::new(node) });
    }
    Link::Clean(rlp)
}
