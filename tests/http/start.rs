//! With what it does not start.

use std::process::Stdio;

use reqwest::StatusCode;
use serde_json::json;

use tempfile::TempDir;

use crate::client::{LEGACY, Server};
use crate::support::{process::command, wait};

async fn refusal(flags: &[&str], variables: &[(&str, &str)]) -> String {
    let folder = TempDir::new().unwrap();
    let mut command = command(folder.path(), variables);
    command.arg("http").args(flags).stdin(Stdio::null());
    let output = wait::output(&mut command).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    String::from_utf8(output.stderr).unwrap()
}

#[tokio::test]
async fn what_would_be_unsafe_is_refused_in_words() {
    let key = ("VAPI_TOKEN", "s3cret");
    for (flags, variables, words) in [
        (
            &["--listen", "0.0.0.0:0", "--share-token"][..],
            &[key][..],
            "VAPI_MCP_CALLER_SECRET",
        ),
        (
            &["--listen", "[::]:0", "--share-token"],
            &[key],
            "VAPI_MCP_CALLER_SECRET",
        ),
        (
            &["--share-token", "--allowed-hosts", "mcp.example.com"],
            &[key],
            "mcp.example.com",
        ),
        (
            &[],
            &[("VAPI_MCP_CALLER_SECRET", "s3cret")],
            "without --share-token",
        ),
        (&["--share-token"], &[], "VAPI_TOKEN is not set"),
        (&["--show-secrets"], &[key], "--show-secrets"),
        (
            &["--files", "."],
            &[key],
            "--files cannot be used with http",
        ),
        (
            &["--allowed-hosts", "https://a.example"],
            &[],
            "https://a.example",
        ),
        (&["--allowed-hosts", "*example.com"], &[], "*example.com"),
        (&["--allowed-hosts", "mcp.*"], &[], "mcp.*"),
        (&["--allowed-origins", "*"], &[], "`*` is not"),
        (&["--allowed-origins", "a.example"], &[], "a.example"),
        (
            &["--share-token", "--allowed-hosts", "*"],
            &[key],
            "VAPI_MCP_CALLER_SECRET",
        ),
        (
            &[],
            &[("VAPI_MCP_DRAIN_SECONDS", "soon")],
            "VAPI_MCP_DRAIN_SECONDS",
        ),
        (&[], &[("VAPI_MCP_LISTEN", "here")], "VAPI_MCP_LISTEN"),
        (&[], &[("VAPI_MCP_SSE", "perhaps")], "VAPI_MCP_SSE"),
        (
            &[],
            &[("VAPI_MCP_MAX_SESSIONS", "0")],
            "VAPI_MCP_MAX_SESSIONS",
        ),
        (
            &[],
            &[("VAPI_MCP_LOG_FORMAT", "xml")],
            "VAPI_MCP_LOG_FORMAT",
        ),
        (&["--listen", "192.0.2.1:1"], &[], "192.0.2.1:1"),
    ] {
        let said = refusal(flags, variables).await;
        assert!(said.contains(words), "{flags:?}: {said}");
        assert!(!said.contains("s3cret"), "{said}");
    }
}

#[tokio::test]
async fn a_flag_turns_off_what_its_variable_turns_on() {
    let server = Server::with(
        &["--sse=false", "--stateless=false", "--share-token=false"],
        &[
            ("VAPI_MCP_SSE", "true"),
            ("VAPI_MCP_STATELESS", "1"),
            ("VAPI_MCP_SHARE_TOKEN", "yes"),
            ("VAPI_TOKEN", "own"),
        ],
    )
    .await;
    let get = |path: &str| server.http.get(format!("{}{path}", server.url));
    let sse = get("/sse").bearer_auth("key").send().await.unwrap();
    assert_eq!(sse.status(), StatusCode::NOT_FOUND);
    let hello = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": LEGACY, "capabilities": {}, "clientInfo": { "name": "test", "version": "1" },
    } });
    let open = |key: Option<&str>| {
        let request = server.http.post(format!("{}/mcp", server.url));
        let request = request.header("accept", "application/json, text/event-stream");
        match key {
            Some(key) => request.bearer_auth(key),
            None => request,
        }
        .json(&hello)
        .send()
    };
    let opened = open(Some("key")).await.unwrap();
    assert!(
        opened.headers().contains_key("mcp-session-id"),
        "{opened:?}"
    );
    assert_eq!(open(None).await.unwrap().status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_list_in_a_variable_is_one_of_its_entries() {
    let variables = [("VAPI_MCP_ALLOWED_HOSTS", " a.example, b.example:1,,")];
    let server = Server::with(&[], &variables).await;
    for (host, known) in [
        ("a.example", true),
        ("b.example:1", true),
        ("c.example", false),
    ] {
        let asked = server
            .http
            .get(format!("{}/mcp", server.url))
            .bearer_auth("key");
        let answer = asked.header("host", host).send().await.unwrap();
        assert_eq!(answer.status() != StatusCode::FORBIDDEN, known, "{host}");
    }
}
