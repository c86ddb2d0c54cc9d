//! The owners of the sessions, and how many sessions there may be.

#[cfg(test)]
mod tests;

use std::{
    cmp::Reverse,
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::{client_address::ClientAddress, counts::Counts, pending_requests::PendingRequests};
use crate::guard::digest::CallerId;

/// A session that was used more recently is not evicted, unless its owner exceeds the fair share.
const MIN_IDLE: Duration = Duration::from_secs(60);

/// The same for keys that Vapi has not accepted yet, which anybody can make up.
const MIN_IDLE_UNVERIFIED: Duration = Duration::from_secs(10);

/// The number of sessions that is always within the fair share of a caller.
const FAIR_SHARE: usize = 8;

/// The caller of a request.
#[derive(Clone, Copy, Debug)]
pub(super) struct CallerInfo {
    pub(super) id: CallerId,
    pub(super) address: ClientAddress,
    /// Whether Vapi has accepted the key.
    pub(super) is_verified: bool,
}

/// Maximum numbers of sessions, including streams of HTTP+SSE.
#[derive(Clone, Copy, Debug)]
pub(super) struct SessionLimits {
    pub(super) total: usize,
    pub(super) per_caller: usize,
}

/// Why another session is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LimitExceeded {
    /// The limit of one caller.
    Caller,
    /// The limit of the server.
    Server,
}

/// The transport of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SessionKind {
    /// Streamable HTTP: the session outlives its connections.
    Streamable,
    /// HTTP+SSE: the session ends with its stream.
    Sse,
}

#[derive(Debug)]
pub(super) struct SessionRegistry {
    limits: SessionLimits,
    entries: Mutex<HashMap<Arc<str>, SessionEntry>>,
}

#[derive(Debug)]
struct SessionEntry {
    owner: CallerInfo,
    kind: SessionKind,
    last_used: Instant,
    pending: Arc<PendingRequests>,
}

impl SessionRegistry {
    pub(super) fn new(limits: SessionLimits) -> Self {
        Self {
            limits,
            entries: Mutex::default(),
        }
    }

    /// Adds a session. If a limit is reached, an idle session is evicted, so that abandoned
    /// sessions do not lock out new ones; its id is returned, and the caller must close it. A
    /// session with a request in progress is never evicted.
    pub(super) fn open(
        &self,
        id: Arc<str>,
        owner: CallerInfo,
        kind: SessionKind,
    ) -> Result<Option<Arc<str>>, LimitExceeded> {
        let mut sessions = self.entries();
        let own_sessions = sessions.values().filter(|entry| entry.owner.id == owner.id);
        let evicted = if own_sessions.count() >= self.limits.per_caller {
            Some(
                self.evictable_of_caller(&sessions, owner, kind)
                    .ok_or(LimitExceeded::Caller)?,
            )
        } else if sessions.len() >= self.limits.total || !self.has_capacity_for(&sessions, kind) {
            Some(
                self.evictable_of_any(&sessions, owner, kind)
                    .ok_or(LimitExceeded::Server)?,
            )
        } else {
            None
        };
        if let Some(evicted) = evicted
            .as_ref()
            .and_then(|evicted| sessions.remove(evicted))
        {
            evicted.pending.close();
        }
        let entry = SessionEntry {
            owner,
            kind,
            last_used: Instant::now(),
            pending: Arc::default(),
        };
        sessions.insert(id, entry);
        Ok(evicted)
    }

    /// The pending requests of a session, if it has this owner and kind. This counts as use of it.
    pub(super) fn find(
        &self,
        owner: CallerInfo,
        id: &str,
        kind: SessionKind,
    ) -> Option<Arc<PendingRequests>> {
        let mut sessions = self.entries();
        let entry = sessions.get_mut(id)?;
        if entry.owner.id != owner.id || entry.kind != kind {
            return None;
        }
        entry.last_used = Instant::now();
        entry.owner = owner;
        Some(Arc::clone(&entry.pending))
    }

    pub(super) fn close(&self, id: &str) {
        if let Some(closed) = self.entries().remove(id) {
            closed.pending.close();
        }
    }

    /// The number of sessions of a kind.
    pub(super) fn count(&self, kind: SessionKind) -> usize {
        let sessions = self.entries();
        sessions.values().filter(|entry| entry.kind == kind).count()
    }

    /// Streams are never evicted, and a quarter of the sessions is reserved for streamable HTTP.
    fn has_capacity_for(
        &self,
        sessions: &HashMap<Arc<str>, SessionEntry>,
        kind: SessionKind,
    ) -> bool {
        let max_streams = self.limits.total - self.limits.total / 4;
        let streams = sessions
            .values()
            .filter(|entry| entry.kind == SessionKind::Sse);
        kind == SessionKind::Streamable || streams.count() < max_streams
    }

    /// The session of the same caller to evict for a new one.
    fn evictable_of_caller(
        &self,
        sessions: &HashMap<Arc<str>, SessionEntry>,
        newcomer: CallerInfo,
        kind: SessionKind,
    ) -> Option<Arc<str>> {
        let candidates =
            evictable(sessions, kind).filter(|(_, entry)| entry.owner.id == newcomer.id);
        let idle = candidates.filter(|(_, entry)| entry.is_idle());
        let oldest = idle.min_by_key(|(_, entry)| entry.last_used);
        oldest.map(|(id, _)| Arc::clone(id))
    }

    /// The session to evict for a new one, among those that are idle or whose owner exceeds the
    /// fair share: first those of unverified keys, then those of the owner with the most.
    fn evictable_of_any(
        &self,
        sessions: &HashMap<Arc<str>, SessionEntry>,
        newcomer: CallerInfo,
        kind: SessionKind,
    ) -> Option<Arc<str>> {
        let (mut by_caller, mut by_address) = (Counts::default(), Counts::default());
        for entry in sessions.values() {
            by_caller.add(entry.owner.id, 1);
            by_address.add(entry.owner.address, 1);
        }
        let fair_caller = FAIR_SHARE.max(by_caller.of(&newcomer.id) + 1);
        let fair_address = (self.limits.total / 2).max(by_address.of(&newcomer.address) + 1);
        let evicted = evictable(sessions, kind).filter(|(_, entry)| {
            entry.is_idle()
                || by_caller.of(&entry.owner.id) > fair_caller
                || (entry.owner.address != newcomer.address
                    && by_address.of(&entry.owner.address) > fair_address)
        });
        let first = evicted.min_by_key(|(_, entry)| {
            let CallerInfo { id, address, .. } = &entry.owner;
            let largest_first = Reverse((by_address.of(address), by_caller.of(id)));
            (entry.owner.is_verified, largest_first, entry.last_used)
        });
        first.map(|(id, _)| Arc::clone(id))
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<Arc<str>, SessionEntry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SessionEntry {
    /// Whether it has been unused long enough to be evicted.
    fn is_idle(&self) -> bool {
        let long = if self.owner.is_verified {
            MIN_IDLE
        } else {
            MIN_IDLE_UNVERIFIED
        };
        self.last_used.elapsed() > long
    }
}

/// The sessions that may be evicted for a new one of this kind. A stream evicts none.
fn evictable(
    sessions: &HashMap<Arc<str>, SessionEntry>,
    kind: SessionKind,
) -> impl Iterator<Item = (&Arc<str>, &SessionEntry)> {
    sessions
        .iter()
        .filter(move |_| kind == SessionKind::Streamable)
        .filter(|(_, entry)| entry.kind == SessionKind::Streamable && !entry.pending.is_busy())
}
