//! Vendoring: reduces Vapi's published document to the parts that are stored in `spec/`.
//!
//! Paths, names, types, enums, bounds, defaults and references, which describe the interface, are
//! kept. All prose is removed, because its copyright belongs to Vapi. The result has a canonical
//! form, so that a textual diff of two revisions shows only real changes.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use toml::value::Datetime;

use crate::{
    document::{self, Document, DocumentError},
    downgrade,
    structure::{Kind, is_extension, visit},
};

/// `spec/source.toml`: the source of the vendored document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The URL or name of the published document.
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

impl Source {
    /// Reads the file.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let source: Self = toml::from_slice(bytes).map_err(|error| error.to_string())?;
        date(&source.date).map_err(|error| format!("`date`: {error}"))?;
        Ok(source)
    }
}

/// Checks that a text is a day of the calendar, `YYYY-MM-DD`.
pub fn date(text: &str) -> Result<&str, String> {
    match text.parse::<Datetime>() {
        Ok(Datetime {
            date: Some(_),
            time: None,
            offset: None,
        }) => Ok(text),
        _ => Err(format!(
            "`{text}` is not a date; it must be a day of the calendar, YYYY-MM-DD"
        )),
    }
}

/// The two files that vendoring writes.
#[derive(Clone, Debug)]
pub struct Vendored {
    /// `spec/vapi.json`.
    pub document: String,
    /// `spec/source.toml`.
    pub source: Source,
}

/// Removes the prose from the document in `bytes`, and rewrites OpenAPI 3.1 as 3.0. The caller passes the date, so that the result
/// does not depend on the clock.
pub fn vendor(bytes: &[u8], name: &str, date: &str) -> Result<Vendored, DocumentError> {
    let mut published = document::json(bytes)?;
    downgrade::to_3_0(&mut published);
    let mut document = Document::checked(published)?;
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
