//! Invented values for fixtures.

use serde_json::{Map, Value, json};

use crate::{
    document::{Document, array, object},
    lower::items,
};

/// The maximum depth of an invented value.
const DEPTH: usize = 6;

/// The id of every invented object.
pub(super) const ID: &str = "8d9f0c1e-0000-4000-8000-000000000001";

/// The time of everything that happens.
pub(super) const TIME: &str = "2027-01-31T09:00:00.000Z";

/// A value that matches the first of these schemas; `name` is the name of its property.
pub(super) fn value(document: &Document, schemas: &[Value], name: &str) -> Value {
    at_depth(document, schemas, name, 0)
}

/// An object that has the properties it must have, and those of `wanted` that it may have.
pub(super) fn object_with(document: &Document, schemas: &[Value], wanted: &[&str]) -> Value {
    let mut found = Map::new();
    let schema = schemas.first().unwrap_or(&Value::Null);
    for (name, property) in object(schema.get("properties")) {
        let is_required = array(schema.get("required")).any(|it| it == name);
        if is_required || wanted.contains(&name) {
            let schemas = document.alternatives(property);
            found.insert(name.to_owned(), value(document, &schemas, name));
        }
    }
    Value::Object(found)
}

fn at_depth(document: &Document, schemas: &[Value], name: &str, depth: usize) -> Value {
    let Some(schema) = schemas.first() else {
        return json!({});
    };
    if let Some(first) = array(schema.get("enum")).next() {
        return first.clone();
    }
    let has_properties = schema.get("properties").is_some();
    match schema.get("type").and_then(Value::as_str) {
        Some("boolean") => json!(true),
        Some("number" | "integer") => number(schema),
        Some("string") => json!(text(schema, name)),
        Some("array") if depth < DEPTH => {
            let element = items(document, std::slice::from_ref(schema));
            json!([at_depth(document, &element, name, depth + 1)])
        }
        Some("array") => json!([]),
        Some("object") | None if has_properties && depth < DEPTH => {
            let mut found = Map::new();
            for (name, property) in object(schema.get("properties")) {
                let is_required = array(schema.get("required")).any(|it| it == name);
                // Of a destination nothing is required, but a number is needed.
                if is_required || name == "number" {
                    let inner = document.alternatives(property);
                    found.insert(name.to_owned(), at_depth(document, &inner, name, depth + 1));
                }
            }
            Value::Object(found)
        }
        _ => json!({}),
    }
}

fn number(schema: &Value) -> Value {
    let least = schema.get("minimum").and_then(Value::as_f64);
    let most = schema.get("maximum").and_then(Value::as_f64);
    match (least, most) {
        (Some(least), _) if least > 2.0 => schema.get("minimum").cloned().unwrap_or_default(),
        (_, Some(most)) if most < 2.0 => schema.get("maximum").cloned().unwrap_or_default(),
        _ => json!(2),
    }
}

fn text(schema: &Value, name: &str) -> String {
    let lower = name.to_lowercase();
    let ends = |end: &str| lower.ends_with(end);
    let format = schema.get("format").and_then(Value::as_str);
    let text = match format {
        Some("date-time") => TIME,
        Some("date") => "2027-01-31",
        Some("uuid") => ID,
        _ if ends("id") => ID,
        _ if ends("number") => "+15550100123",
        _ if ends("url") || ends("uri") => "https://example.com/example",
        _ if ends("email") => "ann@example.com",
        _ if ends("at") && lower.len() > 2 => TIME,
        _ => "Example",
    };
    let size = |key: &str| schema.get(key).and_then(Value::as_u64);
    let size = |key: &str| size(key).and_then(|size| usize::try_from(size).ok());
    let most = size("maxLength").unwrap_or(usize::MAX);
    // A fixture is not the place for a text of any length.
    let least = size("minLength").unwrap_or_default().min(1_000);
    let letters = text.chars().chain(std::iter::repeat('x'));
    letters
        .take(text.chars().count().max(least).min(most))
        .collect()
}
