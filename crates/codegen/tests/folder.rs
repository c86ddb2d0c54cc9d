//! A build reads one folder: a document, where it came from, the files of the table, and those of the
//! facts.

use std::fs;

use crate::support::api;
use codegen::{Generated, generate};
use serde_json::{Map, Value, json};
use tempfile::TempDir;

/// The files of the facts, with as little as there can be in them.
const FACTS: [(&str, &str); 4] = [
    ("answers.toml", "rows = \"results\"\nid = \"id\""),
    ("operations.toml", OPERATIONS),
    ("reasons.toml", "property = \"endedReason\"\n[meaning]"),
    ("sandbox.toml", "collection = []"),
];

const OPERATIONS: &str = "\
[destination]
number = \"number\"
extension = \"extension\"
sip = \"sipUri\"
exempt = \"numberE164CheckEnabled\"
called = [\"Person\"]
transferred = []
[[group]]
name = \"Its\"
tags = [\"Its\"]
does = \"All of it.\"
[operation.\"GET /it\"]
does = \"List it.\"
";

/// A folder from which can be generated.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let rows = json!({ "type": "array", "items": {
        "type": "object", "properties": { "id": { "type": "string" } },
    } });
    let page = json!({ "type": "object", "properties": { "results": rows } });
    let answer = json!({ "200": { "description": "", "content": { "application/json": {
        "schema": { "oneOf": [rows, page] },
    } } } });
    let operation = json!({ "operationId": "listIt", "tags": ["Its"], "responses": answer });
    let keys = ["number", "extension", "sipUri", "numberE164CheckEnabled"];
    let keys: Map<_, _> = keys
        .map(|key| (key.to_owned(), json!({})))
        .into_iter()
        .collect();
    let person = json!({ "type": "object", "properties": keys });
    let document = api(
        json!({ "/it": { "get": operation } }),
        json!({ "Person": person }),
    );
    write(&folder, "vapi.json", &document.to_string());
    let source = "name = \"https://example.org\"\ndate = \"2027-01-31\"\nsha256 = \"00\"\npaths = 1\noperations = 1\nschemas = 0\n";
    write(&folder, "source.toml", source);
    for (file, text) in FACTS {
        write(&folder, file, text);
    }
    fs::create_dir(folder.path().join("tools")).unwrap();
    folder
}

fn write(folder: &TempDir, file: &str, text: &str) {
    fs::write(folder.path().join(file), text).unwrap();
}

fn row(name: &str) -> String {
    format!(
        "[[tool]]\nname = \"{name}\"\ntitle = \"It\"\ndescription = \"It.\"\noperation = \"listIt\"\neffect = \"read\"\n"
    )
}

fn generated(folder: &TempDir) -> Generated {
    generate(folder.path()).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

/// The messages, with `spec` for the folder and `/` between its names.
fn faults(folder: &TempDir) -> Vec<String> {
    let problems = generate(folder.path()).unwrap_err();
    let path = folder.path().display().to_string();
    problems
        .iter()
        .map(|problem| {
            problem
                .to_string()
                .replace(&path, "spec")
                .replace('\\', "/")
        })
        .collect()
}

#[test]
fn files_of_the_table_are_read_in_the_order_of_their_names_and_others_are_not() {
    let folder = folder();
    write(&folder, "tools/b.toml", &row("of_b"));
    write(&folder, "tools/a.toml", &(row("of_a") + &row("more_of_a")));
    write(&folder, "tools/notes.md", "no table");
    let names: Vec<Value> = generated(&folder)
        .catalog
        .faces()
        .iter_mut()
        .map(|f| f["name"].take())
        .collect();
    assert_eq!(names, ["of_a", "more_of_a", "of_b"]);
}

#[test]
fn instructions_of_several_files_are_joined_by_a_newline() {
    let folder = folder();
    let file = |name, instructions: &str| {
        write(&folder, name, &format!("{instructions}\ntool = []"));
    };
    file("tools/a.toml", "instructions = \"Of a.\"");
    file("tools/b.toml", "");
    file("tools/c.toml", "instructions = \"Of c.\"");
    let source = generated(&folder).catalog_source;
    assert!(
        source.contains("pub const INSTRUCTIONS: &str = \"Of a.\\nOf c.\";"),
        "{source}"
    );
}

#[test]
fn a_build_tells_where_its_document_came_from_and_how_many_operations_it_has() {
    let generated = generated(&folder());
    assert_eq!(generated.source.name, "https://example.org");
    assert_eq!(generated.source.date, "2027-01-31");
    assert_eq!(generated.client.operations, 1);
    assert!(generated.catalog.is_empty());
}

#[test]
fn the_same_folder_generates_the_same_source() {
    let folder = folder();
    write(&folder, "tools/a.toml", &row("list_it"));
    let (one, other) = (generated(&folder), generated(&folder));
    assert_eq!(one.catalog_source, other.catalog_source);
    assert_eq!(one.client.source, other.client.source);
}

#[test]
fn a_file_of_facts_that_is_missing_or_that_the_document_does_not_bear_out_is_named() {
    for (file, _) in FACTS {
        let folder = folder();
        fs::remove_file(folder.path().join(file)).unwrap();
        let faults = faults(&folder);
        assert_eq!(faults.len(), 1, "{faults:#?}");
        assert!(
            faults[0].starts_with(&format!("spec/{file}: cannot be read: ")),
            "{faults:#?}"
        );
    }
    let folder = folder();
    write(&folder, "answers.toml", "rows = \"rows\"\nid = \"id\"");
    write(
        &folder,
        "reasons.toml",
        "property = \"endedReason\"\n[meaning]\ngone = \"It went.\"",
    );
    write(
        &folder,
        "sandbox.toml",
        "[[collection]]\npath = \"/its\"\nname = \"It\"",
    );
    assert_eq!(
        faults(&folder),
        [
            "spec/answers.toml:1: no response in the document has a list at `rows`",
            "spec/sandbox.toml:2: the document has no `/its`; did you mean `/it`?",
        ]
    );
    write(&folder, "answers.toml", FACTS[0].1);
    write(&folder, "sandbox.toml", FACTS[3].1);
    let stale: Vec<_> = generated(&folder).stale().collect();
    assert!(
        stale
            .iter()
            .any(|it| it.contains("reasons.toml:3: `gone` matches no")),
        "{stale:#?}"
    );
}

#[test]
fn a_missing_document_or_source_is_named_with_the_command_that_writes_it() {
    for file in ["vapi.json", "source.toml"] {
        let folder = folder();
        fs::remove_file(folder.path().join(file)).unwrap();
        let faults = faults(&folder);
        let [fault] = faults.as_slice() else {
            panic!("{faults:#?}");
        };
        assert!(
            fault.starts_with(&format!("spec/{file}: cannot be read: ")),
            "{fault}"
        );
        assert!(
            fault.ends_with("; `cargo spec vendor` writes it"),
            "{fault}"
        );
    }
}

#[test]
fn a_missing_folder_of_tools_is_named() {
    let folder = folder();
    fs::remove_dir(folder.path().join("tools")).unwrap();
    let faults = faults(&folder);
    assert_eq!(faults.len(), 1);
    assert!(
        faults[0].starts_with("spec/tools: cannot be read: "),
        "{}",
        faults[0]
    );
}

#[test]
fn a_document_that_cannot_be_read_is_named_with_the_reason() {
    let folder = folder();
    write(&folder, "vapi.json", r#"{"openapi":"3.1.0","paths":{}}"#);
    assert_eq!(
        faults(&folder),
        [
            "spec/vapi.json: the document is not an OpenAPI 3.0 document: `openapi` is `3.1.0`, but the generator supports only 3.0.x"
        ]
    );
    write(&folder, "vapi.json", r#"{"openapi":"3.0.0","paths":{}}"#);
    assert_eq!(
        faults(&folder),
        ["spec/vapi.json: the document does not follow OpenAPI 3.0: missing field `info`"]
    );
}

#[test]
fn a_date_that_is_no_day_of_the_calendar_is_named() {
    let folder = folder();
    let file = folder.path().join("source.toml");
    let source = fs::read_to_string(&file).unwrap();
    write(
        &folder,
        "source.toml",
        &source.replace("2027-01-31", "2027-02-29"),
    );
    assert_eq!(
        faults(&folder),
        [
            "spec/source.toml: `date`: `2027-02-29` is not a date; it must be a day of the calendar, YYYY-MM-DD"
        ]
    );
}

#[test]
fn the_faults_of_all_files_are_told_together() {
    let folder = folder();
    write(&folder, "tools/a.toml", "tools = []");
    write(
        &folder,
        "tools/b.toml",
        &row("b").replace("\"read\"", "\"reads\""),
    );
    assert_eq!(
        faults(&folder),
        [
            "spec/tools/a.toml:1: unknown field `tools`, expected one of `instructions`, `unsupported`, `tool`, `api`",
            "spec/tools/b.toml:6: unknown variant `reads`, expected one of `read`, `write`, `update`, `delete`, `spend`, `dial`",
        ]
    );
}

#[test]
fn a_name_is_taken_across_files_too() {
    let folder = folder();
    write(&folder, "tools/a.toml", &row("list_it"));
    write(&folder, "tools/b.toml", &row("list_it"));
    assert_eq!(
        faults(&folder),
        [
            "spec/tools/b.toml:1: tool `list_it`: the name is taken; the row at spec/tools/a.toml:1 already uses this name; rename one of the two"
        ]
    );
}
