//! Requests that reach the same people again.

use serde_json::json;
use vapi_mcp::guard::rules::Rules;

use super::{Guarded, campaign, chat, copied, moved};

#[tokio::test]
async fn the_same_campaign_is_started_once_unless_it_is_wanted_twice() {
    let server = Guarded::new(Rules::default()).await;
    let mut again = campaign(&["+15550100111"]);
    server.accepts("spend_api", again.clone()).await;
    server
        .refuses("spend_api", again.clone(), "allowDuplicate")
        .await;
    again["allowDuplicate"] = json!(true);
    server.accepts("spend_api", again).await;
}

#[tokio::test]
async fn several_references_to_people_of_one_request_are_no_duplicates() {
    let server = Guarded::new(Rules::default()).await;
    for given in [chat("Hello."), moved("c1"), moved("c2"), copied()] {
        server.accepts("spend_api", given.clone()).await;
        server
            .refuses_after_reading("spend_api", given, "allowDuplicate")
            .await;
    }
    let first = json!({ "operation": "PATCH /campaign/c1", "body": { "squadId": "q1", "workflowId": "w1" } });
    server.accepts("spend_api", first).await;
}

#[tokio::test]
async fn a_duplicate_names_what_was_sent_before() {
    let server = Guarded::new(Rules::default()).await;
    let call = json!({ "assistantId": "a1", "phoneNumberId": "p1", "customer": { "number": "+15550100112" } });
    let listed = campaign(&["+15550100111", "+15550100112"]);
    server.accepts("spend_api", listed.clone()).await;
    server.accepts("spend_api", chat("Hello.")).await;
    let campaign =
        "a campaign with the same speaker, destination and time was sent 0 s ago (id 1, at ";
    let to_look_up = r#"look up the first campaign with read_api {"operation":"GET /v2/campaign/{id}","params":{"id":"1"}}"#;
    for (tool, given, told) in [
        ("spend_api", listed.clone(), campaign),
        ("spend_api", listed, to_look_up),
        ("create_call", call.clone(), campaign),
        ("create_call", call, to_look_up),
        (
            "spend_api",
            chat("Hello."),
            "a chat with the same speaker, destination and time was sent 0 s ago (id 1, at ",
        ),
        (
            "spend_api",
            chat("Hello."),
            r#"look up the first chat with read_api {"operation":"GET /chat/{id}","params":{"id":"1"}}"#,
        ),
    ] {
        server.refuses(tool, given, told).await;
    }
    let call = json!({ "assistantId": "a1", "phoneNumberId": "p1", "customer": { "number": "+15550100113" } });
    server
        .accepts(
            "spend_api",
            json!({ "operation": "POST /call", "body": call }),
        )
        .await;
    let told = "the same call (same speaker, destination and time) was placed 0 s ago (id 1, at ";
    server.refuses("create_call", call.clone(), told).await;
    let told = "look up the first call with wait_for_call {\"callId\":\"1\"}";
    server.refuses("create_call", call, told).await;
}

#[tokio::test]
async fn the_kind_of_what_was_sent_before_is_known_for_every_operation_that_reaches_people() {
    let server = Guarded::new(Rules::default()).await;
    let in_session = |operation: &str| {
        let body = json!({ "assistantId": "a1", "sessionId": operation, "input": "Hello." });
        json!({ "operation": operation, "body": body })
    };
    let first = json!({ "name": "x", "assistantId": "a3", "phoneNumberId": "p1", "customers": [{ "number": "+15550100114" }] });
    for (given, kind) in [
        (in_session("POST /chat"), "a chat"),
        (in_session("POST /chat/responses"), "a chat"),
        (
            json!({ "operation": "POST /campaign", "body": first }),
            "a campaign",
        ),
        (moved("c3"), "a campaign"),
        (
            json!({ "operation": "POST /call", "body": { "assistantId": "a1", "phoneNumberId": "p1", "customerId": "u1" } }),
            "the same call",
        ),
    ] {
        server.accepts("spend_api", given.clone()).await;
        let told = format!("Nothing was sent: {kind}");
        server
            .refuses_after_reading("spend_api", given.clone(), &told)
            .await;
        server
            .refuses_after_reading("spend_api", given, "(id 1, at ")
            .await;
    }
}
