//! Whatever Vapi answers can be read through the tools: every pointer into an answer brings its
//! value, if not at once, then by the calls that the remarks name.

mod source;
mod tree;

use std::{
    fs,
    path::{Path, PathBuf},
};

use source::ALL;
pub use source::Source;
use tree::{Tree, visible};

use crate::support::{Fixture, is_thorough};
use serde_json::{Map, Value, json};
use vapi_mcp::{catalog::find, result::hide_secrets};

/// The tool that shows answers like that of another one, if there is a named one.
fn reading(tool: &str) -> Option<&str> {
    let tool = find(tool).unwrap();
    match tool.effect {
        vapi_mcp::model::Effect::Read => Some(tool.name),
        _ => tool.view.show_tool.map(|shows| shows.tool),
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{folder:?}: {error}"))
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    files.sort();
    files
}

#[tokio::test]
async fn every_pointer_into_a_fixture_brings_its_value() {
    let mut compared = 0;
    for path in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")) {
        let fixture = Fixture::read(&path);
        if fixture.response.status < 300
            && !fixture.response.body.is_string()
            && let Some(tool) = reading(&fixture.tool)
        {
            let name = path.file_stem().unwrap().to_string_lossy();
            let body = fixture.response.body;
            let source = Source::new(&name, tool, body).await;
            compared += source.check().await;
        }
    }
    assert!(compared >= 500, "{compared} pointers");
}

/// A call with much of everything: long texts, long lists, objects with many members, keys that a
/// pointer has to escape.
fn large_call(id: &str, seconds: usize) -> Value {
    let line = |number: usize| format!("{number} said \"é\" 😀\\\n\u{202e}");
    let text = |from: usize, count: usize| (from..from + count).map(line).collect::<String>();
    let messages: Vec<Value> = (0..60)
        .map(|n| json!({ "role": "bot", "message": text(n, 1 + 2 * n), "time": n, "nested": [[n], [n, [n]]] }))
        .collect();
    let many: Map<String, Value> = (0..1_000).map(|n| (format!("m{n}"), json!(n))).collect();
    json!({
        "id": id,
        "createdAt": format!("2026-03-04T10:00:{seconds:02}.000Z"),
        "transcript": text(0, 2_500),
        "messages": messages,
        "metadata": { "a/b": { "c~d": [1, { "": "empty" }] }, "": null, "0": "zero", "many": many,
                      "~1": text(9, 2_000), "empty": [{}, [], "", false] },
        "cost": 0.014204399999999999,
        "customer": { "number": "+15550100123", "apiKey": "s3cret" },
    })
}

#[tokio::test]
async fn a_large_answer_is_put_together_from_the_calls_that_the_remarks_name() {
    let source = Source::new("large", "get_call", large_call("x", 0)).await;
    let step = if is_thorough() { 1 } else { 5 };
    let compared = source.check_every(step).await;
    assert!(compared >= ALL / 2 / step, "{compared} pointers");
}

#[tokio::test]
async fn a_row_of_a_page_that_has_to_be_cut_is_put_together() {
    let row = large_call("a", 0);
    let source = Source::new("page", "list_tools", json!({ "results": [row] })).await;
    for pointer in ["/transcript", "/messages"] {
        let brought = source.fetch(pointer).await[0].at(pointer).map(Tree::value);
        assert!(
            brought.as_ref() == row.pointer(pointer).map(visible).as_ref(),
            "{pointer}"
        );
    }
}

#[tokio::test]
async fn rows_of_a_list_that_have_to_be_cut_are_put_together() {
    let rows: Vec<Value> = [("c", 30), ("b", 20), ("a", 10)]
        .map(|(id, seconds)| large_call(id, seconds))
        .into();
    let source = Source::new("rows", "list_calls", json!(rows)).await;
    for pointer in ["/transcript", "/messages", "/metadata", "/cost", ""] {
        let trees = source.fetch(pointer).await;
        for (row, tree) in rows.iter().zip(trees) {
            let hidden = hide_secrets(row.pointer(pointer).unwrap().to_string().as_bytes());
            let expected = visible(&serde_json::from_str(&hidden.unwrap()).unwrap());
            let brought = tree.at(pointer).map(Tree::value);
            assert!(brought == Some(expected), "{} {pointer}", row["id"]);
        }
    }
}

#[tokio::test]
async fn a_key_that_looks_like_a_slice_or_a_star_is_found_too() {
    let call = json!({ "id": "x", "metadata": { "1:2": "a", "*": "b", ":": "c", "plain": "d" } });
    let source = Source::new("odd keys", "get_call", call.clone()).await;
    for key in ["1:2", "*", ":"] {
        let pointer = format!("/metadata/{key}");
        let arguments = json!({ "callId": "x", "fields": [pointer] });
        let outcome = source.call("get_call", arguments).await;
        let shown: Value = serde_json::from_str(&outcome.text).unwrap();
        assert_eq!(shown["metadata"][key], call["metadata"][key], "{shown}");
    }
}
