//! Nodes of the Merkle Patricia trie, as they are hashed and stored.
//!
//! All keys are Keccak hashes of one length, so a branch never carries a value of its own.
//! Specification: <https://ethereum.github.io/yellowpaper/paper.pdf>, appendix D.

use super::TrieError;
use alloy_primitives::B256;
use alloy_rlp::{Decodable, Encodable};
use alloy_trie::{
    Nibbles, TrieMask,
    nodes::{BranchNode, ExtensionNode, LeafNode, RlpNode, TrieNode},
};

/// What a node points to.
#[derive(Clone, Debug, Default)]
pub(crate) enum Link {
    /// No child.
    #[default]
    Empty,
    /// A node whose encoding is known: a hash to look up, or a node of under 32 bytes inline.
    Clean(RlpNode),
    /// A node changed since the last commit.
    Dirty(Box<Node>),
}

impl Link {
    /// The link to the trie with root `root`.
    pub(crate) fn from_root(root: B256) -> Self {
        if root == alloy_trie::EMPTY_ROOT_HASH {
            Self::Empty
        } else {
            Self::Clean(RlpNode::word_rlp(&root))
        }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        matches!(self, Self::Empty)
    }
}

/// A node whose children may be dirty.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    /// The end of a path, with the RLP of what is stored there.
    Leaf { path: Nibbles, value: Vec<u8> },
    /// A shared run of nibbles above a branch.
    Extension { path: Nibbles, child: Link },
    /// A fork of 16 ways.
    Branch { children: Box<[Link; 16]> },
}

impl Node {
    /// Decodes the RLP of one node.
    pub(crate) fn decode(mut rlp: &[u8]) -> Result<Self, TrieError> {
        Ok(match TrieNode::decode(&mut rlp).map_err(TrieError::Corrupt)? {
            TrieNode::EmptyRoot => return Err(TrieError::Corrupt(alloy_rlp::Error::InputTooShort)),
            TrieNode::Leaf(leaf) => Self::Leaf { path: leaf.key, value: leaf.value },
            TrieNode::Extension(ext) => {
                Self::Extension { path: ext.key, child: Link::Clean(ext.child) }
            }
            TrieNode::Branch(branch) => {
                let mut children: Box<[Link; 16]> = Box::default();
                let mut stack = branch.stack.into_iter();
                for (index, slot) in children.iter_mut().enumerate() {
                    if branch.state_mask.is_bit_set(index as u8) {
                        *slot = stack.next().map_or(Link::Empty, Link::Clean);
                    }
                }
                Self::Branch { children }
            }
        })
    }

    /// Encodes the node. Every child must be clean by now.
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Leaf { path, value } => {
                alloy_trie::nodes::LeafNodeRef::new(path, value).encode(out);
            }
            Self::Extension { path, child } => {
                if let Link::Clean(child) = child {
                    ExtensionNode::new(*path, child.clone()).encode(out);
                }
            }
            Self::Branch { children } => {
                let mut mask = TrieMask::default();
                let mut stack = Vec::with_capacity(16);
                for (index, child) in children.iter().enumerate() {
                    if let Link::Clean(child) = child {
                        mask.set_bit(index as u8);
                        stack.push(child.clone());
                    }
                }
                BranchNode::new(stack, mask).encode(out);
            }
        }
    }

    /// A leaf.
    pub(crate) fn leaf(path: Nibbles, value: Vec<u8>) -> Self {
        let LeafNode { key, value } = LeafNode::new(path, value);
        Self::Leaf { path: key, value }
    }
}
