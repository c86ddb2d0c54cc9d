//! Rewrites an OpenAPI 3.1 document as OpenAPI 3.0, which the rest of the generator reads. Keywords that
//! only restrict values and that 3.0 cannot express stay as they are; nothing interprets them.

use serde_json::{Map, Value, json};

use crate::{
    document::array,
    structure::{Kind, is_extension, visit},
};

/// The version of the result.
const VERSION: &str = "3.0.3";

/// Keywords that describe a schema and may stand beside a reference.
const ANNOTATIONS: [&str; 10] = [
    "$anchor",
    "$comment",
    "$id",
    "$schema",
    "description",
    "example",
    "examples",
    "externalDocs",
    "summary",
    "title",
];

/// Rewrites the document if its version is 3.1.
pub(crate) fn to_3_0(document: &mut Value) {
    let version = document.get("openapi").and_then(Value::as_str);
    if !version.is_some_and(|version| version.starts_with("3.1.")) {
        return;
    }
    path_items(document);
    let Some(root) = document.as_object_mut() else {
        return;
    };
    root.insert("openapi".to_owned(), json!(VERSION));
    root.retain(|key, _| key != "webhooks" && key != "jsonSchemaDialect");
    visit(Kind::Document, document, &mut |kind, object| match kind {
        Kind::Schema => schema(object),
        Kind::Parameter | Kind::Header | Kind::MediaType => {
            object.entry("schema").and_modify(boolean);
        }
        _ => {}
    });
}

/// Replaces references to shared path items by the items.
fn path_items(document: &mut Value) {
    let shared = document.pointer_mut("/components/pathItems");
    let shared = shared.map(Value::take).unwrap_or_default();
    let components = document.get_mut("components");
    if let Some(components) = components.and_then(Value::as_object_mut) {
        components.shift_remove("pathItems");
    }
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    for item in paths.into_iter().flat_map(Map::values_mut) {
        let target = item.get("$ref").and_then(Value::as_str);
        let name = target.and_then(|it| it.strip_prefix("#/components/pathItems/"));
        if let Some(found) = name.and_then(|name| shared.get(name)) {
            *item = found.clone();
        }
    }
}

/// Rewrites one schema; those below it have been rewritten.
fn schema(schema: &mut Map<String, Value>) {
    schema.retain(|key, _| !matches!(key.as_str(), "$anchor" | "$comment" | "$id" | "$schema"));
    reference(schema);
    for key in ["items", "additionalItems", "not"] {
        if let Some(below) = schema.get_mut(key) {
            boolean(below);
        }
    }
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        properties.values_mut().for_each(boolean);
    }
    for union in ["allOf", "anyOf", "oneOf"] {
        if let Some(Value::Array(members)) = schema.get_mut(union) {
            members.iter_mut().for_each(boolean);
        }
    }
    types(schema);
    null_members(schema);
    if let Some(only) = schema.shift_remove("const") {
        schema.entry("enum").or_insert_with(|| json!([only]));
    }
    for (exclusive, bound) in [
        ("exclusiveMinimum", "minimum"),
        ("exclusiveMaximum", "maximum"),
    ] {
        if let Some(value) = schema.get(exclusive).filter(|it| it.is_number()).cloned() {
            schema.insert(bound.to_owned(), value);
            schema.insert(exclusive.to_owned(), json!(true));
        }
    }
    content(schema);
    tuple(schema);
}

/// `true` allows everything, and `false` nothing.
fn boolean(schema: &mut Value) {
    match schema {
        Value::Bool(true) => *schema = json!({}),
        Value::Bool(false) => *schema = json!({ "not": {} }),
        _ => {}
    }
}

/// In 3.0, nothing beside a reference has an effect.
fn reference(schema: &mut Map<String, Value>) {
    if !schema.get("$ref").is_some_and(Value::is_string) {
        return;
    }
    let is_fact =
        |key: &String| key != "$ref" && !ANNOTATIONS.contains(&key.as_str()) && !is_extension(key);
    if schema.keys().any(is_fact) {
        let target = schema.shift_remove("$ref");
        let mut members: Vec<Value> = array(schema.get("allOf")).cloned().collect();
        members.push(json!({ "$ref": target }));
        schema.insert("allOf".to_owned(), Value::Array(members));
    } else {
        schema.retain(|key, _| key == "$ref");
    }
}

/// Several types become a union, and the type `null` becomes `nullable`.
fn types(schema: &mut Map<String, Value>) {
    let Some(Value::Array(types)) = schema.get("type") else {
        return;
    };
    let null = json!("null");
    let is_nullable = types.contains(&null);
    let others: Vec<_> = types.iter().filter(|it| **it != null).cloned().collect();
    match others.as_slice() {
        [] => {
            schema.shift_remove("type");
        }
        [only] => {
            schema.insert("type".to_owned(), only.clone());
        }
        several => {
            let members: Vec<_> = several.iter().map(|kind| json!({ "type": kind })).collect();
            schema.shift_remove("type");
            if schema.contains_key("anyOf") {
                let mut all: Vec<Value> = array(schema.get("allOf")).cloned().collect();
                all.push(json!({ "anyOf": members }));
                schema.insert("allOf".to_owned(), Value::Array(all));
            } else {
                schema.insert("anyOf".to_owned(), Value::Array(members));
            }
        }
    }
    if is_nullable {
        schema.insert("nullable".to_owned(), json!(true));
    }
}

/// A member of a union that only allows `null` becomes `nullable`.
fn null_members(schema: &mut Map<String, Value>) {
    for union in ["anyOf", "oneOf"] {
        let Some(Value::Array(members)) = schema.get_mut(union) else {
            continue;
        };
        let count = members.len();
        members.retain(|member| {
            let is_null = member.get("type") == Some(&json!("null"))
                || member.get("enum") == Some(&json!([null]))
                || member == &json!({ "nullable": true });
            !is_null
        });
        if members.len() < count {
            schema.insert("nullable".to_owned(), json!(true));
        }
    }
}

/// The content of a text is a format in 3.0.
fn content(schema: &mut Map<String, Value>) {
    let encoding = schema.shift_remove("contentEncoding");
    let media = schema.shift_remove("contentMediaType");
    let format = match (encoding, media) {
        (Some(_), _) => "byte",
        (None, Some(_)) => "binary",
        (None, None) => return,
    };
    schema.entry("format").or_insert_with(|| json!(format));
    schema.entry("type").or_insert_with(|| json!("string"));
}

/// The elements of a tuple become the possible elements of a list.
fn tuple(schema: &mut Map<String, Value>) {
    let Some(Value::Array(mut members)) = schema.shift_remove("prefixItems") else {
        return;
    };
    members.iter_mut().for_each(boolean);
    members.extend(
        schema
            .shift_remove("items")
            .filter(|it| *it != json!({ "not": {} })),
    );
    schema.insert("items".to_owned(), json!({ "anyOf": members }));
}
