//! Texts that others wrote, for a terminal.

use crate::invisible::is_deceptive;

/// The text on one line, with every character that a terminal would obey or not show in escaped
/// form (`\u{1b}`). Tabs stay.
pub(super) fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' => out.push(c),
            '\n' | '\r' => out.push(' '),
            c if c.is_control() || is_deceptive(c) || is_line_end(c) => {
                out.extend(c.escape_unicode());
            }
            c => out.push(c),
        }
    }
    out
}

/// LINE SEPARATOR and PARAGRAPH SEPARATOR.
fn is_line_end(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_escaped_and_the_rest_stays() {
        for (text, shown) in [
            (
                "/opt/vapi-mcp \u{fc} \u{1f600}",
                "/opt/vapi-mcp \u{fc} \u{1f600}",
            ),
            ("a\tb", "a\tb"),
            ("a\r\nb", "a  b"),
            ("\u{1b}[2Ja", "\\u{1b}[2Ja"),
            ("\u{9b}31m\u{7f}\u{8}\u{0}", "\\u{9b}31m\\u{7f}\\u{8}\\u{0}"),
            ("a\u{202e}b\u{2028}c", "a\\u{202e}b\\u{2028}c"),
        ] {
            assert_eq!(visible(text), shown);
        }
    }
}
