//! Secrets within texts: logins and parameters of addresses, values after the name of a secret,
//! keys of a known form, and JSON, whole or in pieces.
//!
//! A text is scanned once from left to right, word by word. JSON is parsed at every position
//! where it can start, but never before the position of the last failure; that keeps the scan linear.

use std::{borrow::Cow, cmp::Reverse, ops::Range};

use memchr::memmem;

use super::{
    caller_key::{CallerKey, percent_decoded},
    json_string::Edit,
    redact::HIDDEN,
    text_patterns::{
        is_auth_scheme, is_credential, is_end, is_known_key, is_probably_key, is_url_scheme,
        is_word,
    },
};
use crate::json::Reader;

/// Maximum depth at which nested texts are parsed as JSON; deeper ones are scanned as prose.
const MAX_DEPTH: u32 = 4;

/// Maximum depth of JSON within a text.
const MAX_JSON_DEPTH: u32 = 48;

/// The kind of a text, which determines how it is redacted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum TextKind {
    /// Free text.
    Prose,
    /// A URL whose parameters are hidden.
    Url,
    /// A URL that must stay usable: only its login is hidden.
    Address,
    /// A text in which only the caller's own key is hidden.
    Unredacted,
}

/// Returns the edits of JSON at the start of a text. The numbers are the maximum depth of the JSON
/// and the number of texts in which it is nested.
pub(super) type NestedEdits = fn(&[u8], u32, Option<CallerKey>, u32) -> Vec<Edit>;

/// The parts of a text to hide, in order and without overlaps. `depth` is the number of texts in
/// which it is nested.
pub(super) fn edits(
    text: &str,
    kind: TextKind,
    caller_key: Option<&CallerKey>,
    depth: u32,
    nested: NestedEdits,
) -> Vec<Edit> {
    let shown = match kind {
        TextKind::Url => text.find(['?', '#']).unwrap_or(text.len()),
        _ => text.len(),
    };
    let text_shown = text.get(..shown).unwrap_or(text);
    let mut scanner = Scanner::new(text_shown, caller_key, depth, nested);
    match kind {
        TextKind::Unredacted => {}
        TextKind::Address if is_address(text) => scanner.address(),
        TextKind::Prose | TextKind::Address => scanner.scan(),
        TextKind::Url => {
            scanner.address();
            scanner.scan();
        }
    }
    let mut edits = scanner.edits;
    if shown < text.len() {
        edits.push(Edit {
            range: shown..text.len(),
            by: Cow::Borrowed("?[redacted]"),
        });
    }
    if let Some(key) = caller_key {
        edits.extend(key.occurrences(text).into_iter().map(hidden));
    }
    without_overlaps(edits)
}

fn hidden(range: Range<usize>) -> Edit {
    Edit {
        range,
        by: Cow::Borrowed(HIDDEN),
    }
}

/// The edits in order. Edits within another one are dropped; overlapping ones are joined to one
/// that hides all.
fn without_overlaps(mut edits: Vec<Edit>) -> Vec<Edit> {
    edits.sort_by_key(|edit| (edit.range.start, Reverse(edit.range.end)));
    let mut separate: Vec<Edit> = Vec::with_capacity(edits.len());
    for edit in edits {
        match separate.last_mut() {
            Some(last) if edit.range.end <= last.range.end => {}
            Some(last) if edit.range.start < last.range.end => {
                *last = hidden(last.range.start..edit.range.end);
            }
            _ => separate.push(edit),
        }
    }
    separate
}

/// Whether the text is one address and nothing else.
fn is_address(text: &str) -> bool {
    text.contains(":/")
        && !text.contains(|c: char| c.is_whitespace() || matches!(c, '"' | '<' | '{'))
}

/// Scans a text from left to right.
pub(super) struct Scanner<'a> {
    text: &'a str,
    pub bytes: &'a [u8],
    nested: NestedEdits,
    caller_key: Option<&'a CallerKey>,
    depth: u32,
    edits: Vec<Edit>,
    /// Logins before this position were already found; this keeps the scan linear.
    login_from: usize,
}

impl<'a> Scanner<'a> {
    fn new(
        text: &'a str,
        caller_key: Option<&'a CallerKey>,
        depth: u32,
        nested: NestedEdits,
    ) -> Self {
        Self {
            text,
            bytes: text.as_bytes(),
            nested,
            caller_key,
            depth,
            edits: Vec::new(),
            login_from: 0,
        }
    }

    pub(super) fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    /// The byte before this position.
    pub(super) fn byte_before(&self, at: usize) -> u8 {
        at.checked_sub(1).map_or(0, |at| self.byte(at))
    }

    pub(super) fn part(&self, range: Range<usize>) -> &'a str {
        self.text.get(range).unwrap_or_default()
    }

    /// The end of the run of bytes from `at` that match.
    pub(super) fn while_in(&self, at: usize, is: impl Fn(u8) -> bool) -> usize {
        let rest = self.bytes.get(at..).unwrap_or_default();
        at + rest.iter().take_while(|byte| is(**byte)).count()
    }

    pub(super) fn hide(&mut self, range: Range<usize>) {
        let value = self.part(range.clone());
        if !matches!(value, "" | HIDDEN | "null" | "true" | "false") {
            self.edits.push(hidden(range));
        }
    }

    fn scan(&mut self) {
        let mut at = 0;
        let mut json_from = 0;
        while at < self.bytes.len() {
            let byte = self.byte(at);
            at = match byte {
                b'{' | b'[' if at >= json_from && self.depth < MAX_DEPTH => match self.json(at) {
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

    /// Whether the whole text is a JSON string.
    fn is_json_string(&self) -> bool {
        let mut reader = Reader::bounded(self.bytes, MAX_JSON_DEPTH);
        self.depth < MAX_DEPTH && reader.value().is_ok() && reader.end().is_ok()
    }

    /// Hides secrets in the JSON that starts here. Returns its end, or the position at which it is
    /// invalid.
    fn json(&mut self, at: usize) -> Result<usize, usize> {
        let rest = self.bytes.get(at..).unwrap_or_default();
        let mut reader = Reader::bounded(rest, MAX_JSON_DEPTH);
        if reader.value().is_err() {
            return Err(at + reader.at());
        }
        let end = at + reader.at();
        let key = self.caller_key.cloned();
        let found = (self.nested)(rest, MAX_JSON_DEPTH, key, self.depth + 1);
        self.edits.extend(found.into_iter().map(|edit| Edit {
            range: edit.range.start + at..edit.range.end + at,
            ..edit
        }));
        Ok(end)
    }

    /// Hides the login of an address whose authority starts here. Returns where to continue.
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
            // The host is scanned as a word: a port follows it like a value.
            None => at,
        }
    }

    /// Hides the login of a text that is a URL, with or without a scheme.
    fn address(&mut self) {
        let scheme = self.while_in(0, |byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')
        });
        let start = match self.byte(scheme) {
            b':' if is_url_scheme(self.part(0..scheme))
                || matches!(self.byte(scheme + 1), b'/' | b'\\') =>
            {
                scheme + 1
            }
            _ => 0,
        };
        self.login(self.while_in(start, |byte| matches!(byte, b'/' | b'\\')));
    }

    /// Scans a word and, if it is the name of a secret, the value after it. Returns where to
    /// continue.
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
        if is_known_key(word) || self.hides_when_decoded(word) {
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
            if from > end && to - from >= SHORTEST && is_probably_key(self.part(from..to)) {
                self.hide(from..to);
                return to;
            }
        }
        end
    }

    /// Where the authority of an address starts if this word ends in its scheme.
    fn authority(&self, word: &str, at: usize) -> Option<usize> {
        let slashes = self.while_in(at, |byte| matches!(byte, b'/' | b'\\'));
        let count = slashes - at;
        if is_url_scheme(word) {
            return Some(slashes);
        }
        let is_sip = word.eq_ignore_ascii_case("sip") || word.eq_ignore_ascii_case("sips");
        if is_sip && count == 0 {
            // The user is the destination of a call; only a password is hidden.
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

    /// Hides a private key in PEM format, after `-----BEGIN`. Returns where to continue.
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

    /// Whether a percent-encoded word contains secrets.
    fn hides_when_decoded(&self, word: &str) -> bool {
        if self.depth >= MAX_DEPTH || !word.contains('%') {
            return false;
        }
        let inner = percent_decoded(word);
        inner.contains([':', '=', ' ', '{'])
            && !edits(&inner, TextKind::Prose, None, self.depth + 1, self.nested).is_empty()
    }
}
