//! The question that the user is asked before a write is sent. It says what the write does and
//! lists all arguments of the model that affect it, formatted so that they cannot imitate other
//! lines.
//!
//! Every line begins with words of this server. Text of the model follows them: plain names
//! verbatim, everything else as JSON on the same line.

mod listing;
mod property;
mod text;
mod update;

use serde_json::{Map, Value};

pub(super) use self::update::of_update;
use self::{
    listing::properties,
    property::{LINES, Part, Property, Rank, lines},
    text::{cut, one_line, quoted},
};
use super::{
    dial::{DialRequest, Target},
    review::{self, Found},
    spelling::visible,
};
use crate::{catalog::Action, model::DialSpec as Places};

/// The question for a write: its arguments, without secrets.
pub(super) fn of_write(action: &Action, given: &Map<String, Value>) -> String {
    const SHORT: usize = 1_000;
    let known = |key: &str| {
        let mut args = action.args.iter();
        action.is_chosen()
            || args.any(|arg| arg.name == key || arg.aliases.contains(&key))
            || action.operation.body_properties.contains(&key)
    };
    let mut entries: Vec<_> = given
        .iter()
        .map(|(key, value)| Property {
            path: vec![Part::Key(key)],
            value,
            rank: Rank::of(known(key)),
        })
        .collect();
    entries.sort_by_key(|entry| entry.rank);
    let count = entries.len();
    entries.truncate(LINES);
    let shown: Vec<_> = entries.iter().map(Property::shown).collect();
    if count == shown.len() {
        let members = entries.iter().zip(&shown);
        let members = members.filter_map(|(entry, value)| {
            let Some(Part::Key(key)) = entry.path.first() else {
                return None;
            };
            Some(format!(
                "{}:{value}",
                one_line(&Value::from(*key).to_string())
            ))
        });
        let text = members.collect::<Vec<_>>().join(",");
        if text.chars().count() <= SHORT {
            return format!("{} with {{{text}}}?", action.name);
        }
    }
    format!(
        "{} with these arguments?{}",
        action.name,
        lines(&entries, &shown, count)
    )
}

/// A question with another line, which may contain texts of others.
pub(super) fn with_line(question: &str, line: &str) -> String {
    /// Maximum number of characters of the line.
    const LONGEST: usize = 400;
    format!("{question}\n{}", cut(&one_line(line), LONGEST))
}

/// The question for a call: destination, speaker, number and time, then everything else.
pub(super) fn of_dial(
    action: &Action,
    places: &Places,
    dial: &DialRequest,
    body: &Value,
) -> String {
    const NAMED: usize = 10;
    let named = |target| match dial.is_countless {
        true => named(target, "destinations that the request does not name"),
        false => named(target, "a destination that the request does not name"),
    };
    let to: Vec<_> = dial.targets.iter().take(NAMED).map(named).collect();
    let to = format!("{}{}", to.join(", "), more(dial.targets.len(), NAMED));
    let asked = match (action.is_chosen(), dial.is_web()) {
        (true, _) => format!("Send {}, which reaches {to}", action.operation.key()),
        (false, true) => "Start a web call, for which no phone rings".to_owned(),
        (false, false) => format!("Call {to}"),
    };
    let when = dial.when.as_ref();
    let when = when.map_or_else(|| "now".to_owned(), |(text, _)| quoted(text));
    let mut text = format!(
        "{asked}?\nSpeaker: {}\nFrom: {}\nWhen: {when}",
        listed(&dial.who),
        listed(&dial.from),
    );
    let transfers = transfers(action, body);
    if !transfers.is_empty() {
        let named: Vec<_> = transfers.iter().take(NAMED).map(|to| quoted(to)).collect();
        let more = more(transfers.len(), NAMED);
        text.push_str(&format!("\nMay transfer to: {}{more}", named.join(", ")));
    }
    let (entries, count) = properties(action, places, dial, body);
    if count > 0 {
        let shown: Vec<_> = entries.iter().map(Property::shown).collect();
        text.push_str("\nAlso given:");
        text.push_str(&lines(&entries, &shown, count));
    }
    if let Some(update) = &action.update {
        text.push_str("\nChanges:");
        text.push_str(&update::lines(update));
    }
    text
}

fn more(count: usize, named: usize) -> String {
    match count.saturating_sub(named) {
        0 => String::new(),
        more => format!(" and {more} more"),
    }
}

/// The recipient of one call, or `unknown` if the request does not name it.
fn named(target: &Target, unknown: &str) -> String {
    if target.ways.is_empty() {
        return unknown.to_owned();
    }
    let ways = target.ways.iter().map(|to| visible(&to.written()));
    let ways = ways.collect::<Vec<_>>().join(" or ");
    match &target.extension {
        Some(extension) => format!("{ways} extension {}", quoted(extension)),
        None => ways,
    }
}

/// The properties and their values, on one readable line.
fn listed(places: &Map<String, Value>) -> String {
    let one = |(at, value): (&String, &Value)| {
        let name = at.trim_start_matches('/').replace('/', ".");
        match value {
            Value::String(text) => format!("{name} {}", quoted(text)),
            _ => format!("{name}, defined in the request"),
        }
    };
    match places.is_empty() {
        true => "not given".to_owned(),
        false => places.iter().map(one).collect::<Vec<_>>().join(", "),
    }
}

/// The destinations to which the call can be transferred, each once.
fn transfers(action: &Action, body: &Value) -> Vec<String> {
    /// Maximum number of transfer destinations that are collected.
    const MOST: usize = 1_000;
    let mut found: Vec<String> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    let walked = review::walk(action, body, &mut |_, what| {
        if let Found::Transfer(Some(to)) = what
            && seen.insert(to)
        {
            found.push(to.to_owned());
        }
        match found.len() < MOST {
            true => Ok(()),
            false => Err(String::new()),
        }
    });
    // An error only means that the walk ended early.
    drop(walked);
    found
}

#[cfg(test)]
mod tests;
