//! Counts by key, of which only those above zero take memory.

use std::{collections::HashMap, hash::Hash};

#[derive(Debug)]
pub(super) struct Counts<K> {
    by_key: HashMap<K, usize>,
    total: usize,
}

impl<K> Default for Counts<K> {
    fn default() -> Self {
        Self {
            by_key: HashMap::new(),
            total: 0,
        }
    }
}

impl<K: Eq + Hash> Counts<K> {
    pub(super) fn of(&self, key: &K) -> usize {
        self.by_key.get(key).copied().unwrap_or_default()
    }

    pub(super) fn total(&self) -> usize {
        self.total
    }

    pub(super) fn add(&mut self, key: K, more: usize) {
        self.total = self.total.saturating_add(more);
        let count = self.by_key.entry(key).or_default();
        *count = count.saturating_add(more);
    }

    pub(super) fn subtract(&mut self, key: &K, less: usize) {
        self.total = self.total.saturating_sub(less);
        if let Some(count) = self.by_key.get_mut(key) {
            *count = count.saturating_sub(less);
            if *count == 0 {
                self.by_key.remove(key);
            }
        }
    }

    /// Whether nothing is counted.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.total == 0 && self.by_key.is_empty()
    }
}
