//! Changes of existing objects: the object is read, the change is merged into it, and only the
//! top-level members that change are sent.

mod guarded;
mod operations;
#[cfg(feature = "sandbox")]
mod random;

use crate::support::{KEY, call_guarded, call_tool, context, guard, members};
use serde_json::{Value, json};
use vapi_mcp::{
    api::{Api, Limits, Token},
    call::{Outcome, call_exposed},
    catalog::Toolset,
    guard::Guard,
};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

fn assistant() -> Value {
    json!({
        "id": "a1", "orgId": "o", "name": "Desk", "isServerUrlSecretSet": false, "updatedAt": "2027-01-01T00:00:00Z",
        "model": {
            "provider": "openai", "model": "gpt-4o", "temperature": 0.7, "toolIds": ["t-1"], "systemPrompt": "Old.",
            "messages": [{ "role": "system", "content": "Be kind." }, { "role": "user", "content": "Hi." }],
        },
        "voice": { "provider": "11labs", "voiceId": "sarah", "cachingEnabled": true },
    })
}

/// A Vapi that shows these objects at this path, one after the other, and accepts changes.
async fn vapi(path: &str, shown: &[Value]) -> MockServer {
    let server = MockServer::start().await;
    let (last, first) = shown.split_last().unwrap();
    for shown in first {
        Mock::given(matchers::method("GET"))
            .and(matchers::path(path))
            .respond_with(ResponseTemplate::new(200).set_body_json(shown))
            .up_to_n_times(1)
            .mount(&server)
            .await;
    }
    Mock::given(matchers::path(path))
        .respond_with(ResponseTemplate::new(200).set_body_json(last))
        .mount(&server)
        .await;
    server
}

/// The methods of all requests, and the body of the last one.
async fn sent(server: &MockServer) -> (String, Value) {
    let requests = server.received_requests().await.unwrap();
    let methods: Vec<_> = requests.iter().map(|it| it.method.to_string()).collect();
    let body = requests
        .last()
        .map(|it| it.body.clone())
        .unwrap_or_default();
    (
        methods.join(" "),
        serde_json::from_slice(&body).unwrap_or_default(),
    )
}

#[tokio::test]
async fn a_new_system_prompt_keeps_the_other_messages_and_the_rest_of_the_model() {
    let server = vapi("/assistant/a1", &[assistant()]).await;
    let given = json!({ "assistantId": "a1", "instructions": "Be brief.", "name": "Desk" });
    let outcome = call_tool(&server, "update_assistant", members(given)).await;
    assert!(!outcome.is_error, "{}", outcome.text);
    let mut model = assistant()["model"].clone();
    model["messages"][0]["content"] = json!("Be brief.");
    assert_eq!(
        sent(&server).await,
        ("GET GET PATCH".to_owned(), json!({ "model": model }))
    );
    assert_eq!(
        outcome.remarks,
        ["Changes: model.messages[0].content from \"Be kind.\" to \"Be brief.\"."]
    );
    let shown: Value = serde_json::from_str(&outcome.text).unwrap();
    assert_eq!(shown["llm"]["model"], "gpt-4o");
}

#[tokio::test]
async fn another_model_keeps_prompt_and_tools() {
    let server = vapi("/assistant/a1", &[assistant()]).await;
    let llm = json!({ "provider": "anthropic", "model": "claude-of-2030" });
    let given =
        json!({ "assistantId": "a1", "llm": llm, "toolIds": ["t-2"], "voice": { "speed": 1.1 } });
    let outcome = call_tool(&server, "update_assistant", members(given)).await;
    assert!(!outcome.is_error, "{}", outcome.text);
    let (_, body) = sent(&server).await;
    let mut model = assistant()["model"].clone();
    model["provider"] = json!("anthropic");
    model["model"] = json!("claude-of-2030");
    model["toolIds"] = json!(["t-2"]);
    assert_eq!(body["model"], model);
    assert_eq!(body["voice"]["voiceId"], "sarah");
    assert_eq!(body.as_object().unwrap().len(), 2);
    let given = json!({ "assistantId": "a1", "llm": { "provider": "anthropic" } });
    let outcome = call_tool(&server, "update_assistant", members(given)).await;
    assert!(
        outcome
            .text
            .contains("`llm.model`: is required with the provider `anthropic`"),
        "{}",
        outcome.text
    );
}

#[tokio::test]
async fn what_changes_nothing_is_not_sent() {
    let server = vapi("/assistant/a1", &[assistant()]).await;
    for given in [
        json!({}),
        json!({ "name": "Desk", "instructions": "Be kind.", "llm": { "temperature": 0.70 } }),
        json!({ "voice": { "speed": null }, "server": null }),
    ] {
        let mut given = given;
        given["assistantId"] = json!("a1");
        let outcome = call_tool(&server, "update_assistant", members(given)).await;
        assert!(!outcome.is_error, "{}", outcome.text);
        assert_eq!(
            outcome.remarks,
            ["Nothing was sent: the object already is as requested."]
        );
        assert!(
            outcome.text.contains("\"name\":\"Desk\""),
            "{}",
            outcome.text
        );
    }
    assert_eq!(sent(&server).await.0, "GET GET GET");
}

#[tokio::test]
async fn an_empty_value_counts_as_not_given_and_the_answer_says_so() {
    let server = vapi("/assistant/a1", &[assistant()]).await;
    let given = json!({ "assistantId": "a1", "toolIds": [], "firstMessage": "Hi." });
    let outcome = call_tool(&server, "update_assistant", members(given)).await;
    assert_eq!(
        outcome.remarks,
        [
            "Not changed, because an empty value counts as not given: `toolIds`.",
            "Changes: firstMessage set to \"Hi.\"."
        ]
    );
    assert_eq!(sent(&server).await.1, json!({ "firstMessage": "Hi." }));
    let given = json!({ "assistantId": "a1", "llm": { "toolIds": [] } });
    call_tool(&server, "update_assistant", members(given)).await;
    assert_eq!(sent(&server).await.1["model"]["toolIds"], json!([]));
}

#[tokio::test]
async fn a_change_by_somebody_else_in_the_meantime_is_refused() {
    let mut changed = assistant();
    changed["model"]["temperature"] = json!(0.9);
    let server = vapi("/assistant/a1", &[assistant(), changed.clone()]).await;
    let given = json!({ "assistantId": "a1", "llm": { "maxTokens": 300 } });
    let outcome = call_tool(&server, "update_assistant", members(given)).await;
    assert!(
        outcome
            .text
            .starts_with("Nothing was sent: somebody else changed `model` in the meantime."),
        "{}",
        outcome.text
    );
    assert_eq!(sent(&server).await.0, "GET GET");
    // A change elsewhere in the object does no harm.
    let server = vapi("/assistant/a1", &[assistant(), changed]).await;
    let given = json!({ "assistantId": "a1", "name": "Bell" });
    let outcome = call_tool(&server, "update_assistant", members(given)).await;
    assert!(!outcome.is_error, "{}", outcome.text);
    assert_eq!(
        sent(&server).await,
        ("GET GET PATCH".to_owned(), json!({ "name": "Bell" }))
    );
}

#[tokio::test]
async fn a_dry_run_shows_what_would_change() {
    let mut stored = assistant();
    stored["server"] = json!({ "url": "https://example.com", "headers": { "x-key": "s3cret" } });
    let server = vapi("/assistant/a1", &[stored]).await;
    let given = json!({
        "assistantId": "a1", "llm": { "temperature": 0.2 }, "server": { "headers": { "x-key": "n3w" } }, "dryRun": true,
    });
    let outcome = call_tool(&server, "update_assistant", members(given)).await;
    assert!(!outcome.is_error, "{}", outcome.text);
    assert_eq!(sent(&server).await.0, "GET");
    let remarks = outcome.remarks.join("\n");
    assert!(
        remarks.starts_with("Dry run: nothing was sent."),
        "{remarks}"
    );
    let shown: Value = serde_json::from_str(&outcome.text).unwrap();
    assert_eq!(
        shown["changes"],
        json!([
            { "at": "/server/headers/x-key", "from": "[redacted]", "to": "[redacted]" },
            { "at": "/model/temperature", "from": 0.7, "to": 0.2 },
        ])
    );
    for secret in ["s3cret", "n3w"] {
        assert!(!remarks.contains(secret) && !outcome.text.contains(secret));
    }
    assert!(
        outcome.text.contains("\"temperature\":0.2"),
        "{}",
        outcome.text
    );
}

#[tokio::test]
async fn an_object_that_cannot_be_read_is_not_changed() {
    let missing =
        ResponseTemplate::new(404).set_body_json(json!({ "message": "No such assistant" }));
    let server = crate::support::vapi(missing).await;
    let given = json!({ "assistantId": "a1", "name": "Bell" });
    let outcome = call_tool(&server, "update_assistant", members(given.clone())).await;
    for words in [
        "Nothing was sent",
        "No such assistant",
        "list_assistants lists",
    ] {
        assert!(outcome.text.contains(words), "{}", outcome.text);
    }
    let server = crate::support::vapi(ResponseTemplate::new(200).set_body_json(json!([]))).await;
    let outcome = call_tool(&server, "update_assistant", members(given)).await;
    assert!(
        outcome.text.contains("is not a JSON object"),
        "{}",
        outcome.text
    );
}

#[tokio::test]
async fn a_refusal_by_vapi_names_what_was_sent_back_as_stored() {
    let server = MockServer::start().await;
    Mock::given(matchers::method("GET"))
        .respond_with(ResponseTemplate::new(200).set_body_json(assistant()))
        .mount(&server)
        .await;
    let message = "model.property systemPrompt should not exist";
    Mock::given(matchers::method("PATCH"))
        .respond_with(ResponseTemplate::new(400).set_body_json(json!({ "message": [message] })))
        .mount(&server)
        .await;
    let given = json!({ "assistantId": "a1", "llm": { "temperature": 0 } });
    let outcome = call_tool(&server, "update_assistant", members(given)).await;
    assert!(
        outcome.is_error && outcome.text.contains("systemPrompt should not exist"),
        "{}",
        outcome.text
    );
    assert_eq!(
        outcome.remarks,
        ["Sent back as stored, although Vapi's document does not have them: `model.systemPrompt`."]
    );
    assert_eq!(sent(&server).await.0, "GET GET PATCH");
}

#[tokio::test]
async fn the_arguments_of_a_tool_become_its_body() {
    let parameters = json!({ "type": "object", "properties": {} });
    let server_of = json!({ "url": "https://example.com/x", "headers": { "a": "b" } });
    for (given, body) in [
        (
            json!({ "type": "function", "name": "look_up", "description": "Looks up.", "function": { "parameters": parameters, "server": server_of } }),
            json!({ "type": "function", "function": { "name": "look_up", "description": "Looks up.", "parameters": parameters }, "server": server_of }),
        ),
        (
            json!({ "type": "apiRequest", "apiRequest": { "url": "https://example.com/x", "headers": { "a": "b" } } }),
            json!({ "type": "apiRequest", "url": "https://example.com/x", "headers": { "a": "b" }, "method": "POST", "timeoutSeconds": 20 }),
        ),
        (
            json!({ "type": "apiRequest", "apiRequest": { "url": "https://example.com/x", "method": "GET", "timeoutSeconds": 5 } }),
            json!({ "type": "apiRequest", "url": "https://example.com/x", "method": "GET", "timeoutSeconds": 5 }),
        ),
        (
            json!({ "type": "sms", "sms": { "metadata": { "from": "+15550100123" } } }),
            json!({ "type": "sms", "metadata": { "from": "+15550100123" } }),
        ),
        (
            json!({ "type": "transferCall", "transferCall": { "destinations": [] }, "messages": [] }),
            json!({ "type": "transferCall", "destinations": [], "messages": [] }),
        ),
    ] {
        let server =
            crate::support::vapi(ResponseTemplate::new(201).set_body_json(json!({ "id": "t1" })))
                .await;
        let outcome = call_tool(&server, "create_tool", members(given)).await;
        assert!(!outcome.is_error, "{}", outcome.text);
        assert_eq!(sent(&server).await, ("POST".to_owned(), body));
    }
    let stored = json!({ "id": "t1", "type": "function", "function": { "name": "look_up", "parameters": parameters }, "server": server_of });
    let server = vapi("/tool/t1", &[stored]).await;
    let given = json!({ "toolId": "t1", "description": "Finds.", "function": { "server": { "url": "https://example.com/y" } } });
    let outcome = call_tool(&server, "update_tool", members(given)).await;
    assert!(!outcome.is_error, "{}", outcome.text);
    assert_eq!(
        sent(&server).await,
        (
            "GET GET PATCH".to_owned(),
            json!({
                "function": { "name": "look_up", "parameters": parameters, "description": "Finds." },
                "server": { "url": "https://example.com/y", "headers": { "a": "b" } },
            })
        )
    );
}

/// A change through the tool for all operations that change something.
async fn changed(server: &MockServer, guard: &Guard, given: Value) -> Outcome {
    let (api, token) = (
        Api::new(server.uri(), Limits::default()),
        Token::new(KEY).unwrap(),
    );
    let tool = Toolset::default().exposed("update_api").unwrap();
    call_exposed(tool, members(given), context(&api, &token, guard)).await
}
