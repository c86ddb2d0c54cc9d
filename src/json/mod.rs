//! A JSON reader that checks the grammar and does not copy its input.
//!
//! Values are returned as the bytes of the input: numbers keep their spelling and strings their
//! escapes, including lone surrogates, which a decoding parser would refuse or change.

mod tree;

use std::ops::Range;

pub use tree::{Member, Tree};

/// Maximum nesting depth, because `value` is recursive and no input may exhaust the stack.
const MAX_DEPTH: u32 = 256;

/// A key as a segment of a JSON pointer.
pub fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// The key that a segment of a JSON pointer denotes.
pub fn unescaped(segment: &str) -> String {
    segment.replace("~1", "/").replace("~0", "~")
}

/// A syntax error, or nesting that is too deep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason} at byte {at}")]
pub struct JsonError {
    reason: &'static str,
    at: usize,
}

/// A position in JSON text.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    depth: u32,
    max_depth: u32,
    /// Whether a container was opened and none of its members was requested yet.
    opened: bool,
}

impl<'a> Reader<'a> {
    /// A reader before the first value of the text.
    pub fn new(text: &'a [u8]) -> Self {
        Self::bounded(text, MAX_DEPTH)
    }

    /// A reader with another maximum of nesting.
    pub fn bounded(text: &'a [u8], max_depth: u32) -> Self {
        Self {
            text,
            at: 0,
            depth: 0,
            max_depth,
            opened: false,
        }
    }

    /// Skips white space and returns the next byte.
    pub fn peek(&mut self) -> Result<u8, JsonError> {
        while let Some(&byte) = self.text.get(self.at) {
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Ok(byte);
            }
            self.at += 1;
        }
        Err(self.error("unexpected end of the text"))
    }

    /// Reads a whole value and returns its bytes.
    pub fn value(&mut self) -> Result<&'a [u8], JsonError> {
        let first = self.peek()?;
        let start = self.at;
        match first {
            b'{' => {
                self.open(b'{')?;
                while self.next_key()?.is_some() {
                    self.value()?;
                }
            }
            b'[' => {
                self.open(b'[')?;
                while self.next_element()? {
                    self.value()?;
                }
            }
            b'"' => return self.string(),
            b't' => self.literal(b"true")?,
            b'f' => self.literal(b"false")?,
            b'n' => self.literal(b"null")?,
            _ => self.number()?,
        }
        Ok(self.since(start))
    }

    /// Enters an object (`{`) or array (`[`).
    pub fn open(&mut self, bracket: u8) -> Result<(), JsonError> {
        if self.peek()? != bracket {
            return Err(self.error("a bracket is missing"));
        }
        self.depth += 1;
        if self.depth > self.max_depth {
            return Err(self.error("the nesting is too deep"));
        }
        self.at += 1;
        self.opened = true;
        Ok(())
    }

    /// The next key of an opened object, with its quotes; the value follows. `None` at the end of
    /// the object.
    pub fn next_key(&mut self) -> Result<Option<&'a [u8]>, JsonError> {
        if !self.next_member(b'}')? {
            return Ok(None);
        }
        if self.peek()? != b'"' {
            return Err(self.error("a key is missing"));
        }
        let key = self.string()?;
        if self.peek()? != b':' {
            return Err(self.error("a colon is missing"));
        }
        self.at += 1;
        Ok(Some(key))
    }

    /// Whether an opened array has another element, which follows.
    pub fn next_element(&mut self) -> Result<bool, JsonError> {
        self.next_member(b']')
    }

    /// Skips a value of any depth. Only brackets and quotes are checked: this finds the end of a
    /// value that is refused anyway.
    pub fn skip(&mut self) -> Result<(), JsonError> {
        const ENDS: &[u8] = b"{}[]:,\" \n\r\t";
        let mut depth = 0_usize;
        loop {
            match self.peek()? {
                b'"' => {
                    self.string()?;
                }
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' if depth > 0 => {
                    depth -= 1;
                    self.at += 1;
                }
                b',' | b':' if depth > 0 => self.at += 1,
                byte if ENDS.contains(&byte) => return Err(self.error("a value is missing")),
                _ => {
                    let rest = self.text.get(self.at..).unwrap_or_default();
                    let word = rest.iter().position(|byte| ENDS.contains(byte));
                    self.at += word.unwrap_or(rest.len());
                }
            }
            if depth == 0 {
                return Ok(());
            }
        }
    }

    /// The position, as the number of bytes read.
    pub fn at(&self) -> usize {
        self.at
    }

    /// Whether nothing but white space is left.
    pub fn end(&mut self) -> Result<(), JsonError> {
        match self.peek() {
            Err(_) => Ok(()),
            Ok(_) => Err(self.error("unexpected text after the value")),
        }
    }

    /// The position of bytes that were read.
    pub fn position_of(&self, part: &[u8]) -> usize {
        let start = part.as_ptr().addr();
        start.saturating_sub(self.text.as_ptr().addr())
    }

    /// The bytes in a range.
    pub fn between(&self, range: Range<usize>) -> &'a [u8] {
        self.text.get(range).unwrap_or_default()
    }

    /// The bytes from `start` to the current position.
    pub fn since(&self, start: usize) -> &'a [u8] {
        self.text.get(start..self.at).unwrap_or_default()
    }

    fn next_member(&mut self, close: u8) -> Result<bool, JsonError> {
        let byte = self.peek()?;
        let first = std::mem::take(&mut self.opened);
        if byte == close {
            self.at += 1;
            self.depth = self.depth.saturating_sub(1);
            return Ok(false);
        }
        if first {
            return Ok(true);
        }
        if byte != b',' {
            return Err(self.error("a comma is missing"));
        }
        self.at += 1;
        Ok(true)
    }

    fn string(&mut self) -> Result<&'a [u8], JsonError> {
        let start = self.at;
        self.at += 1;
        loop {
            self.at += plain_bytes(self.text.get(self.at..).unwrap_or_default());
            match self.text.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(self.since(start));
                }
                Some(b'\\') => self.escape()?,
                Some(_) => return Err(self.error("a string contains a control character")),
                None => return Err(self.error("unexpected end of the text")),
            }
        }
    }

    fn escape(&mut self) -> Result<(), JsonError> {
        match self.text.get(self.at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 2,
            Some(b'u') => {
                let digits = self.text.get(self.at + 2..self.at + 6);
                if !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) {
                    return Err(self.error("an escape sequence is invalid"));
                }
                self.at += 6;
            }
            _ => return Err(self.error("an escape sequence is invalid")),
        }
        Ok(())
    }

    fn literal(&mut self, literal: &[u8]) -> Result<(), JsonError> {
        let end = self.at + literal.len();
        if self.text.get(self.at..end) != Some(literal) {
            return Err(self.error("a value is missing"));
        }
        self.at = end;
        Ok(())
    }

    fn number(&mut self) -> Result<(), JsonError> {
        if self.next_is(b"-") {
            self.at += 1;
        }
        let zero = self.next_is(b"0");
        let digits = self.digits()?;
        if zero && digits > 1 {
            return Err(self.error("a number starts with 0"));
        }
        if self.next_is(b".") {
            self.at += 1;
            self.digits()?;
        }
        if self.next_is(b"eE") {
            self.at += 1;
            if self.next_is(b"+-") {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<usize, JsonError> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if count == 0 {
            return Err(self.error("a value is missing"));
        }
        self.at += count;
        Ok(count)
    }

    fn next_is(&self, any: &[u8]) -> bool {
        self.text
            .get(self.at)
            .is_some_and(|byte| any.contains(byte))
    }

    fn error(&self, reason: &'static str) -> JsonError {
        JsonError {
            reason,
            at: self.at,
        }
    }
}

/// The number of leading bytes that are neither quote, backslash nor control character: eight at
/// a time, because responses consist mostly of string contents.
fn plain_bytes(text: &[u8]) -> usize {
    const LOW: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let zero = |word: u64| word.wrapping_sub(LOW) & !word & HIGH;
    let mut count = 0;
    let (words, rest) = text.as_chunks::<8>();
    for word in words {
        let word = u64::from_le_bytes(*word);
        let control = word.wrapping_sub(LOW * 0x20) & !word & HIGH;
        let special =
            control | zero(word ^ (LOW * u64::from(b'"'))) | zero(word ^ (LOW * u64::from(b'\\')));
        if special != 0 {
            // The lowest mark is exact, because a borrow can only create false marks above it.
            return count + (special.trailing_zeros() / 8) as usize;
        }
        count += 8;
    }
    count
        + rest
            .iter()
            .take_while(|&&byte| byte >= 0x20 && byte != b'"' && byte != b'\\')
            .count()
}

#[cfg(test)]
mod tests;
