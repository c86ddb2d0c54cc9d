//! A semaphore of which one address can hold only a part.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::client_address::ClientAddress;

/// One address can hold at most three quarters of the permits.
#[derive(Debug)]
pub(super) struct FairSemaphore {
    total: usize,
    per_address: usize,
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    total: usize,
    by_address: HashMap<ClientAddress, usize>,
}

#[derive(Debug)]
pub(super) struct Permit {
    semaphore: Arc<FairSemaphore>,
    address: ClientAddress,
}

impl FairSemaphore {
    pub(super) fn new(total: usize) -> Self {
        Self {
            total,
            per_address: total - total / 4,
            counts: Mutex::default(),
        }
    }

    /// A permit, if one is free for this address.
    pub(super) fn try_acquire(self: &Arc<Self>, address: ClientAddress) -> Option<Permit> {
        let mut counts = self.counts();
        let count = counts.by_address.get(&address).copied().unwrap_or_default();
        if counts.total >= self.total || count >= self.per_address {
            return None;
        }
        counts.total += 1;
        counts.by_address.insert(address, count + 1);
        Some(Permit {
            semaphore: Arc::clone(self),
            address,
        })
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut counts = self.semaphore.counts();
        counts.total = counts.total.saturating_sub(1);
        if let Some(count) = counts.by_address.get_mut(&self.address) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                counts.by_address.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> ClientAddress {
        ClientAddress::of([192, 0, 2, last].into())
    }

    #[test]
    fn an_address_leaves_a_quarter_to_others() {
        let semaphore = Arc::new(FairSemaphore::new(8));
        let counts: Vec<_> = std::iter::from_fn(|| semaphore.try_acquire(address(1))).collect();
        assert_eq!(counts.len(), 6);
        let others: Vec<_> = std::iter::from_fn(|| semaphore.try_acquire(address(2))).collect();
        assert_eq!(others.len(), 2);
        drop(counts);
        assert!(semaphore.try_acquire(address(2)).is_some());
        drop(others);
        assert!(semaphore.counts().by_address.is_empty());
        assert_eq!(semaphore.counts().total, 0);
    }

    #[test]
    fn the_only_place_can_be_taken() {
        assert!(
            Arc::new(FairSemaphore::new(1))
                .try_acquire(address(1))
                .is_some()
        );
    }
}
