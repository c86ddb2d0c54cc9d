//! How many calls were placed, and which: per token, over the last 24 hours.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::{identity::Mark, rules::Rate};

/// A second call that is the same within this time is taken for a mistake.
const DUPLICATE: TimeDelta = TimeDelta::minutes(2);

/// Older calls count for nothing.
pub const KEPT: TimeDelta = TimeDelta::hours(24);

/// The calls that were placed or are on their way.
#[derive(Debug, Default)]
pub struct Ledger {
    accounts: HashMap<Mark, Vec<Entry>>,
    next: u64,
}

/// After so many requests, accounts without calls are forgotten.
const SWEEP: u64 = 1024;

#[derive(Debug)]
struct Entry {
    ticket: u64,
    at: DateTime<Utc>,
    /// Who speaks, whom it rings and when.
    print: Mark,
}

/// Stands for the calls of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket(u64);

/// What calls are held against.
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
        "the same call (who speaks, whom it rings, when) was placed {0} s ago. If the user wants a \
         second one all the same, give allowDuplicate: true; else look the first one up"
    )]
    Duplicate(i64),
    /// One request names a destination twice.
    #[error("the same destination is in it twice; give it once, or allowDuplicate: true")]
    Repeated,
    /// There are too many.
    #[error("this server places at most {rate} calls, {used} are used and {wanted} more would be too many{}", again(*.free))]
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
        prints: &[Mark],
        limits: Limits,
        now: DateTime<Utc>,
    ) -> Result<(), Excess> {
        let none = Vec::new();
        let entries = self.accounts.get(&token).unwrap_or(&none);
        if !limits.duplicates {
            if prints
                .iter()
                .enumerate()
                .any(|(at, print)| prints.iter().take(at).any(|earlier| earlier == print))
            {
                return Err(Excess::Repeated);
            }
            let same = entries.iter().filter(|entry| prints.contains(&entry.print));
            if let Some(latest) = same.map(|entry| entry.at).max()
                && now - latest < DUPLICATE
            {
                return Err(Excess::Duplicate((now - latest).num_seconds().max(0)));
            }
        }
        match limits.rate {
            Some(rate) => within(rate, entries, prints.len(), now),
            None => Ok(()),
        }
    }

    /// Counts these calls before they are placed, or says why they may not be.
    pub fn reserve(
        &mut self,
        token: Mark,
        prints: &[Mark],
        limits: Limits,
        now: DateTime<Utc>,
    ) -> Result<Ticket, Excess> {
        self.check(token, prints, limits, now)?;
        Ok(self.enter(token, prints, now))
    }

    /// Counts calls that were placed.
    pub fn enter(&mut self, token: Mark, prints: &[Mark], at: DateTime<Utc>) -> Ticket {
        let ticket = self.next;
        self.next += 1;
        if prints.is_empty() {
            return Ticket(ticket);
        }
        if ticket.is_multiple_of(SWEEP) {
            self.accounts
                .retain(|_, entries| entries.iter().any(|entry| at - entry.at < KEPT));
        }
        let entries = self.accounts.entry(token).or_default();
        entries.retain(|entry| at - entry.at < KEPT);
        entries.extend(prints.iter().map(|&print| Entry { ticket, at, print }));
        Ticket(ticket)
    }

    /// Forgets calls that were certainly not placed.
    pub fn release(&mut self, token: Mark, ticket: Ticket) {
        if let Some(entries) = self.accounts.get_mut(&token) {
            entries.retain(|entry| entry.ticket != ticket.0);
            if entries.is_empty() {
                self.accounts.remove(&token);
            }
        }
    }
}

fn within(rate: Rate, entries: &[Entry], wanted: usize, now: DateTime<Utc>) -> Result<(), Excess> {
    let length = rate.per.length();
    let mut counted: Vec<_> = entries
        .iter()
        .map(|entry| entry.at)
        .filter(|at| now - *at < length)
        .collect();
    let used = counted.len();
    if used + wanted <= rate.count {
        return Ok(());
    }
    counted.sort();
    let to_go = (used + wanted).saturating_sub(rate.count);
    let free = (wanted <= rate.count)
        .then(|| counted.get(to_go.saturating_sub(1)))
        .flatten()
        .map(|at| (*at + length - now).num_minutes() + 1);
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

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn print(byte: u8) -> Mark {
        Mark([byte; 32])
    }

    #[test]
    fn the_same_call_waits_two_minutes() {
        let mut ledger = Ledger::default();
        ledger.reserve(TOKEN, &[print(1)], FREE, at(0)).unwrap();
        assert_eq!(
            ledger.reserve(TOKEN, &[print(1)], FREE, at(119)),
            Err(Excess::Duplicate(119))
        );
        assert_eq!(
            ledger.reserve(TOKEN, &[print(2), print(1)], FREE, at(1)),
            Err(Excess::Duplicate(1))
        );
        assert!(ledger.reserve(TOKEN, &[print(2)], FREE, at(1)).is_ok());
        assert!(
            ledger
                .reserve(Mark([2; 32]), &[print(1)], FREE, at(1))
                .is_ok(),
            "of another token"
        );
        let allowed = Limits {
            duplicates: true,
            ..FREE
        };
        assert!(ledger.reserve(TOKEN, &[print(1)], allowed, at(1)).is_ok());
        assert!(
            ledger.reserve(TOKEN, &[print(1)], FREE, at(120)).is_err(),
            "the second one counts too"
        );
        assert!(ledger.reserve(TOKEN, &[print(1)], FREE, at(121)).is_ok());
        assert_eq!(
            ledger.reserve(TOKEN, &[print(1)], FREE, at(0)),
            Err(Excess::Duplicate(0)),
            "a clock set back"
        );
    }

    #[test]
    fn a_destination_that_is_named_twice_is_one_too_many() {
        let mut ledger = Ledger::default();
        assert_eq!(
            ledger.reserve(TOKEN, &[print(1), print(2), print(1)], FREE, at(0)),
            Err(Excess::Repeated)
        );
    }

    #[test]
    fn every_destination_counts_and_an_hour_slides() {
        let mut ledger = Ledger::default();
        let limits = Limits {
            rate: Some("3/hour".parse().unwrap()),
            duplicates: false,
        };
        ledger.reserve(TOKEN, &[print(1)], limits, at(0)).unwrap();
        ledger.reserve(TOKEN, &[print(2)], limits, at(600)).unwrap();
        let excess = |used, wanted, free| {
            Err(Excess::Rate {
                rate: "3/hour".parse().unwrap(),
                used,
                wanted,
                free,
            })
        };
        assert_eq!(
            ledger.reserve(TOKEN, &[print(3), print(4)], limits, at(660)),
            excess(2, 2, Some(50))
        );
        assert_eq!(
            ledger.check(
                TOKEN,
                &[print(3); 4],
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
                .reserve(TOKEN, &[print(3), print(4)], limits, at(3600))
                .is_ok()
        );
        assert_eq!(
            ledger.reserve(TOKEN, &[print(5)], limits, at(3601)),
            excess(3, 1, Some(10))
        );
        let day = Limits {
            rate: Some("4/day".parse().unwrap()),
            duplicates: false,
        };
        assert!(ledger.check(TOKEN, &[print(5)], day, at(3601)).is_err());
        assert!(ledger.check(TOKEN, &[print(5)], day, at(86_400)).is_ok());
        let none = Limits {
            rate: Some("0/day".parse().unwrap()),
            duplicates: false,
        };
        assert!(
            Ledger::default()
                .check(TOKEN, &[print(1)], none, at(0))
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
        let ticket = ledger.reserve(TOKEN, &[print(1)], limits, at(0)).unwrap();
        assert!(ledger.check(TOKEN, &[print(2)], limits, at(1)).is_err());
        ledger.release(TOKEN, ticket);
        assert!(ledger.reserve(TOKEN, &[print(1)], limits, at(1)).is_ok());
    }

    #[test]
    fn what_counts_for_nothing_is_not_kept() {
        let mut ledger = Ledger::default();
        for day in 0..10 {
            ledger.enter(TOKEN, &[print(1)], at(day * 86_400));
        }
        assert_eq!(ledger.accounts[&TOKEN].len(), 1);
    }
}
