//! The document in `spec/` is one that vendoring made: canonical, without prose, and counted.

use crate::support::{GENERATED, VENDORED, prose::prose};
use codegen::vendor::{self, Vendored};
use serde_json::{Value, json};

fn vendor(text: &str) -> Vendored {
    vendor::vendor(text.as_bytes(), "name", "2027-01-31").unwrap()
}

#[test]
fn vendoring_what_was_vendored_changes_nothing() {
    let text = serde_json::to_string_pretty(&*VENDORED).unwrap() + "\n";
    assert!(vendor(&text).document == text);
}

#[test]
fn the_vendored_document_has_its_keys_sorted_at_every_level() {
    fn sorted(value: &Value) -> bool {
        match value {
            Value::Object(map) => map.keys().is_sorted() && map.values().all(sorted),
            Value::Array(list) => list.iter().all(sorted),
            _ => true,
        }
    }
    assert!(sorted(&VENDORED));
    assert!(!sorted(&json!([{ "b": 1, "a": 1 }])));
}

#[test]
fn the_vendored_document_holds_no_prose_and_the_properties_that_are_called_like_it() {
    assert_eq!(prose(&VENDORED), Vec::<String>::new());
    let schemas = VENDORED["components"]["schemas"].as_object().unwrap();
    for name in ["description", "title", "summary"] {
        let with = |schema: &Value| schema["properties"].get(name).is_some();
        assert!(schemas.values().any(with), "no property is called {name}");
    }
}

#[test]
fn the_source_beside_the_vendored_document_counts_what_it_holds() {
    let counted = vendor(&VENDORED.to_string()).source;
    let stated = &GENERATED.source;
    assert_eq!(
        (stated.paths, stated.operations, stated.schemas),
        (counted.paths, counted.operations, counted.schemas)
    );
}
