//! The open connections. When there are too many, the one that has waited longest for its client is
//! closed to make room.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Instant,
};

use tokio_util::sync::CancellationToken;

use super::{client_address::ClientAddress, counts::Counts};

/// The value of `idle_since` while a request is being answered.
const BUSY: u64 = u64::MAX;

#[derive(Debug)]
pub(super) struct Connections {
    /// In total. One address may have half of them.
    limit: usize,
    started: Instant,
    open: Mutex<OpenConnections>,
}

#[derive(Debug, Default)]
struct OpenConnections {
    next: u64,
    by_id: HashMap<u64, Arc<Connection>>,
    by_address: Counts<ClientAddress>,
}

#[derive(Debug)]
pub(super) struct Connection {
    id: u64,
    address: ClientAddress,
    started: Instant,
    /// Milliseconds after `started` at which it began to wait for its client, or `BUSY`.
    idle_since: AtomicU64,
    evicted: CancellationToken,
}

/// Counts a connection until it is dropped.
#[derive(Debug)]
pub(super) struct ConnectionPermit {
    pub(super) connection: Arc<Connection>,
    connections: Weak<Connections>,
}

/// Marks a connection as busy until it is dropped.
#[derive(Debug)]
pub(super) struct BusyGuard(Arc<Connection>);

impl Connections {
    pub(super) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self {
            limit,
            started: Instant::now(),
            open: Mutex::default(),
        })
    }

    /// Adds a connection from this address, if the limit is not reached or an idle one can be
    /// closed.
    pub(super) fn try_add(self: &Arc<Self>, address: ClientAddress) -> Option<ConnectionPermit> {
        let mut open = self.open();
        if open.by_address.of(&address) >= self.limit.div_ceil(2) {
            open.evict(|other| other.address == address)?;
        } else if open.by_id.len() >= self.limit {
            open.evict(|_| true)?;
        }
        let id = open.next;
        open.next = id.wrapping_add(1);
        let connection = Arc::new(Connection {
            id,
            address,
            started: self.started,
            idle_since: AtomicU64::new(0),
            evicted: CancellationToken::new(),
        });
        connection.mark_idle();
        open.by_id.insert(id, Arc::clone(&connection));
        open.by_address.add(address, 1);
        Some(ConnectionPermit {
            connection,
            connections: Arc::downgrade(self),
        })
    }

    /// Closes an idle connection, because the process has too many open files.
    pub(super) fn evict_idle(&self) {
        self.open().evict(|_| true);
    }

    fn open(&self) -> MutexGuard<'_, OpenConnections> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl OpenConnections {
    /// Closes the longest idle connection of the address with the most connections.
    fn evict(&mut self, is_candidate: impl Fn(&Connection) -> bool) -> Option<()> {
        let waiting = self
            .by_id
            .values()
            .filter(|connection| is_candidate(connection));
        let waiting = waiting.filter_map(|connection| {
            let since = connection.idle_since.load(Relaxed);
            (since != BUSY).then_some((
                self.by_address.of(&connection.address),
                u64::MAX - since,
                connection,
            ))
        });
        let longest = waiting.max_by_key(|&(most, waited, _)| (most, waited));
        let longest = Arc::clone(longest?.2);
        self.remove(&longest);
        longest.evicted.cancel();
        Some(())
    }

    fn remove(&mut self, connection: &Connection) {
        if self.by_id.remove(&connection.id).is_some() {
            self.by_address.subtract(&connection.address, 1);
        }
    }
}

impl Connection {
    pub(super) fn address(&self) -> ClientAddress {
        self.address
    }

    /// Resolves when the connection must be closed to make room for another.
    pub(super) async fn evicted(&self) {
        self.evicted.cancelled().await;
    }

    /// Marks the connection as waiting for its client.
    pub(super) fn mark_idle(&self) {
        let now = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(BUSY);
        self.idle_since.store(now.min(BUSY - 1), Relaxed);
    }

    /// Marks the connection as busy until the guard is dropped.
    pub(super) fn mark_busy(self: &Arc<Self>) -> BusyGuard {
        self.idle_since.store(BUSY, Relaxed);
        BusyGuard(Arc::clone(self))
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        if let Some(connections) = self.connections.upgrade() {
            connections.open().remove(&self.connection);
        }
    }
}

impl Drop for BusyGuard {
    fn drop(&mut self) {
        self.0.mark_idle();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> ClientAddress {
        ClientAddress::of([192, 0, 2, last].into())
    }

    fn is_evicted(permit: &ConnectionPermit) -> bool {
        permit.connection.evicted.is_cancelled()
    }

    /// Makes connections look as if they had begun to wait one after the other.
    fn in_order(connections: &[ConnectionPermit]) {
        for (id, permit) in (0..).zip(connections) {
            permit.connection.idle_since.store(id, Relaxed);
        }
    }

    #[test]
    fn whoever_waits_longest_makes_room() {
        let all = Connections::new(4);
        let from = [1, 1, 2, 2];
        let open: Vec<_> = from.map(|last| all.try_add(address(last)).unwrap()).into();
        in_order(&open);
        let _work = open[0].connection.mark_busy();
        let new = all.try_add(address(3)).unwrap();
        assert_eq!(
            open.iter().map(is_evicted).collect::<Vec<_>>(),
            [false, true, false, false]
        );
        assert!(!is_evicted(&new));
        assert_eq!(all.open().by_id.len(), 4);
    }

    #[test]
    fn an_address_takes_no_more_than_half() {
        let all = Connections::new(4);
        let other = all.try_add(address(2)).unwrap();
        let own = [
            all.try_add(address(1)).unwrap(),
            all.try_add(address(1)).unwrap(),
        ];
        in_order(&own);
        let _more = all.try_add(address(1)).unwrap();
        assert!(is_evicted(&own[0]) && !is_evicted(&own[1]) && !is_evicted(&other));
    }

    #[test]
    fn a_connection_that_works_is_not_closed() {
        let all = Connections::new(2);
        let open = [
            all.try_add(address(1)).unwrap(),
            all.try_add(address(2)).unwrap(),
        ];
        let work: Vec<_> = open
            .iter()
            .map(|open| open.connection.mark_busy())
            .collect();
        assert!(all.try_add(address(3)).is_none());
        drop(work);
        assert!(all.try_add(address(3)).is_some());
    }

    #[test]
    fn places_are_given_back() {
        let all = Connections::new(2);
        for _ in 0..5 {
            drop(all.try_add(address(1)).unwrap());
        }
        let open = all.open();
        assert!(open.by_id.is_empty() && open.by_address.is_empty());
    }
}
