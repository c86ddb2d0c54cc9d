//! An assistant inside a call, and overrides of one.

use super::*;

#[test]
fn the_names_of_create_assistant_are_understood_inside_an_assistant_of_a_call() {
    let sent = body(
        "create_call",
        json!({ "assistant": { "name": "a", "instructions": "Be kind.", "llm": { "temperature": 0.5 }, "toolIds": ["t"] } }),
    );
    assert_eq!(
        sent["assistant"],
        json!({ "name": "a", "model": {
            "messages": [{ "content": "Be kind.", "role": "system" }], "temperature": 0.5, "toolIds": ["t"],
            "provider": "openai", "model": "gpt-4o",
        } })
    );
    let llm = json!({ "provider": "anthropic", "model": "claude" });
    let sent = body(
        "create_call",
        json!({ "assistant": { "llm": llm.to_string() } }),
    );
    assert_eq!(sent["assistant"], json!({ "model": llm }));
    let plain = json!({ "assistant": { "model": { "provider": "x" }, "firstMessage": "Hi." } });
    assert_eq!(body("create_call", plain.clone()), plain);
    assert_eq!(
        refusal(
            "create_call",
            json!({ "assistant": { "llm": true, "instructions": 1.5 } })
        ),
        "`assistant.instructions`: must be a string, and a number was given\n\
         `assistant.llm`: must be an object, and a boolean was given"
    );
    assert_eq!(
        refusal(
            "create_call",
            json!({ "assistant": { "llm": { "model": "x" }, "model": { "model": "y" } } })
        ),
        "`assistant.llm`: it and another argument set `model.model` to different values; give only one of them"
    );
}

/// An API that has one assistant and accepts calls.
async fn with_assistant() -> MockServer {
    let server = MockServer::start().await;
    let model = json!({ "provider": "anthropic", "model": "claude", "temperature": 0.3, "toolIds": ["t"],
                        "messages": [{ "role": "user", "content": "u" }, { "role": "system", "content": "old" }] });
    Mock::given(matchers::path("/assistant/a1"))
        .respond_with(
            ResponseTemplate::new(200).set_body_json(json!({ "id": "a1", "model": model })),
        )
        .mount(&server)
        .await;
    Mock::given(matchers::path("/call"))
        .respond_with(ResponseTemplate::new(201).set_body_json(json!({ "id": "c" })))
        .mount(&server)
        .await;
    server
}

async fn last_body(server: &MockServer) -> Value {
    let requests = server.received_requests().await.unwrap();
    serde_json::from_slice(&requests.last().unwrap().body).unwrap()
}

#[tokio::test]
async fn overrides_with_names_of_create_assistant_keep_the_rest_of_the_model() {
    let server = with_assistant().await;
    let base = json!({ "assistantId": "a1", "phoneNumberId": "p", "customer": { "number": "+15550100123" } });
    let mut given = base.clone();
    given["assistantOverrides"] =
        json!({ "instructions": "new", "llm": { "temperature": 0.9 }, "firstMessage": "Hi." });
    let outcome = call_tool(&server, "create_call", members(given)).await;
    assert!(!outcome.is_error, "{}", outcome.text);
    assert_eq!(
        last_body(&server).await["assistantOverrides"],
        json!({ "firstMessage": "Hi.", "model": {
            "provider": "anthropic", "model": "claude", "temperature": 0.9, "toolIds": ["t"],
            "messages": [{ "role": "system", "content": "new" }, { "role": "user", "content": "u" }],
        } })
    );
    let people = json!([
        { "number": "+15550100124", "assistantOverrides": { "instructions": "one" } },
        { "number": "+15550100125", "assistantOverrides": { "variableValues": { "n": 1 } } },
        { "number": "+15550100126", "assistantOverrides": { "instructions": "two" } },
    ]);
    let given = json!({ "assistantId": "a1", "phoneNumberId": "p", "customers": people });
    let before = server.received_requests().await.unwrap().len();
    call_tool(&server, "create_call", members(given)).await;
    assert_eq!(server.received_requests().await.unwrap().len() - before, 2);
    let sent = last_body(&server).await;
    for (index, prompt) in [(0, "one"), (2, "two")] {
        let model = &sent["customers"][index]["assistantOverrides"]["model"];
        assert_eq!(
            (&model["messages"][0]["content"], &model["model"]),
            (&json!(prompt), &json!("claude"))
        );
    }
    assert_eq!(
        sent["customers"][1]["assistantOverrides"],
        json!({ "variableValues": { "n": 1 } })
    );
    // A whole assistant in the call needs no reading.
    let mut given = base.clone();
    given.as_object_mut().unwrap().remove("assistantId");
    given["customer"]["number"] = json!("+15550100127");
    given["assistant"] = json!({ "model": { "provider": "x", "model": "y" } });
    given["assistantOverrides"] = json!({ "instructions": "new" });
    let before = server.received_requests().await.unwrap().len();
    call_tool(&server, "create_call", members(given)).await;
    assert_eq!(server.received_requests().await.unwrap().len() - before, 1);
    assert_eq!(
        last_body(&server).await["assistantOverrides"]["model"],
        json!({ "provider": "x", "model": "y", "messages": [{ "content": "new", "role": "system" }] })
    );
}

#[tokio::test]
async fn overrides_that_cannot_be_completed_are_refused_and_nothing_is_written() {
    let server = with_assistant().await;
    let base = json!({ "phoneNumberId": "p", "customer": { "number": "+15550100123" }, "assistantOverrides": { "instructions": "new" } });
    let mut squad = base.clone();
    squad["squadId"] = json!("s");
    let outcome = call_tool(&server, "create_call", members(squad)).await;
    assert!(
        outcome.is_error
            && outcome.text.contains("`assistantOverrides`: ")
            && outcome
                .text
                .contains("squad.members[n].assistantOverrides.model"),
        "{}",
        outcome.text
    );
    assert_eq!(server.received_requests().await.unwrap().len(), 0);
    let mut unknown = base;
    unknown["assistantId"] = json!("other");
    let outcome = call_tool(&server, "create_call", members(unknown)).await;
    assert!(
        outcome.is_error && outcome.text.starts_with("Nothing was sent: "),
        "{}",
        outcome.text
    );
    assert!(
        outcome
            .text
            .contains("Nothing in this account and region has this id"),
        "{}",
        outcome.text
    );
    assert_eq!(outcome.remarks, Vec::<String>::new());
    let requests = server.received_requests().await.unwrap();
    assert!(
        requests
            .iter()
            .all(|request| request.method.as_str() == "GET")
    );
}

#[tokio::test]
async fn errors_are_told_with_the_names_that_were_given() {
    for (tool, given, message, said) in [
        (
            "create_assistant",
            json!({ "name": "a", "llm": { "model": "x" } }),
            "model.model must be one of x, y",
            "llm.model must be one of x, y",
        ),
        (
            "create_assistant",
            json!({ "name": "a", "model": { "provider": "x" } }),
            "model.model must be y",
            "model.model must be y",
        ),
        (
            "create_assistant",
            json!({ "name": "a", "instructions": "x", "llm": {} }),
            "model.messages.0.content is long, supermodel.model",
            "instructions is long, supermodel.model",
        ),
        (
            "create_call",
            json!({ "assistant": { "llm": { "model": "x" } }, "phoneNumberId": "p", "customer": { "number": "+15550100123" } }),
            "assistant.model.model must be y",
            "assistant.llm.model must be y",
        ),
        (
            "create_call",
            json!({ "assistantId": "a", "phoneNumberId": "p", "customer": { "number": "+15550100123" }, "scheduledAt": "2099-01-01T00:00:00Z" }),
            &format!("{} is far", dotted(target("create_call", "scheduledAt"))),
            "scheduledAt is far",
        ),
        (
            "create_call",
            json!({ "assistant": { "language": "de" }, "phoneNumberId": "p", "customer": { "number": "+15550100123" } }),
            "unused",
            "`assistant.language`: is not known here; use `transcriber.language`",
        ),
        (
            "create_call",
            json!({ "maxDurationSeconds": 60, "assistantId": "a", "phoneNumberId": "p", "customer": { "number": "+15550100123" } }),
            "property maxDurationSeconds should not exist",
            "Use `assistantOverrides.maxDurationSeconds`.",
        ),
        (
            "create_call",
            json!({ "temperature": 1, "assistantId": "a", "phoneNumberId": "p", "customer": { "number": "+15550100123" } }),
            "property temperature should not exist",
            "Use `llm.temperature` in `assistantOverrides`.",
        ),
    ] {
        let answer = json!({ "message": [message], "error": "Bad Request", "statusCode": 400 });
        let server = vapi(ResponseTemplate::new(400).set_body_json(answer)).await;
        let outcome = call_tool(&server, tool, members(given)).await;
        assert!(
            outcome.is_error && outcome.text.contains(said),
            "{}",
            outcome.text
        );
    }
}

#[tokio::test]
async fn errors_in_overrides_are_told_with_the_names_that_were_given() {
    for (place, told) in [
        ("assistantOverrides", "assistantOverrides.llm.provider"),
        (
            "customers.1.assistantOverrides",
            "customers[1].assistantOverrides.llm.provider",
        ),
    ] {
        let server = with_assistant().await;
        let message = format!("{place}.model.provider must be y");
        Mock::given(matchers::method("POST"))
            .respond_with(ResponseTemplate::new(400).set_body_json(json!({ "message": [message] })))
            .with_priority(1)
            .mount(&server)
            .await;
        let mut given = json!({ "assistantId": "a1", "phoneNumberId": "p", "customers": [{ "number": "+15550100123" }, { "number": "+15550100124" }] });
        let at = match place {
            "assistantOverrides" => &mut given,
            _ => &mut given["customers"][1],
        };
        at["assistantOverrides"] = json!({ "llm": { "provider": "x" } });
        let outcome = call_tool(&server, "create_call", members(given)).await;
        let said = format!("{told} must be y");
        assert!(outcome.text.contains(&said), "{}", outcome.text);
    }
}

#[tokio::test]
async fn names_inside_overrides_that_belong_elsewhere_are_refused_and_null_is_no_name() {
    let server = with_assistant().await;
    let call = |overrides: Value| json!({ "assistantId": "a1", "phoneNumberId": "p", "customers": [{ "number": "+15550100123", "assistantOverrides": overrides }] });
    let given = call(json!({ "instructions": "x", "language": "de", "prompt": null }));
    let outcome = call_tool(&server, "create_call", members(given)).await;
    assert!(
        outcome.is_error
            && outcome.text.ends_with(
                "\n- `customers[0].assistantOverrides.language`: is not known here; use \
                 `transcriber.language`"
            ),
        "{}",
        outcome.text
    );
    assert_eq!(server.received_requests().await.unwrap().len(), 0);
    let given = call(json!({ "instructions": null, "llm": null, "firstMessage": "Hi." }));
    call_tool(&server, "create_call", members(given)).await;
    let sent = last_body(&server).await;
    assert_eq!(
        sent["customers"][0]["assistantOverrides"],
        json!({ "firstMessage": "Hi." })
    );
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
}

#[test]
fn a_name_that_belongs_elsewhere_is_refused_with_its_place() {
    for (tool, key, place) in [
        (
            "create_call",
            "first_message",
            "`assistantOverrides.firstMessage`",
        ),
        ("create_call", "customer_name", "`customer.name`"),
        ("create_assistant", "system-prompt", "`instructions`"),
        ("create_assistant", "language", "`transcriber.language`"),
        (
            "create_assistant",
            "endCallFunctionEnabled",
            "the end-call tool, `llm.tools`: [{\"type\":\"endCall\"}]",
        ),
        ("create_assistant", "systemPrompt", "`instructions`"),
        (
            "create_call",
            "firstMessage",
            "`assistantOverrides.firstMessage`",
        ),
        ("create_call", "to", "`customer.number`"),
        ("create_call", "from", "`phoneNumberId`"),
        (
            "create_call",
            "instructions",
            "`assistantOverrides.instructions`",
        ),
    ] {
        let mut given = json!({ "name": "a" });
        given[key] = json!("x");
        assert_eq!(
            refusal(tool, given),
            format!("`{key}`: is not known; use {place}")
        );
    }
    for tool in vapi_mcp::catalog::TOOLS {
        for (key, _) in tool.hints {
            assert!(
                !tool.operation.body_properties.contains(key)
                    && tool.args.iter().all(|arg| arg.name != *key),
                "{key}"
            );
        }
    }
}
