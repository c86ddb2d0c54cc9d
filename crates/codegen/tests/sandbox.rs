//! What the sandbox answers is held to the document, and its excerpt of that is whole.
use std::fs;

use codegen::{check::check, problem::Problem, sandbox::Sandbox, supplement::Supplement, vendor};
use serde_json::{Value, json};

use crate::support::{GENERATED, VENDORED, api, document, root, rows};

fn read(text: &str) -> Result<Sandbox, Vec<Problem>> {
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("sandbox.toml");
    fs::write(&file, text).unwrap();
    Sandbox::read(&file)
}

fn told(problems: &[Problem]) -> Vec<String> {
    let text = |problem: &Problem| {
        let text = problem.to_string();
        text.split_once("sandbox.toml").unwrap().1.to_owned()
    };
    problems.iter().map(text).collect()
}

#[test]
fn a_collection_has_five_operations_in_the_document_and_an_answer_has_one() {
    let none = json!({ "responses": {} });
    let document = document(&api(
        json!({
            "/cup": { "get": none, "post": none },
            "/cup/{id}": { "get": none, "patch": none, "delete": none },
            "/plate": { "get": none, "post": none },
            "/plate/{id}": { "get": none, "delete": none },
            "/count": { "post": none },
        }),
        json!({}),
    ));
    let problems = |text| told(&read(text).unwrap().problems(&document));
    let right = "kept = [\"/cup\"]\nanswered = [\"/count\"]";
    assert_eq!(problems(right), Vec::<String>::new());
    let missing = ":2: the document has no `PATCH /plate/{id}`";
    assert_eq!(problems("kept = [\"/cup\",\n\"/plate\"]"), [missing]);
    let misspelt = ":1: the document has no `GET /cups`; did you mean `/cup` or `/cup/{id}`?";
    assert_eq!(problems("kept = [\"/cups\"]"), [misspelt]);
    let misspelt = ":2: the document has no `/counts`; did you mean `/count`?";
    assert_eq!(problems("kept = []\nanswered = [\"/counts\"]"), [misspelt]);
}

#[test]
fn what_is_written_wrong_is_refused_by_line() {
    for (text, line, said) in [
        (
            "kept = [\"/cup\"]\nanswered = [\"/cup\"]",
            2,
            "`/cup` occurs twice",
        ),
        ("kept = []\nlost = []", 2, "unknown field `lost`"),
        ("kept = [1]", 1, "invalid type"),
    ] {
        let told = told(&read(text).unwrap_err());
        assert_eq!(told.len(), 1, "{told:#?}");
        assert!(told[0].starts_with(&format!(":{line}: ")), "{told:#?}");
        assert!(told[0].contains(said), "{told:#?}");
    }
}

#[test]
fn a_check_of_a_document_without_what_the_sandbox_answers_ends_broken_and_one_without_a_reason_stale()
 {
    let facts = Supplement::read(&root().join("spec")).unwrap();
    let checked = |document: &Value| {
        let vendored = vendor::vendor(document.to_string().as_bytes(), "it", "2027-01-31");
        check(&vendored.unwrap(), &rows("tool = []"), &facts).unwrap()
    };
    assert!(!checked(&VENDORED).is_broken());
    let mut fewer = VENDORED.clone();
    let paths = fewer["paths"].as_object_mut().unwrap();
    paths.shift_remove("/analytics").unwrap();
    let check = checked(&fewer);
    assert!(check.is_broken());
    let (told, missing) = (check.to_string(), "the document has no `/analytics`");
    let broken = |line: &str| line.starts_with("- broken: ") && line.ends_with(missing);
    assert!(told.lines().any(broken), "{told}");
    let other = VENDORED.to_string().replace("customer-busy", "brand-new");
    let check = checked(&serde_json::from_str(&other).unwrap());
    assert!(!check.is_broken());
    let told = check.to_string();
    for stale in [
        "`customer-busy` matches no `endedReason` of the document; move it to `[earlier]`",
        "no prefix matches `brand-new` of the document",
    ] {
        let is_told = |line: &str| line.starts_with("- stale: ") && line.ends_with(stale);
        assert!(told.lines().any(is_told), "{told}");
    }
}

/// All references lead somewhere, and a megabyte is more than the program has to spare for it.
#[test]
fn the_excerpt_for_the_sandbox_is_whole_and_small() {
    let excerpt = &GENERATED.sandbox;
    assert!(excerpt.len() < 400_000, "{} bytes", excerpt.len());
    let value: Value = serde_json::from_str(excerpt).unwrap();
    let mut targets = 0;
    for reference in excerpt.split("\"$ref\":\"#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(value["schemas"].get(name).is_some(), "{name}");
        targets += 1;
    }
    assert!(targets > 1000);
    let kept = value["operations"].as_array().unwrap().iter();
    let kept: Vec<_> = kept
        .filter(|operation| operation["query"].is_object())
        .collect();
    assert_eq!(
        kept.len(),
        26,
        "five operations of five collections, and analytics"
    );
    for operation in kept {
        let writes = ["post", "patch"].contains(&operation["method"].as_str().unwrap());
        assert!(!writes || operation["body"].is_object(), "{operation}");
    }
}
