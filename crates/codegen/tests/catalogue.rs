//! The public face of the tools: it says what the rows and the document say, without a fault, and
//! costs little.

use crate::support::{GENERATED, api, document, rows, source};
use codegen::{catalog, generate_from, lint, supplement::Supplement};
use serde_json::{Value, json};

#[test]
fn a_face_says_what_its_row_and_the_document_say() {
    let text = json!({ "type": "string" });
    let body = json!({ "type": "object", "required": ["name"], "properties": {
        "name": { "type": "string", "maxLength": 40 },
        "kind": { "type": "string", "enum": ["a", "b"] },
        "tags": { "type": "array", "items": text },
    } });
    let document = document(&api(
        json!({ "/it/{id}": { "patch": {
            "operationId": "updateIt", "responses": {},
            "parameters": [{ "name": "id", "in": "path", "required": true, "schema": text }],
            "requestBody": { "content": { "application/json": { "schema": body } } },
        } } }),
        json!({}),
    ));
    let table = rows(
        r#"
        [[tool]]
        name = "update_it"
        title = "Update it"
        description = "\nChange it.\n"
        operation = "updateIt"
        effect = "write"
        [tool.args]
        kind = { body = "/kind", default = "a", description = " One of two. " }
        itId = { path = "id", aliases = ["id"], description = "Which." }
        name = { body = "/name", description = "Name." }
        tags = { body = "/tags", required = true, schema = { type = "array", items = {} }, description = "Tags." }
        "#,
    );
    let faces = catalog::check(&document, table).unwrap().faces();
    let expected = json!([{
        "name": "update_it",
        "title": "Update it",
        "description": "Change it.",
        "inputSchema": {
            "type": "object",
            "properties": {
                "kind": { "type": "string", "enum": ["a", "b"], "default": "a", "description": "One of two." },
                "itId": { "type": "string", "description": "Which." },
                "name": { "type": "string", "maxLength": 40, "description": "Name." },
                "tags": { "type": "array", "items": {}, "description": "Tags." },
            },
            "required": ["itId", "name", "tags"],
        },
        "annotations": { "destructiveHint": false },
    }]);
    assert_eq!(Value::from(faces).to_string(), expected.to_string());
}

#[test]
fn what_an_operation_refers_to_or_shares_with_its_path_is_its_own() {
    let text = json!({ "type": "string" });
    let named = |kind: &str, name: &str| json!({ "$ref": format!("#/components/{kind}/{name}") });
    let mut api = api(
        json!({ "/it/{id}": {
            "parameters": [
                named("parameters", "Id"),
                { "name": "limit", "in": "query", "schema": text },
            ],
            "post": {
                "operationId": "updateIt",
                "parameters": [{ "name": "limit", "in": "query", "schema": { "type": "integer" } }],
                "requestBody": named("requestBodies", "It"),
                "responses": { "200": named("responses", "It") },
            },
        } }),
        json!({ "It": { "type": "object", "required": ["name"], "properties": { "name": text } } }),
    );
    let content =
        json!({ "content": { "application/json": { "schema": named("schemas", "It") } } });
    let components = api["components"].as_object_mut().unwrap();
    components.insert(
        "parameters".to_owned(),
        json!({ "Id": { "name": "id", "in": "path", "required": true, "schema": text } }),
    );
    components.insert("requestBodies".to_owned(), json!({ "It": content }));
    components.insert("responses".to_owned(), json!({ "It": content }));
    let table = rows(
        r#"
        [[tool]]
        name = "update_it"
        title = "Update it"
        description = "Change it."
        operation = "updateIt"
        effect = "write"
        [tool.args]
        id = { path = "id", description = "Which." }
        limit = { query = "limit", description = "How many." }
        name = { body = "/name", description = "Name." }
        [tool.result]
        keep = ["/name"]
        "#,
    );
    let generated = generate_from(document(&api), source(), table, &Supplement::default()).unwrap();
    assert_eq!(
        generated.catalog.faces()[0]["inputSchema"],
        json!({
            "type": "object",
            "properties": {
                "id": { "type": "string", "description": "Which." },
                "limit": { "type": "integer", "description": "How many." },
                "name": { "type": "string", "description": "Name." },
            },
            "required": ["id", "name"],
        })
    );
    let source = generated.operations_source.replace(char::is_whitespace, "");
    let arguments = r#"(request.argument("id")?,request.argument("limit")?,request.body(),)"#;
    assert!(source.contains(arguments), "{source}");
}

#[test]
fn annotations_follow_from_the_effect() {
    let operation = |id: &str| json!({ "operationId": id, "responses": {} });
    let text = json!({ "type": "string" });
    let flag = json!({ "type": "boolean" });
    let to = json!({ "properties": { "number": text, "extension": text, "sip": text, "checked": flag } });
    let body = json!({ "properties": { "to": to, "who": text, "from": text, "when": text } });
    let mut post = operation("post");
    post["requestBody"] = json!({ "content": { "application/json": { "schema": body } } });
    let dial = r#"
        [tool.dial]
        to = ["/to"]
        number = "number"
        extension = "extension"
        sip = "sip"
        e164_check = "checked"
        speaker = ["/who"]
        from = ["/from"]
        when = ["/when"]
        "#;
    let document = document(&api(
        json!({ "/it": {
            "get": operation("get"), "post": post, "patch": operation("patch"), "put": operation("put"),
            "delete": operation("delete"),
        } }),
        json!({}),
    ));
    for (effect, operation, annotations) in [
        ("read", "get", json!({ "readOnlyHint": true })),
        ("write", "post", json!({ "destructiveHint": false })),
        ("dial", "post", json!({ "destructiveHint": true })),
        ("spend", "patch", json!({ "destructiveHint": true })),
        (
            "update",
            "put",
            json!({ "destructiveHint": true, "idempotentHint": true }),
        ),
        (
            "delete",
            "delete",
            json!({ "destructiveHint": true, "idempotentHint": true }),
        ),
    ] {
        let table = rows(&format!(
            "[[tool]]\nname = \"it\"\ntitle = \"It\"\ndescription = \"It.\"\noperation = \"{operation}\"\neffect = \"{effect}\"\n{}",
            match effect {
                "dial" => dial,
                "write" => "not_dialed = { \"/to\" = \"Nobody is called.\" }",
                _ => "",
            }
        ));
        let faces = catalog::check(&document, table).unwrap().faces();
        assert_eq!(faces[0]["annotations"], annotations, "{effect}");
    }
    // What a row does not say follows from the method.
    for (operation, annotations) in [
        ("get", json!({ "readOnlyHint": true })),
        ("post", json!({ "destructiveHint": false })),
        (
            "patch",
            json!({ "destructiveHint": true, "idempotentHint": true }),
        ),
        (
            "delete",
            json!({ "destructiveHint": true, "idempotentHint": true }),
        ),
    ] {
        let reasons = match operation {
            "post" => "not_dialed = { \"/to\" = \"Nobody is called.\" }",
            _ => "",
        };
        let table = rows(&format!(
            "[[tool]]\nname = \"it\"\ntitle = \"It\"\ndescription = \"It.\"\noperation = \"{operation}\"\n{reasons}"
        ));
        let faces = catalog::check(&document, table).unwrap().faces();
        assert_eq!(faces[0]["annotations"], annotations, "{operation}");
    }
}

#[test]
fn the_catalogue_has_no_fault_and_reads_back_as_it_was_written() {
    let faces = GENERATED.catalog.faces();
    assert_eq!(lint::list(&faces), Vec::<String>::new());
    assert_eq!(faces.len(), GENERATED.catalog.len());
    for face in faces {
        let text = face.to_string();
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), face);
        let keys: Vec<_> = face.as_object().unwrap().keys().collect();
        assert_eq!(
            keys,
            ["name", "title", "description", "inputSchema", "annotations"]
        );
    }
}
