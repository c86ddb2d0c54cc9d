//! Patterns of SIP addresses, in which `*` matches any text.

use crate::guard::{
    phone::Phone,
    sip::{self, LONGEST, Sip},
};

/// A pattern of SIP addresses; `*` in the user or host matches any text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SipPattern {
    pub(super) secure: bool,
    pub(super) user: Option<Glob>,
    pub(super) host: Glob,
    /// Whether the host is numeric, so that it matches only IPv4 addresses.
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

    /// Whether an address matches, regardless of the scheme.
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

    /// Whether an address matches a pattern in lower case, regardless of the scheme and the case of
    /// the user.
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

/// Host and port of a pattern whose host contains `*`.
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

/// Whether a character is allowed in the user of a pattern. A percent sign, for example, would
/// never match.
pub(super) fn is_plain(byte: u8) -> bool {
    sip::is_user(byte) && !b";?/".contains(&byte) || byte == b'#'
}

/// A pattern in which `*` matches any text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::guard) struct Glob {
    pub(super) start: String,
    /// The texts between stars and after the last one; `None` if there is no star.
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

    /// Linear in the length of the text, whatever the number of stars: the first match of each
    /// piece is as good as any later one.
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
