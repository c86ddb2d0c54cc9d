//! Telephone numbers as people and models write them.

use crate::invisible::is_invisible;

/// No longer text is read as a number, in bytes.
const LONGEST: usize = 255;

/// The number in the form in which it is sent: without `tel:`, spaces, dots, hyphens, brackets and
/// characters that nobody sees. `None`
/// when that is not a valid E.164 number, and when a zero stands in brackets, which is dialled in
/// some countries and not in others. Whether such a number exists is not checked.
pub fn e164(text: &str) -> Option<String> {
    if text.len() > LONGEST || has_trunk_zero(text) {
        return None;
    }
    let is_left_out = |c: char| is_decoration(c) || is_invisible(c);
    let bare: String = text.chars().filter(|&c| !is_left_out(c)).collect();
    let bare = without_scheme(&bare).to_owned();
    let digits = bare.strip_prefix('+')?;
    let right = (7..=15).contains(&digits.len())
        && !digits.starts_with('0')
        && digits.bytes().all(|byte| byte.is_ascii_digit());
    right.then_some(bare)
}

pub(crate) fn has_trunk_zero(text: &str) -> bool {
    let is_blank = |c: char| c.is_whitespace() || is_invisible(c);
    let dense: String = text.chars().filter(|&c| !is_blank(c)).collect();
    dense.contains("(0)") || dense.contains("[0]")
}

/// What people write between the digits of a number; some hyphens do not break a line.
pub(crate) fn is_decoration(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '.' | '-' | '(' | ')' | '[' | ']' | '\u{2010}'..='\u{2015}'
        )
}

/// A text without `tel:` before it.
pub(crate) fn without_scheme(text: &str) -> &str {
    match text.get(..4) {
        Some(scheme) if scheme.eq_ignore_ascii_case("tel:") => text.get(4..).unwrap_or_default(),
        _ => text,
    }
}

/// Whether a key is that of a telephone number or an address. A JSON number has no plus and no
/// leading zeros, so it is never converted to a telephone number.
pub(crate) fn is_number(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    ["number", "phone", "sip", "callerid"]
        .iter()
        .any(|part| key.contains(part))
}
