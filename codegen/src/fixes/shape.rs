//! What the generated client wants of the document beyond its being right.
//!
//! The client assembles URLs, queries and headers. Bodies stay JSON in both directions, because
//! the live API sends keys that the document does not know and omits keys that it requires.

use serde_json::{Map, Value, json};

use super::Fix;
use crate::document::{Document, array_mut, each_operation, object_mut};

/// All of them, in the order of their application.
pub const SHAPE: &[Fix] = &[
    Fix {
        name: "upload-left-out",
        reason: "progenitor sends no multipart bodies",
        apply: upload_left_out,
    },
    Fix {
        name: "body-as-json",
        reason: "a request body is any JSON value: `serde_json::Value`",
        apply: body_as_json,
    },
    Fix {
        name: "answer-as-bytes",
        reason: "every 2xx answer is one stream of bytes, and every other status is read in one place",
        apply: answer_as_bytes,
    },
    Fix {
        name: "parameter-as-plain-type",
        reason: "closed enums, formats and bounds on parameters would refuse what Vapi may accept",
        apply: parameter_as_plain_type,
    },
    Fix {
        name: "schemas-left-out",
        reason: "no generated code refers to a named schema any more",
        apply: schemas_left_out,
    },
];

/// True when the operation's request body has no JSON form.
fn is_upload(operation: &Map<String, Value>) -> bool {
    operation
        .get("requestBody")
        .and_then(|body| body.get("content"))
        .is_some_and(|content| content.get("application/json").is_none())
}

fn upload_left_out(document: &mut Value) -> usize {
    let mut hits = 0;
    for (_, item) in object_mut(document.get_mut("paths")) {
        if let Some(item) = item.as_object_mut() {
            let before = item.len();
            item.retain(|_, operation| !operation.as_object().is_some_and(is_upload));
            hits += before - item.len();
        }
    }
    hits
}

fn body_as_json(document: &mut Value) -> usize {
    let mut hits = 0;
    each_operation(document, |_, operation| {
        if let Some(body) = operation.get_mut("requestBody") {
            *body =
                json!({ "required": true, "content": { "application/json": { "schema": {} } } });
            hits += 1;
        }
    });
    hits
}

fn answer_as_bytes(document: &mut Value) -> usize {
    let mut hits = 0;
    each_operation(document, |_, operation| {
        operation.insert(
            "responses".to_owned(),
            json!({ "2XX": { "description": "", "content": { "*/*": {} } } }),
        );
        hits += 1;
    });
    hits
}

/// Leaves `type`, and for arrays the items' type; anything richer becomes any JSON value.
fn parameter_as_plain_type(document: &mut Value) -> usize {
    parameter_schemas_changed(document, |schema| {
        let plain = plain(schema);
        let changed = plain != *schema;
        *schema = plain;
        changed
    })
}

fn plain(schema: &Map<String, Value>) -> Map<String, Value> {
    let mut plain = Map::new();
    match schema.get("type").and_then(Value::as_str) {
        Some("array") => {
            plain.insert("type".to_owned(), json!("array"));
            plain.insert("items".to_owned(), json!({ "type": "string" }));
        }
        Some("integer") => {
            plain.insert("type".to_owned(), json!("integer"));
            plain.insert("format".to_owned(), json!("int64"));
        }
        Some(scalar @ ("string" | "boolean" | "number")) => {
            plain.insert("type".to_owned(), json!(scalar));
        }
        _ => {}
    }
    plain
}

fn schemas_left_out(document: &mut Value) -> usize {
    let hits = Document::from_value(document.clone()).schema_count();
    if let Some(components) = document
        .get_mut("components")
        .and_then(Value::as_object_mut)
    {
        components.remove("schemas");
    }
    hits
}

fn parameter_schemas_changed(
    document: &mut Value,
    change: impl Fn(&mut Map<String, Value>) -> bool,
) -> usize {
    let mut hits = 0;
    each_operation(document, |_, operation| {
        for parameter in array_mut(operation.get_mut("parameters")) {
            if let Some(Value::Object(schema)) = parameter.get_mut("schema") {
                hits += usize::from(change(schema));
            }
        }
    });
    hits
}
