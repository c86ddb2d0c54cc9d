//! The tools over the whole API.

use crate::support::{KEY, context, guard, members, vapi};
use serde_json::{Value, json};
use vapi_mcp::{
    api::{Api, Limits, Token},
    call::{Context, Outcome, call_exposed},
    catalog::{OPERATIONS, Toolset},
    model::Effect,
};
use wiremock::{MockServer, ResponseTemplate};

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

#[tokio::test]
async fn only_operations_that_read_are_sent_by_the_tool_that_reads() {
    let vapi = vapi(ResponseTemplate::new(200).set_body_json(json!({ "id": "1" }))).await;
    let mut sent = 0;
    for operation in OPERATIONS {
        let params = operation.parameters.iter().filter(|it| it.required);
        let params = params.map(|it| (it.name.to_owned(), json!("a1")));
        let params: Value = Value::Object(params.collect());
        let given = json!({ "operation": operation.key(), "params": params });
        let outcome = call(&vapi, "read_api", given).await;
        let reads = operation.effect == Effect::Read;
        assert_eq!(
            !outcome.is_error,
            reads,
            "{}: {}",
            operation.key(),
            outcome.text
        );
        sent += usize::from(reads);
        assert_eq!(requests(&vapi).await.len(), sent, "{}", operation.key());
    }
    assert!(sent > 50, "{sent}");
    // A GET that creates, whatever its method says.
    let creates = "GET /reporting/board/default/metrics-overview";
    let outcome = call(&vapi, "read_api", json!({ "operation": creates })).await;
    assert!(outcome.is_error && outcome.text.contains("does not only read (write)"));
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
        (json!({ "operation": "POST /call" }), "create_call sends it"),
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
    let outcome = call(&vapi, "read_api", json!({ "operation": "GET /squad" })).await;
    let shown: Value = serde_json::from_str(&outcome.text).unwrap();
    assert_eq!(shown[0]["members"], squads[0]["members"]);
    assert_eq!(shown[0]["apiKey"], "[redacted]");
    let given = json!({ "operation": "GET /squad", "fields": ["/*/name"] });
    let outcome = call(&vapi, "read_api", given).await;
    assert!(
        outcome.text.contains("Desk") && !outcome.text.contains("assistantId"),
        "{}",
        outcome.text
    );
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
