//! The names that a tool has for parts of a body, understood where such a body stands inside an
//! argument of another tool: whole, or as what overrides a part of one that exists.

use bytes::Bytes;
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::{body, value::named_value};
use crate::{
    api::{Api, Failure, Token},
    bounds::{ARGUMENTS, Bounds, MOST_ARGUMENTS},
    catalog::{Action, Request, Tool, find},
    faults::{ArgumentError, Faults, Path},
    model::{Arg, At, Overrides},
    result::Look,
};

/// The arguments of the other tool whose names differ from those of their places.
fn names(like: &'static str) -> impl Iterator<Item = (&'static Tool, &'static Arg, &'static str)> {
    find(like).into_iter().flat_map(|tool| {
        tool.args.iter().filter_map(move |arg| match arg.at {
            At::Body(at) if at.strip_prefix('/') != Some(arg.name) => Some((tool, arg, at)),
            _ => None,
        })
    })
}

/// Moves values given under such a name to their place in a complete body, and adds the
/// defaults of the object around them.
pub(super) fn understand(
    like: &'static str,
    path: Path<'_>,
    value: &mut Value,
    left: &mut Bounds,
    faults: &mut Faults,
) {
    misplaced(like, path, value, faults);
    let mut tops = Vec::new();
    for (tool, arg, at) in names(like) {
        let Some(given) = take(value, arg.name) else {
            continue;
        };
        tops.extend(at.split('/').nth(1));
        let placed = named_value(tool, arg, given, left).map(|given| {
            given.map(|given| {
                let conflict = put(value, arg, at, given);
                conflict.map_err(|it| it.of(&Path::Key(&path, arg.name).to_string()))
            })
        });
        match placed {
            Ok(None | Some(Ok(()))) => {}
            Ok(Some(Err(conflict))) => faults.add(|| conflict),
            Err(wrong) => faults.extend(
                wrong
                    .into_iter()
                    .map(|error| error.below(&path.to_string()))
                    .collect(),
            ),
        }
    }
    for (_, arg, at) in names(like).filter(|(_, _, at)| {
        // The argument that stands for the whole of what was filled in part.
        at.strip_prefix('/').is_some_and(|top| tops.contains(&top))
    }) {
        let default = arg.default.and_then(|json| serde_json::from_str(json).ok());
        if let Some(default) = default.filter(|default| body::is_free(value, at, default)) {
            // Nothing stands there, so nothing can be contradicted.
            let _ = put(value, arg, at, default);
        }
    }
}

fn put(value: &mut Value, arg: &Arg, at: &str, given: Value) -> Result<(), body::Conflict> {
    body::place(value, at, given)?;
    arg.constants.iter().try_for_each(|(at, json)| {
        body::place(value, at, serde_json::from_str(json).unwrap_or_default())
    })
}

fn take(value: &mut Value, name: &str) -> Option<Value> {
    let given = value.as_object_mut()?.shift_remove(name)?;
    (!given.is_null()).then_some(given)
}

/// The places of overrides in a body, as pointers.
fn places(body: &Value, over: &Overrides) -> Vec<String> {
    let mut found = Vec::new();
    for at in over.at {
        match at.split_once("/*") {
            None => found.push((*at).to_owned()),
            Some((list, rest)) => {
                let items = body.pointer(list).and_then(Value::as_array);
                let count = items.map_or(0, Vec::len);
                found.extend((0..count).map(|index| format!("{list}/{index}{rest}")));
            }
        }
    }
    found
}

/// Whether overrides use a name that is not the API's. Such a name without a value is taken out.
fn is_used(over: &Overrides, overrides: &mut Value) -> bool {
    let Some(overrides) = overrides.as_object_mut() else {
        return false;
    };
    let mut used = false;
    for (_, arg, _) in names(over.arguments_of) {
        match overrides.get(arg.name) {
            Some(Value::Null) => {
                overrides.shift_remove(arg.name);
            }
            Some(_) => used = true,
            None => {}
        }
    }
    used
}

/// Why the overrides of a call are not completed.
#[derive(Debug)]
pub(super) enum Incomplete {
    Arguments(Vec<ArgumentError>),
    Unread(Failure),
}

/// Completes the overrides of a call that use names of the other tool. The API replaces the
/// whole object that contains them, so the existing one is read first and changed.
pub(super) async fn complete(
    action: &mut Action,
    api: &Api,
    token: &Token,
    deadline: Instant,
) -> Result<Vec<String>, Incomplete> {
    match action.overrides {
        Some(over) => overrides(over, action.request.body_mut(), api, token, deadline).await,
        None => Ok(Vec::new()),
    }
}

async fn overrides(
    over: &Overrides,
    body: &mut Value,
    api: &Api,
    token: &Token,
    deadline: Instant,
) -> Result<Vec<String>, Incomplete> {
    let mut places = places(body, over);
    refuse_misplaced(over, body, &places)?;
    places.retain(|at| body.pointer_mut(at).is_some_and(|it| is_used(over, it)));
    if places.is_empty() {
        return Ok(Vec::new());
    }
    let used = used(over, body, &places);
    let has = |at: &&&str| body.pointer(at).is_some_and(|value| !value.is_null());
    if over.ambiguous.iter().any(|at| has(&at)) {
        let errors = places.iter().take(10).map(|at| {
            let reason = format!(
                "these names belong to one assistant, but several speak here; give {} instead",
                over.alternative
            );
            ArgumentError::new(dotted(at), reason)
        });
        return Err(Incomplete::Arguments(errors.collect()));
    }
    let whole = match body.pointer(over.inline).filter(|it| it.is_object()) {
        Some(whole) => whole.clone(),
        None => match body.pointer(over.id).and_then(Value::as_str) {
            Some(id) => read(over, id.trim(), api, token, deadline)
                .await
                .map_err(Incomplete::Unread)?,
            None => Value::Null,
        },
    };
    let size = serde_json::to_vec(&whole).map_or(0, |json| json.len());
    if places.len() > 1 && size.saturating_mul(places.len()) > ARGUMENTS.bytes {
        let reason = "is too large to be changed for each of them; use variables instead";
        let at = places.first().map(|at| dotted(at)).unwrap_or_default();
        return Err(Incomplete::Arguments(vec![ArgumentError::new(at, reason)]));
    }
    let mut faults = Faults::default();
    let mut left = ARGUMENTS;
    for at in places {
        if let Some(overrides) = body.pointer_mut(&at) {
            change(
                over,
                &dotted(&at),
                overrides,
                &whole,
                &mut left,
                &mut faults,
            );
        }
    }
    faults.or(used).map_err(Incomplete::Arguments)
}

/// The names that are used, of the first places.
fn used(over: &Overrides, body: &Value, places: &[String]) -> Vec<String> {
    let places = places.iter().take(MOST_ARGUMENTS);
    let used = places.flat_map(|at| {
        let value = body.pointer(at);
        let given = move |name| value.is_some_and(|value| value.get(name).is_some());
        let used = names(over.arguments_of).filter(move |(_, arg, _)| given(arg.name));
        used.map(|(_, arg, _)| format!("{}.{}", dotted(at), arg.name))
    });
    used.collect()
}

/// Refuses names that belong elsewhere, and says where.
fn refuse_misplaced(over: &Overrides, body: &Value, places: &[String]) -> Result<(), Incomplete> {
    let mut faults = Faults::default();
    for at in places {
        if let Some(value) = body.pointer(at) {
            misplaced(
                over.arguments_of,
                Path::Top(&dotted(at)),
                value,
                &mut faults,
            );
        }
    }
    faults.or(()).map_err(Incomplete::Arguments)
}

/// The names in a part of a body that the other tool has a hint for.
fn misplaced(like: &'static str, path: Path<'_>, value: &Value, faults: &mut Faults) {
    let hints = find(like).into_iter().flat_map(|tool| tool.hints);
    for (name, hint) in hints.filter(|(name, _)| value.get(name).is_some_and(|it| !it.is_null())) {
        faults.add(|| {
            let reason = format!("is not known here; use {hint}");
            ArgumentError::new(Path::Key(&path, name).to_string(), reason)
        });
    }
}

/// Writes the given values into the existing object, or into the overrides of it.
fn change(
    over: &Overrides,
    told: &str,
    overrides: &mut Value,
    whole: &Value,
    left: &mut Bounds,
    faults: &mut Faults,
) {
    let mut given = Map::new();
    for (tool, arg, at) in names(over.arguments_of) {
        let Some(value) = take(overrides, arg.name) else {
            continue;
        };
        match named_value(tool, arg, value, left) {
            Ok(Some(value)) => {
                given.insert(at.to_owned(), value);
            }
            Ok(None) => {}
            Err(wrong) => {
                faults.extend(wrong.into_iter().map(|error| error.below(told)).collect());
            }
        }
    }
    // What stands in another comes after it.
    let mut given: Vec<_> = given.into_iter().collect();
    given.sort_by_key(|(at, _)| at.matches('/').count());
    for (at, value) in given {
        let Some(top) = at.split('/').nth(1) else {
            continue;
        };
        if overrides.get(top).is_none_or(Value::is_null)
            && let (Some(overrides), Some(existing)) = (overrides.as_object_mut(), whole.get(top))
        {
            overrides.insert(top.to_owned(), existing.clone());
        }
        replace(overrides, &at, value, over.arguments_of);
    }
}

/// Sets a value; members of an object are set one by one. In a list, the element that has the
/// argument's constants is set, or a new one is added.
fn replace(here: &mut Value, at: &str, value: Value, like: &'static str) {
    let constants = || {
        let beside = names(like).find(|(_, _, place)| *place == at);
        let beside = beside.into_iter().flat_map(|(_, arg, _)| arg.constants);
        beside.filter_map(|(place, json)| {
            let key = place.rsplit('/').next()?;
            Some((key, serde_json::from_str::<Value>(json).ok()?))
        })
    };
    if let Some((list, key)) = at.split_once("/0/") {
        let mut items = match here.pointer_mut(list).map(Value::take) {
            Some(Value::Array(items)) => items,
            _ => Vec::new(),
        };
        let is_same = |item: &Value| constants().all(|(key, value)| item.get(key) == Some(&value));
        let mut item = match items.iter().position(is_same) {
            Some(index) => items.remove(index),
            None => Value::Object(Map::new()),
        };
        if let Some(item) = item.as_object_mut() {
            item.insert(key.to_owned(), value);
            for (key, value) in constants() {
                item.insert(key.to_owned(), value);
            }
        }
        items.insert(0, item);
        set(here, list, Value::Array(items));
        return;
    }
    match (here.pointer_mut(at), value) {
        (Some(Value::Object(existing)), Value::Object(value)) => existing.extend(value),
        (_, value) => set(here, at, value),
    }
}

/// Sets a value at a pointer of plain keys; objects on the way are made.
fn set(here: &mut Value, at: &str, value: Value) {
    let mut here = here;
    for key in at.split('/').skip(1) {
        if !here.is_object() {
            *here = Value::Object(Map::new());
        }
        let Value::Object(map) = here else {
            return;
        };
        here = map.entry(key).or_insert(Value::Null);
    }
    *here = value;
}

/// The object with this id from the API.
async fn read(
    over: &Overrides,
    id: &str,
    api: &Api,
    token: &Token,
    deadline: Instant,
) -> Result<Value, Failure> {
    let Some((tool, parameter)) = find(over.show_tool.tool).and_then(|tool| {
        let arg = tool
            .args
            .iter()
            .find(|arg| arg.name == over.show_tool.arg)?;
        match arg.at {
            At::Path(parameter) => Some((tool, parameter)),
            At::Query(_) | At::Body(_) | At::Filter(_) | At::Search(_) => None,
        }
    }) else {
        return Ok(Value::Null);
    };
    let mut action = Action::of(tool);
    action.request = Request::new(vec![(parameter, Value::from(id))], Map::new());
    let sent = api.send(token, action.effect, deadline, |client| {
        action.sending(client)
    });
    let body: Bytes = sent.await?;
    // Only what may be changed is kept: the rest is large.
    let answer = Look::of(&body);
    let mut whole = Map::new();
    for (_, _, at) in names(over.arguments_of) {
        let Some(top) = at.split('/').nth(1) else {
            continue;
        };
        let found = answer
            .raw(&format!("/{top}"))
            .and_then(|raw| serde_json::from_slice::<Value>(raw).ok());
        if let Some(found) = found {
            whole.insert(top.to_owned(), found);
        }
    }
    Ok(Value::Object(whole))
}

/// A pointer as an argument: `customers[0].assistantOverrides`.
fn dotted(pointer: &str) -> String {
    let segments = pointer.split('/').skip(1);
    segments.fold(String::new(), |path, segment| {
        if segment.parse::<usize>().is_ok() {
            format!("{path}[{segment}]")
        } else if path.is_empty() {
            segment.to_owned()
        } else {
            format!("{path}.{segment}")
        }
    })
}

/// A message of the API, with the names of arguments instead of properties.
pub(super) fn in_own_names(action: &Action, given: &[String], words: &str) -> String {
    let mut known: Vec<(String, String)> = Vec::new();
    for arg in action.args {
        let At::Body(at) = arg.at else {
            continue;
        };
        let place = at.trim_start_matches('/').replace('/', ".");
        if place != arg.name && given.iter().any(|name| name == arg.name) {
            known.push((place.clone(), arg.name.to_owned()));
        }
        let inner = arg.arguments_of.into_iter().flat_map(names);
        for (_, inner, at) in inner {
            let name = format!("{}.{}", arg.name, inner.name);
            if given.contains(&name) {
                known.push((format!("{place}{}", at.replace('/', ".")), name));
            }
        }
    }
    for name in given {
        let inner = action
            .overrides
            .into_iter()
            .flat_map(|over| names(over.arguments_of));
        for (_, inner, at) in inner {
            let outer = name.strip_suffix(inner.name);
            if let Some(outer) = outer.and_then(|outer| outer.strip_suffix('.')) {
                let outer = outer.replace('[', ".").replace(']', "");
                known.push((format!("{outer}{}", at.replace('/', ".")), name.clone()));
            }
        }
    }
    known.sort_by_key(|(place, _)| std::cmp::Reverse(place.len()));
    known.iter().fold(words.to_owned(), |words, (place, name)| {
        exchanged(&words, place, name)
    })
}

/// The text with one dotted name in the place of another, where that stands by itself.
fn exchanged(text: &str, place: &str, name: &str) -> String {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-');
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(place) {
        let starts = !out.ends_with(is_part) || !before.is_empty();
        let starts = starts && !before.ends_with(is_part);
        let ends = !after.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '-'));
        out.push_str(before);
        out.push_str(if starts && ends { name } else { place });
        rest = after;
    }
    out.push_str(rest);
    out
}
