//! Vendoring keeps the facts of a document and none of its prose, in one canonical form.

#![expect(clippy::unwrap_used, reason = "a test may give up")]

mod support;

use codegen::vendor::{self, Vendored};
use serde_json::{Value, json};
use support::api;

fn vendor(document: &Value) -> Vendored {
    vendor_text(&document.to_string())
}

fn vendor_text(text: &str) -> Vendored {
    vendor::vendor(text.as_bytes(), "https://example.org/api", "2027-01-31").unwrap()
}

fn kept(document: &Value) -> Value {
    serde_json::from_str(&vendor(document).document).unwrap()
}

/// What is kept of a named schema.
fn kept_schema(schema: Value) -> Value {
    let mut kept = kept(&api(json!({}), json!({ "It": schema })));
    kept.pointer_mut("/components/schemas/It").unwrap().take()
}

/// What is kept of `GET /it`.
fn kept_operation(operation: Value) -> Value {
    let mut kept = kept(&api(json!({ "/it": { "get": operation } }), json!({})));
    kept.pointer_mut("/paths/~1it/get").unwrap().take()
}

#[test]
fn a_schema_loses_every_keyword_of_prose_and_every_extension() {
    let schema = kept_schema(json!({
        "type": "string", "title": "Prose", "description": "Prose.", "example": "Prose",
        "examples": ["Prose"], "summary": "Prose", "externalDocs": { "url": "Prose" },
        "x-prose": true,
    }));
    assert_eq!(schema, json!({ "type": "string" }));
}

#[test]
fn a_schema_keeps_types_enums_bounds_defaults_and_discriminators() {
    let facts = json!({
        "type": "object", "required": ["kind"], "additionalProperties": false,
        "discriminator": { "propertyName": "kind", "mapping": { "a": "#/components/schemas/A" } },
        "properties": {
            "kind": { "type": "string", "enum": ["a", "b"], "default": "a" },
            "count": { "type": "number", "minimum": 1, "maximum": 9, "multipleOf": 2 },
            "text": { "type": "string", "minLength": 1, "maxLength": 9, "pattern": "^a", "format": "uri" },
            "list": { "type": "array", "minItems": 1, "maxItems": 9, "items": { "$ref": "#/a" } },
            "maybe": { "nullable": true, "deprecated": true, "readOnly": true, "type": "string" },
        },
    });
    assert_eq!(kept_schema(facts.clone()), facts);
}

#[test]
fn a_default_that_is_an_object_keeps_keys_that_are_called_like_prose() {
    let facts =
        json!({ "default": { "description": "kept", "x-key": 1 }, "enum": [{ "title": 1 }] });
    assert_eq!(kept_schema(facts.clone()), facts);
}

#[test]
fn a_property_named_like_a_keyword_of_prose_is_a_fact_and_stays() {
    let properties = json!({
        "description": { "type": "string" }, "title": { "type": "string" },
        "example": { "type": "string" }, "examples": { "type": "string" },
        "summary": { "type": "string" }, "externalDocs": { "type": "string" },
        "contact": { "type": "string" }, "x-header": { "type": "string" },
    });
    for holder in [
        json!({ "properties": properties }),
        json!({ "items": { "properties": properties } }),
        json!({ "allOf": [{ "properties": properties }] }),
        json!({ "oneOf": [{ "anyOf": [{ "properties": properties }] }] }),
        json!({ "additionalProperties": { "properties": properties } }),
        json!({ "not": { "properties": properties } }),
        json!({ "properties": { "properties": { "properties": properties } } }),
    ] {
        assert_eq!(kept_schema(holder.clone()), holder);
    }
}

#[test]
fn prose_is_dropped_at_every_depth_of_a_schema() {
    let told = json!({ "type": "string", "description": "Prose." });
    let schema = kept_schema(json!({
        "properties": { "description": told, "list": { "items": told, "description": "Prose." } },
        "allOf": [told], "oneOf": [{ "items": told }], "anyOf": [{ "properties": { "a": told } }],
        "additionalProperties": told, "not": told,
    }));
    let plain = json!({ "type": "string" });
    assert_eq!(
        schema,
        json!({
            "properties": { "description": plain, "list": { "items": plain } },
            "allOf": [plain], "oneOf": [{ "items": plain }], "anyOf": [{ "properties": { "a": plain } }],
            "additionalProperties": plain, "not": plain,
        })
    );
}

#[test]
fn an_operation_keeps_its_id_tags_security_and_shapes_alone() {
    let told = json!({ "type": "string", "title": "Prose" });
    let operation = kept_operation(json!({
        "operationId": "get", "tags": ["Its"], "deprecated": true, "security": [{ "bearer": [] }],
        "summary": "Prose", "description": "Prose.", "externalDocs": { "url": "Prose" }, "x-prose": 1,
        "parameters": [{
            "name": "id", "in": "query", "required": true, "schema": told,
            "description": "Prose.", "example": "Prose", "examples": {}, "x-prose": 1,
        }],
        "requestBody": {
            "required": true, "description": "Prose.", "x-prose": 1,
            "content": { "application/json": {
                "schema": told, "example": "Prose", "examples": { "a": { "summary": "Prose" } },
            } },
        },
        "responses": { "200": {
            "description": "Prose.", "x-prose": 1,
            "content": { "application/json": { "schema": told, "example": "Prose" } },
        } },
    }));
    let plain = json!({ "type": "string" });
    assert_eq!(
        operation,
        json!({
            "operationId": "get", "tags": ["Its"], "deprecated": true, "security": [{ "bearer": [] }],
            "parameters": [{ "name": "id", "in": "query", "required": true, "schema": plain }],
            "requestBody": { "required": true, "content": { "application/json": { "schema": plain } } },
            "responses": { "200": { "content": { "application/json": { "schema": plain } } } },
        })
    );
}

#[test]
fn a_path_item_and_its_shared_parameters_lose_their_prose() {
    let document = kept(&api(
        json!({ "/it": {
            "summary": "Prose", "description": "Prose.", "x-prose": 1,
            "parameters": [{ "name": "id", "in": "path", "description": "Prose.", "schema": { "title": "Prose" } }],
        } }),
        json!({}),
    ));
    assert_eq!(
        document["paths"],
        json!({ "/it": { "parameters": [{ "name": "id", "in": "path", "schema": {} }] } })
    );
}

#[test]
fn the_document_loses_contact_tag_texts_server_texts_and_scheme_texts() {
    let document = kept(&json!({
        "openapi": "3.0.0", "x-prose": 1, "externalDocs": { "url": "Prose" },
        "info": {
            "title": "Test", "version": "1", "description": "Prose.",
            "contact": { "name": "Prose" }, "x-logo": "Prose", "license": { "name": "MIT" },
        },
        "tags": [{ "name": "Its", "description": "Prose.", "externalDocs": { "url": "Prose" } }],
        "servers": [{ "url": "https://example.org", "description": "Prose." }],
        "paths": {},
        "components": {
            "securitySchemes": { "bearer": { "type": "http", "scheme": "bearer", "description": "Prose." } },
            "parameters": { "P": { "name": "p", "in": "query", "description": "Prose." } },
        },
    }));
    assert_eq!(
        document,
        json!({
            "openapi": "3.0.0",
            "info": { "title": "Test", "version": "1", "license": { "name": "MIT" } },
            "tags": [{ "name": "Its" }],
            "servers": [{ "url": "https://example.org" }],
            "paths": {},
            "components": {
                "securitySchemes": { "bearer": { "type": "http", "scheme": "bearer" } },
                "parameters": { "P": { "name": "p", "in": "query" } },
            },
        })
    );
}

#[test]
fn the_order_of_keys_does_not_show_and_the_order_of_lists_does() {
    let one = r#"{"openapi":"3.0.0","paths":{"/b":{},"/a":{"get":{"operationId":"a","responses":{}}}},
        "components":{"schemas":{"It":{"type":"string","enum":["b","a"]}}}}"#;
    let other = r#"{"components":{"schemas":{"It":{"enum":["b","a"],"type":"string"}}},
        "paths":{"/a":{"get":{"responses":{},"operationId":"a"}},"/b":{}},"openapi":"3.0.0"}"#;
    assert_eq!(vendor_text(one).document, vendor_text(other).document);
    assert_eq!(
        vendor_text(one).document,
        r##"{
  "components": {
    "schemas": {
      "It": {
        "enum": [
          "b",
          "a"
        ],
        "type": "string"
      }
    }
  },
  "openapi": "3.0.0",
  "paths": {
    "/a": {
      "get": {
        "operationId": "a",
        "responses": {}
      }
    },
    "/b": {}
  }
}
"##
    );
}

#[test]
fn the_source_names_where_when_and_which_bytes_and_counts_what_they_hold() {
    let text = r#"{"openapi":"3.0.3","paths":{"/a":{"get":{},"post":{}},"/b":{"get":{},"parameters":[]}},"components":{"schemas":{"A":{},"B":{}}}}"#;
    let source = vendor_text(text).source;
    assert_eq!(
        (source.name.as_str(), source.date.as_str()),
        ("https://example.org/api", "2027-01-31")
    );
    assert_eq!(
        source.sha256,
        "50392b839fe34e8403a13a6cadcb6cf8425e6b285648eba7ef54fc2d31bed6b1"
    );
    assert_eq!((source.paths, source.operations, source.schemas), (2, 3, 2));
}

#[test]
fn the_hash_is_that_of_the_bytes_read_and_not_of_what_is_kept() {
    let tight = vendor_text(r#"{"openapi":"3.0.0","paths":{}}"#);
    let loose = vendor_text(r#"{"openapi": "3.0.0", "paths": {}}"#);
    assert_eq!(tight.document, loose.document);
    assert_ne!(tight.source.sha256, loose.source.sha256);
}

fn refused(text: &str) -> String {
    let vendored = vendor::vendor(text.as_bytes(), "name", "2027-01-31");
    vendored.unwrap_err().to_string()
}

#[test]
fn what_is_no_json_is_refused_with_the_place() {
    for (text, reason) in [
        ("", "EOF while parsing a value at line 1 column 0"),
        ("<html>", "expected value at line 1 column 1"),
        (
            r#"{"openapi":"3.0.0","#,
            "EOF while parsing a value at line 1 column 19",
        ),
        (
            "{\"openapi\":\n\"3.0.0\"}}",
            "trailing characters at line 2 column 9",
        ),
    ] {
        assert_eq!(refused(text), format!("the document is not JSON: {reason}"));
    }
}

#[test]
fn what_is_no_openapi_3_0_document_is_refused_with_the_reason() {
    let newer = "`openapi` is `3.1.0`, and the generator reads 3.0.x alone";
    for (text, reason) in [
        (r#"{"openapi":"3.1.0","paths":{}}"#, newer),
        (
            r#"{"swagger":"2.0","paths":{}}"#,
            "it has no `openapi` version",
        ),
        (
            r#"{"openapi":3.0,"paths":{}}"#,
            "it has no `openapi` version",
        ),
        ("[]", "it has no `openapi` version"),
        (r#"{"openapi":"3.0.0"}"#, "it has no `paths` object"),
        (
            r#"{"openapi":"3.0.0","paths":[]}"#,
            "it has no `paths` object",
        ),
    ] {
        let start = "the document is not an OpenAPI 3.0 document";
        assert_eq!(refused(text), format!("{start}: {reason}"));
    }
}
