//! Writing values at JSON pointers into a body, without overwriting anything.

use serde_json::{Map, Value};

use crate::{argument_error::ArgumentError, model::Arg, text::excerpt};

/// Two different values for the same property.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Conflict {
    pointer: String,
    /// The keys below the pointer, the deepest first.
    keys: Vec<String>,
}

impl Conflict {
    fn at(pointer: &str) -> Self {
        Self {
            pointer: pointer.to_owned(),
            keys: Vec::new(),
        }
    }

    fn below(mut self, key: String) -> Self {
        self.keys.push(key);
        self
    }

    /// The error for the argument that was set second.
    pub(super) fn error(self, argument: &str) -> ArgumentError {
        let top = self.pointer.trim_start_matches('/').replace('/', ".");
        let keys = self.keys.into_iter().rev();
        let path = keys.fold(top, |path, key| format!("{path}.{}", excerpt(&key)));
        let path = excerpt(path.trim_start_matches('.'));
        ArgumentError::new(
            argument,
            format!(
                "it and another argument set `{path}` to different values; give only one of them"
            ),
        )
    }
}

/// Writes an argument's value, members of it that belong elsewhere, and its constants.
pub(super) fn write_argument(
    body: &mut Value,
    arg: &Arg,
    pointer: &str,
    mut value: Value,
) -> Result<(), Conflict> {
    for (name, at) in arg.moved {
        let member = value.as_object_mut().and_then(|it| it.shift_remove(*name));
        if let Some(member) = member {
            write(body, at, member)?;
        }
    }
    let is_left = arg.moved.is_empty() || value.as_object().is_none_or(|it| !it.is_empty());
    if is_left {
        write(body, pointer, value)?;
    }
    arg.constants
        .iter()
        .try_for_each(|(pointer, json)| write(body, pointer, constant(json)))
}

/// A constant of the tool table, which is JSON by construction.
pub(super) fn constant(json: &str) -> Value {
    serde_json::from_str(json).unwrap_or_default()
}

/// Writes `value` at `pointer` and creates missing parent objects and arrays. Objects are merged;
/// an empty array is replaced; any other existing value must be equal.
fn write(body: &mut Value, pointer: &str, value: Value) -> Result<(), Conflict> {
    let mut target = body;
    for segment in pointer.split('/').skip(1) {
        target = child(target, segment).ok_or_else(|| Conflict::at(pointer))?;
    }
    merge(target, value, pointer)
}

/// The child of a value, which is created if it is missing. An array grows by at most one element.
fn child<'a>(parent: &'a mut Value, segment: &str) -> Option<&'a mut Value> {
    let index = segment.parse::<usize>().ok();
    if parent.is_null() {
        *parent = match index {
            Some(_) => Value::Array(Vec::new()),
            None => Value::Object(Map::new()),
        };
    }
    match (parent, index) {
        (Value::Array(items), Some(index)) => {
            if index == items.len() {
                items.push(Value::Null);
            }
            items.get_mut(index)
        }
        (Value::Object(map), _) => Some(map.entry(segment).or_insert(Value::Null)),
        _ => None,
    }
}

fn merge(target: &mut Value, value: Value, pointer: &str) -> Result<(), Conflict> {
    match (target, value) {
        (target @ Value::Null, value) => *target = value,
        (Value::Object(target), Value::Object(value)) => {
            for (key, value) in value {
                match target.get_mut(&key) {
                    None => {
                        target.insert(key, value);
                    }
                    Some(target) => {
                        merge(target, value, pointer).map_err(|conflict| conflict.below(key))?;
                    }
                }
            }
        }
        (Value::Array(target), Value::Array(value)) if target.is_empty() => *target = value,
        (Value::Array(_), Value::Array(value)) if value.is_empty() => {}
        (target, value) if *target == value => {}
        _ => {
            return Err(Conflict::at(pointer));
        }
    }
    Ok(())
}

/// Whether `default` may be written at `pointer`: if there is no value, null, or an object without
/// any of its keys. Parent arrays must be empty, because defaults are not added to a given list.
pub(super) fn is_free(body: &Value, pointer: &str, default: &Value) -> bool {
    let mut target = body;
    for segment in pointer.split('/').skip(1) {
        match target {
            Value::Object(map) => match map.get(segment) {
                Some(next) => target = next,
                None => return true,
            },
            Value::Array(items) => return items.is_empty(),
            other => return other.is_null(),
        }
    }
    match (target, default) {
        (Value::Null, _) => true,
        (Value::Object(target), Value::Object(default)) => {
            !default.keys().any(|key| target.contains_key(key))
        }
        _ => false,
    }
}

/// Writes `value` at `pointer` if there is none.
pub(super) fn fill(body: &mut Value, pointer: &str, value: Value) {
    if is_free(body, pointer, &value) {
        // There is no value at the pointer, so there is no conflict.
        let _ = write(body, pointer, value);
    }
}

/// Adds a text to the list at `pointer`, unless the list has it.
pub(super) fn append(body: &mut Value, pointer: &str, text: &str) {
    if let Some(Value::Array(items)) = body.pointer_mut(pointer)
        && !items.iter().any(|item| item == text)
    {
        items.push(Value::from(text));
    }
}

/// Removes the value at `pointer`.
pub(super) fn remove(value: &mut Value, pointer: &str) {
    if let Some((parent, key)) = pointer.rsplit_once('/')
        && let Some(Value::Object(map)) = value.pointer_mut(parent)
    {
        map.shift_remove(key);
    }
}
