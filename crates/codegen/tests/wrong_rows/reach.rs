//! A body that can name a destination is guarded, or its row states why no call is placed.

use codegen::{catalog, document::Document};
use serde_json::{Value, json};

use crate::support::{MENDED, api, document, rows};

use super::row;

/// The faults of a table against another document.
fn faults_of(document: &Document, table: &str) -> Vec<String> {
    match catalog::check(document, rows(table)) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.iter().map(ToString::to_string).collect(),
    }
}

fn table(operation: &str, effect: &str, rest: &str) -> String {
    row("it", operation, effect, rest)
}

const CORE: &str = include_str!("../../../../spec/tools/core.toml");

/// `create_call` of our own table.
fn create_call() -> String {
    let row = CORE
        .split("[[tool]]")
        .find(|row| row.contains("\"create_call\""));
    let row = format!("[[tool]]{}", row.expect("the row is there"));
    let (before, over) = row.split_once("[tool.overrides]").expect("it overrides");
    let (_, after) = over.split_once("[tool.dial]").expect("it dials");
    // What names other rows is left out.
    format!("{before}[tool.dial]{after}")
        .replace(
            "show_tool = { tool = \"get_call\", arg = \"callId\" }\n",
            "",
        )
        .replace(
            "next_tool = { tool = \"wait_for_call\", arg = \"callId\" }\n",
            "",
        )
        .replace("arguments_of = \"create_assistant\", ", "")
}

#[test]
fn a_write_to_an_operation_that_calls_people_is_refused_with_file_line_and_reason() {
    assert_eq!(
        faults_of(
            &MENDED,
            &table(
                "CampaignController_create",
                "write",
                "[tool.args]\nname = { body = \"/name\", description = \"Name.\" }"
            )
        ),
        [
            "tools.toml:3: tool `it`, `not_dialed`: the body of `CampaignController_create` can name destinations at `/customers/*`, which no guard checks; set `effect = \"dial\"` and add `[tool.dial]`, or state why no call is placed: not_dialed = { \"/customers/*\" = \"…\" }"
        ]
    );
    for operation in [
        "ChatController_createChat",
        "SessionController_create",
        "CampaignController_update",
        "PhoneNumberController_create",
        "ToolController_create",
    ] {
        let id = match operation {
            "CampaignController_update" => "id = { path = \"id\", description = \"Id.\" }",
            "ChatController_createChat" => {
                "input = { body = \"/input\", schema = { type = \"string\" }, description = \"What is said.\" }"
            }
            "PhoneNumberController_create" => {
                "provider = { body = \"/provider\", schema = { type = \"string\" }, description = \"Whose.\" }"
            }
            "ToolController_create" => {
                "type = { body = \"/type\", schema = { type = \"string\" }, description = \"Which.\" }"
            }
            _ => "",
        };
        let id = &format!("[tool.args]\n{id}");
        let said = faults_of(&MENDED, &table(operation, "write", id));
        assert!(
            said.len() == 1 && said[0].contains("can name destinations at "),
            "{operation}: {said:?}"
        );
    }
}

#[test]
fn our_own_call_is_refused_as_a_mere_write() {
    let right = create_call();
    assert_eq!(faults_of(&MENDED, &right), Vec::<String>::new());
    let (before, rest) = right.split_once("[tool.dial]").expect("it dials");
    let (_, after) = rest
        .split_once("[tool.result]")
        .expect("it shows something");
    let write =
        format!("{before}[tool.result]{after}").replace("effect = \"dial\"", "effect = \"write\"");
    let said = faults_of(&MENDED, &write);
    assert!(
        said.len() == 1 && said[0].starts_with("tools.toml:1: tool `create_call`, `not_dialed`: the body of `CallController_create` can name destinations at `/customer`, `/customers/*`, "),
        "{said:?}"
    );
    let one = right.replace(
        "to = [\"/customer\", \"/customers/*\"]",
        "to = [\"/customer\"]",
    );
    assert_eq!(
        faults_of(&MENDED, &one),
        [
            "tools.toml:1: tool `create_call`, `not_dialed`: the body of `CallController_create` can name destinations at `/customers/*`, which no guard checks; add them to `dial.to`, or state why no call is placed: not_dialed = { \"/customers/*\" = \"…\" }"
        ]
    );
}

#[test]
fn a_read_and_a_destination_inside_an_assistant_need_nothing() {
    for (operation, effect, args) in [
        ("CallController_findAll", "read", ""),
        ("AssistantController_create", "write", ""),
        (
            "SquadController_create",
            "write",
            "[tool.args]\nmembers = { body = \"/members\", description = \"Members.\" }",
        ),
    ] {
        assert_eq!(
            faults_of(&MENDED, &table(operation, effect, args)),
            Vec::<String>::new(),
            "{operation}"
        );
    }
}

fn post(body: Value) -> Document {
    let content = json!({ "application/json": { "schema": body } });
    document(&api(
        json!({ "/it": { "post": {
            "operationId": "post", "parameters": [], "requestBody": { "content": content }, "responses": {},
        } } }),
        json!({
            "Person": { "type": "object", "properties": {
                "number": { "type": "string" }, "name": { "type": "string" },
                "friends": { "type": "array", "items": { "$ref": "#/components/schemas/Person" } },
            } },
            "Tree": { "type": "object", "properties": {
                "left": { "$ref": "#/components/schemas/Tree" },
                "person": { "$ref": "#/components/schemas/Person" },
            } },
        }),
    ))
}

fn places(body: Value, rest: &str) -> Vec<String> {
    faults_of(&post(body), &table("post", "write", rest))
}

#[test]
fn a_destination_is_found_by_its_shape_however_it_is_composed() {
    let person = json!({ "$ref": "#/components/schemas/Person" });
    let object = |properties: Value| json!({ "type": "object", "properties": properties });
    for body in [
        person.clone(),
        object(json!({ "x": person })),
        object(json!({ "x": { "allOf": [person] } })),
        object(json!({ "x": { "oneOf": [{ "type": "string" }, person] } })),
        object(json!({ "x": { "type": "array", "items": { "anyOf": [person] } } })),
        object(json!({ "x": { "type": "object", "additionalProperties": person } })),
        object(json!({ "x": { "$ref": "#/components/schemas/Tree" } })),
        object(json!({ "x": object(json!({ "sipUri": { "type": "string" } })) })),
        object(json!({ "x": object(json!({ "number": {} })) })),
        object(json!({ "x": object(json!({ "number": { "allOf": [{ "type": "string" }] } })) })),
        object(json!({ "x": object(json!({
            "type": { "type": "string", "enum": ["number"] }, "number": { "type": "string" },
        })) })),
    ] {
        let said = places(body.clone(), "");
        assert!(
            said.len() == 1 && said[0].contains("can name destinations at "),
            "{body}: {said:?}"
        );
    }
    let assistant =
        json!({ "model": object(json!({ "x": person })), "voice": {}, "transcriber": {} });
    for body in [
        object(json!({ "name": { "type": "string" } })),
        object(json!({ "x": object(json!({ "number": { "type": "boolean" } })) })),
        object(json!({ "x": object(assistant) })),
        json!({ "type": "object" }),
    ] {
        assert_eq!(places(body.clone(), ""), Vec::<String>::new(), "{body}");
    }
}

#[test]
fn a_reason_covers_its_place_alone() {
    let person = json!({ "$ref": "#/components/schemas/Person" });
    let shared = json!({ "type": "object", "properties": { "person": person } });
    let body = json!({ "type": "object", "properties": { "a": shared, "b": shared } });
    let said = |keys: &str| places(body.clone(), &format!("not_dialed = {{ {keys} }}"));
    assert_eq!(
        said(r#""/a/person" = "Only stored.", "/b" = "Only stored.""#),
        Vec::<String>::new()
    );
    let fault = said(r#""/a/person" = "Only stored.""#);
    assert!(
        fault.len() == 1 && fault[0].contains("destinations at `/b/person`, "),
        "{fault:?}"
    );
    for (keys, fault) in [
        (r#""/a" = " ""#, "`/a` has no reason"),
        (
            r#""a" = "x""#,
            "`a` is not a JSON pointer; it must start with `/`",
        ),
        (
            r#""/c" = "x""#,
            "`/c`: the document has no property `c` at the top",
        ),
    ] {
        assert_eq!(
            said(keys),
            [format!("tools.toml:3: tool `it`, `not_dialed`: {fault}")]
        );
    }
}

#[test]
fn a_reason_for_nothing_is_stale() {
    let text = "[tool.args]\nname = { body = \"/name\", description = \"Name.\" }";
    let text = format!("not_dialed = {{ \"/model\" = \"x\" }}\n{text}");
    let checked = super::check(&row("create_call", "createCall", "write", &text));
    let stale = checked.map(|catalog| {
        catalog
            .stale
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    });
    assert_eq!(
        stale,
        Ok(vec![
            "tools.toml:3: tool `create_call`, `not_dialed`: `/model` covers no destination; remove it".to_owned()
        ])
    );
}
