//! The parameters of a request of a tool over many operations.

use serde_json::{Map, Value};

use super::arguments::{
    as_integer,
    value::{bad_id, coerced},
};
use crate::{
    argument_error::{ArgumentError, ArgumentErrors},
    bounds::Bounds,
    catalog::{Operation, Parameter, ParameterKind},
    reference::Found,
};

/// Adds the parameters that the name of the operation contains.
pub(super) fn add_named(
    found: &Found<'_>,
    params: &mut Map<String, Value>,
    errors: &mut ArgumentErrors,
) {
    let path = found.path.iter();
    let path = path.map(|(name, value)| ((*name).to_owned(), Value::from(value.as_str())));
    for (name, value) in path.chain(found.query.iter().cloned()) {
        match params.get(&name) {
            Some(given) if !given.is_null() => {
                if !is_same(given, &value) {
                    errors.add(|| {
                        let reason = "`operation` has another value for it; give only one of them";
                        ArgumentError::new(format!("params.{name}"), reason)
                    });
                }
            }
            _ => {
                params.insert(name, value);
            }
        }
    }
}

/// Whether a value is equal to a text, or to texts, of a URL.
fn is_same(given: &Value, in_url: &Value) -> bool {
    match (given, in_url) {
        (Value::Array(given), Value::Array(in_url)) => {
            let mut pairs = given.iter().zip(in_url);
            given.len() == in_url.len() && pairs.all(|(one, other)| is_same(one, other))
        }
        (Value::Array(given), _) => matches!(given.as_slice(), [only] if is_same(only, in_url)),
        (Value::String(given), _) => in_url.as_str() == Some(given.trim()),
        (given, _) => in_url.as_str() == Some(given.to_string().as_str()),
    }
}

/// The parameters in the types that the generated client takes, each known, and all that are
/// required.
pub(super) fn parameters(
    operation: &'static Operation,
    mut given: Map<String, Value>,
    left: &mut Bounds,
    errors: &mut ArgumentErrors,
) -> Vec<(&'static str, Value)> {
    let mut found = Vec::new();
    for parameter in operation.parameters {
        let path = format!("params.{}", parameter.name);
        let value = given
            .shift_remove(parameter.name)
            .filter(|value| !value.is_null());
        match value.map(|value| typed(parameter, value, left)) {
            Some(Ok(value)) => found.push((parameter.name, value)),
            Some(Err(reason)) => errors.add(|| ArgumentError::new(path, reason)),
            None if parameter.required => errors.add(|| ArgumentError::new(path, "is required")),
            None => {}
        }
    }
    for name in given.keys() {
        let known: Vec<_> = operation.parameters.iter().map(|it| it.name).collect();
        errors.add(|| {
            let known = match known.as_slice() {
                [] => "it has none".to_owned(),
                known => format!("it has {}", known.join(", ")),
            };
            let reason = format!("is not a parameter of `{}`; {known}", operation.key());
            ArgumentError::new(format!("params.{name}"), reason)
        });
    }
    found
}

/// A value in the type of a parameter.
fn typed(parameter: &Parameter, value: Value, left: &mut Bounds) -> Result<Value, String> {
    let (name, schema) = match parameter.kind {
        ParameterKind::Text => ("a string", "string"),
        ParameterKind::Integer => ("an integer", "integer"),
        ParameterKind::Number => ("a number", "number"),
        ParameterKind::Boolean => ("a boolean", "boolean"),
        ParameterKind::List => ("an array of strings", "array"),
    };
    let schema = serde_json::json!({ "type": schema });
    let value = match (parameter.kind, value) {
        (ParameterKind::Text, Value::Number(number)) => Value::from(number.to_string()),
        (ParameterKind::Text, Value::Bool(flag)) => Value::from(flag.to_string()),
        (ParameterKind::List, Value::String(text)) => Value::from(vec![text]),
        (_, value) => coerced(parameter.name, value, Some(&schema), left),
    };
    let value = match (parameter.kind, value) {
        (ParameterKind::Integer, Value::Number(number)) => {
            as_integer(&number).map_or(Value::Number(number), Value::from)
        }
        (_, value) => value,
    };
    let fits = match parameter.kind {
        ParameterKind::Text => value.is_string(),
        ParameterKind::Integer => value.is_i64() || value.is_u64(),
        ParameterKind::Number => value.is_number(),
        ParameterKind::Boolean => value.is_boolean(),
        ParameterKind::List => value
            .as_array()
            .is_some_and(|items| items.iter().all(Value::is_string)),
    };
    if !fits {
        return Err(format!("must be {name}"));
    }
    match value {
        Value::String(id) if parameter.in_path => {
            let id = id.trim();
            bad_id(id).map_or_else(|| Ok(Value::from(id)), Err)
        }
        value => Ok(value),
    }
}
