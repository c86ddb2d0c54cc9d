//! The open connections. When there are too many, the one that has waited longest for its client is
//! closed for a new one.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Instant,
};

use tokio_util::sync::CancellationToken;

use super::address::Address;

/// The state of a connection on which a request is being answered.
const WORKS: u64 = u64::MAX;

/// What is open.
#[derive(Debug)]
pub(super) struct Connections {
    /// In total; one address has half of them.
    most: usize,
    started: Instant,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    next: u64,
    all: HashMap<u64, Arc<Connection>>,
    by_address: HashMap<Address, usize>,
}

/// One connection.
#[derive(Debug)]
pub(super) struct Connection {
    number: u64,
    address: Address,
    started: Instant,
    /// Milliseconds from `started` to when it began to wait for its client, or `WORKS`.
    waits: AtomicU64,
    lost: CancellationToken,
}

/// A place for a connection, given back when it is dropped.
#[derive(Debug)]
pub(super) struct Admitted {
    pub(super) connection: Arc<Connection>,
    all: Weak<Connections>,
}

/// A request that is being answered: its connection does not wait for its client.
#[derive(Debug)]
pub(super) struct Work(Arc<Connection>);

impl Connections {
    pub(super) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self {
            most,
            started: Instant::now(),
            open: Mutex::default(),
        })
    }

    /// A place for a connection from this address, if there is one or another can be closed.
    pub(super) fn admit(self: &Arc<Self>, address: Address) -> Option<Admitted> {
        let mut open = self.open();
        let own = open.by_address.get(&address).copied().unwrap_or_default();
        if own >= self.most.div_ceil(2) {
            open.close(|other| other.address == address)?;
        } else if open.all.len() >= self.most {
            open.close(|_| true)?;
        }
        let number = open.next;
        open.next = number.wrapping_add(1);
        let connection = Arc::new(Connection {
            number,
            address,
            started: self.started,
            waits: AtomicU64::new(0),
            lost: CancellationToken::new(),
        });
        connection.wait();
        open.all.insert(number, Arc::clone(&connection));
        let own = open.by_address.entry(address).or_default();
        *own = own.saturating_add(1);
        Some(Admitted {
            connection,
            all: Arc::downgrade(self),
        })
    }

    /// Closes one that waits: the process has no more files.
    pub(super) fn close_one(&self) {
        self.open().close(|_| true);
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    /// Closes the connection that has waited longest, of the address that has most.
    fn close(&mut self, which: impl Fn(&Connection) -> bool) -> Option<()> {
        let of = |address| self.by_address.get(address).copied().unwrap_or_default();
        let waiting = self.all.values().filter(|connection| which(connection));
        let waiting = waiting.filter_map(|connection| {
            let since = connection.waits.load(Relaxed);
            (since != WORKS).then_some((of(&connection.address), u64::MAX - since, connection))
        });
        let longest = waiting.max_by_key(|&(most, waited, _)| (most, waited));
        let longest = Arc::clone(longest?.2);
        self.remove(&longest);
        longest.lost.cancel();
        Some(())
    }

    fn remove(&mut self, connection: &Connection) {
        if self.all.remove(&connection.number).is_none() {
            return;
        }
        if let Some(own) = self.by_address.get_mut(&connection.address) {
            *own = own.saturating_sub(1);
            if *own == 0 {
                self.by_address.remove(&connection.address);
            }
        }
    }
}

impl Connection {
    pub(super) fn address(&self) -> Address {
        self.address
    }

    /// Resolves when it is closed to make room for another.
    pub(super) async fn lost(&self) {
        self.lost.cancelled().await;
    }

    /// Marks it as waiting for its client.
    pub(super) fn wait(&self) {
        let now = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(WORKS);
        self.waits.store(now.min(WORKS - 1), Relaxed);
    }

    /// Marks it as busy until the guard is dropped.
    pub(super) fn work(self: &Arc<Self>) -> Work {
        self.waits.store(WORKS, Relaxed);
        Work(Arc::clone(self))
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        if let Some(all) = self.all.upgrade() {
            all.open().remove(&self.connection);
        }
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        self.0.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> Address {
        Address::of([192, 0, 2, last].into())
    }

    fn is_lost(admitted: &Admitted) -> bool {
        admitted.connection.lost.is_cancelled()
    }

    /// Makes connections look as if they had begun to wait one after the other.
    fn in_order(connections: &[Admitted]) {
        for (number, admitted) in (0..).zip(connections) {
            admitted.connection.waits.store(number, Relaxed);
        }
    }

    #[test]
    fn whoever_waits_longest_makes_room() {
        let all = Connections::new(4);
        let from = [1, 1, 2, 2];
        let open: Vec<_> = from.map(|last| all.admit(address(last)).unwrap()).into();
        in_order(&open);
        let _work = open[0].connection.work();
        let new = all.admit(address(3)).unwrap();
        assert_eq!(
            open.iter().map(is_lost).collect::<Vec<_>>(),
            [false, true, false, false]
        );
        assert!(!is_lost(&new));
        assert_eq!(all.open().all.len(), 4);
    }

    #[test]
    fn an_address_takes_no_more_than_half() {
        let all = Connections::new(4);
        let other = all.admit(address(2)).unwrap();
        let own = [
            all.admit(address(1)).unwrap(),
            all.admit(address(1)).unwrap(),
        ];
        in_order(&own);
        let _more = all.admit(address(1)).unwrap();
        assert!(is_lost(&own[0]) && !is_lost(&own[1]) && !is_lost(&other));
    }

    #[test]
    fn a_connection_that_works_is_not_closed() {
        let all = Connections::new(2);
        let open = [
            all.admit(address(1)).unwrap(),
            all.admit(address(2)).unwrap(),
        ];
        let work: Vec<_> = open.iter().map(|open| open.connection.work()).collect();
        assert!(all.admit(address(3)).is_none());
        drop(work);
        assert!(all.admit(address(3)).is_some());
    }

    #[test]
    fn places_are_given_back() {
        let all = Connections::new(2);
        for _ in 0..5 {
            drop(all.admit(address(1)).unwrap());
        }
        let open = all.open();
        assert!(open.all.is_empty() && open.by_address.is_empty());
    }
}
