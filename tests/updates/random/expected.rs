//! What a change must make of an object, computed without the code under test.

use serde_json::Value;

/// Whether a value consists only of removals.
fn removes_only(value: &Value) -> bool {
    match value {
        Value::Object(members) => !members.is_empty() && members.values().all(removes_only),
        value => value.is_null(),
    }
}

/// What an object must be after a change: a null removes, a list replaces, objects are merged.
pub(super) fn merged(stored: &Value, change: &Value) -> Value {
    let (Value::Object(stored_members), Value::Object(members)) = (stored, change) else {
        return match change {
            Value::Object(members) => {
                let members = members.iter().filter(|(_, value)| !removes_only(value));
                let members =
                    members.map(|(key, value)| (key.clone(), merged(&Value::Null, value)));
                Value::Object(members.collect())
            }
            value => value.clone(),
        };
    };
    let mut result = stored_members.clone();
    for (key, value) in members {
        match (result.get(key), value) {
            (_, Value::Null) => drop(result.shift_remove(key)),
            (Some(old @ Value::Object(_)), value) => {
                let new = merged(old, value);
                result.insert(key.clone(), new);
            }
            (_, value) if removes_only(value) => {}
            (_, value) => drop(result.insert(key.clone(), merged(&Value::Null, value))),
        }
    }
    Value::Object(result)
}

/// Whether a stored member contains a value that is hidden and that the change does not give.
pub(super) fn loses_hidden(stored: &Value, change: &Value) -> bool {
    match (stored, change) {
        (_, Value::Null) => false,
        (Value::Object(members), Value::Object(change)) => members.iter().any(|(key, value)| {
            let given = change.get(key).unwrap_or(&Value::Bool(false));
            match value {
                Value::String(_) if key == "secret" => !change.contains_key(key),
                value => loses_hidden(value, given),
            }
        }),
        // Something that the change does not contain.
        (stored, Value::Bool(false)) => stored.to_string().contains("\"secret\":"),
        _ => false,
    }
}
