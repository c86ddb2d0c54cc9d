//! The question for a change of an existing object: what it changes, from which value to which.

use super::{
    property::{CUTS, LINES, Part, ROOM, name, within_room},
    text::{cut, one_line, quoted},
};
use crate::{
    catalog::{Action, Update},
    result::Segment,
};

/// The question for a change.
pub(in crate::guard) fn of_update(action: &Action, update: &Update) -> String {
    let object = match &update.name {
        Some(name) => format!("{} ({})", quoted(name), address(action)),
        None => address(action),
    };
    format!("{}: change {object}?{}", action.name, lines(update))
}

/// The changes, one per line, and the number of further ones.
pub(in crate::guard) fn lines(update: &Update) -> String {
    let Update {
        differences, count, ..
    } = update;
    let listed: Vec<_> = differences
        .iter()
        .take(LINES)
        .map(|difference| {
            let path = difference.at.iter().map(|segment| match segment {
                Segment::Key(key) => Part::Key(key),
                Segment::Index(index) => Part::Index(*index),
            });
            let path: Vec<_> = path.collect();
            let [longest, ..] = CUTS;
            let (from, to) = difference.shown(longest);
            let one = |value: Option<String>| value.map(|json| one_line(&json));
            (name(&path), one(from), one(to))
        })
        .collect();
    let line = |(name, from, to): &(String, Option<String>, Option<String>), most: usize| {
        let value = |value: &Option<String>| match value {
            Some(json) => cut(json, most),
            None => "nothing".to_owned(),
        };
        format!("\n- {name}: from {} to {}", value(from), value(to))
    };
    let size = |most: usize| {
        let lines = listed.iter().map(|it| line(it, most).chars().count());
        lines.sum::<usize>()
    };
    let most = CUTS
        .into_iter()
        .find(|most| size(*most) <= ROOM)
        .unwrap_or(40);
    let lines = listed.iter().map(|entry| line(entry, most));
    within_room(lines, *count, ("change", "changes"))
}

/// The path of the object.
fn address(action: &Action) -> String {
    let segments = action.operation.path.split('/').map(|segment| {
        let name = segment
            .strip_prefix('{')
            .and_then(|it| it.strip_suffix('}'));
        let value = name.and_then(|name| action.request.parameter(name));
        match value.and_then(|value| value.as_str()) {
            Some(id) => quoted(id),
            None => segment.to_owned(),
        }
    });
    segments.collect::<Vec<_>>().join("/")
}
