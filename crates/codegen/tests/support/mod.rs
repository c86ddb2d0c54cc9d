//! What several tests need: documents and tables to start from, and the way to `spec/`.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "each test crate uses a part, and may fail"
)]

use std::{
    env, fs,
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
pub mod schema;

/// The workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .unwrap()
        .to_owned()
}

/// What a build makes of `spec/`.
pub static GENERATED: LazyLock<Generated> = LazyLock::new(|| {
    codegen::generate(&root().join("spec")).unwrap_or_else(|problems| panic!("{problems:#?}"))
});

/// The published documents, by file.
pub fn revisions() -> Vec<(PathBuf, Vec<u8>)> {
    let shared = env::var_os("VAPI_MCP_SHARED")
        .expect("VAPI_MCP_SHARED must name the folder with the published documents");
    let folder = root().join(shared).join("openapi");
    let mut files: Vec<_> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{} holds no document", folder.display());
    let read = |file: PathBuf| {
        let bytes = fs::read(&file).unwrap();
        (file, bytes)
    };
    files.into_iter().map(read).collect()
}

/// The vendored document, as it stands in `spec/`.
pub static VENDORED: LazyLock<Value> = LazyLock::new(|| {
    let text = fs::read(root().join("spec/vapi.json")).unwrap();
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
