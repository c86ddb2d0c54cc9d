//! Parses phone numbers as people and models write them.

use crate::invisible::is_invisible;

/// Maximum number of bytes of a text that is read as a number.
const MAX_LENGTH: usize = 255;

/// The number in E.164 form: without `tel:`, spaces, dots, hyphens, brackets and invisible
/// characters. `None` if that is not a valid E.164 number, or if a zero is in brackets: it is
/// dialled in some countries and not in others. Whether the number exists is not checked.
pub fn e164(text: &str) -> Option<String> {
    if text.len() > MAX_LENGTH || has_trunk_zero(text) {
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

/// Whether a character is a separator between the digits of a number, such as a hyphen.
pub(crate) fn is_decoration(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '.' | '-' | '(' | ')' | '[' | ']' | '\u{2010}'..='\u{2015}'
        )
}

/// A text without a leading `tel:`.
pub(crate) fn without_scheme(text: &str) -> &str {
    match text.get(..4) {
        Some(scheme) if scheme.eq_ignore_ascii_case("tel:") => text.get(4..).unwrap_or_default(),
        _ => text,
    }
}

/// Whether this is the key of a phone number or a SIP address. A JSON number is never converted to
/// a phone number, because it has no plus and no leading zeros.
pub(crate) fn is_phone_key(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    ["number", "phone", "sip", "callerid"]
        .iter()
        .any(|part| key.contains(part))
}
