//! The commands of the terminal.

mod api;
mod help;
mod terminal;

use std::process::{Output, Stdio};

use crate::support::{KEY, process::command, vapi, wait};
use serde_json::{Value, json};
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
    wait::within("the end of the program", child.wait_with_output())
        .await
        .unwrap()
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
    let output = run(&vapi, &["call", "list_calls", "state=ended"], "").await;
    assert_eq!(text(&output.stdout), "[]\n");
    assert!(
        text(&output.stderr)
            .starts_with("Ignored, because list_calls has no such argument: `state`.")
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

/// The command exits with 1, and says this on standard error alone.
async fn assert_fails(vapi: &MockServer, words: &[&str], said: &str) {
    let output = run(vapi, words, "").await;
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stdout), "");
    assert!(
        text(&output.stderr).starts_with(said),
        "{}",
        text(&output.stderr)
    );
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
            "vapi-mcp: `x` is not key=value; a JSON object or `-`",
        ),
    ] {
        assert_fails(&vapi, &words, said).await;
    }
    assert_eq!(vapi.received_requests().await.unwrap().len(), 1);
}

#[tokio::test]
async fn tools_shows_a_person_what_there_is() {
    let vapi = answering(500, json!({})).await;
    let list = run(&vapi, &["tools"], "").await;
    // Below the tools, an empty line and how to see more.
    let tools = vapi_mcp::catalog::Toolset::default().all().count();
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
    let faces: Vec<Value> = vapi_mcp::catalog::Toolset::default()
        .all()
        .map(crate::support::definition)
        .collect();
    assert_eq!(list, faces);
    let one = run(&vapi, &["tools", "get_tool", "--json"], "").await;
    assert_eq!(
        serde_json::from_slice::<Value>(&one.stdout).unwrap(),
        faces[9]
    );
}

#[cfg(unix)]
mod unix {
    use std::{fs, fs::File, os::unix::fs::symlink, path::Path};

    use crate::support::process::Process;

    use super::*;

    /// Runs the program in a folder, without a key.
    async fn run_in(folder: &Path, variables: &[(&str, &str)], words: &[&str]) -> Output {
        let mut command = command(folder, variables);
        command.args(words).stdin(Stdio::null());
        wait::output(&mut command).await
    }

    fn make_fifo(path: &Path) {
        let made = std::process::Command::new("mkfifo").arg(path).status();
        assert!(made.unwrap().success());
    }

    #[tokio::test]
    async fn arguments_from_a_stream_without_end_are_refused() {
        let vapi = answering(200, json!([])).await;
        let uri = vapi.uri();
        let environment = [("VAPI_TOKEN", KEY), ("VAPI_API_BASE_URL", uri.as_str())];
        let folder = TempDir::new().unwrap();
        let mut command = command(folder.path(), &environment);
        command
            .args(["call", "list_calls", "-"])
            .stdin(File::open("/dev/zero").unwrap());
        let output = wait::output(&mut command).await;
        assert_eq!(output.status.code(), Some(1));
        let error = text(&output.stderr);
        let said = "standard input: it is larger than 4194304 bytes";
        assert!(error.contains(said), "{error}");
        assert!(vapi.received_requests().await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_dotenv_that_cannot_be_read_is_told_and_not_waited_for() {
        for (kind, told) in [
            ("fifo", "it is a FIFO (named pipe), not a regular file"),
            (
                "fifo behind a link",
                "it is a FIFO (named pipe), not a regular file",
            ),
            ("device", "it is a device, not a regular file"),
            ("folder", "it is a directory, not a regular file"),
            (
                "dangling link",
                "it is a link to a file that does not exist",
            ),
            ("endless", "it is larger than 65536 bytes"),
            ("binary", "it is not UTF-8 text"),
        ] {
            let folder = TempDir::new().unwrap();
            let folder = folder.path();
            let file = folder.join(".env");
            match kind {
                "fifo" => make_fifo(&file),
                "fifo behind a link" => {
                    make_fifo(&folder.join("pipe"));
                    symlink("pipe", &file).unwrap();
                }
                "device" => symlink("/dev/zero", &file).unwrap(),
                "folder" => fs::create_dir(&file).unwrap(),
                "dangling link" => symlink("nowhere", &file).unwrap(),
                "endless" => File::create(&file).unwrap().set_len(1 << 40).unwrap(),
                _ => fs::write(&file, b"VAPI_TOKEN=\xff").unwrap(),
            }
            let said = format!("VAPI_TOKEN is not set, and the file .env cannot be used: {told}.");
            let output = run_in(folder, &[], &["call", "list_calls"]).await;
            assert!(!output.status.success());
            let error = text(&output.stderr);
            assert!(error.contains(&said), "{kind}: {error}");
            // The server starts all the same, and its tools say what is missing.
            let mut server = Process::start(folder, &[]);
            server.initialize("2025-06-18").await;
            let result = server.call("list_calls", json!({})).await;
            let error = result["content"][0]["text"].as_str().unwrap();
            assert!(error.contains(&said), "{kind}: {error}");
            server.end().await;
        }
    }

    #[tokio::test]
    async fn a_dotenv_is_not_looked_for_when_the_variable_is_set() {
        let folder = TempDir::new().unwrap();
        make_fifo(&folder.path().join(".env"));
        let vapi = answering(200, json!([])).await;
        let uri = vapi.uri();
        let variables = [("VAPI_TOKEN", KEY), ("VAPI_API_BASE_URL", uri.as_str())];
        let output = run_in(folder.path(), &variables, &["call", "list_calls"]).await;
        assert!(output.status.success(), "{output:?}");
    }

    #[cfg(not(target_vendor = "apple"))]
    #[tokio::test]
    async fn certificates_that_are_no_regular_file_are_told_and_not_waited_for() {
        let folder = TempDir::new().unwrap();
        let fifo = folder.path().join("certificates");
        make_fifo(&fifo);
        for (file, kind) in [
            (fifo.to_str().unwrap(), "a FIFO (named pipe)"),
            ("/dev/zero", "a device"),
        ] {
            let variables = [("VAPI_TOKEN", KEY), ("SSL_CERT_FILE", file)];
            let output = run_in(folder.path(), &variables, &["call", "list_calls"]).await;
            let said = format!("SSL_CERT_FILE cannot be used: it is {kind}, not a regular file");
            let error = text(&output.stderr);
            assert!(error.contains(&said), "{error}");
        }
    }
}
