//! Limits the concurrent requests of one key.

use std::{
    collections::{HashMap, hash_map::RandomState},
    hash::BuildHasher,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::token::Token;

/// Vapi limits the rate of each account; the others wait here.
pub(super) const AT_ONCE: usize = 8;

/// Keys that nobody uses are forgotten once there are this many.
const KEYS: usize = 1024;

/// The requests of every key. Keys are stored as hashes with a seed of this process.
#[derive(Debug, Default)]
pub(super) struct Turns {
    hasher: RandomState,
    keys: Mutex<HashMap<u64, Weak<Semaphore>>>,
}

impl Turns {
    /// Waits until a request with this key may be sent; it is on its way until the turn is dropped.
    pub(super) async fn turn(&self, token: &Token) -> Option<OwnedSemaphorePermit> {
        // Nobody closes a semaphore.
        self.of(token).acquire_owned().await.ok()
    }

    fn of(&self, token: &Token) -> Arc<Semaphore> {
        let key = self.hasher.hash_one(token.authorization());
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turns) = keys.get(&key).and_then(Weak::upgrade) {
            return turns;
        }
        if keys.len() >= KEYS {
            keys.retain(|_, turns| turns.strong_count() > 0);
        }
        let turns = Arc::new(Semaphore::new(AT_ONCE));
        keys.insert(key, Arc::downgrade(&turns));
        turns
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
    async fn each_key_has_its_own_turns() {
        let turns = Turns::default();
        let mut taken = Vec::new();
        for _ in 0..AT_ONCE {
            taken.push(turns.turn(&token(1)).now_or_never().unwrap());
        }
        assert!(turns.turn(&token(1)).now_or_never().is_none());
        assert!(turns.turn(&token(2)).now_or_never().is_some());
        taken.pop();
        assert!(turns.turn(&token(1)).now_or_never().is_some());
    }

    #[test]
    fn keys_that_nobody_uses_are_forgotten() {
        let turns = Turns::default();
        let used = turns.of(&token(0));
        for key in 1..5 * KEYS {
            turns.of(&token(key));
        }
        assert!(turns.keys.lock().unwrap().len() <= KEYS);
        assert!(Arc::ptr_eq(&used, &turns.of(&token(0))));
    }
}
