//! Writing values at JSON pointers into a body, without overwriting anything.

use serde_json::{Map, Value};

use super::arguments::ArgumentError;

/// Two different values for one place.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Conflict {
    pointer: String,
}

impl Conflict {
    /// As an error of the argument that came second.
    pub(super) fn of(self, argument: &str) -> ArgumentError {
        let place = self.pointer.trim_start_matches('/').replace('/', ".");
        ArgumentError::new(
            argument,
            format!("it and another argument give `{place}` different values; give one of them"),
        )
    }
}

/// Writes `value` at `pointer`. Objects are merged with objects; an empty list gives way; anything
/// else meets only its equal. Missing objects and arrays on the way are made.
pub(super) fn place(body: &mut Value, pointer: &str, value: Value) -> Result<(), Conflict> {
    let mut here = body;
    for segment in pointer.split('/').skip(1) {
        let conflict = || Conflict {
            pointer: pointer.to_owned(),
        };
        here = step(here, segment).ok_or_else(conflict)?;
    }
    merge(here, value, pointer)
}

/// The place of a segment, made where it is missing. An array grows by one element at the most.
fn step<'a>(here: &'a mut Value, segment: &str) -> Option<&'a mut Value> {
    let index = segment.parse::<usize>().ok();
    if here.is_null() {
        *here = match index {
            Some(_) => Value::Array(Vec::new()),
            None => Value::Object(Map::new()),
        };
    }
    match (here, index) {
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

fn merge(here: &mut Value, value: Value, pointer: &str) -> Result<(), Conflict> {
    match (here, value) {
        (here @ Value::Null, value) => *here = value,
        (Value::Object(here), Value::Object(value)) => {
            for (key, value) in value {
                let below = format!("{pointer}/{key}");
                merge(here.entry(key).or_insert(Value::Null), value, &below)?;
            }
        }
        (Value::Array(here), Value::Array(value)) if here.is_empty() => *here = value,
        (Value::Array(_), Value::Array(value)) if value.is_empty() => {}
        (here, value) if *here == value => {}
        _ => {
            return Err(Conflict {
                pointer: pointer.to_owned(),
            });
        }
    }
    Ok(())
}

/// Whether nothing stands at `pointer` yet that `default` would speak for: no value, null, or an
/// object that shares no key with it. A list on the way is taken as a whole: who fills one has said
/// what is in it.
pub(super) fn is_free(body: &Value, pointer: &str, default: &Value) -> bool {
    let mut here = body;
    for segment in pointer.split('/').skip(1) {
        match here {
            Value::Object(map) => match map.get(segment) {
                Some(next) => here = next,
                None => return true,
            },
            Value::Array(items) => return items.is_empty(),
            here => return here.is_null(),
        }
    }
    match (here, default) {
        (Value::Null, _) => true,
        (Value::Object(here), Value::Object(default)) => {
            !default.keys().any(|key| here.contains_key(key))
        }
        _ => false,
    }
}

/// Takes away what stands at `pointer`.
pub(super) fn remove(value: &mut Value, pointer: &str) {
    if let Some((parent, key)) = pointer.rsplit_once('/')
        && let Some(Value::Object(map)) = value.pointer_mut(parent)
    {
        map.shift_remove(key);
    }
}
