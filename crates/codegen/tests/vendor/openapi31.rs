//! A document of OpenAPI 3.1 is vendored as the same facts in 3.0.

use codegen::{check::check, supplement::Supplement, table};
use serde_json::{Map, Value, json};

use super::{kept, vendor};
use crate::support::{VENDORED, api, root};

/// What is kept of a named schema of a 3.1 document.
fn lowered(schema: Value) -> Value {
    let mut document = api(json!({}), json!({ "It": schema }));
    document["openapi"] = json!("3.1.0");
    kept(&document)
        .pointer_mut("/components/schemas/It")
        .unwrap()
        .take()
}

#[test]
fn the_keywords_of_3_1_become_those_of_3_0() {
    let to = json!({ "$ref": "#/components/schemas/Other" });
    for (newer, older) in [
        (
            json!({ "type": ["string", "null"] }),
            json!({ "type": "string", "nullable": true }),
        ),
        (
            json!({ "type": ["string", "number"] }),
            json!({ "anyOf": [{ "type": "string" }, { "type": "number" }] }),
        ),
        (
            json!({ "type": ["string", "integer", "null"], "anyOf": [to] }),
            json!({
                "anyOf": [to], "nullable": true,
                "allOf": [{ "anyOf": [{ "type": "string" }, { "type": "integer" }] }],
            }),
        ),
        (
            json!({ "type": "string", "const": "a" }),
            json!({ "type": "string", "enum": ["a"] }),
        ),
        (
            json!({ "type": "string", "examples": ["Prose"], "$comment": "Prose" }),
            json!({ "type": "string" }),
        ),
        (
            json!({ "type": "number", "exclusiveMinimum": 1, "exclusiveMaximum": 9 }),
            json!({
                "type": "number", "minimum": 1, "exclusiveMinimum": true,
                "maximum": 9, "exclusiveMaximum": true,
            }),
        ),
        (
            json!({ "oneOf": [to, { "type": "null" }] }),
            json!({ "oneOf": [to], "nullable": true }),
        ),
        (
            json!({ "$ref": "#/components/schemas/Other", "description": "Prose" }),
            to.clone(),
        ),
        (
            json!({ "$ref": "#/components/schemas/Other", "deprecated": true }),
            json!({ "allOf": [to], "deprecated": true }),
        ),
        (
            json!({ "contentMediaType": "application/octet-stream" }),
            json!({ "type": "string", "format": "binary" }),
        ),
        (
            json!({ "type": "string", "contentEncoding": "base64", "contentMediaType": "image/png" }),
            json!({ "type": "string", "format": "byte" }),
        ),
        (
            json!({ "type": "array", "prefixItems": [to, true], "items": false }),
            json!({ "type": "array", "items": { "anyOf": [to, {}] } }),
        ),
        (
            json!({ "properties": { "const": { "const": 1 }, "type": { "type": ["null", "object"] }, "any": true } }),
            json!({ "properties": {
                "const": { "enum": [1] }, "type": { "type": "object", "nullable": true }, "any": {},
            } }),
        ),
    ] {
        assert_eq!(lowered(newer.clone()), older, "{newer}");
        // A document of 3.0 is kept as it is.
        let same = kept(&api(json!({}), json!({ "It": older })));
        assert_eq!(same["components"]["schemas"]["It"], older);
    }
}

#[test]
fn webhooks_and_shared_path_items_are_resolved() {
    let mut document = api(
        json!({ "/it": { "$ref": "#/components/pathItems/It" } }),
        json!({}),
    );
    document["openapi"] = json!("3.1.1");
    document["jsonSchemaDialect"] = json!("https://example.org/dialect");
    document["webhooks"] = json!({ "it": { "post": {} } });
    let item = json!({ "get": { "operationId": "getIt", "responses": {} } });
    document["components"]["pathItems"] = json!({ "It": item });
    let mut older = api(json!({ "/it": item }), json!({}));
    older["openapi"] = json!("3.0.3");
    assert_eq!(kept(&document), older);
}

/// The same schema as 3.1 writes it.
fn newer(schema: &mut Map<String, Value>) {
    if schema.get("nullable") == Some(&json!(true))
        && let Some(Value::String(kind)) = schema.get("type").cloned()
    {
        schema.shift_remove("nullable");
        schema.insert("type".to_owned(), json!([kind, "null"]));
    }
    if let Some([only]) = schema
        .get("enum")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
    {
        let only = only.clone();
        schema.shift_remove("enum");
        schema.insert("const".to_owned(), only);
    }
    let annotated = json!(["An example."]);
    schema.entry("examples").or_insert(annotated);
}

fn each_schema(value: &mut Value, is_schema: bool) {
    match value {
        Value::Object(map) => {
            for (key, below) in map.iter_mut() {
                match key.as_str() {
                    "properties" if is_schema => {
                        let all = below.as_object_mut().unwrap();
                        all.values_mut().for_each(|it| each_schema(it, true));
                    }
                    "enum" | "default" | "required" | "discriminator" => {}
                    "items" | "additionalProperties" | "allOf" | "oneOf" | "anyOf" => {
                        each_schema(below, is_schema);
                    }
                    "schema" => each_schema(below, true),
                    _ if is_schema => {}
                    _ => each_schema(below, false),
                }
            }
            if is_schema {
                newer(map);
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|it| each_schema(it, is_schema)),
        _ => {}
    }
}

/// Vapi's document of 3.0 has the type `null` of 3.1 in a union.
fn nullable_unions(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.values_mut().for_each(nullable_unions);
            let null = json!({ "type": "null" });
            if let Some(members) = map.get_mut("oneOf").and_then(Value::as_array_mut)
                && members.contains(&null)
            {
                members.retain(|member| *member != null);
                map.insert("nullable".to_owned(), json!(true));
            }
        }
        Value::Array(list) => list.iter_mut().for_each(nullable_unions),
        _ => {}
    }
}

#[test]
fn vapis_document_in_the_notation_of_3_1_is_the_same_document() {
    let mut document = VENDORED.clone();
    let paths = document.get_mut("paths").unwrap();
    each_schema(paths, false);
    let schemas = document["components"]["schemas"].as_object_mut().unwrap();
    schemas.values_mut().for_each(|it| each_schema(it, true));
    document["openapi"] = json!("3.1.0");
    assert!(document.to_string().matches("\"null\"").count() > 30);
    assert!(document.to_string().matches("\"const\"").count() > 500);
    let mut expected = VENDORED.clone();
    expected["openapi"] = json!("3.0.3");
    nullable_unions(&mut expected);
    assert!(kept(&document) == expected);
    let table = table::read(&root().join("spec/tools")).unwrap();
    let supplement = Supplement::read(&root().join("spec")).unwrap();
    let check = check(&vendor(&document), &table, &supplement).unwrap();
    assert!(!check.is_broken(), "{check}");
}
