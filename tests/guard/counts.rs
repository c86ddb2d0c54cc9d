//! Which calls count towards `--max-calls`.

use futures_util::future::join_all;

use super::*;

#[tokio::test]
async fn a_call_that_was_certainly_not_placed_may_be_tried_again() {
    let statuses = [400, 401, 402, 403, 404, 409, 422, 429, 451, 499];
    let calls = statuses.map(async |status| {
        let answer = ResponseTemplate::new(status).set_body_json(json!({ "message": "no" }));
        let guarded = Guarded::answering(&["--max-calls", "1/hour"], answer).await;
        let mut process = guarded.start().await;
        for _ in 0..2 {
            let said = refused(&mut process, call(NUMBER)).await;
            assert!(
                said.starts_with(&format!("Vapi answered {status}")),
                "{said}"
            );
        }
    });
    join_all(calls).await;
    let folder = TempDir::new().unwrap();
    let variables = [
        ("VAPI_TOKEN", KEY),
        ("VAPI_API_BASE_URL", "http://127.0.0.1:9"),
    ];
    let mut process = Process::with_flags(folder.path(), &variables, &["--max-calls", "1/hour"]);
    process.initialize("2025-11-25").await;
    for _ in 0..2 {
        let said = refused(&mut process, call(NUMBER)).await;
        assert!(said.starts_with("Vapi could not be reached"), "{said}");
    }
}

#[tokio::test]
async fn a_call_that_may_have_been_placed_counts() {
    for status in [301, 302, 307, 399, 408, 500, 502, 503, 599, 600, 999] {
        let guarded =
            Guarded::answering(&["--max-calls", "1/hour"], ResponseTemplate::new(status)).await;
        let mut process = guarded.start().await;
        let said = refused(&mut process, call(NUMBER)).await;
        assert!(
            said.starts_with(&format!("Vapi answered {status}")),
            "{said}"
        );
        assert!(
            refused(&mut process, call(NUMBER))
                .await
                .contains("the same call")
        );
        assert!(
            refused(&mut process, call("+15550100124"))
                .await
                .contains("at most 1 call per hour")
        );
        assert_eq!(guarded.requests().await, 1);
    }
}

#[tokio::test]
async fn a_call_that_was_cancelled_on_its_way_counts() {
    let guarded = Guarded::answering(
        &["--audit-log", "audit.jsonl"],
        placed().set_delay(Duration::from_secs(600)),
    )
    .await;
    let mut process = guarded.start().await;
    let params = json!({ "name": "create_call", "arguments": call(NUMBER) });
    process
        .send(json!({ "jsonrpc": "2.0", "id": 900, "method": "tools/call", "params": params }))
        .await;
    wait::until("the request", async || guarded.requests().await > 0).await;
    let cancel = json!({ "requestId": 900 });
    process
        .send(json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": cancel }))
        .await;
    assert!(
        refused(&mut process, call(NUMBER))
            .await
            .contains("the same call")
    );
    assert_eq!(guarded.requests().await, 1);
    process.end().await;
    assert!(
        guarded.audit().contains("\"outcome\":\"unknown\""),
        "{}",
        guarded.audit()
    );
}

/// Sends so many calls at once, and returns how many were placed.
async fn at_once(guarded: &Guarded, arguments: impl Fn(usize) -> Value) -> usize {
    const COUNT: usize = 100;
    let mut process = guarded.start().await;
    for index in 0..COUNT {
        let params = json!({ "name": "create_call", "arguments": arguments(index) });
        process.send(json!({ "jsonrpc": "2.0", "id": 1_000 + index, "method": "tools/call", "params": params })).await;
    }
    let mut well = 0;
    for _ in 0..COUNT {
        let response = process.receive().await;
        well += usize::from(response["result"]["isError"] == false);
    }
    assert_eq!(guarded.requests().await, well);
    well
}

#[tokio::test]
async fn a_hundred_identical_calls_at_once_place_one() {
    let guarded = Guarded::answering(&[], placed().set_delay(Duration::from_millis(300))).await;
    assert_eq!(at_once(&guarded, |_| call(NUMBER)).await, 1);
}

#[tokio::test]
async fn a_hundred_different_calls_at_once_place_as_many_as_are_allowed() {
    let guarded = Guarded::answering(
        &["--max-calls", "5/hour"],
        placed().set_delay(Duration::from_millis(300)),
    )
    .await;
    assert_eq!(
        at_once(&guarded, |index| call(&format!("+1555010{index:04}"))).await,
        5
    );
}

#[tokio::test]
async fn every_destination_of_a_batch_counts() {
    let guarded = Guarded::new(&["--max-calls", "3/hour"]).await;
    let mut process = guarded.start().await;
    let batch = |last: u32| {
        let customers: Vec<_> = (last - 1..=last)
            .map(|n| json!({ "number": format!("+155501001{n}") }))
            .collect();
        json!({ "assistantId": "a", "phoneNumberId": "p", "customers": customers })
    };
    accepted(&mut process, batch(12)).await;
    let said = refused(&mut process, batch(14)).await;
    assert!(
        said.contains("at most 3 calls per hour, 2 are used and 2 more would be too many"),
        "{said}"
    );
    let said = refused(&mut process, call("+15550100112")).await;
    assert!(
        said.contains("at most 3 calls per hour") || said.contains("the same call"),
        "{said}"
    );
    let twice = json!({ "assistantId": "a", "phoneNumberId": "p", "customers": [{ "number": NUMBER }, { "number": NUMBER }] });
    assert!(
        refused(&mut process, twice)
            .await
            .contains("it contains the same destination twice")
    );
    assert_eq!(guarded.requests().await, 1);
}
