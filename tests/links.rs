//! Operations that redirect to a file: their link is shown and never opened.

use crate::support::{KEY, context, guard, members};
use serde_json::{Value, json};
use vapi_mcp::{
    api::{Api, Limits, Token},
    call::{Outcome, call_exposed},
    catalog::{OPERATIONS, Toolset},
};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::path};

/// A signed URL on a server that must not be asked.
fn signed(files: &MockServer) -> String {
    format!(
        "{}/a%20b.wav?X-Amz-Date=20260301T120000Z&X-Amz-Credential=AKIA%2F1&X-Amz-Signature=s1gnature&token=abcdef",
        files.uri()
    )
}

async fn read(vapi: &MockServer, given: Value) -> Outcome {
    send(vapi, "read_api", given).await
}

async fn send(vapi: &MockServer, tool: &str, given: Value) -> Outcome {
    let api = Api::new(vapi.uri(), Limits::default());
    let (token, guard, toolset) = (Token::new(KEY).unwrap(), guard(), Toolset::default());
    let tool = toolset.exposed(tool).unwrap();
    call_exposed(tool, members(given), context(&api, &token, &guard)).await
}

/// A Vapi with a call of this status, and this answer for its files.
async fn vapi(call: ResponseTemplate, file: ResponseTemplate) -> MockServer {
    let vapi = MockServer::start().await;
    Mock::given(path("/call/c-1"))
        .respond_with(call)
        .mount(&vapi)
        .await;
    Mock::given(wiremock::matchers::any())
        .respond_with(file)
        .with_priority(9)
        .mount(&vapi)
        .await;
    vapi
}

fn call_with(status: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({ "id": "c-1", "status": status }))
}

#[tokio::test]
async fn every_file_is_answered_with_its_whole_link_which_is_not_opened() {
    let files = MockServer::start().await;
    let url = signed(&files);
    let found = ResponseTemplate::new(302).insert_header("location", url.as_str());
    let vapi = vapi(call_with("ended"), found).await;
    let operations: Vec<_> = OPERATIONS.iter().filter(|it| it.redirects).collect();
    assert_eq!(operations.len(), 7);
    for operation in &operations {
        let given = json!({ "operation": operation.key(), "params": { "id": "c-1" } });
        let outcome = read(&vapi, given).await;
        assert!(!outcome.is_error, "{}", outcome.text);
        let shown: Value = serde_json::from_str(&outcome.text).unwrap();
        assert_eq!(shown, json!({ "url": url }));
        let remarks = outcome.remarks.join("\n");
        assert!(remarks.contains("for anybody who has it"), "{remarks}");
        assert!(!remarks.contains("s1gnature"), "{remarks}");
    }
    assert_eq!(vapi.received_requests().await.unwrap().len(), 7);
    assert!(files.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_link_says_how_long_it_works_only_if_its_signature_does() {
    let url = "https://files.example.com/a.wav?Expires=32503680000&Signature=ab";
    let found = ResponseTemplate::new(302).insert_header("location", url);
    let vapi = vapi(call_with("ended"), found).await;
    let given = json!({ "operation": "GET /call/c-1/mono-recording" });
    let outcome = read(&vapi, given).await;
    let shown: Value = serde_json::from_str(&outcome.text).unwrap();
    assert_eq!(shown["url"], url);
    assert!(shown["expiresInSeconds"].as_u64().unwrap() > 900_000_000);
    assert!(
        outcome.remarks[0].contains(" seconds, for anybody"),
        "{:?}",
        outcome.remarks
    );
}

#[tokio::test]
async fn what_is_not_a_link_is_told_apart() {
    const OPERATION: &str = "GET /call/c-1/stereo-recording";
    let status = ResponseTemplate::new;
    let message = |code| status(code).set_body_json(json!({ "message": "Not here" }));
    for (call, file, words) in [
        // The file itself, which is not downloaded.
        (
            call_with("ended"),
            status(200).set_body_raw("RIFF", "audio/wav"),
            "Vapi sent the file itself (audio/wav) instead of a link",
        ),
        (
            call_with("ended"),
            status(200).set_body_bytes(b"RIFF"),
            "Vapi sent the file itself",
        ),
        (call_with("ended"), status(302), "has no URL of a file"),
        (
            call_with("ended"),
            status(302).insert_header("location", "/login"),
            "VAPI_API_BASE_URL",
        ),
        (
            call_with("ended"),
            status(301).insert_header("location", "https://api.example.com/"),
            "301 Moved Permanently",
        ),
        (call_with("ended"), message(401), "Check VAPI_TOKEN"),
        // No call, no recording, no recording yet.
        (
            message(404),
            message(404),
            "Nothing in this account and region has this id.",
        ),
        (
            call_with("ended"),
            message(404),
            "This id exists (its status is ended), but this file does not",
        ),
        (
            call_with("in-progress"),
            message(404),
            "(its status is in-progress)",
        ),
        (message(403), message(404), "Either nothing in this account"),
    ] {
        let vapi = vapi(call, file).await;
        let outcome = read(&vapi, json!({ "operation": OPERATION })).await;
        assert!(outcome.is_error, "{}", outcome.text);
        assert!(outcome.text.contains(words), "{words}: {}", outcome.text);
        assert!(
            !outcome.text.contains("api.example.com"),
            "{}",
            outcome.text
        );
    }
}

#[tokio::test]
async fn json_instead_of_a_redirect_is_shown() {
    let url = "https://files.example.com/a.wav?sig=s1gnature";
    let answer = json!({ "url": url, "apiKey": "s3cret" });
    let vapi = vapi(
        call_with("ended"),
        ResponseTemplate::new(200).set_body_json(&answer),
    )
    .await;
    let outcome = read(&vapi, json!({ "operation": "GET /call/c-1/pcap" })).await;
    let shown: Value = serde_json::from_str(&outcome.text).unwrap();
    assert_eq!(shown, json!({ "url": url, "apiKey": "[redacted]" }));
}

#[tokio::test]
async fn a_write_that_succeeds_without_a_body_is_told_and_nothing_is_invented() {
    let none = "`POST /squad` succeeded. Vapi's response has no body.".to_owned();
    for status in [200, 201, 204] {
        let vapi = vapi(call_with("ended"), ResponseTemplate::new(status)).await;
        let squad = json!({ "members": [{ "assistantId": "a-1" }] });
        let given = json!({ "operation": "POST /squad", "body": squad });
        let outcome = send(&vapi, "create_api", given).await;
        assert!(!outcome.is_error && outcome.text.is_empty(), "{outcome:?}");
        assert!(outcome.remarks.contains(&none), "{outcome:?}");
        // What was to be read is missing.
        for operation in ["GET /squad/s-1", "GET /squad", "GET /call/c-1/pcap"] {
            let outcome = read(&vapi, json!({ "operation": operation })).await;
            assert!(outcome.is_error, "{operation}: {outcome:?}");
        }
    }
}
