//! Answers to batches of calls.

use super::*;

#[tokio::test]
async fn a_batch_tells_first_who_was_not_called_however_many_they_are() {
    let failure = |number: usize, error: &str| json!({ "customer": { "number": format!("+15550100{number:03}") }, "error": error });
    let mut failures: Vec<Value> = (0..40)
        .map(|n| failure(n, "Over Concurrency Limit"))
        .collect();
    failures.push(failure(100, "Not a number."));
    let called: Vec<Value> = (0..60)
        .map(|number| json!({ "id": format!("call-{number}"), "status": "queued" }))
        .collect();
    let batch = json!({ "results": called, "errors": failures });
    let upstream = vapi(ResponseTemplate::new(201).set_body_json(batch)).await;
    let outcome = call_tool(
        &upstream,
        "create_call",
        members(json!({ "assistantId": "a", "phoneNumberId": "p", "customers": [{ "number": "+15550100123" }] })),
    )
    .await;
    let named: Vec<String> = (0..20).map(|n| format!("+15550100{n:03}")).collect();
    assert_eq!(
        outcome.remarks,
        [
            "41 of 101 were not called; see `errors`.".to_owned(),
            format!(
                "Not called: {} and 20 more: Over Concurrency Limit",
                named.join(", ")
            ),
            "Not called: +15550100100: Not a number.".to_owned(),
            "Next, for each id in turn: wait_for_call {\"callId\":\"call-0\"}. Do not place the call again \
             for those that have an id."
                .to_owned(),
        ]
    );
    assert!(!outcome.is_error);
    let shown: Value = serde_json::from_str(&outcome.text).unwrap();
    let (errors, results) = (&shown["errors"], &shown["results"]);
    assert!(outcome.text.starts_with("{\"errors\":"), "failures first");
    assert_eq!(errors.as_array().unwrap().len(), 41);
    assert_eq!(
        errors[40],
        json!({ "number": "+15550100100", "error": "Not a number." })
    );
    assert_eq!(results.as_array().unwrap().len(), 60);
    assert_eq!(results[59], json!({ "id": "call-59", "status": "queued" }));
}

/// The answer to a batch of so many, each with overrides of so many bytes.
fn batch(called: usize, failed: usize, bytes: usize) -> Value {
    let person = |number: usize| json!({ "number": format!("+15550{number:06}"), "assistantOverrides": { "variableValues": { "name": "x".repeat(bytes) } } });
    let results: Vec<Value> = (0..called)
        .map(|number| {
            json!({
                "id": format!("cccccccc-0000-4000-8000-{number:012}"), "orgId": "o", "status": "queued",
                "assistantOverrides": { "firstMessage": "y".repeat(bytes) }, "customer": person(number),
            })
        })
        .collect();
    let errors: Vec<Value> = (0..failed)
        .map(|number| json!({ "customer": person(1_000 + number), "error": "why ".repeat(100) }))
        .collect();
    json!({ "subscriptionLimits": { "concurrencyBlocked": false }, "results": results, "errors": errors })
}

#[tokio::test]
async fn a_batch_shows_every_id_however_large_its_answer_is() {
    let given = || {
        members(
            json!({ "assistantId": "a", "phoneNumberId": "p", "customers": [{ "number": "+15550100123" }] }),
        )
    };
    for (called, failed, bytes) in [
        (5, 0, 4_000),
        (25, 0, 4_000),
        (400, 0, 2_000),
        (3, 2, 4_000),
        (200, 200, 100),
        (0, 400, 100),
    ] {
        let answer = ResponseTemplate::new(201).set_body_json(batch(called, failed, bytes));
        let outcome = call_tool(&vapi(answer).await, "create_call", given()).await;
        let shown: Value = serde_json::from_str(&outcome.text).unwrap();
        let rows = |key: &str| shown[key].as_array().unwrap().clone();
        assert_eq!(
            (rows("results").len(), rows("errors").len()),
            (called, failed)
        );
        for (number, row) in rows("results").iter().enumerate() {
            assert_eq!(row["id"], format!("cccccccc-0000-4000-8000-{number:012}"));
            assert_eq!(row["number"], format!("+15550{number:06}"));
        }
        for (number, row) in rows("errors").iter().enumerate() {
            assert_eq!(row["number"], format!("+15550{:06}", 1_000 + number));
        }
        assert!(!outcome.remarks.iter().any(|line| line.contains("missing")));
        let bytes = outcome.text.len() + outcome.remarks.join("\n").len();
        assert!(bytes <= 45_000, "{called} and {failed}: {bytes}");
    }
}

#[tokio::test]
async fn where_there_is_room_for_nothing_else_a_batch_shows_the_ids() {
    let upstream = vapi(ResponseTemplate::new(201).set_body_json(batch(400, 1, 10))).await;
    let api = Api::new(upstream.uri(), Limits::default());
    let (token, guard) = (Token::new(KEY).unwrap(), guard());
    let mut small = context(&api, &token, &guard);
    small.display.limit = 12_000;
    let given = members(
        json!({ "assistantId": "a", "phoneNumberId": "p", "customers": [{ "number": "+15550100123" }] }),
    );
    let outcome = call(find("create_call").unwrap(), given, small).await;
    let shown: Value = serde_json::from_str(&outcome.text).unwrap();
    assert_eq!(shown["results"].as_array().unwrap().len(), 400);
    assert_eq!(
        shown["results"][399],
        "cccccccc-0000-4000-8000-000000000399"
    );
    assert_eq!(shown["errors"][0], json!({ "number": "+15550001000" }));
}

#[tokio::test]
async fn a_scheduled_batch_says_when_it_rings_and_what_is_over_is_not_waited_for() {
    let remarks = async |results: Value| {
        let answer = json!({ "results": results, "errors": [] });
        let upstream = vapi(ResponseTemplate::new(201).set_body_json(answer)).await;
        let given = json!({ "assistantId": "a", "phoneNumberId": "p", "customers": [{ "number": "+15550100123" }] });
        call_tool(&upstream, "create_call", members(given))
            .await
            .remarks
    };
    let created = find("create_call").unwrap().view.created.unwrap();
    let later = json!({ "id": "c", "status": "scheduled" });
    let later = with_value(later, created.starts_at, "2099-01-01T09:00:00Z");
    let said = remarks(json!([later])).await;
    assert!(
        said[0].starts_with(
            "The call is scheduled for 2099-01-01T09:00:00Z: nobody has been called yet. After the call: wait_for_call"
        ),
        "{said:?}"
    );
    let over = json!({ "id": "over", "status": "ended", "endedReason": "unheard-of" });
    let said = remarks(json!([over, { "id": "d", "status": "queued" }])).await;
    let last = said.last().unwrap();
    assert!(
        last.starts_with("Next, for each id in turn: wait_for_call {\"callId\":\"d\"}."),
        "{said:?}"
    );
}

#[tokio::test]
async fn a_batch_tells_why_some_calls_ended_at_once() {
    const REASON: &str = "call.start.error-vapi-number-outbound-daily-limit";
    let ended = json!({ "id": "c", "status": "ended", "endedReason": REASON, "customer": { "sipUri": "sip:a@example.com" } });
    let answer = json!({ "results": [ended, ended], "errors": [] });
    let upstream = vapi(ResponseTemplate::new(201).set_body_json(answer)).await;
    let given = members(
        json!({ "assistantId": "a", "phoneNumberId": "p", "customers": [{ "number": "+15550100123" }] }),
    );
    let outcome = call_tool(&upstream, "create_call", given).await;
    let shown: Value = serde_json::from_str(&outcome.text).unwrap();
    let row = json!({ "id": "c", "sipUri": "sip:a@example.com", "status": "ended", "endedReason": REASON });
    assert_eq!(shown["results"], json!([row, row]));
    assert_eq!(outcome.remarks.len(), 2, "{:?}", outcome.remarks);
    assert!(outcome.remarks[0].starts_with(&format!("{REASON}: ")));
}
