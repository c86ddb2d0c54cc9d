//! Messages made to cost more than they are worth: each is answered, briefly, and takes little
//! memory.

mod memory;

use std::time::Instant;

use crate::support::{
    KEY, call_tool, members,
    process::{Process, command},
    vapi, wait,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use wiremock::ResponseTemplate;

/// A program whose requests go to an address where nobody listens.
async fn started(folder: &TempDir) -> Process {
    let address = ("VAPI_API_BASE_URL", "http://127.0.0.1:9");
    let mut process = Process::start(folder.path(), &[("VAPI_TOKEN", KEY), address]);
    process.initialize("2025-11-25").await;
    process
}

#[tokio::test]
async fn what_is_too_much_is_refused_and_the_next_message_is_answered() {
    let folder = TempDir::new().unwrap();
    let mut process = started(&folder).await;
    let segments = |count: usize| json!({ "callId": "a", "fields": ["/a".repeat(count)] });
    let many: Vec<_> = (0..330_000).map(|number| format!("/{number}")).collect();
    for (arguments, named) in [
        (segments(12_000), "1 kB"),
        (segments(47_000), "1 kB"),
        (segments(65), "64 segments"),
        (
            json!({ "callId": "a", "fields": "/a".repeat(12_000) }),
            "1 kB",
        ),
        (
            json!({ "callId": "a", "fields": json!(["/a".repeat(100)]).to_string() }),
            "64 segments",
        ),
        (
            json!({ "callId": "a", "fields": vec!["/a"; 65] }),
            "the limit is 64",
        ),
        (
            json!({ "callId": "a", "fields": &many[..110_000] }),
            "110,000 pointers were given",
        ),
        (json!({ "callId": "a", "fields": many }), "120,000 members"),
        (json!({ "callId": "x".repeat(1_000_000) }), "2,000 bytes"),
    ] {
        let result = process.call("get_call", arguments).await;
        let text = result["content"][0]["text"].as_str().unwrap();
        assert_eq!(result["isError"], true);
        assert!(text.contains(named), "{text:.300}");
        assert!(text.len() < 1_000, "{text:.300}");
    }
    let cursor = process
        .call("list_calls", json!({ "cursor": "x".repeat(1_000_000) }))
        .await;
    assert!(
        cursor["content"][0]["text"]
            .as_str()
            .unwrap()
            .contains("is not a cursor")
    );
    assert_eq!(
        process.request("ping", json!({})).await["result"],
        json!({})
    );
}

#[tokio::test]
async fn an_error_repeats_no_more_than_200_characters_of_what_was_given() {
    let folder = TempDir::new().unwrap();
    let mut process = started(&folder).await;
    let long = "n".repeat(3_000_000);
    let unknown = process
        .request("tools/call", json!({ "name": long, "arguments": {} }))
        .await;
    assert!(
        unknown["error"]["message"]
            .as_str()
            .unwrap()
            .contains("nnn…`")
    );
    let method = process.request(&long, json!({})).await;
    let wrong_kinds = json!({ "callId": 1, long.as_str(): "x", "calID": "y" });
    let ignored = process
        .call("list_calls", json!({ long.as_str(): 1, "limit": "x" }))
        .await;
    let refused = process.call("get_call", wrong_kinds).await;
    let redacted = process
        .call(
            "create_assistant",
            json!({ "metadata": { long.as_str(): "[redacted]" } }),
        )
        .await;
    for answer in [unknown, method, ignored, refused, redacted] {
        assert!(
            answer.to_string().len() < 2_000,
            "{:.300}",
            answer.to_string()
        );
    }
    let mut command = command(folder.path(), &[("VAPI_TOKEN", KEY)]);
    let name = "n".repeat(100_000);
    let ended = wait::output(command.args(["call", &name])).await;
    assert!(ended.stderr.len() < 1_000);
}

#[tokio::test]
async fn of_many_faults_ten_are_told_and_all_are_counted() {
    let vapi = vapi(ResponseTemplate::new(500)).await;
    let customers: Vec<_> = (0..29_000).map(|_| json!({ "number": 5 })).collect();
    let outcome = call_tool(
        &vapi,
        "create_call",
        members(json!({ "customers": customers })),
    )
    .await;
    assert!(outcome.is_error);
    assert!(
        outcome.text.contains("customers[9].number"),
        "{:.500}",
        outcome.text
    );
    assert!(
        !outcome.text.contains("customers[10]"),
        "{:.500}",
        outcome.text
    );
    assert!(
        outcome.text.contains("and 28,990 more"),
        "{:.500}",
        outcome.text
    );
    let metadata: Vec<_> = (0..1_000).map(|_| "[redacted]").collect();
    let outcome = call_tool(
        &vapi,
        "create_assistant",
        members(json!({ "name": "a", "metadata": metadata })),
    )
    .await;
    assert!(
        outcome.text.contains("metadata[9]"),
        "{:.500}",
        outcome.text
    );
    assert!(
        outcome.text.contains("and 990 more"),
        "{:.500}",
        outcome.text
    );
    assert_eq!(vapi.received_requests().await.unwrap().len(), 0);
}

#[tokio::test]
async fn ignored_arguments_and_unmet_pointers_are_told_up_to_a_bound() {
    let keys: serde_json::Map<_, _> = (0..3_000)
        .map(|number| (format!("{number}{}", "k".repeat(1_000)), json!(0)))
        .collect();
    let vapi = vapi(ResponseTemplate::new(200).set_body_json(json!(keys))).await;
    let fields: Vec<_> = (0..64)
        .map(|number| format!("/{number}{}", "q".repeat(1_000)))
        .collect();
    let start = Instant::now();
    let mut given = json!({ "callId": "a", "fields": fields });
    for number in 0..500 {
        given[format!("unknown{number}")] = json!(number);
    }
    let outcome = call_tool(&vapi, "get_call", members(given)).await;
    println!(
        "64 unmet pointers against 3,000 keys: {:?}",
        start.elapsed()
    );
    assert!(!outcome.is_error, "{}", outcome.text);
    let remarks = outcome.remarks.join("\n");
    assert!(remarks.contains("`unknown9` and 490 more."), "{remarks}");
    assert!(remarks.len() < 4_000, "{remarks}");
}

#[tokio::test]
async fn what_is_almost_a_control_argument_places_no_call() {
    let vapi = vapi(ResponseTemplate::new(201).set_body_json(json!({ "id": "a" }))).await;
    let base = json!({
        "assistantId": "a", "phoneNumberId": "p", "customer": { "number": "+15550100123" },
    });
    let mut cases: Vec<Value> = [
        "dry run",
        "isDryRun",
        "dryRunOnly",
        "DRY_RUN",
        "dry",
        "DryRun ",
    ]
    .iter()
    .map(|key| {
        let mut given = base.clone();
        given[*key] = json!(true);
        given
    })
    .collect();
    let mut inside = base.clone();
    inside["customer"]["dryRun"] = json!(true);
    cases.push(inside);
    let mut as_text = base.clone();
    as_text["customer"] = json!(r#"{"number":"+15550100123","dry_run":true}"#);
    cases.push(as_text);
    cases.push(
        json!({ "arguments": { "dryRun": true }, "assistantId": "a", "phoneNumberId": "p",
        "customers": [{ "number": "+15550100123" }] }),
    );
    cases.push(json!({ "assistantId": "a", "phoneNumberId": "p",
        "customers": [{ "number": "+15550100123", "isDryRun": true }] }));
    for given in cases {
        let outcome = call_tool(&vapi, "create_call", members(given.clone())).await;
        assert!(outcome.is_error, "{given}");
        assert!(
            outcome.text.contains("`dryRun`"),
            "{given}: {}",
            outcome.text
        );
    }
    let outcome = call_tool(
        &vapi,
        "create_assistant",
        members(json!({ "name": "a", "dry_run": true })),
    )
    .await;
    assert!(
        outcome.text.contains("create_assistant has no dry run"),
        "{}",
        outcome.text
    );
    assert_eq!(vapi.received_requests().await.unwrap().len(), 0);
    // Variables belong to the caller.
    let mut variables = base;
    variables["assistantOverrides"] =
        json!({ "variableValues": { "dryRun": "yes", "cursor": "c" } });
    let outcome = call_tool(&vapi, "create_call", members(variables)).await;
    assert!(!outcome.is_error, "{}", outcome.text);
    assert_eq!(vapi.received_requests().await.unwrap().len(), 1);
}
