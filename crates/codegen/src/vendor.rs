//! Vendoring: from Vapi's published document to the facts we keep in `spec/`.
//!
//! The vendor's prose is theirs; the interface it describes is a fact. Paths, names, types,
//! enums, bounds, defaults and references are kept; all sentences are dropped. What is left is
//! written in one canonical form, so that the difference of two revisions is their difference.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::{
    document::{Document, DocumentError},
    walk::{Kind, is_extension, walk},
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
    walk(Kind::Document, document, &mut |kind, object| {
        object.retain(|key, _| !is_prose(kind, key));
        if kind == Kind::OAuthFlow {
            empty_scopes(object);
        }
    });
}

fn is_prose(kind: Kind, key: &str) -> bool {
    match key {
        "description" | "summary" | "example" | "examples" | "externalDocs" => true,
        "title" => kind == Kind::Schema,
        "contact" => kind == Kind::Info,
        key => is_extension(key),
    }
}

/// OAuth scopes keep their names; their descriptions, which are required, become empty.
fn empty_scopes(flow: &mut Map<String, Value>) {
    if let Some(Value::Object(scopes)) = flow.get_mut("scopes") {
        scopes.values_mut().for_each(|text| *text = "".into());
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
