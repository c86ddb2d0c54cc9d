//! Lowering: turns the schema of a place in the document into a JSON schema that every MCP client
//! accepts.
//!
//! The result is built from scratch, so that it contains no keyword that is not named here. It may
//! allow more than the API, which decides what to refuse.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::document::{Document, array, object};

/// Objects below this depth, and the elements of arrays below it, are not described.
const DEPTH: usize = 2;

/// The longest enum, in values; longer ones cost models more bytes than they are worth.
const ENUM_VALUES: usize = 12;

/// The schema of a value that matches one of `alternatives`.
pub fn lower(document: &Document, alternatives: &[Value]) -> Value {
    at_depth(document, alternatives, 0)
}

fn at_depth(document: &Document, alternatives: &[Value], depth: usize) -> Value {
    match kind(alternatives) {
        Some("object") => object_schema(document, alternatives, depth),
        Some("array") => array_schema(document, alternatives, depth),
        Some(scalar) => scalar_schema(scalar, alternatives),
        None => json!({}),
    }
}

/// The type of all alternatives; nothing if there is none or more than one.
pub(crate) fn kind(alternatives: &[Value]) -> Option<&str> {
    let kinds: BTreeSet<_> = alternatives
        .iter()
        .filter_map(|schema| match schema.get("type").and_then(Value::as_str) {
            None if schema.get("properties").is_some() => Some("object"),
            kind => kind,
        })
        .collect();
    let mut kinds = kinds.into_iter();
    kinds.next().filter(|_| kinds.next().is_none())
}

/// Nested lists can be endless, so the depth limit applies to them as well.
fn array_schema(document: &Document, alternatives: &[Value], depth: usize) -> Value {
    let items = if depth > DEPTH {
        json!({})
    } else {
        at_depth(document, &items(document, alternatives), depth + 1)
    };
    json!({ "type": "array", "items": items })
}

/// The schemas of the elements of the arrays among the alternatives.
pub(crate) fn items(document: &Document, alternatives: &[Value]) -> Vec<Value> {
    alternatives
        .iter()
        .filter_map(|schema| schema.get("items"))
        .flat_map(|items| document.alternatives(items))
        .collect()
}

/// A union of objects becomes an object with the properties that all of them have.
fn object_schema(document: &Document, alternatives: &[Value], depth: usize) -> Value {
    let mut lowered = Map::new();
    lowered.insert("type".to_owned(), json!("object"));
    let mut properties = Map::new();
    if depth < DEPTH
        && let Some((first, rest)) = alternatives.split_first()
    {
        for (name, _) in object(first.get("properties")) {
            if rest.iter().all(|schema| property(schema, name).is_some()) {
                let places: Vec<_> = alternatives
                    .iter()
                    .filter_map(|schema| property(schema, name))
                    .flat_map(|schema| document.alternatives(schema))
                    .collect();
                properties.insert(name.to_owned(), at_depth(document, &places, depth + 1));
            }
        }
    }
    if !properties.is_empty() {
        let required: Vec<_> = properties
            .keys()
            .filter(|name| alternatives.iter().all(|schema| requires(schema, name)))
            .cloned()
            .collect();
        lowered.insert("properties".to_owned(), Value::Object(properties));
        if !required.is_empty() {
            lowered.insert("required".to_owned(), json!(required));
        }
    }
    Value::Object(lowered)
}

fn property<'a>(schema: &'a Value, name: &str) -> Option<&'a Value> {
    schema.get("properties")?.get(name)
}

/// Whether the schema requires this property.
pub(crate) fn requires(schema: &Value, name: &str) -> bool {
    array(schema.get("required")).any(|required| required == name)
}

fn scalar_schema(kind: &str, alternatives: &[Value]) -> Value {
    let mut lowered = Map::new();
    lowered.insert("type".to_owned(), json!(kind));
    let mut values: Vec<&Value> = Vec::new();
    let closed = alternatives.iter().all(|schema| {
        let list = schema.get("enum").and_then(Value::as_array);
        for value in list.into_iter().flatten() {
            if !values.contains(&value) {
                values.push(value);
            }
        }
        list.is_some()
    });
    if closed && kind == "string" && (1..=ENUM_VALUES).contains(&values.len()) {
        lowered.insert("enum".to_owned(), json!(values));
    }
    if let [only] = alternatives {
        for bound in ["minimum", "maximum", "maxLength"] {
            // A count or a size is never negative.
            let restricts = |value: &&Value| bound != "minimum" || value.as_f64() != Some(0.0);
            if let Some(value) = only.get(bound).filter(restricts) {
                lowered.insert(bound.to_owned(), value.clone());
            }
        }
    }
    Value::Object(lowered)
}
