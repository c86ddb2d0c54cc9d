//! Lists of destinations: the first digits of numbers, and SIP addresses with `*`.

use std::{collections::BTreeSet, fmt, str::FromStr};

use super::{
    destination::Destination,
    numbering::readings,
    phone::Phone,
    sip::{self, LONGEST, Sip},
};
use crate::number::{has_trunk_zero, is_decoration};

/// The destinations that may be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed(List);

impl Allowed {
    /// Whether this may be called. Anything that is not fully understood may not.
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

    /// Whether an entry that covers a premium-rate number holds all of its premium-rate prefix: the
    /// digits, with the country code.
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

/// Why a destination may not be called under a list of denied ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denial {
    /// An entry covers it.
    Listed,
    /// It cannot be compared: a number without its country code, or a SIP address that may lead
    /// elsewhere than its host says.
    Unclear,
}

impl Denied {
    /// Why this may not be called; `None` when no entry covers it. The case of a SIP user and the
    /// scheme count for nothing here.
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

/// The first of them.
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
    /// The plus and the digits that numbers start with.
    numbers: BTreeSet<String>,
    sips: Vec<SipPattern>,
    /// All of them, as they were written.
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
                    "`{one}` is not a destination; give the first digits of numbers and SIP \
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

/// A SIP address in whose user and host `*` stands for any text.
#[derive(Clone, Debug, PartialEq, Eq)]
struct SipPattern {
    secure: bool,
    user: Option<Glob>,
    host: Glob,
    /// Whether the host is written in digits, so that only IPv4 addresses follow it.
    numeric: bool,
    port: Option<u16>,
}

impl SipPattern {
    fn parse(text: &str) -> Option<Self> {
        if text.len() > LONGEST || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return None;
        }
        let (secure, address) = sip::scheme(text)?;
        let (user, place) = match address.split_once('@') {
            Some((user, place)) => (Some(user), place),
            None => (None, address),
        };
        if user.is_some_and(|user| user.is_empty() || !user.bytes().all(is_plain)) {
            return None;
        }
        let (host, port) = sip::host_and_port(place).or_else(|| host_with_stars(place))?;
        let digits = |byte: u8| byte.is_ascii_digit() || b".*".contains(&byte);
        Some(Self {
            secure,
            user: user.map(Glob::new),
            numeric: host != "*" && host.bytes().all(digits),
            host: Glob::new(&host),
            port,
        })
    }

    /// Whether an address follows it, whatever the schemes of the two are.
    fn covers(&self, sip: &Sip) -> bool {
        let user = sip.user();
        let user = match (&self.user, &user) {
            (Some(pattern), Some(user)) => {
                std::str::from_utf8(user).is_ok_and(|user| pattern.matches(user))
            }
            (None, None) => true,
            _ => false,
        };
        user && self.covers_place(sip)
    }

    /// The same for a pattern in lower case, of the bytes of any user.
    fn covers_in_any_case(&self, sip: &Sip) -> bool {
        let user = sip.user();
        let user = match (&self.user, &user) {
            (Some(pattern), Some(user)) => {
                pattern.matches(&String::from_utf8_lossy(user).to_ascii_lowercase())
            }
            (None, None) => true,
            _ => false,
        };
        user && self.covers_place(sip)
    }

    /// Whether the user starts with a premium-rate prefix before its first `*`.
    fn holds(&self, prefix: &str) -> bool {
        let start = self.user.as_ref().map(|user| user.start.as_str());
        let phone = start.and_then(Phone::read);
        phone.is_some_and(|phone| {
            let national = || prefix.strip_prefix('1').filter(|_| !phone.international);
            phone.digits.starts_with(prefix)
                || national().is_some_and(|prefix| phone.digits.starts_with(prefix))
        })
    }

    fn covers_place(&self, sip: &Sip) -> bool {
        let host = sip.host();
        self.host.matches(host)
            && (!self.numeric || host.parse::<std::net::Ipv4Addr>().is_ok())
            && (self.port.is_none() || self.port == sip.port())
    }
}

/// The host and the port of a pattern, where the host is no name or address.
fn host_with_stars(place: &str) -> Option<(String, Option<u16>)> {
    let (host, port) = match place.split_once(':') {
        Some((host, port)) => (host, Some(sip::parsed_port(port)?)),
        None => (place, None),
    };
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    let inside = |byte: u8| byte.is_ascii_alphanumeric() || b"-*".contains(&byte);
    let is_label = |label: &str| !label.is_empty() && label.bytes().all(inside);
    let right = host.contains('*') && host.split('.').all(is_label);
    right.then_some((host, port))
}

/// What can stand in the user of a pattern; a percent sign, for one, would never match.
fn is_plain(byte: u8) -> bool {
    sip::is_user(byte) && !b";?/".contains(&byte) || byte == b'#'
}

/// A text in which `*` stands for any text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Glob {
    start: String,
    /// What stands between stars; `None` without a star.
    rest: Option<(Vec<String>, String)>,
}

impl Glob {
    pub(super) fn new(pattern: &str) -> Self {
        let mut pieces = pattern.split('*').map(str::to_owned);
        let start = pieces.next().unwrap_or_default();
        let mut rest: Vec<_> = pieces.collect();
        let end = rest.pop();
        rest.retain(|piece| !piece.is_empty());
        Self {
            start,
            rest: end.map(|end| (rest, end)),
        }
    }

    fn lower(self) -> Self {
        let lower = |text: String| text.to_ascii_lowercase();
        Self {
            start: lower(self.start),
            rest: self
                .rest
                .map(|(middle, end)| (middle.into_iter().map(lower).collect(), lower(end))),
        }
    }

    /// Takes time that grows with the length of the text, not with the number of stars: the first
    /// place where a piece fits is as good as any later one.
    pub(super) fn matches(&self, text: &str) -> bool {
        let Some((middle, end)) = &self.rest else {
            return text == self.start;
        };
        let inner = text
            .strip_prefix(self.start.as_str())
            .and_then(|text| text.strip_suffix(end.as_str()));
        let left = middle.iter().try_fold(inner, |text, piece| {
            let (_, behind) = text?.split_once(piece.as_str())?;
            Some(Some(behind))
        });
        matches!(left, Some(Some(_)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::e164;

    fn destination(text: &str) -> Destination {
        e164(text).map_or_else(
            || match Sip::parse(text) {
                Some(sip) => Destination::Sip(sip),
                None => Destination::Other(text.to_owned()),
            },
            Destination::Number,
        )
    }

    #[test]
    fn only_what_a_pattern_covers_is_allowed() {
        let allowed: Allowed = "+1, +44 20,sip:*@example.com,sip:desk@*.example.org,sip:a*9@10.0.*"
            .parse()
            .unwrap();
        for right in [
            "+15550100123",
            "+442079460958",
            "sip:bob@example.com",
            "SIP:b%6Fb@example.com.",
            "sips:bob@EXAMPLE.com:5061",
            "sip:bob@example.com;transport=tcp",
            "sip:+15550100123@example.com;user=phone",
            "sip:%2321%23@example.com",
            "sip:desk@a.b.example.org",
            "sip:a9@10.0.0.1",
        ] {
            assert!(allowed.allows(&destination(right)), "{right}");
        }
        for wrong in [
            "+442179460958",
            "+4930901820",
            "15550100123",
            "sip:example.com",
            "sip:bob@example.org",
            "sip:bob@example.com.evil.test",
            "sip:bob@evil.test;x=@example.com",
            "sip:bob@evil.test?x=sip:a%40example.com",
            "sip:bob@example.com;maddr=192.0.2.1",
            "sip:bob@example.com;transport=tcp;maddr=192.0.2.1",
            "sip:bob@example.com;transport=%74cp",
            "sip:bob@example.com?Route=x",
            "sip:bob:pass@example.com",
            "sip:bob%40evil.test@example.com",
            "sip:bob%2540evil.test@example.com",
            "sip:bob;x=y@example.com",
            "sip:bob?x=y@example.com",
            "sip:evil.test/bob@example.com",
            "sip:Desk@a.example.org",
            "sip:desk@example.org",
            "sip:a9@10.0.evil.test",
            "sip:9@10.0.0.1",
        ] {
            assert!(!allowed.allows(&destination(wrong)), "{wrong}");
        }
        let secure: Allowed = "sips:*@example.com".parse().unwrap();
        assert!(!secure.allows(&destination("sip:bob@example.com")));
    }

    #[test]
    fn what_an_entry_covers_is_denied_however_it_is_written() {
        let denied: Denied = "+1900,+4420,sip:Desk*@example.com,sip:*@*.example.org"
            .parse()
            .unwrap();
        for listed in [
            "+19005550100",
            "+442079460958",
            "19005550100",
            "9005550100",
            "tel:+44-20-7946-0958",
            "004420 7946 0958",
            "sip:desk@example.com",
            "sips:DESK1@EXAMPLE.com.:5070;maddr=192.0.2.1",
            "sip:%64esk:x@example.com",
            "sip:bob@a.example.org",
            "sip:+19005550100@gw.example.net",
            "sip:442079460958@gw.example.net",
            "sip:%2B1-900-555-0100@gw.example.net",
        ] {
            assert_eq!(
                denied.denies(&destination(listed)),
                Some(Denial::Listed),
                "{listed}"
            );
        }
        for unclear in [
            "07946 095812345",
            "bob",
            "sip:bob@example.com;maddr=192.0.2.1",
            "sip:bob@example.com?Route=x",
        ] {
            assert_eq!(
                denied.denies(&destination(unclear)),
                Some(Denial::Unclear),
                "{unclear}"
            );
        }
        for right in [
            "+18005550100",
            "+4930901820",
            "sip:bob@example.com",
            "sip:example.org",
        ] {
            assert_eq!(denied.denies(&destination(right)), None, "{right}");
        }
    }

    #[test]
    fn premium_rate_numbers_need_an_entry_with_their_whole_prefix() {
        let sip = "sip:+19005550100@gw.example.com";
        for (list, number, allowed) in [
            ("+1", "+19005550100", false),
            ("+190", "+19005550100", false),
            ("+1900", "+19005550100", true),
            ("+19005550100", "+19005550100", true),
            ("+19005550101", "+19005550100", false),
            ("sip:*@gw.example.com", sip, false),
            ("sip:+1*@gw.example.com", sip, false),
            ("sip:+1900*@gw.example.com", sip, true),
            ("sip:+1900*@gw.example.org", sip, false),
            ("sip:*@gw.example.com,+1900", sip, true),
            ("sip:*@gw.example.com,+1", sip, false),
            (
                "sip:900*@gw.example.com",
                "sip:9005550100@gw.example.com",
                true,
            ),
        ] {
            let list: Allowed = list.parse().unwrap();
            let number = destination(number);
            assert_eq!(
                list.allows_premium(&number, "1900"),
                allowed,
                "{list:?} {number:?}"
            );
        }
    }

    #[test]
    fn stars_match_any_text() {
        for (pattern, right, wrong) in [
            ("a", "a", "ab"),
            ("*", "", ""),
            ("a*", "a", "ba"),
            ("*a", "a", "ab"),
            ("a*a", "aa", "a"),
            ("a*b*c", "aXbbc", "acb"),
            ("a**c", "ac", "a"),
            ("*ab*ab*", "abab", "aba"),
        ] {
            let glob = Glob::new(pattern);
            assert!(glob.matches(right), "{pattern}");
            assert!(wrong.is_empty() || !glob.matches(wrong), "{pattern}");
        }
    }

    #[test]
    fn a_pattern_that_says_nothing_is_refused() {
        for wrong in [
            "",
            "+",
            "+1,",
            "+0",
            "1",
            "*",
            "+1x",
            "sip:",
            "sip:a@b;transport=tcp",
            "sip:a:b@c",
            "sip:a#b%40@c",
            "sip:a@*..b",
            "sip:a@b_*",
            "sip:@*",
            "sip:a@*:0",
            "+1234567890123456",
        ] {
            let error = Allowed::from_str(wrong).unwrap_err();
            assert!(error.contains("is not a destination; give"), "{error}");
        }
    }
}
