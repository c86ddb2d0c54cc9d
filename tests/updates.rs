//! Changes of existing objects: the object is read, the change is merged into it, and only the
//! top-level members that change are sent.

use std::sync::Mutex;

use crate::support::{KEY, call_guarded, call_tool, context, guard, members};
use serde_json::{Value, json};
use vapi_mcp::{
    api::{Api, Limits, Token},
    call::{Context, Outcome, call, call_exposed},
    catalog::{Toolset, find},
    guard::{
        Gate, Guard,
        confirm::{Answer, ConfirmFuture, Confirmer, Question},
        rules::Rules,
    },
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
    assert!(
        remarks.ends_with(
            "\nChanges: server.headers.x-key from \"[redacted]\" to \"[redacted]\"; \
             model.temperature from 0.7 to 0.2."
        ),
        "{remarks}"
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

fn with_rules(destinations: &str) -> Guard {
    Guard::new(Rules {
        destinations: Some(destinations.parse().unwrap()),
        ..Rules::default()
    })
    .unwrap()
}

#[tokio::test]
async fn an_allow_list_judges_the_destinations_that_a_change_adds() {
    let stored = json!({ "type": "number", "number": "+442079460958" });
    let tool = json!({ "id": "t1", "type": "transferCall", "destinations": [stored] });
    let guard = with_rules("+1");
    for (destinations, is_sent) in [
        (
            json!([stored, { "type": "number", "number": "+15550100123" }]),
            true,
        ),
        (
            json!([{ "type": "number", "number": "+442079460958", "message": "One moment." }]),
            true,
        ),
        (
            json!([stored, { "type": "number", "number": "+442079460959" }]),
            false,
        ),
        (
            json!([{ "type": "sip", "sipUri": "sip:x@example.org" }]),
            false,
        ),
    ] {
        let server = vapi("/tool/t1", std::slice::from_ref(&tool)).await;
        let given = json!({ "toolId": "t1", "transferCall": { "destinations": destinations } });
        let outcome = call_guarded(&server, "update_tool", members(given), &guard).await;
        assert_eq!(!outcome.is_error, is_sent, "{}", outcome.text);
        let methods = sent(&server).await.0;
        assert_eq!(methods.ends_with("PATCH"), is_sent, "{methods}");
        assert_eq!(outcome.text.contains("--allow-destinations"), !is_sent);
    }
    // A change of something else is not judged by what is stored beside it.
    let server = vapi("/tool/t1", &[tool]).await;
    let given = json!({ "toolId": "t1", "messages": [] });
    let outcome = call_guarded(&server, "update_tool", members(given), &guard).await;
    assert!(!outcome.is_error, "{}", outcome.text);
}

/// A person who agrees, and remembers the questions.
#[derive(Default)]
struct Agreeing(Mutex<Vec<Question>>);

impl Confirmer for Agreeing {
    fn ask<'a>(&'a self, question: &'a Question) -> ConfirmFuture<'a> {
        self.0.lock().unwrap().push(question.clone());
        Box::pin(async { Answer::Yes })
    }
}

async fn confirmed(server: &MockServer, person: &Agreeing, given: Value) -> Outcome {
    let rules = Rules {
        confirm: "write".parse().unwrap(),
        ..Rules::default()
    };
    let (api, token) = (
        Api::new(server.uri(), Limits::default()),
        Token::new(KEY).unwrap(),
    );
    let (asking, open) = (Guard::new(rules).unwrap(), guard());
    let context = Context {
        gate: Gate {
            guard: &asking,
            person,
        },
        ..context(&api, &token, &open)
    };
    let name = match given.get("toolId") {
        Some(_) => "update_tool",
        None => "update_assistant",
    };
    call(find(name).unwrap(), members(given), context).await
}

#[tokio::test]
async fn the_question_shows_from_and_to_and_the_answer_is_bound_to_the_merged_body() {
    let person = Agreeing::default();
    let given =
        json!({ "assistantId": "a1", "llm": { "temperature": 0.2 }, "firstMessage": "Hi\nThere." });
    let server = vapi("/assistant/a1", &[assistant()]).await;
    let outcome = confirmed(&server, &person, given.clone()).await;
    assert!(!outcome.is_error, "{}", outcome.text);
    let mut other = assistant();
    other["model"]["maxTokens"] = json!(5);
    let server = vapi("/assistant/a1", &[other]).await;
    confirmed(&server, &person, given).await;
    let questions = person.0.lock().unwrap();
    assert_eq!(
        questions[0].text,
        "update_assistant: change Desk (/assistant/a1)?\n- model.temperature: from 0.7 to 0.2\n- firstMessage: from nothing to \"Hi\\nThere.\""
    );
    assert_eq!(questions[0].text, questions[1].text);
    assert_ne!(questions[0].call, questions[1].call);
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

#[tokio::test]
async fn every_operation_that_changes_an_object_merges() {
    let stored = json!({ "id": "s1", "name": "Crew", "members": [{ "assistantId": "a1" }], "future": { "x": 1 } });
    let server = vapi("/squad/s1", &[stored]).await;
    let given = json!({ "operation": "PATCH /squad/{id}", "params": { "id": "s1" }, "body": { "name": "Team" } });
    let outcome = changed(&server, &guard(), given).await;
    assert!(!outcome.is_error, "{}", outcome.text);
    assert_eq!(
        sent(&server).await,
        (
            "GET GET PATCH".to_owned(),
            json!({ "name": "Team", "members": [{ "assistantId": "a1" }] })
        )
    );
    assert_eq!(
        outcome.remarks,
        [
            "Changes: name from \"Crew\" to \"Team\". Also sent, unchanged, because Vapi requires it: `members`."
        ]
    );

    let server = vapi("/assistant/a1", &[assistant()]).await;
    let of = |body: Value, dry: bool| json!({ "operation": "PATCH /assistant/a1", "body": body, "dryRun": dry });
    let outcome = changed(
        &server,
        &guard(),
        of(json!({ "model": { "temperature": 0.2 } }), true),
    )
    .await;
    assert!(!outcome.is_error, "{}", outcome.text);
    let shown: Value = serde_json::from_str(&outcome.text).unwrap();
    let mut model = assistant()["model"].clone();
    model["temperature"] = json!(0.2);
    assert_eq!(shown["body"], json!({ "model": model }));
    assert_eq!(outcome.remarks.len(), 2, "{:?}", outcome.remarks);
    assert_eq!(
        outcome.remarks[1],
        "Changes: model.temperature from 0.7 to 0.2."
    );
    assert_eq!(sent(&server).await.0, "GET");

    let outcome = changed(
        &server,
        &guard(),
        of(json!({ "model": { "provider": "anthropic" } }), false),
    )
    .await;
    assert!(
        outcome
            .text
            .contains("`body.model.model`: is required with the provider `anthropic`"),
        "{}",
        outcome.text
    );
    let outcome = changed(
        &server,
        &guard(),
        of(json!({ "model": { "temperature": 0.70 } }), false),
    )
    .await;
    assert_eq!(
        outcome.remarks,
        ["Nothing was sent: the object already is as requested."]
    );
    assert_eq!(sent(&server).await.0, "GET GET GET");
}

#[tokio::test]
async fn what_only_stops_something_is_sent_without_a_read() {
    for (operation, path, body) in [
        (
            "PATCH /v2/campaign/{id}",
            "/v2/campaign/c1",
            json!({ "status": "cancelled" }),
        ),
        (
            "PATCH /campaign/{id}",
            "/campaign/c1",
            json!({ "status": "ended" }),
        ),
        (
            "PATCH /session/{id}",
            "/session/c1",
            json!({ "status": "completed" }),
        ),
        (
            "PATCH /eval/simulation/run/{id}",
            "/eval/simulation/run/c1",
            json!({}),
        ),
    ] {
        let server = vapi(path, &[json!({ "id": "c1" })]).await;
        let given = json!({ "operation": operation, "params": { "id": "c1" }, "body": body });
        let outcome = changed(&server, &guard(), given).await;
        assert!(!outcome.is_error, "{operation}: {}", outcome.text);
        let (methods, sent) = sent(&server).await;
        assert_eq!(methods, "PATCH", "{operation}");
        assert_eq!(
            sent.as_object().map_or(0, |sent| sent.len()),
            body.as_object().unwrap().len()
        );
    }
}

#[tokio::test]
async fn a_campaign_is_read_where_its_contacts_are_shown() {
    let stored = json!({ "id": "c1", "name": "May", "assistantId": "a1", "customers": [{ "number": "+15550100123" }] });
    let server = vapi("/campaign/c1", std::slice::from_ref(&stored)).await;
    Mock::given(matchers::path("/v2/campaign/c1"))
        .respond_with(ResponseTemplate::new(200).set_body_json(stored))
        .mount(&server)
        .await;
    let given = json!({ "operation": "PATCH /v2/campaign/{id}", "params": { "id": "c1" }, "body": { "name": "June" } });
    let outcome = changed(&server, &guard(), given).await;
    assert!(!outcome.is_error, "{}", outcome.text);
    let requests = server.received_requests().await.unwrap();
    let paths: Vec<_> = requests.iter().map(|it| it.url.path()).collect();
    assert_eq!(paths, ["/campaign/c1", "/campaign/c1", "/v2/campaign/c1"]);
    assert_eq!(sent(&server).await.1, json!({ "name": "June" }));
}

#[tokio::test]
async fn a_stored_destination_blocks_no_change_but_another_one_does() {
    let guard = with_rules("+1");
    let hook = |of: Value| json!({ "id": "n1", "provider": "vapi", "fallbackDestination": of });
    let stored = hook(json!({ "type": "number", "number": "+442079460958" }));
    let server = vapi("/phone-number/n1", &[stored]).await;
    let of = |body: Value| json!({ "operation": "PATCH /phone-number/{id}", "params": { "id": "n1" }, "body": body });
    // An unrelated change, and one beside the stored number, are allowed; another number is not.
    for (body, is_sent) in [
        (json!({ "name": "Desk" }), true),
        (
            json!({ "fallbackDestination": { "message": "One moment." } }),
            true,
        ),
        (
            json!({ "fallbackDestination": { "number": "+442079460959" } }),
            false,
        ),
        (
            json!({ "fallbackDestination": { "type": "sip", "sipUri": "sip:+442079460958@example.org" } }),
            false,
        ),
    ] {
        server.reset().await;
        let stored = hook(json!({ "type": "number", "number": "+442079460958" }));
        Mock::given(matchers::path("/phone-number/n1"))
            .respond_with(ResponseTemplate::new(200).set_body_json(stored))
            .mount(&server)
            .await;
        let outcome = changed(&server, &guard, of(body.clone())).await;
        assert_eq!(!outcome.is_error, is_sent, "{body}: {}", outcome.text);
        let methods = sent(&server).await.0;
        assert_eq!(methods.ends_with("PATCH"), is_sent, "{methods}");
    }
}
