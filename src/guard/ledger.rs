//! Counts the calls that were placed: per token, over the last 24 hours.

mod calls;
mod error;
mod ringing;

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use chrono::TimeDelta;

pub use self::ringing::SAME;
use self::{
    calls::MOST,
    ringing::{Ringing, since},
};
pub use self::{
    calls::{CALL, EarlierCall, PlacedCall, PlannedCalls},
    error::{Excess, LedgerError},
};
use super::{
    clock::Now,
    digest::{CallerId, Digest},
    rules::Rate,
};
use crate::clock::saturating_add;

/// The age after which calls are no longer counted.
pub const KEPT: TimeDelta = TimeDelta::hours(24);

/// The calls that were placed or are being placed.
#[derive(Debug, Default)]
pub struct Ledger {
    accounts: HashMap<CallerId, Vec<Entry>>,
    /// The requests that cost money besides calls: reservation, and time on the monotonic clock.
    spent: HashMap<CallerId, Vec<(u64, TimeDelta)>>,
    next: u64,
}

/// After this many requests, the entries of callers without calls are removed.
const SWEEP: u64 = 1024;

#[derive(Debug)]
struct Entry {
    ticket: u64,
    /// The time when the call was placed, on the monotonic clock.
    placed: TimeDelta,
    rings: Ringing,
    /// The hash of speaker and destination.
    fingerprint: Digest,
    /// The kind of object that placed the call.
    kind: &'static str,
    /// Details of that object, if known; the calls of a campaign share them.
    known: Option<Arc<PlacedCall>>,
}

impl Entry {
    /// Whether the call was placed within the given length of time before now.
    fn counts(&self, length: TimeDelta, now: Now) -> bool {
        since(self.placed, now.up) < length
    }

    /// Whether the entry is still needed: for 24 hours, or until a scheduled call is due.
    fn is_kept(&self, now: Now) -> bool {
        self.counts(KEPT, now) || now.wall < saturating_add(self.rings.wall.1, SAME)
    }
}

/// Identifies the calls of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reservation(u64);

/// The limits that calls are checked against.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The maximum rate of calls.
    pub rate: Option<Rate>,
    /// Whether duplicates are allowed.
    pub duplicates: bool,
    /// Whether the request costs money besides calls.
    pub spends: bool,
    /// The maximum rate of requests that cost money besides calls.
    pub max_spend: Option<Rate>,
}

impl Ledger {
    /// Whether these calls may be placed now.
    pub fn check(
        &self,
        caller: CallerId,
        calls: &PlannedCalls,
        limits: Limits,
        now: Now,
    ) -> Result<(), LedgerError> {
        let none = Vec::new();
        let entries = self.accounts.get(&caller).unwrap_or(&none);
        if !limits.duplicates {
            if calls.different.len() < calls.fingerprints.len() {
                return Err(LedgerError::Repeated);
            }
            let rings = Ringing::of(calls.when, now);
            let same = entries.iter().filter(|entry| {
                entry.rings.meets(rings) && calls.different.contains(&entry.fingerprint)
            });
            if let Some(first) = earlier(same, calls, now) {
                return Err(LedgerError::Duplicate(Box::new(first)));
            }
        }
        if let Some(rate) = limits.rate {
            let placed = entries.iter().map(|entry| entry.placed);
            within(rate, placed, calls.fingerprints.len(), now).map_err(LedgerError::Rate)?;
        }
        if limits.spends {
            let spent = self.spent.get(&caller).map_or(&[][..], Vec::as_slice);
            if let Some(rate) = limits.max_spend {
                let spent = spent.iter().map(|(_, placed)| *placed);
                within(rate, spent, 1, now).map_err(LedgerError::Spend)?;
            }
            if spent.len() >= MOST {
                return Err(LedgerError::Full);
            }
        }
        let room = MOST.saturating_sub(calls.fingerprints.len());
        // The entries are counted only if there are enough of them to reach the limit.
        if entries.len() > room
            && entries
                .iter()
                .filter(|entry| entry.counts(KEPT, now))
                .count()
                > room
        {
            return Err(LedgerError::Full);
        }
        Ok(())
    }

    /// Counts these calls before they are placed, or returns the reason why they are refused.
    pub fn reserve(
        &mut self,
        caller: CallerId,
        calls: &PlannedCalls,
        limits: Limits,
        now: Now,
    ) -> Result<Reservation, LedgerError> {
        self.check(caller, calls, limits, now)?;
        let ticket = self.record(caller, calls, now);
        if limits.spends {
            self.spend(caller, ticket, now);
        }
        Ok(ticket)
    }

    /// Counts a request that costs money besides calls.
    pub fn spend(&mut self, caller: CallerId, ticket: Reservation, now: Now) {
        let spent = self.spent.entry(caller).or_default();
        spent.retain(|(_, placed)| since(*placed, now.up) < KEPT);
        spent.push((ticket.0, now.up));
    }

    /// Counts calls that were placed at this time.
    pub fn record(&mut self, caller: CallerId, calls: &PlannedCalls, now: Now) -> Reservation {
        let ticket = self.next;
        self.next = self.next.wrapping_add(1);
        if calls.fingerprints.is_empty() {
            return Reservation(ticket);
        }
        if ticket.is_multiple_of(SWEEP) {
            self.accounts
                .retain(|_, entries| entries.iter().any(|entry| entry.is_kept(now)));
            self.spent.retain(|_, spent| {
                let mut spent = spent.iter();
                spent.any(|(_, placed)| since(*placed, now.up) < KEPT)
            });
        }
        let entries = self.accounts.entry(caller).or_default();
        entries.retain(|entry| entry.is_kept(now));
        if entries.len() > MOST.saturating_sub(calls.fingerprints.len()) {
            // Calls that are scheduled far ahead make room for calls that count.
            entries.retain(|entry| entry.counts(KEPT, now));
        }
        let rings = Ringing::of(calls.when, now);
        entries.extend(calls.fingerprints.iter().map(|&fingerprint| Entry {
            ticket,
            placed: now.up,
            rings,
            fingerprint,
            kind: calls.kind,
            known: None,
        }));
        Reservation(ticket)
    }

    /// Records the results of one request's calls: matched by destination, or by order if all
    /// of them were placed. The calls of a campaign or chat have one result.
    pub fn set_results(
        &mut self,
        caller: CallerId,
        ticket: Reservation,
        to: &[String],
        placed: &[PlacedCall],
    ) {
        let Some(entries) = self.accounts.get_mut(&caller) else {
            return;
        };
        let entries = entries.iter_mut().filter(|entry| entry.ticket == ticket.0);
        let mut entries: Vec<_> = entries.collect();
        if entries.first().is_some_and(|entry| entry.kind != CALL) {
            let known = placed.first().cloned().map(Arc::new);
            for entry in entries {
                entry.known.clone_from(&known);
            }
            return;
        }
        let all = entries.len() == placed.len();
        let by_whom: HashMap<&str, &PlacedCall> = placed
            .iter()
            .filter_map(|known| Some((known.to.as_deref()?, known)))
            .collect();
        for (index, entry) in entries.iter_mut().enumerate() {
            let named = to.get(index).and_then(|to| by_whom.get(to.as_str()));
            let known = named.copied().or_else(|| placed.get(index).filter(|_| all));
            entry.known = known.cloned().map(Arc::new);
        }
    }

    /// Records the state of a call that was looked up.
    pub fn update(&mut self, caller: CallerId, seen: &PlacedCall) {
        let entries = self.accounts.get_mut(&caller).into_iter().flatten();
        let known = entries.filter_map(|entry| entry.known.as_mut());
        for known in known.filter(|known| known.id == seen.id) {
            let known = Arc::make_mut(known);
            known.state.clone_from(&seen.state);
            known.ended.clone_from(&seen.ended);
        }
    }

    /// Removes calls that Vapi did not place.
    pub fn release(&mut self, caller: CallerId, ticket: Reservation) {
        if let Some(spent) = self.spent.get_mut(&caller) {
            spent.retain(|(spent, _)| *spent != ticket.0);
            if spent.is_empty() {
                self.spent.remove(&caller);
            }
        }
        if let Some(entries) = self.accounts.get_mut(&caller) {
            entries.retain(|entry| entry.ticket != ticket.0);
            if entries.is_empty() {
                self.accounts.remove(&caller);
            }
        }
    }
}

/// The latest earlier call of which one of the wanted calls is a duplicate.
fn earlier<'a>(
    same: impl Iterator<Item = &'a Entry>,
    calls: &PlannedCalls,
    now: Now,
) -> Option<EarlierCall> {
    let mut fingerprints = HashSet::new();
    let mut latest: Option<&Entry> = None;
    for entry in same {
        fingerprints.insert(entry.fingerprint);
        if latest.is_none_or(|latest| latest.placed <= entry.placed) {
            latest = Some(entry);
        }
    }
    let latest = latest?;
    let age = since(latest.placed, now.up).max(TimeDelta::zero());
    let index = calls
        .fingerprints
        .iter()
        .position(|fingerprint| *fingerprint == latest.fingerprint);
    let to = index.and_then(|index| calls.to.get(index));
    Some(EarlierCall {
        kind: latest.kind,
        ago: age.num_seconds(),
        at: now.wall.checked_sub_signed(age).unwrap_or(now.wall),
        to: to.filter(|to| !to.is_empty()).cloned(),
        known: latest.known.as_deref().cloned(),
        more: fingerprints.len().saturating_sub(1),
    })
}

/// Refuses what would exceed a rate, given the times of what counts.
fn within(
    rate: Rate,
    placed: impl Iterator<Item = TimeDelta>,
    wanted: usize,
    now: Now,
) -> Result<(), Excess> {
    let length = rate.per.length();
    let mut counted: Vec<_> = placed
        .filter(|placed| since(*placed, now.up) < length)
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
    Err(Excess {
        rate,
        used,
        wanted,
        free,
    })
}

#[cfg(test)]
mod tests;
