//! Maps the arguments of a model to the request of an operation.
//!
//! Only values that can never be valid are refused: a wrong JSON type, a malformed time, an id that
//! would change the path, two values for one property, a key that is almost a known one. Everything
//! else is validated by Vapi.

mod body;
mod coerce;
pub mod control;
mod document_body;
mod file;
pub(super) mod near_names;
pub(super) mod nested;
mod received;
pub(super) mod value;

use serde_json::{Map, Value};

use self::near_names::KnownNames;
use crate::{
    argument_error::{ArgumentError, ArgumentErrors, ArgumentPath},
    bounds::{ARGUMENTS, MAX_ARGUMENTS},
    catalog::{Request, Tool},
    model::{ArgTarget, Effect},
    result::{RowFilter, TextSearch},
};

pub(super) use self::{
    coerce::as_integer,
    document_body::{is_body_property, required_properties, validate_body},
    file::FileSource,
    received::Arguments,
};
pub use self::{file::FileArguments, received::ReceivedArguments, value::schemas};

/// Maximum depth of values.
pub(super) const MAX_DEPTH: usize = 128;

/// The arguments of a call, mapped to a request.
#[derive(Clone, Debug, PartialEq)]
pub struct MappedArguments {
    /// The request.
    pub request: Request,
    /// The file to upload; empty unless the operation takes one.
    pub file: FileArguments,
    /// The rows of the response to show.
    pub filter: RowFilter,
    /// The names of unknown arguments, which were dropped.
    pub ignored: Vec<String>,
    /// The arguments of the body that were set to their defaults, each with the default as JSON.
    pub defaults: Vec<(&'static str, &'static str)>,
    /// The names of arguments whose empty values count as not given.
    pub empty: Vec<&'static str>,
}

/// Maps the arguments of a call to a request.
pub fn map(
    tool: &Tool,
    arguments: Map<String, Value>,
) -> Result<MappedArguments, Vec<ArgumentError>> {
    if arguments.len() > MAX_ARGUMENTS {
        return Err(vec![received::too_many(arguments.len())]);
    }
    let mut errors = ArgumentErrors::default();
    for (key, value) in &arguments {
        refuse_redacted(value, ArgumentPath::Top(key), MAX_DEPTH, &mut errors);
    }
    let names = KnownNames::of(tool);
    let Sorted {
        values,
        mut properties,
        ignored,
    } = sort(tool, &names, arguments, &mut errors);
    let mut left = ARGUMENTS;
    for (key, value) in &mut properties {
        if !key.contains(['/', '~']) {
            coerce::coerce(tool, &format!("/{key}"), value, &mut left);
        }
    }
    let mut parameters = Vec::new();
    let mut file = FileArguments::default();
    let mut filter = RowFilter::default();
    let mut appended = Vec::new();
    let mut body = Value::Object(properties);
    let mut absent = Vec::new();
    let mut defaults = Vec::new();
    let mut fill = Vec::new();
    let mut empty = Vec::new();
    for (arg, value) in tool.args.iter().zip(values) {
        if let ArgTarget::File(part) = arg.at {
            file.declare(part, arg.name);
        }
        let Some(value) = value else {
            absent.push(arg);
            continue;
        };
        match (value::checked(tool, arg, value, &mut left), arg.at) {
            (Ok(None), _) => empty.push(arg.name),
            (
                Ok(Some(value)),
                ArgTarget::Path(name) | ArgTarget::Query(name) | ArgTarget::Header(name),
            ) => parameters.push((name, value)),
            (Ok(Some(mut value)), ArgTarget::Body(pointer)) => {
                if let Some(other) = arg.arguments_of {
                    let path = ArgumentPath::Top(arg.name);
                    nested::expand(other, path, &mut value, &mut left, &mut errors);
                }
                fill.extend(arg.fill);
                if let Err(conflict) = body::write_argument(&mut body, arg, pointer, value) {
                    errors.add(|| conflict.error(arg.name));
                }
            }
            (Ok(Some(Value::String(text))), ArgTarget::File(part)) => {
                file.add(part, arg.name, text);
            }
            // Its schema is that of a text.
            (Ok(Some(_)), ArgTarget::File(_)) => {}
            (Ok(Some(value)), ArgTarget::Filter(pointer)) => {
                let text = match value {
                    Value::String(text) => text,
                    other => other.to_string(),
                };
                filter.values.push((pointer, text));
                appended.extend(arg.append);
            }
            (Ok(Some(value)), ArgTarget::Search(search)) => {
                let text = value.as_str().unwrap_or_default();
                match TextSearch::new(search, text) {
                    Ok(search) => filter.search = Some(search),
                    Err(reason) => errors.add(|| ArgumentError::new(arg.name, reason)),
                }
            }
            (Err(wrong), _) => errors.extend(wrong),
        }
    }
    // Defaults are written last, so that they do not replace given values.
    for arg in absent {
        match (arg.at, arg.default) {
            _ if arg.required => errors.add(|| ArgumentError::new(arg.name, "is required")),
            (
                ArgTarget::Path(name) | ArgTarget::Query(name) | ArgTarget::Header(name),
                Some(default),
            ) => {
                parameters.push((name, body::constant(default)));
            }
            (ArgTarget::Body(pointer), Some(default)) => {
                let value = body::constant(default);
                if body::is_free(&body, pointer, &value) {
                    // There is no value at the pointer, so there is no conflict.
                    let _ = body::write_argument(&mut body, arg, pointer, value);
                    defaults.push((arg.name, default));
                }
            }
            _ => {}
        }
    }
    for (pointer, json) in fill {
        body::fill(&mut body, pointer, body::constant(json));
    }
    for (pointer, text) in appended {
        body::append(&mut body, pointer, text);
    }
    let body = match body {
        Value::Object(body) => body,
        _ => Map::new(),
    };
    if tool.effect == Effect::Dial {
        refuse_nested_controls(&names, &body, &mut errors);
    }
    errors.or(MappedArguments {
        request: Request::new(parameters, body),
        file,
        filter,
        ignored,
        defaults,
        empty,
    })
}

/// The arguments, sorted by kind.
struct Sorted {
    /// The value of each argument, in the tool's order.
    values: Vec<Option<Value>>,
    /// Properties of the body that are given by their own names.
    properties: Map<String, Value>,
    ignored: Vec<String>,
}

fn sort(
    tool: &Tool,
    names: &KnownNames,
    arguments: Map<String, Value>,
    errors: &mut ArgumentErrors,
) -> Sorted {
    let mut values: Vec<Option<Value>> = vec![None; tool.args.len()];
    let mut properties = Map::new();
    let mut ignored = Vec::new();
    for (key, value) in arguments {
        let argument = tool
            .args
            .iter()
            .zip(&mut values)
            .find(|(arg, _)| arg.name == key || arg.aliases.contains(&key.as_str()));
        if let Some((arg, slot)) = argument {
            if value.is_null() {
                continue;
            }
            if slot.as_ref().is_some_and(|earlier| *earlier != value) {
                errors.add(|| {
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
            properties.insert(key, value);
        } else if let Some(reason) = names.rejection(&key) {
            errors.add(|| ArgumentError::new(key, reason));
        } else if tool.open {
            properties.insert(key, value);
        } else {
            ignored.push(key);
        }
    }
    Sorted {
        values,
        properties,
        ignored,
    }
}

/// Refuses control arguments inside another argument, where they would have no effect: an intended
/// dry run would place a call.
fn refuse_nested_controls(
    names: &KnownNames,
    body: &Map<String, Value>,
    errors: &mut ArgumentErrors,
) {
    let mut check = |path: ArgumentPath<'_>, object: &Map<String, Value>| {
        for key in object.keys() {
            if let Some(control) = names.control_argument(key) {
                errors.add(|| {
                    path.key(key).error(format!(
                        "has no effect here; give `{control}` at the top level"
                    ))
                });
            }
        }
    };
    for (key, value) in body {
        let path = ArgumentPath::Top(key);
        match value {
            Value::Object(object) => check(path, object),
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    if let Value::Object(object) = item {
                        check(ArgumentPath::Index(&path, index), object);
                    }
                }
            }
            _ => {}
        }
    }
}

/// Refuses the marks that replace secrets in results, because they would overwrite the secrets.
pub(super) fn refuse_redacted(
    value: &Value,
    path: ArgumentPath<'_>,
    levels: usize,
    errors: &mut ArgumentErrors,
) {
    let Some(levels) = levels.checked_sub(1) else {
        errors.add(|| path.error("is nested too deeply"));
        return;
    };
    match value {
        Value::String(text) if text.contains("[redacted]") => errors.add(|| {
            path.error(
                "contains [redacted], which replaces a secret in results; leave it out, or give \
                 the secret",
            )
        }),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                refuse_redacted(item, ArgumentPath::Index(&path, index), levels, errors);
            }
        }
        Value::Object(map) => {
            for (key, value) in map {
                refuse_redacted(value, path.key(key), levels, errors);
            }
        }
        _ => {}
    }
}

/// Maximum value of a query parameter, if the schema of its argument has one.
pub(super) fn maximum(tool: &Tool, parameter: &'static str) -> usize {
    let mut args = tool.args.iter();
    let arg = args.find(|arg| arg.at == ArgTarget::Query(parameter));
    arg.and_then(|arg| schemas(tool)?.get(arg.name)?.get("maximum")?.as_u64())
        .and_then(|maximum| maximum.try_into().ok())
        .unwrap_or(usize::MAX)
}
