//! Completes overrides that use argument names of another tool. An override replaces a whole
//! object, so the existing object is read first, and the override becomes a changed copy.

use bytes::Bytes;
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::arguments::{
    nested::{refuse_hinted, renamed_arguments, take},
    value::checked,
};
use crate::{
    api::{Api, Failure, Token},
    argument_error::{ArgumentError, ArgumentErrors, ArgumentPath},
    bounds::{ARGUMENTS, Bounds, MAX_ARGUMENTS},
    catalog::{Action, Request, find},
    model::{Arg, ArgTarget, Overrides},
    result::ParsedAnswer,
};

/// The reason why the overrides of a call cannot be completed.
#[derive(Debug)]
pub(super) enum Incomplete {
    Arguments(Vec<ArgumentError>),
    /// The existing object could not be read.
    Unread(Failure),
}

/// Completes the overrides in the body of an action, and returns the argument names that they use.
pub(super) async fn complete(
    action: &mut Action,
    api: &Api,
    token: &Token,
    deadline: Instant,
) -> Result<Vec<String>, Incomplete> {
    let Some(over) = action.overrides else {
        return Ok(Vec::new());
    };
    let body = action.request.body_mut();
    let mut places = places(body, over);
    let mut errors = ArgumentErrors::default();
    for at in &places {
        if let Some(overrides) = body.pointer(at) {
            let path = dotted(at);
            refuse_hinted(
                over.arguments_of,
                ArgumentPath::Top(&path),
                overrides,
                &mut errors,
            );
        }
    }
    errors.or(()).map_err(Incomplete::Arguments)?;
    places.retain(|at| {
        body.pointer_mut(at)
            .is_some_and(|it| uses_arguments(over, it))
    });
    if places.is_empty() {
        return Ok(Vec::new());
    }
    let names = names(over, body, &places);
    refuse_several(over, body, &places)?;
    let existing = existing(over, body, api, token, deadline).await?;
    refuse_large(&existing, &places)?;
    let mut errors = ArgumentErrors::default();
    let mut left = ARGUMENTS;
    for at in places {
        if let Some(overrides) = body.pointer_mut(&at) {
            let path = dotted(&at);
            override_with(over, &path, overrides, &existing, &mut left, &mut errors);
        }
    }
    errors.or(names).map_err(Incomplete::Arguments)
}

/// The pointers to all overrides in a body.
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

/// Whether overrides use argument names instead of names of the API. Such names without a value are
/// removed.
fn uses_arguments(over: &Overrides, overrides: &mut Value) -> bool {
    let Some(overrides) = overrides.as_object_mut() else {
        return false;
    };
    let mut used = false;
    for (_, arg, _) in renamed_arguments(over.arguments_of) {
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

/// The argument names that overrides use.
fn names(over: &Overrides, body: &Value, places: &[String]) -> Vec<String> {
    let places = places.iter().take(MAX_ARGUMENTS);
    let names = places.flat_map(|at| {
        let overrides = body.pointer(at);
        let has = move |name| overrides.is_some_and(|overrides| overrides.get(name).is_some());
        let used = renamed_arguments(over.arguments_of).filter(move |(_, arg, _)| has(arg.name));
        used.map(|(_, arg, _)| format!("{}.{}", dotted(at), arg.name))
    });
    names.collect()
}

/// Refuses the names if the call has several objects, because it is not clear to which of them the
/// overrides apply.
fn refuse_several(over: &Overrides, body: &Value, places: &[String]) -> Result<(), Incomplete> {
    let has = |at: &&&str| body.pointer(at).is_some_and(|value| !value.is_null());
    if !over.ambiguous.iter().any(|at| has(&at)) {
        return Ok(());
    }
    let errors = places.iter().take(10).map(|at| {
        let reason = format!(
            "these names apply to one assistant, but this call has several; give {} instead",
            over.alternative
        );
        ArgumentError::new(dotted(at), reason)
    });
    Err(Incomplete::Arguments(errors.collect()))
}

/// Refuses to copy a large object for each of many overrides.
fn refuse_large(existing: &Value, places: &[String]) -> Result<(), Incomplete> {
    let size = serde_json::to_vec(existing).map_or(0, |json| json.len());
    if places.len() <= 1 || size.saturating_mul(places.len()) <= ARGUMENTS.bytes {
        return Ok(());
    }
    let reason = "is too large to be copied for each of these overrides; use variables instead";
    let at = places.first().map(|at| dotted(at)).unwrap_or_default();
    Err(Incomplete::Arguments(vec![ArgumentError::new(at, reason)]))
}

/// The object that is overridden: from the body, or read from the API.
async fn existing(
    over: &Overrides,
    body: &Value,
    api: &Api,
    token: &Token,
    deadline: Instant,
) -> Result<Value, Incomplete> {
    if let Some(inline) = body.pointer(over.inline).filter(|it| it.is_object()) {
        return Ok(inline.clone());
    }
    match body.pointer(over.id).and_then(Value::as_str) {
        Some(id) => read(over, id.trim(), api, token, deadline)
            .await
            .map_err(Incomplete::Unread),
        None => Ok(Value::Null),
    }
}

/// Reads the properties that may be overridden of the object with this id.
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
            ArgTarget::Path(parameter) => Some((tool, parameter)),
            ArgTarget::Query(_)
            | ArgTarget::Header(_)
            | ArgTarget::Body(_)
            | ArgTarget::Filter(_)
            | ArgTarget::Search(_)
            | ArgTarget::File(_) => None,
        }
    }) else {
        return Ok(Value::Null);
    };
    let action = Action {
        request: Request::new(vec![(parameter, Value::from(id))], Map::new()),
        ..Action::of(tool)
    };
    let sent = api.send(token, action.effect, deadline, |client| action.send(client));
    let body: Bytes = sent.await?;
    let answer = ParsedAnswer::of(&body);
    let properties = renamed_arguments(over.arguments_of).filter_map(|(_, _, at)| {
        let property = at.split('/').nth(1)?;
        let raw = answer.raw(&format!("/{property}"))?;
        Some((property.to_owned(), serde_json::from_slice(raw).ok()?))
    });
    Ok(Value::Object(properties.collect()))
}

/// Replaces arguments in overrides by the properties of the existing object, changed according to
/// the arguments.
fn override_with(
    over: &Overrides,
    path: &str,
    overrides: &mut Value,
    existing: &Value,
    left: &mut Bounds,
    errors: &mut ArgumentErrors,
) {
    let mut values = Map::new();
    for (tool, arg, at) in renamed_arguments(over.arguments_of) {
        let Some(value) = take(overrides, arg.name) else {
            continue;
        };
        match checked(tool, arg, value, left) {
            Ok(Some(value)) => {
                values.insert(at.to_owned(), value);
            }
            Ok(None) => {}
            Err(wrong) => errors.extend_below(path, wrong),
        }
    }
    // Outer values first, so that they do not replace nested values.
    let mut values: Vec<_> = values.into_iter().collect();
    values.sort_by_key(|(at, _)| at.matches('/').count());
    for (at, value) in values {
        let Some(property) = at.split('/').nth(1) else {
            continue;
        };
        if overrides.get(property).is_none_or(Value::is_null)
            && let (Some(overrides), Some(existing)) =
                (overrides.as_object_mut(), existing.get(property))
        {
            overrides.insert(property.to_owned(), existing.clone());
        }
        replace(overrides, &at, value, over.arguments_of);
    }
}

/// Sets a value; members of an object are set one by one. In a list, the element that has the
/// argument's constants is set, or a new one is added.
fn replace(object: &mut Value, at: &str, value: Value, tool: &'static str) {
    let arg = renamed_arguments(tool).find(|(_, _, place)| *place == at);
    if let (Some((list, key)), Some((_, arg, _))) = (at.split_once("/0/"), arg) {
        let items = match object.pointer_mut(list).map(Value::take) {
            Some(Value::Array(items)) => items,
            _ => Vec::new(),
        };
        let items = with_element(items, key, value, arg);
        set(object, list, Value::Array(items));
        return;
    }
    match (object.pointer_mut(at), value) {
        (Some(Value::Object(existing)), Value::Object(value)) => existing.extend(value),
        (_, value) => set(object, at, value),
    }
}

/// The list with a value in the element that has the argument's constants, which becomes the first
/// one. If there is none, it is added.
pub(super) fn with_element(
    mut items: Vec<Value>,
    key: &str,
    value: Value,
    arg: &Arg,
) -> Vec<Value> {
    let constants = arg.constants.iter().filter_map(|(place, json)| {
        let key = place.rsplit('/').next()?;
        Some((key, serde_json::from_str::<Value>(json).ok()?))
    });
    let constants: Vec<_> = constants.collect();
    let is_same = |item: &Value| {
        let mut constants = constants.iter();
        constants.all(|(key, value)| item.get(key) == Some(value))
    };
    let mut item = match items.iter().position(is_same) {
        Some(index) => items.remove(index),
        None => Value::Object(Map::new()),
    };
    if let Some(item) = item.as_object_mut() {
        item.insert(key.to_owned(), value);
        for (key, value) in constants {
            item.insert(key.to_owned(), value);
        }
    }
    items.insert(0, item);
    items
}

/// Sets a value at a pointer of plain keys, and creates missing parent objects.
fn set(value: &mut Value, at: &str, new: Value) {
    let mut target = value;
    for key in at.split('/').skip(1) {
        if !target.is_object() {
            *target = Value::Object(Map::new());
        }
        let Value::Object(map) = target else {
            return;
        };
        target = map.entry(key).or_insert(Value::Null);
    }
    *target = new;
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
