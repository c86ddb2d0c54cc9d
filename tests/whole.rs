//! The tools over the whole API.

mod destinations;
mod guarded;
mod slips;

use crate::support::{KEY, context, guard, members, start_of, unnamed_list, vapi, with_value};
use codegen::document::Document;
use serde_json::{Map, Value, json};
use vapi_mcp::{
    api::{Api, Limits, Token},
    call::{Context, Outcome, call_exposed},
    catalog::{OPERATIONS, Operation, Toolset},
    model::Effect,
};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{any, method},
};

/// Calls a tool as a server with these tools does.
async fn call_with(vapi: &MockServer, toolset: &Toolset, tool: &str, given: Value) -> Outcome {
    let api = Api::new(vapi.uri(), Limits::default());
    let (token, guard) = (Token::new(KEY).unwrap(), guard());
    let context = Context {
        toolset,
        ..context(&api, &token, &guard)
    };
    let tool = toolset.exposed(tool).unwrap();
    call_exposed(tool, members(given), context).await
}

async fn call(vapi: &MockServer, tool: &str, given: Value) -> Outcome {
    call_with(vapi, &Toolset::default(), tool, given).await
}

async fn requests(vapi: &MockServer) -> Vec<String> {
    let requests = vapi.received_requests().await.unwrap();
    let line = |it: &wiremock::Request| {
        let query = it.url.query().map(|query| format!("?{query}"));
        format!(
            "{} {}{}",
            it.method,
            it.url.path(),
            query.unwrap_or_default()
        )
    };
    requests.iter().map(line).collect()
}

/// The tools that send, each with the effects of what it sends.
const SENDERS: [(&str, &[Effect]); 5] = [
    ("read_api", &[Effect::Read]),
    ("create_api", &[Effect::Write]),
    ("update_api", &[Effect::Update]),
    ("delete_api", &[Effect::Delete]),
    ("spend_api", &[Effect::Spend, Effect::Dial]),
];

/// Arguments with which an operation can be sent.
fn arguments(operation: &Operation) -> Value {
    let params = operation.parameters.iter().filter(|it| it.required);
    let params: Map<_, _> = params.map(|it| (it.name.to_owned(), json!("a1"))).collect();
    let mut given = json!({ "operation": operation.key(), "params": params });
    if operation.has_body && operation.effect != Effect::Delete {
        given["body"] = json!({ "zzqx": 1 });
    }
    given
}

#[tokio::test]
async fn each_operation_is_sent_by_one_tool_only() {
    let vapi = vapi(ResponseTemplate::new(200).set_body_json(json!({ "id": "1" }))).await;
    let mut refused = 0;
    let uploads = OPERATIONS.iter().filter(|operation| operation.is_upload);
    assert_eq!(uploads.count(), 1);
    for operation in OPERATIONS.iter().filter(|operation| !operation.is_upload) {
        let given = arguments(operation);
        let effect = operation.effect_of(&given["body"]);
        let request = format!("{} {}", operation.method.to_uppercase(), operation.path);
        let request = request.replace('{', "").split('}').collect::<String>();
        for (tool, effects) in SENDERS {
            let before = requests(&vapi).await.len();
            let outcome = call(&vapi, tool, given.clone()).await;
            let sent = requests(&vapi).await.split_off(before);
            let is_right = effects.contains(&effect);
            assert_eq!(
                !outcome.is_error, is_right,
                "{tool} {request}: {}",
                outcome.text
            );
            assert_eq!(!sent.is_empty(), is_right, "{tool} {request}: {sent:?}");
            if !is_right {
                refused += 1;
                let (right, _) = SENDERS
                    .iter()
                    .find(|(_, all)| all.contains(&effect))
                    .unwrap();
                let named = format!("use {right}");
                assert!(
                    outcome.text.contains(&named),
                    "{tool} {request}: {}",
                    outcome.text
                );
            }
        }
    }
    assert!(refused > 500, "{refused}");
}

#[tokio::test]
async fn a_read_only_server_sends_only_reads_of_the_whole_api() {
    let vapi = vapi(ResponseTemplate::new(200).set_body_json(json!({ "id": "1" }))).await;
    let toolset = Toolset::new(true, None);
    let tools: Vec<_> = toolset.api_tools().map(|tool| tool.name).collect();
    assert_eq!(tools, ["search_api", "describe_api", "read_api"]);
    let board = json!({ "operation": "GET /reporting/board/default/metrics-overview" });
    let outcome = call_with(&vapi, &toolset, "read_api", board).await;
    assert!(
        outcome.text.contains("creates something"),
        "{}",
        outcome.text
    );
    assert!(outcome.text.contains("no tool of this server sends it"));
    assert!(requests(&vapi).await.is_empty());
}

#[tokio::test]
async fn no_tool_is_named_for_an_upload_where_none_uploads() {
    let vapi = vapi(ResponseTemplate::new(200)).await;
    for (tools, named) in [("whole", None), ("whole,upload_file", Some("upload_file"))] {
        let toolset = Toolset::new(false, Some(tools.parse().unwrap()));
        let query = json!({ "query": "upload a file" });
        let found = call_with(&vapi, &toolset, "search_api", query).await;
        let found: Value = serde_json::from_str(&found.text).unwrap();
        let operations = found["operations"].as_array().unwrap();
        let upload = operations.iter().find(|it| it["operation"] == "POST /file");
        let tool = upload.unwrap().get("tool").and_then(Value::as_str);
        assert_eq!(tool, named);
        let operation = json!({ "operation": "POST /file" });
        let described = call_with(&vapi, &toolset, "describe_api", operation).await;
        let sender = named.unwrap_or("no tool that this server exposes");
        let line = format!("\nsent with: {sender}\n");
        assert!(described.text.contains(&line), "{}", described.text);
    }
}

#[tokio::test]
async fn the_effect_of_a_request_follows_its_body() {
    let vapi = vapi(ResponseTemplate::new(201).set_body_json(json!({ "id": "1" }))).await;
    let campaign = json!({ "id": "c1" });
    for (operation, params, body, tool) in [
        (
            "POST /chat",
            json!({}),
            json!({ "input": "Hi" }),
            "spend_api",
        ),
        (
            "PATCH /campaign/{id}",
            campaign.clone(),
            json!({ "status": "cancelled" }),
            "update_api",
        ),
        (
            "PATCH /campaign/{id}",
            campaign.clone(),
            json!({ "name": "June" }),
            "update_api",
        ),
        (
            "PATCH /campaign/{id}",
            campaign.clone(),
            with_value(
                json!({}),
                start_of("PATCH /campaign/{id}"),
                "2099-01-01T10:00:00Z",
            ),
            "spend_api",
        ),
    ] {
        let given = json!({ "operation": operation, "params": params, "body": body });
        for (other, _) in SENDERS {
            let outcome = call(&vapi, other, given.clone()).await;
            assert_eq!(
                !outcome.is_error,
                other == tool,
                "{other} {body}: {}",
                outcome.text
            );
        }
    }
}

#[tokio::test]
async fn an_operation_is_named_in_every_form_and_its_parameters_are_typed() {
    let vapi = vapi(ResponseTemplate::new(200).set_body_json(json!([]))).await;
    for (given, line) in [
        (
            json!({ "operation": "GET /squad/{id}", "params": { "id": "s-1" } }),
            "GET /squad/s-1",
        ),
        (json!({ "operation": "get /squad/s-2" }), "GET /squad/s-2"),
        (
            json!({ "operation": "SquadController_findAll", "params": "{\"limit\": \"5\"}" }),
            "GET /squad?limit=5",
        ),
        (
            json!({ "operation": "GET /chat", "params": { "page": 2.0, "limit": 10 } }),
            "GET /chat?page=2&limit=10",
        ),
    ] {
        let outcome = call(&vapi, "read_api", given.clone()).await;
        assert!(!outcome.is_error, "{given}: {}", outcome.text);
        let sent = requests(&vapi).await;
        let sent = sent.last().unwrap();
        let (path, query) = line.split_once('?').unwrap_or((line, ""));
        assert!(sent.starts_with(path), "{sent}");
        assert!(query.split('&').all(|part| sent.contains(part)), "{sent}");
    }
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_with_the_way_out() {
    let vapi = vapi(ResponseTemplate::new(200).set_body_json(json!([]))).await;
    for (given, words) in [
        (json!({}), "`operation`: is required"),
        (
            json!({ "operation": "GET /squads" }),
            "the nearest are `GET /squad`",
        ),
        (
            json!({ "operation": "GET /squad/{id}" }),
            "`params.id`: is required",
        ),
        (
            json!({ "operation": "GET /squad/{id}", "params": { "id": "../call" } }),
            "`params.id`: must be an id",
        ),
        (
            json!({ "operation": "GET /squad", "params": { "limt": 1 } }),
            "`params.limt`: is not a parameter",
        ),
        (
            json!({ "operation": "GET /squad", "params": { "limit": "many" } }),
            "`params.limit`: must be an integer",
        ),
        (
            json!({ "operation": "GET /squad", "params": [1] }),
            "`params`: must be an object",
        ),
        (
            json!({ "operation": "GET /squad", "body": { "a": 1 } }),
            "`body`: `GET /squad` takes no body",
        ),
        (
            json!({ "operation": "POST /call" }),
            "calls or texts people, and read_api does not send such operations; use spend_api or \
             create_call",
        ),
        (
            json!({ "operation": "POST /file" }),
            "uploads a file, which read_api cannot send",
        ),
        (
            json!({ "operation": "GET /squad", "fields": (0..65).map(|at| format!("/{at}")).collect::<Vec<_>>() }),
            "`fields`",
        ),
    ] {
        let outcome = call(&vapi, "read_api", given.clone()).await;
        assert!(
            outcome.is_error && outcome.text.contains(words),
            "{given}: {}",
            outcome.text
        );
    }
    assert!(requests(&vapi).await.is_empty());
}

#[tokio::test]
async fn an_answer_is_shown_as_it_is_or_by_pointers_and_its_secrets_are_hidden() {
    let squads = json!([{ "id": "s", "name": "Desk", "members": [{ "assistantId": "a" }], "apiKey": "s3cret" }]);
    let vapi = vapi(ResponseTemplate::new(200).set_body_json(&squads)).await;
    let list = unnamed_list().key();
    let outcome = call(&vapi, "read_api", json!({ "operation": list })).await;
    let shown: Value = serde_json::from_str(&outcome.text).unwrap();
    assert_eq!(shown[0]["members"], squads[0]["members"]);
    assert_eq!(shown[0]["apiKey"], "[redacted]");
    let given = json!({ "operation": list, "fields": ["/*/name"] });
    let outcome = call(&vapi, "read_api", given).await;
    assert!(
        outcome.text.contains("Desk") && !outcome.text.contains("assistantId"),
        "{}",
        outcome.text
    );
}

#[tokio::test]
async fn a_list_shows_the_same_parts_of_a_row_as_the_named_tool() {
    let row = json!({
        "id": "c1", "type": "outboundPhoneCall", "status": "ended", "endedReason": "customer-ended-call",
        "createdAt": "2026-03-01T10:00:00.000Z", "transcript": "AI: Hello.", "costs": [{ "cost": 1 }],
    });
    let vapi = vapi(ResponseTemplate::new(200).set_body_json(json!([row]))).await;
    let outcome = call(&vapi, "read_api", json!({ "operation": "GET /call" })).await;
    let shown: Value = serde_json::from_str(&outcome.text).unwrap();
    assert_eq!(shown[0]["status"], "ended");
    assert_eq!(
        shown[0].get("transcript").or(shown[0].get("costs")),
        None,
        "{shown}"
    );
    let given = json!({ "operation": "GET /call", "fields": ["*"] });
    let outcome = call(&vapi, "read_api", given).await;
    let shown: Value = serde_json::from_str(&outcome.text).unwrap();
    assert_eq!(shown[0], row);
}

#[tokio::test]
async fn a_search_names_operations_and_only_tools_that_are_exposed() {
    let vapi = vapi(ResponseTemplate::new(500)).await;
    let tools = |toolset: Toolset, vapi: MockServer| async move {
        let given = json!({ "query": "list squads" });
        let outcome = call_with(&vapi, &toolset, "search_api", given).await;
        let found: Value = serde_json::from_str(&outcome.text).unwrap();
        assert!(requests(&vapi).await.is_empty());
        let operations = found["operations"].as_array().unwrap().clone();
        let list = operations.iter().find(|it| it["operation"] == "GET /squad");
        list.unwrap_or_else(|| panic!("{found}"))["tool"].clone()
    };
    assert_eq!(tools(Toolset::default(), vapi).await, "read_api");
    let vapi = crate::support::vapi(ResponseTemplate::new(500)).await;
    let only = Toolset::new(false, Some("search_api".parse().unwrap()));
    assert_eq!(tools(only, vapi).await, Value::Null);
    let refused = Toolset::new(false, Some("get_call".parse().unwrap()));
    let refused = refused.exposed("read_api").unwrap_err();
    assert_eq!(
        refused,
        "there is no tool `read_api` here: --tools excludes it"
    );
    let read_only = Toolset::new(true, None);
    assert!(read_only.exposed("read_api").is_ok() && read_only.exposed("search_api").is_ok());
}

#[tokio::test]
async fn an_unknown_id_is_told_from_a_wrong_address() {
    let vapi =
        vapi(ResponseTemplate::new(404).set_body_json(json!({ "message": "No squad" }))).await;
    let outcome = call(&vapi, "read_api", json!({ "operation": "GET /squad/1" })).await;
    assert!(
        outcome
            .text
            .contains("Nothing in this account and region has this id."),
        "{}",
        outcome.text
    );
}

#[tokio::test]
async fn what_is_never_sent_is_refused_with_the_reason() {
    let vapi = vapi(ResponseTemplate::new(200).set_body_json(json!({}))).await;
    for (tool, given, words) in [
        (
            "spend_api",
            json!({ "operation": "POST /chat", "body": { "input": "Hi", "stream": true } }),
            "`body.stream`: The answer would be a stream of events",
        ),
        (
            "spend_api",
            json!({ "operation": "POST /chat/responses", "body": { "input": "Hi", "stream": "true" } }),
            "`body.stream`: The answer would be a stream of events",
        ),
        (
            "delete_api",
            json!({ "operation": "DELETE /call/{id}", "params": { "id": "a" }, "body": { "ids": ["b"] } }),
            "`body`: a deletion is sent without a body",
        ),
        (
            "create_api",
            json!({ "operation": "POST /squad", "body": { "name": "[redacted]" } }),
            "`body.name`: contains [redacted]",
        ),
    ] {
        let outcome = call(&vapi, tool, given.clone()).await;
        let text = &outcome.text;
        assert!(outcome.is_error && text.contains(words), "{given}: {text}");
    }
    assert!(requests(&vapi).await.is_empty());
}

#[tokio::test]
async fn no_answer_is_a_stream_of_events() {
    let text = std::fs::read("spec/vapi.json").unwrap();
    let document = Document::parse(&text).unwrap();
    let mut streams = 0;
    for operation in document.operations() {
        let schema = operation
            .object
            .pointer("/requestBody/content/application~1json/schema");
        let forms = schema.map(|schema| document.alternatives(schema));
        let mut forms = forms.into_iter().flatten();
        let Some(stream) = forms.find_map(|form| form.pointer("/properties/stream").cloned())
        else {
            continue;
        };
        streams += 1;
        let known = OPERATIONS.iter().find(|it| it.id == operation.id).unwrap();
        let is_refused = known.refused.iter().any(|(at, _)| *at == "/stream");
        assert!(is_refused, "{}", operation.id);
        let is_filled = known.filled.contains(&("/stream", "false"));
        assert_eq!(is_filled, stream["default"] == true, "{}", operation.id);
    }
    assert_eq!(streams, 2);
    for (operation, given, sent) in [
        ("POST /chat", json!({}), Value::Null),
        ("POST /chat", json!({ "stream": false }), json!(false)),
        ("POST /chat/responses", json!({}), json!(false)),
        (
            "POST /chat/responses",
            json!({ "stream": null }),
            json!(false),
        ),
        (
            "POST /chat/responses",
            json!({ "stream": false }),
            json!(false),
        ),
    ] {
        let vapi = vapi(ResponseTemplate::new(201).set_body_json(json!({ "id": "1" }))).await;
        let mut body = given;
        body["input"] = json!("Hi");
        let given = json!({ "operation": operation, "body": body });
        let outcome = call(&vapi, "spend_api", given).await;
        assert!(!outcome.is_error, "{}", outcome.text);
        let requests = vapi.received_requests().await.unwrap();
        let body: Value = serde_json::from_slice(&requests[0].body).unwrap();
        assert_eq!(
            body.get("stream").unwrap_or(&Value::Null),
            &sent,
            "{operation}"
        );
    }
}

#[tokio::test]
async fn every_write_that_succeeds_without_a_body_says_what_was_done() {
    let vapi = MockServer::start().await;
    let stored = json!({ "id": "a1", "name": "n" });
    Mock::given(method("GET"))
        .respond_with(ResponseTemplate::new(200).set_body_json(stored))
        .mount(&vapi)
        .await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(204))
        .mount(&vapi)
        .await;
    let mut done = 0;
    for operation in OPERATIONS {
        // The overview of metrics is a GET.
        if operation.method == "get" || operation.is_upload || operation.view.created.is_some() {
            continue;
        }
        let mut given = arguments(operation);
        let effect = operation.effect_of(&given["body"]);
        if effect == Effect::Read {
            continue;
        }
        if effect == Effect::Delete {
            given["name"] = json!("n");
        }
        let (tool, _) = SENDERS
            .iter()
            .find(|(_, effects)| effects.contains(&effect))
            .unwrap();
        let outcome = call(&vapi, tool, given).await;
        assert!(!outcome.is_error, "{}: {}", operation.key(), outcome.text);
        assert_eq!(outcome.text, "", "{}", operation.key());
        let succeeded = format!("`{}` succeeded.", operation.key());
        let is_told = outcome.remarks.iter().any(|it| it.starts_with(&succeeded));
        assert!(is_told, "{succeeded} {:?}", outcome.remarks);
        done += 1;
    }
    assert!(done > 60, "{done}");
    let given = json!({ "name": "m", "assistantId": "a1" });
    let outcome = call(&vapi, "update_assistant", given).await;
    assert!(!outcome.is_error, "{}", outcome.text);
    let remarks = outcome.remarks.join("\n");
    let succeeded = "`PATCH /assistant/{id}` succeeded.";
    assert!(remarks.contains(succeeded), "{remarks}");
}

#[tokio::test]
async fn a_dry_run_shows_the_whole_url() {
    let stored = json!({ "id": "a1", "name": "n" });
    let vapi = vapi(ResponseTemplate::new(200).set_body_json(stored)).await;
    let given = json!({
        "operation": "PATCH /structured-output/a1", "params": { "schemaOverride": "true" },
        "body": { "name": "m" }, "dryRun": true,
    });
    let outcome = call(&vapi, "update_api", given).await;
    let shown: Value = serde_json::from_str(&outcome.text).unwrap();
    let url = format!("{}/structured-output/a1?schemaOverride=true", vapi.uri());
    assert_eq!(shown["url"], url);
}
