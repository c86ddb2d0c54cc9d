//! The same call twice, and dry runs.

use super::*;

#[tokio::test]
async fn the_same_call_is_placed_once_unless_it_is_wanted_twice() {
    let guarded = Guarded::new(&[]).await;
    let mut process = guarded.start().await;
    accepted(&mut process, call(NUMBER)).await;
    let said = refused(&mut process, call("+1 555 010 0123")).await;
    assert!(
        said.contains("the same call") && said.contains("allowDuplicate: true"),
        "{said}"
    );
    let first = format!("to {NUMBER}; last known to be queued). If");
    assert!(
        said.contains("(id call-1, at 20") && said.contains(&first),
        "{said}"
    );
    assert!(
        said.ends_with("look the first one up with wait_for_call {\"callId\":\"call-1\"}."),
        "{said}"
    );
    assert_eq!(guarded.requests().await, 1);
    accepted(&mut process, with(call(NUMBER), "squadId", json!("s"))).await;
    for yes in [json!(true), json!("true")] {
        accepted(&mut process, with(call(NUMBER), "allowDuplicate", yes)).await;
        assert_eq!(guarded.sent().await.get("allowDuplicate"), None);
    }
    assert_eq!(guarded.requests().await, 4);
    let said = refused(
        &mut process,
        with(call(NUMBER), "allow_duplicate", json!(true)),
    )
    .await;
    assert!(said.contains("did you mean `allowDuplicate`?"), "{said}");
    assert_eq!(guarded.requests().await, 4);
}

#[tokio::test]
async fn a_duplicate_is_told_how_the_first_call_ended() {
    const REASON: &str = "call.start.error-vapi-number-outbound-daily-limit";
    let ended = json!({ "id": "call-1", "status": "ended", "endedReason": REASON });
    let guarded = Guarded::answering(
        &["--tools", "create_call"],
        ResponseTemplate::new(201).set_body_json(&ended),
    )
    .await;
    let mut process = guarded.start().await;
    accepted(&mut process, call(NUMBER)).await;
    let said = refused(&mut process, call(NUMBER)).await;
    assert!(
        said.contains(&format!("it has ended, {REASON}: ")),
        "{said}"
    );
    assert!(
        said.ends_with("look the first one up."),
        "a hidden tool is not named: {said}"
    );

    let queued = json!({ "id": "call-1", "status": "queued" });
    let guarded = Guarded::answering(&[], ResponseTemplate::new(201).set_body_json(&queued)).await;
    let mut process = guarded.start().await;
    accepted(&mut process, call(NUMBER)).await;
    guarded.vapi.reset().await;
    let over = json!({ "id": "call-1", "status": "ended", "endedReason": "customer-ended-call" });
    wiremock::Mock::given(wiremock::matchers::any())
        .respond_with(ResponseTemplate::new(200).set_body_json(&over))
        .mount(&guarded.vapi)
        .await;
    process
        .call("get_call", json!({ "callId": "call-1" }))
        .await;
    let said = refused(&mut process, call(NUMBER)).await;
    assert!(
        said.contains("it has ended, customer-ended-call: the person hung up)"),
        "{said}"
    );
}

#[tokio::test]
async fn a_duplicate_in_a_batch_is_told_by_its_number() {
    let rows = json!({ "errors": [], "results": [
        { "id": "b", "status": "queued", "customer": { "number": "+15550100124" } },
        { "id": "a", "status": "queued", "customer": { "number": NUMBER } },
    ] });
    let guarded = Guarded::answering(&[], ResponseTemplate::new(201).set_body_json(&rows)).await;
    let mut process = guarded.start().await;
    let both = json!({ "assistantId": "a", "phoneNumberId": "p",
                       "customers": [{ "number": NUMBER }, { "number": "+1 555 010 0124" }] });
    accepted(&mut process, both.clone()).await;
    let said = refused(&mut process, call(NUMBER)).await;
    assert!(
        said.contains("(id a, at 20") && said.contains(&format!("to {NUMBER};")),
        "{said}"
    );
    let said = refused(&mut process, both).await;
    assert!(
        said.contains("and that to 1 more of its destinations"),
        "{said}"
    );
}

#[tokio::test]
async fn a_dry_run_shows_the_request_and_sends_nothing() {
    let guarded = Guarded::new(&["--max-calls", "1/hour", "--allow-destinations", "+1"]).await;
    let mut process = guarded.start().await;
    let arguments = with(
        call("+1 555 010-0123"),
        "assistantOverrides",
        json!({ "metadata": { "apiKey": "s3cret" } }),
    );
    for yes in [json!(true), json!("true")] {
        let result = accepted(&mut process, with(arguments.clone(), "dryRun", yes)).await;
        let shown: Value = serde_json::from_str(text(&result)).unwrap();
        assert_eq!(shown["method"], "POST");
        assert_eq!(shown["url"], format!("{}/call", guarded.vapi.uri()));
        assert_eq!(shown["body"]["customer"]["number"], NUMBER);
        assert_eq!(shown["body"].get("dryRun"), None);
        assert!(
            !result.to_string().contains("s3cret") && !result.to_string().contains(KEY),
            "{result}"
        );
        assert!(
            result["content"][1]["text"]
                .as_str()
                .unwrap()
                .starts_with("Dry run: nothing was sent.")
        );
    }
    let said = refused(
        &mut process,
        with(call("+442079460958"), "dryRun", json!(true)),
    )
    .await;
    assert!(said.contains("is not among the destinations"), "{said}");
    for wrong in ["dry_run", "dryrun", "dryRum"] {
        let said = refused(&mut process, with(call(NUMBER), wrong, json!(true))).await;
        assert!(said.contains("did you mean `dryRun`?"), "{said}");
    }
    assert!(
        refused(&mut process, with(call(NUMBER), "dryRun", json!("perhaps")))
            .await
            .contains("`dryRun`")
    );
    assert_eq!(guarded.requests().await, 0);
    accepted(&mut process, arguments.clone()).await;
    assert_eq!(guarded.requests().await, 1, "a dry run reserves nothing");
    let mut dry: Value = arguments.clone();
    dry["customer"]["number"] = json!(NUMBER);
    assert_eq!(guarded.sent().await, dry);
    let said = refused(&mut process, with(arguments, "dryRun", json!(true))).await;
    assert!(said.contains("the same call"), "{said}");
}
