//! What several tests need: documents and tables to start from, and the way to `spec/`.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    reason = "each test crate uses a part, and a test may give up"
)]

use std::{
    path::{Path, PathBuf},
    sync::LazyLock,
};

use codegen::{
    Generated,
    document::Document,
    fixes::{self, bugs::BUGS},
    table::{self, Table},
    vendor::Source,
};
use serde_json::{Value, json};

pub mod prose;

/// The workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// What a build makes of `spec/`.
pub static GENERATED: LazyLock<Generated> = LazyLock::new(|| {
    codegen::generate(&root().join("spec")).unwrap_or_else(|problems| panic!("{problems:#?}"))
});

/// The vendored document, as it stands in `spec/`.
pub static VENDORED: LazyLock<Value> = LazyLock::new(|| {
    let text = std::fs::read(root().join("spec/vapi.json")).unwrap();
    serde_json::from_slice(&text).unwrap()
});

/// The vendored document with its bugs mended, as the table is checked against it.
pub static MENDED: LazyLock<Document> = LazyLock::new(|| {
    let mut value = VENDORED.clone();
    fixes::apply(BUGS, &mut value);
    document(&value)
});

/// Parses a document.
pub fn document(value: &Value) -> Document {
    Document::parse(value.to_string().as_bytes()).unwrap()
}

/// A document with these paths and named schemas.
pub fn api(paths: Value, schemas: Value) -> Value {
    json!({
        "openapi": "3.0.0",
        "info": { "title": "Test", "version": "1" },
        "paths": paths,
        "components": { "schemas": schemas },
    })
}

/// Parses a table that is known to be well-formed TOML.
pub fn rows(text: &str) -> Table {
    table::parse("tools.toml", text).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

/// The origin of a document that has none.
pub fn source() -> Source {
    Source {
        name: "test".to_owned(),
        date: "2027-01-31".to_owned(),
        sha256: String::new(),
        paths: 0,
        operations: 0,
        schemas: 0,
    }
}
