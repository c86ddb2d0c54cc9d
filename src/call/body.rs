//! Writing values at JSON pointers into a body, without overwriting anything.

use serde_json::{Map, Value};

use crate::{bounds::excerpt, faults::ArgumentError};

/// Two different values for one place: the keys on the way to it, the last one first.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Conflict {
    pointer: String,
    below: Vec<String>,
}

impl Conflict {
    fn at(pointer: &str) -> Self {
        Self {
            pointer: pointer.to_owned(),
            below: Vec::new(),
        }
    }

    fn under(mut self, key: String) -> Self {
        self.below.push(key);
        self
    }

    /// The error for the argument that was set second.
    pub(super) fn of(self, argument: &str) -> ArgumentError {
        let top = self.pointer.trim_start_matches('/').replace('/', ".");
        let below = self.below.into_iter().rev();
        let place = below.fold(top, |place, key| format!("{place}.{}", excerpt(&key)));
        let place = excerpt(place.trim_start_matches('.'));
        ArgumentError::new(
            argument,
            format!(
                "it and another argument set `{place}` to different values; give only one of them"
            ),
        )
    }
}

/// Writes `value` at `pointer`. Objects are merged with objects; an empty list gives way; anything
/// else meets only its equal. Missing objects and arrays on the way are made.
pub(super) fn place(body: &mut Value, pointer: &str, value: Value) -> Result<(), Conflict> {
    let mut here = body;
    for segment in pointer.split('/').skip(1) {
        here = step(here, segment).ok_or_else(|| Conflict::at(pointer))?;
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
                match here.get_mut(&key) {
                    None => {
                        here.insert(key, value);
                    }
                    Some(here) => merge(here, value, pointer).map_err(|at| at.under(key))?,
                }
            }
        }
        (Value::Array(here), Value::Array(value)) if here.is_empty() => *here = value,
        (Value::Array(_), Value::Array(value)) if value.is_empty() => {}
        (here, value) if *here == value => {}
        _ => {
            return Err(Conflict::at(pointer));
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
