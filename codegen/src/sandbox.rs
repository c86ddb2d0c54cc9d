//! The excerpt of the document for the sandbox: all operations, and the schemas of bodies and
//! queries of those that it answers.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::{
    document::{Document, Operation, object},
    walk::{Kind, walk},
};

/// The collections that the sandbox keeps.
const KEPT: [&str; 5] = ["/assistant", "/call", "/phone-number", "/squad", "/tool"];

/// Other operations that it answers.
const ANSWERED: [&str; 1] = ["/analytics"];

/// What a value is checked by.
const KEYWORDS: [&str; 16] = [
    "$ref",
    "additionalProperties",
    "allOf",
    "anyOf",
    "enum",
    "format",
    "items",
    "maxLength",
    "maximum",
    "minLength",
    "minimum",
    "nullable",
    "oneOf",
    "properties",
    "required",
    "type",
];

const SCHEMAS: &str = "#/components/schemas/";

/// The excerpt as JSON: `operations`, a list of `method`, `path`, and for those of a collection
/// that is kept `query` and `body`, schemas; and `schemas`, those that these refer to, by name.
pub fn excerpt(document: &Document) -> String {
    let mut bare = document.value().clone();
    walk(Kind::Document, &mut bare, &mut |kind, object| {
        if kind == Kind::Schema {
            object.retain(|key, _| KEYWORDS.contains(&key.as_str()));
        }
    });
    let bare = Document::from_value(bare);
    let mut named = BTreeSet::new();
    let operations: Vec<_> = bare
        .operations()
        .map(|operation| described(&bare, operation, &mut named))
        .collect();
    let schemas: Map<_, _> = named
        .into_iter()
        .filter_map(|name| {
            let schema = bare.target(&format!("{SCHEMAS}{name}"))?.clone();
            Some((name, schema))
        })
        .collect();
    json!({ "operations": operations, "schemas": schemas }).to_string()
}

fn described(document: &Document, operation: Operation<'_>, named: &mut BTreeSet<String>) -> Value {
    let mut described = json!({ "method": operation.method, "path": operation.path });
    let kept = KEPT.iter().chain(&ANSWERED).any(|path| {
        operation
            .path
            .strip_suffix("/{id}")
            .unwrap_or(operation.path)
            == *path
    });
    let Some(members) = described.as_object_mut().filter(|_| kept) else {
        return described;
    };
    let query: Map<_, _> = document
        .parameters(operation)
        .into_iter()
        .filter(|parameter| parameter.place == "query")
        .filter_map(|parameter| Some((parameter.name.to_owned(), parameter.schema?.clone())))
        .collect();
    members.insert(
        "query".to_owned(),
        json!({ "type": "object", "properties": query }),
    );
    let body = document
        .body(operation)
        .and_then(|body| body.pointer("/content/application~1json/schema"));
    if let Some(body) = body {
        collect(document, body, named);
        members.insert("body".to_owned(), body.clone());
    }
    described
}

/// Adds the names of all schemas that this one refers to, also by way of others.
fn collect(document: &Document, schema: &Value, named: &mut BTreeSet<String>) {
    let target = schema.get("$ref").and_then(Value::as_str);
    if let Some(name) = target.and_then(|target| target.strip_prefix(SCHEMAS))
        && named.insert(name.to_owned())
        && let Some(schema) = document.target(&format!("{SCHEMAS}{name}"))
    {
        collect(document, schema, named);
    }
    let lists = ["allOf", "anyOf", "oneOf"].into_iter();
    let below = lists
        .filter_map(|key| schema.get(key)?.as_array())
        .flatten()
        .chain(object(schema.get("properties")).map(|(_, schema)| schema))
        .chain(schema.get("items"))
        .chain(schema.get("additionalProperties"));
    for schema in below {
        collect(document, schema, named);
    }
}
