//! From the arguments that a model gives to the request of an operation.
//!
//! Refused is only what can never be right: a wrong JSON type, a malformed time, an id that would
//! lead to another path, two values for one place, a key that is almost a known one. Whether a
//! value is acceptable beyond that is Vapi's to say.

use std::{collections::HashMap, fmt, sync::LazyLock};

use serde_json::{Map, Number, Value};

use super::{
    Arg, At, Request, TOOLS, Tool,
    body::{self, Conflict},
    control,
    time::is_iso_8601,
};

/// An argument that is refused: where it is and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArgumentError {
    path: String,
    reason: String,
}

impl ArgumentError {
    pub(crate) fn new(path: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            reason: reason.into(),
        }
    }
}

impl fmt::Display for ArgumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.path, self.reason)
    }
}

/// A request, and the names of arguments that the tool does not have and that were left out.
#[derive(Clone, Debug, PartialEq)]
pub struct Mapped {
    /// What is sent.
    pub request: Request,
    /// What is not.
    pub ignored: Vec<String>,
}

/// Maps the arguments of a call, or says everything that is wrong with them.
pub fn map(tool: &Tool, arguments: Map<String, Value>) -> Result<Mapped, Vec<ArgumentError>> {
    let mut errors = Vec::new();
    for (key, value) in &arguments {
        refuse_redacted(value, key, &mut errors);
    }
    let Sorted {
        given,
        base,
        ignored,
    } = sort(tool, arguments, &mut errors);
    let schemas = schemas(tool);
    let mut parameters = Vec::new();
    let mut body = Value::Object(base);
    let mut absent = Vec::new();
    for (arg, given) in tool.args.iter().zip(given) {
        let Some(value) = given else {
            absent.push(arg);
            continue;
        };
        let schema = schemas.and_then(|schemas| schemas.get(arg.name));
        match (checked(arg, value, schema), arg.at) {
            (Ok(None), _) => {}
            (Ok(Some(value)), At::Path(name) | At::Query(name)) => parameters.push((name, value)),
            (Ok(Some(value)), At::Body(pointer)) => {
                if let Err(conflict) = place(&mut body, arg, pointer, value) {
                    errors.push(conflict.of(arg.name));
                }
            }
            (Err(error), _) => errors.extend(error),
        }
    }
    // After all that was given, so that a default fills what is left.
    for arg in absent {
        match (arg.at, arg.default.map(constant)) {
            _ if arg.required => errors.push(ArgumentError::new(arg.name, "is required")),
            (At::Path(name) | At::Query(name), Some(default)) => parameters.push((name, default)),
            (At::Body(pointer), Some(default)) if body::is_free(&body, pointer, &default) => {
                // Nothing stands there, so nothing can be contradicted.
                let _ = place(&mut body, arg, pointer, default);
            }
            _ => {}
        }
    }
    let body = match body {
        Value::Object(body) => body,
        _ => Map::new(),
    };
    if errors.is_empty() {
        Ok(Mapped {
            request: Request::new(parameters, body),
            ignored,
        })
    } else {
        Err(errors)
    }
}

/// Writes an argument's value, and the constants that go with it.
fn place(body: &mut Value, arg: &Arg, pointer: &str, value: Value) -> Result<(), Conflict> {
    body::place(body, pointer, value)?;
    arg.beside
        .iter()
        .try_for_each(|(pointer, value)| body::place(body, pointer, constant(value)))
}

struct Sorted {
    /// The value of each argument, in the tool's order.
    given: Vec<Option<Value>>,
    /// The caller's own properties of the body.
    base: Map<String, Value>,
    ignored: Vec<String>,
}

fn sort(tool: &Tool, arguments: Map<String, Value>, errors: &mut Vec<ArgumentError>) -> Sorted {
    let mut given: Vec<Option<Value>> = vec![None; tool.args.len()];
    let mut base = Map::new();
    let mut ignored = Vec::new();
    for (key, value) in arguments {
        let named = tool
            .args
            .iter()
            .zip(&mut given)
            .find(|(arg, _)| arg.name == key || arg.aliases.contains(&key.as_str()));
        if let Some((arg, slot)) = named {
            if value.is_null() {
                continue;
            }
            if slot.as_ref().is_some_and(|earlier| *earlier != value) {
                let reason = format!("it and `{}` are one argument, with two values", arg.name);
                errors.push(ArgumentError::new(key, reason));
                continue;
            }
            *slot = Some(value);
        } else if tool.body_properties.contains(&key.as_str()) {
            base.insert(key, value);
        } else if let Some(known) = almost(tool, &key) {
            errors.push(ArgumentError::new(
                key,
                format!("is not known; `{known}` is meant?"),
            ));
        } else if tool.open {
            base.insert(key, value);
        } else {
            ignored.push(key);
        }
    }
    Sorted {
        given,
        base,
        ignored,
    }
}

/// The known name that differs from `key` in case, in `_` and `-`, or in one letter.
fn almost(tool: &Tool, key: &str) -> Option<String> {
    /// A letter more or less makes another word of a shorter one.
    const SHORTEST: usize = 4;
    let fold = |name: &str| name.replace(['_', '-'], "").to_lowercase();
    let folded = fold(key);
    let names = tool
        .args
        .iter()
        .flat_map(|arg| std::iter::once(arg.name).chain(arg.aliases.iter().copied()));
    names
        .chain(tool.body_properties.iter().copied())
        .map(str::to_owned)
        .chain(control::names(tool))
        .find(|name| {
            fold(name) == folded
                || (key.len() >= SHORTEST
                    && name.len() >= SHORTEST
                    && strsim::osa_distance(name, key) == 1)
        })
}

/// Refuses what an answer showed in the place of a secret: it would overwrite the secret.
fn refuse_redacted(value: &Value, path: &str, errors: &mut Vec<ArgumentError>) {
    match value {
        Value::String(text) if text.contains("[redacted]") => errors.push(ArgumentError::new(
            path,
            "holds [redacted], which stands for a secret in answers; leave it out, or give the secret",
        )),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                refuse_redacted(item, &format!("{path}[{index}]"), errors);
            }
        }
        Value::Object(map) => {
            for (key, value) in map {
                refuse_redacted(value, &format!("{path}.{key}"), errors);
            }
        }
        _ => {}
    }
}

/// The argument's value as it is sent; `None` when it counts as not given.
fn checked(
    arg: &Arg,
    value: Value,
    schema: Option<&Value>,
) -> Result<Option<Value>, Vec<ArgumentError>> {
    let one = |reason: String| vec![ArgumentError::new(arg.name, reason)];
    let mut value = meant(value, schema);
    if let (Value::String(text), true) = (&value, arg.json_string) {
        value = serde_json::from_str(text).map_err(|error| {
            one(format!(
                "is a string that holds no JSON ({error}); give an object"
            ))
        })?;
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
    let mut errors = Vec::new();
    if let Some(schema) = schema {
        check_type(&value, schema, arg.name, &mut errors);
    }
    if errors.is_empty() {
        let reason = match (&arg.at, &mut value) {
            (At::Path(_), Value::String(id)) => {
                *id = id.trim().to_owned();
                bad_id(id)
            }
            (_, Value::String(text)) if arg.date_time => bad_time(text),
            (_, Value::String(id)) if arg.name.ends_with("Id") => {
                *id = id.trim().to_owned();
                None
            }
            (At::Query(_), Value::Number(number)) => {
                // The client's setter takes integers as such.
                if let Some(whole) = whole(number) {
                    *number = Number::from(whole);
                }
                None
            }
            _ => None,
        };
        errors.extend(reason.map(|reason| ArgumentError::new(arg.name, reason)));
    }
    if errors.is_empty() {
        Ok(Some(value))
    } else {
        Err(errors)
    }
}

/// The value that was certainly meant: models write objects, lists, numbers and booleans as strings
/// that hold them.
pub(super) fn meant(value: Value, schema: Option<&Value>) -> Value {
    let wanted = schema
        .and_then(|schema| schema.get("type"))
        .and_then(Value::as_str);
    let (Value::String(text), Some(wanted)) = (&value, wanted) else {
        return value;
    };
    let read = serde_json::from_str::<Value>(text.trim());
    match (wanted, read) {
        ("object", Ok(read @ Value::Object(_)))
        | ("array", Ok(read @ Value::Array(_)))
        | ("integer" | "number", Ok(read @ Value::Number(_)))
        | ("boolean", Ok(read @ Value::Bool(_))) => read,
        _ => value,
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

/// Compares JSON types alone, at every place that the schema describes.
pub(super) fn check_type(
    value: &Value,
    schema: &Value,
    path: &str,
    errors: &mut Vec<ArgumentError>,
) {
    let Some(wanted) = schema.get("type").and_then(Value::as_str) else {
        return;
    };
    match (wanted, value) {
        ("object", Value::Object(map)) => {
            let properties = schema.get("properties");
            for (key, value) in map.iter().filter(|(_, value)| !value.is_null()) {
                if let Some(schema) = properties.and_then(|properties| properties.get(key)) {
                    check_type(value, schema, &format!("{path}.{key}"), errors);
                }
            }
        }
        ("array", Value::Array(items)) => {
            if let Some(schema) = schema.get("items") {
                for (index, value) in items.iter().enumerate() {
                    check_type(value, schema, &format!("{path}[{index}]"), errors);
                }
            }
        }
        ("string", Value::String(_))
        | ("boolean", Value::Bool(_))
        | ("number", Value::Number(_)) => {}
        ("integer", Value::Number(number)) if whole(number).is_some() => {}
        (wanted, given) => {
            let reason = format!(
                "must be {}, and {} was given",
                with_article(wanted),
                kind(given)
            );
            errors.push(ArgumentError::new(path, reason));
        }
    }
}

/// The number as an integer; `20.0` is one.
pub(super) fn whole(number: &Number) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    number.as_i64().or_else(|| {
        let float = number
            .as_f64()
            .filter(|float| float.fract() == 0.0 && float.abs() <= EXACT)?;
        #[expect(clippy::cast_possible_truncation, reason = "the range was checked")]
        Some(float as i64)
    })
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
    leads_away
        .then(|| "must be an id, such as a UUID, and this would lead to another path".to_owned())
}

fn bad_time(text: &str) -> Option<String> {
    (!is_iso_8601(text)).then(|| "is no ISO 8601 time; the form is 2027-03-25T22:39:27Z".to_owned())
}

/// The constants of the table are JSON by construction.
fn constant(json: &str) -> Value {
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
