//! Everything that a simple comparison of two revisions finds is in the report.

use std::collections::BTreeSet;

use codegen::{diff::diff, table};
use serde_json::Value;

use super::revisions;
use crate::support::{document, root};

/// One line for each scalar, with its location; elements of lists have no number.
fn facts(value: &Value, location: &mut Vec<String>, found: &mut BTreeSet<(Vec<String>, String)>) {
    let mut below = |key: &str, value: &Value| {
        location.push(key.to_owned());
        facts(value, location, found);
        location.pop();
    };
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| below(key, value)),
        Value::Array(list) => list.iter().for_each(|value| below("", value)),
        Value::String(text) => {
            found.insert((location.clone(), text.clone()));
        }
        scalar => {
            found.insert((location.clone(), scalar.to_string()));
        }
    }
}

/// What a fact is counted from in the report, and the words that may stand for it there.
fn words(document: &Value, location: &[String], value: &str) -> Option<(String, Vec<String>)> {
    let (root, below) = match location {
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
fn every_tenth_difference_between_neighbouring_revisions_is_in_their_report() {
    let table = table::read(&root().join("spec/tools")).unwrap();
    let revisions = revisions();
    let (mut looked_for, mut all) = (0, 0);
    for pair in revisions.windows(2) {
        let [old, new] = pair else { unreachable!() };
        let report = diff(&document(old), &document(new), &table).report("old", "new");
        let (mut before, mut after) = (BTreeSet::new(), BTreeSet::new());
        facts(old, &mut Vec::new(), &mut before);
        facts(new, &mut Vec::new(), &mut after);
        let differences: Vec<_> = before.symmetric_difference(&after).collect();
        all += differences.len();
        for (location, value) in differences.into_iter().step_by(10) {
            let (root, words) = words(new, location, value)
                .or_else(|| words(old, location, value))
                .unwrap();
            assert!(
                report.lines().any(|line| told(line, &root, &words)),
                "{location:?} {value} of {root} is not in the report:\n{report}"
            );
            looked_for += 1;
        }
    }
    println!("{looked_for} of {all} differences are in the reports");
}
