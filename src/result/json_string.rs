//! JSON strings: their characters, slices and edits. Bytes that are not edited stay unchanged.

use std::{borrow::Cow, ops::Range};

use crate::invisible::is_kept;

/// The replacement of a part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Edit {
    /// The bytes of the text that are replaced.
    pub range: Range<usize>,
    pub by: Cow<'static, str>,
}

/// The bytes of each character of a JSON string. An escaped surrogate pair is one character, and so
/// is a lone surrogate.
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

/// Whether the text starts with the escape of a surrogate of this half: 0xD800 or 0xDC00.
fn surrogate(text: &[u8], half: u32) -> bool {
    code(text).is_some_and(|code| code & 0xFC00 == half)
}

/// The code unit of the escape `\uXXXX` at the start.
fn code(text: &[u8]) -> Option<u32> {
    let digits = text.get(..6)?.strip_prefix(b"\\u")?;
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

/// A slice of the characters, as a JSON string.
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

/// The character that these bytes spell; U+FFFD for half of a surrogate pair.
fn spelled_char(character: &[u8]) -> char {
    let found = match character {
        [b'\\', b'u', ..] => match (code(character), character.get(6..).and_then(code)) {
            (Some(high), Some(low)) => {
                char::from_u32(0x1_0000 + ((high & 0x3FF) << 10) + (low & 0x3FF))
            }
            (code, _) => code.and_then(char::from_u32),
        },
        [b'\\', escaped] => Some(match escaped {
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            other => char::from(*other),
        }),
        other => std::str::from_utf8(other)
            .ok()
            .and_then(|text| text.chars().next()),
    };
    found.unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// The characters of a text: the bytes, the character that they spell, and whether it is kept.
fn characters_kept(raw: &[u8]) -> impl Iterator<Item = (&[u8], char, bool)> {
    let mut characters = characters(raw)
        .map(|bytes| (bytes, spelled_char(bytes)))
        .peekable();
    let mut before = None;
    std::iter::from_fn(move || {
        let (bytes, c) = characters.next()?;
        let kept = is_kept(before, c, characters.peek().map(|(_, c)| *c));
        if kept {
            before = Some(c);
        }
        Some((bytes, c, kept))
    })
}

/// The decoded text without invisible characters, and the number of those that were removed.
pub(super) fn decoded(raw: &[u8]) -> (Cow<'_, str>, usize) {
    let inner = raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default();
    // Every removed character is escaped or starts with one of these bytes.
    let is_plain = !inner.iter().any(|byte| {
        matches!(
            byte,
            b'\\' | 0x7F | 0xC2 | 0xCD | 0xD8 | 0xE1 | 0xE2 | 0xE3 | 0xEF | 0xF0 | 0xF3
        )
    });
    if is_plain && let Ok(text) = std::str::from_utf8(inner) {
        return (Cow::Borrowed(text), 0);
    }
    let mut text = String::with_capacity(inner.len());
    let mut left = 0;
    for (_, c, kept) in characters_kept(raw) {
        if kept {
            text.push(c);
        } else {
            left += 1;
        }
    }
    (Cow::Owned(text), left)
}

/// Applies edits of the decoded text, which are in order and do not overlap. All other characters
/// keep their bytes.
pub(super) fn edited(raw: &[u8], edits: &[Edit]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len());
    out.push(b'"');
    let mut edits = edits.iter().peekable();
    let mut at = 0;
    for (bytes, c, kept) in characters_kept(raw) {
        if !kept {
            continue;
        }
        while let Some(edit) = edits.next_if(|edit| edit.range.end <= at) {
            push(&mut out, &edit.by);
        }
        let replaced = edits.peek().is_some_and(|edit| edit.range.start <= at);
        if !replaced {
            out.extend_from_slice(bytes);
        }
        at += c.len_utf8();
    }
    edits.for_each(|edit| push(&mut out, &edit.by));
    out.push(b'"');
    out
}

/// Applies edits to a text that is not JSON.
pub(super) fn apply(text: &str, edits: &[Edit]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for Edit { range, by } in edits {
        out.push_str(text.get(at..range.start).unwrap_or_default());
        out.push_str(by);
        at = range.end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

/// Writes a text as a JSON string without quotes.
fn push(out: &mut Vec<u8>, text: &str) {
    let spelled = serde_json::to_vec(text).unwrap_or_default();
    let inner = spelled.get(1..spelled.len().saturating_sub(1));
    out.extend_from_slice(inner.unwrap_or_default());
}

/// The text of a key, without invisible characters.
pub(super) fn key_text(key: &[u8]) -> Cow<'_, str> {
    decoded(key).0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invisible::may_be_removed;

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
    fn invisible_characters_are_removed_and_counted() {
        let text = "\"a\u{202e}b\\u202Ec\u{2069}\u{200b}\u{feff}\u{e0041}\\udb40\\udc41d\u{2014}\"";
        assert_eq!(decoded(text.as_bytes()), ("abcd\u{2014}".into(), 7));
        for c in char::MIN..=char::MAX {
            if c >= ' ' && c != '"' && c != '\\' {
                let (_, left) = decoded(format!("\"{c}\"").as_bytes());
                assert_eq!(left == 1, may_be_removed(c), "{}", c.escape_unicode());
            }
        }
    }

    #[test]
    fn an_edit_keeps_the_bytes_around_it() {
        let edit = |range, by: &'static str| Edit {
            range,
            by: by.into(),
        };
        let text = r#""\u0061\u00e9b\ud83d\"\u200bc\/""#;
        assert_eq!(decoded(text.as_bytes()), ("aéb\u{fffd}\"c/".into(), 1));
        let whole = r#""\u0061\u00e9b\ud83d\"c\/""#;
        assert_eq!(edited(text.as_bytes(), &[]), whole.as_bytes());
        let edits = [edit(1..3, "\"x"), edit(8..10, "")];
        let left = r#""\u0061\"xb\ud83d\"""#;
        assert_eq!(edited(text.as_bytes(), &edits), left.as_bytes());
    }
}
