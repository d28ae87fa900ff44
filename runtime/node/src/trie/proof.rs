//! Merkle proofs, in the shape of EIP-1186: the RLP of every node from the root down.
//!
//! Specification: <https://eips.ethereum.org/EIPS/eip-1186>.

use super::{Link, Node, NodeSource, Trie, TrieError, resolve};
use alloy_primitives::{B256, Bytes};
use alloy_trie::{EMPTY_ROOT_HASH, Nibbles};

impl Trie {
    /// The proof of what is, or is not, at `key` under `root`. Inline nodes are part of their
    /// parent and not listed. The proof in an empty trie is empty.
    pub(crate) fn prove(
        source: &impl NodeSource,
        root: B256,
        key: &Nibbles,
    ) -> Result<Vec<Bytes>, TrieError> {
        let mut proof = Vec::new();
        if root == EMPTY_ROOT_HASH {
            return Ok(proof);
        }
        let mut node = source.node(root)?;
        let mut listed = true;
        let mut depth = 0;
        loop {
            if listed {
                let mut rlp = Vec::new();
                node.encode(&mut rlp);
                proof.push(rlp.into());
            }
            let next = match &*node {
                Node::Leaf { .. } => return Ok(proof),
                Node::Extension { path, child } => {
                    if !key.slice(depth..).starts_with(path) {
                        return Ok(proof);
                    }
                    depth += path.len();
                    child
                }
                Node::Branch { children } => {
                    depth += 1;
                    &children[key.get_unchecked(depth - 1) as usize]
                }
            };
            let Link::Clean(rlp) = next else { return Ok(proof) };
            listed = rlp.is_hash();
            node = resolve(source, rlp)?;
        }
    }
}
