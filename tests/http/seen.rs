//! What an operator sees.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::client::{Server, message, shown};
use crate::support::wait;

const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

#[tokio::test]
async fn it_says_that_it_is_alive_and_ready_without_a_token() {
    let server = Server::start(&[]).await;
    for path in ["/healthz", "/readyz"] {
        let response = server.http.get(server.at(path)).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
    }
    let metrics = server.http.get(server.at("/metrics")).send().await.unwrap();
    assert_eq!(
        metrics.status(),
        StatusCode::NOT_FOUND,
        "they have their own address"
    );
}

#[tokio::test]
async fn what_happens_is_counted_and_no_id_is_shown() {
    let server = Server::start(&["--sse", "--metrics-listen", "127.0.0.1:0"]).await;
    let session = server.session("one-secret").await;
    session
        .call("get_assistant", json!({ "assistantId": "an-id" }))
        .await;
    let stream = server
        .http
        .get(server.at("/sse"))
        .bearer_auth("one-secret")
        .send()
        .await
        .unwrap();
    server.modern("", "tools/list", json!({})).await;
    server
        .modern("unknown", "tools/call", json!({ "name": "list_calls" }))
        .await;
    server
        .modern("unknown", "tools/call", json!({ "name": "list_calls" }))
        .await;
    let text = server.metrics_text().await;
    for line in [
        "vapi_mcp_requests_total{route=\"/mcp\",method=\"POST\",status=\"401\"} 2",
        "vapi_mcp_rejections_total{reason=\"no_token\"} 1",
        "vapi_mcp_rejections_total{reason=\"refused_token\"} 1",
        "vapi_mcp_upstream_requests_total{status=\"200\"} 1",
        "vapi_mcp_upstream_requests_total{status=\"401\"} 1",
        "vapi_mcp_upstream_duration_seconds_count 2",
        "vapi_mcp_request_duration_seconds_count{route=\"/mcp\"}",
        "vapi_mcp_sessions{kind=\"session\"} 1",
        "vapi_mcp_sessions{kind=\"sse\"} 1",
        "vapi_mcp_calls 0",
    ] {
        assert!(text.contains(line), "{line} in\n{text}");
    }
    for private in ["one-secret", "an-id", &session.id] {
        assert!(!text.contains(private), "{private}");
    }
    drop(stream);
    wait::until("the end of the stream", async || {
        let text = server.metrics_text().await;
        text.contains("vapi_mcp_sessions{kind=\"sse\"} 0")
    })
    .await;
}

#[tokio::test]
async fn a_log_line_is_json_and_names_the_trace_but_nothing_private() {
    let log = [("VAPI_MCP_LOG", "debug")];
    let mut server = Server::with(&["--log-format", "json"], &log).await;
    let params = json!({ "name": "get_assistant", "arguments": { "assistantId": "an-id" } });
    let request = server.modern_request("one-secret", "tools/call", params.clone());
    let answer = message(request.header("traceparent", TRACE).send().await.unwrap()).await;
    assert_eq!(shown(&answer)["id"], "one.secret");
    let mut with_meta = params;
    with_meta["_meta"] = json!({ "traceparent": TRACE.replace("01", "00") });
    server
        .modern("one-secret", "tools/call", with_meta.clone())
        .await;
    with_meta["_meta"] = json!({ "traceparent": "+15550100123" });
    server.modern("one-secret", "tools/call", with_meta).await;
    server.terminate();
    let (_, said) = server.ended().await;
    let lines: Vec<Value> = said
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let traces: Vec<_> = lines
        .iter()
        .filter(|line| line["message"] == "called")
        .map(|line| line["trace"].as_str())
        .collect();
    assert_eq!(
        traces,
        [Some(TRACE), Some(TRACE.replace("01", "00").as_str()), None]
    );
    for private in ["one-secret", "an-id", "+1555"] {
        assert!(!said.contains(private), "{said}");
    }
}
