//! A semaphore of which one address can hold only a part.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{client_address::ClientAddress, counts::Counts};

/// One address can hold at most three quarters of the permits.
#[derive(Debug)]
pub(super) struct FairSemaphore {
    total: usize,
    per_address: usize,
    held: Mutex<Counts<ClientAddress>>,
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
        if held.total() >= self.total || held.of(&address) >= self.per_address {
            return None;
        }
        held.add(address, 1);
        Some(Permit {
            semaphore: Arc::clone(self),
            address,
        })
    }

    fn held(&self) -> MutexGuard<'_, Counts<ClientAddress>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.semaphore.held().subtract(&self.address, 1);
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
        assert!(semaphore.held().is_empty());
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
