//! What each fix for the generated client does.

use serde_json::{Value, json};

use super::{cases, check, operation, parameters};

cases! {
    "body-as-json" a_body_is_any_json_value_and_is_always_sent {
        was: operation(json!({ "requestBody": { "content": { "application/json": {
            "schema": { "$ref": "#/components/schemas/It" },
        } } } })),
        becomes: operation(json!({ "requestBody": {
            "required": true, "content": { "application/json": { "schema": {} } },
        } })),
        hits: 1,
        right: operation(json!({ "parameters": [] })),
    }

    "answer-as-bytes" an_answer_is_one_stream_of_bytes {
        was: operation(json!({
            "responses": {
                "201": { "content": { "application/json": { "schema": { "type": "string" } } } },
                "400": {},
            },
            "callbacks": { "done": { "{$url}": { "post": { "responses": { "200": {} } } } } },
        })),
        becomes: operation(json!({ "responses": {
            "2XX": { "description": "", "content": { "*/*": {} } },
        } })),
        hits: 1,
        right: json!({ "components": { "responses": { "R": { "content": {} } } } }),
    }

    "parameter-as-plain-type" a_parameter_keeps_its_type_alone {
        was: parameters(json!([
            { "name": "a", "schema": { "type": "string", "format": "date-time", "enum": ["a"] } },
            { "name": "b", "schema": { "type": "integer", "minimum": 0, "maximum": 10 } },
            { "name": "c", "schema": { "type": "number", "minimum": 0 } },
            { "name": "d", "schema": { "type": "array", "items": { "type": "string", "enum": ["a"] } } },
            { "name": "e", "schema": { "type": "object", "properties": {} } },
            { "name": "f", "schema": { "oneOf": [{ "type": "string" }, { "type": "number" }] } },
        ])),
        becomes: parameters(json!([
            { "name": "a", "schema": { "type": "string" } },
            { "name": "b", "schema": { "type": "integer", "format": "int64" } },
            { "name": "c", "schema": { "type": "number" } },
            { "name": "d", "schema": { "type": "array", "items": { "type": "string" } } },
            { "name": "e", "schema": {} },
            { "name": "f", "schema": {} },
        ])),
        hits: 6,
        right: parameters(json!([
            { "name": "a", "schema": { "type": "string" } },
            { "name": "b", "schema": { "type": "integer", "format": "int64" } },
            { "name": "c", "schema": { "type": "boolean" } },
            { "name": "d", "schema": { "type": "array", "items": { "type": "string" } } },
            { "name": "e", "schema": {} },
        ])),
    }

    "schemas-left-out" only_parameters_are_left_of_the_components {
        was: json!({ "components": {
            "schemas": { "A": {}, "B": {} }, "responses": { "R": {} }, "requestBodies": { "B": {} },
            "headers": { "H": {} }, "parameters": { "P": {} }, "securitySchemes": { "S": {} },
        } }),
        becomes: json!({ "components": { "parameters": { "P": {} } } }),
        hits: 2,
        right: json!({ "components": { "parameters": { "schemas": {} } } }),
    }
}

#[test]
fn a_parameter_keeps_its_type_alone_wherever_it_stands() {
    let rich = json!({ "name": "a", "schema": { "type": "string", "enum": ["a"] } });
    let plain = json!({ "name": "a", "schema": { "type": "string" } });
    let shared = |parameter: &Value| {
        json!({
            "paths": { "/it": { "parameters": [parameter], "get": {} } },
            "components": { "parameters": { "A": parameter } },
        })
    };
    check("parameter-as-plain-type", shared(&rich), shared(&plain), 2);
}

#[test]
fn a_form_is_any_json_value_too() {
    let body = |media: &str, schema: Value| {
        let content = json!({ media: { "schema": schema } });
        operation(json!({ "requestBody": { "required": true, "content": content } }))
    };
    let form = json!({ "properties": { "file": { "type": "string", "format": "binary" } } });
    let was = body("multipart/form-data", form);
    let becomes = body("application/json", json!({}));
    check("body-as-json", was, becomes, 1);
}
