//! What is generated, for review: a change of it shows as the difference of a snapshot.
//!
//! `cargo spec goldens` writes the snapshots anew, as `cargo spec update` does.

use std::panic::catch_unwind;

use crate::support::{GENERATED, MENDED};
use insta::assert_snapshot;
use sha2::{Digest, Sha256};

/// Compares with a snapshot, and says how to mend one that is not fresh.
fn golden(name: &str, text: &str) {
    let fresh = catch_unwind(|| assert_snapshot!(name, text));
    assert!(
        fresh.is_ok(),
        "the snapshot `{name}` is not what is generated; `cargo spec goldens` writes it anew"
    );
}

#[test]
fn the_catalogue_is_one_literal_per_row() {
    golden("catalogue", &GENERATED.catalog_source);
}

/// The client is too long to be read whole: its hash shows that a line of it changed, the other
/// snapshots show what a change looks like.
#[test]
fn a_build_writes_these_two_files() {
    let catalog = (GENERATED.catalog.len(), &GENERATED.catalog_source);
    let client = (GENERATED.client.operations, &GENERATED.client.source);
    let line = |file, kind, (count, source): (usize, &String)| {
        let lines = source.lines().count();
        format!(
            "{file}: {count} {kind}, {lines} lines, sha256 {}",
            sha256(source)
        )
    };
    let files = [
        line("api.rs", "operations", client),
        line("catalog.rs", "tools", catalog),
    ];
    golden("files", &files.join("\n"));
}

fn sha256(text: &str) -> String {
    let hash = Sha256::digest(text);
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn the_fixes_touch_so_many_places() {
    let lines: Vec<_> = GENERATED
        .applied
        .iter()
        .map(|applied| format!("{}: {}", applied.name, applied.hits))
        .collect();
    golden("fixes", &lines.join("\n"));
}

#[test]
fn the_document_has_these_operations() {
    let lines: Vec<_> = MENDED
        .operations()
        .map(|operation| format!("{} {} {}", operation.method, operation.path, operation.id))
        .collect();
    golden("operations", &lines.join("\n"));
}

#[test]
fn a_client_call_with_a_path_is_built_so() {
    golden(
        "client_get_assistant",
        &call("assistant_controller_find_one"),
    );
}

#[test]
fn a_client_call_with_a_query_is_built_so() {
    golden("client_list_calls", &call("call_controller_find_all"));
}

#[test]
fn a_client_call_with_a_body_is_built_so() {
    golden("client_create_call", &call("call_controller_create"));
}

/// A method of the client.
fn call(method: &str) -> String {
    block(
        &GENERATED.client.source,
        &format!("    pub async fn {method}<'a>"),
    )
}

/// The first item of `source` that starts so, without its indentation.
fn block(source: &str, start: &str) -> String {
    let indent = start.len() - start.trim_start().len();
    let from = &source[source.find(start).unwrap()..];
    let end = format!("\n{}}}\n", " ".repeat(indent));
    let to = from.find(&end).unwrap() + end.len();
    let lines = from[..to].lines();
    lines
        .map(|line| format!("{}\n", line.get(indent..).unwrap_or_default()))
        .collect()
}
