use bytes::Bytes;
use serde_json::{Value, json};

use super::{Merged, Tree, merge, schema};
use crate::{argument_error::ArgumentError, catalog::OPERATIONS};

fn merged(operation: &str, stored: &str, change: &Value) -> Result<Merged, Vec<ArgumentError>> {
    let operation = OPERATIONS.iter().find(|it| it.key() == operation).unwrap();
    let stored = Tree::read(&Bytes::from(stored.to_owned())).unwrap();
    let schema = schema(operation).unwrap();
    merge(&stored, change.as_object().unwrap(), schema)
}

fn body(merged: &Merged) -> String {
    let mut json = Vec::new();
    Tree::Object(merged.body.clone()).write(&mut json);
    String::from_utf8(json).unwrap()
}

/// The body of a change of an assistant.
fn sent(stored: &str, change: &Value) -> String {
    body(&merged("PATCH /assistant/{id}", stored, change).unwrap())
}

fn refused(operation: &str, stored: &Value, change: &Value) -> String {
    let errors = merged(operation, &stored.to_string(), change).unwrap_err();
    let errors: Vec<_> = errors.iter().map(ToString::to_string).collect();
    errors.join("\n")
}

const STORED: &str = r#"{"id":"a-1","orgId":"o","name":"Desk","model":{"temperature":0.70,"provider":"openai","model":"gpt-4o","big":12345678901234567890123,"systemPrompt":"Be \u006bind \ud83d.","messages":[{"content":"Hi.","role":"system"}],"toolIds":["t-1"],"promptCacheKey":"k"},"voice":{"provider":"11labs","voiceId":"sarah","cachingEnabled":true,"stability":0.5},"isServerUrlSecretSet":false}"#;

#[test]
fn a_change_is_merged_at_every_depth_and_the_rest_keeps_its_bytes() {
    let change =
        json!({ "model": { "temperature": 0.2 }, "voice": { "stability": 0.50 }, "name": "Desk" });
    assert_eq!(
        sent(STORED, &change),
        r#"{"model":{"temperature":0.2,"provider":"openai","model":"gpt-4o","big":12345678901234567890123,"systemPrompt":"Be \u006bind \ud83d.","messages":[{"content":"Hi.","role":"system"}],"toolIds":["t-1"],"promptCacheKey":"k"}}"#
    );
    let change = json!({ "voice": { "chunkPlan": { "enabled": false, "formatPlan": null } } });
    assert_eq!(
        sent(STORED, &change),
        r#"{"voice":{"provider":"11labs","voiceId":"sarah","cachingEnabled":true,"stability":0.5,"chunkPlan":{"enabled":false}}}"#
    );
}

#[test]
fn removing_a_value_that_is_not_shown_is_a_change() {
    let stored = r#"{"server":{"url":"https://example.com"},"isServerUrlSecretSet":true,"voice":{"isKeySet":true}}"#;
    let change = merged(
        "PATCH /assistant/{id}",
        stored,
        &json!({ "server": { "secret": null } }),
    );
    let change = change.unwrap();
    assert_eq!(body(&change), r#"{"server":{"url":"https://example.com"}}"#);
    assert_eq!(
        super::remark::on_change(&change),
        "Changes: a value that Vapi does not show."
    );
    assert_eq!(
        sent(stored, &json!({ "voice": { "key": null } })),
        r#"{"voice":{}}"#
    );
}

#[test]
fn removals_inside_a_value_that_is_no_object_change_nothing() {
    let change = json!({ "voice": { "stability": { "a": null }, "speed": 1 } });
    assert!(sent(STORED, &change).contains(r#""stability":0.5"#));
    let change = json!({ "voice": { "stability": { "a": null } } });
    assert_eq!(sent(STORED, &change), "{}");
}

#[test]
fn a_nested_null_removes_and_a_top_level_null_is_sent() {
    let change = json!({ "voice": { "stability": null }, "name": null, "firstMessage": null });
    assert_eq!(
        sent(STORED, &change),
        r#"{"voice":{"provider":"11labs","voiceId":"sarah","cachingEnabled":true},"name":null}"#
    );
    let change = json!({ "voice": { "style": null }, "server": { "secret": null } });
    assert_eq!(sent(STORED, &change), "{}");
}

#[test]
fn a_list_replaces_and_its_stored_elements_keep_their_bytes() {
    let stored = r#"{"model":{"tools":[{"type":"dtmf","n":1.0},{"type":"endCall"}]}}"#;
    let dtmf = json!({ "n": 1, "type": "dtmf" });
    let change = json!({ "model": { "tools": [{ "type": "sms", "x": null }, dtmf] } });
    assert_eq!(
        sent(stored, &change),
        r#"{"model":{"tools":[{"type":"sms","x":null},{"type":"dtmf","n":1.0}]}}"#
    );
    assert_eq!(
        sent(
            stored,
            &json!({ "model": { "tools": [dtmf, { "type": "endCall" }] } })
        ),
        "{}"
    );
}

#[test]
fn another_provider_keeps_what_both_have_with_the_same_schema() {
    let change =
        json!({ "model": { "provider": "anthropic", "model": "claude-sonnet-4-5-20250929" } });
    let merged = merged("PATCH /assistant/{id}", STORED, &change).unwrap();
    assert_eq!(
        body(&merged),
        r#"{"model":{"temperature":0.70,"provider":"anthropic","model":"claude-sonnet-4-5-20250929","big":12345678901234567890123,"systemPrompt":"Be \u006bind \ud83d.","messages":[{"content":"Hi.","role":"system"}],"toolIds":["t-1"]}}"#
    );
    assert_eq!(merged.dropped, ["model.promptCacheKey"]);
    assert_eq!(merged.unknown, ["model.big", "model.systemPrompt"]);
    let change = json!({ "voice": { "provider": "openai", "voiceId": "alloy" } });
    assert_eq!(
        sent(STORED, &change),
        r#"{"voice":{"provider":"openai","voiceId":"alloy","cachingEnabled":true}}"#
    );
    // A provider that the document does not know has what all providers have.
    let change = json!({ "voice": { "provider": "invented", "voiceId": "v" } });
    assert_eq!(
        sent(STORED, &change),
        r#"{"voice":{"provider":"invented","voiceId":"v","cachingEnabled":true}}"#
    );
}

#[test]
fn what_only_one_provider_understands_must_be_given_with_another_one() {
    let stored: Value = serde_json::from_str(&STORED.replace("\\ud83d", "")).unwrap();
    let operation = "PATCH /assistant/{id}";
    for (change, path) in [
        (
            json!({ "model": { "provider": "anthropic" } }),
            "`model.model`: is required with the provider `anthropic`",
        ),
        (
            json!({ "model": { "provider": "custom-llm", "model": "m" } }),
            "`model.url`: is required",
        ),
        (
            json!({ "voice": { "provider": "openai" } }),
            "`voice.voiceId`: is required",
        ),
    ] {
        let refusal = refused(operation, &stored, &change);
        assert!(refusal.starts_with(path), "{refusal}");
        assert_eq!(refusal.lines().count(), 1, "{refusal}");
    }
    // Two open texts with the same schema, whose values mean something else.
    let stored = json!({ "model": { "provider": "openrouter", "model": "x", "temperature": 1 } });
    let refusal = refused(
        operation,
        &stored,
        &json!({ "model": { "provider": "together-ai" } }),
    );
    assert!(refusal.contains("`model.model`"), "{refusal}");
}

#[test]
fn keys_that_the_api_adds_are_left_out_inside_a_changed_member_unless_the_document_has_them() {
    let stored = json!({
        "voice": { "provider": "11labs", "voiceId": "sarah", "id": "x", "orgId": "o", "createdAt": "t", "updatedAt": "t", "future": 1 },
        "metadata": { "id": 5, "a": 1 },
    });
    let change = json!({ "voice": { "speed": 1.1 }, "metadata": { "a": 2 } });
    assert_eq!(
        sent(&stored.to_string(), &change),
        r#"{"voice":{"provider":"11labs","voiceId":"sarah","future":1,"speed":1.1},"metadata":{"id":5,"a":2}}"#
    );
}

#[test]
fn a_member_with_a_value_that_a_read_hides_is_refused_until_the_value_is_given() {
    let operation = "PATCH /assistant/{id}";
    let stored = json!({
        "name": "Desk",
        "server": { "url": "https://example.com", "headers": { "x": "****" } },
        "isServerUrlSecretSet": true,
        "credentials": [{ "provider": "openai" }],
        "model": { "provider": "openai", "model": "gpt-4o", "tools": [{ "type": "function", "server": { "secret": "[redacted]" } }] },
        "hooks": [],
        "voice": { "isVoiceKeySet": true, "provider": "vapi", "credentials": { "a": 1 } },
    });
    let is_sent =
        |change: Value| merged(operation, &stored.to_string(), &change).map(|it| body(&it));
    for (change, paths) in [
        (
            json!({ "server": { "url": "https://example.org" } }),
            vec!["`server.secret`", "`server.headers.x`"],
        ),
        (
            json!({ "server": { "secret": "s" } }),
            vec!["`server.headers.x`"],
        ),
        (
            json!({ "server": { "secret": "s", "headers": { "x": "****" } } }),
            vec!["`server.headers.x`"],
        ),
        (
            json!({ "model": { "temperature": 1 } }),
            vec!["`model.tools[0].server.secret`"],
        ),
        (
            json!({ "voice": { "speed": 1 } }),
            vec!["`voice.voiceKey`", "`voice.credentials`"],
        ),
    ] {
        let refusal = refused(operation, &stored, &change);
        for path in &paths {
            assert!(refusal.contains(path), "{refusal}");
        }
        assert_eq!(refusal.lines().count(), paths.len(), "{refusal}");
    }
    assert_eq!(
        is_sent(json!({ "name": "Bell" })).unwrap(),
        r#"{"name":"Bell"}"#
    );
    assert_eq!(
        is_sent(json!({ "server": null })).unwrap(),
        r#"{"server":null}"#
    );
    assert_eq!(
        is_sent(json!({ "server": { "secret": "s", "headers": { "x": "y" } } })).unwrap(),
        r#"{"server":{"url":"https://example.com","headers":{"x":"y"},"secret":"s"}}"#
    );
    let removed = merged(
        operation,
        &stored.to_string(),
        &json!({ "server": { "secret": null, "headers": null } }),
    );
    assert_eq!(
        body(&removed.unwrap()),
        r#"{"server":{"url":"https://example.com"}}"#
    );
    assert_eq!(
        is_sent(json!({ "voice": { "voiceKey": "k", "credentials": null } })).unwrap(),
        r#"{"voice":{"provider":"vapi","voiceKey":"k"}}"#
    );
    let replaced = merged(
        operation,
        &stored.to_string(),
        &json!({ "model": { "tools": [] } }),
    )
    .unwrap();
    assert_eq!(replaced.replaced, ["model.tools"]);
}

#[test]
fn top_level_members_that_the_document_requires_are_sent_too() {
    let operation = "PATCH /squad/{id}";
    let stored = r#"{"id":"s","name":"Crew","members":[{"assistantId":"a"}]}"#;
    let change = merged(operation, stored, &json!({ "name": "Team" })).unwrap();
    assert_eq!(
        body(&change),
        r#"{"name":"Team","members":[{"assistantId":"a"}]}"#
    );
    assert_eq!(change.required, ["members"]);
    let change = merged(operation, stored, &json!({ "name": "Crew" })).unwrap();
    assert_eq!(body(&change), "{}");
}

#[test]
fn differences_are_listed_with_both_values_and_bounded() {
    let change = json!({ "model": { "temperature": 0.2, "toolIds": ["t-2"] }, "voice": { "stability": null }, "name": null, "firstMessage": "Hi." });
    let change = merged("PATCH /assistant/{id}", STORED, &change).unwrap();
    assert_eq!(
        super::remark::on_change(&change),
        "Changes: model.temperature from 0.7 to 0.2; model.toolIds[0] from \"t-1\" to \"t-2\"; \
         voice.stability removed; it was 0.5; name removed; it was \"Desk\"; \
         firstMessage set to \"Hi.\"."
    );
    let many: serde_json::Map<_, _> = (0..3_000).map(|n| (format!("key{n}"), json!(n))).collect();
    let change = merged(
        "PATCH /assistant/{id}",
        "{}",
        &json!({ "metadata": many, "x": 1 }),
    )
    .unwrap();
    assert_eq!(change.differences.count, 2);
    let stored = json!({ "metadata": {} }).to_string();
    let change = merged(
        "PATCH /assistant/{id}",
        &stored,
        &json!({ "metadata": many }),
    )
    .unwrap();
    let remark = super::remark::on_change(&change);
    assert!(remark.len() < 800, "{}", remark.len());
    let (listed, more) = remark.split_once("; and ").unwrap();
    assert!(listed.contains("metadata.key0 set to 0;"), "{remark}");
    let count = listed.matches(" set to ").count();
    assert_eq!(more, format!("{} more.", 3_000 - count));
}

#[test]
fn a_placeholder_is_not_written_even_in_a_list_that_is_given_whole() {
    let shown = json!({ "type": "function", "server": { "secret": "s****t" } });
    let stored = json!({ "model": { "tools": [shown, { "type": "endCall" }] } });
    let operation = "PATCH /assistant/{id}";
    for tools in [
        json!([shown]),
        json!([{ "type": "function", "async": true, "server": { "secret": "s****t" } }]),
    ] {
        let refusal = refused(operation, &stored, &json!({ "model": { "tools": tools } }));
        assert!(
            refusal.starts_with("`model.tools[0]`: has a value"),
            "{refusal}"
        );
    }
    let tools = json!([{ "type": "endCall" }]);
    let change = json!({ "model": { "tools": tools } });
    let change = merged(operation, &stored.to_string(), &change).unwrap();
    assert_eq!(change.replaced, ["model.tools"]);
    // The text does not stand for a hidden value elsewhere.
    let change = json!({ "firstMessage": "s****t" });
    assert!(merged(operation, &stored.to_string(), &change).is_ok());
}

#[test]
fn a_deep_object_is_merged_without_recursion_limits() {
    let deep = |inner: &str| {
        format!(
            r#"{{"metadata":{}{inner}{}}}"#,
            r#"{"in":"#.repeat(90),
            "}".repeat(90)
        )
    };
    let change: Value = serde_json::from_str(&deep(r#"{"b":2}"#)).unwrap();
    let merged = merged("PATCH /assistant/{id}", &deep(r#"{"a":1.0}"#), &change).unwrap();
    assert_eq!(body(&merged), deep(r#"{"a":1.0,"b":2}"#));
}
