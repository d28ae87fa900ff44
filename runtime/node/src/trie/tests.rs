//! Roots against `alloy-trie`'s from-scratch builder, proofs against its verifier.

use super::*;
use alloy_primitives::map::HashMap;
use alloy_trie::{HashBuilder, proof::verify_proof};
use rand::{Rng, SeedableRng, rngs::StdRng};
use std::{cell::RefCell, collections::BTreeMap};

#[derive(Default)]
struct Memory(RefCell<HashMap<B256, Arc<Node>>>);

impl NodeSource for Memory {
    fn node(&self, hash: B256) -> Result<Arc<Node>, TrieError> {
        self.0.borrow().get(&hash).cloned().ok_or(TrieError::Missing(hash))
    }
}

impl Memory {
    fn commit(&self, trie: &mut Trie) -> B256 {
        let mut sink = Vec::new();
        let root = trie.commit(&mut sink);
        for new in sink {
            assert_eq!(keccak256(&new.rlp), new.hash);
            self.0.borrow_mut().insert(new.hash, new.node);
        }
        root
    }
}

fn from_scratch(model: &BTreeMap<Nibbles, Vec<u8>>) -> B256 {
    let mut builder = HashBuilder::default();
    for (key, value) in model {
        builder.add_leaf(*key, value);
    }
    builder.root()
}

/// A key of which few bits vary, so that paths share long prefixes and branches collapse often.
fn key(rng: &mut StdRng) -> Nibbles {
    let mut bytes = [0u8; 32];
    bytes[0] = rng.random_range(0..4);
    bytes[7] = rng.random_range(0..3) << 4;
    bytes[31] = rng.random_range(0..8);
    Nibbles::unpack(bytes)
}

#[test]
fn roots_and_proofs_match_a_trie_built_from_scratch() {
    for seed in 0..40 {
        let mut rng = StdRng::seed_from_u64(seed);
        let store = Memory::default();
        let mut model = BTreeMap::new();
        let mut root = EMPTY_ROOT_HASH;
        for _ in 0..30 {
            let mut trie = Trie::new(root);
            for _ in 0..rng.random_range(1..12) {
                let key = key(&mut rng);
                if rng.random_bool(0.45) {
                    trie.remove(&store, &key).unwrap();
                    model.remove(&key);
                } else {
                    // From one byte (inline nodes) to longer than a hash.
                    let value = vec![rng.random_range(1..128); rng.random_range(1..60)];
                    trie.insert(&store, &key, value.clone()).unwrap();
                    model.insert(key, value);
                }
            }
            root = store.commit(&mut trie);
            assert_eq!(root, from_scratch(&model), "seed {seed}");

            let probe = key(&mut rng);
            let expected = model.get(&probe).cloned();
            assert_eq!(Trie::get(&store, root, &probe).unwrap(), expected);
            let proof = Trie::prove(&store, root, &probe).unwrap();
            verify_proof(root, probe, expected, &proof).unwrap();
        }
    }
}

#[test]
fn a_missing_node_is_named() {
    let root = B256::repeat_byte(7);
    let store = Memory::default();
    let err = Trie::get(&store, root, &Nibbles::unpack([0u8; 32])).unwrap_err();
    assert!(matches!(err, TrieError::Missing(hash) if hash == root));
}

/// The second oracle: kona's trie, which op-program proves faults with.
#[test]
fn roots_match_kona_mpt_through_insertions_and_deletions() {
    use kona_mpt::{NoopTrieHinter, NoopTrieProvider, TrieNode};

    for seed in 0..40 {
        let mut rng = StdRng::seed_from_u64(1_000 + seed);
        let store = Memory::default();
        let mut model = BTreeMap::new();
        let mut theirs = TrieNode::Empty;
        let mut root = EMPTY_ROOT_HASH;
        for round in 0..60 {
            let mut ours = Trie::new(root);
            for _ in 0..rng.random_range(1..8) {
                let key = key(&mut rng);
                if rng.random_bool(0.45) {
                    ours.remove(&store, &key).unwrap();
                    // kona refuses to delete what is not there.
                    if model.remove(&key).is_some() {
                        theirs.delete(&key, &NoopTrieProvider, &NoopTrieHinter).unwrap();
                    }
                } else {
                    let value = alloy_rlp::encode(vec![
                        rng.random_range(1..128u8);
                        rng.random_range(1..60)
                    ]);
                    ours.insert(&store, &key, value.clone()).unwrap();
                    theirs.insert(&key, value.clone().into(), &NoopTrieProvider).unwrap();
                    model.insert(key, value);
                }
            }
            root = store.commit(&mut ours);
            assert_eq!(root, theirs.blind(), "seed {seed}, round {round}");
        }
    }
}
