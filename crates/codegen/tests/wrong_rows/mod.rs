//! A wrong row is refused with its file, line, tool and place, what is wrong, and what would be
//! right.

mod arguments;
mod dial;
mod reach;
mod results;
mod rows;
mod values;
mod waits;

use std::sync::LazyLock;

use crate::support::{api, document, schema};
use codegen::{catalog, document::Document, problem::Problem, table};
use serde_json::{Value, json};

static API: LazyLock<Document> = LazyLock::new(|| {
    let json_body = |schema| json!({ "content": { "application/json": { "schema": schema } } });
    let id =
        json!({ "in": "path", "name": "id", "required": true, "schema": { "type": "string" } });
    let call = json!({ "$ref": "#/components/schemas/Call" });
    let draft = json_body(json!({ "$ref": "#/components/schemas/Draft" }));
    let order = json_body(json!({ "$ref": "#/components/schemas/Order" }));
    let paths = json!({
        "/call": {
            "get": {
                "operationId": "listCalls",
                "parameters": [
                    { "in": "query", "name": "limit", "schema": { "type": "integer" } },
                    { "in": "query", "name": "createdAtGe", "schema": { "type": "string" } },
                    { "in": "query", "name": "createdAtLt", "schema": { "type": "string" } },
                ],
                "responses": { "200": json_body(json!({ "type": "array", "items": call })) },
            },
            "post": {
                "operationId": "createCall", "parameters": [],
                "requestBody": draft, "responses": { "201": json_body(call.clone()) },
            },
        },
        "/order": { "post": {
            "operationId": "placeCall", "parameters": [], "requestBody": order, "responses": {},
        } },
        "/call/{id}": {
            "get": {
                "operationId": "getCall", "parameters": [id],
                "responses": { "200": json_body(call) },
            },
            "delete": { "operationId": "deleteCall", "parameters": [id], "responses": {} },
        },
        "/call/{id}/replay": { "post": {
            "operationId": "replayCall", "responses": {},
            "parameters": [
                id,
                { "in": "query", "name": "force", "required": true, "schema": { "type": "boolean" } },
            ],
        } },
        "/file": { "post": form("uploadFile", &["file"]) },
        "/files": { "post": form("uploadTwo", &["one", "two"]) },
        "/anything": { "post": {
            "operationId": "uploadAnything", "parameters": [],
            "requestBody": { "content": { "multipart/form-data": {} } }, "responses": {},
        } },
    });
    let text = json!({ "type": "string" });
    let customer = json!({ "type": "object", "properties": {
        "number": text, "extension": text, "sipUri": text, "checked": { "type": "boolean" },
    } });
    let message = json!({ "properties": { "role": text, "content": text } });
    let schemas = json!({
        "Draft": {
            "type": "object", "required": ["name"],
            "properties": {
                "name": text,
                "assistantId": text,
                "urgent": { "type": "boolean" },
                "tries": { "type": "integer", "minimum": 1, "maximum": 5 },
                "budget": { "type": "number" },
                "label": { "type": "string", "maxLength": 4 },
                "kind": { "type": "string", "enum": ["web", "phone"] },
                "tags": { "type": "array", "items": text },
                "notes": { "type": "object" },
                "model": { "type": "object", "properties": {
                    "provider": text, "messages": { "type": "array", "items": message },
                } },
                "either": { "oneOf": [{ "type": "string" }, { "type": "number" }] },
            },
        },
        "Order": { "allOf": [{ "$ref": "#/components/schemas/Draft" }, {
            "type": "object",
            "properties": {
                "customer": customer.clone(),
                "customers": { "type": "array", "items": customer },
                "plan": { "type": "object", "properties": {
                    "startAt": { "type": "string", "format": "date-time" },
                } },
            },
        }] },
        "Call": { "type": "object", "properties": {
            "status": { "type": "string", "enum": ["queued", "ended"] },
            "id": text, "model": { "type": "object", "properties": { "provider": text } },
        } },
    });
    document(&api(paths, schemas))
});

/// An operation that takes a form with a purpose and these files.
fn form(id: &str, files: &[&str]) -> Value {
    let mut properties = json!({ "purpose": { "type": "string" } });
    for file in files {
        properties[file] = json!({ "type": "string", "format": "binary" });
    }
    let schema = json!({ "type": "object", "properties": properties });
    json!({
        "operationId": id, "parameters": [], "responses": {},
        "requestBody": { "content": { "multipart/form-data": { "schema": schema } } },
    })
}

/// A row that uploads a file, with the arguments that are needed and these.
fn upload(args: &str) -> String {
    let file = "name = { file = \"name\", required = true, description = \"Name.\" }\n\
                text = { file = \"text\", description = \"Text.\" }";
    row(
        "upload_file",
        "uploadFile",
        "write",
        &format!("[tool.args]\n{file}\n{args}"),
    )
}

/// A row; it starts at line 3, and all but `rest` is right if the names are.
fn row(name: &str, operation: &str, effect: &str, rest: &str) -> String {
    format!(
        "# The table.\n\n[[tool]]\nname = \"{name}\"\ntitle = \"Title\"\ndescription = \"What it does.\"\n\
         operation = \"{operation}\"\neffect = \"{effect}\"\n{rest}\n"
    )
}

/// A row that lists, with these arguments.
fn list(args: &str) -> String {
    row(
        "list_calls",
        "listCalls",
        "read",
        &format!("[tool.args]\n{args}"),
    )
}

/// A row that creates, with the one argument that is required and these.
fn create(args: &str) -> String {
    let name = r#"name = { body = "/name", description = "Name." }"#;
    row(
        "create_call",
        "createCall",
        "write",
        &format!("[tool.args]\n{name}\n{args}"),
    )
}

/// A row that gets one call, with the one argument that is needed, and then the rest.
fn get(rest: &str) -> String {
    get_with("", rest)
}

/// The same with more keys of the row.
fn get_with(keys: &str, rest: &str) -> String {
    let id = r#"id = { path = "id", description = "Id." }"#;
    row(
        "get_call",
        "getCall",
        "read",
        &format!("{keys}[tool.args]\n{id}\n{rest}"),
    )
}

/// Checks a table; an editor has to find in its form what the generator finds, and no more.
fn check(text: &str) -> Result<catalog::Catalog, Vec<Problem>> {
    let table = table::parse("tools.toml", text);
    if let Ok(file) = toml::from_str(text) {
        let form = schema::validate(&file);
        assert_eq!(form.is_ok(), table.is_ok(), "{form:?} of\n{text}");
    }
    catalog::check(&API, table?)
}

/// The messages for a table that is refused.
fn faults(text: &str) -> Vec<String> {
    let problems = check(text).expect_err("the table is accepted");
    problems.iter().map(ToString::to_string).collect()
}

#[test]
fn right_rows_are_accepted() {
    for text in [
        list(r#"limit = { query = "limit", description = "Most rows.", default = 20 }"#),
        create(
            r#"
            prompt = { body = "/model/messages/0/content", constants = { "/model/messages/0/role" = "system" }, aliases = ["text"], description = "Prompt." }
            model = { body = "/model", schema = { type = "object", properties = { provider = { type = "string" } } }, default = { provider = "openai" }, omit_empty = ["", "/provider"], description = "Model." }
            either = { body = "/either", schema = { type = "string" }, description = "One type of two." }
            budget = { body = "/budget", schema = { type = "integer" }, description = "A whole number." }
            tags = { body = "/tags", omit_empty = true, aliases = ["labels", "tag.s-1_"], description = "Tags." }
            notes = { body = "/notes", omit_empty = ["/any/place"], schema = { type = "object", properties = { any = { type = "string" } } }, description = "Notes." }
            "#,
        ),
        upload(
            r#"
            base64 = { file = "base64", description = "Base64." }
            path = { file = "path", description = "Path." }
            purpose = { body = "/purpose", description = "Purpose." }
            "#,
        ),
        get_with(
            "undocumented = [\"/cost\"]\n",
            r#"
            [tool.result]
            keep = ["/id", "/model/provider", "/cost", "/status"]
            add = [{ name = "llm", at = "/model", keep = ["provider"] }]
            "#,
        ),
        get(r#"
            [tool.wait]
            until = { at = "/status", states = ["ended"] }
            delayed = { at = "/model", requires = "/id", since = "/id", seconds = 3 }
            "#),
        get("[tool.wait]\nuntil = { at = \"/model/provider\", states = [\"anything\"] }"),
    ] {
        let checked = check(&text).map(|catalog| (catalog.len(), catalog.stale));
        assert_eq!(checked, Ok((1, Vec::new())), "{text}");
    }
}
