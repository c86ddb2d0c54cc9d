//! Patterns of SIP addresses, with `*` for any text.

use crate::guard::{
    phone::Phone,
    sip::{self, LONGEST, Sip},
};

/// A SIP address in whose user and host `*` stands for any text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SipPattern {
    pub(super) secure: bool,
    pub(super) user: Option<Glob>,
    pub(super) host: Glob,
    /// Whether the host is written in digits, so that only IPv4 addresses follow it.
    pub(super) numeric: bool,
    pub(super) port: Option<u16>,
}

impl SipPattern {
    pub(super) fn parse(text: &str) -> Option<Self> {
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
    pub(super) fn covers(&self, sip: &Sip) -> bool {
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
    pub(super) fn covers_in_any_case(&self, sip: &Sip) -> bool {
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
    pub(super) fn holds(&self, prefix: &str) -> bool {
        let start = self.user.as_ref().map(|user| user.start.as_str());
        let phone = start.and_then(Phone::read);
        phone.is_some_and(|phone| {
            let national = || prefix.strip_prefix('1').filter(|_| !phone.international);
            phone.digits.starts_with(prefix)
                || national().is_some_and(|prefix| phone.digits.starts_with(prefix))
        })
    }

    pub(super) fn covers_place(&self, sip: &Sip) -> bool {
        let host = sip.host();
        self.host.matches(host)
            && (!self.numeric || host.parse::<std::net::Ipv4Addr>().is_ok())
            && (self.port.is_none() || self.port == sip.port())
    }
}

/// The host and the port of a pattern, where the host is no name or address.
pub(super) fn host_with_stars(place: &str) -> Option<(String, Option<u16>)> {
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
pub(super) fn is_plain(byte: u8) -> bool {
    sip::is_user(byte) && !b";?/".contains(&byte) || byte == b'#'
}

/// A text in which `*` stands for any text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::guard) struct Glob {
    pub(super) start: String,
    /// What stands between stars; `None` without a star.
    pub(super) rest: Option<(Vec<String>, String)>,
}

impl Glob {
    pub(in crate::guard) fn new(pattern: &str) -> Self {
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

    pub(in crate::guard) fn lower(self) -> Self {
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
    pub(in crate::guard) fn matches(&self, text: &str) -> bool {
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
