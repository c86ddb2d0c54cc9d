//! Arguments of a model to requests: what is sent, what is refused, and in which words.
use crate::support::{call_tool, members, vapi};
use serde_json::{Value, json};
use vapi_mcp::{call::arguments, catalog::find};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

/// The body that the arguments come to.
fn body(tool: &str, given: Value) -> Value {
    let request = arguments::map(find(tool).unwrap(), members(given))
        .unwrap()
        .request;
    request.body().clone()
}

/// The query or path parameter that the arguments come to.
fn parameter(tool: &str, given: Value, name: &str) -> Option<Value> {
    let mut request = arguments::map(find(tool).unwrap(), members(given))
        .unwrap()
        .request;
    request
        .take(name)
        .map(|param| Value::try_from(param).unwrap())
}

/// What is said of arguments that are refused, a line each.
fn refusal(tool: &str, given: Value) -> String {
    let errors = arguments::map(find(tool).unwrap(), members(given)).unwrap_err();
    errors
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn defaults_fill_what_nobody_gave() {
    assert_eq!(parameter("list_calls", json!({}), "limit"), Some(json!(20)));
    assert_eq!(
        parameter("list_calls", json!({ "limit": null }), "limit"),
        Some(json!(20))
    );
    assert_eq!(
        parameter("list_calls", json!({ "limit": 3 }), "limit"),
        Some(json!(3))
    );
    assert_eq!(
        parameter("list_calls", json!({ "limit": 3.0 }), "limit").map(|limit| limit.to_string()),
        Some("3".to_owned())
    );
    assert_eq!(parameter("list_calls", json!({}), "createdAtGe"), None);
    assert_eq!(body("create_call", json!({})), json!({}));
}

#[test]
fn a_default_stays_away_from_a_place_that_the_caller_filled() {
    let messages = json!([{ "role": "user", "content": "Hi." }]);
    let model = json!({ "provider": "anthropic", "model": "claude", "messages": messages });
    let sent = body("create_assistant", json!({ "name": "a", "model": model }));
    assert_eq!(sent["model"], model);
    let llm = json!({ "provider": "x", "messages": [{ "role": "user" }] });
    let sent = body("create_assistant", json!({ "name": "a", "llm": llm }));
    assert_eq!(sent["model"], llm);
}

#[test]
fn a_default_fills_what_the_caller_left_open() {
    let prompt = json!([{ "content": "You are a helpful assistant.", "role": "system" }]);
    for (model, rest) in [
        (json!({ "temperature": 0.1 }), json!({ "temperature": 0.1 })),
        (json!({}), json!({})),
        (json!(null), json!({})),
        (json!({ "messages": [] }), json!({})),
    ] {
        let sent = body("create_assistant", json!({ "name": "a", "model": model }));
        let mut expected = json!({ "provider": "openai", "model": "gpt-4o", "messages": prompt });
        expected.as_object_mut().unwrap().extend(members(rest));
        assert_eq!(sent["model"], expected);
    }
}

#[test]
fn an_argument_is_merged_into_what_the_caller_gave_there() {
    let sent = body(
        "create_assistant",
        json!({ "name": "a", "llm": { "provider": "openai" }, "toolIds": ["t"], "instructions": "Be kind.",
                "model": { "provider": "openai", "temperature": 0.1 } }),
    );
    let messages = json!([{ "content": "Be kind.", "role": "system" }]);
    assert_eq!(
        sent["model"],
        json!({ "provider": "openai", "temperature": 0.1, "toolIds": ["t"], "messages": messages })
    );
    let plan = json!({ "schedulePlan": { "latestAt": "2027-01-02T00:00:00Z" }, "scheduledAt": "2027-01-01T00:00:00Z" });
    let sent = body("create_call", plan);
    assert_eq!(
        sent["schedulePlan"],
        json!({ "latestAt": "2027-01-02T00:00:00Z", "earliestAt": "2027-01-01T00:00:00Z" })
    );
}

#[test]
fn two_values_for_one_place_are_refused() {
    let conflict = |place: &str| {
        format!("it and another argument set `{place}` to different values; give only one of them")
    };
    for (given, argument, place) in [
        (
            json!({ "name": "a", "llm": { "provider": "x" }, "model": { "provider": "y" } }),
            "llm",
            "model.provider",
        ),
        (
            json!({ "name": "a", "toolIds": ["x"], "model": { "toolIds": ["y"] } }),
            "toolIds",
            "model.toolIds",
        ),
        (
            json!({ "name": "a", "instructions": "x", "model": { "messages": [{ "role": "system", "content": "y" }] } }),
            "instructions",
            "model.messages.0.content",
        ),
        (
            json!({ "name": "a", "instructions": "x", "model": { "messages": "y" } }),
            "instructions",
            "model.messages.0.content",
        ),
    ] {
        assert_eq!(
            refusal("create_assistant", given),
            format!("`{argument}`: {}", conflict(place))
        );
    }
    let twice = json!({ "callId": "a", "id": "b" });
    assert_eq!(
        refusal("get_call", twice),
        "`id`: it and `callId` are the same argument, but have different values"
    );
    let same = json!({ "callId": "a", "id": "a" });
    assert_eq!(parameter("get_call", same, "id"), Some(json!("a")));
}

#[test]
fn other_properties_of_the_body_are_passed_on_as_they_are() {
    let given = json!({ "customer": { "number": "+15550100123", "new": 1 }, "metadata": { "a": null, "b": [1.50, ""] }, "brandNew": {} });
    assert_eq!(body("create_call", given.clone()), given);
}

#[test]
fn what_a_tool_for_reading_does_not_know_is_left_out_and_told() {
    let mapped = arguments::map(
        find("list_tools").unwrap(),
        members(json!({ "random_string": "", "limit": 1 })),
    )
    .unwrap();
    assert_eq!(mapped.ignored, ["random_string"]);
}

#[test]
fn a_key_that_is_almost_a_known_one_is_refused() {
    for (tool, key, meant) in [
        ("list_calls", "assistant_id", "assistantId"),
        ("list_calls", "AssistantId", "assistantId"),
        ("list_calls", "limits", "limit"),
        ("create_call", "phoneNumberID", "phoneNumberId"),
        ("create_call", "schedulPlan", "schedulePlan"),
        ("create_call", "scheduled_at", "scheduledAt"),
        ("create_assistant", "end_call_message", "endCallMessage"),
    ] {
        let mut given = json!({ "name": "a" });
        given[key] = json!("x");
        let said = refusal(tool, given);
        assert!(
            said.contains(&format!("`{key}`: is not known; did you mean `{meant}`?")),
            "{said}"
        );
    }
}

#[test]
fn a_wrong_type_is_refused_at_its_place() {
    for (tool, given, said) in [
        (
            "list_calls",
            json!({ "limit": "many" }),
            "`limit`: must be an integer, and a string was given",
        ),
        (
            "list_calls",
            json!({ "limit": 1.5 }),
            "`limit`: must be an integer, and a number was given",
        ),
        (
            "create_call",
            json!({ "customer": { "number": 15550100123_i64 } }),
            "`customer.number`: must be a string, and a number was given",
        ),
        (
            "create_call",
            json!({ "customers": [{}, { "number": [] }] }),
            "`customers[1].number`: must be a string, and an array was given",
        ),
        (
            "create_assistant",
            json!({ "name": "a", "toolIds": "x" }),
            "`toolIds`: must be an array, and a string was given",
        ),
        (
            "create_assistant",
            json!({ "name": "a", "llm": true }),
            "`llm`: must be an object, and a boolean was given",
        ),
        (
            "create_assistant",
            json!({ "name": "a", "llm": "[1]" }),
            "`llm`: must be an object, and an array was given",
        ),
        ("create_assistant", json!({}), "`name`: is required"),
    ] {
        assert_eq!(refusal(tool, given), said);
    }
    let said = refusal("create_assistant", json!({ "name": "a", "llm": "gpt-4o" }));
    assert!(
        said.starts_with("`llm`: is a string that is not valid JSON ("),
        "{said}"
    );
}

#[test]
fn what_was_certainly_meant_is_accepted() {
    assert_eq!(
        parameter("list_calls", json!({ "limit": " 3 " }), "limit"),
        Some(json!(3))
    );
    let customer = json!({ "customer": "{\"number\": \"+15550100123\"}", "customers": "[]" });
    assert_eq!(
        body("create_call", customer),
        json!({ "customer": { "number": "+15550100123" } })
    );
    let tools = json!({ "name": "a", "toolIds": "[\"t\"]" });
    assert_eq!(
        body("create_assistant", tools)["model"]["toolIds"],
        json!(["t"])
    );
    let text = json!({ "name": "5", "instructions": "{}" });
    let sent = body("create_assistant", text);
    assert_eq!(
        (&sent["name"], &sent["model"]["messages"][0]["content"]),
        (&json!("5"), &json!("{}"))
    );
    let nulls = json!({ "name": "a", "firstMessageMode": null, "voice": null });
    assert_eq!(body("create_assistant", nulls)["voice"]["voiceId"], "sarah");
}

#[test]
fn what_stands_for_a_secret_is_not_written_back() {
    let server = json!({ "headers": [{ "X-Key": "[redacted]" }] });
    let said = refusal("create_assistant", json!({ "name": "a", "server": server }));
    assert!(
        said.starts_with("`server.headers[0].X-Key`: contains [redacted]"),
        "{said}"
    );
    let url = json!({ "assistantId": "https://[redacted]@example.com" });
    assert!(refusal("create_call", url).starts_with("`assistantId`: contains [redacted]"));
}

#[test]
fn everything_wrong_is_told_at_once() {
    let said = refusal(
        "list_calls",
        json!({ "limit": [], "createdAfter": "soon", "assistantid": "x" }),
    );
    assert_eq!(said.lines().count(), 3, "{said}");
}

#[test]
fn an_id_cannot_lead_to_another_path() {
    for id in [
        "..",
        ".",
        "",
        " ",
        "a/b",
        "/",
        "a\\b",
        "a\nb",
        "../assistant",
    ] {
        let said = refusal("get_call", json!({ "callId": id }));
        assert!(said.starts_with("`callId`: must"), "{id:?}: {said}");
    }
    assert_eq!(
        parameter("get_call", json!({ "callId": " a?b#c%2e " }), "id"),
        Some(json!("a?b#c%2e"))
    );
}

#[test]
fn a_time_is_sent_as_it_was_given_and_nonsense_is_refused() {
    for time in ["2027-03-25T22:39:27.771+01:00", "2027-03-25"] {
        let filter = json!({ "createdAfter": time });
        assert_eq!(
            parameter("list_calls", filter, "createdAtGe"),
            Some(json!(time))
        );
        let sent = body("create_call", json!({ "scheduledAt": time }));
        assert_eq!(sent["schedulePlan"]["earliestAt"], time);
    }
    let said = refusal("create_call", json!({ "scheduledAt": "tomorrow" }));
    let told = "`scheduledAt`: is not a valid ISO 8601 time; use the form 2027-03-25T22:39:27Z; it is now ";
    let now = said.strip_prefix(told).unwrap();
    assert!(chrono::DateTime::parse_from_rfc3339(now).is_ok(), "{said}");
}

#[test]
fn numbers_arrive_as_they_were_given() {
    let text = r#"{"metadata":{"a":123456789.12345679,"b":225.30126571655273,"c":1.0,"d":9007199254740993}}"#;
    let given: Value = serde_json::from_str(text).unwrap();
    assert_eq!(body("create_call", given).to_string(), text);
}

#[test]
fn empty_texts_and_lists_count_as_not_given_where_the_row_says_so() {
    let empty = json!({ "name": "", "instructions": "", "toolIds": [], "firstMessage": "", "firstMessageMode": "",
                        "voice": { "provider": "x", "voiceId": "", "model": "" }, "transcriber": { "provider": "", "model": "" } });
    let filter = json!({ "assistantId": "", "createdAfter": "" });
    assert_eq!(parameter("list_calls", filter.clone(), "assistantId"), None);
    assert_eq!(parameter("list_calls", filter, "createdAtGe"), None);
    assert_eq!(
        body("create_assistant", empty),
        json!({ "name": "", "model": { "provider": "openai", "model": "gpt-4o" },
                "voice": { "provider": "x", "voiceId": "" }, "transcriber": { "provider": "" } })
    );
}

#[test]
fn json_in_strings_is_decoded_at_any_depth_where_the_document_wants_an_object_or_a_list() {
    let text = |value: Value| value.to_string();
    let twice = |value: Value| Value::from(value.to_string()).to_string();
    let number = json!({ "number": "+15550100123" });
    let model = json!({ "provider": "openai", "model": "gpt-4o", "messages": [{ "role": "system", "content": "{}" }] });
    for (tool, given, sent) in [
        (
            "create_call",
            json!({ "customer": twice(number.clone()) }),
            json!({ "customer": number }),
        ),
        (
            "create_call",
            json!({ "customers": text(json!([text(number.clone()), number])) }),
            json!({ "customers": [number, number] }),
        ),
        (
            "create_call",
            json!({ "assistant": { "model": text(model.clone()) } }),
            json!({ "assistant": { "model": model } }),
        ),
        (
            "create_call",
            json!({ "assistant": text(json!({ "model": { "provider": "openai", "model": "gpt-4o", "messages": twice(model["messages"].clone()) } })) }),
            json!({ "assistant": { "model": model } }),
        ),
        (
            "create_call",
            json!({ "assistantOverrides": { "variableValues": "{\"name\":\"Ann\"}" } }),
            json!({ "assistantOverrides": { "variableValues": { "name": "Ann" } } }),
        ),
        (
            "create_call",
            json!({ "customers": [{ "number": "+15550100123", "assistantOverrides": "{\"variableValues\":{\"n\":1}}" }] }),
            json!({ "customers": [{ "number": "+15550100123", "assistantOverrides": { "variableValues": { "n": 1 } } }] }),
        ),
        (
            "create_call",
            json!({ "schedulePlan": "{\"earliestAt\":\"2027-01-01T00:00:00Z\"}" }),
            json!({ "schedulePlan": { "earliestAt": "2027-01-01T00:00:00Z" } }),
        ),
    ] {
        assert_eq!(body(tool, given.clone()), sent, "{given}");
    }
    let made = body(
        "create_assistant",
        json!({ "name": "a", "model": twice(model), "llm": "{\"temperature\":0.5}", "metadata": "{\"a\":1}",
                "server": "{\"url\":\"https://example.com\"}", "voice": { "provider": "x", "voiceId": "[1]" } }),
    );
    assert_eq!(made["model"]["temperature"], 0.5);
    assert_eq!(made["model"]["messages"][0]["content"], "{}");
    assert_eq!(made["metadata"], json!({ "a": 1 }));
    assert_eq!(made["server"], json!({ "url": "https://example.com" }));
    assert_eq!(made["voice"]["voiceId"], "[1]");
    let encoded = json!({ "name": "a", "llm": twice(json!({ "provider": "x" })) });
    assert_eq!(body("create_assistant", encoded)["model"]["provider"], "x");
}

#[test]
fn a_string_stays_one_where_a_text_is_wanted_or_nothing_is_known() {
    for given in [
        json!({ "assistant": { "firstMessage": "[\"a\"]" } }),
        json!({ "metadata": { "a": "{}" } }),
        json!({ "assistantOverrides": { "variableValues": { "a": "[1]" } } }),
        json!({ "brandNew": "{}" }),
        json!({ "assistant": { "model": "{" } }),
        json!({ "assistant": { "model": "[1]" } }),
    ] {
        assert_eq!(body("create_call", given.clone()), given);
    }
    // Encoded three times it is no slip any more.
    let mut text = json!({ "number": "+15550100123" }).to_string();
    for _ in 0..2 {
        text = Value::from(text).to_string();
    }
    assert!(refusal("create_call", json!({ "customer": text })).contains("must be an object"));
}

#[test]
fn an_integer_is_taken_for_a_text_but_never_for_a_telephone_number() {
    for (given, sent) in [
        (
            json!({ "customer": { "number": "+15550100123", "extension": 12 } }),
            json!({ "customer": { "number": "+15550100123", "extension": "12" } }),
        ),
        (json!({ "name": 7 }), json!({ "name": "7" })),
        (
            json!({ "assistant": { "name": 7.0, "voice": { "provider": "11labs", "voiceId": 5 } } }),
            json!({ "assistant": { "name": "7", "voice": { "provider": "11labs", "voiceId": "5" } } }),
        ),
        (
            json!({ "customers": [{ "extension": 12, "name": 3 }] }),
            json!({ "customers": [{ "extension": "12", "name": "3" }] }),
        ),
    ] {
        assert_eq!(body("create_call", given), sent);
    }
    let tools = body("create_assistant", json!({ "name": "a", "toolIds": [1] }));
    assert_eq!(tools["model"]["toolIds"], json!(["1"]));
    assert_eq!(
        parameter("get_call", json!({ "callId": 12 }), "id"),
        Some(json!("12"))
    );
    for given in [
        json!({ "customer": { "number": 15550100123_i64 } }),
        json!({ "customers": [{ "number": 15550100123_i64 }] }),
        json!({ "customer": "{\"number\":15550100123}" }),
    ] {
        let said = refusal("create_call", given);
        assert!(said.contains("must be a string, and a number"), "{said}");
    }
    for given in [
        json!({ "phoneNumber": { "twilioPhoneNumber": 15550100123_i64 } }),
        json!({ "assistant": { "name": 1.5 } }),
        json!({ "assistantOverrides": { "variableValues": { "age": 7 } } }),
        json!({ "metadata": { "a": 1 } }),
    ] {
        assert_eq!(body("create_call", given.clone()), given);
    }
}

#[tokio::test]
async fn what_n8n_adds_is_left_out_and_told() {
    const SAID: &str = "Left out, because clients add them and Vapi does not know them: ";
    let made = || ResponseTemplate::new(201).set_body_json(json!({ "id": "x" }));
    for (added, left_out) in [
        (json!({ "toolCallId": "c" }), "`toolCallId`."),
        (
            json!({ "sessionId": "s", "action": "sendMessage", "chatInput": "Hi.", "toolCallId": "c", "tool": { "name": "x" } }),
            "`toolCallId`, `sessionId`, `action`, `chatInput`, `tool`.",
        ),
        (
            json!({ "sessionId": "s", "tool": null }),
            "`sessionId`, `tool`.",
        ),
    ] {
        for (tool, own) in [
            ("create_assistant", json!({ "name": "a" })),
            ("list_tools", json!({})),
        ] {
            let vapi = vapi(made()).await;
            let mut given = members(own);
            given.extend(members(added.clone()));
            let outcome = call_tool(&vapi, tool, given).await;
            assert!(!outcome.is_error, "{}", outcome.text);
            let said: Vec<_> = outcome
                .remarks
                .iter()
                .filter(|line| line.starts_with(SAID))
                .collect();
            assert_eq!(said, [&format!("{SAID}{left_out}")]);
            let requests = vapi.received_requests().await.unwrap();
            let sent = String::from_utf8_lossy(&requests[0].body).into_owned();
            for key in members(added.clone()).keys() {
                assert!(!sent.contains(key.as_str()), "{sent}");
            }
        }
    }
    // One of the other names by itself may be a property that Vapi has by now.
    let vapi = vapi(made()).await;
    let given = members(json!({ "name": "a", "sessionId": "s" }));
    call_tool(&vapi, "create_assistant", given).await;
    let requests = vapi.received_requests().await.unwrap();
    let sent: Value = serde_json::from_slice(&requests[0].body).unwrap();
    assert_eq!(sent["sessionId"], "s");
}

#[tokio::test]
async fn fields_may_be_one_text_and_lack_their_slashes() {
    let call = json!({ "id": "x", "status": "ended", "customer": { "number": "+15550100123", "name": "A" },
                       "messages": [{ "role": "user", "message": "Hi." }] });
    let vapi = vapi(ResponseTemplate::new(200).set_body_json(call)).await;
    let two = json!({ "id": "x", "status": "ended" });
    for (fields, shown) in [
        (json!("id,status"), two.clone()),
        (json!("/id, /status"), two.clone()),
        (json!("id\nstatus"), two.clone()),
        (json!(["id", "status"]), two.clone()),
        (json!(["id,status"]), two.clone()),
        (json!("[\"/id\",\"status\"]"), two.clone()),
        (json!("\"[\\\"id\\\",\\\"status\\\"]\""), two),
        (json!("id"), json!({ "id": "x" })),
        (
            json!("customer/number"),
            json!({ "customer": { "number": "+15550100123" } }),
        ),
        (
            json!("customer.number"),
            json!({ "customer": { "number": "+15550100123" } }),
        ),
        (
            json!("$.messages[0].role"),
            json!({ "messages": [{ "role": "user" }] }),
        ),
        (
            json!(["messages/*/role"]),
            json!({ "messages": [{ "role": "user" }] }),
        ),
        (json!("#/id"), json!({ "id": "x" })),
    ] {
        let given = members(json!({ "callId": "x", "fields": fields }));
        let outcome = call_tool(&vapi, "get_call", given).await;
        assert!(!outcome.is_error, "{fields}: {}", outcome.text);
        assert_eq!(
            serde_json::from_str::<Value>(&outcome.text).unwrap(),
            shown,
            "{fields}"
        );
    }
}

#[test]
fn a_tool_that_passes_properties_on_says_so() {
    for tool in vapi_mcp::catalog::TOOLS {
        let face = crate::support::face(tool);
        let more = face.pointer("/inputSchema/additionalProperties");
        assert_eq!(more, tool.open.then_some(&json!(true)), "{}", tool.name);
    }
}

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
            "schedulePlan.earliestAt is far",
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
fn json_in_strings_is_decoded_inside_the_tools_of_a_model() {
    let parameters = json!({ "type": "object" });
    let function = json!({ "name": "x", "parameters": parameters.to_string() });
    let tool = json!({ "type": "function", "function": function.to_string(), "server": "{\"url\":\"https://example.com\"}" });
    let transfer = json!({ "type": "transferCall", "destinations": "[{\"type\":\"number\",\"number\":\"tel:+1\u{a0}555\u{200b}0100123\",\"extension\":12}]" });
    let model =
        json!({ "provider": "openai", "model": "m", "tools": [tool.to_string(), transfer] });
    let sent = json!([
        { "type": "function", "function": { "name": "x", "parameters": parameters }, "server": { "url": "https://example.com" } },
        { "type": "transferCall", "destinations": [{ "type": "number", "number": "+15550100123", "extension": "12" }] },
    ]);
    let given = json!({ "assistant": { "model": model.to_string() } });
    assert_eq!(
        body("create_call", given)["assistant"]["model"]["tools"],
        sent
    );
    let given = json!({ "name": "a", "llm": model });
    assert_eq!(body("create_assistant", given)["model"]["tools"], sent);
}

#[test]
fn telephone_numbers_are_sent_bare_wherever_they_stand_and_other_texts_as_they_are() {
    let number = "TEL:+1\u{a0}555\u{2011}010\u{200b}0123";
    let given = json!({
        "customer": { "number": "+15550100123", "name": "+1 555 010 0123" },
        "phoneNumber": { "twilioPhoneNumber": number, "fallbackDestination": { "type": "number", "number": number } },
        "assistant": { "firstMessage": "+1 555 010 0123" },
        "assistantOverrides": { "variableValues": { "number": number } },
    });
    let mut sent = given.clone();
    sent["phoneNumber"]["twilioPhoneNumber"] = json!("+15550100123");
    sent["phoneNumber"]["fallbackDestination"]["number"] = json!("+15550100123");
    assert_eq!(body("create_call", given), sent);
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
