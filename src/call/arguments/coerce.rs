//! Coerces values in a body to the JSON types of the document: models and clients write objects and
//! lists as strings that contain JSON, and strings of digits as numbers. Phone numbers are
//! converted to E.164.
//!
//! The document is read only if a value may have to be converted.

use std::collections::HashSet;

use serde_json::{Number, Value};

use crate::{
    bounds::Bounds,
    catalog::Tool,
    document::{body_schema, resolved},
    number::{e164, is_phone_key},
};

/// Maximum depth of converted values; deeper values are not changed.
const MAX_DEPTH: usize = 64;

/// Maximum number of schemas that are visited for the alternatives of one value.
const MAX_ALTERNATIVES: usize = 4_096;

/// The alternative schemas of one value, without references and unions.
type Schemas = Vec<&'static Value>;

/// Coerces a value of the body at the pointer `at`, at every depth. JSON in strings counts towards
/// `left`.
pub(super) fn coerce(tool: &Tool, at: &str, value: &mut Value, left: &mut Bounds) {
    if !may_need_coercion(value, MAX_DEPTH) {
        return;
    }
    let Some(root) = body_schema(tool.operation.method, tool.operation.path) else {
        return;
    };
    let schemas = at
        .split('/')
        .skip(1)
        .fold(alternatives(&[root]), |schemas, key| child(&schemas, key));
    let key = at.rsplit('/').next().unwrap_or_default();
    coerce_value(value, key, &schemas, MAX_DEPTH, left);
}

/// Whether a value or a part of it may have the wrong type.
fn may_need_coercion(value: &Value, levels: usize) -> bool {
    let Some(levels) = levels.checked_sub(1) else {
        return false;
    };
    match value {
        Value::String(text) => may_be_json(text) || normalized(text).is_some(),
        Value::Number(_) => true,
        Value::Array(items) => items.iter().any(|item| may_need_coercion(item, levels)),
        Value::Object(map) => map.values().any(|value| may_need_coercion(value, levels)),
        Value::Null | Value::Bool(_) => false,
    }
}

/// The phone number in E.164 format, if the text has another format.
pub(super) fn normalized(text: &str) -> Option<String> {
    e164(text).filter(|number| number != text)
}

pub(super) fn may_be_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '[', '"'])
}

fn coerce_value(
    value: &mut Value,
    key: &str,
    schemas: &[&'static Value],
    levels: usize,
    left: &mut Bounds,
) {
    let Some(levels) = levels.checked_sub(1).filter(|_| !schemas.is_empty()) else {
        return;
    };
    match value {
        Value::String(text) if may_be_json(text) => {
            let types = JsonTypes::of(schemas);
            if types.text || types.any {
                return;
            }
            let limit = Bounds { levels, ..*left };
            if let Some(parsed) = parse_json_string(text, types.object, types.list, limit, left) {
                *value = parsed;
                coerce_children(value, key, schemas, levels, left);
            }
        }
        Value::String(text) if is_phone_key(key) && JsonTypes::of(schemas).text => {
            if let Some(number) = normalized(text) {
                *text = number;
            }
        }
        Value::Number(number) => {
            let types = JsonTypes::of(schemas);
            let is_text = types.text && !types.number && !types.any;
            if let Some(integer) = as_integer(number).filter(|_| is_text && !is_phone_key(key)) {
                *value = Value::from(integer.to_string());
            }
        }
        _ => coerce_children(value, key, schemas, levels, left),
    }
}

fn coerce_children(
    value: &mut Value,
    key: &str,
    schemas: &[&'static Value],
    levels: usize,
    left: &mut Bounds,
) {
    match value {
        Value::Object(map) => {
            for (key, value) in map.iter_mut() {
                if may_need_coercion(value, levels) {
                    coerce_value(value, key, &child(schemas, key), levels, left);
                }
            }
        }
        Value::Array(items) => {
            let schemas = elements(schemas);
            for item in items {
                coerce_value(item, key, &schemas, levels, left);
            }
        }
        _ => {}
    }
}

/// The object or list that a string contains as JSON, which may be encoded twice. It must be within
/// `limit` and counts towards `left`.
pub(super) fn parse_json_string(
    text: &str,
    object: bool,
    list: bool,
    mut limit: Bounds,
    left: &mut Bounds,
) -> Option<Value> {
    const MAX_ENCODINGS: usize = 2;
    let mut text = text.trim().to_owned();
    for _ in 0..MAX_ENCODINGS {
        let before = limit.bytes;
        limit.check(&text).ok()?;
        left.bytes = left.bytes.saturating_sub(before - limit.bytes);
        match serde_json::from_str(&text).ok()? {
            Value::String(inner) => inner.trim().clone_into(&mut text),
            parsed @ Value::Object(_) if object => return Some(spent(parsed, limit, left)),
            parsed @ Value::Array(_) if list => return Some(spent(parsed, limit, left)),
            _ => return None,
        }
    }
    None
}

fn spent(parsed: Value, limit: Bounds, left: &mut Bounds) -> Value {
    left.objects = limit.objects;
    left.members = limit.members;
    parsed
}

/// The JSON types that the schemas accept.
#[derive(Default)]
struct JsonTypes {
    object: bool,
    list: bool,
    text: bool,
    number: bool,
    any: bool,
}

impl JsonTypes {
    fn of(schemas: &[&'static Value]) -> Self {
        let mut types = Self::default();
        for schema in schemas {
            match kind(schema) {
                Some("object") => types.object = true,
                Some("array") => types.list = true,
                Some("string") => types.text = true,
                Some("number" | "integer") => types.number = true,
                Some(_) => {}
                None => types.any = true,
            }
        }
        types
    }
}

fn kind(schema: &Value) -> Option<&str> {
    match schema.get("type").and_then(Value::as_str) {
        None if schema.get("properties").is_some() => Some("object"),
        kind => kind,
    }
}

/// The schemas with unions replaced by their members, each once: many unions share members.
fn alternatives(schemas: &[&'static Value]) -> Schemas {
    let mut pending: Vec<(&'static Value, usize)> =
        schemas.iter().map(|schema| (*schema, 0)).collect();
    let mut found: Schemas = Vec::new();
    let mut visited = HashSet::new();
    while let Some((schema, depth)) = pending.pop() {
        let schema = resolved(schema);
        if !visited.insert(std::ptr::from_ref(schema)) {
            continue;
        }
        let unions = ["oneOf", "anyOf", "allOf"];
        let members: Vec<_> = unions
            .iter()
            .filter_map(|key| schema.get(*key)?.as_array())
            .flatten()
            .collect();
        if members.is_empty() {
            found.push(schema);
        } else if depth < 8 {
            pending.extend(members.into_iter().map(|member| (member, depth + 1)));
        }
        if visited.len() + pending.len() > MAX_ALTERNATIVES {
            return Vec::new();
        }
    }
    found
}

fn child(schemas: &[&'static Value], key: &str) -> Schemas {
    let members: Vec<_> = schemas
        .iter()
        .filter_map(|schema| {
            let known = schema.get("properties").and_then(|known| known.get(key));
            let index = || schema.get("items").filter(|_| key.parse::<usize>().is_ok());
            let others = || {
                schema
                    .get("additionalProperties")
                    .filter(|it| it.is_object())
            };
            known.or_else(index).or_else(others)
        })
        .collect();
    alternatives(&members)
}

fn elements(schemas: &[&'static Value]) -> Schemas {
    let items: Vec<_> = schemas
        .iter()
        .filter_map(|schema| schema.get("items"))
        .collect();
    alternatives(&items)
}

/// The number as an integer, even if it is written as `20.0`.
pub(crate) fn as_integer(number: &Number) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    number.as_i64().or_else(|| {
        let float = number
            .as_f64()
            .filter(|float| float.fract() == 0.0 && float.abs() <= EXACT)?;
        #[expect(clippy::cast_possible_truncation, reason = "the range was checked")]
        Some(float as i64)
    })
}
