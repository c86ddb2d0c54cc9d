//! `cargo spec` tells by its exit code what it found.

use std::{
    fs::{self, File},
    io::{self, Seek},
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use crate::support::{VENDORED, root};
use serde_json::{Value, json};
use tempfile::{TempDir, tempfile};

/// Longer than a command takes that does not hang, however busy the machine is.
const HANG: Duration = Duration::from_secs(120);

/// The exit code of a command, what it said and what it complained of.
fn spec(args: &[&str], folder: &Path) -> (i32, String, String) {
    let (said, complained) = (tempfile().unwrap(), tempfile().unwrap());
    let mut child = Command::new(env!("CARGO_BIN_EXE_spec"))
        .args(args)
        .current_dir(folder)
        .stdout(said.try_clone().unwrap())
        .stderr(complained.try_clone().unwrap())
        .spawn()
        .unwrap();
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if start.elapsed() > HANG {
            child.kill().unwrap();
            panic!("waited {HANG:?} for the end of `spec {}`", args.join(" "));
        }
        thread::sleep(Duration::from_millis(10));
    };
    let text = |mut file: File| {
        file.rewind().unwrap();
        io::read_to_string(file).unwrap()
    };
    (status.code().unwrap(), text(said), text(complained))
}

/// A folder with the vendored document as it is, with another value in an enum, and without the
/// property that an argument fills.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, document: &Value| {
        fs::write(folder.path().join(name), document.to_string()).unwrap();
    };
    write("old.json", &VENDORED);
    let mut more = VENDORED.clone();
    let call = &mut more["components"]["schemas"]["Call"]["properties"];
    call["type"]["enum"]
        .as_array_mut()
        .unwrap()
        .push(json!("letter"));
    write("more.json", &more);
    let mut fewer = VENDORED.clone();
    let create = &mut fewer["components"]["schemas"]["CreateCallDTO"]["properties"];
    create
        .as_object_mut()
        .unwrap()
        .shift_remove("customers")
        .unwrap();
    write("fewer.json", &fewer);
    let mut dials = VENDORED.clone();
    let person = json!({ "$ref": "#/components/schemas/CreateCustomerDTO" });
    dials["paths"]["/outreach"]["post"] = json!({
        "operationId": "OutreachController_start",
        "parameters": [],
        "requestBody": { "content": { "application/json": { "schema": {
            "type": "object",
            "properties": { "people": { "type": "array", "items": { "type": "object", "properties": { "person": person } } } },
        } } } },
        "responses": { "201": { "content": { "application/json": { "schema": { "type": "object" } } } } },
    });
    write("dials.json", &dials);
    fs::write(folder.path().join("cut.json"), "{\"openapi\":").unwrap();
    folder
}

#[test]
fn a_diff_ends_with_0_when_nothing_breaks_1_when_a_row_breaks_and_2_when_it_fails() {
    let folder = folder();
    let diff = |new| spec(&["diff", "old.json", new], folder.path());
    let (code, said, _) = diff("old.json");
    assert_eq!((code, said.contains("Nothing changed.")), (0, true));
    let (code, said, _) = diff("more.json");
    assert_eq!(code, 0);
    assert!(
        said.contains("- **harmless**: `Call.type` values added: `letter`"),
        "{said}"
    );
    let (code, said, _) = diff("fewer.json");
    assert_eq!(code, 1);
    for line in [
        "1 changes: 1 **breaking for us**, 0 **worth a look**, 0 **harmless**; 2 rows broken.",
        "Broken rows: `create_call`, `POST /call`.",
        "- **breaking for us**: argument `customers`: `/customers`: the document has no property \
         `customers` at the top; did you mean `customer` or `customerId`?",
        "- **breaking for us**: `CreateCallDTO` properties removed: `.customers`",
    ] {
        assert!(said.contains(line), "{said}");
    }
    let (code, said, complained) = diff("cut.json");
    assert_eq!((code, said.as_str()), (2, ""));
    assert_eq!(
        complained,
        "error: cut.json: the document is not JSON: EOF while parsing a value at line 1 column 11\n"
    );
    assert_eq!(diff("none.json").0, 2);
    assert_eq!(spec(&["diff", "old.json"], folder.path()).0, 2);
}

#[test]
fn a_diff_as_json_has_the_changes_of_each_class_and_the_broken_rows() {
    let folder = folder();
    let (code, said, _) = spec(&["diff", "old.json", "fewer.json", "--json"], folder.path());
    assert_eq!(code, 1);
    let found: Value = serde_json::from_str(&said).unwrap();
    let count = |key: &str| found[key].as_array().unwrap().len();
    assert_eq!(
        [count("breaking"), count("look"), count("harmless")],
        [1, 0, 0]
    );
    let change = &found["breaking"][0];
    assert_eq!(change["location"], "CreateCallDTO.customers");
    assert_eq!(change["change"], "removed");
    assert_eq!(change["rows"][0]["row"], "create_call");
    assert!(change["rows"][0]["parts"][0]["line"].as_u64() > Some(1));
    let rows = found["broken_rows"].as_array().unwrap().iter();
    let rows: Vec<_> = rows.map(|it| it["row"].as_str().unwrap()).collect();
    assert!(
        rows.contains(&"create_call") && rows.contains(&"POST /call"),
        "{rows:?}"
    );
    assert_eq!(
        [
            count("broken_before"),
            count("acknowledged"),
            count("left_out")
        ],
        [0, 0, 0]
    );
}

#[test]
fn only_days_of_the_calendar_are_dates() {
    let document = root().join("spec/vapi.json");
    for date in [
        "2026-02-30",
        "2026-13-01",
        "2026-00-10",
        "26-01-01",
        "2026-01-01T00:00:00Z",
        "today",
        "",
    ] {
        let args = ["update", document.to_str().unwrap(), "--date", date];
        let (code, _, complained) = spec(&args, &root());
        assert_eq!(code, 2, "{date}");
        assert!(
            complained.contains("must be a day of the calendar, YYYY-MM-DD"),
            "{complained}"
        );
    }
    let args = ["update", document.to_str().unwrap(), "--date", "2024-02-29"];
    let (code, _, complained) = spec(&args, &root());
    assert_eq!(code, 2);
    assert!(
        complained.starts_with("error: 2024-02-29 is before "),
        "{complained}"
    );
}

#[test]
fn an_operation_that_nobody_has_described_is_reported_and_nothing_is_generated() {
    let folder = folder();
    let missing = "`POST /outreach` has no row; add a row that says what it does; its body reaches a \
                   destination at `/people/*/person`, so say in `dial` how it is called";
    let (code, said, _) = spec(&["diff", "old.json", "dials.json"], folder.path());
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("Broken outside the tool table:"), "{said}");
    assert!(said.contains(missing), "{said}");
    let (code, said, _) = spec(&["check", "dials.json"], folder.path());
    assert_eq!(code, 1, "{said}");
    assert!(said.contains(missing), "{said}");
}

#[test]
fn a_check_names_the_rows_that_a_document_breaks_and_ends_with_1() {
    let folder = folder();
    let (code, said, _) = spec(&["check", "fewer.json"], folder.path());
    assert_eq!(code, 1);
    assert!(said.contains("## Rows: "), "{said}");
    assert!(said.contains("- `create_call`: broken\n"), "{said}");
    assert!(said.contains("- `get_call`: valid\n"), "{said}");
    assert!(said.contains("\n- `path-parameter-undeclared`: "), "{said}");
}

/// Where a file has no end, a reader that took all of it would not come back.
#[test]
#[cfg(unix)]
fn no_more_is_read_than_shows_that_a_document_is_too_large() {
    let (code, said, complained) = spec(&["check", "/dev/zero"], &root());
    assert_eq!((code, said.as_str()), (2, ""));
    assert_eq!(
        complained,
        "error: /dev/zero: the document has more than 33554432 bytes, the limit of the generator\n"
    );
}

#[test]
fn a_check_of_the_vendored_document_finds_nothing() {
    let (code, said, _) = spec(&["check"], &root());
    assert_eq!(code, 0, "{said}");
    assert!(said.contains(" valid, 0 broken\n"), "{said}");
    assert!(said.contains("\n- lint: nothing found\n"), "{said}");
}

#[test]
fn an_update_to_the_document_that_is_there_leaves_it_alone() {
    let path = root().join("spec");
    let before = fs::read(path.join("source.toml")).unwrap();
    let document = path.join("vapi.json");
    let args = ["update", document.to_str().unwrap(), "--date", "2027-01-31"];
    let (code, said, _) = spec(&args, &root());
    assert_eq!(code, 0);
    assert!(
        said.starts_with("Only descriptions have changed since "),
        "{said}"
    );
    assert_eq!(fs::read(path.join("source.toml")).unwrap(), before);
}
