//! SIP addresses by the grammar of RFC 3261, section 25.1.

use std::{
    fmt::Write,
    net::{Ipv4Addr, Ipv6Addr},
};

use super::phone::Phone;

/// A SIP address: `sip:user@host`, with or without a password, a port, parameters and headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sip {
    secure: bool,
    /// As given.
    user: Option<String>,
    password: bool,
    /// In lower case, without a trailing dot.
    host: String,
    port: Option<u16>,
    /// As given, each without its semicolon.
    parameters: Vec<String>,
    /// As given, with the question mark.
    headers: String,
}

/// The longest address in bytes: a person has to see all of it.
pub(super) const LONGEST: usize = 255;

impl Sip {
    /// Reads an address; `None` when the grammar refuses it, when it is longer than 255 bytes, and
    /// when an escape stands for a control character.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.len() > LONGEST || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return None;
        }
        let (secure, address) = scheme(text)?;
        // The grammar takes the slashes for a part of the user, many programs do not.
        if address.starts_with("//") {
            return None;
        }
        let (userinfo, behind) = match address.split_once('@') {
            Some((userinfo, behind)) => (Some(userinfo), behind),
            None => (None, address),
        };
        let (user, password) = match userinfo.map(|info| info.split_once(':').ok_or(info)) {
            None => (None, None),
            Some(Err(user)) => (Some(user), None),
            Some(Ok((user, password))) => (Some(user), Some(password)),
        };
        let (place, rest) = behind.split_at(behind.find([';', '?']).unwrap_or(behind.len()));
        let (parameters, headers) = rest.split_at(rest.find('?').unwrap_or(rest.len()));
        let (host, port) = host_and_port(place)?;
        let parameters: Vec<_> = parameters.split(';').skip(1).map(str::to_owned).collect();
        let right = user.is_none_or(|user| !user.is_empty() && consists_of(user, is_user))
            && password.is_none_or(|password| consists_of(password, is_password))
            && parameters.iter().all(|one| is_parameter(one))
            && all_differ(&parameters)
            && are_headers(headers);
        right.then(|| Self {
            secure,
            user: user.map(str::to_owned),
            password: password.is_some(),
            host,
            port,
            parameters,
            headers: headers.to_owned(),
        })
    }

    /// The same text for every spelling of one address: without password, parameters, headers and
    /// the usual ports, the user's escapes resolved, and only the digits of a telephone number.
    pub(super) fn text(&self) -> String {
        let user = match (self.phone(), self.user()) {
            (Some(phone), _) => format!("{}@", phone.key()),
            (None, Some(user)) => format!("{}@", encoded(&user)),
            (None, None) => String::new(),
        };
        match self.port {
            None | Some(5060 | 5061) => format!("sip:{user}{}", self.host),
            Some(port) => format!("sip:{user}{}:{port}", self.host),
        }
    }

    /// All of it but the password, as a person has to see it.
    pub(super) fn written(&self) -> String {
        let scheme = if self.secure { "sips" } else { "sip" };
        let mut text = format!("{scheme}:");
        // Writing to a string does not fail.
        if let Some(user) = &self.user {
            let password = if self.password { ":[redacted]" } else { "" };
            let _ = write!(text, "{user}{password}@");
        }
        text.push_str(&self.host);
        if let Some(port) = self.port {
            let _ = write!(text, ":{port}");
        }
        for parameter in &self.parameters {
            let _ = write!(text, ";{parameter}");
        }
        text.push_str(&self.headers);
        text
    }

    /// The telephone number that the user part is.
    pub(super) fn phone(&self) -> Option<Phone> {
        Phone::read(&self.telephone_user()?)
    }

    /// The user part, where it can be a telephone number: without parameters and letters.
    pub(super) fn telephone_user(&self) -> Option<String> {
        let user = String::from_utf8(self.user()?).ok()?;
        let number = user.split(';').next()?;
        let lettered = number.contains(|c: char| c.is_ascii_alphabetic() || !c.is_ascii());
        (!lettered).then(|| number.to_owned())
    }

    /// The user part with its escapes resolved.
    pub(super) fn user(&self) -> Option<Vec<u8>> {
        self.user.as_deref().map(decoded)
    }

    /// In lower case, without a trailing dot; an IPv6 address stands in brackets.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    pub(super) fn port(&self) -> Option<u16> {
        self.port
    }

    /// Whether it is a `sips:` address.
    pub(super) fn is_secure(&self) -> bool {
        self.secure
    }

    /// Whether the call goes to this user at this host and nowhere else: a parameter such as
    /// `maddr`, a header, a password or an unusual character in the user part can lead elsewhere.
    pub(super) fn is_plain(&self) -> bool {
        const HARMLESS: [&str; 7] = [
            "transport=udp",
            "transport=tcp",
            "transport=tls",
            "transport=ws",
            "transport=wss",
            "user=phone",
            "user=ip",
        ];
        let harmless = |parameter: &String| {
            let parameter = parameter.to_ascii_lowercase();
            HARMLESS.contains(&parameter.as_str())
        };
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b".+_~*#-!'()".contains(byte);
        !self.password
            && self.headers.is_empty()
            && self.parameters.iter().all(harmless)
            && self.user().iter().flatten().all(plain)
    }
}

/// Whether the scheme is `sips`, and what stands behind it.
pub(super) fn scheme(text: &str) -> Option<(bool, &str)> {
    let (scheme, address) = text.split_once(':')?;
    if scheme.eq_ignore_ascii_case("sip") {
        Some((false, address))
    } else if scheme.eq_ignore_ascii_case("sips") {
        Some((true, address))
    } else {
        None
    }
}

pub(super) fn host_and_port(place: &str) -> Option<(String, Option<u16>)> {
    let (host, port) = match place.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (place, None),
    };
    let port = match port {
        None => None,
        Some(port) => Some(parsed_port(port)?),
    };
    Some((parsed_host(host)?, port))
}

pub(super) fn parsed_port(port: &str) -> Option<u16> {
    let digits = port.bytes().all(|byte| byte.is_ascii_digit());
    let port = port.parse().ok().filter(|_| digits)?;
    (port != 0).then_some(port)
}

fn parsed_host(host: &str) -> Option<String> {
    if let Some(inner) = host.strip_prefix('[') {
        let address: Ipv6Addr = inner.strip_suffix(']')?.parse().ok()?;
        return Some(match address.to_ipv4_mapped() {
            Some(address) => address.to_string(),
            None => format!("[{address}]"),
        });
    }
    let name = host.strip_suffix('.').unwrap_or(host);
    let is_label = |label: &str| {
        let inside = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        (1..=63).contains(&label.len())
            && label.bytes().all(inside)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let named = name.split('.').all(is_label)
        && name
            .rsplit('.')
            .next()
            .is_some_and(|top| top.starts_with(|c: char| c.is_ascii_alphabetic()));
    let numbered = host.parse::<Ipv4Addr>().is_ok();
    (named || numbered).then(|| name.to_ascii_lowercase())
}

/// Whether a text consists of characters of a class and of escapes, none of which stands for a
/// control character.
fn consists_of(text: &str, class: fn(u8) -> bool) -> bool {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            match escape(bytes.next(), bytes.next()) {
                Some(byte) if !byte.is_ascii_control() => {}
                _ => return false,
            }
        } else if !class(byte) {
            return false;
        }
    }
    true
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte)
}

pub(super) fn is_user(byte: u8) -> bool {
    is_unreserved(byte) || b"&=+$,;?/".contains(&byte)
}

fn is_password(byte: u8) -> bool {
    is_unreserved(byte) || b"&=+$,".contains(&byte)
}

fn is_parameter(text: &str) -> bool {
    let class = |byte| is_unreserved(byte) || b"[]/:&+$".contains(&byte);
    let (name, value) = match text.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (text, None),
    };
    let right = |part: &str| !part.is_empty() && consists_of(part, class);
    right(name) && value.is_none_or(right)
}

/// No parameter may be given twice.
fn all_differ(parameters: &[String]) -> bool {
    let mut names = std::collections::HashSet::new();
    let name = |one: &String| {
        one.split('=')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase()
    };
    parameters.iter().all(|one| names.insert(name(one)))
}

fn are_headers(text: &str) -> bool {
    let class = |byte| is_unreserved(byte) || b"[]/?:+$".contains(&byte);
    let right = |header: &str| {
        header.split_once('=').is_some_and(|(name, value)| {
            !name.is_empty() && consists_of(name, class) && consists_of(value, class)
        })
    };
    text.strip_prefix('?')
        .is_none_or(|headers| headers.split('&').all(right))
}

/// The byte that two hexadecimal digits stand for.
fn escape(high: Option<u8>, low: Option<u8>) -> Option<u8> {
    let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

fn decoded(text: &str) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => escape(bytes.next(), bytes.next()).unwrap_or(b'%'),
            byte => byte,
        });
    }
    decoded
}

/// The bytes of a user part, with escapes where the grammar wants them.
fn encoded(user: &[u8]) -> String {
    let mut text = String::with_capacity(user.len());
    for &byte in user {
        if is_user(byte) {
            text.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

#[cfg(test)]
mod tests;
