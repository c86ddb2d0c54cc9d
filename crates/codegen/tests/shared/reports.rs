//! Reports on neighbouring revisions, and on the first and the last.

use std::{collections::BTreeSet, sync::LazyLock};

use codegen::{diff::diff, supplement::Supplement, table, vendor};
use serde_json::Value;

use crate::{
    diff::order::ranks,
    support::{document, revisions, root},
};

/// Two revisions by their number, and the report on what changed between them.
struct Compared {
    old: usize,
    new: usize,
    report: String,
}

/// The facts of every revision, the oldest first.
static FACTS: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let facts = |bytes: &[u8]| {
        let vendored = vendor::vendor(bytes, "revision", "2027-01-31").unwrap();
        serde_json::from_str(&vendored.document).unwrap()
    };
    revisions().iter().map(|(_, bytes)| facts(bytes)).collect()
});

static COMPARED: LazyLock<Vec<Compared>> = LazyLock::new(|| {
    let table = table::read(&root().join("spec/tools")).unwrap();
    let documents: Vec<_> = FACTS.iter().map(document).collect();
    let last = documents.len() - 1;
    let neighbours = (0..last).map(|old| (old, old + 1));
    let pairs = neighbours.chain([(0, last)]);
    pairs
        .map(|(old, new)| Compared {
            old,
            new,
            report: diff(
                &documents[old],
                &documents[new],
                &table,
                &Supplement::default(),
            )
            .report("old", "new"),
        })
        .collect()
});

/// One line for each scalar, with its place; elements of lists have no number.
fn facts(value: &Value, place: &mut Vec<String>, found: &mut BTreeSet<(Vec<String>, String)>) {
    let mut below = |key: &str, value: &Value| {
        place.push(key.to_owned());
        facts(value, place, found);
        place.pop();
    };
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| below(key, value)),
        Value::Array(list) => list.iter().for_each(|value| below("", value)),
        Value::String(text) => {
            found.insert((place.clone(), text.clone()));
        }
        scalar => {
            found.insert((place.clone(), scalar.to_string()));
        }
    }
}

/// What a fact is counted from in the report, and the words that may stand for it there.
fn words(document: &Value, place: &[String], value: &str) -> Option<(String, Vec<String>)> {
    let (root, below) = match place {
        [paths, path, method, below @ ..] if paths == "paths" => {
            let id = document["paths"]
                .get(path)?
                .get(method)?
                .get("operationId")?;
            (id.as_str()?.to_owned(), below)
        }
        [components, schemas, name, below @ ..]
            if components == "components" && schemas == "schemas" =>
        {
            (name.clone(), below)
        }
        below => ("document".to_owned(), below),
    };
    let last = value.rsplit('/').next().unwrap_or(value);
    let mut words: Vec<_> = below.iter().filter(|it| !it.is_empty()).cloned().collect();
    words.extend([value.to_owned(), last.to_owned()]);
    Some((root, words))
}

/// Whether a line of the report tells of the fact: it names its root, and the whole root came or
/// went, or one of the names or values on the way did.
fn told(line: &str, root: &str, words: &[String]) -> bool {
    let starts = [".", "/", "[", "`"].map(|end| format!("`{root}{end}"));
    if !starts.iter().any(|start| line.contains(start)) {
        return false;
    }
    let whole = ["schemas: ", "added", "removed"];
    let whole = whole.iter().any(|word| {
        line.split_once("**: ")
            .is_some_and(|(_, rest)| rest.starts_with(word))
    });
    let items = words.iter().any(|word| {
        ["`", "`.", "`query ", "\"", "/"]
            .iter()
            .any(|start| line.contains(&format!("{start}{word}")))
    });
    whole || items
}

#[test]
#[ignore = "reads published documents in the folder VAPI_MCP_SHARED"]
fn every_tenth_difference_between_neighbouring_revisions_is_in_their_report() {
    let (mut looked_for, mut all) = (0, 0);
    for Compared { old, new, report } in &*COMPARED {
        if old + 1 != *new {
            continue;
        }
        let (old, new) = (&FACTS[*old], &FACTS[*new]);
        let (mut before, mut after) = (BTreeSet::new(), BTreeSet::new());
        facts(old, &mut Vec::new(), &mut before);
        facts(new, &mut Vec::new(), &mut after);
        let differences: Vec<_> = before.symmetric_difference(&after).collect();
        all += differences.len();
        for (place, value) in differences.into_iter().step_by(10) {
            let (root, words) = words(new, place, value)
                .or_else(|| words(old, place, value))
                .unwrap();
            assert!(
                report.lines().any(|line| told(line, &root, &words)),
                "{place:?} {value} of {root} is not in the report:\n{report}"
            );
            looked_for += 1;
        }
    }
    println!("{looked_for} of {all} differences are in the reports");
}

#[test]
#[ignore = "reads published documents in the folder VAPI_MCP_SHARED"]
fn reports_between_revisions_go_from_what_breaks_to_what_is_harmless() {
    for Compared { report, .. } in &*COMPARED {
        assert!(ranks(report).is_sorted(), "{report}");
    }
}
