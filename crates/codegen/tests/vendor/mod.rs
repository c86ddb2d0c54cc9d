//! Vendoring keeps the facts of a document and none of its prose, in one canonical form.

mod openapi31;
mod prose;

use codegen::vendor::{self, Vendored};
use serde_json::Value;

fn vendor(document: &Value) -> Vendored {
    vendor_text(&document.to_string())
}

fn vendor_text(text: &str) -> Vendored {
    vendor::vendor(text.as_bytes(), "https://example.org/api", "2027-01-31").unwrap()
}

fn kept(document: &Value) -> Value {
    serde_json::from_str(&vendor(document).document).unwrap()
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
    let newer = "`openapi` is `3.2.0`, but the generator supports only 3.0.x";
    for (text, reason) in [
        (r#"{"openapi":"3.2.0","paths":{}}"#, newer),
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
