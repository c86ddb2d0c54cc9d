//! With what it does not start.

use std::process::Stdio;

use tempfile::TempDir;
use tokio::time::timeout;

use crate::{client::HANG, support::process::command};

async fn refusal(flags: &[&str], variables: &[(&str, &str)]) -> String {
    let folder = TempDir::new().unwrap();
    let mut command = command(folder.path(), variables);
    command.arg("http").args(flags).stdin(Stdio::null());
    let output = timeout(HANG, command.output())
        .await
        .expect("it serves")
        .unwrap();
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
