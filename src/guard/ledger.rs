//! Counts the calls that were placed: per token, over the last 24 hours.

use std::{
    collections::{HashMap, HashSet},
    fmt,
};

use chrono::{DateTime, TimeDelta, Utc};

use super::{clock::Now, identity::Mark, rules::Rate};
use crate::{clock::after, text::excerpt, time::written};

/// Two calls that are the same and ring within this time of each other are taken for one.
pub const SAME: TimeDelta = TimeDelta::minutes(2);

/// Older calls count for nothing.
pub const KEPT: TimeDelta = TimeDelta::hours(24);

/// Maximum number of calls that are kept of one token.
const MOST: usize = 100_000;

/// The calls that were placed or are on their way.
#[derive(Debug, Default)]
pub struct Ledger {
    accounts: HashMap<Mark, Vec<Entry>>,
    next: u64,
}

/// After this many requests, accounts without calls are forgotten.
const SWEEP: u64 = 1024;

#[derive(Debug)]
struct Entry {
    ticket: u64,
    /// When it was placed, by the monotonic clock.
    placed: TimeDelta,
    rings: Ringing,
    /// Who speaks and whom it rings.
    print: Mark,
    /// Details of the call, if known.
    known: Option<Box<Known>>,
}

/// What is known of a call that was placed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its id.
    pub id: String,
    /// Whom it rings, as the answer says.
    pub to: Option<String>,
    /// Its last known state.
    pub state: String,
    /// Once it is over, why, in words; empty when that is not known.
    pub ended: Option<String>,
}

/// The call that makes another one a duplicate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct First {
    /// How many seconds ago it was placed.
    pub ago: i64,
    /// When that was.
    pub at: DateTime<Utc>,
    /// Whom it rings, as it was given for the second call.
    pub to: Option<String>,
    /// What is known of it.
    pub known: Option<Known>,
    /// How many more destinations of the second call were called already.
    pub more: usize,
}

impl fmt::Display for First {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} s ago (", self.ago)?;
        match &self.known {
            Some(known) => write!(f, "id {}, ", excerpt(&known.id))?,
            None => f.write_str("its id is not known, ")?,
        }
        write!(f, "at {}", written(self.at))?;
        if let Some(to) = &self.to {
            write!(f, ", to {to}")?;
        }
        match self
            .known
            .as_ref()
            .map(|known| (&known.ended, &known.state))
        {
            Some((Some(reason), _)) if reason.is_empty() => f.write_str("; it has ended")?,
            Some((Some(reason), _)) => write!(f, "; it has ended, {}", excerpt(reason))?,
            Some((None, state)) if !state.is_empty() => {
                write!(f, "; last known to be {}", excerpt(state))?;
            }
            _ => {}
        }
        f.write_str(")")?;
        match self.more {
            0 => Ok(()),
            1 => f.write_str(", and that to 1 more of its destinations"),
            more => write!(f, ", and those to {more} more of its destinations"),
        }
    }
}

impl Entry {
    /// Whether it counts among the calls of a time that ends now.
    fn counts(&self, length: TimeDelta, now: Now) -> bool {
        since(self.placed, now.up) < length
    }

    /// Whether it is still of any use: a scheduled call is, until it has rung.
    fn is_kept(&self, now: Now) -> bool {
        self.counts(KEPT, now) || now.wall < after(self.rings.wall.1, SAME)
    }
}

/// When a call rings. One that is to ring within two minutes is taken to ring at any time from the
/// moment when it was asked for on.
#[derive(Clone, Copy, Debug)]
struct Ringing {
    /// Whether it rings within two minutes.
    soon: bool,
    /// The first and last time, by the wall clock.
    wall: (DateTime<Utc>, DateTime<Utc>),
    /// The same by the monotonic clock.
    up: (TimeDelta, TimeDelta),
}

impl Ringing {
    fn of(when: Option<DateTime<Utc>>, now: Now) -> Self {
        let last = when.map_or(now.wall, |when| when.max(now.wall));
        let wait = last.signed_duration_since(now.wall);
        let last_up = now.up.checked_add(&wait).unwrap_or(TimeDelta::MAX);
        if wait < SAME {
            Self {
                soon: true,
                wall: (now.wall, last),
                up: (now.up, last_up),
            }
        } else {
            Self {
                soon: false,
                wall: (last, last),
                up: (last_up, last_up),
            }
        }
    }

    /// Whether both may ring within two minutes of each other. Of two that ring soon it is known
    /// how far they are apart, whatever the wall clock was set to in between.
    fn meets(self, other: Self) -> bool {
        let apart = if self.soon && other.soon {
            let (last, first) = (self.up.1.min(other.up.1), self.up.0.max(other.up.0));
            since(last, first)
        } else {
            let (last, first) = (self.wall.1.min(other.wall.1), self.wall.0.max(other.wall.0));
            first.signed_duration_since(last)
        };
        apart < SAME
    }
}

/// The time from one moment to another.
fn since(from: TimeDelta, to: TimeDelta) -> TimeDelta {
    to.checked_sub(&from).unwrap_or(TimeDelta::MAX)
}

/// Stands for the calls of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket(u64);

/// The calls of one request.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    prints: Vec<Mark>,
    different: HashSet<Mark>,
    /// Whom each of them rings, for a reader; empty when that is not known.
    to: Vec<String>,
    /// When they are to ring; now when `None`.
    when: Option<DateTime<Utc>>,
}

impl Wanted {
    /// Calls with these prints, all of which are to ring at this time.
    pub fn new(prints: Vec<Mark>, when: Option<DateTime<Utc>>) -> Self {
        Self {
            different: prints.iter().copied().collect(),
            prints,
            to: Vec::new(),
            when,
        }
    }

    /// The same, with whom each of them rings.
    pub fn ringing(self, to: Vec<String>) -> Self {
        Self { to, ..self }
    }

    /// Whom each of them rings, for a reader.
    pub fn to(&self) -> &[String] {
        &self.to
    }

    /// What is the same of calls that are the same.
    pub fn prints(&self) -> &[Mark] {
        &self.prints
    }

    /// When they are to ring; now when `None`.
    pub fn when(&self) -> Option<DateTime<Utc>> {
        self.when
    }
}

/// The limits that calls are checked against.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How many may be placed.
    pub rate: Option<Rate>,
    /// Whether the same call may be placed again.
    pub duplicates: bool,
}

/// Why a call may not be placed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Excess {
    /// It is placed already.
    #[error(
        "the same call (who speaks, whom it rings, when) was placed {0}. If the user wants a \
         second one all the same, give allowDuplicate: true; else look the first one up"
    )]
    Duplicate(Box<First>),
    /// One request names a destination twice.
    #[error("it contains the same destination twice; give it once, or allowDuplicate: true")]
    Repeated,
    /// There are too many.
    #[error("this server places at most {}, {used} {} used and {wanted} more would be too many{}", rate.calls(), are(*.used), again(*.free))]
    Rate {
        /// The limit.
        rate: Rate,
        /// How many count already.
        used: usize,
        /// How many were asked for.
        wanted: usize,
        /// In how many minutes enough are free; never, when more were asked for than there are.
        free: Option<i64>,
    },
    /// More are not kept.
    #[error("this server remembers at most {MOST} calls of one key, and would lose count of more")]
    Full,
}

fn are(count: usize) -> &'static str {
    if count == 1 { "is" } else { "are" }
}

fn again(minutes: Option<i64>) -> String {
    match minutes {
        Some(minutes) => format!("; try again in {minutes} min"),
        None => String::new(),
    }
}

impl Ledger {
    /// Whether these calls may be placed now.
    pub fn check(
        &self,
        token: Mark,
        wanted: &Wanted,
        limits: Limits,
        now: Now,
    ) -> Result<(), Excess> {
        let none = Vec::new();
        let entries = self.accounts.get(&token).unwrap_or(&none);
        if !limits.duplicates {
            if wanted.different.len() < wanted.prints.len() {
                return Err(Excess::Repeated);
            }
            let rings = Ringing::of(wanted.when, now);
            let same = entries.iter().filter(|entry| {
                entry.rings.meets(rings) && wanted.different.contains(&entry.print)
            });
            if let Some(first) = first(same, wanted, now) {
                return Err(Excess::Duplicate(Box::new(first)));
            }
        }
        if let Some(rate) = limits.rate {
            within(rate, entries, wanted.prints.len(), now)?;
        }
        let room = MOST.saturating_sub(wanted.prints.len());
        // Seldom are there so many that it takes a look at each.
        if entries.len() > room
            && entries
                .iter()
                .filter(|entry| entry.counts(KEPT, now))
                .count()
                > room
        {
            return Err(Excess::Full);
        }
        Ok(())
    }

    /// Counts these calls before they are placed, or says why they may not be.
    pub fn reserve(
        &mut self,
        token: Mark,
        wanted: &Wanted,
        limits: Limits,
        now: Now,
    ) -> Result<Ticket, Excess> {
        self.check(token, wanted, limits, now)?;
        Ok(self.enter(token, wanted, now))
    }

    /// Counts calls that were placed at this time.
    pub fn enter(&mut self, token: Mark, wanted: &Wanted, now: Now) -> Ticket {
        let ticket = self.next;
        self.next = self.next.wrapping_add(1);
        if wanted.prints.is_empty() {
            return Ticket(ticket);
        }
        if ticket.is_multiple_of(SWEEP) {
            self.accounts
                .retain(|_, entries| entries.iter().any(|entry| entry.is_kept(now)));
        }
        let entries = self.accounts.entry(token).or_default();
        entries.retain(|entry| entry.is_kept(now));
        if entries.len() > MOST.saturating_sub(wanted.prints.len()) {
            // What is scheduled far ahead gives way to what counts.
            entries.retain(|entry| entry.counts(KEPT, now));
        }
        let rings = Ringing::of(wanted.when, now);
        entries.extend(wanted.prints.iter().map(|&print| Entry {
            ticket,
            placed: now.up,
            rings,
            print,
            known: None,
        }));
        Ticket(ticket)
    }

    /// Records the results of one request's calls: matched by destination, or by order if all
    /// of them were placed.
    pub fn learn(&mut self, token: Mark, ticket: Ticket, to: &[String], placed: &[Known]) {
        let Some(entries) = self.accounts.get_mut(&token) else {
            return;
        };
        let entries = entries.iter_mut().filter(|entry| entry.ticket == ticket.0);
        let mut entries: Vec<_> = entries.collect();
        let all = entries.len() == placed.len();
        let by_whom: HashMap<&str, &Known> = placed
            .iter()
            .filter_map(|known| Some((known.to.as_deref()?, known)))
            .collect();
        for (index, entry) in entries.iter_mut().enumerate() {
            let named = to.get(index).and_then(|to| by_whom.get(to.as_str()));
            let known = named.copied().or_else(|| placed.get(index).filter(|_| all));
            entry.known = known.cloned().map(Box::new);
        }
    }

    /// Records the state of a call that was looked up.
    pub fn see(&mut self, token: Mark, seen: &Known) {
        let entries = self.accounts.get_mut(&token).into_iter().flatten();
        let known = entries.filter_map(|entry| entry.known.as_mut());
        for known in known.filter(|known| known.id == seen.id) {
            known.state.clone_from(&seen.state);
            known.ended.clone_from(&seen.ended);
        }
    }

    /// Removes calls that Vapi did not place.
    pub fn release(&mut self, token: Mark, ticket: Ticket) {
        if let Some(entries) = self.accounts.get_mut(&token) {
            entries.retain(|entry| entry.ticket != ticket.0);
            if entries.is_empty() {
                self.accounts.remove(&token);
            }
        }
    }
}

/// The latest of the calls that are the same as some of the wanted ones.
fn first<'a>(same: impl Iterator<Item = &'a Entry>, wanted: &Wanted, now: Now) -> Option<First> {
    let mut prints = HashSet::new();
    let mut latest: Option<&Entry> = None;
    for entry in same {
        prints.insert(entry.print);
        if latest.is_none_or(|latest| latest.placed <= entry.placed) {
            latest = Some(entry);
        }
    }
    let latest = latest?;
    let age = since(latest.placed, now.up).max(TimeDelta::zero());
    let index = wanted
        .prints
        .iter()
        .position(|print| *print == latest.print);
    let to = index.and_then(|index| wanted.to.get(index));
    Some(First {
        ago: age.num_seconds(),
        at: now.wall.checked_sub_signed(age).unwrap_or(now.wall),
        to: to.filter(|to| !to.is_empty()).cloned(),
        known: latest.known.as_deref().cloned(),
        more: prints.len().saturating_sub(1),
    })
}

fn within(rate: Rate, entries: &[Entry], wanted: usize, now: Now) -> Result<(), Excess> {
    let length = rate.per.length();
    let mut counted: Vec<_> = entries
        .iter()
        .filter(|entry| entry.counts(length, now))
        .map(|entry| entry.placed)
        .collect();
    let used = counted.len();
    let all = used.saturating_add(wanted);
    if all <= rate.count {
        return Ok(());
    }
    counted.sort_unstable();
    let to_go = all.saturating_sub(rate.count);
    let free = (wanted <= rate.count)
        .then(|| counted.get(to_go.saturating_sub(1)))
        .flatten()
        .map(|&placed| since(since(placed, now.up), length).num_minutes() + 1);
    Err(Excess::Rate {
        rate,
        used,
        wanted,
        free,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: Mark = Mark([1; 32]);
    const FREE: Limits = Limits {
        rate: None,
        duplicates: false,
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

    fn calls(bytes: &[u8]) -> Wanted {
        let prints = bytes.iter().map(|&byte| Mark([byte; 32]));
        Wanted::new(prints.collect(), None)
    }

    fn call(byte: u8) -> Wanted {
        calls(&[byte])
    }

    fn scheduled(byte: u8, seconds: i64) -> Wanted {
        Wanted::new(vec![Mark([byte; 32])], Some(wall_at(seconds)))
    }

    /// How long ago the first call was placed, when this is a second one.
    fn ago<T: fmt::Debug>(checked: Result<T, Excess>) -> i64 {
        match checked {
            Err(Excess::Duplicate(first)) => first.ago,
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
        let known = |id: &str, to: &str| Known {
            id: id.to_owned(),
            to: Some(to.to_owned()),
            state: "queued".to_owned(),
            ended: None,
        };
        let said = |ledger: &Ledger, wanted: &Wanted| {
            let error = ledger.check(TOKEN, wanted, FREE, at(5)).unwrap_err();
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
        ledger.learn(
            TOKEN,
            ticket,
            both.to(),
            &[known("b", "+2"), known("a", "+1")],
        );
        let queued = "(id b, at 2027-01-15T08:00:00Z, to +2; last known to be queued)";
        assert!(said(&ledger, &second).contains(queued));
        let mut seen = known("b", "+2");
        seen.ended = Some("customer-ended-call: the person hung up".to_owned());
        ledger.see(Mark([9; 32]), &seen);
        assert!(said(&ledger, &second).contains(queued), "of another token");
        ledger.see(TOKEN, &seen);
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
        let known = Known {
            id: "a".to_owned(),
            to: None,
            state: String::new(),
            ended: None,
        };
        ledger.learn(TOKEN, ticket, &[], &[known]);
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
            ledger.reserve(Mark([2; 32]), &call(1), FREE, at(1)).is_ok(),
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
            Err(Excess::Repeated)
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
            let excess = Excess::Rate {
                rate: rate.parse().unwrap(),
                used,
                wanted: 1,
                free: None,
            };
            assert!(excess.to_string().contains(told), "{excess}");
        }
    }

    #[test]
    fn every_destination_counts_and_an_hour_slides() {
        let mut ledger = Ledger::default();
        let limits = Limits {
            rate: Some("3/hour".parse().unwrap()),
            duplicates: false,
        };
        ledger.reserve(TOKEN, &call(1), limits, at(0)).unwrap();
        ledger.reserve(TOKEN, &call(2), limits, at(600)).unwrap();
        let excess = |used, wanted, free| {
            Err(Excess::Rate {
                rate: "3/hour".parse().unwrap(),
                used,
                wanted,
                free,
            })
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
            duplicates: false,
        };
        assert!(ledger.check(TOKEN, &call(5), day, at(3601)).is_err());
        assert!(ledger.check(TOKEN, &call(5), day, at(86_400)).is_ok());
        let none = Limits {
            rate: Some("0/day".parse().unwrap()),
            duplicates: false,
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
            duplicates: false,
        };
        let ticket = ledger.reserve(TOKEN, &call(1), limits, at(0)).unwrap();
        assert!(ledger.check(TOKEN, &call(2), limits, at(1)).is_err());
        ledger.release(TOKEN, ticket);
        assert!(ledger.reserve(TOKEN, &call(1), limits, at(1)).is_ok());
    }

    #[test]
    fn what_counts_for_nothing_is_not_kept() {
        let mut ledger = Ledger::default();
        for day in 0..10 {
            ledger.enter(TOKEN, &call(1), at(day * 86_400));
        }
        assert_eq!(ledger.accounts[&TOKEN].len(), 1);
    }

    /// What a call is told that comes after another one.
    fn second(first: (&Wanted, Now), second: (&Wanted, Now)) -> Result<(), Excess> {
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
            let wanted =
                |when: Option<i64>| when.map_or_else(|| call(1), |when| scheduled(1, when));
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
            duplicates: false,
        };
        for wall in [-400_000_000, -3_600, 0, 3_600, 86_400, 400_000_000] {
            let mut ledger = Ledger::default();
            ledger.reserve(TOKEN, &call(1), limits, at(0)).unwrap();
            let check = |wanted: &Wanted, up: i64| {
                ledger.check(TOKEN, wanted, limits, clocks(wall + up, up))
            };
            assert_eq!(ago(check(&call(1), 119)), 119, "{wall}");
            assert!(
                matches!(check(&call(2), 3_599), Err(Excess::Rate { .. })),
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
            duplicates: false,
        };
        let mut ledger = Ledger::default();
        for wall in times {
            for up in ups {
                for when in times.map(Some).into_iter().chain([None]) {
                    let wanted = Wanted::new(vec![Mark([1; 32])], when);
                    let now = Now { wall, up };
                    let _ = ledger.check(TOKEN, &wanted, limits, now);
                    ledger.enter(TOKEN, &wanted, now);
                    ledger.enter(TOKEN, &wanted, now.of_past(DateTime::UNIX_EPOCH));
                }
            }
        }
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut ledger = Ledger::default();
        let far = |index: usize| {
            let mut print = [0; 32];
            print[..8].copy_from_slice(&index.to_be_bytes());
            Wanted::new(vec![Mark(print)], Some(DateTime::<Utc>::MAX_UTC))
        };
        for index in 0..MOST {
            let entries = ledger.accounts.entry(TOKEN).or_default();
            entries.push(Entry {
                ticket: 0,
                placed: TimeDelta::zero(),
                rings: Ringing::of(far(index).when, at(0)),
                print: far(index).prints[0],
                known: None,
            });
        }
        assert_eq!(
            ledger.reserve(TOKEN, &call(1), FREE, at(1)),
            Err(Excess::Full)
        );
        // A day later they count for nothing, and only keep a second one from being placed.
        assert!(ledger.check(TOKEN, &far(7), FREE, at(90_000)).is_err());
        ledger.reserve(TOKEN, &call(1), FREE, at(90_000)).unwrap();
        assert_eq!(ledger.accounts[&TOKEN].len(), 1);
    }
}
