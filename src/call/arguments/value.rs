//! The value of one argument: safe conversions, and checks for values that are never valid.

use std::{collections::HashMap, sync::LazyLock};

use serde_json::{Map, Number, Value};

use super::{
    body,
    coerce::{self, as_integer},
};
use crate::{
    argument_error::{ArgumentError, ArgumentErrors, ArgumentPath},
    bounds::{Bounds, BoundsError},
    catalog::{TOOLS, Tool},
    model::{Arg, ArgTarget},
    number::is_phone_key,
    text::grouped,
    time::{format_utc, is_iso_8601},
};

/// Maximum number of bytes of a text that becomes part of the URL.
const MAX_PARAMETER: usize = 2_000;

/// The argument's value as it is sent; `None` if it counts as not given. JSON in strings counts
/// towards `left`.
pub(crate) fn checked(
    tool: &Tool,
    arg: &Arg,
    value: Value,
    left: &mut Bounds,
) -> Result<Option<Value>, Vec<ArgumentError>> {
    let schema = schemas(tool).and_then(|schemas| schemas.get(arg.name));
    let one = |reason: String| vec![ArgumentError::new(arg.name, reason)];
    let mut value = coerced(arg.name, value, schema, left);
    if let (Value::String(text), true) = (&value, arg.json_string) {
        if let Err(excess @ BoundsError::Excess(_)) = left.check(text) {
            return Err(one(excess.to_string()));
        }
        value = serde_json::from_str(text).map_err(|error| {
            one(format!(
                "is a string that is not valid JSON ({error}); give an object"
            ))
        })?;
    }
    if let ArgTarget::Body(pointer) = arg.at
        && !matches!(value, Value::String(_))
    {
        coerce::coerce(tool, pointer, &mut value, left);
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
    let mut errors = ArgumentErrors::default();
    if let Some(schema) = schema {
        check_type(&value, schema, ArgumentPath::Top(arg.name), &mut errors);
    }
    if errors.is_empty() {
        let reason = match (&arg.at, &mut value) {
            (
                ArgTarget::Path(_)
                | ArgTarget::Query(_)
                | ArgTarget::Header(_)
                | ArgTarget::Filter(_),
                Value::String(text),
            ) if text.len() > MAX_PARAMETER => {
                Some(format!("is longer than {} bytes", grouped(MAX_PARAMETER)))
            }
            (ArgTarget::Path(_), Value::String(id)) => {
                *id = id.trim().to_owned();
                bad_id(id)
            }
            (ArgTarget::Header(_), Value::String(text)) if !is_header(text) => {
                Some("contains characters that no header may have".to_owned())
            }
            (_, Value::String(text)) if arg.date_time => bad_time(text),
            (_, Value::String(id)) if arg.name.ends_with("Id") => {
                *id = id.trim().to_owned();
                None
            }
            (ArgTarget::Query(name), Value::Number(number)) => {
                // The generated client's setters take integers, not `20.0`.
                if let Some(integer) = as_integer(number) {
                    *number = Number::from(integer);
                }
                let is_limit = tool.view.page.is_some_and(|page| page.limit == *name);
                (is_limit && number.as_f64() < Some(1.0)).then(|| limit_too_small(arg))
            }
            _ => None,
        };
        if let Some(reason) = reason {
            errors.add(|| ArgumentError::new(arg.name, reason));
        }
    }
    errors.or(Some(value))
}

/// Whether a text can be the value of a header: printable ASCII.
fn is_header(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// The error for a limit of less than one row.
fn limit_too_small(arg: &Arg) -> String {
    let default = arg.default.map_or_else(String::new, |default| {
        format!("; leave it out for {default} rows")
    });
    format!("must be 1 or more{default}")
}

/// The unambiguous conversion of an argument to its type: models write objects, arrays, numbers and
/// booleans as strings, and strings of digits as integers. A string whose JSON exceeds `left` is
/// not converted.
pub(crate) fn coerced(
    name: &str,
    value: Value,
    schema: Option<&Value>,
    left: &mut Bounds,
) -> Value {
    let expected = schema
        .and_then(|schema| schema.get("type"))
        .and_then(Value::as_str);
    if expected == Some("array")
        && let Some(words) = words(&value, schema)
    {
        return words;
    }
    match (&value, expected) {
        (Value::Number(number), Some("string")) if !is_phone_key(name) => {
            as_integer(number).map_or(value, |integer| Value::from(integer.to_string()))
        }
        (Value::String(text), Some(expected @ ("object" | "array"))) => {
            let (object, list) = (expected == "object", expected == "array");
            coerce::parse_json_string(text, object, list, *left, left).unwrap_or(value)
        }
        (Value::String(text), Some(expected))
            if expected != "string" && left.check(text).is_ok() =>
        {
            match (expected, serde_json::from_str::<Value>(text.trim())) {
                ("integer" | "number", Ok(parsed @ Value::Number(_)))
                | ("boolean", Ok(parsed @ Value::Bool(_))) => parsed,
                _ => value,
            }
        }
        _ => value,
    }
}

/// The list for a text of comma-separated words that the schema allows.
fn words(value: &Value, schema: Option<&Value>) -> Option<Value> {
    let allowed = schema?.pointer("/items/enum")?.as_array()?;
    let words = value.as_str()?.split(',').map(str::trim);
    let words: Option<Vec<_>> = words
        .map(|word| allowed.iter().find(|allowed| *allowed == word).cloned())
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

/// Checks the JSON types that the schema names.
pub(crate) fn check_type(
    value: &Value,
    schema: &Value,
    path: ArgumentPath<'_>,
    errors: &mut ArgumentErrors,
) {
    let Some(expected) = schema.get("type").and_then(Value::as_str) else {
        return;
    };
    match (expected, value) {
        ("object", Value::Object(map)) => {
            let properties = schema.get("properties");
            for (key, value) in map.iter().filter(|(_, value)| !value.is_null()) {
                if let Some(schema) = properties.and_then(|properties| properties.get(key)) {
                    check_type(value, schema, ArgumentPath::Key(&path, key), errors);
                }
            }
        }
        ("array", Value::Array(items)) => {
            if let Some(schema) = schema.get("items") {
                for (index, value) in items.iter().enumerate() {
                    check_type(value, schema, ArgumentPath::Index(&path, index), errors);
                }
            }
        }
        ("string", Value::String(_))
        | ("boolean", Value::Bool(_))
        | ("number", Value::Number(_)) => {}
        ("integer", Value::Number(number)) if as_integer(number).is_some() => {}
        (expected, given) => errors.add(|| {
            let reason = format!(
                "must be {}{}, and {} was given",
                with_article(expected),
                of_words(schema),
                json_type(given)
            );
            path.error(reason)
        }),
    }
}

/// The allowed values of a list's elements, for a message, if the schema names them.
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

pub(super) fn with_article(noun: &str) -> String {
    let article = if noun.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    };
    format!("{article} {noun}")
}

pub(super) fn json_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// The reason why this text cannot be a path segment, if there is one.
pub(crate) fn bad_id(id: &str) -> Option<String> {
    if id.is_empty() {
        return Some("must not be empty".to_owned());
    }
    let changes_path =
        id == "." || id == ".." || id.contains(['/', '\\']) || id.contains(char::is_control);
    changes_path.then(|| {
        "must be an id, such as a UUID; this would change the path of the request".to_owned()
    })
}

fn bad_time(text: &str) -> Option<String> {
    (!is_iso_8601(text)).then(|| {
        format!(
            "is not a valid ISO 8601 time; use the form 2027-03-25T22:39:27Z; it is now {}",
            format_utc(chrono::Utc::now())
        )
    })
}

/// The schemas of a tool's arguments, by name.
pub fn schemas(tool: &Tool) -> Option<&'static Map<String, Value>> {
    static DEFINITIONS: LazyLock<HashMap<&str, Value>> = LazyLock::new(|| {
        TOOLS
            .iter()
            .map(|tool| (tool.name, body::constant(tool.definition)))
            .collect()
    });
    DEFINITIONS
        .get(tool.name)?
        .pointer("/inputSchema/properties")?
        .as_object()
}
