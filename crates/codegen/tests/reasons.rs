//! What the reasons why calls end mean is held to the values of the document.
use std::{fs, path::Path};

use codegen::{document::Document, problem::Problem, reasons::Reasons};
use serde_json::json;

use crate::support::{MENDED, api, document, root};

/// A document whose reasons are these.
fn ending(reasons: &[&str]) -> Document {
    document(&api(
        json!({}),
        json!({ "Call": { "type": "object", "properties": {
            "endedReason": { "type": "string", "enum": reasons },
            // No reasons: another property, and one of that name in an example.
            "status": { "type": "string", "enum": ["ended"] },
        }, "example": { "properties": { "endedReason": { "enum": ["no-reason"] } } } } }),
    ))
}

fn read(text: &str) -> Result<Reasons, Vec<Problem>> {
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("reasons.toml");
    fs::write(&file, text).unwrap();
    Reasons::read(&file)
}

fn stale(text: &str, reasons: &[&str]) -> Vec<String> {
    let stale = read(text).unwrap().stale(&ending(reasons));
    let name = |problem: &Problem| {
        let text = problem.to_string();
        text.split_once("reasons.toml").unwrap().1.to_owned()
    };
    stale.iter().map(name).collect()
}

const RIGHT: &str = r#"property = "endedReason"
[meaning]
customer = "the person hung up"
customer-busy = "the line was busy"
[earlier]
"old.error" = "it failed"
"#;

#[test]
fn every_beginning_counts_for_a_reason_of_the_document_and_every_reason_has_one() {
    let reasons = Reasons::read(Path::new("../../spec/reasons.toml")).unwrap();
    assert_eq!(reasons.stale(&MENDED), []);
    let text = fs::read_to_string(root().join("spec/reasons.toml")).unwrap();
    let text = text.replace("\ncustomer-", "\nunknown-");
    let told = read(&text).unwrap().stale(&MENDED);
    assert!(told.len() >= 8, "{told:#?}");
}

#[test]
fn a_beginning_that_counts_for_nothing_is_stale_and_a_reason_without_one_is_named() {
    let all = ["customer-busy", "customer-ended-call"];
    assert_eq!(stale(RIGHT, &all), Vec::<String>::new());
    let fewer = ["customer-busy"];
    let shadowed =
        ":3: `customer` matches no `endedReason` of the document; move it to `[earlier]`";
    assert_eq!(stale(RIGHT, &fewer), [shadowed]);
    let again = [all[0], all[1], "old.error-503"];
    let back = ":6: `old.error` is in the document again; move it to `[meaning]`";
    assert_eq!(stale(RIGHT, &again), [back]);
    let more = [all[0], all[1], "brand-new"];
    let unexplained = ": no prefix matches `brand-new` of the document";
    assert_eq!(stale(RIGHT, &more), [unexplained]);
}

#[test]
fn what_is_written_wrong_is_refused_by_line() {
    for (more, line, said) in [
        ("customer-busy = \"again\"", 5, "duplicate key"),
        (
            "\"\" = \"it ended\"",
            5,
            "an empty prefix matches every reason",
        ),
        ("aborted = \" \"", 5, "`aborted` has no meaning"),
        (
            "\"old.error\" = \"it broke\"",
            7,
            "`old.error` occurs twice",
        ),
        ("[later]", 5, "unknown field `later`"),
    ] {
        let text = RIGHT.replace("[earlier]", &format!("{more}\n[earlier]"));
        let told: Vec<_> = read(&text)
            .unwrap_err()
            .iter()
            .map(ToString::to_string)
            .collect();
        let [told] = told.as_slice() else {
            panic!("{told:#?}")
        };
        assert!(told.contains(&format!("reasons.toml:{line}: ")), "{told}");
        assert!(told.contains(said), "{told}");
    }
    let told = read("[meaning]").unwrap_err();
    assert!(
        told[0].to_string().contains("missing field `property`"),
        "{told:?}"
    );
}

#[test]
fn the_source_is_a_slice_of_beginnings_and_meanings() {
    let source = read(RIGHT).unwrap().source().replace(' ', "");
    assert!(
        source.starts_with("&[(\"customer\",\"thepersonhungup\"),"),
        "{source}"
    );
    assert!(
        source.ends_with("(\"old.error\",\"itfailed\")]"),
        "{source}"
    );
}
