//! A reader over JSON text that checks the grammar as it goes and copies nothing.
//!
//! Values come out as the bytes that came in: numbers keep their spelling, strings their escapes,
//! lone surrogates included, which a decoding parser would refuse or change.

use std::ops::Range;

/// Deeper nesting is refused, so that no answer can exhaust the stack.
const MAX_DEPTH: u32 = 256;

/// Why the text is not JSON that can be shown.
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
    /// The depth that is not exceeded.
    deepest: u32,
    /// Whether a container was entered and none of its members asked for yet.
    entered: bool,
}

impl<'a> Reader<'a> {
    /// A reader before the first value of the text.
    pub fn new(text: &'a [u8]) -> Self {
        Self::bounded(text, MAX_DEPTH)
    }

    /// The same for a text that may be nested less deeply.
    pub fn bounded(text: &'a [u8], deepest: u32) -> Self {
        Self {
            text,
            at: 0,
            depth: 0,
            deepest,
            entered: false,
        }
    }

    /// The first byte of what comes next, white space left out.
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
        if self.depth > self.deepest {
            return Err(self.error("the nesting is too deep"));
        }
        self.at += 1;
        self.entered = true;
        Ok(())
    }

    /// The next key of the object that was entered, with its quotes, the reader before its value;
    /// `None` once the object is left.
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

    /// Whether the array that was entered has another element, the reader before it; otherwise
    /// the array is left.
    pub fn next_element(&mut self) -> Result<bool, JsonError> {
        self.next_member(b']')
    }

    /// Skips a value of any depth by its brackets and quotes only: for text that is refused
    /// anyway, to find its end.
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

    /// The position, in bytes.
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

    /// How many bytes were read.
    pub fn position(&self) -> usize {
        self.at
    }

    /// Where bytes that were read stand.
    pub fn position_of(&self, part: &[u8]) -> usize {
        let start = part.as_ptr().addr();
        start.saturating_sub(self.text.as_ptr().addr())
    }

    /// The bytes that stand there.
    pub fn between(&self, range: Range<usize>) -> &'a [u8] {
        self.text.get(range).unwrap_or_default()
    }

    /// The bytes from `start` to here.
    pub fn since(&self, start: usize) -> &'a [u8] {
        self.text.get(start..self.at).unwrap_or_default()
    }

    fn next_member(&mut self, close: u8) -> Result<bool, JsonError> {
        let byte = self.peek()?;
        let first = std::mem::take(&mut self.entered);
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
/// a time, because most of an answer is the inside of strings.
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
            // The lowest mark is exact; a borrow can only make a false one above it.
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
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &[u8]) -> Result<&[u8], JsonError> {
        let mut reader = Reader::new(text);
        let value = reader.value()?;
        reader.end()?;
        Ok(value)
    }

    #[test]
    fn values_keep_their_bytes() {
        for text in [
            "{}",
            "[]",
            "null",
            "-0.0",
            "1e3",
            "123456789012345678901234567890",
            "\"\\ud83d\"",
            r#"{"b":1.0,"a":{"b":[true,false,null,""]},"b":2}"#,
        ] {
            assert_eq!(read(format!(" \n{text}\t").as_bytes()), Ok(text.as_bytes()));
        }
    }

    #[test]
    fn what_is_not_json_is_refused_with_the_place() {
        for (text, reason) in [
            ("", "unexpected end of the text at byte 0"),
            ("{", "unexpected end of the text at byte 1"),
            ("{,}", "a key is missing at byte 1"),
            ("{\"a\"}", "a colon is missing at byte 4"),
            ("{\"a\":1,}", "a key is missing at byte 7"),
            ("[1,]", "a value is missing at byte 3"),
            ("[1 2]", "a comma is missing at byte 3"),
            ("[[]1]", "a comma is missing at byte 3"),
            ("01", "a number starts with 0 at byte 2"),
            ("1.", "a value is missing at byte 2"),
            ("-", "a value is missing at byte 1"),
            ("tru", "a value is missing at byte 0"),
            ("\"\\x\"", "an escape sequence is invalid at byte 1"),
            ("\"\\u12g4\"", "an escape sequence is invalid at byte 1"),
            (
                "\"a\nb\"",
                "a string contains a control character at byte 2",
            ),
            ("\"a", "unexpected end of the text at byte 2"),
            ("1 1", "unexpected text after the value at byte 2"),
            ("<html>", "a value is missing at byte 0"),
        ] {
            assert_eq!(
                read(text.as_bytes()).unwrap_err().to_string(),
                reason,
                "{text}"
            );
        }
    }

    #[test]
    fn a_value_of_any_depth_is_passed_over() {
        let deep = format!("{}1,\"]\"{}", "[".repeat(100_000), "]".repeat(100_000));
        for value in [
            deep.as_str(),
            "{\"a\":[1e999,\"}\\\"\"]}",
            "null",
            "-1.5",
            "\"\"",
        ] {
            let text = format!(" {value} ,2");
            let mut reader = Reader::new(text.as_bytes());
            reader.skip().unwrap();
            assert_eq!(reader.at(), 1 + value.len());
        }
        for text in ["", ",", "]", "[1", "\"a", "[\"a"] {
            assert!(Reader::new(text.as_bytes()).skip().is_err(), "{text}");
        }
    }

    #[test]
    fn nesting_is_bounded() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(read(nested(256).as_bytes()).is_ok());
        let error = read(nested(257).as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), "the nesting is too deep at byte 256");
    }

    /// Texts made of the pieces that matter, most of them broken somewhere.
    fn nearly_json() -> impl Strategy<Value = String> {
        let piece = prop::sample::select(vec![
            "{", "}", "[", "]", ",", ":", "\"", "\"a\"", "\"a\":", "1", "-", "0", ".5", "e9",
            "true", "null", " ", "\\", "\\u00e9", "\n", "é", "12345678", "abcdefgh",
        ]);
        prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn a_text_is_json_exactly_when_serde_json_says_so(text in nearly_json()) {
            let theirs = serde_json::from_str::<serde::de::IgnoredAny>(&text);
            prop_assert_eq!(read(text.as_bytes()).is_ok(), theirs.is_ok(), "{:?}", text);
        }

        #[test]
        fn the_end_of_plain_text_is_found_at_any_distance(
            before in 0_usize..40, byte in 0_u8..=255, after in 0_usize..20,
        ) {
            let mut text = vec![b'x'; before];
            text.push(byte);
            text.extend(vec![0x80; after]);
            let stops = byte < 0x20 || byte == b'"' || byte == b'\\';
            prop_assert_eq!(plain_bytes(&text), if stops { before } else { text.len() });
        }
    }
}
