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
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
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
            held: Mutex::default(),
        }
    }

    /// A permit, if one is free for this address.
    pub(super) fn try_acquire(self: &Arc<Self>, address: ClientAddress) -> Option<Permit> {
        let mut held = self.held();
        let own = held.by_address.get(&address).copied().unwrap_or_default();
        if held.total >= self.total || own >= self.per_address {
            return None;
        }
        held.total += 1;
        held.by_address.insert(address, own + 1);
        Some(Permit {
            semaphore: Arc::clone(self),
            address,
        })
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut held = self.semaphore.held();
        held.total = held.total.saturating_sub(1);
        if let Some(own) = held.by_address.get_mut(&self.address) {
            *own = own.saturating_sub(1);
            if *own == 0 {
                held.by_address.remove(&self.address);
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
        let held: Vec<_> = std::iter::from_fn(|| semaphore.try_acquire(address(1))).collect();
        assert_eq!(held.len(), 6);
        let others: Vec<_> = std::iter::from_fn(|| semaphore.try_acquire(address(2))).collect();
        assert_eq!(others.len(), 2);
        drop(held);
        assert!(semaphore.try_acquire(address(2)).is_some());
        drop(others);
        assert!(semaphore.held().by_address.is_empty());
        assert_eq!(semaphore.held().total, 0);
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
