//! Whom a call rings: the forms of telephone numbers and SIP addresses, and which are allowed.

use std::str::FromStr;

/// Whom a call rings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// A number in the form of E.164, as `+15550100123`.
    Number(String),
    /// A SIP address.
    Sip(Sip),
    /// A number in another form, where the caller asked not to check it.
    Other(String),
}

impl Destination {
    /// The text that is the same however the destination was written.
    pub fn text(&self) -> String {
        match self {
            Self::Number(text) | Self::Other(text) => text.clone(),
            Self::Sip(sip) => sip.text(),
        }
    }

    /// All of it, as a person has to see it.
    pub fn written(&self) -> String {
        match self {
            Self::Number(text) | Self::Other(text) => text.clone(),
            Self::Sip(sip) => sip.written(),
        }
    }
}

/// The number in the form in which it is sent: without spaces, dots, hyphens and brackets. Nothing
/// when that is not the form of E.164, nor when a zero stands in brackets, which is dialled in some
/// countries and not in others. Whether such a number exists is not asked.
pub fn e164(text: &str) -> Option<String> {
    if has_trunk_zero(text) {
        return None;
    }
    let bare: String = text.chars().filter(|&c| !is_decoration(c)).collect();
    let digits = bare.strip_prefix('+')?;
    let right = (7..=15).contains(&digits.len())
        && !digits.starts_with('0')
        && digits.bytes().all(|byte| byte.is_ascii_digit());
    right.then_some(bare)
}

fn has_trunk_zero(text: &str) -> bool {
    let dense: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    dense.contains("(0)") || dense.contains("[0]")
}

/// What people write between the digits of a number; some hyphens do not break a line.
fn is_decoration(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '.' | '-' | '(' | ')' | '[' | ']' | '\u{2010}'..='\u{2015}'
        )
}

/// A SIP address: `sip:user@host`, with a port, parameters and headers or without.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sip {
    secure: bool,
    user: Option<String>,
    /// In lower case.
    host: String,
    port: Option<String>,
    /// What stands behind host and port.
    rest: String,
}

/// No address is longer: a person has to see all of it.
const LONGEST: usize = 255;

impl Sip {
    /// Reads an address; nothing when it has not the form.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.len() > LONGEST {
            return None;
        }
        let (scheme, address) = text.split_once(':')?;
        let secure = match scheme.to_ascii_lowercase().as_str() {
            "sip" => false,
            "sips" => true,
            _ => return None,
        };
        let printable = |c: char| c.is_ascii_graphic() && !matches!(c, '<' | '>' | '"');
        if !address.chars().all(printable) || address.matches('@').count() > 1 {
            return None;
        }
        let (user, behind) = match address.split_once('@') {
            Some((user, behind)) => (Some(user), behind),
            None => (None, address),
        };
        let (place, rest) = behind.split_at(behind.find([';', '?']).unwrap_or(behind.len()));
        let (host, port) = match place.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
            _ => (place, None),
        };
        let name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '*');
        let inner = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'));
        let host_is_right = match inner {
            Some(inner) => inner.parse::<std::net::Ipv6Addr>().is_ok(),
            None => !host.is_empty() && host.chars().all(name),
        };
        let port_is_right = port
            .is_none_or(|port| port.bytes().all(|byte| byte.is_ascii_digit()) && !port.is_empty());
        let right = host_is_right && port_is_right && user.is_none_or(|user| !user.is_empty());
        right.then(|| Self {
            secure,
            user: user.map(str::to_owned),
            host: host.to_ascii_lowercase(),
            port: port.map(str::to_owned),
            rest: rest.to_owned(),
        })
    }

    fn text(&self) -> String {
        let user = self.user.as_ref().map(|user| format!("{user}@"));
        format!("sip:{}{}", user.unwrap_or_default(), self.host)
    }

    fn written(&self) -> String {
        let scheme = if self.secure { "sips" } else { "sip" };
        let user = self.user.as_ref().map(|user| format!("{user}@"));
        let port = self.port.as_ref().map(|port| format!(":{port}"));
        let (user, port) = (user.unwrap_or_default(), port.unwrap_or_default());
        format!("{scheme}:{user}{}{port}{}", self.host, self.rest)
    }
}

/// The destinations that may be called: beginnings of numbers, and SIP addresses with `*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed(Vec<Pattern>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Pattern {
    /// The plus and digits that a number starts with.
    Number(String),
    Sip(Sip),
}

impl Allowed {
    /// Whether this may be called. What is not understood wholly may not.
    pub fn allows(&self, destination: &Destination) -> bool {
        self.0.iter().any(|pattern| match (pattern, destination) {
            (Pattern::Number(start), Destination::Number(number)) => number.starts_with(start),
            (Pattern::Sip(pattern), Destination::Sip(sip)) => sip_allowed(pattern, sip),
            _ => false,
        })
    }
}

/// A parameter such as `maddr` or a header leads elsewhere than the host says.
fn sip_allowed(pattern: &Sip, sip: &Sip) -> bool {
    let parameters = sip.rest.split(';').skip(1);
    let transports = ["udp", "tcp", "tls", "ws", "wss"].map(|name| format!("transport={name}"));
    let harmless = !sip.rest.contains('?')
        && parameters
            .into_iter()
            .all(|parameter| transports.contains(&parameter.to_ascii_lowercase()));
    let plain = |c: char| c.is_ascii_alphanumeric() || ".+_~%*#-".contains(c);
    let harmless = harmless && sip.user.iter().all(|user| user.chars().all(plain));
    let user = match (&pattern.user, &sip.user) {
        (Some(pattern), Some(user)) => glob(pattern, user),
        (None, None) => true,
        _ => false,
    };
    harmless
        && user
        && (sip.secure || !pattern.secure)
        && glob(&pattern.host, &sip.host)
        && (pattern.port.is_none() || pattern.port == sip.port)
}

/// Whether the text follows the pattern, in which `*` is any text.
fn glob(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|text| {
            text.char_indices()
                .map(|(at, _)| at)
                .chain([text.len()])
                .any(|at| text.get(at..).is_some_and(|tail| glob(rest, tail)))
        }),
    }
}

impl FromStr for Allowed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let patterns: Result<Vec<_>, _> = text.split(',').map(|one| pattern(one.trim())).collect();
        patterns.map(Self)
    }
}

fn pattern(text: &str) -> Result<Pattern, String> {
    let bare: String = text.chars().filter(|&c| !is_decoration(c)).collect();
    if let Some(digits) = bare.strip_prefix('+')
        && !has_trunk_zero(text)
        && (1..=15).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
    {
        return Ok(Pattern::Number(bare));
    }
    Sip::parse(text)
        .filter(|sip| sip.rest.is_empty())
        .map(Pattern::Sip)
        .ok_or_else(|| {
            format!(
                "`{text}` is no destination; give the beginnings of numbers and SIP addresses, as \
                 +1,+4420,sip:*@example.com"
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_normalised_or_refused() {
        for (given, sent) in [
            ("+15550100123", Some("+15550100123")),
            (" +1 (555) 010-0123 ", Some("+15550100123")),
            ("+44.20.7946.0958", Some("+442079460958")),
            ("+1\u{a0}555\u{2011}010\u{2013}0123", Some("+15550100123")),
            ("+[49] 30 901820", Some("+4930901820")),
            ("+1234567", Some("+1234567")),
            ("+123456789012345", Some("+123456789012345")),
            ("+123456", None),
            ("+1234567890123456", None),
            ("15550100123", None),
            ("0015550100123", None),
            ("+05550100123", None),
            ("+1555010012x", None),
            ("++15550100123", None),
            ("+1/555/0100123", None),
            ("+49 (0)30 901820", None),
            ("+44 [ 0 ] 20 7946 0958", None),
            ("+١٥٥٥٠١٠٠١٢٣", None),
            ("", None),
        ] {
            assert_eq!(e164(given).as_deref(), sent, "{given}");
        }
    }

    #[test]
    fn a_sip_address_has_a_scheme_and_a_host() {
        for right in [
            "sip:bob@example.com",
            "SIPS:bob@Example.com:5061;transport=tls",
            "sip:example.com",
            "sip:+15550100123@[2001:db8::1]:5060",
            "sip:bob:pass@10.0.0.1?subject=x",
        ] {
            assert!(Sip::parse(right).is_some(), "{right}");
        }
        for wrong in [
            "bob@example.com",
            "tel:+15550100123",
            "sip:",
            "sip:@example.com",
            "sip:bob@",
            "sip:bob@ex ample.com",
            "sip:bob@example.com@example.org",
            "sip:bob@example.com:port",
            "sip:bob@[example]",
            "<sip:bob@example.com>",
        ] {
            assert_eq!(Sip::parse(wrong), None, "{wrong}");
        }
    }

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
        let allowed: Allowed = "+1, +44 20,sip:*@example.com,sip:desk@*.example.org"
            .parse()
            .unwrap();
        for right in [
            "+15550100123",
            "+442079460958",
            "sip:bob@example.com",
            "sips:bob@EXAMPLE.com:5061",
            "sip:bob@example.com;transport=tcp",
            "sip:desk@a.b.example.org",
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
            "sip:bob@example.com?Route=x",
            "sip:Desk@a.example.org",
            "sip:desk@example.org",
        ] {
            assert!(!allowed.allows(&destination(wrong)), "{wrong}");
        }
        let secure: Allowed = "sips:*@example.com".parse().unwrap();
        assert!(!secure.allows(&destination("sip:bob@example.com")));
    }

    #[test]
    fn a_pattern_that_says_nothing_is_refused() {
        for wrong in [
            "",
            "+",
            "+1,",
            "1",
            "*",
            "+1x",
            "sip:",
            "sip:a@b;transport=tcp",
            "+1234567890123456",
        ] {
            let error = Allowed::from_str(wrong).unwrap_err();
            assert!(error.contains("is no destination; give"), "{error}");
        }
    }
}
