//! Escapes control and bidirectional characters in untrusted text for terminals, as JSON does.

use std::{
    borrow::Cow,
    fmt::Write as _,
    io::{self, Write},
};

use crate::invisible::is_deceptive;

/// Escapes a text of several lines. JSON keeps its meaning.
pub(crate) fn escape_text(text: &str) -> Cow<'_, str> {
    escape(text, |c| needs_escape(c) && !matches!(c, '\n' | '\t'))
}

/// Escapes a text within a line, including line breaks.
pub(crate) fn escape_line(text: &str) -> Cow<'_, str> {
    escape(text, needs_escape)
}

fn needs_escape(c: char) -> bool {
    c.is_control() || is_deceptive(c) || matches!(c, '\u{2028}' | '\u{2029}')
}

fn escape(text: &str, needs_escape_here: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&needs_escape_here) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            c if !needs_escape_here(c) => out.push(c),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    Cow::Owned(out)
}

/// Standard error for the log, whose events may contain untrusted text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EscapedStderr;

impl Write for EscapedStderr {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        io::stderr().write_all(escape_text(&text).as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_obeys_is_spelled_out() {
        let text = "a\u{1b}[31mb\u{7}\r\n\tc\u{9b}2J\u{7f}\u{202e}\u{e0041}\u{2028}\u{e9}\u{1f468}\u{200d}\u{1f469}";
        let escape = "a\\u001b[31mb\\u0007\\r\n\tc\\u009b2J\\u007f\\u202e\\udb40\\udc41\\u2028\u{e9}\u{1f468}\u{200d}\u{1f469}";
        assert_eq!(escape_text(text), escape);
        assert_eq!(escape_line("a\nb\tc"), "a\\nb\\tc");
        assert!(matches!(escape_text("a\nb"), Cow::Borrowed("a\nb")));
    }

    #[test]
    fn json_stays_the_same_json() {
        let json = "{\"a\u{9b}\": \"\u{7f}\u{202e}\u{e0041}\"}";
        let same: serde_json::Value = serde_json::from_str(&escape_text(json)).unwrap();
        assert_eq!(
            same,
            serde_json::from_str::<serde_json::Value>(json).unwrap()
        );
    }
}
