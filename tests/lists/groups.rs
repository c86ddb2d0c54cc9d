//! Groups of calls.

use super::*;

/// An answer of the analytics: groups of eight assistants.
fn groups() -> Value {
    let group = |number| {
        json!({
            "assistantId": format!("aaaaaaaa-0000-4000-8000-00000000000{number}"),
            "calls": number, "totalCost": 1.25, "averageDuration": 2.5, "totalDuration": 20.0,
        })
    };
    let range = json!({ "start": time(0), "end": time(1) });
    json!([{ "name": "calls", "timeRange": range, "result": (1..=8).map(group).collect::<Vec<_>>() }])
}

#[tokio::test]
async fn what_each_assistant_cost_is_one_call_and_a_kilobyte() {
    let upstream = crate::support::vapi(ResponseTemplate::new(200).set_body_json(groups())).await;
    for group in [json!("assistantId"), json!(["assistantId"])] {
        let arguments =
            json!({ "groupBy": group, "createdAfter": "2026-03-01T00:00:00Z", "step": "" });
        let outcome = call_tool(&upstream, "summarize_calls", members(arguments)).await;
        assert_eq!(rows(&outcome).len(), 8);
        assert!(
            outcome.text.len() + outcome.remarks.concat().len() <= 1_200,
            "{}",
            outcome.text.len()
        );
    }
    let requests = upstream.received_requests().await.unwrap();
    assert_eq!(requests.len(), 2);
    let sent: Value = requests[0].body_json().unwrap();
    assert_eq!(sent["queries"][0]["groupBy"], json!(["assistantId"]));
    assert_eq!(
        sent["queries"][0]["timeRange"],
        json!({ "start": "2026-03-01T00:00:00Z" })
    );
}

#[tokio::test]
async fn the_groups_of_one_assistant_are_chosen_here() {
    let upstream = crate::support::vapi(ResponseTemplate::new(200).set_body_json(groups())).await;
    let one = "aaaaaaaa-0000-4000-8000-000000000003";
    let arguments = json!({ "groupBy": ["status"], "createdAfter": "2026-03-01T00:00:00Z", "assistantId": one });
    let outcome = call_tool(&upstream, "summarize_calls", members(arguments)).await;
    let found = rows(&outcome);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["calls"], 3);
    let sent: Value = upstream.received_requests().await.unwrap()[0]
        .body_json()
        .unwrap();
    assert_eq!(
        sent["queries"][0]["groupBy"],
        json!(["status", "assistantId"])
    );
    assert!(!sent.to_string().contains(one));
    let arguments = json!({ "groupBy": "assistantId", "createdAfter": "2026-03-01T00:00:00Z", "assistantId": "other" });
    let outcome = call_tool(&upstream, "summarize_calls", members(arguments)).await;
    assert_eq!(outcome.text, "[]");
    said(&outcome, "None of the 8 rows that Vapi sent matches.");
    for (given, sent) in [
        ("status, type", json!(["status", "type"])),
        ("status,assistantId", json!(["status", "assistantId"])),
    ] {
        let arguments = json!({ "groupBy": given, "createdAfter": "2026-03-01T00:00:00Z" });
        call_tool(&upstream, "summarize_calls", members(arguments)).await;
        let requests = upstream.received_requests().await.unwrap();
        let body: Value = requests.last().unwrap().body_json().unwrap();
        assert_eq!(body["queries"][0]["groupBy"], sent);
    }
    let arguments = json!({ "groupBy": "status,colour", "createdAfter": "2026-03-01T00:00:00Z" });
    let outcome = call_tool(&upstream, "summarize_calls", members(arguments)).await;
    assert!(
        outcome.text.contains(
            "must be an array of assistantId, endedReason, status, type, and a string was given"
        ),
        "{}",
        outcome.text
    );
}

#[tokio::test]
async fn a_post_that_only_reads_is_retried_and_served_read_only() {
    let upstream = MockServer::start().await;
    Mock::given(matchers::path("/analytics"))
        .respond_with(ResponseTemplate::new(503))
        .up_to_n_times(1)
        .mount(&upstream)
        .await;
    Mock::given(matchers::path("/analytics"))
        .respond_with(ResponseTemplate::new(200).set_body_json(groups()))
        .mount(&upstream)
        .await;
    let rules = vapi_mcp::guard::rules::Rules {
        read_only: true,
        ..Default::default()
    };
    let guard = vapi_mcp::guard::Guard::new(rules).unwrap();
    let arguments =
        members(json!({ "groupBy": "assistantId", "createdAfter": "2026-03-01T00:00:00Z" }));
    let outcome =
        crate::support::call_guarded(&upstream, "summarize_calls", arguments, &guard).await;
    assert_eq!(rows(&outcome).len(), 8);
    assert_eq!(upstream.received_requests().await.unwrap().len(), 2);
}
