//! JSON in strings, and integers for texts.

use super::*;

#[test]
fn json_in_strings_is_decoded_at_any_depth_where_the_document_wants_an_object_or_a_list() {
    let text = |value: Value| value.to_string();
    let twice = |value: Value| Value::from(value.to_string()).to_string();
    let number = json!({ "number": "+15550100123" });
    let model = json!({ "provider": "openai", "model": "gpt-4o", "messages": [{ "role": "system", "content": "{}" }] });
    let at = target("create_call", "scheduledAt");
    let (plan, planned) = (
        first_key(at),
        with_value(json!({}), at, "2027-01-01T00:00:00Z"),
    );
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
            json!({ (plan): planned[plan].to_string() }),
            planned.clone(),
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
