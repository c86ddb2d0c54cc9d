//! From the arguments that a model gives to the request of an operation.
//!
//! Only what can never be right is refused: a wrong JSON type, a malformed time, an id that would
//! lead to another path, two values for one place, a key that is almost a known one. Whether a
//! value is acceptable beyond that is Vapi's to say.

use serde_json::{Map, Value};

use super::{
    body::{self, Conflict},
    decode, inner,
    names::Names,
    value::{checked, constant},
};
use crate::{
    bounds::{ARGUMENTS, MOST_ARGUMENTS, grouped},
    catalog::{Request, Tool},
    faults::{ArgumentError, Faults, Path},
    model::{Arg, At, Effect},
    result::{Sought, Wanted},
};

pub use super::{given::Given, value::schemas};

/// Maximum depth of values; messages are no deeper.
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
                if let Some(like) = arg.arguments_of {
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
                let reason = format!("has no effect here; give `{control}` at the top level");
                ArgumentError::new(Path::Key(&at, key).to_string(), reason)
            });
        }
    }
}

/// Writes an argument's value, and the constants that go with it.
fn place(body: &mut Value, arg: &Arg, pointer: &str, value: Value) -> Result<(), Conflict> {
    body::place(body, pointer, value)?;
    arg.constants
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
                    let reason = format!(
                        "it and `{}` are the same argument, but have different values",
                        arg.name
                    );
                    ArgumentError::new(key, reason)
                });
                continue;
            }
            *slot = Some(value);
        } else if tool.operation.body_properties.contains(&key.as_str()) {
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
            let reason = "contains [redacted], which replaces a secret in results; leave it out, \
                          or give the secret";
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

/// Maximum value of a query parameter, if the schema of its argument has one.
pub(super) fn most(tool: &Tool, parameter: &'static str) -> usize {
    let mut args = tool.args.iter();
    let arg = args.find(|arg| arg.at == At::Query(parameter));
    arg.and_then(|arg| schemas(tool)?.get(arg.name)?.get("maximum")?.as_u64())
        .and_then(|most| most.try_into().ok())
        .unwrap_or(usize::MAX)
}
