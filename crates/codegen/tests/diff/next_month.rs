//! Changes that Vapi could make next month: each is one edit of the vendored document, with the class that
//! it must have, and the row and the part of it that the report must name.

mod breaking;
mod harmless;
mod look;

use std::{collections::BTreeSet, fs, sync::LazyLock};

use codegen::{
    check::check,
    diff::{Class, Diff, RowKind, diff},
    document::Document,
    operations::Operations,
    sandbox::Sandbox,
    supplement::Supplement,
    table::{self, Table},
    vendor,
};
use serde_json::{Value, json};

use crate::support::{VENDORED, document, root};

static TABLE: LazyLock<Table> = LazyLock::new(|| table::read(&root().join("spec/tools")).unwrap());

/// The paths whose operations the edits concern. The others are left out to save time.
const PATHS: [&str; 23] = [
    "/analytics",
    "/assistant",
    "/assistant/{id}",
    "/call",
    "/call/{id}",
    "/call/{id}/pcap",
    "/campaign",
    "/campaign/{id}",
    "/chat",
    "/chat/responses",
    "/file",
    "/observability/scorecard",
    "/phone-number",
    "/phone-number/{id}",
    "/provider/{provider}/{resourceName}",
    "/session",
    "/session/{id}",
    "/squad",
    "/squad/{id}",
    "/tool",
    "/tool/{id}",
    "/v2/campaign",
    "/v2/campaign/{id}",
];

/// A schema that no operation uses.
const UNUSED: &str = "Org";

/// The rows of these operations, in the lines in which they are.
static SUPPLEMENT: LazyLock<Supplement> = LazyLock::new(|| {
    let text = fs::read_to_string(root().join("spec/operations.toml")).unwrap();
    let is_kept = |key: &str| PATHS.contains(&key.split_once(' ').unwrap().1);
    let (mut kept, mut keeps) = (String::new(), true);
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("[operation.\"") {
            keeps = is_kept(rest.split('"').next().unwrap());
        }
        let referrer = line.trim().trim_end_matches(',').trim_matches('"');
        let is_gone = line.starts_with("    \"GET ") && !is_kept(referrer);
        kept.push_str(if keeps && !is_gone { line } else { "" });
        kept.push('\n');
    }
    let file = tempfile::Builder::new().suffix(".toml").tempfile().unwrap();
    fs::write(file.path(), kept).unwrap();
    Supplement {
        operations: Operations::read(file.path()).unwrap(),
        sandbox: Sandbox::default(),
        ..Supplement::read(&root().join("spec")).unwrap()
    }
});

static BEFORE: LazyLock<Value> = LazyLock::new(|| {
    let mut value = VENDORED.clone();
    let paths = value["paths"].as_object_mut().unwrap();
    paths.retain(|path, _| PATHS.contains(&path.as_str()));
    let mut open = vec![
        value["paths"].clone(),
        json!({ "$ref": format!("#/{UNUSED}") }),
    ];
    let mut reached = BTreeSet::new();
    while let Some(next) = open.pop() {
        let text = next.to_string();
        for reference in text.split("\"$ref\":\"").skip(1) {
            let target = reference.split('"').next().unwrap();
            let name = target.rsplit('/').next().unwrap();
            if reached.insert(name.to_owned()) {
                open.push(value["components"]["schemas"][name].clone());
            }
        }
    }
    let schemas = value["components"]["schemas"].as_object_mut().unwrap();
    schemas.retain(|name, _| reached.contains(name));
    value
});

static OLD: LazyLock<Document> = LazyLock::new(|| document(&BEFORE));

/// The change, the row that its line must name, the part of that row, and the change itself.
type Edit = (&'static str, &'static str, &'static str, fn(&mut Value));

fn schema<'a>(document: &'a mut Value, name: &str) -> &'a mut Value {
    &mut document["components"]["schemas"][name]
}

fn property<'a>(document: &'a mut Value, name: &str, property: &str) -> &'a mut Value {
    let found = &mut schema(document, name)["properties"][property];
    assert!(!found.is_null(), "{name} has no {property}");
    found
}

fn remove(document: &mut Value, name: &str, property: &str) {
    let properties = schema(document, name)["properties"].as_object_mut();
    let removed = properties.unwrap().shift_remove(property);
    assert!(removed.is_some(), "{name} has no {property}");
}

fn require(document: &mut Value, name: &str, property: &str) {
    let required = &mut schema(document, name)["required"];
    if required.is_null() {
        *required = json!([]);
    }
    required.as_array_mut().unwrap().push(json!(property));
}

fn push(list: &mut Value, value: Value) {
    list.as_array_mut().unwrap().push(value);
}

fn drop_value(list: &mut Value, value: &str) {
    let list = list.as_array_mut().unwrap();
    let before = list.len();
    list.retain(|it| *it != json!(value));
    assert_eq!(list.len(), before - 1, "{value}");
}

fn operation<'a>(document: &'a mut Value, method: &str, path: &str) -> &'a mut Value {
    let found = &mut document["paths"][path][method];
    assert!(!found.is_null(), "{method} {path}");
    found
}

fn parameter<'a>(document: &'a mut Value, path: &str, name: &str) -> &'a mut Value {
    let parameters = operation(document, "get", path)["parameters"].as_array_mut();
    let found = parameters.unwrap().iter_mut().find(|it| it["name"] == name);
    found.unwrap()
}

fn add_parameter(document: &mut Value, method: &str, path: &str, parameter: Value) {
    let parameters = &mut operation(document, method, path)["parameters"];
    if parameters.is_null() {
        *parameters = json!([]);
    }
    push(parameters, parameter);
}

fn header(name: &str, is_required: bool) -> Value {
    json!({ "in": "header", "name": name, "required": is_required, "schema": { "type": "string" } })
}

/// The schema of the answer of a GET.
fn answer<'a>(document: &'a mut Value, path: &str) -> &'a mut Value {
    &mut operation(document, "get", path)["responses"]["200"]["content"]["application/json"]["schema"]
}

fn edited(edit: fn(&mut Value)) -> (Value, Diff) {
    let mut new = BEFORE.clone();
    edit(&mut new);
    let found = diff(&OLD, &document(&new), &TABLE, &SUPPLEMENT);
    (new, found)
}

/// Whether the lines of the report name the row, and the part of it if there is one.
fn is_named(found: &Diff, class: Class, row: &str, part: &str) -> bool {
    found
        .changes
        .iter()
        .filter(|it| it.class == class)
        .any(|judged| {
            judged.named.iter().any(|named| {
                let parts = named.parts.iter();
                let known = parts
                    .clone()
                    .any(|(known, line)| known.contains(part) && *line > 0);
                named.row.row == row && named.class == class && (part.is_empty() || known)
            })
        })
}

/// Compares the document with each edit, and says what is wrong.
fn wrong(edits: &[Edit], class: Class) -> Vec<String> {
    let mut wrong = Vec::new();
    for (name, row, part, edit) in edits {
        let (new, found) = edited(*edit);
        let report = found.report("old", "new");
        let first = report.lines().nth(2).unwrap();
        let worst = found.changes.iter().map(|it| it.class).min();
        if worst != Some(class) {
            wrong.push(format!("{name}: {worst:?}\n{report}"));
            continue;
        }
        // The first line, the exit code and the check say the same.
        let breaks = class == Class::Breaking;
        let counts = found.count(Class::Breaking) > 0;
        let rows = !first.ends_with("; 0 rows broken.");
        let checks = !breaks || {
            let vendored = vendor::vendor(new.to_string().as_bytes(), "new", "2027-01-31");
            let checked = check(&vendored.unwrap(), &TABLE, &SUPPLEMENT).unwrap();
            checked.is_broken()
        };
        if [found.breaks(), counts, rows] != [breaks; 3] || !checks {
            wrong.push(format!("{name}: {first}; the check fails: {checks}"));
        }
        if !row.is_empty() && !is_named(&found, class, row, part) {
            wrong.push(format!("{name}: {row} {part} is not named in\n{report}"));
        }
        if breaks && !row.is_empty() {
            let problems = found.problems.iter();
            let mut named = problems.filter(|it| it.row() == Some(*row));
            if !named.any(|it| it.location().contains(".toml:")) {
                wrong.push(format!("{name}: no problem of {row} in\n{report}"));
            }
            // The cause stands before its effects.
            let kind = if row.contains(" /") {
                "Operation"
            } else {
                "Tool"
            };
            let section = report.split(&format!("### {kind} `{row}`\n\n")).nth(1);
            let section = section
                .and_then(|it| it.split("\n\n").next())
                .unwrap_or_default();
            let lines: Vec<_> = section.lines().collect();
            let effect = |line: &&str| line.contains(".toml:") && line.ends_with(')');
            if lines.is_empty() || !lines.iter().all(effect) {
                wrong.push(format!("{name}: lines without a row in\n{report}"));
            }
        }
    }
    wrong
}

#[track_caller]
fn all_are(edits: &[Edit], class: Class) {
    let wrong = wrong(edits, class);
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        edits.len(),
        wrong.join("\n")
    );
}

#[test]
fn there_are_at_least_64_edits() {
    let breaking = [
        breaking::PLACES,
        breaking::REQUIREMENTS,
        breaking::TYPES,
        breaking::OPERATIONS,
    ];
    let look = [look::USES, look::DESTINATIONS, look::OPERATIONS];
    let all = breaking.iter().chain(&look).chain([&harmless::ALL]);
    let names: BTreeSet<_> = all.flat_map(|it| it.iter()).map(|it| it.0).collect();
    assert!(names.len() >= 64, "{}", names.len());
}

/// The kinds of rows are told apart by their names.
#[test]
fn every_use_names_a_row_with_its_file_and_line() {
    let (_, found) = edited(|d| remove(d, "Call", "status"));
    let named = found.changes.iter().flat_map(|it| &it.named);
    let named: Vec<_> = named.filter(|it| it.row.kind == RowKind::Tool).collect();
    assert!(named.len() > 3);
    for named in named {
        let file = root().join(&named.row.file);
        let text = std::fs::read_to_string(file).unwrap();
        let line = |number: usize| text.lines().nth(number - 1).unwrap();
        assert_eq!(line(named.row.line), "[[tool]]");
        for (part, number) in &named.parts {
            let is_right = ["status", "scheduled"]
                .iter()
                .any(|it| line(*number).contains(it));
            assert!(is_right, "{part}: {}", line(*number));
        }
    }
}
