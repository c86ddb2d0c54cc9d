//! Texts as JSON spells them: slices by characters, and what people said without what cannot be
//! seen.

use std::ops::Range;

use crate::invisible::is_deceptive;

/// The characters of a JSON text with its quotes: the bytes of each, escapes as they are written.
/// An escaped pair of surrogates is one character, and so is a lone one.
pub(super) fn characters(raw: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default();
    std::iter::from_fn(move || {
        let first = *rest.first()?;
        let length = match first {
            b'\\' if rest.get(1) == Some(&b'u') => {
                let pair =
                    surrogate(rest, 0xD800) && surrogate(rest.get(6..).unwrap_or_default(), 0xDC00);
                if pair { 12 } else { 6 }
            }
            b'\\' => 2,
            0xF0.. => 4,
            0xE0.. => 3,
            0xC0.. => 2,
            _ => 1,
        };
        let (character, after) = rest.split_at(length.min(rest.len()));
        rest = after;
        Some(character)
    })
}

/// Whether the text starts with the escape of a surrogate of this half.
fn surrogate(text: &[u8], half: u32) -> bool {
    code(text).is_some_and(|code| code & 0xFC00 == half)
}

/// The code that the escape `\uXXXX` at the start stands for.
fn code(text: &[u8]) -> Option<u32> {
    let digits = text.get(..6)?.strip_prefix(b"\\u")?;
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

/// The slice of a text's characters, as a text.
pub(super) fn slice(raw: &[u8], range: Range<usize>) -> Vec<u8> {
    let count = range.end.saturating_sub(range.start);
    let mut out = vec![b'"'];
    characters(raw)
        .skip(range.start)
        .take(count)
        .for_each(|c| out.extend_from_slice(c));
    out.push(b'"');
    out
}

/// The text without the characters that deceive, and how many there were; nothing when it has none.
/// What is invisible but shapes words or emoji stays: it is what was said.
pub(super) fn visible(raw: &[u8]) -> Option<(Vec<u8>, usize)> {
    // All of them are written with an escape or start with one of these bytes.
    if !raw
        .iter()
        .any(|byte| matches!(byte, b'\\' | 0xE2 | 0xEF | 0xF3))
    {
        return None;
    }
    let mut out = vec![b'"'];
    let mut count = 0;
    for character in characters(raw) {
        if decoded(character).is_some_and(is_deceptive) {
            count += 1;
        } else {
            out.extend_from_slice(character);
        }
    }
    out.push(b'"');
    (count > 0).then_some((out, count))
}

/// The character that these bytes spell; nothing for half of a pair.
fn decoded(character: &[u8]) -> Option<char> {
    match character {
        [b'\\', b'u', ..] => match (code(character), character.get(6..).and_then(code)) {
            (Some(high), Some(low)) => {
                char::from_u32(0x1_0000 + ((high & 0x3FF) << 10) + (low & 0x3FF))
            }
            (code, _) => char::from_u32(code?),
        },
        other => std::str::from_utf8(other)
            .ok()
            .and_then(|text| text.chars().next()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slice_falls_between_characters_however_they_are_written() {
        let text = r#""aé\n\u00e9😀\ud83d\ude00\ud83dz""#;
        let all: Vec<_> = characters(text.as_bytes())
            .map(|c| std::str::from_utf8(c).unwrap())
            .collect();
        assert_eq!(
            all,
            [
                "a",
                "é",
                "\\n",
                "\\u00e9",
                "😀",
                "\\ud83d\\ude00",
                "\\ud83d",
                "z"
            ]
        );
        assert_eq!(
            slice(text.as_bytes(), 1..6),
            r#""é\n\u00e9😀\ud83d\ude00""#.as_bytes()
        );
        assert_eq!(
            slice(text.as_bytes(), 6..usize::MAX),
            r#""\ud83dz""#.as_bytes()
        );
        assert_eq!(slice(text.as_bytes(), 9..12), b"\"\"");
    }

    #[test]
    fn what_cannot_be_seen_is_taken_out_and_counted() {
        let said = "\"a\u{202e}b\\u202Ec\u{2069}\u{200b}\u{feff}\u{e0041}\\udb40\\udc41d\u{2014}\"";
        let (visible, count) = visible(said.as_bytes()).unwrap();
        assert_eq!(std::str::from_utf8(&visible), Ok("\"abcd\u{2014}\""));
        assert_eq!(count, 7);
        for c in char::MIN..=char::MAX {
            let taken_out = super::visible(format!("\"{c}\"").as_bytes()).is_some();
            assert_eq!(taken_out, is_deceptive(c), "{}", c.escape_unicode());
        }
        assert_eq!(
            super::visible("\"plain \u{2014} \\n text\"".as_bytes()),
            None
        );
    }
}
