//! Every revision of Vapi's document that is at hand can be vendored.
//!
//! The revisions are not part of the project: the tests read them from the folder that
//! `VAPI_MCP_SHARED` names, and pass without it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may give up, and tells when it skips"
)]

mod support;

use std::{env, fs, path::PathBuf};

use codegen::vendor;
use serde_json::Value;
use support::{
    prose::{prose, without_prose},
    root,
};

/// The published documents, by file; nothing when there are none.
fn revisions() -> Vec<(PathBuf, Vec<u8>)> {
    let Some(shared) = env::var_os("VAPI_MCP_SHARED") else {
        println!("skipped: VAPI_MCP_SHARED is not set");
        return Vec::new();
    };
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

#[test]
fn every_revision_loses_all_prose_and_no_fact() {
    for (file, bytes) in revisions() {
        let vendored = vendor::vendor(&bytes, "revision", "2027-01-31")
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let published: Value = serde_json::from_slice(&bytes).unwrap();
        let kept: Value = serde_json::from_str(&vendored.document).unwrap();
        assert!(prose(&published).len() > 100, "{}", file.display());
        assert_eq!(prose(&kept), Vec::<String>::new(), "{}", file.display());
        assert!(kept == without_prose(&published), "{}", file.display());
    }
}

#[test]
fn the_vendored_document_is_what_its_revision_vendors_to() {
    let text = fs::read_to_string(root().join("spec/vapi.json")).unwrap();
    let stated = &support::GENERATED.source;
    for (file, bytes) in revisions() {
        let vendored = vendor::vendor(&bytes, &stated.name, &stated.date).unwrap();
        if vendored.source.sha256 == stated.sha256 {
            assert_eq!(&vendored.source, stated);
            assert!(vendored.document == text, "{}", file.display());
        }
    }
}
