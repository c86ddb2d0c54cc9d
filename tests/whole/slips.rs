//! Arguments of tools over the whole API that are almost right.

use serde_json::{Map, Value, json};
use vapi_mcp::model::Effect;
use wiremock::ResponseTemplate;

use super::{SENDERS, call, requests};
use crate::support::vapi;

/// A call of each tool that writes, which is sent as it is.
fn writes() -> [(&'static str, Value); 4] {
    let change = json!({ "name": "Desk" });
    [
        (
            "create_api",
            json!({ "operation": "POST /session", "body": { "name": "a" } }),
        ),
        (
            "update_api",
            json!({ "operation": "PATCH /session/s1", "body": change }),
        ),
        ("delete_api", json!({ "operation": "DELETE /session/s1" })),
        (
            "spend_api",
            json!({ "operation": "POST /phone-number", "body": { "provider": "vapi" } }),
        ),
    ]
}

fn with(given: &Value, more: Value) -> Value {
    let mut members: Map<String, Value> = given.as_object().unwrap().clone();
    members.extend(more.as_object().unwrap().clone());
    Value::Object(members)
}

#[tokio::test]
async fn a_tool_that_writes_refuses_every_argument_that_it_does_not_have() {
    let vapi = vapi(ResponseTemplate::new(200).set_body_json(json!({ "id": "1" }))).await;
    for (tool, given) in writes() {
        for (name, words) in [
            ("dryrun", "did you mean `dryRun`?"),
            ("dry_run", "did you mean `dryRun`?"),
            ("dry", "did you mean `dryRun`?"),
            ("isDryRun", "did you mean `dryRun`?"),
            ("preview", "is not an argument of "),
            ("field", "did you mean `fields`?"),
            ("sessionId", ""),
            ("parameters", "use `params`"),
        ] {
            let outcome = call(&vapi, tool, with(&given, json!({ (name): true }))).await;
            let text = &outcome.text;
            assert!(outcome.is_error, "{tool} {name}: {text}");
            assert!(text.contains(&format!("- `{name}`: ")), "{tool}: {text}");
            assert!(text.contains(words), "{tool} {name}: {text}");
        }
    }
    assert!(requests(&vapi).await.is_empty());
}

#[tokio::test]
async fn what_n8n_adds_does_not_keep_a_request_from_being_sent() {
    let vapi = vapi(ResponseTemplate::new(200).set_body_json(json!({ "id": "1" }))).await;
    for added in [
        json!({ "toolCallId": "c" }),
        json!({ "sessionId": "s", "action": "sendMessage", "chatInput": "Hi.", "tool": { "name": "x" } }),
    ] {
        for (tool, given) in writes() {
            let before = requests(&vapi).await.len();
            let outcome = call(&vapi, tool, with(&given, added.clone())).await;
            assert!(!outcome.is_error, "{tool}: {}", outcome.text);
            assert!(
                outcome
                    .remarks
                    .iter()
                    .any(|line| line.starts_with("Dropped"))
            );
            assert!(requests(&vapi).await.len() > before, "{tool}");
        }
    }
}

#[tokio::test]
async fn what_belongs_elsewhere_is_refused_with_its_place() {
    let vapi = vapi(ResponseTemplate::new(200).set_body_json(json!([]))).await;
    for (tool, given, words) in [
        (
            "create_api",
            json!({ "operation": "POST /assistant", "name": "x", "firstMessage": "y" }),
            "- `body`: is required\n- `name`: belongs in `body`\n- `firstMessage`: belongs in `body`",
        ),
        (
            "create_api",
            json!({ "operation": "POST /assistant", "data": { "name": "x" } }),
            "`data`: is not known; use `body`",
        ),
        (
            "create_api",
            json!({ "operation": "POST /squad", "body": {}, "payload": {} }),
            "`payload`: is not known; use `body`",
        ),
        (
            "create_api",
            json!({ "operation": "POST /squad", "body": {} }),
            "- `body`: is required, with members",
        ),
        (
            "create_api",
            json!({ "operation": "POST /assistant", "body": null }),
            "- `body`: is required",
        ),
        (
            "spend_api",
            json!({ "operation": "POST /v2/campaign", "name": "June", "customers": [] }),
            "- `body`: is required, with name\n- `name`: belongs in `body`\n- `customers`: belongs in `body`",
        ),
        (
            "update_api",
            json!({ "operation": "PATCH /assistant/a", "name": "x" }),
            "`name`: belongs in `body`",
        ),
        (
            "read_api",
            json!({ "operation": "GET /call", "assistantId": "a" }),
            "`assistantId`: belongs in `params`",
        ),
        (
            "read_api",
            json!({ "operation": "GET /call", "query": { "limit": 1 } }),
            "`query`: is not known; use `params`",
        ),
        (
            "read_api",
            json!({ "operation": "GET /assistant/{id}", "parameters": { "id": "a" } }),
            "- `params.id`: is required\n- `parameters`: is not known; use `params`",
        ),
        (
            "read_api",
            json!({ "operation": "GET /assistant/{id}", "note": "a" }),
            "- `params.id`: is required\n- `note`: is not an argument of read_api",
        ),
        (
            "read_api",
            json!({ "method": "GET", "path": "/assistant" }),
            "- `operation`: is required\n- `method`: is not known; use `operation`\n- `path`: is not",
        ),
        (
            "read_api",
            json!({ "operation": "GET /provider/{provider}/{resourceName}/{id}", "provider": "11labs" }),
            "`provider`: belongs in `params`",
        ),
        (
            "read_api",
            json!({ "operation": "GET /eval/simulation/run/{id}/item", "id": "a", "params": { "id": "b" } }),
            "`id`: ",
        ),
    ] {
        let outcome = call(&vapi, tool, given.clone()).await;
        let text = &outcome.text;
        assert!(outcome.is_error && text.contains(words), "{given}: {text}");
    }
    assert!(requests(&vapi).await.is_empty());
}

#[tokio::test]
async fn two_values_for_one_parameter_are_refused_and_equal_ones_are_not() {
    let vapi = vapi(ResponseTemplate::new(200).set_body_json(json!({ "id": "one" }))).await;
    let words = "`params.id`: `operation` has another value for it";
    for (tool, operation, body) in [
        ("read_api", "GET /session/one", Value::Null),
        ("update_api", "PATCH /session/one", json!({ "name": "x" })),
        ("delete_api", "DELETE /session/one", Value::Null),
    ] {
        let mut given = json!({ "operation": operation, "params": { "id": "two" } });
        if !body.is_null() {
            given["body"] = body;
        }
        let outcome = call(&vapi, tool, given.clone()).await;
        assert!(outcome.is_error, "{given}");
        assert!(outcome.text.contains(words), "{given}: {}", outcome.text);
        assert!(requests(&vapi).await.is_empty());
    }
    for given in [
        json!({ "operation": "GET /session/one", "params": { "id": " one " } }),
        json!({ "operation": "GET /session/{id}", "id": "one" }),
        json!({ "operation": "GET /session/{id}", "id": "one", "params": [] }),
        json!({ "operation": "GET /session/one", "id": "one", "params": { "id": "one" } }),
    ] {
        let outcome = call(&vapi, "read_api", given.clone()).await;
        assert!(!outcome.is_error, "{given}: {}", outcome.text);
        assert_eq!(requests(&vapi).await.last().unwrap(), "GET /session/one");
    }
    let given = json!({ "operation": "GET /session/{id}", "id": "one", "params": { "id": "two" } });
    let outcome = call(&vapi, "read_api", given).await;
    assert!(
        outcome.text.contains("`id`: `params` has another value"),
        "{}",
        outcome.text
    );
}

#[tokio::test]
async fn an_operation_is_taken_as_models_write_it() {
    let vapi = vapi(ResponseTemplate::new(200).set_body_json(json!({ "id": "s1" }))).await;
    for (operation, sent) in [
        ("`GET /squad`", "GET /squad"),
        ("GET: /squad/s1", "GET /squad/s1"),
        ("GET https://api.vapi.ai/squad/s1", "GET /squad/s1"),
        ("GET /Squad", "GET /squad"),
        ("/squad/s1", "GET /squad/s1"),
        ("GET /squad?limit=3", "GET /squad?limit=3"),
    ] {
        let outcome = call(&vapi, "read_api", json!({ "operation": operation })).await;
        assert!(!outcome.is_error, "{operation}: {}", outcome.text);
        let requests = requests(&vapi).await;
        assert!(
            requests.last().unwrap().starts_with(sent),
            "{operation}: {requests:?}"
        );
    }
    let given = json!({ "operation": "GET /squad?limit=3", "params": { "limit": 4 } });
    let outcome = call(&vapi, "read_api", given).await;
    assert!(
        outcome
            .text
            .contains("`params.limit`: `operation` has another value")
    );
    // A path without a method is what the tool sends, if that is one operation.
    for (tool, effect) in SENDERS {
        let given = json!({ "operation": "/session/s1", "body": (tool == "update_api").then(|| json!({ "name": "x" })) });
        let outcome = call(&vapi, tool, given).await;
        let is_sent = matches!(effect, [Effect::Read | Effect::Update | Effect::Delete]);
        assert_eq!(!outcome.is_error, is_sent, "{tool}: {}", outcome.text);
    }
    assert_eq!(requests(&vapi).await.last().unwrap(), "DELETE /session/s1");
}

#[tokio::test]
async fn empty_containers_and_single_texts_are_taken_for_what_is_meant() {
    let vapi = vapi(ResponseTemplate::new(200).set_body_json(json!([]))).await;
    for (tool, given) in [
        (
            "read_api",
            json!({ "operation": "GET /squad", "params": [], "body": [], "fields": {}, "limit": "", "cursor": "" }),
        ),
        (
            "read_api",
            json!({ "operation": "GET /squad", "params": "", "body": null, "fields": "" }),
        ),
        (
            "describe_api",
            json!({ "operation": "PATCH /assistant/{id}", "at": "/artifactPlan" }),
        ),
        (
            "describe_api",
            json!({ "operation": "PATCH /assistant/{id}", "at": {} }),
        ),
    ] {
        let outcome = call(&vapi, tool, given.clone()).await;
        assert!(!outcome.is_error, "{given}: {}", outcome.text);
    }
    let given = json!({ "operation": "PATCH /assistant/{id}", "at": "/artifactPlan" });
    let outcome = call(&vapi, "describe_api", given).await;
    assert!(
        outcome.text.contains("recordingEnabled"),
        "{}",
        outcome.text
    );
}

#[tokio::test]
async fn a_dry_run_of_a_read_is_a_read() {
    let vapi = vapi(ResponseTemplate::new(200).set_body_json(json!([]))).await;
    for name in ["dryRun", "dry_run"] {
        let given = json!({ "operation": "GET /squad", (name): true });
        let outcome = call(&vapi, "read_api", given).await;
        assert_eq!(outcome.text, "[]");
        let remarks = outcome.remarks.join("\n");
        assert!(
            remarks.contains(&format!("read_api only reads, so `{name}` was ignored.")),
            "{remarks}"
        );
        assert!(!remarks.contains("nothing was sent"), "{remarks}");
        assert!(!remarks.contains("no such argument"), "{remarks}");
    }
    assert_eq!(requests(&vapi).await.len(), 2);
}

#[tokio::test]
async fn a_control_argument_inside_the_body_is_refused() {
    let vapi = vapi(ResponseTemplate::new(200).set_body_json(json!({}))).await;
    let number = json!({ "number": "+15550100111" });
    for (tool, given, at) in [
        (
            "spend_api",
            json!({ "operation": "POST /call", "body": { "assistantId": "a", "phoneNumberId": "p", "customer": number, "dryRun": true } }),
            "body.dryRun",
        ),
        (
            "create_api",
            json!({ "operation": "POST /squad", "body": { "members": [{ "assistantId": "a", "dry_run": true }] } }),
            "body.members[0].dry_run",
        ),
        (
            "create_api",
            json!({ "operation": "POST /provider/11labs/pronunciation-dictionary", "body": { "name": "a", "dryrun": true } }),
            "body.dryrun",
        ),
    ] {
        let outcome = call(&vapi, tool, given.clone()).await;
        let words = format!("`{at}`: has no effect here; give `dryRun` beside `body`");
        let text = &outcome.text;
        assert!(outcome.is_error && text.contains(&words), "{given}: {text}");
    }
    assert!(requests(&vapi).await.is_empty());
    let given =
        json!({ "operation": "POST /assistant", "body": { "metadata": { "dryRun": true } } });
    let outcome = call(&vapi, "create_api", given).await;
    assert!(!outcome.is_error, "{}", outcome.text);
}
