//! The commands of the terminal.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test may fail"
)]

mod support;

use std::process::{Output, Stdio};

use serde_json::{Value, json};
use support::{KEY, process::command, vapi};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use wiremock::{MockServer, ResponseTemplate};

/// Runs the program with these words, and this on standard input.
async fn run(vapi: &MockServer, words: &[&str], input: &str) -> Output {
    let folder = TempDir::new().unwrap();
    let uri = vapi.uri();
    let environment = [("VAPI_TOKEN", KEY), ("VAPI_API_BASE_URL", uri.as_str())];
    let mut child = command(folder.path(), &environment)
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .await
        .unwrap();
    child.wait_with_output().await.unwrap()
}

async fn answering(status: u16, body: Value) -> MockServer {
    vapi(ResponseTemplate::new(status).set_body_json(body)).await
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn a_call_prints_the_answer_and_nothing_else() {
    let vapi = answering(200, json!([{ "id": "a", "transcript": "x", "cost": 0.1 }])).await;
    let output = run(
        &vapi,
        &["call", "list_calls", "limit=5", "createdAfter=2026-01-01"],
        "",
    )
    .await;
    assert_eq!(text(&output.stdout), "[{\"id\":\"a\",\"cost\":0.1}]\n");
    assert_eq!(text(&output.stderr), "");
    assert!(output.status.success());
    let sent = vapi.received_requests().await.unwrap();
    assert_eq!(sent[0].url.query(), Some("createdAtGe=2026-01-01&limit=5"));
}

#[tokio::test]
async fn remarks_go_to_standard_error() {
    let vapi = answering(200, json!([])).await;
    let output = run(&vapi, &["call", "list_calls", "status=ended"], "").await;
    assert_eq!(text(&output.stdout), "[]\n");
    assert!(
        text(&output.stderr)
            .starts_with("Ignored, because list_calls has no such argument: `status`.")
    );
    assert!(output.status.success());
}

#[tokio::test]
async fn arguments_may_come_as_json_or_from_standard_input() {
    let vapi = answering(201, json!({ "id": "a" })).await;
    let arguments =
        r#"{"assistantId":"a","phoneNumberId":"p","customer":{"number":"+15550100123"}}"#;
    for (words, input) in [
        (vec!["call", "create_call", arguments], ""),
        (vec!["call", "create_call", "-"], arguments),
        (
            vec![
                "call",
                "create_call",
                "assistantId=a",
                "phoneNumberId=p",
                "customer.number=+15550100123",
            ],
            "",
        ),
    ] {
        let output = run(&vapi, &words, input).await;
        assert_eq!(
            text(&output.stdout),
            "{\"id\":\"a\"}\n",
            "{}",
            text(&output.stderr)
        );
        let sent = vapi.received_requests().await.unwrap();
        let body: Value = serde_json::from_slice(&sent.last().unwrap().body).unwrap();
        assert_eq!(body, serde_json::from_str::<Value>(arguments).unwrap());
    }
}

#[tokio::test]
async fn a_tool_error_is_exit_code_1_and_goes_to_standard_error() {
    let vapi = answering(404, json!({ "message": "No such call." })).await;
    for (words, said) in [
        (
            vec!["call", "get_call", "callId=x"],
            "Vapi answered 404 Not Found: No such call.",
        ),
        (
            vec!["call", "get_call"],
            "Nothing was sent: get_call cannot be called",
        ),
        (
            vec!["call", "gt_call"],
            "vapi-mcp: there is no tool `gt_call`; did you mean get_call",
        ),
        (
            vec!["call", "get_call", "x"],
            "vapi-mcp: `x` is neither key=value nor",
        ),
    ] {
        let output = run(&vapi, &words, "").await;
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(text(&output.stdout), "");
        assert!(
            text(&output.stderr).starts_with(said),
            "{}",
            text(&output.stderr)
        );
    }
    assert_eq!(vapi.received_requests().await.unwrap().len(), 1);
}

#[tokio::test]
async fn tools_shows_a_person_what_there_is() {
    let vapi = answering(500, json!({})).await;
    let list = run(&vapi, &["tools"], "").await;
    // Below the tools, an empty line and how to see more.
    let tools = vapi_mcp::tools::TOOLS.len();
    assert_eq!(text(&list.stdout).lines().count(), tools + 2);
    let one = run(&vapi, &["tools", "create_call"], "").await;
    insta::assert_snapshot!(text(&one.stdout));
    for output in [list, one] {
        assert!(!output.stdout.contains(&0x1b), "colours are for terminals");
    }
}

#[tokio::test]
async fn tools_as_json_is_what_clients_are_told() {
    let vapi = answering(500, json!({})).await;
    let list = run(&vapi, &["tools", "--json"], "").await;
    let list: Vec<Value> = serde_json::from_slice(&list.stdout).unwrap();
    let faces: Vec<Value> = vapi_mcp::tools::TOOLS
        .iter()
        .map(vapi_mcp::tools::face)
        .collect();
    assert_eq!(list, faces);
    let one = run(&vapi, &["tools", "get_tool", "--json"], "").await;
    assert_eq!(
        serde_json::from_slice::<Value>(&one.stdout).unwrap(),
        faces[9]
    );
}

#[tokio::test]
async fn help_names_every_command_and_variable() {
    let vapi = answering(500, json!({})).await;
    let output = run(&vapi, &["--help"], "").await;
    let help = text(&output.stdout);
    for word in [
        "call",
        "tools",
        "--region",
        "VAPI_TOKEN",
        "VAPI_API_BASE_URL",
        "VAPI_MCP_LOG",
        "VAPI_MCP_READ_ONLY",
        "--read-only",
        "--tools",
        "--allow-destinations",
        "--deny-destinations",
        "--call-hours",
        "--max-calls",
        "--max-batch",
        "--confirm",
        "--audit-log",
        "NO_COLOR",
    ] {
        assert!(help.contains(word), "{word}");
    }
}
