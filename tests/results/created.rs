//! What is shown after something was created.

use super::*;

#[tokio::test]
async fn a_call_that_was_accepted_has_not_yet_taken_place() {
    let upstream =
        vapi(ResponseTemplate::new(201).set_body_json(json!({ "id": "c", "status": "queued" })))
            .await;
    let outcome = call_tool(
        &upstream,
        "create_call",
        members(json!({ "assistantId": "a", "phoneNumberId": "p", "customer": { "number": "+15550100123" } })),
    )
    .await;
    assert_eq!(
        outcome.remarks,
        [
            "The call is queued: it is not yet known whether anybody was reached. Next: wait_for_call {\"callId\":\"c\"}."
        ]
    );
}

#[tokio::test]
async fn the_address_of_a_web_call_is_shown_to_who_made_it_alone() {
    let url = "https://vapi.daily.co/a-room";
    let body =
        json!({ "id": "c", "type": "webCall", "webCallUrl": url, "transport": { "callUrl": url } });
    let upstream = vapi(ResponseTemplate::new(200).set_body_json(body)).await;
    let made = call_tool(
        &upstream,
        "create_call",
        members(json!({ "assistantId": "a" })),
    )
    .await;
    let made: Value = serde_json::from_str(&made.text).unwrap();
    assert_eq!(made["webCallUrl"], url);
    assert_eq!(made["transport"]["callUrl"], "[redacted]");
    let later = call_tool(
        &upstream,
        "get_call",
        members(json!({ "callId": "c", "fields": ["/webCallUrl"] })),
    )
    .await;
    assert_eq!(later.text, r#"{"webCallUrl":"[redacted]"}"#);
}

#[tokio::test]
async fn a_call_that_ended_at_once_is_explained_and_a_scheduled_one_says_when_it_rings() {
    let placed = async |answer: Value, tools: &[&str]| {
        let upstream = vapi(ResponseTemplate::new(201).set_body_json(answer)).await;
        let given = members(
            json!({ "assistantId": "a", "phoneNumberId": "p", "customer": { "number": "+15550100123" } }),
        );
        let outcome = match tools {
            [] => call_tool(&upstream, "create_call", given).await,
            _ => call_among(&upstream, &tools.join(","), "create_call", given).await,
        };
        outcome.remarks
    };
    const REASON: &str = "call.start.error-get-transport";
    let ended = json!({ "id": "c", "status": "ended", "endedReason": REASON });
    let remarks = placed(ended, &[]).await;
    assert_eq!(remarks[0], "The call ended immediately.");
    assert!(
        remarks[1].starts_with(&format!("{REASON}: ")),
        "{remarks:?}"
    );
    let created = find("create_call").unwrap().view.created.unwrap();
    let scheduled = json!({ "id": "c", "status": "scheduled" });
    let scheduled = with_value(scheduled, created.starts_at, "2099-01-01T09:00:00Z");
    assert_eq!(
        placed(scheduled, &[]).await,
        [
            "The call is scheduled for 2099-01-01T09:00:00Z: nobody has been called yet. After the call: wait_for_call {\"callId\":\"c\"}."
        ]
    );
    let queued = json!({ "id": "c", "status": "queued" });
    let remarks = placed(queued.clone(), &["create_call", "get_call"]).await;
    assert_eq!(
        remarks,
        [
            "The call is queued: it is not yet known whether anybody was reached. Next: get_call {\"callId\":\"c\"}."
        ]
    );
    let remarks = placed(queued, &["create_call"]).await;
    assert_eq!(
        remarks,
        ["The call is queued: it is not yet known whether anybody was reached."]
    );
}

#[tokio::test]
async fn a_creating_tool_does_not_show_again_what_it_was_given() {
    let prompt = "A long prompt. ".repeat(100);
    let made = json!({ "id": "a1", "orgId": "o", "name": "Desk", "firstMessage": "Hi.", "createdAt": "2027-01-01T00:00:00.000Z",
                       "model": { "provider": "openai", "model": "gpt-4o", "toolIds": ["t"], "messages": [{ "role": "system", "content": prompt }] },
                       "voice": { "provider": "11labs", "voiceId": "sarah" }, "transcriber": { "provider": "deepgram", "model": "nova-3" } });
    let upstream = vapi(ResponseTemplate::new(201).set_body_json(made)).await;
    let given = members(
        json!({ "name": "Desk", "instructions": prompt, "toolIds": ["t"], "firstMessage": "Hi." }),
    );
    let outcome = call_tool(&upstream, "create_assistant", given).await;
    let shown: Value = serde_json::from_str(&outcome.text).unwrap();
    assert_eq!(
        shown,
        json!({ "id": "a1", "name": "Desk", "createdAt": "2027-01-01T00:00:00.000Z",
                "voice": { "provider": "11labs", "voiceId": "sarah" }, "transcriber": { "provider": "deepgram", "model": "nova-3" },
                "llm": { "provider": "openai", "model": "gpt-4o" }, "toolIds": ["t"] })
    );
    assert_eq!(
        outcome.remarks,
        [
            "By default: `llm` {\"provider\":\"openai\",\"model\":\"gpt-4o\"}, `transcriber` {\"provider\":\"deepgram\",\"model\":\"nova-3\"}, `voice` {\"provider\":\"11labs\",\"voiceId\":\"sarah\"}."
        ]
    );
    let placed = json!({ "id": "c", "status": "queued", "assistant": { "firstMessage": prompt }, "assistantOverrides": { "firstMessage": prompt },
                         "customer": { "number": "+15550100123", "assistantOverrides": { "firstMessage": prompt } } });
    let upstream = vapi(ResponseTemplate::new(201).set_body_json(placed)).await;
    let given = members(
        json!({ "assistantId": "a", "phoneNumberId": "p", "customer": { "number": "+15550100123" } }),
    );
    let outcome = call_tool(&upstream, "create_call", given).await;
    let shown: Value = serde_json::from_str(&outcome.text).unwrap();
    assert_eq!(
        shown,
        json!({ "id": "c", "status": "queued", "customer": { "number": "+15550100123" } })
    );
}

#[tokio::test]
async fn what_stands_under_a_key_of_vapis_own_server_does_not_stand_twice() {
    let number =
        json!({ "id": "n", "number": "+15550100123", "provider": "vapi", "status": "active" });
    let once =
        json!({ "id": "n", "provider": "vapi", "status": "active", "phoneNumber": "+15550100123" });
    let (one, _) = shown("get_phone_number", &number, json!({ "phoneNumberId": "n" })).await;
    assert_eq!(one, once);
    let (list, _) = shown("list_phone_numbers", &json!([number]), json!({})).await;
    assert_eq!(list, json!([once]));
    let given = json!({ "phoneNumberId": "n", "fields": ["number", "phoneNumber"] });
    let (chosen, _) = shown("get_phone_number", &number, given).await;
    assert_eq!(
        chosen,
        json!({ "number": "+15550100123", "phoneNumber": "+15550100123" })
    );
    let tool = json!({ "id": "t", "type": "function", "async": false,
                       "function": { "name": "look_up", "description": "Looks up.", "strict": true, "parameters": { "type": "object" } } });
    let (one, _) = shown("get_tool", &tool, json!({ "toolId": "t" })).await;
    assert_eq!(
        one,
        json!({ "id": "t", "type": "function", "async": false, "function": { "strict": true },
                "name": "look_up", "description": "Looks up.", "parameters": { "type": "object" } })
    );
    let (list, _) = shown("list_tools", &json!([tool]), json!({})).await;
    assert_eq!(list[0].get("function"), None);
    assert_eq!(list[0]["name"], "look_up");
    let given = json!({ "toolId": "t", "fields": ["/function"] });
    let (chosen, _) = shown("get_tool", &tool, given).await;
    assert_eq!(chosen, json!({ "function": tool["function"] }));
    let assistant = json!({ "id": "a", "model": { "provider": "openai", "model": "gpt-4o", "temperature": 0.5, "toolIds": ["t"] } });
    let (one, _) = shown("get_assistant", &assistant, json!({ "assistantId": "a" })).await;
    assert_eq!(
        one,
        json!({ "id": "a", "model": { "temperature": 0.5 }, "llm": { "provider": "openai", "model": "gpt-4o" }, "toolIds": ["t"] })
    );
    for everything in [json!("*"), json!(["*"]), json!([""]), json!(["/*"])] {
        let given = json!({ "assistantId": "a", "fields": everything });
        let (whole, _) = shown("get_assistant", &assistant, given).await;
        assert_eq!(whole, assistant, "{everything}");
    }
    // After a slash it is every key, of which one may be `*` itself.
    let odd = json!({ "*": { "id": 1, "name": 2 }, "b": { "id": 3 } });
    let given = json!({ "assistantId": "a", "fields": ["/*/id"] });
    let (chosen, _) = shown("get_assistant", &odd, given).await;
    assert_eq!(chosen, json!({ "*": { "id": 1 }, "b": { "id": 3 } }));
}
