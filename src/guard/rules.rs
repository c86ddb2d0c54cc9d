//! The rules that the operator of the server sets.

use std::{fmt, num::NonZeroU64, path::PathBuf, str::FromStr};

use chrono::{DateTime, Utc};

use super::{
    destination::Destination,
    dial::DialRequest,
    hours::{CallHours, Ringing},
    numbering::{is_common_extension, is_emergency, premium_prefix},
    patterns::{Allowed, Denial, Denied},
    spelling::visible,
};
use crate::{catalog::Toolset, model::Effect, text::counted, time::format_utc};

/// The operator's rules; by default, everything is allowed.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// Allow only reads.
    pub read_only: bool,
    /// The destinations that may be called; any if `None`.
    pub destinations: Option<Allowed>,
    /// The destinations that are never called; overrides `destinations`.
    pub denied: Option<Denied>,
    /// The hours in which calls are allowed, in the recipient's time zone.
    pub call_hours: Option<CallHours>,
    /// The maximum rate of calls.
    pub max_calls: Option<Rate>,
    /// The maximum rate of requests that cost money, besides calls.
    pub max_spend: Option<Rate>,
    /// Maximum number of destinations per tool call.
    pub max_batch: Option<usize>,
    /// The effects that the user must confirm.
    pub confirm: Effects,
    /// The local files that may be uploaded.
    pub files: LocalFiles,
    /// The path of the audit log.
    pub audit_log: Option<PathBuf>,
    /// The size in bytes at which the audit log is rotated; [`MAX_BYTES`](super::audit::MAX_BYTES)
    /// if `None`.
    pub audit_log_max_bytes: Option<NonZeroU64>,
}

impl Rules {
    /// A summary of the rules for the model, limited to rules that affect these tools.
    pub fn told(&self, toolset: &Toolset) -> Option<String> {
        let mut told = Vec::new();
        if self.read_only {
            told.push("only read-only tools are available".to_owned());
        }
        if toolset.serves(Effect::Dial) {
            told.extend(self.told_of_calls());
        }
        if let Some(rate) = self.max_spend
            && toolset.serves(Effect::Spend)
        {
            told.push(format!(
                "at most {} that cost money, besides calls",
                rate.of("request")
            ));
        }
        if let LocalFiles::Below(folder) = &self.files
            && toolset.uploads()
        {
            told.push(format!(
                "local files are uploaded only from {}",
                folder.display()
            ));
        }
        let asked = [
            (Effect::Dial, "a call"),
            (Effect::Write, "creating something"),
            (Effect::Update, "changing something"),
            (Effect::Spend, "spending money"),
            (Effect::Delete, "deleting something"),
        ];
        let asked = asked
            .into_iter()
            .filter(|(effect, _)| self.confirm.contains(*effect) && toolset.serves(*effect));
        let asked: Vec<_> = asked.map(|(_, deed)| deed).collect();
        if !asked.is_empty() {
            told.push(format!("the user is asked before {}", asked.join(" or ")));
        }
        (!told.is_empty()).then(|| format!("Rules of this server: {}.", told.join("; ")))
    }

    fn told_of_calls(&self) -> Vec<String> {
        let mut told = Vec::new();
        if let Some(allowed) = &self.destinations {
            told.push(format!("calls are allowed only to {allowed}"));
        }
        if self.denied.is_some() {
            told.push("some destinations are never called".to_owned());
        }
        if let Some(hours) = self.call_hours {
            told.push(format!(
                "calls are allowed only during {hours}, local time of the recipient"
            ));
        }
        if let Some(rate) = self.max_calls {
            told.push(format!("at most {}", rate.calls()));
        }
        if let Some(most) = self.max_batch {
            told.push(format!(
                "at most {} in one batch",
                counted(most, "destination")
            ));
        }
        told
    }

    /// Returns the reason why a call may not be placed now.
    pub(super) fn permit(&self, dial: &DialRequest, now: DateTime<Utc>) -> Result<(), String> {
        let counted_by = match (self.max_batch, self.max_calls) {
            (Some(_), _) => Some("--max-batch"),
            (None, Some(_)) => Some("--max-calls"),
            (None, None) => None,
        };
        if let Some(reason) = counted_by.and_then(|flag| dial.uncounted(flag)) {
            return Err(reason);
        }
        if let Some(most) = self.max_batch
            && dial.count() > most
        {
            return Err(format!(
                "it has {}, but this server allows at most {most} per tool call (--max-batch)",
                counted(dial.count(), "destination")
            ));
        }
        let ways = || dial.targets.iter().flat_map(|target| &target.ways);
        if let Some(reason) = ways().find_map(|to| self.emergency(to)) {
            return Err(reason);
        }
        let list = self.destinations.as_ref();
        if let Some(reason) = list.and_then(|allowed| dial.outside(allowed)) {
            return Err(reason);
        }
        let flag = match (&self.denied, self.call_hours) {
            (Some(_), _) => Some("--deny-destinations"),
            (None, Some(_)) => Some("--call-hours"),
            (None, None) => None,
        };
        if let Some(flag) = flag
            && !dial.rings_nobody()
            && dial.targets.iter().any(|target| target.ways.is_empty())
        {
            return Err(format!(
                "{}, so {flag} cannot be checked: {}",
                dial.invisible(),
                dial.instead
            ));
        }
        let ringing = dial.ringing(now);
        match ways().find_map(|to| self.refuses(to, ringing, now)) {
            Some(reason) => Err(reason),
            None => Ok(()),
        }
    }

    /// The reason why a destination may not be called, apart from the list of allowed destinations.
    fn refuses(&self, to: &Destination, ringing: Ringing, now: DateTime<Utc>) -> Option<String> {
        self.forbids(to).or_else(|| {
            let reason = self.call_hours?.refuses(to, ringing)?;
            let to = visible(&to.written());
            Some(format!("{to}: {reason}. It is now {}", format_utc(now)))
        })
    }

    /// The reason why a destination may never be called, apart from the list of allowed
    /// destinations.
    pub(super) fn forbids(&self, to: &Destination) -> Option<String> {
        if let Some(reason) = self.emergency(to) {
            return Some(reason);
        }
        let named = || visible(&to.written());
        let denial = self.denied.as_ref().and_then(|denied| denied.denies(to));
        match denial {
            Some(Denial::Listed) => {
                return Some(format!(
                    "{} is among the destinations that this server never calls \
                     (--deny-destinations). Tell the user; do not try another way",
                    named()
                ));
            }
            Some(Denial::Unclear) => {
                return Some(format!(
                    "{} cannot be compared with the destinations that this server never calls \
                     (--deny-destinations): give an international number such as +15550100123, or \
                     a SIP address without password, headers and unusual parameters",
                    named()
                ));
            }
            None => {}
        }
        if let Some(prefix) = premium_prefix(to) {
            let list = self.destinations.as_ref();
            if !list.is_some_and(|allowed| allowed.allows_premium(to, &prefix)) {
                return Some(format!(
                    "{} is a premium-rate number (+{prefix}), and this server calls such numbers only \
                     if an entry of --allow-destinations starts with +{prefix}. Tell the user; do not \
                     try another way",
                    named()
                ));
            }
        }
        None
    }

    /// Emergency numbers are never called. An exception: a SIP extension from 100 to 109 may be
    /// called if the list of allowed destinations names its full address.
    fn emergency(&self, to: &Destination) -> Option<String> {
        if !is_emergency(to) {
            return None;
        }
        if let Destination::Sip(sip) = to
            && is_common_extension(sip)
            && self
                .destinations
                .as_ref()
                .is_some_and(|allowed| allowed.names(sip))
        {
            return None;
        }
        Some(format!(
            "{} is an emergency number, which this server never calls: tell the user to dial it \
             themselves",
            visible(&to.written())
        ))
    }
}

/// The local files that may be uploaded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum LocalFiles {
    /// None.
    #[default]
    None,
    /// None, because the callers are not on this machine.
    Remote,
    /// The files below this folder.
    Below(PathBuf),
}

/// A number of calls per hour or day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// The maximum number of calls.
    pub count: usize,
    /// The period in which they are counted.
    pub per: Period,
}

/// The period of a rate: the last hour or the last 24 hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// 60 minutes.
    Hour,
    /// 24 hours.
    Day,
}

impl Period {
    /// The length of the period.
    pub fn length(self) -> chrono::TimeDelta {
        match self {
            Self::Hour => chrono::TimeDelta::hours(1),
            Self::Day => chrono::TimeDelta::days(1),
        }
    }
}

impl Rate {
    fn per(self) -> &'static str {
        match self.per {
            Period::Hour => "hour",
            Period::Day => "day",
        }
    }

    /// The rate in words: `2 calls per hour`.
    pub fn calls(self) -> String {
        self.of("call")
    }

    /// The rate of something in words, such as `2 requests per hour`.
    pub fn of(self, what: &str) -> String {
        format!("{} per {}", counted(self.count, what), self.per())
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.count, self.per())
    }
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a rate; use the format 5/hour or 20/day");
        let (count, per) = text.split_once('/').ok_or_else(wrong)?;
        let per = match per.trim() {
            "hour" => Period::Hour,
            "day" => Period::Day,
            _ => return Err(wrong()),
        };
        let count = count.trim().parse().map_err(|_| wrong())?;
        Ok(Self { count, per })
    }
}

/// A set of effects of tools.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effects(Vec<Effect>);

impl Effects {
    /// Whether the set contains an effect. `spend` includes calls, which cost money, and `write`
    /// includes updates and `spend`.
    pub fn contains(&self, effect: Effect) -> bool {
        let including = match effect {
            Effect::Dial => Some(Effect::Spend),
            Effect::Update | Effect::Spend => Some(Effect::Write),
            Effect::Read | Effect::Write | Effect::Delete => None,
        };
        self.0.contains(&effect) || including.is_some_and(|including| self.contains(including))
    }
}

impl FromStr for Effects {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let one = |word: &str| match word.trim() {
            "write" => Ok(Effect::Write),
            "delete" => Ok(Effect::Delete),
            "dial" => Ok(Effect::Dial),
            "spend" => Ok(Effect::Spend),
            other => Err(format!(
                "`{other}` cannot be confirmed; use dial, spend, delete or write"
            )),
        };
        text.split(',').map(one).collect::<Result<_, _>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_a_count_in_an_hour_or_a_day() {
        let rate: Rate = "5/hour".parse().unwrap();
        assert_eq!(
            (rate.count, rate.per, rate.to_string().as_str()),
            (5, Period::Hour, "5/hour")
        );
        assert_eq!(Rate::from_str(" 20 / day ").unwrap().per, Period::Day);
        for wrong in ["", "5", "5/", "/hour", "-1/hour", "5/minute", "1.5/day"] {
            let error = Rate::from_str(wrong).unwrap_err();
            assert_eq!(
                error,
                format!("`{wrong}` is not a rate; use the format 5/hour or 20/day")
            );
        }
    }

    #[test]
    fn a_person_can_be_asked_before_everything_but_reads() {
        let effects: Effects = "dial, write".parse().unwrap();
        assert!(effects.contains(Effect::Dial) && effects.contains(Effect::Write));
        assert!(!effects.contains(Effect::Delete));
        // `write` includes updates and spending.
        assert!(effects.contains(Effect::Update) && effects.contains(Effect::Spend));
        let writes: Effects = "write".parse().unwrap();
        assert!(writes.contains(Effect::Dial), "a call costs money");
        let calls: Effects = "dial".parse().unwrap();
        assert!(!calls.contains(Effect::Update) && !calls.contains(Effect::Spend));
        let spending: Effects = "spend".parse().unwrap();
        assert!(spending.contains(Effect::Spend) && !spending.contains(Effect::Write));
        assert!(spending.contains(Effect::Dial) && !spending.contains(Effect::Update));
        assert!(Effects::from_str("read").is_err() && Effects::from_str("").is_err());
    }
}
