use std::fmt;

use chrono::{DateTime, Utc};

use super::*;

const TOKEN: Digest = Digest([1; 32]);
const FREE: Limits = Limits {
    rate: None,
    duplicates: false,
    spends: false,
    max_spend: None,
};

/// Both clocks go on.
fn at(seconds: i64) -> Now {
    clocks(seconds, seconds)
}

fn clocks(wall: i64, up: i64) -> Now {
    Now {
        wall: wall_at(wall),
        up: TimeDelta::seconds(up),
    }
}

fn wall_at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
}

fn calls(bytes: &[u8]) -> PlannedCalls {
    let fingerprints = bytes.iter().map(|&byte| Digest([byte; 32]));
    PlannedCalls::new(fingerprints.collect(), None)
}

fn call(byte: u8) -> PlannedCalls {
    calls(&[byte])
}

fn scheduled(byte: u8, seconds: i64) -> PlannedCalls {
    PlannedCalls::new(vec![Digest([byte; 32])], Some(wall_at(seconds)))
}

/// How long ago the first call was placed, when this is a second one.
fn ago<T: fmt::Debug>(checked: Result<T, LedgerError>) -> i64 {
    match checked {
        Err(LedgerError::Duplicate(first)) => first.ago,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_duplicate_is_told_of_the_first_call() {
    let mut ledger = Ledger::default();
    let to = |numbers: &[&str]| {
        numbers
            .iter()
            .map(|to| (*to).to_owned())
            .collect::<Vec<_>>()
    };
    let both = calls(&[1, 2]).ringing(to(&["+1", "+2"]));
    let ticket = ledger.reserve(TOKEN, &both, FREE, at(0)).unwrap();
    let known = |id: &str, to: &str| PlacedCall {
        id: id.to_owned(),
        to: Some(to.to_owned()),
        state: "queued".to_owned(),
        ended: None,
    };
    let said = |ledger: &Ledger, calls: &PlannedCalls| {
        let error = ledger.check(TOKEN, calls, FREE, at(5)).unwrap_err();
        error.to_string()
    };
    let second = call(2).ringing(to(&["+2"]));
    let unknown = "was placed 5 s ago (its id is not known, at 2027-01-15T08:00:00Z, to +2).";
    assert!(
        said(&ledger, &second).contains(unknown),
        "{}",
        said(&ledger, &second)
    );
    // In another order than they were asked for in.
    ledger.set_results(
        TOKEN,
        ticket,
        both.to(),
        &[known("b", "+2"), known("a", "+1")],
    );
    let queued = "(id b, at 2027-01-15T08:00:00Z, to +2; last known to be queued)";
    assert!(said(&ledger, &second).contains(queued));
    let mut seen = known("b", "+2");
    seen.ended = Some("customer-ended-call: the person hung up".to_owned());
    ledger.update(Digest([9; 32]), &seen);
    assert!(said(&ledger, &second).contains(queued), "of another token");
    ledger.update(TOKEN, &seen);
    let ended = "to +2; it has ended, customer-ended-call: the person hung up)";
    assert!(said(&ledger, &second).contains(ended));
    let again = said(&ledger, &calls(&[3, 2, 1]));
    assert!(
        again.contains("and that to 1 more of its destinations"),
        "{again}"
    );
}

#[test]
fn of_a_batch_in_part_placed_only_what_is_certain_is_told() {
    let mut ledger = Ledger::default();
    let ticket = ledger.reserve(TOKEN, &calls(&[1, 2]), FREE, at(0)).unwrap();
    let known = PlacedCall {
        id: "a".to_owned(),
        to: None,
        state: String::new(),
        ended: None,
    };
    ledger.set_results(TOKEN, ticket, &[], &[known]);
    for byte in [1, 2] {
        let error = ledger.check(TOKEN, &call(byte), FREE, at(1)).unwrap_err();
        assert!(error.to_string().contains("its id is not known"));
    }
}

#[test]
fn the_same_call_waits_two_minutes() {
    let mut ledger = Ledger::default();
    ledger.reserve(TOKEN, &call(1), FREE, at(0)).unwrap();
    assert_eq!(ago(ledger.reserve(TOKEN, &call(1), FREE, at(119))), 119);
    assert_eq!(ago(ledger.reserve(TOKEN, &calls(&[2, 1]), FREE, at(1))), 1);
    assert!(ledger.reserve(TOKEN, &call(2), FREE, at(1)).is_ok());
    assert!(
        ledger
            .reserve(Digest([2; 32]), &call(1), FREE, at(1))
            .is_ok(),
        "of another token"
    );
    let allowed = Limits {
        duplicates: true,
        ..FREE
    };
    assert!(ledger.reserve(TOKEN, &call(1), allowed, at(1)).is_ok());
    assert!(
        ledger.reserve(TOKEN, &call(1), FREE, at(120)).is_err(),
        "the second one counts too"
    );
    assert!(ledger.reserve(TOKEN, &call(1), FREE, at(121)).is_ok());
    assert_eq!(
        ago(ledger.reserve(TOKEN, &call(1), FREE, at(0))),
        0,
        "a clock set back"
    );
}

#[test]
fn a_destination_that_is_named_twice_is_one_too_many() {
    let mut ledger = Ledger::default();
    assert_eq!(
        ledger.reserve(TOKEN, &calls(&[1, 2, 1]), FREE, at(0)),
        Err(LedgerError::Repeated)
    );
}

#[test]
fn a_limit_of_calls_is_told_in_the_singular_and_the_plural() {
    for (rate, used, told) in [
        ("1/hour", 1, "at most 1 call per hour, 1 is used and 1 more"),
        ("2/day", 2, "at most 2 calls per day, 2 are used and 1 more"),
        (
            "2/hour",
            0,
            "at most 2 calls per hour, 0 are used and 1 more",
        ),
    ] {
        let excess = LedgerError::Rate(Excess {
            rate: rate.parse().unwrap(),
            used,
            wanted: 1,
            free: None,
        });
        assert!(excess.to_string().contains(told), "{excess}");
    }
}

#[test]
fn every_destination_counts_and_an_hour_slides() {
    let mut ledger = Ledger::default();
    let limits = Limits {
        rate: Some("3/hour".parse().unwrap()),
        ..FREE
    };
    ledger.reserve(TOKEN, &call(1), limits, at(0)).unwrap();
    ledger.reserve(TOKEN, &call(2), limits, at(600)).unwrap();
    let excess = |used, wanted, free| {
        Err(LedgerError::Rate(Excess {
            rate: "3/hour".parse().unwrap(),
            used,
            wanted,
            free,
        }))
    };
    assert_eq!(
        ledger.reserve(TOKEN, &calls(&[3, 4]), limits, at(660)),
        excess(2, 2, Some(50))
    );
    assert_eq!(
        ledger.check(
            TOKEN,
            &calls(&[3; 4]),
            Limits {
                duplicates: true,
                ..limits
            },
            at(660)
        ),
        excess(2, 4, None).map(|_| ())
    );
    assert!(
        ledger
            .reserve(TOKEN, &calls(&[3, 4]), limits, at(3600))
            .is_ok()
    );
    assert_eq!(
        ledger.reserve(TOKEN, &call(5), limits, at(3601)),
        excess(3, 1, Some(10))
    );
    let day = Limits {
        rate: Some("4/day".parse().unwrap()),
        ..FREE
    };
    assert!(ledger.check(TOKEN, &call(5), day, at(3601)).is_err());
    assert!(ledger.check(TOKEN, &call(5), day, at(86_400)).is_ok());
    let none = Limits {
        rate: Some("0/day".parse().unwrap()),
        ..FREE
    };
    assert!(
        Ledger::default()
            .check(TOKEN, &call(1), none, at(0))
            .is_err()
    );
}

#[test]
fn what_was_released_counts_for_nothing() {
    let mut ledger = Ledger::default();
    let limits = Limits {
        rate: Some("1/day".parse().unwrap()),
        ..FREE
    };
    let ticket = ledger.reserve(TOKEN, &call(1), limits, at(0)).unwrap();
    assert!(ledger.check(TOKEN, &call(2), limits, at(1)).is_err());
    ledger.release(TOKEN, ticket);
    assert!(ledger.reserve(TOKEN, &call(1), limits, at(1)).is_ok());
}

#[test]
fn requests_that_cost_money_are_counted_apart_from_calls() {
    let mut ledger = Ledger::default();
    let limits = Limits {
        spends: true,
        max_spend: Some("2/hour".parse().unwrap()),
        ..FREE
    };
    let none = PlannedCalls::default();
    let first = ledger.reserve(TOKEN, &none, limits, at(0)).unwrap();
    ledger.reserve(TOKEN, &call(1), limits, at(60)).unwrap();
    let error = ledger.reserve(TOKEN, &none, limits, at(120)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "this server sends at most 2 requests per hour that cost money, 2 are used and 1 more would \
         be too many; try again in 59 min"
    );
    // Calls have their own limit, and other keys their own counts.
    assert!(ledger.reserve(TOKEN, &call(2), FREE, at(120)).is_ok());
    let other = Digest([2; 32]);
    assert!(ledger.check(other, &none, limits, at(120)).is_ok());
    ledger.release(TOKEN, first);
    assert!(ledger.reserve(TOKEN, &none, limits, at(120)).is_ok());
    assert!(ledger.check(TOKEN, &none, limits, at(3_700)).is_ok());
}

#[test]
fn what_counts_for_nothing_is_not_kept() {
    let mut ledger = Ledger::default();
    for day in 0..10 {
        ledger.record(TOKEN, &call(1), at(day * 86_400));
    }
    assert_eq!(ledger.accounts[&TOKEN].len(), 1);
}

/// What a call is told that comes after another one.
fn second(first: (&PlannedCalls, Now), second: (&PlannedCalls, Now)) -> Result<(), LedgerError> {
    let mut ledger = Ledger::default();
    ledger.reserve(TOKEN, first.0, FREE, first.1).unwrap();
    ledger.check(TOKEN, second.0, FREE, second.1)
}

#[test]
fn two_calls_are_the_same_when_they_ring_within_two_minutes() {
    const DAY: i64 = 86_400;
    let (now, nine, five) = (None, Some(9 * 3_600), Some(17 * 3_600));
    for (first, then, again, same) in [
        (nine, 1, nine, true),
        (nine, 1, five, false),
        (nine, 1, Some(9 * 3_600 + 119), true),
        (nine, 1, Some(9 * 3_600 - 119), true),
        (nine, 1, Some(9 * 3_600 + 120), false),
        (nine, 1, now, false),
        (now, 1, nine, false),
        // It rings, and is asked for at once.
        (nine, 9 * 3_600 + 30, now, true),
        (nine, 9 * 3_600 + 120, now, false),
        // For next week, asked for again tomorrow.
        (Some(7 * DAY), DAY + 3_600, Some(7 * DAY), true),
        (Some(7 * DAY), 7 * DAY - 3_600, Some(7 * DAY + 60), true),
        (Some(7 * DAY), 7 * DAY + 121, now, false),
        // Within two minutes of now it is now.
        (now, 1, Some(119), true),
        (Some(119), 1, now, true),
        (Some(119), 118, now, true),
        (Some(119), 125, now, true),
        (Some(119), 239, now, false),
        (now, 0, Some(120), false),
        (now, 180, Some(240), false),
        (now, 180, now, false),
        // A time that has just gone by is now.
        (Some(-30), 60, now, true),
    ] {
        let wanted = |when: Option<i64>| when.map_or_else(|| call(1), |when| scheduled(1, when));
        let told = second((&wanted(first), at(0)), (&wanted(again), at(then)));
        let said = format!("{first:?}, and {then} s later {again:?}");
        assert_eq!(told.is_err(), same, "{said}");
        let other = again.map_or_else(|| call(2), |when| scheduled(2, when));
        assert_eq!(
            second((&wanted(first), at(0)), (&other, at(then))),
            Ok(()),
            "{said}"
        );
    }
}

#[test]
fn setting_the_wall_clock_neither_clears_counts_nor_keeps_them() {
    let limits = Limits {
        rate: Some("1/hour".parse().unwrap()),
        ..FREE
    };
    for wall in [-400_000_000, -3_600, 0, 3_600, 86_400, 400_000_000] {
        let mut ledger = Ledger::default();
        ledger.reserve(TOKEN, &call(1), limits, at(0)).unwrap();
        let check = |calls: &PlannedCalls, up: i64| {
            ledger.check(TOKEN, calls, limits, clocks(wall + up, up))
        };
        assert_eq!(ago(check(&call(1), 119)), 119, "{wall}");
        assert!(
            matches!(check(&call(2), 3_599), Err(LedgerError::Rate(_))),
            "{wall}"
        );
        assert_eq!(check(&call(1), 3_600), Ok(()), "{wall}");
    }
}

#[test]
fn no_time_panics() {
    let times = [
        DateTime::<Utc>::MIN_UTC,
        DateTime::from_timestamp(-62_167_219_200, 0).unwrap(),
        DateTime::UNIX_EPOCH,
        wall_at(0),
        DateTime::<Utc>::MAX_UTC,
    ];
    let ups = [TimeDelta::MIN, TimeDelta::zero(), TimeDelta::MAX];
    let limits = Limits {
        rate: Some("5/day".parse().unwrap()),
        ..FREE
    };
    let mut ledger = Ledger::default();
    for wall in times {
        for up in ups {
            for when in times.map(Some).into_iter().chain([None]) {
                let wanted = PlannedCalls::new(vec![Digest([1; 32])], when);
                let now = Now { wall, up };
                let _ = ledger.check(TOKEN, &wanted, limits, now);
                ledger.record(TOKEN, &wanted, now);
                ledger.record(TOKEN, &wanted, now.of_past(DateTime::UNIX_EPOCH));
            }
        }
    }
}

#[test]
fn what_is_kept_is_bounded() {
    let mut ledger = Ledger::default();
    let far = |index: usize| {
        let mut fingerprint = [0; 32];
        fingerprint[..8].copy_from_slice(&index.to_be_bytes());
        PlannedCalls::new(vec![Digest(fingerprint)], Some(DateTime::<Utc>::MAX_UTC))
    };
    for index in 0..MOST {
        let entries = ledger.accounts.entry(TOKEN).or_default();
        entries.push(Entry {
            ticket: 0,
            placed: TimeDelta::zero(),
            rings: Ringing::of(far(index).when, at(0)),
            fingerprint: far(index).fingerprints[0],
            kind: CALL,
            known: None,
        });
    }
    assert_eq!(
        ledger.reserve(TOKEN, &call(1), FREE, at(1)),
        Err(LedgerError::Full)
    );
    // A day later they count for nothing, and only keep a second one from being placed.
    assert!(ledger.check(TOKEN, &far(7), FREE, at(90_000)).is_err());
    ledger.reserve(TOKEN, &call(1), FREE, at(90_000)).unwrap();
    assert_eq!(ledger.accounts[&TOKEN].len(), 1);
}
