//! A small document with two tools of ours and something that is none of our business.

use codegen::{
    diff::{Diff, diff},
    supplement::Supplement,
    table::Table,
};
use serde_json::{Value, json};

use crate::support::{api, document, rows};

pub fn old() -> Value {
    let answer = |schema: Value| json!({ "content": { "application/json": { "schema": schema } } });
    let to = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
    let text = || json!({ "type": "string" });
    let object = |properties: Value| json!({ "type": "object", "properties": properties });
    let query = |name: &str| json!({ "name": name, "in": "query", "schema": { "type": "number" } });
    let mut create = object(json!({
        "name": text(), "extra": text(), "plan": to("Plan"), "kind": to("Kind"),
        "mode": { "type": "string", "enum": ["fast", "slow"] },
        "model": { "oneOf": [to("ModelA"), to("ModelB")] },
    }));
    create["required"] = json!(["name"]);
    let model = |provider: &str, model: Value| {
        object(json!({
            "provider": { "type": "string", "enum": [provider] }, "model": model,
            "heat": { "type": "number" },
        }))
    };
    api(
        json!({
            "/thing": {
                "post": {
                    "operationId": "createThing", "requestBody": answer(to("Create")),
                    "responses": { "201": answer(to("Thing")) },
                },
                "get": {
                    "operationId": "listThings", "parameters": [query("limit"), query("skip")],
                    "responses": { "200": answer(json!({ "type": "array", "items": to("Thing") })) },
                },
            },
            "/far": { "get": {
                "operationId": "listFar", "parameters": [query("limit")],
                "responses": { "200": answer(to("Far")) },
            } },
        }),
        json!({
            "Create": create,
            "Plan": object(json!({ "at": text(), "late": text() })),
            "Kind": { "type": "string", "enum": ["one", "two"] },
            "ModelA": model("a", json!({ "type": "string", "enum": ["a-1", "a-2"] })),
            "ModelB": model("b", text()),
            "Thing": object(json!({
                "id": text(), "name": text(), "plan": to("Plan"), "detail": to("Detail"),
                "state": { "type": "string", "enum": ["on", "off"] },
            })),
            "Detail": object(json!({
                "text": text(), "word": { "type": "string", "enum": ["yes", "no"] },
                "any": { "oneOf": [to("ModelA"), to("Kind")] },
            })),
            "Far": object(json!({
                "text": text(), "word": { "type": "string", "enum": ["yes", "no"] },
                "any": { "oneOf": [to("ModelB"), to("FarOff")] },
            })),
            "FarOff": object(json!({ "text": text() })),
        }),
    )
}

pub fn table() -> Table {
    rows(
        r#"
        [[tool]]
        name = "create_thing"
        title = "Create thing"
        description = "Create a thing."
        operation = "createThing"
        effect = "write"
        open = true
        [tool.args]
        name = { body = "/name", description = "Its name." }
        planAt = { body = "/plan/at", description = "When." }
        mode = { body = "/mode", default = "fast", description = "How." }
        model = { body = "/model", schema = { type = "object" }, default = { provider = "a", model = "a-1" }, description = "With what." }
        [tool.result]
        keep = ["/id", "/state"]

        [[tool]]
        name = "list_things"
        title = "List things"
        description = "List things."
        operation = "listThings"
        effect = "read"
        [tool.args]
        limit = { query = "limit", description = "Most rows." }
        [tool.result]
        keep = ["/id", "/plan/at"]
        "#,
    )
}

/// The difference of two documents of ours.
pub fn compared(old: &Value, new: &Value) -> Diff {
    diff(
        &document(old),
        &document(new),
        &table(),
        &Supplement::default(),
    )
}
