//! What each fix of Vapi's faults does.

use serde_json::json;

use super::{cases, operation, parameters, schema};

cases! {
    "path-parameter-undeclared" a_parameter_that_only_the_path_names_is_declared {
        was: operation(json!({})),
        becomes: parameters(json!([
            { "name": "id", "in": "path", "required": true, "schema": { "type": "string" } },
        ])),
        hits: 1,
        right: json!({
            "paths": {
                "/none": { "get": {} },
                "/own/{id}": { "get": { "parameters": [{ "name": "id", "in": "path" }] } },
                "/shared/{id}": { "get": {}, "parameters": [{ "name": "id", "in": "path" }] },
                "/named/{id}": { "get": {}, "parameters": [{ "$ref": "#/components/parameters/Id" }] },
            },
            "components": { "parameters": { "Id": { "name": "id", "in": "path" } } },
        }),
    }

    "parameter-twice" the_second_of_two_parameters_with_one_name_and_place_goes {
        was: parameters(json!([
            { "name": "id", "in": "query", "schema": { "type": "string" } },
            { "name": "id", "in": "query", "schema": { "type": "number" } },
        ])),
        becomes: parameters(json!([{ "name": "id", "in": "query", "schema": { "type": "string" } }])),
        hits: 1,
        right: parameters(json!([
            { "name": "id", "in": "query" }, { "name": "id", "in": "path" },
            { "$ref": "#/components/parameters/A" }, { "$ref": "#/components/parameters/B" },
        ])),
    }

    "parameter-all-of" all_of_beside_a_parameter_goes_into_its_schema {
        was: parameters(json!([
            { "name": "o", "in": "query", "schema": {}, "allOf": [{ "$ref": "#/components/schemas/O" }] },
            { "name": "p", "in": "query", "allOf": [{ "type": "string" }] },
            { "name": "q", "in": "query", "schema": { "maxLength": 9 }, "allOf": [{ "type": "string" }] },
        ])),
        becomes: parameters(json!([
            { "name": "o", "in": "query", "schema": { "allOf": [{ "$ref": "#/components/schemas/O" }] } },
            { "name": "p", "in": "query", "schema": { "allOf": [{ "type": "string" }] } },
            { "name": "q", "in": "query", "schema": { "allOf": [{ "type": "string" }, { "maxLength": 9 }] } },
        ])),
        hits: 3,
        right: parameters(json!([
            { "name": "allOf", "in": "query", "schema": { "allOf": [{ "type": "string" }] } },
        ])),
    }

    "header-parameter" a_header_that_the_http_client_sets_is_no_parameter {
        was: parameters(json!([
            { "name": "User-Agent", "in": "header" }, { "name": "content-type", "in": "header" },
            { "name": "Accept", "in": "header" }, { "name": "authorization", "in": "header" },
            { "name": "x-region", "in": "header" },
        ])),
        becomes: parameters(json!([{ "name": "x-region", "in": "header" }])),
        hits: 4,
        right: parameters(json!([{ "name": "accept", "in": "query" }])),
    }

    "count-as-number" a_count_in_a_query_is_an_integer_and_keeps_its_bounds {
        was: parameters(json!([
            { "name": "limit", "in": "query", "schema": { "type": "number", "maximum": 1000 } },
            { "name": "page", "in": "query", "schema": { "type": "number" } },
        ])),
        becomes: parameters(json!([
            { "name": "limit", "in": "query", "schema": { "type": "integer", "maximum": 1000 } },
            { "name": "page", "in": "query", "schema": { "type": "integer" } },
        ])),
        hits: 2,
        right: parameters(json!([
            { "name": "limit", "in": "query", "schema": { "type": "string" } },
            { "name": "limit", "in": "path", "schema": { "type": "number" } },
            { "name": "cost", "in": "query", "schema": { "type": "number" } },
        ])),
    }

    "format-on-array" a_format_on_an_array_goes_to_its_elements {
        was: schema(json!({ "type": "array", "format": "uuid", "items": { "type": "string" } })),
        becomes: schema(json!({ "type": "array", "items": { "type": "string", "format": "uuid" } })),
        hits: 1,
        right: schema(json!({ "type": "array", "items": { "type": "string", "format": "uuid" } })),
    }

    "enum-on-array" an_enum_of_strings_on_an_array_goes_to_its_elements {
        was: schema(json!({ "type": "array", "enum": ["a", "b"], "items": { "type": "string" } })),
        becomes: schema(json!({ "type": "array", "items": { "type": "string", "enum": ["a", "b"] } })),
        hits: 1,
        right: schema(json!({ "properties": {
            "lists": { "type": "array", "enum": [["a"], ["a", "b"]], "items": { "type": "string" } },
            "items": { "type": "array", "items": { "type": "string", "enum": ["a"] } },
        } })),
    }

    "enum-on-object" an_enum_of_strings_makes_an_object_a_string {
        was: schema(json!({ "type": "object", "enum": ["a", "b"] })),
        becomes: schema(json!({ "type": "string", "enum": ["a", "b"] })),
        hits: 1,
        right: schema(json!({ "type": "object", "enum": [{ "a": 1 }] })),
    }

    "items-on-object" items_make_an_object_an_array {
        was: schema(json!({ "type": "object", "items": { "type": "string" } })),
        becomes: schema(json!({ "type": "array", "items": { "type": "string" } })),
        hits: 1,
        right: schema(json!({ "type": "object", "items": {}, "properties": { "items": {} } })),
    }

    "enum-value-twice" the_second_of_two_equal_values_of_an_enum_goes {
        was: schema(json!({ "type": "string", "enum": ["b", "a", "b", "a"] })),
        becomes: schema(json!({ "type": "string", "enum": ["b", "a"] })),
        hits: 1,
        right: schema(json!({ "enum": ["1", 1, "a", "A"] })),
    }

    "enum-empty" an_enum_without_a_value_goes {
        was: schema(json!({ "type": "string", "enum": [] })),
        becomes: schema(json!({ "type": "string" })),
        hits: 1,
        right: schema(json!({ "type": "string", "enum": [""] })),
    }

    "type-null" the_type_null_becomes_nullable {
        was: schema(json!({ "oneOf": [{ "type": "string" }, { "type": "null" }] })),
        becomes: schema(json!({ "oneOf": [{ "type": "string" }, { "nullable": true }] })),
        hits: 1,
        right: schema(json!({ "type": "string", "nullable": true, "enum": ["null", null] })),
    }

    "pattern-literal" a_pattern_that_is_a_literal_or_the_name_of_a_constant_goes {
        was: schema(json!({ "properties": {
            "literal": { "type": "string", "pattern": "/^[a-z]{1,40}$/" },
            "flagged": { "type": "string", "pattern": "/^\\p{L}$/gu" },
            "constant": { "type": "string", "pattern": "ORG_ROLE_PATTERN" },
        } })),
        becomes: schema(json!({ "properties": {
            "literal": { "type": "string" },
            "flagged": { "type": "string" },
            "constant": { "type": "string" },
        } })),
        hits: 3,
        right: schema(json!({ "properties": {
            "pattern": { "type": "string" },
            "anchored": { "type": "string", "pattern": "^/v1/[A-Z_]+$" },
            "word": { "type": "string", "pattern": "[A-Z_]+" },
            "capitals": { "type": "string", "pattern": "ABC" },
            "slash": { "type": "string", "pattern": "/" },
            "path": { "type": "string", "pattern": "/v1/call" },
            "unclosed": { "type": "string", "pattern": "/[a-z]+" },
        } })),
    }
}
