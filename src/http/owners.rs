//! Who owns which session, and how many there may be.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::caller::Principal;

/// A session that was used more recently than this may have a call under way and is not closed to
/// make room.
const BUSY: Duration = Duration::from_secs(60);

/// How many sessions there may be, streams of the older transport among them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Places {
    /// In all.
    pub(super) all: usize,
    /// Of one caller.
    pub(super) each: usize,
}

/// Why there is no place for another session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Full {
    /// The caller has its share.
    Caller,
    /// There are as many as there may be.
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
    owner: Principal,
    kind: Kind,
    used: Instant,
}

impl Owners {
    pub(super) fn new(places: Places) -> Self {
        Self {
            places,
            owned: Mutex::default(),
        }
    }

    /// Takes a place. Where none is free for a session, the one that nobody has used for longest is
    /// lost, for clients that leave theirs open would otherwise be locked out; it is returned and
    /// must be closed.
    pub(super) fn open(
        &self,
        id: Arc<str>,
        owner: Principal,
        kind: Kind,
    ) -> Result<Option<Arc<str>>, Full> {
        let mut all = self.owned();
        let own = all.values().filter(|owned| owned.owner == owner).count();
        let lost = if own >= self.places.each {
            let oldest = oldest(&all, kind, |owned| owned.owner == owner);
            Some(oldest.ok_or(Full::Caller)?)
        } else if all.len() >= self.places.all {
            Some(oldest(&all, kind, |_| true).ok_or(Full::All)?)
        } else {
            None
        };
        if let Some(lost) = &lost {
            all.remove(lost);
        }
        let used = Instant::now();
        all.insert(id, Owned { owner, kind, used });
        Ok(lost)
    }

    /// Whether this is the caller's and of this kind, which counts as use of it.
    pub(super) fn owns(&self, owner: Principal, id: &str, kind: Kind) -> bool {
        let mut all = self.owned();
        match all.get_mut(id) {
            Some(owned) if owned.owner == owner && owned.kind == kind => {
                owned.used = Instant::now();
                true
            }
            _ => false,
        }
    }

    pub(super) fn close(&self, id: &str) {
        self.owned().remove(id);
    }

    /// How many there are of a kind.
    pub(super) fn count(&self, kind: Kind) -> usize {
        let all = self.owned();
        all.values().filter(|owned| owned.kind == kind).count()
    }

    fn owned(&self) -> MutexGuard<'_, HashMap<Arc<str>, Owned>> {
        self.owned.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The session that is lost to make room for one of this kind; a stream takes nobody's place.
fn oldest(
    all: &HashMap<Arc<str>, Owned>,
    kind: Kind,
    which: impl Fn(&Owned) -> bool,
) -> Option<Arc<str>> {
    all.iter()
        .filter(|_| kind == Kind::Session)
        .filter(|(_, owned)| owned.kind == Kind::Session && owned.used.elapsed() > BUSY)
        .filter(|(_, owned)| which(owned))
        .min_by_key(|(_, owned)| owned.used)
        .map(|(id, _)| Arc::clone(id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Token;

    const PLACES: Places = Places { all: 3, each: 2 };

    fn who(token: &str) -> Principal {
        Principal::of(&Token::new(token).unwrap())
    }

    /// Makes a session look unused for this long.
    fn rest(owners: &Owners, id: &str, long: Duration) {
        owners.owned().get_mut(id).unwrap().used -= long;
    }

    #[test]
    fn a_session_is_its_openers_alone() {
        let owners = Owners::new(PLACES);
        owners.open("one".into(), who("a"), Kind::Session).unwrap();
        assert!(owners.owns(who("a"), "one", Kind::Session));
        assert!(!owners.owns(who("a"), "one", Kind::Stream));
        assert!(!owners.owns(who("b"), "one", Kind::Session));
        assert!(!owners.owns(who("a"), "two", Kind::Session));
        owners.close("one");
        assert!(!owners.owns(who("a"), "one", Kind::Session));
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
        rest(&owners, "1", 2 * BUSY);
        rest(&owners, "3", 3 * BUSY);
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
            rest(&owners, id, 2 * BUSY);
        }
        let more = owners.open("3".into(), who("a"), Kind::Session);
        assert_eq!(more, Err(Full::Caller));
        assert_eq!(owners.count(Kind::Stream), 2);
    }
}
