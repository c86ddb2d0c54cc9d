//! The recorder of fixtures, against a Vapi of our own: what it writes is an exchange that the
//! tests can replay, and holds nothing private.

#[path = "../examples/record/recorder/mod.rs"]
mod recorder;
use std::path::Path;

use crate::support::{Fixture, KEY, call_tool, vapi};
use serde_json::{Value, json};
use tempfile::TempDir;
use vapi_mcp::config::Config;
use wiremock::ResponseTemplate;

async fn record(uri: &str, folder: &Path, words: &[&str]) {
    let variable = |name: &str| match name {
        "VAPI_TOKEN" => Some(KEY.to_owned()),
        "VAPI_API_BASE_URL" => Some(uri.to_owned()),
        _ => None,
    };
    let config = Config::read(None, variable, folder).unwrap();
    let words: Vec<_> = words.iter().map(|word| (*word).to_owned()).collect();
    let files = recorder::record(config, folder, &words).await.unwrap();
    assert_eq!(files.len(), 2);
}

#[tokio::test]
async fn a_recorded_list_keeps_its_filters() {
    let vapi_server = vapi(ResponseTemplate::new(200).set_body_json(json!([]))).await;
    let folder = TempDir::new().unwrap();
    let filters = r#"{"createdAfter":"2026-01-01","limit":7}"#;
    record(
        &vapi_server.uri(),
        folder.path(),
        &["list_calls", "list_tools", filters],
    )
    .await;
    let [calls, tools] = ["recorded_01_list_calls.json", "recorded_02_list_tools.json"]
        .map(|name| Fixture::read(&folder.path().join(name)));
    assert_eq!(Value::Object(calls.request.query), json!({ "limit": "20" }));
    let sent = json!({ "createdAtGe": "2026-01-01", "limit": "7" });
    assert_eq!(Value::Object(tools.request.query), sent);
    assert_eq!(
        Value::Object(tools.arguments),
        json!({ "createdAfter": "2026-01-01", "limit": 7 })
    );
}

#[tokio::test]
async fn a_recorded_exchange_is_scrubbed_and_can_be_replayed() {
    let real = json!({
        "id": "3f1c9a77-1234-4abc-9def-0123456789ab", "status": "queued", "type": "outboundPhoneCall",
        "createdAt": "2026-03-04T10:00:06.100Z", "cost": 0.1067, "endedReason": null,
        "assistantId": "7a1c9a77-1234-4abc-9def-0123456789ab",
        "customer": { "number": "+14155550123", "name": "sarah" },
        "metadata": { "patient": "Jeremy", "Clinic Name": "Downtown", "a": { "jeremys_phone": 14155550123_u64, "voice": "sarah" } },
        "server": { "url": "https://hooks.brown.example/x?key=hunter2", "headers": { "X-Brown": "hunter2" } },
        "transcript": "AI: Hello Jeremy!\nUser: My code is hunter2.",
    });
    let vapi_server = vapi(ResponseTemplate::new(201).set_body_json(&real)).await;
    let folder = TempDir::new().unwrap();
    let arguments = json!({
        "assistantId": "7a1c9a77-1234-4abc-9def-0123456789ab",
        "phoneNumberId": "5b1c9a77-1234-4abc-9def-0123456789ab",
        "customer": { "number": "+14155550123" },
        "assistantOverrides": { "variableValues": { "jeremys_code": "hunter2" } },
    });
    record(
        &vapi_server.uri(),
        folder.path(),
        &[
            "create_call",
            &arguments.to_string(),
            "get_call",
            r#"{"callId":"3f1c9a77-1234-4abc-9def-0123456789ab"}"#,
        ],
    )
    .await;

    let paths = ["recorded_01_create_call.json", "recorded_02_get_call.json"]
        .map(|name| folder.path().join(name));
    for path in &paths {
        let text = std::fs::read_to_string(path).unwrap();
        for private in [
            "Jeremy",
            "Brown",
            "brown",
            "hunter2",
            "4155550123",
            "3f1c9a77",
            "7a1c9a77",
            "Downtown",
            "patient",
            "jeremys",
            "sarah",
            KEY,
        ] {
            assert!(!text.contains(private), "{private} is in {text}");
        }
    }
    let [call, get] = paths.map(|path| Fixture::read(&path));
    assert!(call.origin.starts_with("recorded"));
    let body = &call.response.body;
    for kept in ["status", "type", "createdAt", "cost", "endedReason"] {
        assert_eq!(body[kept], real[kept], "{kept}");
    }
    for key in ["transcript", "id"] {
        assert_eq!(
            body[key].as_str().unwrap().len(),
            real[key].as_str().unwrap().len()
        );
    }
    assert_eq!(
        call.arguments["assistantId"], body["assistantId"],
        "the same by the same"
    );
    assert_eq!(
        call.request.body.as_ref().unwrap()["customer"],
        json!({ "number": body["customer"]["number"] })
    );
    assert_eq!(
        get.request.path,
        format!("/call/{}", body["id"].as_str().unwrap())
    );

    for fixture in [call, get] {
        let replayed = vapi(fixture.response.template()).await;
        let outcome = call_tool(&replayed, &fixture.tool, fixture.arguments).await;
        assert!(!outcome.is_error, "{}", outcome.text);
        let sent = &replayed.received_requests().await.unwrap()[0];
        assert_eq!(sent.url.path(), fixture.request.path);
        let body = serde_json::from_slice::<Value>(&sent.body).ok();
        assert_eq!(body, fixture.request.body);
    }
}
