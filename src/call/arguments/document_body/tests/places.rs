//! Keys that stand at a wrong place.

use serde_json::{Map, Value, json};

use super::checked;

#[test]
fn a_key_at_the_wrong_place_is_refused_with_the_right_one() {
    let members = json!([{ "assistantId": "a", "firstMessage": "Hi" }]);
    for (operation, body, key, meant) in [
        (
            "PATCH /assistant/{id}",
            json!({ "recordingEnabled": false }),
            "recordingEnabled",
            "`body.artifactPlan.recordingEnabled`",
        ),
        (
            "PATCH /assistant/{id}",
            json!({ "artifactPlan": { "maxDurationSeconds": 60 } }),
            "artifactPlan.maxDurationSeconds",
            "`body.maxDurationSeconds`",
        ),
        (
            "POST /assistant",
            json!({ "voiceId": "a" }),
            "voiceId",
            "`body.voice.voiceId`",
        ),
        (
            "POST /assistant",
            json!({ "model": { "provider": "openai", "voiceId": "a" } }),
            "model.voiceId",
            "`body.voice.voiceId`",
        ),
        (
            "POST /assistant",
            json!({ "model": { "provider": "openai", "firstMessage": "a" } }),
            "model.firstMessage",
            "`body.firstMessage`",
        ),
        (
            "POST /assistant",
            json!({ "waitSeconds": 1 }),
            "waitSeconds",
            "`body.startSpeakingPlan.waitSeconds`",
        ),
        (
            "POST /assistant",
            json!({ "summaryPlan": {} }),
            "summaryPlan",
            "`body.analysisPlan.summaryPlan`",
        ),
        (
            "POST /assistant",
            json!({ "temperature": 0.2 }),
            "temperature",
            "`body.model.temperature` or `body.voice.temperature`",
        ),
        (
            "POST /squad",
            json!({ "members": members }),
            "members[0].firstMessage",
            "`body.members[0].assistant.firstMessage` or \
             `body.members[0].assistantOverrides.firstMessage`",
        ),
        (
            "POST /v2/campaign",
            json!({ "customers": [{ "variableValues": {} }] }),
            "customers[0].variableValues",
            "`body.customers[0].assistantOverrides.variableValues` or \
             `body.customers[0].squadOverrides.variableValues`",
        ),
        (
            "POST /v2/campaign",
            json!({ "contacts": [] }),
            "contacts",
            "`customers`",
        ),
        (
            "POST /v2/campaign",
            json!({ "customers": [{ "phone": "+15550100111" }] }),
            "customers[0].phone",
            "`number`",
        ),
        (
            "POST /phone-number",
            json!({ "provider": "vapi", "areaCode": "555" }),
            "areaCode",
            "`numberDesiredAreaCode`",
        ),
        (
            "POST /tool",
            json!({ "type": "function", "name": "x" }),
            "name",
            "`body.function.name`",
        ),
    ] {
        let error = checked(operation, body).unwrap_err();
        assert_eq!(
            error,
            format!("`body.{key}`: is not known; did you mean {meant}?")
        );
    }
    let tool = json!({ "type": "function", "parameters": { "type": "object" } });
    assert_eq!(
        checked("POST /tool", tool).unwrap_err(),
        "`body.parameters`: must be an array, and an object was given; did you mean \
         `body.function.parameters`?"
    );
}

#[test]
fn a_prompt_outside_the_messages_is_refused_with_its_place() {
    let words = "is not known; the system prompt is the message with the role `system` in";
    for (operation, body, key, at) in [
        (
            "POST /assistant",
            json!({ "prompt": "a" }),
            "prompt",
            "model",
        ),
        (
            "PATCH /assistant/{id}",
            json!({ "system_prompt": "a" }),
            "system_prompt",
            "model",
        ),
        (
            "POST /squad",
            json!({ "members": [{ "assistantOverrides": { "instructions": "a" } }] }),
            "members[0].assistantOverrides.instructions",
            "members[0].assistantOverrides.model",
        ),
    ] {
        let error = checked(operation, body).unwrap_err();
        assert_eq!(error, format!("`body.{key}`: {words} `body.{at}.messages`"));
    }
    let error = checked("POST /squad", json!({ "members": [{ "prompt": "a" }] })).unwrap_err();
    assert_eq!(
        error,
        format!(
            "`body.members[0].prompt`: {words} `body.members[0].assistant.model.messages` or \
             `body.members[0].assistantOverrides.model.messages`"
        )
    );
}

#[test]
fn a_key_with_an_unknown_place_is_passed_on_with_a_remark() {
    for (operation, body, said) in [
        (
            "PATCH /assistant/{id}",
            json!({ "voice": { "provider": "openai", "stability": 0.5 } }),
            "`body.voice.stability` (known for `11labs`)",
        ),
        (
            "PATCH /assistant/{id}",
            json!({ "serverUrl": "https://example.com", "model": { "systemPrompt": "x" } }),
            "`body.serverUrl`, `body.model.systemPrompt` (the system prompt is the message with the \
             role `system` in `messages`).",
        ),
        (
            "PATCH /assistant/{id}",
            json!({ "id": "a", "createdAt": "2027-01-01T00:00:00Z" }),
            "`body.id`, `body.createdAt`.",
        ),
    ] {
        let (sent, remarks) = checked(operation, body.clone()).unwrap();
        assert_eq!(sent, body);
        assert!(remarks[0].contains(said), "{remarks:?}");
    }
    let many: Map<_, _> = (0..2_000)
        .map(|key| (format!("{key}th"), Value::Null))
        .collect();
    let (_, remarks) = checked("PATCH /assistant/{id}", Value::Object(many)).unwrap();
    assert!(
        remarks[0].ends_with("`body.4th` and 1,995 more."),
        "{remarks:?}"
    );
}
