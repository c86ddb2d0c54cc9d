//! A call in a request.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};

use crate::{
    catalog::Request,
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

/// Maximum number of destinations per request if its operation has no other, checked before they
/// are read.
pub const MOST: usize = 400;

/// One or several calls of a request.
#[derive(Clone, Debug, PartialEq)]
pub struct DialRequest {
    pub(in crate::guard) targets: Vec<Target>,
    pub(in crate::guard) who: Map<String, Value>,
    pub(in crate::guard) from: Map<String, Value>,
    /// What the recipient is told, if the request itself says it.
    pub(in crate::guard) content: Map<String, Value>,
    /// References to destinations that are not visible, such as a `customerId`. All of them
    /// together are one target.
    pub(in crate::guard) unseen: Map<String, Value>,
    /// Whether these references may stand for any number of destinations.
    pub(in crate::guard) is_countless: bool,
    /// What to do instead if all destinations must be visible, as an imperative.
    pub(in crate::guard) instead: &'static str,
    /// The earliest call time, as given and parsed.
    pub(in crate::guard) when: Option<(String, DateTime<Utc>)>,
    /// The latest time until which Vapi may place the call, if given.
    pub(in crate::guard) until: Option<DateTime<Utc>>,
    /// Whether the request has a destination, visible or not.
    pub(in crate::guard) has_destination: bool,
    /// Whether any given property may lead to a destination, even if it cannot be interpreted.
    pub(in crate::guard) may_ring: bool,
    /// The paths of list elements that name no destination.
    pub(in crate::guard) nameless: Vec<String>,
    /// Whether the request names a number to call from.
    pub(in crate::guard) has_line: bool,
    /// Whether the request sets a `transport`.
    pub(in crate::guard) has_transport: bool,
}

/// The recipient of one call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// The known destinations of the recipient: a number, a SIP address, both or none.
    pub ways: Vec<Destination>,
    /// The extension of a number, as given.
    pub extension: Option<String>,
}

impl Target {
    /// A canonical form, equal for every spelling of the target; `None` if no destination is known.
    /// Pauses in an extension do not count.
    fn text(&self) -> Option<Value> {
        let digits = self.extension.iter().flat_map(|text| text.chars());
        let digits: String = digits.filter(char::is_ascii_digit).collect();
        let extension = (!digits.is_empty()).then(|| format!("extension {digits}"));
        let ways = self.ways.iter().map(Destination::text);
        (!self.ways.is_empty()).then(|| ways.chain(extension).collect())
    }
}

impl DialRequest {
    /// The recipients of the calls: at least one, possibly without a known destination.
    pub fn targets(&self) -> &[Target] {
        &self.targets
    }

    /// The number of calls, in which destinations that are not visible count as one.
    pub fn count(&self) -> usize {
        self.targets.len()
    }

    /// The reason why the calls cannot be counted under the rule with this flag, if they cannot.
    pub(in crate::guard) fn uncounted(&self, flag: &str) -> Option<String> {
        self.is_countless.then(|| {
            format!(
                "how many destinations it calls is not visible, so {flag} cannot be checked: {}",
                self.instead
            )
        })
    }

    /// Says that a destination is not visible, as the beginning of a sentence.
    pub(in crate::guard) fn invisible(&self) -> &'static str {
        match (self.is_countless, self.has_destination || self.may_ring) {
            (true, _) => "its destinations are not visible",
            (false, true) => "its destination is not visible",
            (false, false) => "it names no destination",
        }
    }

    /// Whether it is a web call, which has neither a destination nor a number to call from.
    pub fn is_web(&self) -> bool {
        !self.has_destination && !self.has_line
    }

    /// Whether the request certainly has no destination. A property that cannot be interpreted may
    /// be one.
    pub(in crate::guard) fn rings_nobody(&self) -> bool {
        self.is_web() && !self.may_ring
    }

    /// The reason why a list of allowed destinations forbids the calls, if it does.
    pub fn outside(&self, allowed: &Allowed) -> Option<String> {
        if self.rings_nobody() {
            return None;
        }
        self.targets.iter().find_map(|Target { ways, .. }| {
            if ways.is_empty() {
                return Some(format!(
                    "{}, and this server calls only certain destinations (--allow-destinations): {}",
                    self.invisible(),
                    self.instead
                ));
            }
            let refused = ways.iter().find(|to| !allowed.allows(to))?;
            Some(format!(
                "{} is not among the destinations that this server may call \
                 (--allow-destinations). Tell the user; do not try another way",
                visible(&refused.written())
            ))
        })
    }

    /// Hashes that identify the calls, one per target: equal for the same speaker and destination
    /// in any spelling and at any time.
    pub fn fingerprints(
        &self,
        hasher: &TokenHasher,
        places: &Places,
        request: &Request,
    ) -> Vec<Digest> {
        // Computed once for all targets, because the speaker may be a large inline assistant.
        let said = self.who.iter().chain(&self.content);
        let said = said.map(|(at, value)| (at.clone(), value.clone()));
        let who = hasher.hash("who", &normal_members(&said.collect()));
        let fingerprint = |to| hasher.hash("dial", &json!({ "who": who.to_string(), "to": to }));
        // A target without a destination is identified by everything that is given except the
        // times.
        let rest = || {
            let tops = places.when.iter().filter_map(|at| at.split('/').nth(1));
            let tops: Vec<_> = tops.collect();
            let members = request.body().as_object().into_iter().flatten();
            let members = members.filter(|(key, _)| !tops.contains(&key.as_str()));
            let members: Vec<_> = match self.unseen.is_empty() {
                true => members.collect(),
                false => self.unseen.iter().collect(),
            };
            let members = members.into_iter();
            let members = members.filter_map(|(key, value)| Some((key.clone(), normal(value)?)));
            let parameters = request.parameters();
            let parameters = parameters.map(|(name, value)| (format!("{{{name}}}"), value.clone()));
            members.chain(parameters).collect()
        };
        let mut unnamed = None;
        let fingerprints = self.targets.iter().map(|target| match target.text() {
            Some(text) => fingerprint(text),
            None => *unnamed.get_or_insert_with(|| fingerprint(rest())),
        });
        fingerprints.collect()
    }

    /// The destination of each call as it is sent; empty if it is not known.
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

    /// The period in which Vapi may place the call, if the request is sent now.
    pub(in crate::guard) fn ringing(&self, now: DateTime<Utc>) -> Ringing {
        let first = self.rings(now);
        Ringing {
            first,
            last: self.until.unwrap_or(first),
        }
    }

    /// The time of the call, if the request is sent now.
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
