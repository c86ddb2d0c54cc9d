//! Defaults, and arguments that share a place with what the caller gave.

use super::*;

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
    let [start, end] = ["scheduledAt", "latestAt"].map(|name| target("create_call", name));
    let until = with_value(json!({}), end, "2027-01-02T00:00:00Z");
    let mut given = until.clone();
    given["scheduledAt"] = json!("2027-01-01T00:00:00Z");
    assert_eq!(
        body("create_call", given),
        with_value(until, start, "2027-01-01T00:00:00Z")
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
