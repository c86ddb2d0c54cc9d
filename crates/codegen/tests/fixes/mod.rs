//! Every fix changes what it was made for, counts it, and leaves alone what only looks like it.

mod bugs;
mod shape;

use crate::support::{GENERATED, VENDORED, api, document, rows, source};
use codegen::{
    document::Document,
    fixes::{self, Applied, Fix, bugs::BUGS, shape::SHAPE},
    generate_from,
    supplement::Supplement,
};
use serde_json::{Value, json};

/// Declares a test for each fix, and the list of the fixes that have one.
macro_rules! cases {
    ($($fix:literal $test:ident {
        was: $was:expr,
        becomes: $becomes:expr,
        hits: $hits:literal,
        right: $right:expr $(,)?
    })*) => {
        pub const TESTED: &[&str] = &[$($fix),*];
        $(#[test]
        fn $test() {
            super::check($fix, $was, $becomes, $hits);
            super::check($fix, $right, $right, 0);
        })*
    };
}
use cases;

fn check(name: &str, was: Value, becomes: Value, hits: usize) {
    let fix = BUGS.iter().chain(SHAPE).find(|fix| fix.name == name);
    let mut document = was;
    assert_eq!((fix.unwrap().apply)(&mut document), hits, "hits");
    assert_eq!(document, becomes);
}

/// A document with one named schema.
fn schema(schema: Value) -> Value {
    json!({ "components": { "schemas": { "It": schema } } })
}

/// A document with one operation, at a path with one parameter.
fn operation(operation: Value) -> Value {
    json!({ "paths": { "/it/{id}": { "get": operation } } })
}

/// A document with one operation and its parameters.
fn parameters(parameters: Value) -> Value {
    operation(json!({ "parameters": parameters }))
}

fn names(fixes: &[Fix]) -> Vec<&str> {
    fixes.iter().map(|fix| fix.name).collect()
}

#[test]
fn every_fix_has_a_test_and_a_name_of_its_own() {
    assert_eq!(names(BUGS), bugs::TESTED);
    assert_eq!(names(SHAPE), shape::TESTED);
    let mut all = [names(BUGS), names(SHAPE)].concat();
    all.sort();
    assert!(all.is_sorted_by(|a, b| a < b), "{all:?}");
}

#[test]
fn a_schema_is_mended_wherever_it_stands() {
    let wrong = json!({ "type": "string", "enum": [] });
    let right = json!({ "type": "string" });
    let everywhere = |schema: &Value| {
        let media = json!({ "application/json": { "schema": schema } });
        let content = json!({ "content": media });
        let header = json!({ "headers": { "H": { "schema": schema } } });
        json!({
            "paths": { "/it": {
                "parameters": [{ "schema": schema }],
                "post": {
                    "parameters": [{ "schema": schema }, content],
                    "requestBody": { "content": { "multipart/form-data": { "encoding": { "a": header } } } },
                    "responses": { "200": content, "default": header },
                    "callbacks": { "C": { "{$url}": { "post": { "requestBody": content } } } },
                },
            } },
            "components": {
                "parameters": { "P": { "schema": schema } },
                "requestBodies": { "B": content },
                "responses": { "R": content },
                "headers": { "H": content },
                "schemas": { "S": {
                    "properties": { "enum": schema }, "items": schema, "additionalProperties": schema,
                    "allOf": [schema], "oneOf": [schema], "anyOf": [{ "items": schema }], "not": schema,
                } },
            },
        })
    };
    check("enum-empty", everywhere(&wrong), everywhere(&right), 18);
}

#[test]
fn a_property_with_the_name_of_a_keyword_is_no_keyword() {
    let properties = json!({ "type": "object", "properties": {
        "type": { "type": "string" }, "enum": { "type": "array", "items": {} },
        "items": { "type": "object" }, "format": { "type": "string" },
        "pattern": { "type": "string" }, "allOf": { "type": "string" },
    } });
    let mut document = schema(properties.clone());
    let hits: usize = fixes::apply(BUGS, &mut document)
        .iter()
        .map(|a| a.hits)
        .sum();
    assert_eq!((document, hits), (schema(properties), 0));
}

#[test]
fn fixes_are_applied_in_their_order_and_each_tells_its_name_reason_and_hits() {
    let mut document = schema(json!({ "type": "array", "enum": ["a", "a"] }));
    let applied = fixes::apply(BUGS, &mut document);
    let order: Vec<_> = applied.iter().map(|applied| applied.name).collect();
    assert_eq!(order, names(BUGS));
    let hit: Vec<_> = applied.into_iter().filter(|a| a.hits > 0).collect();
    let told = |name, reason, hits| Applied { name, reason, hits };
    assert_eq!(
        hit,
        [
            told(
                "enum-on-array",
                "an enum of strings for the elements is declared on the array, which no value can satisfy",
                1
            ),
            told("enum-value-twice", "an enum lists a value twice", 1),
        ]
    );
    assert_eq!(
        document,
        schema(json!({ "type": "array", "items": { "type": "string", "enum": ["a"] } }))
    );
}

#[test]
fn a_mended_document_needs_no_mending() {
    let mut value = VENDORED.clone();
    fixes::apply(BUGS, &mut value);
    for again in fixes::apply(BUGS, &mut value) {
        assert_eq!(again.hits, 0, "{}", again.name);
    }
}

#[test]
fn a_fix_that_touches_nothing_is_stale_and_says_what_it_was_for() {
    let sound = api(
        json!({ "/it": { "get": { "operationId": "getIt", "parameters": [], "responses": {} } } }),
        json!({ "It": { "type": "string" } }),
    );
    let sound: Document = document(&sound);
    let table = rows("tool = []");
    let stale: Vec<_> = generate_from(sound, source(), table, &Supplement::default())
        .unwrap()
        .stale()
        .collect();
    let unused = ["body-as-json", "parameter-as-plain-type"];
    assert_eq!(stale.len(), BUGS.len() + unused.len(), "{stale:#?}");
    assert_eq!(
        stale.first().map(String::as_str),
        Some(
            "the fix `path-parameter-undeclared` changed nothing: a path names a parameter that the operation does not declare"
        )
    );
    for name in unused {
        let start = format!("the fix `{name}` changed nothing: ");
        assert!(stale.iter().any(|line| line.starts_with(&start)), "{name}");
    }
}

#[test]
fn no_fix_is_stale_on_the_vendored_document() {
    assert_eq!(GENERATED.stale().collect::<Vec<_>>(), Vec::<String>::new());
}
