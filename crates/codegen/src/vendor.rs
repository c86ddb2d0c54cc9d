//! Vendoring: reduces Vapi's published document to the facts that are kept in `spec/`.
//!
//! The text belongs to Vapi; the interface that it describes is a fact. Paths, names, types, enums,
//! bounds, defaults and references are kept, and all prose is removed. The result has a canonical
//! form, so that a textual diff of two revisions shows only real changes.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::{
    document::{Document, DocumentError},
    structure::{Kind, is_extension, visit},
};

/// `spec/source.toml`: where the vendored document comes from.
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

/// Reduces the document in `bytes` to its facts. The caller gives the date, so that the result does
/// not depend on the clock.
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

/// Removes everything that OpenAPI 3.0 defines as prose or an example, and every extension (`x-…`).
fn strip_prose(document: &mut Value) {
    visit(Kind::Document, document, &mut |kind, object| {
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
