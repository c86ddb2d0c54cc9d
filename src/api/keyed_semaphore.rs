//! Limits the concurrent requests of one key.

use std::{
    collections::{HashMap, hash_map::RandomState},
    hash::BuildHasher,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::token::Token;

/// Maximum number of concurrent requests per key, because Vapi limits the rate of each account.
pub(super) const MAX_CONCURRENT_PER_KEY: usize = 8;

/// Maximum number of stored keys; beyond it, unused ones are evicted.
const MAX_KEYS: usize = 1024;

/// One semaphore per key. Keys are stored as hashes with a random seed.
#[derive(Debug, Default)]
pub(super) struct KeyedSemaphore {
    hasher: RandomState,
    semaphores: Mutex<HashMap<u64, Weak<Semaphore>>>,
}

impl KeyedSemaphore {
    /// Waits for a permit to send a request with this key.
    pub(super) async fn acquire(&self, token: &Token) -> Option<OwnedSemaphorePermit> {
        // The semaphore is never closed.
        self.semaphore(token).acquire_owned().await.ok()
    }

    fn semaphore(&self, token: &Token) -> Arc<Semaphore> {
        let key = self.hasher.hash_one(token.authorization());
        let mut semaphores = self
            .semaphores
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(semaphore) = semaphores.get(&key).and_then(Weak::upgrade) {
            return semaphore;
        }
        if semaphores.len() >= MAX_KEYS {
            semaphores.retain(|_, semaphore| semaphore.strong_count() > 0);
        }
        let semaphore = Arc::new(Semaphore::new(MAX_CONCURRENT_PER_KEY));
        semaphores.insert(key, Arc::downgrade(&semaphore));
        semaphore
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    fn token(key: usize) -> Token {
        Token::new(&key.to_string()).unwrap()
    }

    #[tokio::test]
    async fn each_key_has_its_own_permits() {
        let semaphore = KeyedSemaphore::default();
        let mut taken = Vec::new();
        for _ in 0..MAX_CONCURRENT_PER_KEY {
            taken.push(semaphore.acquire(&token(1)).now_or_never().unwrap());
        }
        assert!(semaphore.acquire(&token(1)).now_or_never().is_none());
        assert!(semaphore.acquire(&token(2)).now_or_never().is_some());
        taken.pop();
        assert!(semaphore.acquire(&token(1)).now_or_never().is_some());
    }

    #[test]
    fn unused_keys_are_evicted() {
        let semaphore = KeyedSemaphore::default();
        let used = semaphore.semaphore(&token(0));
        for key in 1..5 * MAX_KEYS {
            semaphore.semaphore(&token(key));
        }
        assert!(semaphore.semaphores.lock().unwrap().len() <= MAX_KEYS);
        assert!(Arc::ptr_eq(&used, &semaphore.semaphore(&token(0))));
    }
}
