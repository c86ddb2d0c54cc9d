//! Limits the concurrent requests of one key.

use std::{
    collections::{HashMap, hash_map::RandomState},
    hash::BuildHasher,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::token::Token;

/// Maximum number of concurrent requests of one key: Vapi limits the rate of each account.
pub(super) const MAX_CONCURRENT: usize = 8;

/// Unused keys are removed once there are this many.
const MAX_KEYS: usize = 1024;

/// A semaphore for each key. Keys are stored as hashes with a seed of this process.
#[derive(Debug, Default)]
pub(super) struct KeyedSemaphore {
    hasher: RandomState,
    keys: Mutex<HashMap<u64, Weak<Semaphore>>>,
}

impl KeyedSemaphore {
    /// Waits until a request with this key may be sent. The permit is held until the answer is read.
    pub(super) async fn acquire(&self, token: &Token) -> Option<OwnedSemaphorePermit> {
        // The semaphore is never closed.
        self.of(token).acquire_owned().await.ok()
    }

    fn of(&self, token: &Token) -> Arc<Semaphore> {
        let key = self.hasher.hash_one(token.authorization());
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(semaphore) = keys.get(&key).and_then(Weak::upgrade) {
            return semaphore;
        }
        if keys.len() >= MAX_KEYS {
            keys.retain(|_, semaphore| semaphore.strong_count() > 0);
        }
        let semaphore = Arc::new(Semaphore::new(MAX_CONCURRENT));
        keys.insert(key, Arc::downgrade(&semaphore));
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
        let requests = KeyedSemaphore::default();
        let mut taken = Vec::new();
        for _ in 0..MAX_CONCURRENT {
            taken.push(requests.acquire(&token(1)).now_or_never().unwrap());
        }
        assert!(requests.acquire(&token(1)).now_or_never().is_none());
        assert!(requests.acquire(&token(2)).now_or_never().is_some());
        taken.pop();
        assert!(requests.acquire(&token(1)).now_or_never().is_some());
    }

    #[test]
    fn unused_keys_are_removed() {
        let requests = KeyedSemaphore::default();
        let used = requests.of(&token(0));
        for key in 1..5 * MAX_KEYS {
            requests.of(&token(key));
        }
        assert!(requests.keys.lock().unwrap().len() <= MAX_KEYS);
        assert!(Arc::ptr_eq(&used, &requests.of(&token(0))));
    }
}
