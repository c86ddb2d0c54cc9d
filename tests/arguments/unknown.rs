//! Arguments that no row names.

use super::*;

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
    // A property of the body that no argument has.
    let tool = find("create_call").unwrap();
    let mut properties = tool.operation.body_properties.iter().copied();
    let is_argument = |name: &str| tool.args.iter().any(|arg| arg.name == name);
    let property = properties.find(|name| name.len() > 8 && !is_argument(name));
    let property = property.unwrap();
    let near = format!("{}{}", &property[..6], &property[7..]);
    for (tool, key, meant) in [
        ("list_calls", "assistant_id", "assistantId"),
        ("list_calls", "AssistantId", "assistantId"),
        ("list_calls", "limits", "limit"),
        ("create_call", "phoneNumberID", "phoneNumberId"),
        ("create_call", &near, property),
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

#[tokio::test]
async fn what_n8n_adds_is_left_out_and_told() {
    const SAID: &str = "Dropped, because clients add them and Vapi does not support them: ";
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

#[test]
fn a_tool_that_passes_properties_on_says_so() {
    for tool in vapi_mcp::catalog::TOOLS {
        let face = crate::support::face(tool);
        let more = face.pointer("/inputSchema/additionalProperties");
        assert_eq!(more, tool.open.then_some(&json!(true)), "{}", tool.name);
    }
}
