//! Vendoring: from Vapi's published document to the facts we keep in `spec/`.
//!
//! The vendor's prose is theirs; the interface it describes is a fact. Kept are paths, names,
//! types, enums, bounds, defaults and references; dropped is every sentence. What is left is
//! written in one canonical form, so that the difference of two revisions is their difference.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::document::{
    Document, DocumentError, array_mut, each_media_type, each_operation, each_parameter,
    each_schema, object_mut,
};

/// What `spec/source.toml` says of the document that was vendored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Where the document was published.
    pub name: String,
    /// The day of its publication, `YYYY-MM-DD`, as the maintainer gave it.
    pub date: String,
    /// SHA-256 of the bytes read, in hexadecimal.
    pub sha256: String,
    /// The number of paths.
    pub paths: usize,
    /// The number of operations.
    pub operations: usize,
    /// The number of named schemas.
    pub schemas: usize,
}

/// The two files that vendoring writes.
#[derive(Clone, Debug)]
pub struct Vendored {
    /// `spec/vapi.json`.
    pub document: String,
    /// `spec/source.toml`.
    pub source: Source,
}

/// Keeps the facts of the document in `bytes`. Reads no clock: `date` comes from the caller.
pub fn vendor(bytes: &[u8], name: &str, date: &str) -> Result<Vendored, DocumentError> {
    let mut document = Document::parse(bytes)?;
    let source = Source {
        name: name.to_owned(),
        date: date.to_owned(),
        sha256: hex(&Sha256::digest(bytes)),
        paths: document.path_count(),
        operations: document.operations().count(),
        schemas: document.schema_count(),
    };
    strip_prose(document.value_mut());
    document.value_mut().sort_all_objects();
    let mut text = serde_json::to_string_pretty(document.value())?;
    text.push('\n');
    Ok(Vendored {
        document: text,
        source,
    })
}

/// Drops every place where OpenAPI 3.0 allows prose or an example, and every extension (`x-…`).
fn strip_prose(document: &mut Value) {
    for key in ["/info", "/components/securitySchemes"] {
        if let Some(Value::Object(map)) = document.pointer_mut(key) {
            drop_prose(map);
            map.remove("contact");
            map.values_mut()
                .filter_map(Value::as_object_mut)
                .for_each(drop_prose);
        }
    }
    for list in ["servers", "tags"] {
        array_mut(document.get_mut(list))
            .filter_map(Value::as_object_mut)
            .for_each(drop_prose);
    }
    for (_, item) in object_mut(document.get_mut("paths")) {
        item.as_object_mut().into_iter().for_each(drop_prose);
    }
    each_operation(document, |_, operation| {
        drop_prose(operation);
        if let Some(Value::Object(body)) = operation.get_mut("requestBody") {
            drop_prose(body);
        }
        for (_, response) in object_mut(operation.get_mut("responses")) {
            response.as_object_mut().into_iter().for_each(drop_prose);
        }
    });
    each_parameter(document, |parameter| {
        parameter.as_object_mut().into_iter().for_each(drop_prose);
    });
    each_media_type(document, |media| {
        media.as_object_mut().into_iter().for_each(drop_prose);
    });
    each_schema(document, |schema| {
        drop_prose(schema);
        schema.remove("title");
    });
    if let Some(root) = document.as_object_mut() {
        drop_prose(root);
    }
}

fn drop_prose(object: &mut Map<String, Value>) {
    object.retain(|key, _| {
        !matches!(
            key.as_str(),
            "description" | "summary" | "example" | "examples" | "externalDocs"
        ) && !key.starts_with("x-")
    });
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
