//! A call in a request.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};

use crate::{
    guard::{
        destination::Destination,
        digest::{Digest, TokenHasher},
        hours::Ringing,
        patterns::Allowed,
        spelling::{normal, visible},
    },
    model::DialSpec as Places,
};

/// Tolerated difference between clocks.
const SKEW: TimeDelta = TimeDelta::minutes(1);

/// Maximum number of destinations of one request. More are refused before they are read.
pub const MOST: usize = 400;

/// A call, or several with one request.
#[derive(Clone, Debug, PartialEq)]
pub struct DialRequest {
    pub(in crate::guard) targets: Vec<Target>,
    pub(in crate::guard) who: Map<String, Value>,
    pub(in crate::guard) from: Map<String, Value>,
    /// References to destinations that are not visible, such as a `customerId`.
    pub(in crate::guard) unseen: Map<String, Value>,
    /// What was given of the first time, and its moment.
    pub(in crate::guard) when: Option<(String, DateTime<Utc>)>,
    /// The last of the other times, until which it may ring.
    pub(in crate::guard) until: Option<DateTime<Utc>>,
    /// Whether it names somebody to ring, openly or not.
    pub(in crate::guard) has_destination: bool,
    /// Whether anything given may lead to a destination, even if it is not understood.
    pub(in crate::guard) may_ring: bool,
    /// The elements of lists that name nobody, as arguments.
    pub(in crate::guard) nameless: Vec<String>,
    /// Whether it names a number to call from.
    pub(in crate::guard) has_line: bool,
    /// Whether it names another way to carry the call.
    pub(in crate::guard) has_transport: bool,
}

/// Whom one call rings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// There may be two ways to the same person; none is known of some.
    pub ways: Vec<Destination>,
    /// The extension behind a number, as it was given.
    pub extension: Option<String>,
}

impl Target {
    /// A canonical form, equal for every spelling of the target; `None` if nothing is known of it.
    /// Of an extension only the digits count: pauses do not change the destination.
    fn text(&self) -> Option<Value> {
        let digits = self.extension.iter().flat_map(|text| text.chars());
        let digits: String = digits.filter(char::is_ascii_digit).collect();
        let extension = (!digits.is_empty()).then(|| format!("extension {digits}"));
        let ways = self.ways.iter().map(Destination::text);
        (!self.ways.is_empty()).then(|| ways.chain(extension).collect())
    }
}

impl DialRequest {
    /// Whom it rings: at least one, of whom nothing may be known.
    pub fn targets(&self) -> &[Target] {
        &self.targets
    }

    /// How many people it rings.
    pub fn count(&self) -> usize {
        self.targets.len()
    }

    /// Whether it is a web call: it names nobody to ring and no number to call from.
    pub fn is_web(&self) -> bool {
        !self.has_destination && !self.has_line
    }

    /// Whether it certainly has no destination. Anything given but not understood may be one.
    pub(in crate::guard) fn rings_nobody(&self) -> bool {
        self.is_web() && !self.may_ring
    }

    /// Why it may not be placed under a list of destinations.
    pub fn outside(&self, allowed: &Allowed) -> Option<String> {
        if self.rings_nobody() {
            return None;
        }
        self.targets.iter().find_map(|Target { ways, .. }| {
            if ways.is_empty() {
                return Some(
                    "its destination is not visible, and this server calls only certain \
                     destinations (--allow-destinations): give the number itself"
                        .to_owned(),
                );
            }
            let refused = ways.iter().find(|to| !allowed.allows(to))?;
            Some(format!(
                "{} is not among the destinations that this server may call \
                 (--allow-destinations). Tell the user; do not try another way",
                visible(&refused.written())
            ))
        })
    }

    /// Hashes that identify the call whatever its time, one for each target: equal for the same
    /// speaker and destination in any spelling.
    pub fn fingerprints(&self, hasher: &TokenHasher, places: &Places, body: &Value) -> Vec<Digest> {
        // Once for all targets, because a whole assistant may speak.
        let who = hasher.hash("who", &normal_members(&self.who));
        let fingerprint = |to| hasher.hash("dial", &json!({ "who": who.to_string(), "to": to }));
        // All that is known of a target which names nobody, but for the times.
        let rest = || match self.unseen.is_empty() {
            true => {
                let tops = places.when.iter().filter_map(|at| at.split('/').nth(1));
                let tops: Vec<_> = tops.collect();
                let members = body.as_object().into_iter().flatten();
                let members = members.filter(|(key, _)| !tops.contains(&key.as_str()));
                members
                    .filter_map(|(key, value)| Some((key.clone(), normal(value)?)))
                    .collect()
            }
            false => normal_members(&self.unseen),
        };
        let mut unnamed = None;
        let fingerprints = self.targets.iter().map(|target| match target.text() {
            Some(text) => fingerprint(text),
            None => *unnamed.get_or_insert_with(|| fingerprint(rest())),
        });
        fingerprints.collect()
    }

    /// Whom each of its calls rings, as it is sent; empty where that is not known.
    pub fn whom(&self) -> Vec<String> {
        let targets = self.targets.iter();
        targets
            .map(|target| match target.ways.first() {
                Some(way) => visible(&way.written()),
                None => String::new(),
            })
            .collect()
    }

    /// The requested time, if any.
    pub fn moment(&self) -> Option<DateTime<Utc>> {
        self.when.as_ref().map(|(_, moment)| *moment)
    }

    /// Between which moments it may ring, if it is sent now.
    pub(in crate::guard) fn ringing(&self, now: DateTime<Utc>) -> Ringing {
        let first = self.rings(now);
        Ringing {
            first,
            last: self.until.unwrap_or(first),
        }
    }

    /// When it rings, if it is sent now.
    pub fn rings(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        self.moment().map_or(now, |moment| moment.max(now))
    }
}

fn normal_members(members: &Map<String, Value>) -> Value {
    let members = members.iter();
    members
        .filter_map(|(key, value)| Some((key.clone(), normal(value)?)))
        .collect()
}

/// Whether a time is in the past, within the tolerance for clocks.
pub fn is_past(moment: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    now.signed_duration_since(moment) > SKEW
}
