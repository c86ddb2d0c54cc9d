//! Changes through the tool for all operations that change something.

use super::*;

#[tokio::test]
async fn every_operation_that_changes_an_object_merges() {
    let stored = json!({ "id": "s1", "name": "Crew", "members": [{ "assistantId": "a1" }], "future": { "x": 1 } });
    let server = vapi("/squad/s1", &[stored]).await;
    let given = json!({ "operation": "PATCH /squad/{id}", "params": { "id": "s1" }, "body": { "name": "Team" } });
    let outcome = changed(&server, &guard(), given).await;
    assert!(!outcome.is_error, "{}", outcome.text);
    assert_eq!(
        sent(&server).await,
        (
            "GET GET PATCH".to_owned(),
            json!({ "name": "Team", "members": [{ "assistantId": "a1" }] })
        )
    );
    assert_eq!(
        outcome.remarks,
        [
            "Changes: name from \"Crew\" to \"Team\". Also sent, unchanged, because Vapi requires it: `members`."
        ]
    );

    let server = vapi("/assistant/a1", &[assistant()]).await;
    let of = |body: Value, dry: bool| json!({ "operation": "PATCH /assistant/a1", "body": body, "dryRun": dry });
    let outcome = changed(
        &server,
        &guard(),
        of(json!({ "model": { "temperature": 0.2 } }), true),
    )
    .await;
    assert!(!outcome.is_error, "{}", outcome.text);
    let shown: Value = serde_json::from_str(&outcome.text).unwrap();
    let mut model = assistant()["model"].clone();
    model["temperature"] = json!(0.2);
    assert_eq!(shown["body"], json!({ "model": model }));
    assert_eq!(
        shown["changes"],
        json!([{ "at": "/model/temperature", "from": 0.7, "to": 0.2 }])
    );
    assert_eq!(outcome.remarks.len(), 1, "{:?}", outcome.remarks);
    assert_eq!(sent(&server).await.0, "GET");

    let outcome = changed(
        &server,
        &guard(),
        of(json!({ "model": { "provider": "anthropic" } }), false),
    )
    .await;
    assert!(
        outcome
            .text
            .contains("`body.model.model`: is required with the provider `anthropic`"),
        "{}",
        outcome.text
    );
    let outcome = changed(
        &server,
        &guard(),
        of(json!({ "model": { "temperature": 0.70 } }), false),
    )
    .await;
    assert_eq!(
        outcome.remarks,
        ["Nothing was sent: the object already is as requested."]
    );
    assert_eq!(sent(&server).await.0, "GET GET GET");
}

#[tokio::test]
async fn what_only_stops_something_is_sent_without_a_read() {
    for (operation, path, body) in [
        (
            "PATCH /v2/campaign/{id}",
            "/v2/campaign/c1",
            json!({ "status": "cancelled" }),
        ),
        (
            "PATCH /campaign/{id}",
            "/campaign/c1",
            json!({ "status": "ended" }),
        ),
        (
            "PATCH /session/{id}",
            "/session/c1",
            json!({ "status": "completed" }),
        ),
        (
            "PATCH /eval/simulation/run/{id}",
            "/eval/simulation/run/c1",
            json!({}),
        ),
    ] {
        let server = vapi(path, &[json!({ "id": "c1" })]).await;
        let given = json!({ "operation": operation, "params": { "id": "c1" }, "body": body });
        let outcome = changed(&server, &guard(), given).await;
        assert!(!outcome.is_error, "{operation}: {}", outcome.text);
        let (methods, sent) = sent(&server).await;
        assert_eq!(methods, "PATCH", "{operation}");
        assert_eq!(
            sent.as_object().map_or(0, |sent| sent.len()),
            body.as_object().unwrap().len()
        );
    }
}

#[tokio::test]
async fn a_campaign_is_read_where_its_contacts_are_shown() {
    let stored = json!({ "id": "c1", "name": "May", "assistantId": "a1", "customers": [{ "number": "+15550100123" }] });
    let server = vapi("/campaign/c1", std::slice::from_ref(&stored)).await;
    Mock::given(matchers::path("/v2/campaign/c1"))
        .respond_with(ResponseTemplate::new(200).set_body_json(stored))
        .mount(&server)
        .await;
    let given = json!({ "operation": "PATCH /v2/campaign/{id}", "params": { "id": "c1" }, "body": { "name": "June" } });
    let outcome = changed(&server, &guard(), given).await;
    assert!(!outcome.is_error, "{}", outcome.text);
    let requests = server.received_requests().await.unwrap();
    let paths: Vec<_> = requests.iter().map(|it| it.url.path()).collect();
    assert_eq!(paths, ["/campaign/c1", "/campaign/c1", "/v2/campaign/c1"]);
    assert_eq!(sent(&server).await.1, json!({ "name": "June" }));
}

#[tokio::test]
async fn an_object_inside_the_answer_of_the_read_is_merged_too() {
    let resource = json!({ "id": "x1", "name": "Words", "rules": [{ "a": 1 }], "options": { "case": true, "word": false } });
    let stored = json!({ "id": "d1", "provider": "11labs", "resource": resource });
    let server = vapi("/provider/11labs/pronunciation-dictionary/d1", &[stored]).await;
    let given = json!({
        "operation": "PATCH /provider/{provider}/{resourceName}/{id}",
        "params": { "provider": "11labs", "resourceName": "pronunciation-dictionary", "id": "d1" },
        "body": { "name": "Words", "options": { "word": true } },
    });
    let outcome = changed(&server, &guard(), given).await;
    assert!(!outcome.is_error, "{}", outcome.text);
    assert_eq!(
        sent(&server).await,
        (
            "GET GET PATCH".to_owned(),
            json!({ "options": { "case": true, "word": true } })
        )
    );
}
