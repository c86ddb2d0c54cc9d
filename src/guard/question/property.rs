//! Properties of a request, one per line.

use serde_json::{Map, Value};

use super::text::{cut, head, one_line};
use crate::result::hide_secrets;

/// A property that is shown on a line of its own.
#[derive(Debug)]
pub(super) struct Property<'a> {
    pub(super) path: Vec<Part<'a>>,
    pub(super) value: &'a Value,
    pub(super) rank: Rank,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Part<'a> {
    Key(&'a str),
    Index(usize),
}

/// The importance of a property: properties are shown in this order, the last variant first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// A documented property.
    Known,
    /// A property of a destination.
    Person,
    /// An undocumented property.
    Unknown,
}

impl Rank {
    pub(super) fn of(known: bool) -> Self {
        match known {
            true => Self::Known,
            false => Self::Unknown,
        }
    }
}

impl Property<'_> {
    /// The value as JSON on one line, without secrets.
    pub(super) fn shown(&self) -> String {
        let mut nodes = 300;
        let value = pruned(self.value, &mut nodes, 0);
        let keys: Vec<_> = self
            .path
            .iter()
            .filter_map(|part| match part {
                Part::Key(key) => Some(*key),
                Part::Index(_) => None,
            })
            .collect();
        // Whether a value is secret depends on its parent keys.
        let whole = keys.iter().rev().fold(value, |value, key| {
            Value::Object(Map::from_iter([((*key).to_owned(), value)]))
        });
        let hidden = hide_secrets(whole.to_string().as_bytes());
        let hidden: Option<Value> = hidden
            .ok()
            .and_then(|text| serde_json::from_str(&text).ok());
        let value = keys
            .iter()
            .try_fold(hidden.as_ref(), |value, key| Some(value?.get(*key)));
        match value.flatten() {
            Some(value) => one_line(&value.to_string()),
            None => "\"[redacted]\"".to_owned(),
        }
    }
}

/// The path of a property; keys that are not plain names are in quotation marks.
pub(super) fn name(path: &[Part<'_>]) -> String {
    const LONGEST: usize = 64;
    let plain = |c: char| c.is_ascii_alphanumeric() || "_:-".contains(c);
    let mut name = String::new();
    for part in path {
        match part {
            Part::Index(index) => name.push_str(&format!("[{index}]")),
            Part::Key(key) => {
                if !name.is_empty() {
                    name.push('.');
                }
                if !key.is_empty() && key.len() <= LONGEST && key.chars().all(plain) {
                    name.push_str(key);
                } else {
                    let key = Value::from(head(key, LONGEST)).to_string();
                    name.push_str(&one_line(&key));
                }
            }
        }
    }
    name
}

/// The properties, one per line, and the number of further ones.
pub(super) fn lines(entries: &[Property<'_>], shown: &[String], count: usize) -> String {
    let names: Vec<_> = entries.iter().map(|it| name(&it.path)).collect();
    let size = |most: usize| {
        let values = shown.iter().map(|value| value.chars().take(most).count());
        let names = names.iter().map(|name| name.chars().count());
        values.chain(names).sum::<usize>()
    };
    let mut cuts = CUTS.into_iter().filter(|most| size(*most) <= ROOM);
    let most = cuts.next().unwrap_or(40);
    let lines = names.iter().zip(shown);
    let lines = lines.map(|(name, value)| format!("\n- {name}: {}", cut(value, most)));
    within_room(lines, count, ("property", "properties"))
}

/// The first lines for which there is room, and the number of further things, by their name in the
/// singular and in the plural.
pub(super) fn within_room(
    lines: impl Iterator<Item = String>,
    count: usize,
    (one, many): (&str, &str),
) -> String {
    let mut text = String::new();
    let mut left = ROOM;
    let mut told = 0;
    for line in lines {
        let Some(rest) = left.checked_sub(line.chars().count()) else {
            break;
        };
        left = rest;
        told += 1;
        text.push_str(&line);
    }
    match count.saturating_sub(told) {
        0 => text,
        1 => format!("{text}\n- and 1 more {one} that is not shown"),
        more => format!("{text}\n- and {more} more {many} that are not shown"),
    }
}

/// A copy of limited size, which says how much is left out.
pub(super) fn pruned(value: &Value, nodes: &mut usize, depth: usize) -> Value {
    const DEPTH: usize = 12;
    const TEXT: usize = 1_000;
    let Some(left) = nodes.checked_sub(1).filter(|_| depth < DEPTH) else {
        return Value::from("… (cut)");
    };
    *nodes = left;
    match value {
        Value::String(text) => Value::from(head(&without_secrets(text), TEXT)),
        Value::Array(items) => {
            let mut kept = Vec::new();
            for item in items {
                if *nodes == 0 {
                    break;
                }
                kept.push(pruned(item, nodes, depth + 1));
            }
            let more = items.len().saturating_sub(kept.len());
            if more > 0 {
                kept.push(Value::from(format!("… and {more} more")));
            }
            Value::Array(kept)
        }
        Value::Object(members) => {
            let mut kept = Map::new();
            for (key, value) in members {
                if *nodes == 0 {
                    break;
                }
                kept.insert(head(key, TEXT), pruned(value, nodes, depth + 1));
            }
            let more = members.len().saturating_sub(kept.len());
            if more > 0 {
                kept.insert("…".to_owned(), Value::from(format!("and {more} more")));
            }
            Value::Object(kept)
        }
        scalar => scalar.clone(),
    }
}

/// The text with its secrets hidden if it is JSON. This must precede truncation, because truncated
/// JSON cannot be parsed.
pub(super) fn without_secrets(text: &str) -> String {
    if !text.trim_start().starts_with(['{', '[']) {
        return text.to_owned();
    }
    hide_secrets(text.as_bytes()).unwrap_or_else(|_| text.to_owned())
}

/// Maximum number of properties that are shown.
pub(super) const LINES: usize = 100;

/// Maximum number of characters of all properties together; they are truncated until they fit.
pub(super) const ROOM: usize = 8_000;

/// The maximum numbers of characters per property that are tried in turn.
pub(super) const CUTS: [usize; 4] = [1_000, 300, 100, 40];
