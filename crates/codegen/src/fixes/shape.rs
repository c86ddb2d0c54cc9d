//! Changes that the generated client needs although the document is correct.
//!
//! The client assembles URLs, queries and headers. Bodies are handled as untyped JSON in both
//! directions, because the live API sends undocumented keys and omits required ones.

use serde_json::{Map, Value, json};

use super::Fix;
use crate::{
    document::object,
    structure::{each_operation, each_parameter},
};

/// The fixes, in the order in which they are applied.
pub const SHAPE: &[Fix] = &[
    Fix {
        name: "body-as-json",
        reason: "a request body can be any JSON value: `serde_json::Value`; the server replaces the \
                 body of an upload by a form, which progenitor does not support",
        apply: body_as_json,
    },
    Fix {
        name: "answer-as-bytes",
        reason: "2xx responses are read as a stream of bytes, and the server reads errors itself",
        apply: answer_as_bytes,
    },
    Fix {
        name: "parameter-as-plain-type",
        reason: "closed enums, formats and bounds on parameters would refuse what Vapi may accept",
        apply: parameter_as_plain_type,
    },
    Fix {
        name: "schemas-left-out",
        reason: "generated code refers to no component but parameters, and progenitor need not read the others",
        apply: schemas_left_out,
    },
];

fn body_as_json(document: &mut Value) -> usize {
    let mut hits = 0;
    each_operation(document, |operation| {
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
    each_operation(document, |operation| {
        operation.insert(
            "responses".to_owned(),
            json!({ "2XX": { "description": "", "content": { "*/*": {} } } }),
        );
        // The server reads these errors itself.
        operation.shift_remove("callbacks");
        hits += 1;
    });
    hits
}

/// Keeps only `type` and, for arrays, the type of the items; a more complex schema becomes any JSON
/// value.
fn parameter_as_plain_type(document: &mut Value) -> usize {
    let mut hits = 0;
    each_parameter(document, |parameter| {
        // OpenAPI requires it, and progenitor relies on it.
        if parameter.get("in") == Some(&json!("path")) {
            parameter.insert("required".to_owned(), json!(true));
        }
        if let Some(Value::Object(schema)) = parameter.get_mut("schema") {
            let plain = plain(schema);
            hits += usize::from(plain != *schema);
            *schema = plain;
        }
    });
    hits
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

/// Named bodies and responses are removed together with the schemas to which they refer.
fn schemas_left_out(document: &mut Value) -> usize {
    let hits = object(document.pointer("/components/schemas")).count();
    if let Some(Value::Object(components)) = document.get_mut("components") {
        components.retain(|kind, _| kind == "parameters");
    }
    hits
}
