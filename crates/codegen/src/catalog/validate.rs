//! Validates values of a row against the schema of their argument.

use serde_json::Value;

use crate::document::{Document, array, object};

/// The reason why a value, or a part of it, does not match a schema; `None` if it matches.
pub(crate) fn misfit(value: &Value, schema: &Value) -> Option<&'static str> {
    if !is_of_type(value, schema) {
        return Some("is not of its type");
    }
    if schema.get("enum").is_some() && !array(schema.get("enum")).any(|listed| listed == value) {
        return Some("is not one of its `enum` values");
    }
    if !is_within_bounds(value, schema) {
        return Some("is outside its bounds");
    }
    match value {
        Value::Object(map) => map.iter().find_map(|(name, value)| {
            let property = schema.get("properties")?.get(name)?;
            misfit(value, property)
        }),
        Value::Array(list) => list
            .iter()
            .find_map(|item| misfit(item, schema.get("items")?)),
        _ => None,
    }
}

/// Whether one of these schemas accepts a value, as far as the document describes it; true if there is
/// none.
pub(crate) fn accepts(document: &Document, schemas: &[Value], value: &Value) -> bool {
    let admits = |schema: &Value| {
        if value.is_null() && schema.get("nullable") == Some(&Value::Bool(true)) {
            return true;
        }
        let within = |key: &str, value: &Value| {
            let schema = schema.get(key);
            schema.is_none_or(|it| accepts(document, &document.alternatives(it), value))
        };
        let listed = schema.get("enum").and_then(Value::as_array);
        listed.is_none_or(|listed| listed.contains(value))
            && schema.get("const").is_none_or(|only| only == value)
            && is_of_type(value, schema)
            && is_within_bounds(value, schema)
            && array(Some(value)).all(|element| within("items", element))
            && object(Some(value)).all(|(name, value)| {
                let property = schema.get("properties").and_then(|all| all.get(name));
                property.is_none_or(|it| accepts(document, &document.alternatives(it), value))
            })
    };
    schemas.is_empty() || schemas.iter().any(admits)
}

/// Whether a value has the schema's type, if it has one.
pub(crate) fn is_of_type(value: &Value, schema: &Value) -> bool {
    let Some(kind) = schema.get("type").and_then(Value::as_str) else {
        return true;
    };
    match value {
        Value::Null => kind == "null",
        Value::Bool(_) => kind == "boolean",
        Value::Number(number) => kind == "number" || (kind == "integer" && number.is_i64()),
        Value::String(_) => kind == "string",
        Value::Array(_) => kind == "array",
        Value::Object(_) => kind == "object",
    }
}

fn is_within_bounds(value: &Value, schema: &Value) -> bool {
    let (least, most, size) = match value {
        Value::Number(number) => ("minimum", "maximum", number.as_f64()),
        Value::String(text) => ("minLength", "maxLength", count(text.chars())),
        Value::Array(list) => ("minItems", "maxItems", count(list.iter())),
        _ => return true,
    };
    let bound = |key| schema.get(key).and_then(Value::as_f64);
    bound(least).is_none_or(|least| size >= Some(least))
        && bound(most).is_none_or(|most| size <= Some(most))
}

fn count(parts: impl Iterator) -> Option<f64> {
    u32::try_from(parts.count()).ok().map(f64::from)
}

/// Whether every schema has one of these types; false without schemas.
pub(crate) fn are_of(schemas: &[Value], types: &[&str]) -> bool {
    let is_one = |schema: &Value| match schema.get("type").and_then(Value::as_str) {
        Some(kind) => types.contains(&kind),
        None if schema.get("properties").is_some() => types.contains(&"object"),
        None => array(schema.get("enum")).all(Value::is_string) && types.contains(&"string"),
    };
    !schemas.is_empty() && schemas.iter().all(is_one)
}
