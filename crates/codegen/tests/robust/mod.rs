//! No document makes the check panic: what cannot be used is refused in words.

mod mutations;

use std::fmt::Write;

use crate::support::{api, rows};
use codegen::{
    check::{Check, check},
    supplement::Supplement,
    vendor::{self, Vendored},
};
use serde_json::{Value, json};

const ROW: &str = r#"
    [[tool]]
    name = "create_it"
    title = "It"
    description = "It."
    operation = "createIt"
    effect = "write"
    [tool.args]
    name = { body = "/name", description = "Its name." }
    deep = { body = "/it/it/name", description = "Its name." }
    [tool.result]
    keep = ["/id"]
"#;

fn vendored(document: &Value) -> Vendored {
    vendor::vendor(document.to_string().as_bytes(), "it", "2027-01-31").unwrap()
}

fn checked(document: &Value) -> Check {
    check(&vendored(document), &rows(ROW), &Supplement::default()).unwrap()
}

fn schema(schema: &Value) -> Value {
    json!({ "content": { "application/json": { "schema": schema } } })
}

/// A document whose one operation takes and gives `It`.
fn it(schemas: Value) -> Value {
    let to = schema(&json!({ "$ref": "#/components/schemas/It" }));
    api(
        json!({ "/it": { "post": {
            "operationId": "createIt", "requestBody": to, "responses": { "201": to },
        } } }),
        schemas,
    )
}

fn good() -> Value {
    it(json!({ "It": { "type": "object", "properties": {
        "id": { "type": "string" }, "name": { "type": "string" },
        "it": { "$ref": "#/components/schemas/It" },
    } } }))
}

/// What is wrong with the row.
fn faults(check: &Check) -> Vec<String> {
    check.rows[0].1.iter().map(|it| it.message()).collect()
}

#[test]
fn a_schema_that_refers_to_itself_is_followed_as_far_as_a_row_goes() {
    let check = checked(&good());
    assert!(!check.is_broken(), "{check}");
}

#[test]
fn a_schema_that_is_merged_with_itself_at_every_level_ends() {
    let itself = json!({ "$ref": "#/components/schemas/It" });
    let check = checked(&it(json!({ "It": { "type": "object", "properties": {
        "id": { "type": "string" }, "name": { "type": "string" },
        "it": { "allOf": [itself, { "properties": { "it": itself } }] },
    } } })));
    assert!(!check.is_broken(), "{check}");
}

#[test]
fn a_body_with_too_many_locations_is_refused() {
    let mut good = good();
    let properties = good
        .pointer_mut("/components/schemas/It/properties")
        .unwrap();
    for number in 0..20_000 {
        properties[format!("property{number}")] = json!({ "type": "string", "maxLength": number });
    }
    let faults = faults(&checked(&good));
    assert_eq!(
        faults,
        ["`operation`: its body or the whole document has more than 20000 locations"]
    );
}

#[test]
fn a_missing_schema_is_a_place_that_is_not_there() {
    let none = [
        "argument `name`: `/name`: the document has no property `name` at the top",
        "argument `deep`: `/it/it/name`: the document has no property `it` at the top",
        "`result.keep`: `/id`: the document has no property `id` at the top",
    ];
    assert_eq!(faults(&checked(&it(json!({})))), none);
    let foreign = json!({ "It": { "$ref": "https://example.org/it.json#/It" } });
    assert_eq!(faults(&checked(&it(foreign))), none);
    let circle = json!({ "It": { "$ref": "#/components/schemas/Other" }, "Other": { "$ref": "#/components/schemas/It" } });
    assert_eq!(faults(&checked(&it(circle))), none);
    let mut nowhere = it(json!({}));
    nowhere.as_object_mut().unwrap().shift_remove("components");
    assert_eq!(faults(&checked(&nowhere)), none);
}

#[test]
fn references_may_be_as_many_as_they_like() {
    let mut schemas = json!({});
    for number in 0..50_000 {
        let next = json!({ "$ref": format!("#/components/schemas/It{}", number + 1) });
        let name = if number == 0 {
            "It".to_owned()
        } else {
            format!("It{number}")
        };
        schemas[name] = json!({ "allOf": [next] });
    }
    let check = checked(&it(schemas));
    assert!(check.is_broken());
}

/// Each union doubles what a value may be.
#[test]
fn unions_of_unions_end() {
    let member =
        |name: &str| json!({ "type": "object", "properties": { name: { "type": "string" } } });
    let union = json!({ "oneOf": [member("name"), member("id")] });
    let all: Vec<_> = (0..40).map(|_| union.clone()).collect();
    let check = checked(&it(json!({ "It": { "allOf": all } })));
    assert_eq!(check.failed, None);
}

#[test]
fn operations_that_share_a_name_break_the_row_that_uses_it_and_are_named() {
    let mut document = good();
    document["paths"]["/other"] = document["paths"]["/it"].clone();
    let check = checked(&document);
    let fault = "`operation`: `POST /it` and `POST /other` are both named `create_it` in the client; add a fix for the document";
    assert_eq!(faults(&check), [fault, fault]);
    assert_eq!(check.failed, None);
}

#[test]
fn of_unused_operations_that_share_a_name_the_first_is_kept_and_the_others_are_left_out() {
    let mut document = good();
    for path in ["/one", "/two", "/three"] {
        document["paths"][path] = document["paths"]["/it"].clone();
        document["paths"][path]["post"]["operationId"] = json!("createOther");
    }
    let check = checked(&document);
    assert!(!check.is_broken(), "{check}");
    let left_out: Vec<_> = check.left_out.iter().map(|it| it.at.as_str()).collect();
    assert_eq!(left_out, ["POST /three", "POST /two"]);
    assert!(check.sizes[0].starts_with("api.rs: 2 operations, "));
}

/// What only progenitor knows of: each operation is tried, and the rest is generated.
#[test]
fn an_operation_that_progenitor_refuses_is_left_out_and_does_not_stop_the_rest() {
    for (key, value) in [
        ("deprecated", json!("soon")),
        ("tags", json!(7)),
        (
            "parameters",
            json!([{ "in": "query", "name": "at", "schema": { "type": "string" }, "style": "deepObject", "required": true }]),
        ),
        (
            "parameters",
            json!([{ "in": "query", "name": "at", "schema": { "type": "string" }, "style": "unheardOf", "required": true }]),
        ),
        (
            "parameters",
            json!([{ "in": "query", "name": "at", "content": { "application/json": {} }, "required": true }]),
        ),
        (
            "parameters",
            json!([{ "in": "cookie", "name": "at", "schema": {}, "required": true }]),
        ),
        (
            "parameters",
            json!([{ "$ref": "#/components/parameters/none" }]),
        ),
    ] {
        let mut document = good();
        document["paths"]["/other"] = document["paths"]["/it"].clone();
        let other = &mut document["paths"]["/other"]["post"];
        other["operationId"] = json!("createOther");
        other[key] = value.clone();
        let check = checked(&document);
        assert!(!check.is_broken(), "{key} = {value}: {check}");
        assert_eq!(check.left_out.len(), 1, "{key} = {value}");
        assert_eq!(check.left_out[0].at, "POST /other");
        assert!(check.to_string().contains("- POST /other is left out: "));
        document["paths"]["/it"]["post"][key] = value;
        let check = checked(&document);
        let faults = faults(&check);
        assert!(faults[0].starts_with("`operation`: "), "{check}");
        assert_eq!(check.lint, None);
        assert!(
            check
                .to_string()
                .contains("\n- lint: not run, because a row is broken\n")
        );
    }
}

#[test]
fn optional_parameters_that_no_client_sends_are_left_out_alone() {
    let mut document = good();
    document["paths"]["/it"]["post"]["parameters"] = json!([
        { "in": "cookie", "name": "crumb", "schema": { "type": "string" } },
        { "in": "header", "name": "X-Trace", "schema": { "type": "string" }, "style": "unheardOf" },
        { "in": "query", "name": "filter", "schema": { "type": "object" }, "style": "deepObject" },
    ]);
    let check = checked(&document);
    assert!(!check.is_broken(), "{check}");
    let left_out: Vec<_> = check.left_out.iter().map(|it| it.at.as_str()).collect();
    assert_eq!(left_out, ["POST /it, parameter `filter`"]);
}

#[test]
fn an_unused_operation_without_a_name_is_left_out_with_its_place() {
    for id in [json!(null), json!(""), json!(7)] {
        let mut document = good();
        document["paths"]["/other"] = document["paths"]["/it"].clone();
        document["paths"]["/other"]["post"]["operationId"] = id;
        let check = checked(&document);
        assert!(!check.is_broken(), "{check}");
        assert_eq!(check.left_out[0].at, "POST /other");
        assert_eq!(
            check.left_out[0].reason,
            "`POST /other` has no operationId; add a fix for the document"
        );
    }
}

#[test]
fn what_openapi_3_1_allows_is_no_reason_to_panic() {
    let mut document = it(json!({ "It": {
        "type": ["object", "null"], "$defs": { "a": true }, "if": {}, "then": false,
        "unevaluatedProperties": false, "patternProperties": { ".*": true },
        "properties": {
            "id": { "const": 1, "type": ["string", "null"] }, "name": true,
            "it": { "prefixItems": [true], "type": "array", "items": false },
        },
    } }));
    document["webhooks"] = json!({ "it": { "post": {} } });
    let check = checked(&document);
    assert_eq!(check.failed, None);
    assert!(check.is_broken());
    document["openapi"] = json!("3.1.0");
    let check = checked(&document);
    assert_eq!(check.failed, None);
    assert_eq!(
        faults(&check),
        [
            "argument `name`: the document gives its target several types or none; state `schema`",
            "argument `deep`: `/it/it/name`: the document has no property `it` at /it",
        ]
    );
    document["openapi"] = json!("3.2.0");
    let refused = vendor::vendor(document.to_string().as_bytes(), "it", "2027-01-31");
    assert_eq!(
        refused.unwrap_err().to_string(),
        "the document is not an OpenAPI 3.0 document: `openapi` is `3.2.0`, but the generator supports only 3.0.x"
    );
}

#[test]
fn a_document_that_ends_too_soon_is_refused_wherever_it_ends() {
    let text = good().to_string();
    for end in 0..text.len() {
        let refused = vendor::vendor(&text.as_bytes()[..end], "it", "2027-01-31").unwrap_err();
        assert!(
            refused
                .to_string()
                .starts_with("the document is not JSON: EOF while parsing")
        );
    }
}

#[test]
fn a_document_of_many_megabytes_is_refused_before_it_is_read() {
    let text = vec![b' '; 100_000_000];
    let refused = vendor::vendor(&text, "it", "2027-01-31").unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the document has more than 33554432 bytes, the limit of the generator"
    );
}

#[test]
fn a_document_that_is_too_deep_is_refused() {
    let mut text = String::from(r#"{"openapi":"3.0.0","paths":{},"x":"#);
    write!(text, "{}{}}}", "[".repeat(10_000), "]".repeat(10_000)).unwrap();
    let refused = vendor::vendor(text.as_bytes(), "it", "2027-01-31").unwrap_err();
    assert!(
        refused.to_string().contains("recursion limit exceeded"),
        "{refused}"
    );
}
