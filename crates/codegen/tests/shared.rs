//! Every published revision of Vapi's document can be vendored, checked and compared.
//!
//! The revisions are not part of the project, so these tests are ignored unless they are asked for;
//! `CONTRIBUTING.md` says how.

mod recordings;
mod reports;

use std::{collections::BTreeMap, fs};

use crate::support::{
    prose::{prose, without_prose},
    revisions, root,
};
use codegen::{check::check, supplement::Supplement, table, vendor};
use insta::assert_snapshot;
use serde_json::Value;

#[test]
#[ignore = "reads published documents in the folder VAPI_MCP_SHARED"]
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
#[ignore = "reads published documents in the folder VAPI_MCP_SHARED"]
fn the_vendored_document_is_what_its_revision_vendors_to() {
    let text = fs::read_to_string(root().join("spec/vapi.json")).unwrap();
    let stated = &crate::support::GENERATED.source;
    for (file, bytes) in revisions() {
        let vendored = vendor::vendor(&bytes, &stated.name, &stated.date).unwrap();
        if vendored.source.sha256 == stated.sha256 {
            assert_eq!(&vendored.source, stated);
            assert!(vendored.document == text, "{}", file.display());
        }
    }
}

/// Those whose missing places the snapshot lists.
const REVISIONS: [&str; 8] = [
    "2024-10-10",
    "2025-01-14",
    "2025-05-05",
    "2025-10-17",
    "2026-02-12",
    "2026-04-22",
    "2026-07-30",
    "2026-08-18",
];

#[test]
#[ignore = "reads published documents in the folder VAPI_MCP_SHARED"]
fn a_check_of_a_revision_names_what_it_did_not_have_yet_and_nothing_else() {
    let table = table::read(&root().join("spec/tools")).unwrap();
    let facts = Supplement::read(&root().join("spec")).unwrap();
    let mut told = BTreeMap::new();
    for (file, bytes) in revisions() {
        let revision = file.file_stem().unwrap().to_string_lossy().into_owned();
        if !REVISIONS.contains(&&*revision) {
            continue;
        }
        let vendored = vendor::vendor(&bytes, "revision", "2027-01-31").unwrap();
        let check = check(&vendored, &table, &facts).unwrap();
        assert_eq!(check.failed, None, "{revision}");
        let problems: Vec<_> = check
            .rows
            .iter()
            .flat_map(|(tool, problems)| problems.iter().map(move |it| (tool, it.message())))
            .map(|(tool, words)| format!("{tool}: {words}"))
            .collect();
        for problem in &problems {
            let absent = [" has no ", " cannot be "]
                .iter()
                .any(|it| problem.contains(it));
            assert!(absent, "{revision}: {problem}");
        }
        told.insert(revision, problems);
    }
    assert!(REVISIONS.iter().eq(told.keys()), "{:?}", told.keys());
    assert_eq!(told["2026-08-18"], Vec::<String>::new());
    assert_snapshot!("missing", serde_json::to_string_pretty(&told).unwrap());
}
