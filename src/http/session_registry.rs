//! The owners of the sessions, and how many sessions there may be.

use std::{
    cmp::Reverse,
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::{caller::CallerId, client_address::ClientAddress, pending_requests::PendingRequests};

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

    /// Adds a session. If a limit is reached, an idle session is evicted, so that abandoned sessions
    /// do not lock out new ones; its id is returned, and the caller must close it. A session with a
    /// request in progress is never evicted.
    pub(super) fn open(
        &self,
        id: Arc<str>,
        owner: CallerInfo,
        kind: SessionKind,
    ) -> Result<Option<Arc<str>>, LimitExceeded> {
        let mut sessions = self.entries();
        let own = sessions.values().filter(|entry| entry.owner.id == owner.id);
        let evicted = if own.count() >= self.limits.per_caller {
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
        let most = self.limits.total - self.limits.total / 4;
        let streams = sessions
            .values()
            .filter(|entry| entry.kind == SessionKind::Sse);
        kind == SessionKind::Streamable || streams.count() < most
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

    /// The session to evict for a new one, among those that are idle or whose owner exceeds the fair
    /// share: first those of unverified keys, then those of the owner with the most.
    fn evictable_of_any(
        &self,
        sessions: &HashMap<Arc<str>, SessionEntry>,
        newcomer: CallerInfo,
        kind: SessionKind,
    ) -> Option<Arc<str>> {
        let (mut by_caller, mut by_address) = (HashMap::new(), HashMap::new());
        for entry in sessions.values() {
            *by_caller.entry(entry.owner.id).or_insert(0_usize) += 1;
            *by_address.entry(entry.owner.address).or_insert(0_usize) += 1;
        }
        let of_caller = |id: &CallerId| by_caller.get(id).copied().unwrap_or_default();
        let of_address = |from: &ClientAddress| by_address.get(from).copied().unwrap_or_default();
        let fair_caller = FAIR_SHARE.max(of_caller(&newcomer.id) + 1);
        let fair_address = (self.limits.total / 2).max(of_address(&newcomer.address) + 1);
        let evicted = evictable(sessions, kind).filter(|(_, entry)| {
            entry.is_idle()
                || of_caller(&entry.owner.id) > fair_caller
                || (entry.owner.address != newcomer.address
                    && of_address(&entry.owner.address) > fair_address)
        });
        let first = evicted.min_by_key(|(_, entry)| {
            let CallerInfo { id, address, .. } = &entry.owner;
            let most = Reverse((of_address(address), of_caller(id)));
            (entry.owner.is_verified, most, entry.last_used)
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

#[cfg(test)]
mod tests {
    use rmcp::model::RequestId;

    use super::*;
    use crate::api::Token;

    const LIMITS: SessionLimits = SessionLimits {
        total: 3,
        per_caller: 2,
    };

    fn who(token: &str) -> CallerInfo {
        CallerInfo {
            id: CallerId::of(&Token::new(token).unwrap()),
            address: ClientAddress::unknown(),
            is_verified: true,
        }
    }

    /// Makes a session look unused for this long.
    fn rest(registry: &SessionRegistry, id: &str, long: Duration) {
        registry.entries().get_mut(id).unwrap().last_used -= long;
    }

    #[test]
    fn a_session_is_its_openers_alone() {
        let registry = SessionRegistry::new(LIMITS);
        registry
            .open("one".into(), who("a"), SessionKind::Streamable)
            .unwrap();
        assert!(
            registry
                .find(who("a"), "one", SessionKind::Streamable)
                .is_some()
        );
        assert!(registry.find(who("a"), "one", SessionKind::Sse).is_none());
        assert!(
            registry
                .find(who("b"), "one", SessionKind::Streamable)
                .is_none()
        );
        assert!(
            registry
                .find(who("a"), "two", SessionKind::Streamable)
                .is_none()
        );
        registry.close("one");
        assert!(
            registry
                .find(who("a"), "one", SessionKind::Streamable)
                .is_none()
        );
    }

    #[test]
    fn there_is_room_for_so_many_of_a_caller_and_in_all() {
        let registry = SessionRegistry::new(LIMITS);
        let open =
            |id: &str, token: &str| registry.open(id.into(), who(token), SessionKind::Streamable);
        assert_eq!(open("1", "a"), Ok(None));
        assert_eq!(open("2", "a"), Ok(None));
        assert_eq!(open("3", "a"), Err(LimitExceeded::Caller));
        assert_eq!(open("3", "b"), Ok(None));
        assert_eq!(open("4", "c"), Err(LimitExceeded::Server));
        assert_eq!(registry.count(SessionKind::Streamable), 3);
    }

    #[test]
    fn what_was_left_open_longest_makes_room_but_nothing_that_may_be_busy() {
        let registry = SessionRegistry::new(LIMITS);
        let open =
            |id: &str, token: &str| registry.open(id.into(), who(token), SessionKind::Streamable);
        for (id, token) in [("1", "a"), ("2", "a"), ("3", "b")] {
            open(id, token).unwrap();
        }
        rest(&registry, "1", 2 * MIN_IDLE);
        rest(&registry, "3", 3 * MIN_IDLE);
        assert_eq!(
            open("4", "a"),
            Ok(Some("1".into())),
            "its own, not another's"
        );
        assert_eq!(open("5", "c"), Ok(Some("3".into())));
        assert_eq!(open("6", "c"), Err(LimitExceeded::Server));
    }

    #[test]
    fn a_stream_is_never_closed_to_make_room() {
        let registry = SessionRegistry::new(LIMITS);
        for id in ["1", "2"] {
            registry
                .open(id.into(), who("a"), SessionKind::Sse)
                .unwrap();
            rest(&registry, id, 2 * MIN_IDLE);
        }
        let more = registry.open("3".into(), who("a"), SessionKind::Streamable);
        assert_eq!(more, Err(LimitExceeded::Caller));
        assert_eq!(registry.count(SessionKind::Sse), 2);
    }

    #[test]
    fn a_session_with_a_request_under_way_is_never_closed_to_make_room() {
        let registry = SessionRegistry::new(SessionLimits {
            total: 2,
            per_caller: 1,
        });
        let open =
            |id: &str, token: &str| registry.open(id.into(), who(token), SessionKind::Streamable);
        open("1", "a").unwrap();
        open("2", "b").unwrap();
        let pending = registry
            .find(who("a"), "1", SessionKind::Streamable)
            .unwrap();
        let request = pending.begin(RequestId::Number(1)).unwrap();
        rest(&registry, "1", 10 * MIN_IDLE);
        assert_eq!(open("3", "a"), Err(LimitExceeded::Caller));
        assert_eq!(open("3", "c"), Err(LimitExceeded::Server));
        drop(request);
        assert_eq!(open("3", "c"), Ok(Some("1".into())));
    }

    #[test]
    fn whoever_has_most_makes_room_first() {
        let all = 4 * FAIR_SHARE;
        let registry = SessionRegistry::new(SessionLimits {
            total: all,
            per_caller: all,
        });
        let from = |token: &str, last: u8| CallerInfo {
            address: ClientAddress::of([192, 0, 2, last].into()),
            ..who(token)
        };
        let open = |id: String, caller_info| {
            registry.open(id.into(), caller_info, SessionKind::Streamable)
        };
        for number in 0..FAIR_SHARE {
            open(format!("few-{number}"), from("few", 1)).unwrap();
        }
        for number in 0..3 * FAIR_SHARE {
            open(format!("many-{number}"), from("many", 1)).unwrap();
        }
        let evicted = open("new".to_owned(), from("new", 1)).unwrap().unwrap();
        assert!(evicted.starts_with("many-"), "{evicted}");

        // Made-up keys of one address make room for another address.
        let registry = SessionRegistry::new(SessionLimits {
            total: all,
            per_caller: all,
        });
        let open = |id: String, caller_info| {
            registry.open(id.into(), caller_info, SessionKind::Streamable)
        };
        for number in 0..all {
            open(format!("{number}"), from(&format!("key-{number}"), 1)).unwrap();
        }
        assert_eq!(
            open("same".to_owned(), from("new", 1)),
            Err(LimitExceeded::Server)
        );
        assert!(open("other".to_owned(), from("new", 2)).unwrap().is_some());
    }

    #[test]
    fn keys_that_vapi_has_not_accepted_make_room_first_and_sooner() {
        let registry = SessionRegistry::new(SessionLimits {
            total: 2,
            per_caller: 2,
        });
        let unknown = CallerInfo {
            is_verified: false,
            ..who("made-up")
        };
        let open =
            |id: &str, caller_info| registry.open(id.into(), caller_info, SessionKind::Streamable);
        open("1", who("a")).unwrap();
        open("2", unknown).unwrap();
        rest(&registry, "1", 2 * MIN_IDLE);
        rest(&registry, "2", 2 * MIN_IDLE_UNVERIFIED);
        assert_eq!(open("3", who("b")), Ok(Some("2".into())));
        assert_eq!(open("4", who("b")), Ok(Some("1".into())));
    }

    #[test]
    fn streams_leave_places_to_sessions() {
        let registry = SessionRegistry::new(SessionLimits {
            total: 8,
            per_caller: 8,
        });
        for number in 0..6 {
            registry
                .open(number.to_string().into(), who("a"), SessionKind::Sse)
                .unwrap();
        }
        let stream = registry.open("more".into(), who("b"), SessionKind::Sse);
        assert_eq!(stream, Err(LimitExceeded::Server));
        registry
            .open("session".into(), who("b"), SessionKind::Streamable)
            .unwrap();
    }
}
