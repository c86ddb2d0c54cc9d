use rmcp::model::RequestId;

use super::*;
use crate::api::Token;
use crate::guard::digest::caller_id;

const LIMITS: SessionLimits = SessionLimits {
    total: 3,
    per_caller: 2,
};

fn who(token: &str) -> CallerInfo {
    CallerInfo {
        id: caller_id(&Token::new(token).unwrap()),
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
    let open =
        |id: String, caller_info| registry.open(id.into(), caller_info, SessionKind::Streamable);
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
    let open =
        |id: String, caller_info| registry.open(id.into(), caller_info, SessionKind::Streamable);
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
