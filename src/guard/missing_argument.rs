//! Checks that a call is complete.

use super::dial::DialRequest;
use crate::model::DialSpec as Places;

/// A missing part of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MissingArgument {
    /// One of these properties of the body is required, and the reason.
    One(Vec<&'static str>, String),
    /// The argument at this path is incomplete, and which part is missing.
    Part(String, String),
}

/// The missing parts: the speaker and, for a phone call, the destination or the number to call
/// from. A call with neither of these two is a web call.
pub(super) fn missing(dial: &DialRequest, places: &'static Places) -> Vec<MissingArgument> {
    let mut found = Vec::new();
    let mut miss = |pointers: &[&'static str], why: String| {
        let mut names = Vec::new();
        for name in pointers.iter().filter_map(|at| top(at)) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        found.push(MissingArgument::One(names, why));
    };
    if dial.who.is_empty() {
        miss(places.speaker, "a call needs a speaker".to_owned());
    }
    let nothing = dial.who.is_empty() && !dial.has_line && !dial.has_destination;
    if (dial.has_destination || nothing) && !dial.has_line && !dial.has_transport {
        let why = "a phone call needs a number to call from";
        miss(places.from, why.to_owned());
    }
    if (dial.has_line || nothing) && !dial.has_destination && !dial.has_transport {
        let to: Vec<_> = places.to.iter().chain(places.by_id).copied().collect();
        let why = format!(
            "a phone call needs a destination, with `{}` or `{}`, which you must ask the user \
             for",
            places.number, places.sip
        );
        miss(&to, why);
    }
    found.extend(dial.nameless.iter().map(|place| {
        let reason = format!(
            "names no destination; give `{}` or `{}`",
            places.number, places.sip
        );
        MissingArgument::Part(place.clone(), reason)
    }));
    found
}

/// The top-level property of a pointer.
fn top(pointer: &str) -> Option<&str> {
    pointer.split('/').nth(1)
}
