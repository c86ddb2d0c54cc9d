//! Finds the caller's own key in texts.

use std::{borrow::Cow, ops::Range, rc::Rc};

use memchr::memmem::Finder;

/// The key with which a request was made. It is hidden in every result.
#[derive(Clone, Debug)]
pub(super) struct CallerKey {
    finder: Rc<Finder<'static>>,
}

impl CallerKey {
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

    /// The ranges of the text that repeat the key, in any case and encoding.
    pub(super) fn occurrences(&self, text: &str) -> Vec<Range<usize>> {
        if text.len() < self.length() {
            return Vec::new();
        }
        let lower = text.to_ascii_lowercase();
        let found = self.finder.find_iter(lower.as_bytes());
        let mut occurrences: Vec<_> = found.map(|at| at..at + self.length()).collect();
        if text.contains(['%', '\\']) {
            occurrences.extend(self.encoded(text));
        }
        occurrences
    }

    fn encoded(&self, text: &str) -> Vec<Range<usize>> {
        let decoded: Vec<u8> = decoded_bytes(text.as_bytes())
            .map(|(byte, _)| byte.to_ascii_lowercase())
            .collect();
        let mut found = self.finder.find_iter(&decoded).peekable();
        let mut occurrences = Vec::new();
        let mut start = 0;
        for (index, (_, place)) in decoded_bytes(text.as_bytes()).enumerate() {
            let Some(at) = found.peek() else { break };
            if index == *at {
                start = place.start;
            }
            if index + 1 == at + self.length() {
                occurrences.push(start..place.end);
                found.next();
            }
        }
        occurrences
    }
}

/// A name without percent-encoding.
pub(super) fn percent_decoded(word: &str) -> Cow<'_, str> {
    if !word.contains('%') {
        return Cow::Borrowed(word);
    }
    let bytes: Vec<u8> = decoded_bytes(word.as_bytes())
        .map(|(byte, _)| byte)
        .collect();
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

/// The bytes of a text with percent-encoding and JSON escapes of ASCII decoded at any depth of
/// nesting, each with its range in the text.
fn decoded_bytes(bytes: &[u8]) -> impl Iterator<Item = (u8, Range<usize>)> {
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
            // The percent sign itself may be encoded any number of times.
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
