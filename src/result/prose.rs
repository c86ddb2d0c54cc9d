//! Secrets within texts: logins and parameters of addresses, what stands behind the name of a
//! secret, keys that are known by their form, and JSON, whole or in pieces.
//!
//! A text is read once from left to right, as words and what is between them; nothing is read again
//! but JSON, which is tried where it may begin and never before the place where it failed last.

use std::{borrow::Cow, cmp::Reverse, ops::Range, rc::Rc};

use memchr::memmem::{self, Finder};

use super::{
    json_string::Edit,
    redact::{HIDDEN, holds_secrets, is_secret, is_secret_in_query},
};
use crate::json::Reader;

/// Texts within texts are read as JSON up to this depth, and as prose below it.
const DEEPEST: u32 = 4;

/// JSON within a text may be nested this deep.
const NESTED: u32 = 48;

/// How secrets are searched for in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum How {
    /// As free text.
    Prose,
    /// As an address of which no parameter is shown.
    Url,
    /// As an address that is to be used: only its login is hidden.
    Address,
    /// Nothing is hidden in it but the caller's own key.
    Open,
}

/// The edits of JSON at the start of a text: maximum depth of the JSON, and the number of texts
/// that it is nested in.
pub(super) type Nested = fn(&[u8], u32, Option<Own>, u32) -> Vec<Edit>;

/// The parts of this text to hide, in order and without overlaps. `depth` counts the texts that it
/// stands in.
pub(super) fn edits(
    text: &str,
    how: How,
    own: Option<&Own>,
    depth: u32,
    nested: Nested,
) -> Vec<Edit> {
    let shown = match how {
        How::Url => text.find(['?', '#']).unwrap_or(text.len()),
        _ => text.len(),
    };
    let mut found = Scan::new(text.get(..shown).unwrap_or(text), own, depth, nested);
    match how {
        How::Open => {}
        How::Address if is_address(text) => found.address(),
        How::Prose | How::Address => found.read(),
        How::Url => {
            found.address();
            found.read();
        }
    }
    let mut edits = found.edits;
    if shown < text.len() {
        edits.push(Edit {
            range: shown..text.len(),
            by: Cow::Borrowed("?[redacted]"),
        });
    }
    if let Some(own) = own {
        edits.extend(own.echoes(text).into_iter().map(hidden));
    }
    apart(edits)
}

fn hidden(range: Range<usize>) -> Edit {
    Edit {
        range,
        by: Cow::Borrowed(HIDDEN),
    }
}

/// The edits in order. One within another is done with it; those that overlap become one that hides
/// all.
fn apart(mut edits: Vec<Edit>) -> Vec<Edit> {
    edits.sort_by_key(|edit| (edit.range.start, Reverse(edit.range.end)));
    let mut apart: Vec<Edit> = Vec::with_capacity(edits.len());
    for edit in edits {
        match apart.last_mut() {
            Some(last) if edit.range.end <= last.range.end => {}
            Some(last) if edit.range.start < last.range.end => {
                *last = hidden(last.range.start..edit.range.end);
            }
            _ => apart.push(edit),
        }
    }
    apart
}

/// Whether the text is one address and nothing else.
fn is_address(text: &str) -> bool {
    text.contains(":/")
        && !text.contains(|c: char| c.is_whitespace() || matches!(c, '"' | '<' | '{'))
}

struct Scan<'a> {
    text: &'a str,
    bytes: &'a [u8],
    nested: Nested,
    own: Option<&'a Own>,
    depth: u32,
    edits: Vec<Edit>,
    /// The search for logins has covered everything before this position; it keeps the search
    /// linear.
    login_from: usize,
}

impl<'a> Scan<'a> {
    fn new(text: &'a str, own: Option<&'a Own>, depth: u32, nested: Nested) -> Self {
        Self {
            text,
            bytes: text.as_bytes(),
            nested,
            own,
            depth,
            edits: Vec::new(),
            login_from: 0,
        }
    }

    fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    /// The byte before this place.
    fn byte_before(&self, at: usize) -> u8 {
        at.checked_sub(1).map_or(0, |at| self.byte(at))
    }

    fn part(&self, range: Range<usize>) -> &'a str {
        self.text.get(range).unwrap_or_default()
    }

    /// The end of the run of bytes from `at` that match.
    fn while_in(&self, at: usize, is: impl Fn(u8) -> bool) -> usize {
        let rest = self.bytes.get(at..).unwrap_or_default();
        at + rest.iter().take_while(|byte| is(**byte)).count()
    }

    fn hide(&mut self, range: Range<usize>) {
        let value = self.part(range.clone());
        if !matches!(value, "" | HIDDEN | "null" | "true" | "false") {
            self.edits.push(hidden(range));
        }
    }

    fn read(&mut self) {
        let mut at = 0;
        let mut json_from = 0;
        while at < self.bytes.len() {
            let byte = self.byte(at);
            at = match byte {
                b'{' | b'[' if at >= json_from && self.depth < DEEPEST => match self.json(at) {
                    Ok(end) => end,
                    Err(failed) => {
                        json_from = failed.max(at + 1);
                        at + 1
                    }
                },
                b'"' if at == 0 && self.is_json_string() => self.json(at).unwrap_or(1),
                b'/' if self.byte(at + 1) == b'/' => self.login(at + 2),
                _ if is_word(byte) => self.word(at),
                _ => at + 1,
            };
        }
    }

    /// Whether the whole text is a text in JSON.
    fn is_json_string(&self) -> bool {
        let mut reader = Reader::bounded(self.bytes, NESTED);
        self.depth < DEEPEST && reader.value().is_ok() && reader.end().is_ok()
    }

    /// JSON from here: its end, or where it turns out to be invalid.
    fn json(&mut self, at: usize) -> Result<usize, usize> {
        let rest = self.bytes.get(at..).unwrap_or_default();
        let mut reader = Reader::bounded(rest, NESTED);
        if reader.value().is_err() {
            return Err(at + reader.position());
        }
        let end = at + reader.position();
        let own = self.own.cloned();
        let found = (self.nested)(rest, NESTED, own, self.depth + 1);
        self.edits.extend(found.into_iter().map(|edit| Edit {
            range: edit.range.start + at..edit.range.end + at,
            ..edit
        }));
        Ok(end)
    }

    /// Hides the login of an address whose authority starts here, and returns the authority's end.
    fn login(&mut self, at: usize) -> usize {
        if at < self.login_from {
            return at;
        }
        let end = self.while_in(at, |byte| {
            !is_end(byte) && !matches!(byte, b'/' | b'?' | b'#')
        });
        self.login_from = end;
        match self.part(at..end).rfind('@') {
            Some(login) => {
                self.hide(at..at + login);
                at + login
            }
            // The host may be followed by a port, as a name by a value.
            None => at,
        }
    }

    /// The login of a text that is an address, with or without a scheme.
    fn address(&mut self) {
        let scheme = self.while_in(0, |byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')
        });
        let start = match self.byte(scheme) {
            b':' if is_scheme(self.part(0..scheme))
                || matches!(self.byte(scheme + 1), b'/' | b'\\') =>
            {
                scheme + 1
            }
            _ => 0,
        };
        self.login(self.while_in(start, |byte| matches!(byte, b'/' | b'\\')));
    }

    /// Reads a word, and the value behind it if it names one. Returns where to go on.
    fn word(&mut self, at: usize) -> usize {
        let end = self.while_in(at, is_word);
        let word = self.part(at..end);
        if self.byte(end) == b':'
            && let Some(authority) = self.authority(word, end + 1)
        {
            return self.login(authority);
        }
        if let Some(from) = self.value_of(at, word, end) {
            return from;
        }
        if is_key_by_form(word) || self.hides_when_decoded(word) {
            self.hide(at..end);
            return end;
        }
        if word == "-----BEGIN" {
            return self.private_key(end);
        }
        if is_auth_scheme(word) {
            const SHORTEST: usize = 6;
            let from = self.while_in(end, |byte| byte == b' ');
            let to = self.while_in(from, is_credential);
            if from > end && to - from >= SHORTEST && is_unlike_a_word(self.part(from..to)) {
                self.hide(from..to);
                return to;
            }
        }
        end
    }

    /// Where the authority of an address starts whose scheme is the end of this word.
    fn authority(&self, word: &str, at: usize) -> Option<usize> {
        let slashes = self.while_in(at, |byte| matches!(byte, b'/' | b'\\'));
        let count = slashes - at;
        if is_scheme(word) {
            return Some(slashes);
        }
        let is_sip = word.eq_ignore_ascii_case("sip") || word.eq_ignore_ascii_case("sips");
        if is_sip && count == 0 {
            // The user is whom it rings; only a password is hidden.
            const LONGEST: usize = 200;
            let within = self
                .bytes
                .get(at..)
                .unwrap_or_default()
                .iter()
                .take(LONGEST);
            let end = at
                + within
                    .take_while(|byte| !is_end(**byte) && !matches!(byte, b'@' | b';' | b'?'))
                    .count();
            let colon = self.part(at..end).find(':')?;
            return (self.byte(end) == b'@').then_some(at + colon + 1);
        }
        (count >= 2).then_some(slashes)
    }

    /// Hides the value of a name, if this word is one of a secret, and returns where to go on.
    fn value_of(&mut self, at: usize, word: &str, end: usize) -> Option<usize> {
        let slashes = self.while_in(end, |byte| byte == b'\\');
        let quote = self.byte(slashes);
        let is_quoted = matches!(quote, b'"' | b'\'' | b'`') && self.byte_before(at) == quote;
        let after = if is_quoted { slashes + 1 } else { end };
        let sign = self.while_in(after, |byte| byte == b' ');
        let separator = self.byte(sign);
        if !matches!(separator, b':' | b'=') || separator == b':' && sign > after + 1 {
            return None;
        }
        let in_query =
            separator == b'=' && matches!(self.byte_before(at), b'?' | b'&' | b'#' | b';');
        let name = decoded(word);
        let is_secret = match in_query {
            true => is_secret_in_query(&name),
            // Two words make a name too: `API key: …`
            false => is_secret(&name) || is_secret(&self.with_word_before(at, &name)),
        };
        let holds_secrets = !is_secret && !in_query && holds_secrets(&name);
        if !is_secret && !holds_secrets {
            return None;
        }
        // `==` compares, and `=>` maps.
        let from = self.while_in(sign + 1, |byte| matches!(byte, b'=' | b'>'));
        let from = match in_query {
            true => from,
            false => self.while_in(from, |byte| byte == b' '),
        };
        if holds_secrets {
            // What is no container is a word of a sentence.
            let bracket = self.while_in(from, |byte| matches!(byte, b'\\' | b'"' | b'\''));
            return matches!(self.byte(bracket), b'{' | b'[').then(|| self.container(bracket));
        }
        Some(self.value(from, separator == b'=', in_query, &name))
    }

    /// The name together with the previous word, separated by one space.
    fn with_word_before(&self, at: usize, name: &str) -> String {
        let Some(space) = at.checked_sub(1).filter(|at| self.byte(*at) == b' ') else {
            return String::new();
        };
        const LONGEST: usize = 16;
        let before = self.bytes.get(..space).unwrap_or_default();
        let length = before
            .iter()
            .rev()
            .take(LONGEST)
            .take_while(|byte| is_word(**byte))
            .count();
        format!("{}{name}", self.part(space - length..space))
    }

    /// Hides the value that starts here, and returns its end.
    fn value(&mut self, at: usize, assigned: bool, in_query: bool, name: &str) -> usize {
        let slashes = self.while_in(at, |byte| byte == b'\\');
        let first = self.byte(slashes);
        if matches!(first, b'"' | b'\'' | b'`') {
            let end = self.closing(slashes + 1, first, slashes - at);
            self.hide(slashes + 1..end);
            return end;
        }
        let rest = self.bytes.get(at..).unwrap_or_default();
        // What stands for a value that is put in later.
        if rest.starts_with(b"{{") || rest.starts_with(b"${") {
            return at;
        }
        if matches!(first, b'{' | b'[') && !in_query {
            return self.container(slashes);
        }
        let is_part = |byte: u8| {
            !is_end(byte)
                && byte != b'&'
                && !(in_query && byte == b'#')
                && (in_query || byte != b';')
        };
        let is_line = !assigned && is_header(name);
        let end = match is_line {
            true => self.while_in(at, |byte| {
                !matches!(byte, b'\n' | b'\r' | b'"' | b'\'' | b'\\' | b'}')
            }),
            false => self.while_in(at, is_part),
        };
        let value = self.part(at..end);
        let value = match in_query {
            true => value,
            false => value.trim_end_matches([')', ']', '}', ',', '.', ' ']),
        };
        let end = at + value.len();
        if !is_line && is_auth_scheme(value) {
            // What the scheme announces is the value.
            let (mut from, mut to) = (at, end);
            while is_auth_scheme(self.part(from..to)) {
                from = self.while_in(to, |byte| byte == b' ');
                to = self.while_in(from, is_part);
            }
            self.hide(from..to);
            return to;
        }
        if assigned || is_line || is_unlike_a_word(value) {
            self.hide(at..end);
            return end;
        }
        // A word, as `Bearer`, which may name something itself.
        at
    }

    /// Hides all that these brackets hold, and returns its end.
    fn container(&mut self, at: usize) -> usize {
        let end = self.bracketed(at);
        self.hide(at..end);
        end
    }

    /// The end of the quoted text from here; its quotation mark follows this many backslashes.
    fn closing(&self, at: usize, quote: u8, slashes: usize) -> usize {
        let mut count = 0;
        let rest = self.bytes.get(at..).unwrap_or_default();
        for (index, byte) in rest.iter().enumerate() {
            match *byte {
                b'\\' => count += 1,
                byte if byte == quote && count <= slashes => return at + index - count,
                _ => count = 0,
            }
        }
        self.bytes.len()
    }

    /// The end of what these brackets hold, or that of the text.
    fn bracketed(&self, at: usize) -> usize {
        let mut open = 0_usize;
        for (index, byte) in self.bytes.iter().enumerate().skip(at) {
            match byte {
                b'{' | b'[' => open += 1,
                b'}' | b']' => open = open.saturating_sub(1),
                _ => {}
            }
            if open == 0 {
                return index + 1;
            }
        }
        self.bytes.len()
    }

    /// A private key in PEM, from behind `-----BEGIN`.
    fn private_key(&mut self, at: usize) -> usize {
        const MARK: &[u8] = b"PRIVATE KEY-----";
        const LONGEST: usize = 60;
        let rest = self.bytes.get(at..).unwrap_or_default();
        let kind = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b' ';
        let mark = memmem::find(rest.get(..LONGEST).unwrap_or(rest), MARK);
        let is_kind = |mark: &usize| rest.iter().take(*mark).all(kind);
        let Some(mark) = mark.filter(is_kind) else {
            return at;
        };
        let from = at + mark + MARK.len();
        let body = self.text.get(from..).unwrap_or_default();
        let end = body
            .find("-----END")
            .map_or(self.text.len(), |end| from + end);
        self.hide(from..end);
        end
    }

    /// Whether a word with percent signs hides something once they are decoded.
    fn hides_when_decoded(&self, word: &str) -> bool {
        if self.depth >= DEEPEST || !word.contains('%') {
            return false;
        }
        let inner = decoded(word);
        inner.contains([':', '=', ' ', '{'])
            && !edits(&inner, How::Prose, None, self.depth + 1, self.nested).is_empty()
    }
}

/// Whether a byte may be part of a name.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || byte >= 0x80
        || matches!(byte, b'_' | b'-' | b'.' | b'%' | b'$' | b'+' | b'~')
}

/// Whether a value or an address ends before this byte.
fn is_end(byte: u8) -> bool {
    byte <= b' ' || matches!(byte, b'"' | b'\'' | b'`' | b'<' | b'>' | b'\\')
}

fn is_credential(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/' | b'=' | b':')
}

/// Whether the word ends in a scheme whose addresses are known with any number of slashes.
fn is_scheme(word: &str) -> bool {
    const SCHEMES: [&str; 18] = [
        "amqp",
        "amqps",
        "ftp",
        "ftps",
        "git",
        "http",
        "https",
        "mongodb",
        "mysql",
        "postgres",
        "postgresql",
        "redis",
        "rediss",
        "rtmp",
        "sftp",
        "ssh",
        "ws",
        "wss",
    ];
    let start = word
        .rfind(|c: char| !c.is_ascii_alphanumeric())
        .map_or(0, |at| at + 1);
    let word = word.get(start..).unwrap_or(word);
    SCHEMES
        .iter()
        .any(|scheme| word.eq_ignore_ascii_case(scheme))
}

fn is_auth_scheme(word: &str) -> bool {
    ["basic", "bearer"]
        .iter()
        .any(|scheme| word.eq_ignore_ascii_case(scheme))
}

/// Whether the value of a header of this name goes to the end of its line.
fn is_header(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with("authorization") || name.ends_with("cookie")
}

/// Whether this is a key by its form, whatever stands around it.
fn is_key_by_form(word: &str) -> bool {
    const STARTS: [&str; 20] = [
        "sk-",
        "sk_live_",
        "sk_test_",
        "rk_live_",
        "rk_test_",
        "whsec_",
        "ghp_",
        "gho_",
        "ghu_",
        "ghs_",
        "github_pat_",
        "glpat-",
        "xoxb-",
        "xoxp-",
        "xoxa-",
        "xapp-",
        "hf_",
        "gsk_",
        "xai-",
        "AIza",
    ];
    const LEAST: usize = 8;
    if word.len() < LEAST {
        return false;
    }
    let rest = STARTS.iter().find_map(|start| word.strip_prefix(start));
    let is_key = rest
        .is_some_and(|rest| rest.len() >= LEAST && rest.bytes().any(|byte| byte.is_ascii_digit()));
    // The start of every JSON web token is that of `{"`.
    let is_token = word.starts_with("eyJ") && word.len() >= 20 && word.matches('.').count() >= 2;
    is_key || is_token
}

/// Whether a value behind a colon is more likely to be a key than a word of a sentence.
fn is_unlike_a_word(value: &str) -> bool {
    const LEAST: usize = 4;
    let value = value.trim_end_matches(['.', ',', '!', '?', ':']);
    let is_mixed = value.bytes().skip(1).any(|byte| byte.is_ascii_uppercase())
        && value.bytes().any(|byte| byte.is_ascii_lowercase());
    value.len() >= LEAST
        && (is_mixed
            || value.len() >= 24
            || value
                .bytes()
                .any(|byte| !byte.is_ascii_alphabetic() && byte < 0x80))
}

/// A name without percent-encoding.
fn decoded(word: &str) -> Cow<'_, str> {
    if !word.contains('%') {
        return Cow::Borrowed(word);
    }
    let bytes: Vec<u8> = units(word.as_bytes()).map(|(byte, _)| byte).collect();
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

/// The bytes that a text spells, percent-encoding and JSON's escapes of ASCII decoded at any depth
/// of nesting, each with where it stands.
fn units(bytes: &[u8]) -> impl Iterator<Item = (u8, Range<usize>)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at;
        let first = *bytes.get(at)?;
        let hex = |range: Range<usize>| {
            let digits = bytes
                .get(range)
                .filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))?;
            u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
        };
        let (byte, length) = match first {
            // The sign itself may be encoded, any number of times.
            b'%' => {
                let more = bytes
                    .get(at + 1..)
                    .unwrap_or_default()
                    .chunks(2)
                    .take_while(|two| two == b"25")
                    .count();
                let digits = at + 1 + 2 * more;
                match hex(digits..digits + 2) {
                    Some(byte) => (byte, digits + 2 - at),
                    None => (b'%', 1 + 2 * more),
                }
            }
            b'\\' => {
                let rest = bytes.get(at..).unwrap_or_default();
                let slashes = rest.iter().take_while(|byte| **byte == b'\\').count();
                let digits = at + slashes + 3;
                let is_ascii = rest.get(slashes..slashes + 3) == Some(b"u00");
                match hex(digits..digits + 2).filter(|byte| is_ascii && byte.is_ascii()) {
                    Some(byte) => (byte, digits + 2 - at),
                    None => (b'\\', slashes),
                }
            }
            byte => (byte, 1),
        };
        at += length;
        Some((byte, start..at))
    })
}

/// The key that a call was made with, which no answer to it repeats.
#[derive(Clone, Debug)]
pub(super) struct Own {
    finder: Rc<Finder<'static>>,
}

impl Own {
    pub(super) fn new(key: &str) -> Self {
        let key = key.to_ascii_lowercase();
        Self {
            finder: Rc::new(Finder::new(key.as_bytes()).into_owned()),
        }
    }

    /// The length of the key in bytes.
    pub(super) fn length(&self) -> usize {
        self.finder.needle().len()
    }

    /// Where the text repeats the key, in whatever case and however encoded.
    pub(super) fn echoes(&self, text: &str) -> Vec<Range<usize>> {
        if text.len() < self.length() {
            return Vec::new();
        }
        let lower = text.to_ascii_lowercase();
        let found = self.finder.find_iter(lower.as_bytes());
        let mut echoes: Vec<_> = found.map(|at| at..at + self.length()).collect();
        if text.contains(['%', '\\']) {
            echoes.extend(self.encoded(text));
        }
        echoes
    }

    fn encoded(&self, text: &str) -> Vec<Range<usize>> {
        let decoded: Vec<u8> = units(text.as_bytes())
            .map(|(byte, _)| byte.to_ascii_lowercase())
            .collect();
        let mut found = self.finder.find_iter(&decoded).peekable();
        let mut echoes = Vec::new();
        let mut start = 0;
        for (index, (_, place)) in units(text.as_bytes()).enumerate() {
            let Some(at) = found.peek() else { break };
            if index == *at {
                start = place.start;
            }
            if index + 1 == at + self.length() {
                echoes.push(start..place.end);
                found.next();
            }
        }
        echoes
    }
}
