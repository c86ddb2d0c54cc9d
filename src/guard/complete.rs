//! Checks that a call has everything that is needed to place it.

use super::dial::Dial;
use crate::{
    model::DialSpec as Places,
    tools::{TOOLS, Tool, arguments::ArgumentError},
};

/// What is missing, each with the tool that lists it where the caller has that tool: who speaks,
/// and of a telephone call one of the two ends. Without both ends it is a web call.
pub(super) fn missing(
    dial: &Dial,
    places: &Places,
    has: impl Fn(&Tool) -> bool,
) -> Vec<ArgumentError> {
    let has = &has;
    let mut errors = Vec::new();
    let mut miss = |places: &[&str], why: &str| {
        let names = places.iter().filter_map(|at| top(at));
        let first = names.clone().next().unwrap_or_default();
        errors.push(ArgumentError::new(
            first,
            format!("is missing: {why}; give {}", choice(names, has)),
        ));
    };
    if dial.who.is_empty() {
        miss(places.speaker, "a call needs a speaker");
    }
    let nothing = dial.who.is_empty() && !dial.has_line && !dial.has_destination;
    if (dial.has_destination || nothing) && !dial.has_line && !dial.has_transport {
        miss(places.from, "a telephone call needs a number to call from");
    }
    if (dial.has_line || nothing) && !dial.has_destination && !dial.has_transport {
        let to: Vec<_> = places.to.iter().chain(places.by_id).copied().collect();
        miss(
            &to,
            &format!(
                "a telephone call needs a destination, with `{}` or `{}`, which you must ask the \
                 user for",
                places.number, places.sip
            ),
        );
    }
    let nameless = dial.nameless.iter().map(|place| {
        let reason = format!(
            "names no destination; give `{}` or `{}`",
            places.number, places.sip
        );
        ArgumentError::new(place.clone(), reason)
    });
    errors.extend(nameless);
    errors
}

/// The name of the property of the body that a pointer leads into.
fn top(pointer: &str) -> Option<&str> {
    pointer.split('/').nth(1)
}

/// The names as a choice, each once.
fn choice<'a>(names: impl Iterator<Item = &'a str>, has: impl Fn(&Tool) -> bool) -> String {
    let mut all: Vec<&str> = Vec::new();
    for name in names {
        if !all.contains(&name) {
            all.push(name);
        }
    }
    let described = all.iter().map(|name| match lister(name) {
        Some(list) if has(list) => format!("{name} ({} shows the ids)", list.name),
        _ => (*name).to_owned(),
    });
    let mut described: Vec<_> = described.collect();
    match described.pop() {
        Some(last) if described.is_empty() => last,
        Some(last) => format!("{} or {last}", described.join(", ")),
        None => String::new(),
    }
}

/// The list whose rows have the ids that this argument takes.
fn lister(argument: &str) -> Option<&'static Tool> {
    TOOLS.iter().find(|tool| {
        let rest = tool.view.show_tool.filter(|_| tool.view.list);
        rest.is_some_and(|rest| rest.arg == argument)
    })
}
