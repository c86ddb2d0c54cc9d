//! Reads a call from the body of a request.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::request::{DialRequest, MOST, Target, is_past};
use crate::{
    argument_error::ArgumentError,
    guard::{
        destination::{Destination, is_extension, is_unchecked_number},
        numbering::is_emergency,
        sip::Sip,
        spelling::is_empty,
    },
    invisible::is_invisible,
    model::{Arg, ArgTarget, DialSpec as Places},
    number::e164,
    time::{format_utc, parse_instant},
};

/// The maximum number of destinations in a body.
pub fn most(places: &Places) -> usize {
    let most = places.most.and_then(|most| usize::try_from(most).ok());
    most.unwrap_or(MOST)
}

/// The number of destinations in a body, if it exceeds the maximum. Only the lengths of lists are
/// read.
pub fn too_many(places: &Places, body: &Value) -> Option<usize> {
    let count = places.to.iter().map(|to| count(body, to)).sum();
    (count > most(places)).then_some(count)
}

pub(super) fn count(body: &Value, pointer: &str) -> usize {
    let Some((list, rest)) = pointer.split_once("/*") else {
        return usize::from(given(body, pointer).is_some());
    };
    match body.pointer(list) {
        Some(Value::Array(items)) if rest.contains("/*") => {
            items.iter().map(|item| count(item, rest)).sum()
        }
        Some(Value::Array(items)) => items.len(),
        _ => 0,
    }
}

/// Reads the call from the body and normalises the numbers in the body.
pub fn read(
    args: &[Arg],
    places: &Places,
    body: &mut Value,
    now: DateTime<Utc>,
) -> Result<DialRequest, Vec<ArgumentError>> {
    let mut errors = Vec::new();
    let mut targets = Vec::new();
    let mut nameless = Vec::new();
    let mut may_ring = false;
    for to in places.to {
        // An empty property counts as absent; an empty element of a list counts as a destination.
        visit(body, to, &mut Vec::new(), &mut |at, value| {
            may_ring = true;
            let Some(value) = value else {
                targets.push(Target::default());
                return;
            };
            match target(places, value) {
                Ok(target) => {
                    if target.ways.is_empty() && !at.is_empty() {
                        nameless.push(argument(args, &at_element(to, at)));
                    }
                    targets.push(target);
                }
                Err((key, reason)) => {
                    let place = format!("{}/{key}", at_element(to, at));
                    errors.push(ArgumentError::new(argument(args, &place), reason));
                }
            }
        });
    }
    let mut unseen = all(body, places.by_id);
    let many = all(body, places.many_by_id);
    let is_countless = !many.is_empty();
    unseen.extend(many);
    let has_destination =
        !unseen.is_empty() || targets.iter().any(|target| !target.ways.is_empty());
    may_ring |= !unseen.is_empty() || has_property(body, places.transport);
    if targets.is_empty() || !unseen.is_empty() {
        targets.push(Target::default());
    }
    let mut when = None;
    let mut until = None;
    for (index, at) in places.when.iter().enumerate() {
        let Some(value) = body.pointer(at).filter(|value| !value.is_null()) else {
            continue;
        };
        match time(value, now) {
            Ok(time) if index == 0 => when = Some(time),
            Ok((_, moment)) => until = until.max(Some(moment)),
            Err(reason) => errors.push(ArgumentError::new(argument(args, at), reason)),
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    Ok(DialRequest {
        targets,
        who: all(body, places.speaker),
        from: all(body, places.from),
        content: all(body, places.content),
        is_countless,
        instead: match places.instead {
            Some(instead) if !unseen.is_empty() => instead,
            _ => "give the number itself",
        },
        unseen,
        when,
        until,
        has_destination,
        may_ring,
        nameless,
        // True even if the request gives only a part of it.
        has_line: has_property(body, places.from),
        has_transport: places.transport.iter().any(|at| given(body, at).is_some()),
    })
}

/// The destinations of one target, or the invalid key and the reason.
pub(super) fn target<'a>(
    places: &'a Places,
    value: &mut Value,
) -> Result<Target, (&'a str, &'static str)> {
    let mut ways = Vec::new();
    let exempt = value.get(places.e164_check) == Some(&Value::Bool(false));
    let Value::Object(map) = value else {
        return Ok(Target::default());
    };
    match map.get_mut(places.number) {
        None | Some(Value::Null) => {}
        Some(Value::String(number)) => match e164(number) {
            Some(normal) => {
                number.clone_from(&normal);
                ways.push(Destination::Number(normal));
            }
            // Accepted here; the rules refuse it with a specific reason.
            None if is_emergency(&Destination::Other(number.clone()))
                || exempt && is_unchecked_number(number) =>
            {
                ways.push(Destination::Other(number.clone()));
            }
            None => {
                let reason = "is not an E.164 number such as +15550100123: a plus, the country code and the \
                              number; ask the user for the missing part";
                return Err((places.number, reason));
            }
        },
        Some(_) => {
            return Err((
                places.number,
                "must be a string, for example \"+15550100123\"",
            ));
        }
    }
    let extension = map.get(places.extension).and_then(Value::as_str);
    if extension.is_some_and(|text| !is_extension(text.trim())) {
        let reason = "must be at most 20 characters: digits, *, #, and w, p or a comma for a pause";
        return Err((places.extension, reason));
    }
    let extension = extension.filter(|text| !ways.is_empty() && !text.trim().is_empty());
    let extension = extension.map(str::to_owned);
    match map.get_mut(places.sip) {
        None | Some(Value::Null) => {}
        Some(Value::String(text)) => match Sip::parse(&seen(text)) {
            Some(sip) => {
                *text = seen(text);
                ways.push(Destination::Sip(sip));
            }
            None => {
                return Err((
                    places.sip,
                    "is not a valid SIP address, for example sip:user@example.com",
                ));
            }
        },
        Some(_) => {
            return Err((
                places.sip,
                "must be a string, for example \"sip:user@example.com\"",
            ));
        }
    }
    Ok(Target { ways, extension })
}

/// An address without surrounding whitespace and invisible characters.
pub(super) fn seen(text: &str) -> String {
    let seen: String = text.chars().filter(|&c| !is_invisible(c)).collect();
    seen.trim().to_owned()
}

/// A time as given and parsed, or the reason why no call can be scheduled for it.
pub(super) fn time(value: &Value, now: DateTime<Utc>) -> Result<(String, DateTime<Utc>), String> {
    let text = value.as_str().unwrap_or_default();
    match parse_instant(text) {
        None => Err(format!(
            "must be a date with time and zone, for example 2027-03-25T22:39:27Z or \
             2027-03-25T22:39:27+01:00; it is now {}",
            format_utc(now)
        )),
        Some(moment) if is_past(moment, now) => Err(format!(
            "is in the past: it is now {}; give a future time such as 2027-03-25T22:39:27Z, \
             or omit it to call now",
            format_utc(now)
        )),
        Some(moment) => Ok((text.to_owned(), moment)),
    }
}

/// Visits the values at a pointer, in which `*` matches every element of a list, with the indices
/// of these elements. A value that is not a list, but is at the location of one, is skipped.
pub(super) fn visit(
    here: &mut Value,
    pointer: &str,
    at: &mut Vec<usize>,
    visitor: &mut impl FnMut(&[usize], Option<&mut Value>),
) {
    let Some((list, rest)) = pointer.split_once("/*") else {
        if let Some(value) = here.pointer_mut(pointer)
            && !(at.is_empty() && has_nothing(value))
        {
            visitor(at, Some(value));
        }
        return;
    };
    match here.pointer_mut(list) {
        Some(Value::Array(items)) => {
            for (index, item) in items.iter_mut().enumerate() {
                at.push(index);
                visit(item, rest, at, visitor);
                at.pop();
            }
        }
        Some(value) if !has_nothing(value) => visitor(at, None),
        _ => {}
    }
}

/// The pointer of an element: each `*` is replaced by an index.
pub(super) fn at_element(pointer: &str, at: &[usize]) -> String {
    let mut indices = at.iter();
    let segments = pointer.split('/').map(|segment| match segment {
        "*" => indices.next().map_or(segment.to_owned(), usize::to_string),
        segment => segment.to_owned(),
    });
    segments.collect::<Vec<_>>().join("/")
}

/// Whether the body has the top-level property of one of these pointers.
pub(super) fn has_property(body: &Value, pointers: &[&str]) -> bool {
    let mut tops = pointers.iter().filter_map(|at| at.split('/').nth(1));
    tops.any(|top| body.get(top).is_some_and(|value| !is_empty(value)))
}

/// Whether a value has no members.
pub(super) fn has_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The value at a pointer, unless it is empty.
pub(super) fn given<'a>(body: &'a Value, pointer: &str) -> Option<&'a Value> {
    body.pointer(pointer).filter(|value| !is_empty(value))
}

pub(super) fn all(body: &Value, pointers: &[&str]) -> Map<String, Value> {
    let found = pointers
        .iter()
        .filter_map(|at| Some(((*at).to_owned(), given(body, at)?.clone())));
    found.collect()
}

/// The name of the argument that sets the property at a pointer.
pub(super) fn argument(args: &[Arg], pointer: &str) -> String {
    let named = args.iter().filter_map(|arg| match arg.at {
        ArgTarget::Body(at) => {
            let below = pointer.strip_prefix(at)?;
            (below.is_empty() || below.starts_with('/')).then_some((at.len(), arg.name, below))
        }
        _ => None,
    });
    let (name, below) = match named.max_by_key(|(length, ..)| *length) {
        Some((_, name, below)) => (name, below),
        None if args.is_empty() => ("body", pointer),
        None => ("", pointer),
    };
    let path = below
        .split('/')
        .skip(1)
        .fold(name.to_owned(), |path, segment| {
            match segment.parse::<usize>() {
                Ok(index) => format!("{path}[{index}]"),
                Err(_) => format!("{path}.{segment}"),
            }
        });
    path.trim_start_matches('.').to_owned()
}
