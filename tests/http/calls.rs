//! What clients of either era get.

use reqwest::{StatusCode, header};
use serde_json::{Value, json};

use super::client::{LEGACY, MODERN, Server, call, initialize, message, shown};

#[tokio::test]
async fn every_version_with_a_handshake_opens_a_session() {
    let server = Server::start(&[]).await;
    for version in ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"] {
        let response = server
            .post("one", &initialize(version))
            .send()
            .await
            .unwrap();
        assert!(response.headers().contains_key("mcp-session-id"));
        let answer = message(response).await;
        assert_eq!(answer["result"]["protocolVersion"], version);
        assert_eq!(answer["result"]["serverInfo"]["name"], "vapi-mcp");
    }
    let session = server.session("one").await;
    let list = json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/list" });
    let listed = message(session.post(&list).send().await.unwrap()).await;
    assert_eq!(
        listed["result"]["tools"].as_array().unwrap().len(),
        vapi_mcp::catalog::Toolset::default().all().count()
    );
    let answer = session
        .call("get_assistant", json!({ "assistantId": "a" }))
        .await;
    assert_eq!(shown(&answer)["id"], "one");
}

#[tokio::test]
async fn a_request_without_a_handshake_is_answered_in_json() {
    let server = Server::start(&[]).await;
    let params = json!({ "name": "get_assistant", "arguments": { "assistantId": "a" } });
    for (method, params) in [
        ("server/discover", json!({})),
        ("tools/list", json!({})),
        ("tools/call", params),
    ] {
        let response = server.modern("two", method, params).await;
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json");
        assert!(!response.headers().contains_key("mcp-session-id"));
        let answer = message(response).await;
        assert_eq!(answer["result"]["resultType"], "complete", "{answer}");
        if method == "tools/call" {
            assert_eq!(shown(&answer)["id"], "two");
        }
    }
    let requests = server.vapi.received_requests().await.unwrap();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].headers["authorization"], "Bearer two");
}

#[tokio::test]
async fn without_sessions_a_client_of_an_older_version_is_served_request_by_request() {
    let server = Server::start(&["--stateless"]).await;
    let response = server
        .post("one", &initialize(LEGACY))
        .send()
        .await
        .unwrap();
    assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json");
    assert!(!response.headers().contains_key("mcp-session-id"));
    assert_eq!(message(response).await["result"]["protocolVersion"], LEGACY);
    let request = server.post(
        "two",
        &call(1, "get_assistant", json!({ "assistantId": "a" })),
    );
    let response = request
        .header("mcp-protocol-version", LEGACY)
        .send()
        .await
        .unwrap();
    assert_eq!(shown(&message(response).await)["id"], "two");
}

#[tokio::test]
async fn a_session_ends_when_its_client_says_so() {
    let server = Server::start(&[]).await;
    let session = server.session("one").await;
    let delete = || {
        let request = server.http.delete(server.at("/mcp")).bearer_auth("one");
        request.header("mcp-session-id", &session.id)
    };
    assert!(delete().send().await.unwrap().status().is_success());
    assert_eq!(
        delete().send().await.unwrap().status(),
        StatusCode::NOT_FOUND
    );
    let call = session.call_request(1, "list_calls", json!({}));
    assert_eq!(call.send().await.unwrap().status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_call_beside_the_end_of_its_session_is_answered_or_finds_none() {
    let server = Server::start(&["--rate-per-token", "10000"]).await;
    for _ in 0..60 {
        let session = server.session("one").await;
        let delete = server.http.delete(server.at("/mcp")).bearer_auth("one");
        let delete = delete.header("mcp-session-id", &session.id).send();
        let list = |id| session.call_request(id, "list_tools", json!({})).send();
        let (first, deleted, second, third) = tokio::join!(list(1), delete, list(2), list(3));
        assert!(deleted.unwrap().status().is_success());
        for answer in [first, second, third] {
            let status = answer.unwrap().status();
            let expected = [StatusCode::OK, StatusCode::NOT_FOUND];
            assert!(expected.contains(&status), "{status}");
        }
    }
}

#[tokio::test]
async fn half_a_character_and_a_number_without_end_get_an_answer() {
    let server = Server::start(&["--stateless"]).await;
    let post = |body: &str| {
        let request = server.post("one", &json!(null)).body(body.to_owned());
        request.header("mcp-protocol-version", LEGACY).send()
    };
    let half = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"create_assistant","arguments":{"name":"\ud83d"}}}"#;
    assert_eq!(
        shown(&message(post(half).await.unwrap()).await)["id"],
        "one"
    );
    let requests = server.vapi.received_requests().await.unwrap();
    assert!(String::from_utf8_lossy(&requests[0].body).contains('\u{fffd}'));
    let endless = r#"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"list_calls","arguments":{"limit":1e999}}}"#;
    let answer = message(post(endless).await.unwrap()).await;
    assert_eq!(answer["error"]["code"], -32700, "{answer}");
}

#[tokio::test]
async fn what_is_no_message_is_refused_with_an_error_of_the_protocol() {
    let server = Server::start(&[]).await;
    for (body, code, id) in [
        ("", -32700, Value::Null),
        ("{", -32700, Value::Null),
        ("no JSON", -32700, Value::Null),
        (
            r#"[{"jsonrpc":"2.0","id":1,"method":"tools/list"}]"#,
            -32600,
            json!(1),
        ),
        (
            r#"[{"jsonrpc":"2.0","id":1,"method":"a"},{"jsonrpc":"2.0","id":2,"method":"b"}]"#,
            -32600,
            Value::Null,
        ),
        ("[]", -32600, Value::Null),
        ("5", -32600, Value::Null),
        ("{}", -32600, Value::Null),
        (r#"{"id":3,"method":"ping"}"#, -32600, json!(3)),
        (r#"{"jsonrpc":"2.0","id":"a"}"#, -32600, json!("a")),
        (
            r#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#,
            -32600,
            json!(1.5),
        ),
        (
            r#"{"jsonrpc":"2.0","id":18446744073709551615,"method":"ping"}"#,
            -32600,
            json!(u64::MAX),
        ),
        (
            r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#,
            -32600,
            Value::Null,
        ),
        (r#"{"jsonrpc":"2.0","id":4,"method":5}"#, -32600, json!(4)),
        (
            r#"{"jsonrpc":"2.0","id":4,"method":"ping","params":[1]}"#,
            -32602,
            json!(4),
        ),
        (
            r#"{"jsonrpc":"2.0","id":4,"method":"ping","params":{"a":1e999}}"#,
            -32700,
            json!(4),
        ),
    ] {
        let request = server.post("one", &json!(null)).body(body);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{body}");
        let answer: Value = response.json().await.unwrap();
        assert_eq!(answer["error"]["code"], code, "{answer}");
        assert_eq!(answer["id"], id, "{body}");
    }
    for kind in ["text/plain", "application/x-www-form-urlencoded"] {
        let ping = json!({ "jsonrpc": "2.0", "id": 5, "method": "ping" });
        let request = server.post("one", &ping).header(header::CONTENT_TYPE, kind);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{kind}");
        let answer: Value = response.json().await.unwrap();
        assert_eq!(
            (&answer["id"], &answer["error"]["code"]),
            (&json!(5), &json!(-32600))
        );
    }
}

#[tokio::test]
async fn an_unknown_version_is_refused_with_those_that_are_known() {
    let server = Server::start(&[]).await;
    let request = server.post(
        "one",
        &json!({
            "jsonrpc": "2.0", "id": 1, "method": "tools/list",
            "params": { "_meta": {
                "io.modelcontextprotocol/protocolVersion": "2099-01-01",
                "io.modelcontextprotocol/clientCapabilities": {},
            } },
        }),
    );
    let response = request
        .header("mcp-protocol-version", "2099-01-01")
        .header("mcp-method", "tools/list")
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    let text = response.text().await.unwrap();
    assert!(text.contains(MODERN), "{text}");
}

#[tokio::test]
async fn the_protocol_without_a_handshake_has_no_initialize() {
    let server = Server::start(&[]).await;
    let response = server.modern("one", "initialize", json!({})).await;
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    let answer: Value = response.json().await.unwrap();
    assert_eq!(answer["error"]["code"], -32601, "{answer}");
}

#[tokio::test]
async fn a_notification_is_not_answered_however_malformed() {
    let server = Server::start(&["--sse"]).await;
    let session = server.session("one").await;
    for body in [
        r#"{"method":"notifications/initialized"}"#,
        r#"{"jsonrpc":"2.0","method":5}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":[1]}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{}}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"a":1e999}}"#,
        r#"{"jsonrpc":"2.0","id":null,"method":"notifications/initialized","params":[]}"#,
    ] {
        let response = session.post(&json!(null)).body(body).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::ACCEPTED, "{body}");
        assert_eq!(response.text().await.unwrap(), "", "{body}");
    }
}
