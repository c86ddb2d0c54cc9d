//! Which caller owns which session, and how many there may be.

use std::{
    cmp::Reverse,
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::{address::Address, caller::Principal, pending::Pending};

/// A session that was used more recently than this is not closed to make room, unless its owner has
/// more than a fair share.
const IDLE: Duration = Duration::from_secs(60);

/// The same for keys that Vapi has not accepted yet: those can be made up.
const IDLE_UNKNOWN: Duration = Duration::from_secs(10);

/// Owners with at most this many sessions are within their fair share.
const FEW: usize = 8;

/// Who opens or uses a session.
#[derive(Clone, Copy, Debug)]
pub(super) struct Visitor {
    pub(super) who: Principal,
    pub(super) address: Address,
    /// Whether Vapi has accepted the key.
    pub(super) is_known: bool,
}

/// How many sessions there may be, streams of the older transport among them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Places {
    /// In all.
    pub(super) all: usize,
    /// Of one caller.
    pub(super) each: usize,
}

/// Why another session is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Full {
    /// The limit of the caller is reached.
    Caller,
    /// The limit is reached.
    All,
}

/// What is owned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A session, which lives between requests.
    Session,
    /// A stream of the older transport, which lives as long as its connection.
    Stream,
}

/// Who owns which session.
#[derive(Debug)]
pub(super) struct Owners {
    places: Places,
    owned: Mutex<HashMap<Arc<str>, Owned>>,
}

#[derive(Debug)]
struct Owned {
    owner: Visitor,
    kind: Kind,
    used: Instant,
    pending: Arc<Pending>,
}

impl Owners {
    pub(super) fn new(places: Places) -> Self {
        Self {
            places,
            owned: Mutex::default(),
        }
    }

    /// Takes a place. If none is free, an idle session is removed, returned and must be closed,
    /// because abandoned sessions would otherwise lock others out. A session with a request in
    /// progress is never removed.
    pub(super) fn open(
        &self,
        id: Arc<str>,
        owner: Visitor,
        kind: Kind,
    ) -> Result<Option<Arc<str>>, Full> {
        let mut all = self.owned();
        let own = all.values().filter(|owned| owned.owner.who == owner.who);
        let lost = if own.count() >= self.places.each {
            Some(self.own_lost(&all, owner, kind).ok_or(Full::Caller)?)
        } else if all.len() >= self.places.all || !self.has_place_for(&all, kind) {
            Some(self.any_lost(&all, owner, kind).ok_or(Full::All)?)
        } else {
            None
        };
        if let Some(lost) = lost.as_ref().and_then(|lost| all.remove(lost)) {
            lost.pending.end();
        }
        let owned = Owned {
            owner,
            kind,
            used: Instant::now(),
            pending: Arc::default(),
        };
        all.insert(id, owned);
        Ok(lost)
    }

    /// The requests of this session, if it is the visitor's and of this kind, which counts as use
    /// of it.
    pub(super) fn find(&self, owner: Visitor, id: &str, kind: Kind) -> Option<Arc<Pending>> {
        let mut all = self.owned();
        let owned = all.get_mut(id)?;
        if owned.owner.who != owner.who || owned.kind != kind {
            return None;
        }
        owned.used = Instant::now();
        owned.owner = owner;
        Some(Arc::clone(&owned.pending))
    }

    pub(super) fn close(&self, id: &str) {
        if let Some(closed) = self.owned().remove(id) {
            closed.pending.end();
        }
    }

    /// How many there are of a kind.
    pub(super) fn count(&self, kind: Kind) -> usize {
        let all = self.owned();
        all.values().filter(|owned| owned.kind == kind).count()
    }

    /// Streams are never lost to make room and leave a quarter of the places to sessions.
    fn has_place_for(&self, all: &HashMap<Arc<str>, Owned>, kind: Kind) -> bool {
        let most = self.places.all - self.places.all / 4;
        let streams = all.values().filter(|owned| owned.kind == Kind::Stream);
        kind == Kind::Session || streams.count() < most
    }

    /// The caller's own session to remove for a new one.
    fn own_lost(
        &self,
        all: &HashMap<Arc<str>, Owned>,
        newcomer: Visitor,
        kind: Kind,
    ) -> Option<Arc<str>> {
        let own = idle(all, kind).filter(|(_, owned)| owned.owner.who == newcomer.who);
        let rested = own.filter(|(_, owned)| owned.is_rested());
        let oldest = rested.min_by_key(|(_, owned)| owned.used);
        oldest.map(|(id, _)| Arc::clone(id))
    }

    /// The session to remove for a new one, among those that are idle or whose owner exceeds
    /// the fair share: first of keys that may be made up, then of the owner with most.
    fn any_lost(
        &self,
        all: &HashMap<Arc<str>, Owned>,
        newcomer: Visitor,
        kind: Kind,
    ) -> Option<Arc<str>> {
        let (mut by_key, mut by_address) = (HashMap::new(), HashMap::new());
        for owned in all.values() {
            *by_key.entry(owned.owner.who).or_insert(0_usize) += 1;
            *by_address.entry(owned.owner.address).or_insert(0_usize) += 1;
        }
        let of_key = |who: &Principal| by_key.get(who).copied().unwrap_or_default();
        let of_address = |from: &Address| by_address.get(from).copied().unwrap_or_default();
        let fair_key = FEW.max(of_key(&newcomer.who) + 1);
        let fair_address = (self.places.all / 2).max(of_address(&newcomer.address) + 1);
        let lost = idle(all, kind).filter(|(_, owned)| {
            owned.is_rested()
                || of_key(&owned.owner.who) > fair_key
                || (owned.owner.address != newcomer.address
                    && of_address(&owned.owner.address) > fair_address)
        });
        let first = lost.min_by_key(|(_, owned)| {
            let Visitor { who, address, .. } = &owned.owner;
            let most = Reverse((of_address(address), of_key(who)));
            (owned.owner.is_known, most, owned.used)
        });
        first.map(|(id, _)| Arc::clone(id))
    }

    fn owned(&self) -> MutexGuard<'_, HashMap<Arc<str>, Owned>> {
        self.owned.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Owned {
    /// Whether it has been idle long enough.
    fn is_rested(&self) -> bool {
        let long = if self.owner.is_known {
            IDLE
        } else {
            IDLE_UNKNOWN
        };
        self.used.elapsed() > long
    }
}

/// The sessions that may be removed for a new one of this kind; a stream displaces none.
fn idle(all: &HashMap<Arc<str>, Owned>, kind: Kind) -> impl Iterator<Item = (&Arc<str>, &Owned)> {
    all.iter()
        .filter(move |_| kind == Kind::Session)
        .filter(|(_, owned)| owned.kind == Kind::Session && !owned.pending.is_busy())
}

#[cfg(test)]
mod tests {
    use rmcp::model::RequestId;

    use super::*;
    use crate::api::Token;

    const PLACES: Places = Places { all: 3, each: 2 };

    fn who(token: &str) -> Visitor {
        Visitor {
            who: Principal::of(&Token::new(token).unwrap()),
            address: Address::unknown(),
            is_known: true,
        }
    }

    /// Makes a session look unused for this long.
    fn rest(owners: &Owners, id: &str, long: Duration) {
        owners.owned().get_mut(id).unwrap().used -= long;
    }

    #[test]
    fn a_session_is_its_openers_alone() {
        let owners = Owners::new(PLACES);
        owners.open("one".into(), who("a"), Kind::Session).unwrap();
        assert!(owners.find(who("a"), "one", Kind::Session).is_some());
        assert!(owners.find(who("a"), "one", Kind::Stream).is_none());
        assert!(owners.find(who("b"), "one", Kind::Session).is_none());
        assert!(owners.find(who("a"), "two", Kind::Session).is_none());
        owners.close("one");
        assert!(owners.find(who("a"), "one", Kind::Session).is_none());
    }

    #[test]
    fn there_is_room_for_so_many_of_a_caller_and_in_all() {
        let owners = Owners::new(PLACES);
        let open = |id: &str, token: &str| owners.open(id.into(), who(token), Kind::Session);
        assert_eq!(open("1", "a"), Ok(None));
        assert_eq!(open("2", "a"), Ok(None));
        assert_eq!(open("3", "a"), Err(Full::Caller));
        assert_eq!(open("3", "b"), Ok(None));
        assert_eq!(open("4", "c"), Err(Full::All));
        assert_eq!(owners.count(Kind::Session), 3);
    }

    #[test]
    fn what_was_left_open_longest_makes_room_but_nothing_that_may_be_busy() {
        let owners = Owners::new(PLACES);
        let open = |id: &str, token: &str| owners.open(id.into(), who(token), Kind::Session);
        for (id, token) in [("1", "a"), ("2", "a"), ("3", "b")] {
            open(id, token).unwrap();
        }
        rest(&owners, "1", 2 * IDLE);
        rest(&owners, "3", 3 * IDLE);
        assert_eq!(
            open("4", "a"),
            Ok(Some("1".into())),
            "its own, not another's"
        );
        assert_eq!(open("5", "c"), Ok(Some("3".into())));
        assert_eq!(open("6", "c"), Err(Full::All));
    }

    #[test]
    fn a_stream_is_never_closed_to_make_room() {
        let owners = Owners::new(PLACES);
        for id in ["1", "2"] {
            owners.open(id.into(), who("a"), Kind::Stream).unwrap();
            rest(&owners, id, 2 * IDLE);
        }
        let more = owners.open("3".into(), who("a"), Kind::Session);
        assert_eq!(more, Err(Full::Caller));
        assert_eq!(owners.count(Kind::Stream), 2);
    }

    #[test]
    fn a_session_with_a_request_under_way_is_never_closed_to_make_room() {
        let owners = Owners::new(Places { all: 2, each: 1 });
        let open = |id: &str, token: &str| owners.open(id.into(), who(token), Kind::Session);
        open("1", "a").unwrap();
        open("2", "b").unwrap();
        let pending = owners.find(who("a"), "1", Kind::Session).unwrap();
        let request = pending.begin(RequestId::Number(1)).unwrap();
        rest(&owners, "1", 10 * IDLE);
        assert_eq!(open("3", "a"), Err(Full::Caller));
        assert_eq!(open("3", "c"), Err(Full::All));
        drop(request);
        assert_eq!(open("3", "c"), Ok(Some("1".into())));
    }

    #[test]
    fn whoever_has_most_makes_room_first() {
        let all = 4 * FEW;
        let owners = Owners::new(Places { all, each: all });
        let from = |token: &str, last: u8| Visitor {
            address: Address::of([192, 0, 2, last].into()),
            ..who(token)
        };
        let open = |id: String, visitor| owners.open(id.into(), visitor, Kind::Session);
        for number in 0..FEW {
            open(format!("few-{number}"), from("few", 1)).unwrap();
        }
        for number in 0..3 * FEW {
            open(format!("many-{number}"), from("many", 1)).unwrap();
        }
        let lost = open("new".to_owned(), from("new", 1)).unwrap().unwrap();
        assert!(lost.starts_with("many-"), "{lost}");

        // Made-up keys of one address make room for another address.
        let owners = Owners::new(Places { all, each: all });
        let open = |id: String, visitor| owners.open(id.into(), visitor, Kind::Session);
        for number in 0..all {
            open(format!("{number}"), from(&format!("key-{number}"), 1)).unwrap();
        }
        assert_eq!(open("same".to_owned(), from("new", 1)), Err(Full::All));
        assert!(open("other".to_owned(), from("new", 2)).unwrap().is_some());
    }

    #[test]
    fn keys_that_vapi_has_not_accepted_make_room_first_and_sooner() {
        let owners = Owners::new(Places { all: 2, each: 2 });
        let unknown = Visitor {
            is_known: false,
            ..who("made-up")
        };
        let open = |id: &str, visitor| owners.open(id.into(), visitor, Kind::Session);
        open("1", who("a")).unwrap();
        open("2", unknown).unwrap();
        rest(&owners, "1", 2 * IDLE);
        rest(&owners, "2", 2 * IDLE_UNKNOWN);
        assert_eq!(open("3", who("b")), Ok(Some("2".into())));
        assert_eq!(open("4", who("b")), Ok(Some("1".into())));
    }

    #[test]
    fn streams_leave_places_to_sessions() {
        let owners = Owners::new(Places { all: 8, each: 8 });
        for number in 0..6 {
            owners
                .open(number.to_string().into(), who("a"), Kind::Stream)
                .unwrap();
        }
        let stream = owners.open("more".into(), who("b"), Kind::Stream);
        assert_eq!(stream, Err(Full::All));
        owners
            .open("session".into(), who("b"), Kind::Session)
            .unwrap();
    }
}
