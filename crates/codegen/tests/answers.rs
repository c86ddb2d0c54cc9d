//! The keys that answers have in common are those of the document.
use std::fs;

use codegen::{answers::Answers, problem::Problem};
use serde_json::{Value, json};

use crate::support::{MENDED, api, document, root};

fn read(text: &str) -> Result<Answers, Vec<Problem>> {
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("answers.toml");
    fs::write(&file, text).unwrap();
    Answers::read(&file)
}

fn told(problems: &[Problem]) -> Vec<String> {
    let text = |problem: &Problem| {
        let text = problem.to_string();
        text.split_once("answers.toml").unwrap().1.to_owned()
    };
    problems.iter().map(text).collect()
}

#[test]
fn a_key_that_no_answer_has_at_its_place_is_named_by_line() {
    let right = fs::read_to_string(root().join("spec/answers.toml")).unwrap();
    assert_eq!(read(&right).unwrap().problems(&MENDED), []);
    let cup = json!({ "type": "object", "properties": {
        "ref": { "type": "string" }, "all": { "type": "object" },
    } });
    let cups = json!({ "type": "array", "items": cup });
    let page = json!({ "type": "object", "properties": { "rows": cups } });
    let answer = |schema: &Value| {
        json!({ "get": { "responses": { "200": {
            "description": "", "content": { "application/json": { "schema": schema } },
        } } } })
    };
    let document = document(&api(
        json!({ "/cup": answer(&cups), "/v2/cup": answer(&page), "/cup/{id}": answer(&cup) }),
        json!({}),
    ));
    let problems = |text| told(&read(text).unwrap().problems(&document));
    assert_eq!(
        problems("rows = \"rows\"\nid = \"ref\""),
        Vec::<String>::new()
    );
    assert_eq!(
        problems("rows = \"all\"\nid = \"rows\""),
        [
            ":1: no answer in the document has a list at `all`",
            ":2: no list in the document has rows with `rows`",
        ]
    );
}

#[test]
fn an_unknown_and_a_missing_key_are_refused() {
    for (text, said) in [
        (
            "rows = \"a\"\nid = \"b\"\nmore = \"c\"",
            "unknown field `more`",
        ),
        ("rows = \"a\"", "missing field `id`"),
        ("rows = \"a\"\nid = \"b\"\nid = \"b\"", "duplicate key"),
    ] {
        let told = told(&read(text).unwrap_err());
        assert_eq!(told.len(), 1, "{told:#?}");
        assert!(told[0].contains(said), "{told:#?}");
    }
}
