//! A small cache for what never changes: data found by hash.

use std::collections::{HashMap, VecDeque};

use alloy_primitives::B256;
use parking_lot::Mutex;

/// Keeps the newest `capacity` entries, in order of insertion.
#[derive(Debug)]
pub(super) struct Cache<V> {
    capacity: usize,
    inner: Mutex<(HashMap<B256, V>, VecDeque<B256>)>,
}

impl<V: Clone> Cache<V> {
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity, inner: Mutex::default() }
    }

    pub(super) fn get(&self, hash: &B256) -> Option<V> {
        self.inner.lock().0.get(hash).cloned()
    }

    pub(super) fn insert(&self, hash: B256, value: V) {
        let (map, order) = &mut *self.inner.lock();
        if map.insert(hash, value).is_some() {
            return;
        }
        order.push_back(hash);
        if order.len() > self.capacity
            && let Some(oldest) = order.pop_front()
        {
            map.remove(&oldest);
        }
    }
}
