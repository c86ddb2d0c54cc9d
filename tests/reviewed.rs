//! What a body may hold while destinations are limited, with the program over real pipes.
use crate::support::{KEY, process::Process, vapi};
use serde_json::{Value, json};
use tempfile::TempDir;
use wiremock::{MockServer, ResponseTemplate};

async fn upstream() -> MockServer {
    let answer = json!({ "id": "call-1", "status": "queued" });
    vapi(ResponseTemplate::new(201).set_body_json(answer)).await
}

async fn start(folder: &TempDir, vapi: &MockServer, flags: &[&str]) -> Process {
    let uri = vapi.uri();
    let variables = [("VAPI_TOKEN", KEY), ("VAPI_API_BASE_URL", uri.as_str())];
    let mut process = Process::with_flags(folder.path(), &variables, flags);
    process.initialize("2025-11-25").await;
    process
}

fn call(index: usize, more: &Value) -> Value {
    let number = format!("+1555010{index:04}");
    let mut call =
        json!({ "assistantId": "a", "phoneNumberId": "p", "customer": { "number": number } });
    for (key, value) in more.as_object().unwrap() {
        call[key] = value.clone();
    }
    call
}

fn text(result: &Value) -> &str {
    result["content"][0]["text"].as_str().unwrap()
}

fn transfer(number: &str) -> Value {
    json!([{ "type": "transferCall", "destinations": [{ "type": "number", "number": number }] }])
}

#[tokio::test]
async fn a_property_that_nobody_has_reviewed_is_not_sent_while_destinations_are_limited() {
    let (folder, vapi) = (TempDir::new().unwrap(), upstream().await);
    let unknown = [
        json!({ "recipients": [{ "number": "+442079460958" }] }),
        json!({ "phoneNumber": { "forwardTo": "+442079460958" } }),
        json!({ "assistant": { "forwardingPhoneNumber": "+442079460958" } }),
        json!({ "assistantOverrides": { "transferTo": "+442079460958" } }),
    ];
    for flags in [["--allow-destinations", "+1"], ["--max-batch", "5"]] {
        let mut process = start(&folder, &vapi, &flags).await;
        for (index, more) in unknown.iter().enumerate() {
            let result = process.call("create_call", call(index, more)).await;
            let said = text(&result);
            assert!(
                said.starts_with("Nothing was sent: this server does not know the property `")
                    && said.contains(flags[0]),
                "{said}"
            );
        }
    }
    assert_eq!(vapi.received_requests().await.unwrap().len(), 0);
    let mut process = start(&folder, &vapi, &[]).await;
    for (index, more) in unknown.iter().enumerate() {
        let result = process.call("create_call", call(index, more)).await;
        assert_eq!(result["isError"], false, "{result}");
    }
    assert_eq!(
        vapi.received_requests().await.unwrap().len(),
        unknown.len(),
        "without a limit everything is passed on"
    );
}

#[tokio::test]
async fn a_transfer_is_allowed_by_the_same_list_and_its_number_is_sent_bare() {
    let (folder, vapi) = (TempDir::new().unwrap(), upstream().await);
    let mut process = start(&folder, &vapi, &["--allow-destinations", "+1"]).await;
    let places = |number: &str| {
        [
            json!({ "assistantId": null, "assistant": { "model": { "tools": transfer(number) } } }),
            json!({ "assistantOverrides": { "tools:append": transfer(number) } }),
            json!({ "phoneNumber": { "fallbackDestination": { "type": "number", "number": number } } }),
        ]
    };
    for (index, more) in places("+442079460958").iter().enumerate() {
        let result = process.call("create_call", call(index, more)).await;
        let said = text(&result);
        assert!(
            said.starts_with("Nothing was sent: +442079460958 at `") && said.contains(".number`"),
            "{said}"
        );
    }
    let saved = |number: &str| json!({ "name": "x", "llm": { "provider": "openai", "model": "m", "tools": transfer(number) } });
    let result = process
        .call("create_assistant", saved("+442079460958"))
        .await;
    assert!(
        text(&result).contains("`model.tools[0].destinations[0].number`"),
        "{result}"
    );
    assert_eq!(vapi.received_requests().await.unwrap().len(), 0);
    for (index, more) in places("+1 555 010 0199").iter().enumerate() {
        let result = process.call("create_call", call(index, more)).await;
        assert_eq!(result["isError"], false, "{result}");
    }
    let result = process
        .call("create_assistant", saved("+1 555 010 0199"))
        .await;
    assert_eq!(result["isError"], false, "{result}");
    let requests = vapi.received_requests().await.unwrap();
    let body: Value = serde_json::from_slice(&requests.last().unwrap().body).unwrap();
    assert_eq!(
        body.pointer("/model/tools/0/destinations/0/number"),
        Some(&json!("+15550100199"))
    );
}
