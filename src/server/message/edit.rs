//! Edits of a message as text.

use std::{borrow::Cow, ops::Range};

/// Extra bytes reserved for the escapes in a wrapped text.
const ESCAPE_ROOM: usize = 16 << 10;

/// A range of the message and what replaces it.
pub(super) type Edit<'a> = (Range<usize>, Replacement<'a>);

#[derive(Debug)]
pub(super) enum Replacement<'a> {
    /// JSON text.
    Json(Cow<'static, str>),
    /// An object with this one key, whose value is the text as a JSON string.
    Wrapped(&'static str, Cow<'a, str>),
}

/// Applies edits that do not overlap. Each byte is copied once, because a message can be large.
pub(super) fn apply(text: &str, mut edits: Vec<Edit<'_>>) -> Vec<u8> {
    edits.sort_by_key(|(range, _)| range.start);
    let added = edits.iter().map(|(_, new)| match new {
        Replacement::Json(text) => text.len(),
        // Leaves room for some escapes.
        Replacement::Wrapped(_, text) => text.len() / 8 * 9 + ESCAPE_ROOM,
    });
    let replaced: usize = edits.iter().map(|(range, _)| range.len()).sum();
    let room = text.len().saturating_sub(replaced) + added.sum::<usize>();
    let mut message = Vec::with_capacity(room);
    let mut at = 0;
    for (range, new) in edits {
        let between = text.get(at..range.start).unwrap_or_default();
        message.extend_from_slice(between.as_bytes());
        at = range.end;
        match new {
            Replacement::Json(text) => message.extend_from_slice(text.as_bytes()),
            Replacement::Wrapped(key, text) => {
                message.extend_from_slice(format!("{{\"{key}\":").as_bytes());
                // Serializing a string to memory cannot fail.
                let _ = serde_json::to_writer(&mut message, &text);
                message.push(b'}');
            }
        }
    }
    message.extend_from_slice(text.get(at..).unwrap_or_default().as_bytes());
    message
}
