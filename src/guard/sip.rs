//! Parses SIP addresses according to the grammar of RFC 3261, section 25.1.

use std::{
    fmt::Write,
    net::{Ipv4Addr, Ipv6Addr},
};

use super::phone::Phone;

/// A SIP address: `sip:user@host`, with or without a password, a port, parameters and headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sip {
    secure: bool,
    /// The user part as given.
    user: Option<String>,
    password: bool,
    /// The host in lower case, without a trailing dot.
    host: String,
    port: Option<u16>,
    /// The parameters as given, each without its semicolon.
    parameters: Vec<String>,
    /// The headers as given, including the question mark.
    headers: String,
}

/// The maximum length in bytes, so that the user can be shown the whole address.
pub(super) const LONGEST: usize = 255;

impl Sip {
    /// Parses an address; `None` if it violates the grammar, is longer than 255 bytes or contains
    /// an escaped control character.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.len() > LONGEST || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return None;
        }
        let (secure, address) = scheme(text)?;
        // In the grammar, the slashes belong to the user part; many programs ignore them.
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

    /// A canonical text, equal for every spelling of an address: without password, parameters,
    /// headers and default ports, with the escapes of the user resolved, and with only the digits
    /// of a phone number.
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

    /// The address without its password, as it is shown to the user.
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

    /// The phone number in the user part.
    pub(super) fn phone(&self) -> Option<Phone> {
        Phone::read(&self.telephone_user()?)
    }

    /// The user part without its parameters, if it can be a phone number, that is, has no letters.
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

    /// The host in lower case, without a trailing dot; an IPv6 address is in brackets.
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

/// Whether the scheme is `sips`, and the text after the scheme.
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

/// Whether a text consists only of characters of a class and of escapes other than control
/// characters.
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

/// Whether all parameter names are different.
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

/// The byte with these two hexadecimal digits.
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

/// The bytes of a user part, escaped as the grammar requires.
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
