//! Prose goes from every place where OpenAPI 3.0 allows it, and a name that is called like prose
//! stays.

use serde_json::{Value, json};

use super::kept;
use crate::support::api;

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

/// A header, a link, an encoding … with prose, and what is left of it.
fn told(mut facts: Value) -> Value {
    let object = facts.as_object_mut().unwrap();
    for (key, prose) in [
        ("description", json!("Prose.")),
        ("example", json!("Prose")),
        ("examples", json!({ "a": { "value": "Prose" } })),
        ("externalDocs", json!({ "url": "Prose" })),
        ("x-prose", json!({ "description": "Prose." })),
    ] {
        object.insert(key.to_owned(), prose);
    }
    facts
}

#[test]
fn names_of_security_schemes_are_facts_whatever_they_are_called() {
    let scheme = json!({ "type": "apiKey", "in": "header", "name": "x-api-key" });
    let names = ["x-api-key", "summary", "contact", "description", "examples"];
    let schemes = |scheme: &Value| -> Value {
        let named = names.map(|name| (name.to_owned(), scheme.clone()));
        Value::Object(named.into_iter().collect())
    };
    let document = |schemes: Value| {
        let mut document = api(json!({}), json!({}));
        document["components"]["securitySchemes"] = schemes;
        document
    };
    let facts = document(schemes(&scheme));
    assert_eq!(kept(&document(schemes(&told(scheme)))), facts);
}

#[test]
fn components_of_every_kind_lose_their_prose_and_keep_their_names() {
    let document = |told: fn(Value) -> Value| {
        let schema = told(json!({ "type": "string" }));
        let content = json!({ "application/json": told(json!({ "schema": schema })) });
        let mut components = serde_json::Map::new();
        for (kind, component) in [
            ("schemas", schema.clone()),
            ("responses", told(json!({ "content": content }))),
            (
                "parameters",
                told(json!({ "name": "p", "in": "query", "content": content })),
            ),
            ("requestBodies", told(json!({ "content": content }))),
            ("headers", told(json!({ "schema": schema }))),
            (
                "links",
                told(json!({
                    "operationId": "get", "parameters": { "description": "kept" },
                    "requestBody": { "x-kept": "example" },
                    "server": told(json!({ "url": "/", "variables": {
                        "example": told(json!({ "default": "a", "enum": ["a"] })),
                    } })),
                })),
            ),
            (
                "callbacks",
                json!({ "{$url}": told(json!({ "post": told(json!({ "requestBody": {
                    "content": content,
                } })) })) }),
            ),
        ] {
            components.insert(
                kind.to_owned(),
                json!({ "description": component, "x-name": component }),
            );
        }
        json!({ "openapi": "3.0.0", "paths": {}, "components": told(components.into()) })
    };
    assert_eq!(kept(&document(told)), document(|facts| facts));
}

#[test]
fn an_operation_loses_the_prose_of_all_that_it_holds() {
    let operation = |told: fn(Value) -> Value| {
        let schema = told(json!({ "type": "string" }));
        let headers = json!({ "x-limit": told(json!({ "schema": schema })) });
        let server =
            told(json!({ "url": "/{v}", "variables": { "v": told(json!({ "default": "1" })) } }));
        let content = json!({ "multipart/form-data": told(json!({
            "schema": schema,
            "encoding": { "description": told(json!({ "contentType": "a/b", "headers": headers })) },
        })) });
        told(json!({
            "operationId": "get", "servers": [server],
            "parameters": [told(json!({ "name": "p", "in": "query", "content": content }))],
            "requestBody": told(json!({ "content": content })),
            "responses": {
                "200": told(json!({
                    "headers": headers, "content": content,
                    "links": { "summary": told(json!({ "operationId": "get", "server": server })) },
                })),
            },
            "callbacks": { "x-done": { "{$url}": told(json!({
                "servers": [server], "parameters": [told(json!({ "name": "q", "in": "query" }))],
                "post": told(json!({ "responses": { "default": told(json!({ "content": content })) } })),
            })) } },
        }))
    };
    assert_eq!(kept_operation(operation(told)), operation(|facts| facts));
}

#[test]
fn paths_responses_components_and_servers_of_paths_lose_their_extensions() {
    let document = kept(&json!({
        "openapi": "3.0.0",
        "paths": {
            "x-prose": { "get": {} },
            "/it": {
                "servers": [{ "url": "/", "description": "Prose." }],
                "get": { "responses": { "x-prose": {}, "200": { "x-prose": {} } } },
            },
        },
        "components": { "x-prose": {}, "examples": { "a": { "value": "Prose" } } },
    }));
    assert_eq!(
        document,
        json!({
            "openapi": "3.0.0",
            "paths": { "/it": { "servers": [{ "url": "/" }], "get": { "responses": { "200": {} } } } },
            "components": {},
        })
    );
}

#[test]
fn scopes_of_oauth_keep_their_names_and_lose_their_texts() {
    let mut document = api(json!({}), json!({}));
    document["components"]["securitySchemes"] = json!({ "oauth": {
        "type": "oauth2", "description": "Prose.",
        "flows": {
            "x-prose": { "scopes": {} },
            "clientCredentials": {
                "tokenUrl": "https://example.org/token", "x-prose": 1,
                "scopes": { "read": "Prose.", "x-write": "Prose.", "description": "Prose." },
            },
        },
    } });
    assert_eq!(
        kept(&document)["components"]["securitySchemes"],
        json!({ "oauth": {
            "type": "oauth2",
            "flows": { "clientCredentials": {
                "tokenUrl": "https://example.org/token",
                "scopes": { "read": "", "x-write": "", "description": "" },
            } },
        } })
    );
}
