//! The values of arguments: types, texts, times and numbers.

use super::*;

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
        assert_eq!(
            sent.pointer(target("create_call", "scheduledAt")).unwrap(),
            time
        );
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
