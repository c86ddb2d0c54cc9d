//! Arguments that are refused or understood.

use super::*;

#[tokio::test]
async fn bad_arguments_are_told_by_place_with_what_is_expected_and_what_was_given() {
    let vapi = vapi(ResponseTemplate::new(200).set_body_json(json!([]))).await;
    for (tool, given, lines) in [
        (
            "list_calls",
            json!({ "limit": "many", "assistant_id": "x", "createdAfter": "soon" }),
            vec![
                "`assistant_id`: is not known; did you mean `assistantId`?",
                "`limit`: must be an integer, and a string was given",
                "`createdAfter`: is not a valid ISO 8601 time; use the form 2027-03-25T22:39:27Z",
            ],
        ),
        (
            "create_call",
            json!({ "customer": { "number": 1 }, "name": "[redacted]" }),
            vec![
                "`name`: contains [redacted], which replaces a secret in results; leave it out, or give the secret",
                "`customer.number`: must be a string, and a number was given",
            ],
        ),
        (
            "get_call",
            json!({ "callId": null }),
            vec!["`callId`: is required"],
        ),
        (
            "get_call",
            json!({ "callId": "x", "fields": { "a": 1 } }),
            vec!["`fields`: must be an array, and an object was given"],
        ),
        (
            "get_call",
            json!({ "callId": "x", "fields": "{\"a\":1}" }),
            vec!["`fields`: must be an array, and a string was given"],
        ),
        (
            "get_call",
            json!({ "callId": "x", "fields": [1] }),
            vec!["`fields[0]`: must be a string, and a number was given"],
        ),
        (
            "get_call",
            json!({ "callId": "x", "fields": ["the (whole) transcript"] }),
            vec![
                "`fields`: `the (whole) transcript` is not a JSON pointer; it must start with `/`, for example `/messages/0:20`",
            ],
        ),
        (
            "list_calls",
            json!({ "cursor": 3 }),
            vec!["`cursor`: is not a cursor; give the cursor of the previous page"],
        ),
        (
            "list_calls",
            json!({ "cursor": "next" }),
            vec!["`cursor`: is not a cursor; give the cursor of the previous page"],
        ),
    ] {
        let outcome = call_tool(&vapi, tool, members(given)).await;
        let mut expected =
            format!("Nothing was sent: {tool} cannot be called with these arguments.");
        for line in lines {
            expected.push_str("\n- ");
            expected.push_str(line);
        }
        // The present time, of as many characters as any other.
        let told = match outcome.text.split_once("; it is now ") {
            Some((before, after)) => format!("{before}{}", &after["2027-03-25T22:39:27Z".len()..]),
            None => outcome.text,
        };
        assert_eq!(told, expected);
        assert!(outcome.is_error);
    }
    assert!(vapi.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn arguments_whose_meaning_is_certain_are_accepted() {
    for (tool, given, sent, shown) in [
        (
            "get_call",
            json!({ "callId": " x ", "fields": "[\"/a\"]" }),
            "/call/x",
            json!({ "a": 1 }),
        ),
        (
            "get_call",
            json!({ "callId": "x", "fields": "/b" }),
            "/call/x",
            json!({ "b": 2 }),
        ),
        (
            "get_call",
            json!({ "callId": "x", "fields": null }),
            "/call/x",
            json!({}),
        ),
        (
            "list_calls",
            json!({ "assistantId": " a ", "limit": "3", "cursor": null, "createdAfter": null, "fields": [""] }),
            "/call?assistantId=a&limit=3",
            json!({ "a": 1, "b": 2 }),
        ),
    ] {
        let vapi = vapi(ResponseTemplate::new(200).set_body_json(json!({ "a": 1, "b": 2 }))).await;
        let outcome = call_tool(&vapi, tool, members(given)).await;
        assert!(!outcome.is_error, "{}", outcome.text);
        assert_eq!(serde_json::from_str::<Value>(&outcome.text).unwrap(), shown);
        let url = &vapi.received_requests().await.unwrap()[0].url;
        assert_eq!(
            url.as_str().split_once("/call").unwrap().1,
            &sent["/call".len()..]
        );
    }
    let upstream = vapi(ResponseTemplate::new(201).set_body_json(json!({}))).await;
    let given = json!({ "assistantId": " a ", "phoneNumberId": "b\n", "squadId": null, "name": " kept ", "customer": { "number": "+15550100123" } });
    call_tool(&upstream, "create_call", members(given)).await;
    let body: Value =
        serde_json::from_slice(&upstream.received_requests().await.unwrap()[0].body).unwrap();
    assert_eq!(
        body,
        json!({ "assistantId": "a", "phoneNumberId": "b", "name": " kept ", "customer": { "number": "+15550100123" } })
    );
}

#[tokio::test]
async fn a_tool_that_is_not_served_is_not_named() {
    let queued = json!({ "id": "c1", "status": "queued" });
    let long = json!([{ "id": "a1", "model": { "messages": "x".repeat(90_000) } }]);
    let everything = json!({ "fields": ["/model/messages"] });
    for (tool, given, answer, other) in [
        (
            "create_call",
            arguments("create_call"),
            ResponseTemplate::new(201).set_body_json(queued),
            "wait_for_call",
        ),
        (
            "create_call",
            arguments("create_call"),
            ResponseTemplate::new(500),
            "list_calls",
        ),
        (
            "create_call",
            arguments("create_call"),
            envelope(400, "Bad Request", json!("assistantId x does not exist.")),
            "list_assistants",
        ),
        (
            "get_call",
            arguments("get_call"),
            envelope(404, "Not Found", json!("Couldn't Find Call.")),
            "list_calls",
        ),
        (
            "list_assistants",
            members(everything),
            ResponseTemplate::new(200).set_body_json(long),
            "get_assistant",
        ),
    ] {
        let vapi = vapi(answer).await;
        let said = |outcome: Outcome| format!("{}\n{}", outcome.text, outcome.remarks.join("\n"));
        let all = said(call_tool(&vapi, tool, given.clone()).await);
        let alone = said(call_among(&vapi, tool, tool, given).await);
        assert!(all.contains(other), "{other}: {all}");
        assert!(!alone.contains(other), "{other}: {alone}");
    }
}
