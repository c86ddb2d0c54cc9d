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
fn collections_operations_and_references_are_held_to_the_document() {
    let none = json!({ "responses": {} });
    let document = document(&api(
        json!({
            "/cup": { "get": none, "post": none },
            "/cup/{id}": { "get": none, "patch": none, "delete": none },
            "/cup/{id}/plate": { "get": none },
            "/count": { "post": none },
        }),
        json!({ "Plate": { "properties": { "cupId": { "type": "string" } } } }),
    ));
    let problems = |text: &str| told(&read(text).unwrap().problems(&document));
    let cup = "[[collection]]\npath = \"/cup\"\nname = \"Cup\"\n";
    let right = format!(
        "[references]\ncupId = [\"/cup\"]\n[operations]\n\"POST /count\" = \"analyze\"\n{cup}"
    );
    assert_eq!(problems(&right), Vec::<String>::new());
    for (text, problem) in [
        (
            "[[collection]]\npath = \"/cups\"\nname = \"Cup\"",
            ":2: the document has no `/cups`; did you mean `/cup` or `/cup/{id}`?",
        ),
        (
            "[[collection]]\npath = \"/cup/{id}/plate\"\nname = \"Plate\"\nwithin = { cup = \"cupId\" }",
            ":2: the path `/cup/{id}/plate` has no `{cup}`",
        ),
        (
            "[operations]\n\"GET /count\" = \"analyze\"",
            ":2: the document has no `GET /count`; did you mean",
        ),
        (
            &format!("[references]\nplateId = [\"/cup\"]\n{cup}"),
            ":2: no schema of the document has the property `plateId`",
        ),
        (
            &format!("[references]\ncupId = [\"/cap\"]\n{cup}"),
            ":2: `cupId`: there is no collection `/cap`; did you mean `/cup`?",
        ),
    ] {
        let told = problems(text);
        assert_eq!(told.len(), 1, "{told:#?}");
        assert!(told[0].starts_with(problem), "{told:#?}");
    }
}

#[test]
fn what_is_written_wrong_is_refused_by_line() {
    for (text, line, said) in [
        (
            "[[collection]]\npath = \"/cup\"\nalso = [\"/cup\"]\nname = \"Cup\"",
            2,
            "`/cup` occurs twice",
        ),
        ("\nlost = []", 2, "unknown field `lost`"),
        (
            "[operations]\n\"POST /cup\" = \"whistle\"",
            2,
            "unknown variant `whistle`",
        ),
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
    let (told, missing) = (check.to_string(), "the document has no `POST /analytics`");
    let of_sandbox = |line: &str| line.contains("sandbox.toml") && line.contains(missing);
    let broken = |line: &str| line.starts_with("- broken: ") && of_sandbox(line);
    assert!(told.lines().any(broken), "{told}");
    let other = VENDORED.to_string().replace("customer-busy", "brand-new");
    let check = checked(&serde_json::from_str(&other).unwrap());
    assert!(!check.is_broken());
    let told = check.to_string();
    for stale in [
        "`customer-busy` matches no `endedReason` of the document; move it to `[earlier]`",
        "no prefix matches `brand-new`, which is in the document",
    ] {
        let is_told = |line: &str| line.starts_with("- stale: ") && line.ends_with(stale);
        assert!(told.lines().any(is_told), "{told}");
    }
}

#[test]
fn the_table_of_the_sandbox_is_whole() {
    let table: Value = serde_json::from_str(&GENERATED.sandbox).unwrap();
    let collections = table["collection"].as_array().unwrap();
    assert!(collections.iter().any(|it| it["path"] == "/assistant"));
    assert_eq!(table["operations"]["POST /analytics"], "analyze");
}
