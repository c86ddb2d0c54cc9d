//! Lists of destinations: number prefixes, and SIP addresses with `*`.

mod sip_pattern;

use std::{collections::BTreeSet, fmt, str::FromStr};

pub(super) use self::sip_pattern::Glob;
use self::sip_pattern::SipPattern;
use super::{
    destination::Destination,
    numbering::readings,
    sip::{LONGEST, Sip},
};
use crate::number::{has_trunk_zero, is_decoration};

/// The destinations that may be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed(List);

impl Allowed {
    /// Whether the destination may be called. False for a destination that cannot be compared with
    /// certainty.
    pub fn allows(&self, destination: &Destination) -> bool {
        match destination {
            Destination::Number(number) => self.0.has_prefix_of(number),
            Destination::Sip(sip) => {
                let secure = |pattern: &&SipPattern| sip.is_secure() || !pattern.secure;
                let mut patterns = self.0.sips.iter().filter(secure);
                sip.is_plain() && patterns.any(|pattern| pattern.covers(sip))
            }
            Destination::Other(_) => false,
        }
    }

    /// Whether an entry that covers a premium-rate number contains its whole premium-rate prefix:
    /// the digits, with the country code.
    pub fn allows_premium(&self, destination: &Destination, prefix: &str) -> bool {
        let numbered = |number: &str| {
            let mut ends = prefix.len() + 1..=number.len();
            number.starts_with(&format!("+{prefix}"))
                && ends.any(|end| {
                    number
                        .get(..end)
                        .is_some_and(|start| self.0.numbers.contains(start))
                })
        };
        match destination {
            Destination::Number(number) => numbered(number),
            Destination::Sip(sip) => {
                let phone = sip.phone();
                let readings = phone.as_ref().map(readings).unwrap_or_default();
                let mut patterns = self.0.sips.iter().filter(|pattern| pattern.covers(sip));
                readings
                    .iter()
                    .any(|digits| numbered(&format!("+{digits}")))
                    || patterns.any(|pattern| pattern.holds(prefix))
            }
            Destination::Other(_) => false,
        }
    }

    /// Whether an entry names this SIP address itself, with no `*` in its user.
    pub fn names(&self, sip: &Sip) -> bool {
        let mut patterns = self.0.sips.iter().filter(|pattern| pattern.covers(sip));
        patterns.any(|pattern| {
            pattern
                .user
                .as_ref()
                .is_some_and(|user| user.rest.is_none())
        })
    }
}

/// The destinations that may not be called, whatever else is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denied(List);

/// The reason why a list of denied destinations forbids a destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denial {
    /// An entry covers it.
    Listed,
    /// It cannot be compared: a number without its country code, or a SIP address that may lead to
    /// another host.
    Unclear,
}

impl Denied {
    /// The reason why the destination may not be called; `None` if no entry covers it. Of SIP
    /// addresses, the scheme (sip or sips) and the case of the user are ignored.
    pub fn denies(&self, destination: &Destination) -> Option<Denial> {
        let numbered = |digits: &str| self.0.has_prefix_of(&format!("+{digits}"));
        match destination {
            Destination::Number(number) => self.0.has_prefix_of(number).then_some(Denial::Listed),
            Destination::Sip(sip) => {
                let phone = sip.phone();
                let readings = phone.as_ref().map(readings).unwrap_or_default();
                let mut patterns = self.0.sips.iter();
                if readings.iter().any(|digits| numbered(digits))
                    || patterns.any(|pattern| pattern.covers_in_any_case(sip))
                {
                    Some(Denial::Listed)
                } else {
                    (!sip.is_plain()).then_some(Denial::Unclear)
                }
            }
            Destination::Other(_) => match destination.phone() {
                Some(phone) if readings(&phone).iter().any(|digits| numbered(digits)) => {
                    Some(Denial::Listed)
                }
                _ => Some(Denial::Unclear),
            },
        }
    }
}

impl FromStr for Denied {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut list: List = text.parse()?;
        for sip in &mut list.sips {
            sip.user = sip.user.take().map(Glob::lower);
        }
        Ok(Self(list))
    }
}

/// Shows the first entries and the number of others.
impl fmt::Display for Allowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const TOLD: usize = 10;
        let entries = &self.0.entries;
        let first: Vec<_> = entries.iter().take(TOLD).map(String::as_str).collect();
        f.write_str(&first.join(", "))?;
        match entries.len().saturating_sub(TOLD) {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

impl FromStr for Allowed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.parse().map(Self)
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct List {
    /// Number prefixes, each with its plus.
    numbers: BTreeSet<String>,
    sips: Vec<SipPattern>,
    /// All entries as given.
    entries: Vec<String>,
}

impl List {
    fn has_prefix_of(&self, number: &str) -> bool {
        (1..=number.len()).any(|end| {
            let start = number.get(..end);
            start.is_some_and(|start| self.numbers.contains(start))
        })
    }
}

impl FromStr for List {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut list = Self::default();
        for one in text.split(',').map(str::trim) {
            if let Some(number) = number_pattern(one) {
                list.numbers.insert(number);
            } else if let Some(sip) = SipPattern::parse(one) {
                list.sips.push(sip);
            } else {
                return Err(format!(
                    "`{one}` is not a destination; give number prefixes and SIP \
                     addresses, for example +1,+4420,sip:*@example.com"
                ));
            }
            list.entries.push(one.to_owned());
        }
        Ok(list)
    }
}

fn number_pattern(text: &str) -> Option<String> {
    if text.len() > LONGEST || has_trunk_zero(text) {
        return None;
    }
    let bare: String = text.chars().filter(|&c| !is_decoration(c)).collect();
    let digits = bare.strip_prefix('+')?;
    let right = (1..=15).contains(&digits.len())
        && !digits.starts_with('0')
        && digits.bytes().all(|byte| byte.is_ascii_digit());
    right.then_some(bare)
}

#[cfg(test)]
mod tests;
