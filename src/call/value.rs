//! The value of one argument: safe conversions, and values that are always wrong.

use std::{collections::HashMap, sync::LazyLock};

use serde_json::{Map, Number, Value};

use super::{
    body,
    decode::{self, whole},
};
use crate::{
    bounds::{Bounds, Unfit, grouped},
    catalog::{TOOLS, Tool},
    faults::{ArgumentError, Faults, Path},
    model::{Arg, At},
    number::is_number,
    time::{is_iso_8601, written},
};

/// Text that becomes part of an address is no longer than this, in bytes.
const LONGEST_PARAMETER: usize = 2_000;

/// The value of an argument of this tool that is given inside one of another.
pub(super) fn named_value(
    tool: &Tool,
    arg: &Arg,
    value: Value,
    left: &mut Bounds,
) -> Result<Option<Value>, Vec<ArgumentError>> {
    let schema = schemas(tool).and_then(|schemas| schemas.get(arg.name));
    checked(tool, arg, value, schema, left)
}

/// The argument's value as it is sent; `None` if it counts as not given. Strings that hold JSON
/// take from `left` what they hold.
pub(super) fn checked(
    tool: &Tool,
    arg: &Arg,
    value: Value,
    schema: Option<&Value>,
    left: &mut Bounds,
) -> Result<Option<Value>, Vec<ArgumentError>> {
    let one = |reason: String| vec![ArgumentError::new(arg.name, reason)];
    let mut value = meant(arg.name, value, schema, left);
    if let (Value::String(text), true) = (&value, arg.json_string) {
        if let Err(excess @ Unfit::Excess(_)) = left.check(text) {
            return Err(one(excess.to_string()));
        }
        value = serde_json::from_str(text).map_err(|error| {
            one(format!(
                "is a string that is not valid JSON ({error}); give an object"
            ))
        })?;
    }
    if let At::Body(pointer) = arg.at
        && !matches!(value, Value::String(_))
    {
        decode::decode(tool, pointer, &mut value, left);
    }
    for pointer in arg.omit_empty {
        if pointer.is_empty() {
            if is_empty(&value) {
                return Ok(None);
            }
        } else if value.pointer(pointer).is_some_and(is_empty) {
            body::remove(&mut value, pointer);
        }
    }
    let mut faults = Faults::default();
    if let Some(schema) = schema {
        check_type(&value, schema, Path::Top(arg.name), &mut faults);
    }
    if faults.is_empty() {
        let reason = match (&arg.at, &mut value) {
            (At::Path(_) | At::Query(_) | At::Filter(_), Value::String(text))
                if text.len() > LONGEST_PARAMETER =>
            {
                Some(format!(
                    "is longer than {} bytes",
                    grouped(LONGEST_PARAMETER)
                ))
            }
            (At::Path(_), Value::String(id)) => {
                *id = id.trim().to_owned();
                bad_id(id)
            }
            (_, Value::String(text)) if arg.date_time => bad_time(text),
            (_, Value::String(id)) if arg.name.ends_with("Id") => {
                *id = id.trim().to_owned();
                None
            }
            (At::Query(name), Value::Number(number)) => {
                // The client's setter takes integers as such.
                if let Some(whole) = whole(number) {
                    *number = Number::from(whole);
                }
                let rows = tool.view.page.is_some_and(|page| page.limit == *name);
                (rows && number.as_f64() < Some(1.0)).then(|| no_rows(arg))
            }
            _ => None,
        };
        if let Some(reason) = reason {
            faults.add(|| ArgumentError::new(arg.name, reason));
        }
    }
    faults.or(Some(value))
}

/// Why a list is not asked for less than one row.
fn no_rows(arg: &Arg) -> String {
    let otherwise = arg.default.map_or_else(String::new, |default| {
        format!("; leave it out for {default} rows")
    });
    format!("must be 1 or more{otherwise}")
}

/// The value that was certainly meant by an argument: models write objects, lists, numbers and
/// booleans as strings that hold them, and texts of digits as integers. A string that holds more
/// than is left of the bounds stays one.
pub(super) fn meant(name: &str, value: Value, schema: Option<&Value>, left: &mut Bounds) -> Value {
    let wanted = schema
        .and_then(|schema| schema.get("type"))
        .and_then(Value::as_str);
    if wanted == Some("array")
        && let Some(words) = words_of_list(&value, schema)
    {
        return words;
    }
    match (&value, wanted) {
        (Value::Number(number), Some("string")) if !is_number(name) => {
            whole(number).map_or(value, |whole| Value::from(whole.to_string()))
        }
        (Value::String(text), Some(wanted @ ("object" | "array"))) => {
            let most = *left;
            decode::read(text, wanted == "object", wanted == "array", most, left).unwrap_or(value)
        }
        (Value::String(text), Some(wanted)) if wanted != "string" && left.check(text).is_ok() => {
            match (wanted, serde_json::from_str::<Value>(text.trim())) {
                ("integer" | "number", Ok(read @ Value::Number(_)))
                | ("boolean", Ok(read @ Value::Bool(_))) => read,
                _ => value,
            }
        }
        _ => value,
    }
}

/// The list that is meant by a text of the words that it may hold: one, or several with commas between
/// them.
fn words_of_list(value: &Value, schema: Option<&Value>) -> Option<Value> {
    let known = schema?.pointer("/items/enum")?.as_array()?;
    let words = value.as_str()?.split(',').map(str::trim);
    let words: Option<Vec<_>> = words
        .map(|word| known.iter().find(|known| *known == word).cloned())
        .collect();
    words.map(Value::Array)
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

/// Compares JSON types wherever the schema describes them.
pub(super) fn check_type(value: &Value, schema: &Value, path: Path<'_>, faults: &mut Faults) {
    let Some(wanted) = schema.get("type").and_then(Value::as_str) else {
        return;
    };
    match (wanted, value) {
        ("object", Value::Object(map)) => {
            let properties = schema.get("properties");
            for (key, value) in map.iter().filter(|(_, value)| !value.is_null()) {
                if let Some(schema) = properties.and_then(|properties| properties.get(key)) {
                    check_type(value, schema, Path::Key(&path, key), faults);
                }
            }
        }
        ("array", Value::Array(items)) => {
            if let Some(schema) = schema.get("items") {
                for (index, value) in items.iter().enumerate() {
                    check_type(value, schema, Path::Index(&path, index), faults);
                }
            }
        }
        ("string", Value::String(_))
        | ("boolean", Value::Bool(_))
        | ("number", Value::Number(_)) => {}
        ("integer", Value::Number(number)) if whole(number).is_some() => {}
        (wanted, given) => faults.add(|| {
            let reason = format!(
                "must be {}{}, and {} was given",
                with_article(wanted),
                of_words(schema),
                kind(given)
            );
            ArgumentError::new(path.to_string(), reason)
        }),
    }
}

/// The words that a list may hold, where the schema names them.
fn of_words(schema: &Value) -> String {
    let words = schema.pointer("/items/enum").and_then(Value::as_array);
    let words: Vec<_> = words
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    match words.as_slice() {
        [] => String::new(),
        words => format!(" of {}", words.join(", ")),
    }
}

fn with_article(kind: &str) -> String {
    let article = if kind.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    };
    format!("{article} {kind}")
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// Why this text is no path segment of its own.
fn bad_id(id: &str) -> Option<String> {
    if id.is_empty() {
        return Some("must not be empty".to_owned());
    }
    let leads_away =
        id == "." || id == ".." || id.contains(['/', '\\']) || id.contains(char::is_control);
    leads_away.then(|| {
        "must be an id, such as a UUID; this would change the path of the request".to_owned()
    })
}

fn bad_time(text: &str) -> Option<String> {
    (!is_iso_8601(text)).then(|| {
        format!(
            "is not a valid ISO 8601 time; use the form 2027-03-25T22:39:27Z; it is now {}",
            written(chrono::Utc::now())
        )
    })
}

/// The constants of the table are JSON by construction.
pub(super) fn constant(json: &str) -> Value {
    serde_json::from_str(json).unwrap_or_default()
}

/// The schemas of a tool's arguments, by name.
pub fn schemas(tool: &Tool) -> Option<&'static Map<String, Value>> {
    static FACES: LazyLock<HashMap<&str, Value>> = LazyLock::new(|| {
        TOOLS
            .iter()
            .map(|tool| (tool.name, constant(tool.face)))
            .collect()
    });
    FACES
        .get(tool.name)?
        .pointer("/inputSchema/properties")?
        .as_object()
}
