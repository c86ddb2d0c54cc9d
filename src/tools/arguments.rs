//! From the arguments that a model gives to the request of an operation.
//!
//! Refused is only what can never be right: a wrong JSON type, a malformed time, an id that would
//! lead to another path, two values for one place, a key that is almost a known one. Whether a
//! value is acceptable beyond that is Vapi's to say.

use std::{collections::HashMap, sync::LazyLock};

use serde_json::{Map, Number, Value};

use super::{
    Request, TOOLS, Tool,
    body::{self, Conflict},
    decode,
    faults::{Faults, Path},
    inner,
    names::Names,
};
use crate::{
    bounds::{ARGUMENTS, Bounds, MOST_ARGUMENTS, Unfit, grouped},
    model::{Arg, At, Effect},
    result::{Sought, Wanted},
    time::{is_iso_8601, written},
};

pub use super::{faults::ArgumentError, given::Given};

/// Text that becomes part of an address is no longer than this, in bytes.
const LONGEST_PARAMETER: usize = 2_000;

/// Deeper values do not come from any message.
const DEEPEST: usize = 128;

/// A request, and the names of arguments that the tool does not have and that were left out.
#[derive(Clone, Debug, PartialEq)]
pub struct Mapped {
    /// What is sent.
    pub request: Request,
    /// Which rows of the answer are wanted.
    pub wanted: Wanted,
    /// What is not.
    pub ignored: Vec<String>,
    /// The arguments of the body that have their defaults, and these as JSON.
    pub defaults: Vec<(&'static str, &'static str)>,
}

/// Maps the arguments of a call, or says what is wrong with them: the first faults, and how many
/// there are.
pub fn map(tool: &Tool, arguments: Map<String, Value>) -> Result<Mapped, Vec<ArgumentError>> {
    let mut faults = Faults::default();
    if arguments.len() > MOST_ARGUMENTS {
        faults.add(|| too_many(arguments.len()));
        return Err(faults.told());
    }
    for (key, value) in &arguments {
        refuse_redacted(value, Path::Top(key), DEEPEST, &mut faults);
    }
    let names = Names::of(tool);
    let Sorted {
        given,
        base,
        ignored,
    } = sort(tool, &names, arguments, &mut faults);
    let schemas = schemas(tool);
    let mut left = ARGUMENTS;
    let mut base = base;
    for (key, value) in &mut base {
        if key.contains(['/', '~']) {
            continue;
        }
        decode::decode(tool, &format!("/{key}"), value, &mut left);
    }
    let mut parameters = Vec::new();
    let mut wanted = Wanted::default();
    let mut appended = Vec::new();
    let mut body = Value::Object(base);
    let mut absent = Vec::new();
    let mut defaults = Vec::new();
    for (arg, given) in tool.args.iter().zip(given) {
        let Some(value) = given else {
            absent.push(arg);
            continue;
        };
        let schema = schemas.and_then(|schemas| schemas.get(arg.name));
        match (checked(tool, arg, value, schema, &mut left), arg.at) {
            (Ok(None), _) => {}
            (Ok(Some(value)), At::Path(name) | At::Query(name)) => parameters.push((name, value)),
            (Ok(Some(mut value)), At::Body(pointer)) => {
                if let Some(like) = arg.like {
                    let path = Path::Top(arg.name);
                    inner::understand(like, path, &mut value, &mut left, &mut faults);
                }
                if let Err(conflict) = place(&mut body, arg, pointer, value) {
                    faults.add(|| conflict.of(arg.name));
                }
            }
            (Ok(Some(value)), At::Filter(pointer)) => {
                let text = match value {
                    Value::String(text) => text,
                    other => other.to_string(),
                };
                wanted.filters.push((pointer, text));
                appended.extend(arg.append);
            }
            (Ok(Some(value)), At::Search(places)) => {
                let text = value.as_str().unwrap_or_default();
                match Sought::new(places, text) {
                    Ok(sought) => wanted.search = Some(sought),
                    Err(reason) => faults.add(|| ArgumentError::new(arg.name, reason)),
                }
            }
            (Err(wrong), _) => faults.extend(wrong),
        }
    }
    // After all that was given, so that a default fills what is left.
    for arg in absent {
        match (arg.at, arg.default.map(constant)) {
            _ if arg.required => faults.add(|| ArgumentError::new(arg.name, "is required")),
            (At::Path(name) | At::Query(name), Some(default)) => parameters.push((name, default)),
            (At::Body(pointer), Some(default)) if body::is_free(&body, pointer, &default) => {
                // Nothing stands there, so nothing can be contradicted.
                let _ = place(&mut body, arg, pointer, default);
                defaults.extend(arg.default.map(|default| (arg.name, default)));
            }
            _ => {}
        }
    }
    for (pointer, text) in appended {
        body::append(&mut body, pointer, text);
    }
    let body = match body {
        Value::Object(body) => body,
        _ => Map::new(),
    };
    if tool.effect == Effect::Dial {
        refuse_misplaced(&names, &body, &mut faults);
    }
    faults.or(Mapped {
        request: Request::new(parameters, body),
        wanted,
        ignored,
        defaults,
    })
}

/// The error of arguments that are too many to be looked at one by one.
pub(super) fn too_many(count: usize) -> ArgumentError {
    let reason = format!(
        "{} were given; the limit is {}",
        grouped(count),
        grouped(MOST_ARGUMENTS)
    );
    ArgumentError::new("arguments", reason)
}

/// Refuses a control argument inside another argument, where it has no effect: the call would be
/// placed.
fn refuse_misplaced(names: &Names, body: &Map<String, Value>, faults: &mut Faults) {
    for (outer, value) in body {
        let top = Path::Top(outer);
        match value {
            Value::Object(inner) => refuse_inside(names, inner, top, faults),
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    if let Value::Object(inner) = item {
                        refuse_inside(names, inner, Path::Index(&top, index), faults);
                    }
                }
            }
            _ => {}
        }
    }
}

fn refuse_inside(names: &Names, inner: &Map<String, Value>, at: Path<'_>, faults: &mut Faults) {
    for key in inner.keys() {
        if let Some(control) = names.misplaced(key) {
            faults.add(|| {
                let reason =
                    format!("has no effect here; give `{control}` beside the other arguments");
                ArgumentError::new(Path::Key(&at, key).to_string(), reason)
            });
        }
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

fn sort(tool: &Tool, names: &Names, arguments: Map<String, Value>, faults: &mut Faults) -> Sorted {
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
                faults.add(|| {
                    let reason = format!("it and `{}` are one argument, with two values", arg.name);
                    ArgumentError::new(key, reason)
                });
                continue;
            }
            *slot = Some(value);
        } else if tool.body_properties.contains(&key.as_str()) {
            base.insert(key, value);
        } else if let Some(reason) = names.refuse(&key) {
            faults.add(|| ArgumentError::new(key, reason));
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

/// Refuses what an answer showed in the place of a secret: it would overwrite the secret.
fn refuse_redacted(value: &Value, path: Path<'_>, levels: usize, faults: &mut Faults) {
    let Some(levels) = levels.checked_sub(1) else {
        faults.add(|| ArgumentError::new(path.to_string(), "is nested too deeply"));
        return;
    };
    match value {
        Value::String(text) if text.contains("[redacted]") => faults.add(|| {
            let reason = "holds [redacted], which stands for a secret in answers; leave it out, or \
                          give the secret";
            ArgumentError::new(path.to_string(), reason)
        }),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                refuse_redacted(item, Path::Index(&path, index), levels, faults);
            }
        }
        Value::Object(map) => {
            for (key, value) in map {
                refuse_redacted(value, Path::Key(&path, key), levels, faults);
            }
        }
        _ => {}
    }
}

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

/// The argument's value as it is sent; `None` when it counts as not given. Strings that hold JSON
/// take from `left` what they hold.
fn checked(
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
                "is a string that holds no JSON ({error}); give an object"
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
/// booleans as strings that hold them, and texts of digits as integers. A string that holds more than
/// is left of the bounds stays one.
pub(super) fn meant(name: &str, value: Value, schema: Option<&Value>, left: &mut Bounds) -> Value {
    let wanted = schema
        .and_then(|schema| schema.get("type"))
        .and_then(Value::as_str);
    let listed = schema
        .and_then(|schema| schema.pointer("/items/enum")?.as_array())
        .is_some_and(|words| words.contains(&value));
    if wanted == Some("array") && listed {
        // One of the words that a list may hold, instead of a list of one.
        return Value::from(vec![value]);
    }
    match (&value, wanted) {
        (Value::Number(number), Some("string")) if !decode::is_number(name) => {
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

fn is_empty(value: &Value) -> bool {
    match value {
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

/// Compares JSON types, at every place that the schema describes; no deeper than the schema is.
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
                "must be {}, and {} was given",
                with_article(wanted),
                kind(given)
            );
            ArgumentError::new(path.to_string(), reason)
        }),
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
    (!is_iso_8601(text)).then(|| {
        format!(
            "is no ISO 8601 time; the form is 2027-03-25T22:39:27Z, and it is now {}",
            written(chrono::Utc::now())
        )
    })
}

/// The constants of the table are JSON by construction.
fn constant(json: &str) -> Value {
    serde_json::from_str(json).unwrap_or_default()
}

/// The most that a query parameter may be; without end where the schema of its argument has none.
pub(super) fn most(tool: &Tool, parameter: &'static str) -> usize {
    let mut args = tool.args.iter();
    let arg = args.find(|arg| arg.at == At::Query(parameter));
    arg.and_then(|arg| schemas(tool)?.get(arg.name)?.get("maximum")?.as_u64())
        .and_then(|most| most.try_into().ok())
        .unwrap_or(usize::MAX)
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
