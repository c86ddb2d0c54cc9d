//! A limited number of places, of which one address can take only a part.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::address::Address;

/// Places that are taken and given back. One address has at most three quarters of them.
#[derive(Debug)]
pub(super) struct Shares {
    all: usize,
    each: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by_address: HashMap<Address, usize>,
}

/// One place, given back when it is dropped.
#[derive(Debug)]
pub(super) struct Share {
    shares: Arc<Shares>,
    address: Address,
}

impl Shares {
    pub(super) fn new(all: usize) -> Self {
        Self {
            all,
            each: all - all / 4,
            taken: Mutex::default(),
        }
    }

    /// A place, if one is free for this address.
    pub(super) fn take(self: &Arc<Self>, address: Address) -> Option<Share> {
        let mut taken = self.taken();
        let own = taken.by_address.get(&address).copied().unwrap_or_default();
        if taken.all >= self.all || own >= self.each {
            return None;
        }
        taken.all += 1;
        taken.by_address.insert(address, own + 1);
        Some(Share {
            shares: Arc::clone(self),
            address,
        })
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut taken = self.shares.taken();
        taken.all = taken.all.saturating_sub(1);
        if let Some(own) = taken.by_address.get_mut(&self.address) {
            *own = own.saturating_sub(1);
            if *own == 0 {
                taken.by_address.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> Address {
        Address::of([192, 0, 2, last].into())
    }

    #[test]
    fn an_address_leaves_a_quarter_to_others() {
        let shares = Arc::new(Shares::new(8));
        let held: Vec<_> = std::iter::from_fn(|| shares.take(address(1))).collect();
        assert_eq!(held.len(), 6);
        let others: Vec<_> = std::iter::from_fn(|| shares.take(address(2))).collect();
        assert_eq!(others.len(), 2);
        drop(held);
        assert!(shares.take(address(2)).is_some());
        drop(others);
        assert!(shares.taken().by_address.is_empty());
        assert_eq!(shares.taken().all, 0);
    }

    #[test]
    fn the_only_place_can_be_taken() {
        assert!(Arc::new(Shares::new(1)).take(address(1)).is_some());
    }
}
