//! The remark on a change: which values it replaces, sets and removes.

use super::merged::Merged;
use crate::{result::Difference, text::counted};

/// Maximum number of bytes of the remark.
const ROOM: usize = 780;

/// Maximum number of bytes of its first sentence, which lists the changes.
const CHANGES: usize = 520;

/// Maximum number of characters of a value; the shorter one if the other does not fit.
const VALUES: [usize; 2] = [80, 24];

/// The remark on a change.
pub(super) fn on_change(merged: &Merged) -> String {
    let changes = changes(&merged.differences.listed, merged.differences.count);
    let left = ROOM.saturating_sub(changes.len() + 1);
    let others = others(merged, left);
    [vec![changes], others].concat().join(" ")
}

/// The remark on everything but the changes of single values.
pub(super) fn note(merged: &Merged) -> Option<String> {
    let others = others(merged, ROOM);
    let more = merged
        .differences
        .count
        .saturating_sub(merged.differences.listed.len());
    let more = (more > 0).then(|| format!("It also changes {}.", counted(more, "other value")));
    let sentences: Vec<_> = more.into_iter().chain(others).collect();
    (!sentences.is_empty()).then(|| sentences.join(" "))
}

fn others(merged: &Merged, room: usize) -> Vec<String> {
    let mut left = room;
    let mut sentences = Vec::new();
    for (what, paths) in [
        (
            "Removed, because the new form does not have them",
            &merged.dropped,
        ),
        (
            "Replaced lists that contained values which Vapi does not show",
            &merged.replaced,
        ),
        (
            "Also sent, unchanged, because Vapi requires it",
            &merged.required,
        ),
    ] {
        if let Some(sentence) = listed(what, paths, left) {
            left = left.saturating_sub(sentence.len() + 1);
            sentences.push(sentence);
        }
    }
    sentences
}

/// The remark on properties that were sent back as stored.
pub(super) fn on_unknown(paths: &[String]) -> Option<String> {
    listed(
        "Sent back as stored, although Vapi's document does not have them",
        paths,
        ROOM,
    )
}

/// The sentence on the differences: as many as fit, and the number of the others.
fn changes(listed: &[Difference], count: usize) -> String {
    let mut left = CHANGES;
    let mut parts = Vec::new();
    for difference in listed {
        let parts_of = VALUES.into_iter().map(|most| part(difference, most));
        let fitting = parts_of.into_iter().find(|part| part.len() + 2 <= left);
        let Some(part) = fitting else {
            break;
        };
        left = left.saturating_sub(part.len() + 2);
        parts.push(part);
    }
    if count == 0 {
        return "Changes: a value that Vapi does not show.".to_owned();
    }
    match (parts.len(), count.saturating_sub(parts.len())) {
        (_, 0) => {}
        (0, more) => parts.push(format!("{more} that do not fit here")),
        (_, more) => parts.push(format!("and {more} more")),
    }
    format!("Changes: {}.", parts.join("; "))
}

fn part(difference: &Difference, most: usize) -> String {
    let path = difference.path();
    match difference.shown(most) {
        (Some(from), Some(to)) => format!("{path} from {from} to {to}"),
        (None, Some(to)) => format!("{path} set to {to}"),
        (from, None) => format!("{path} removed; it was {}", from.unwrap_or_default()),
    }
}

/// A sentence that lists the paths that fit; `None` if there is none.
fn listed(what: &str, paths: &[String], room: usize) -> Option<String> {
    const MORE: &str = " and more";
    let mut left = room.checked_sub(what.len() + MORE.len() + 3)?;
    let mut named = Vec::new();
    for path in paths {
        let path = format!("`{path}`");
        let Some(rest) = left.checked_sub(path.len() + 2) else {
            break;
        };
        left = rest;
        named.push(path);
    }
    if named.is_empty() {
        return None;
    }
    let more = match named.len() == paths.len() {
        true => "",
        false => MORE,
    };
    Some(format!("{what}: {}{more}.", named.join(", ")))
}
