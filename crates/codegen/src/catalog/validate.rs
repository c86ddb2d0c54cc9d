//! Validates values of a row against the schema of their argument.

use serde_json::Value;

use crate::document::array;

/// Why a value, or a part of it, does not match a schema; nothing if it does.
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
