//! Whose request it is.

use reqwest::{Method, StatusCode, header};
use serde_json::json;

use super::client::{Server, initialize, message, shown};

fn get_assistant() -> serde_json::Value {
    json!({ "name": "get_assistant", "arguments": { "assistantId": "a" } })
}

#[tokio::test]
async fn without_a_token_every_way_in_is_answered_401_with_a_challenge() {
    let server = Server::start(&["--sse"]).await;
    for (method, path) in [
        (Method::POST, "/mcp"),
        (Method::GET, "/mcp"),
        (Method::DELETE, "/mcp"),
        (Method::GET, "/sse"),
        (Method::POST, "/messages?sessionId=one"),
    ] {
        for given in [None, Some("Basic bWU6bWU=")] {
            let mut request = server.http.request(method.clone(), server.at(path));
            if let Some(given) = given {
                request = request.header(header::AUTHORIZATION, given);
            }
            let response = request.send().await.unwrap();
            assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{path}");
            // No metadata is named: there is no OAuth flow to start.
            assert_eq!(
                response.headers()[header::WWW_AUTHENTICATE],
                "Bearer realm=\"vapi-mcp\""
            );
        }
    }
    let response = server
        .modern("${VAPI_TOKEN}", "tools/list", json!({}))
        .await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    let challenge = response.headers()[header::WWW_AUTHENTICATE]
        .to_str()
        .unwrap();
    assert!(challenge.contains("error=\"invalid_token\""), "{challenge}");
}

#[tokio::test]
async fn a_token_that_vapi_refused_is_refused_without_asking_again() {
    let server = Server::start(&[]).await;
    let first = server
        .modern("unknown", "tools/call", get_assistant())
        .await;
    assert_eq!(first.status(), StatusCode::OK);
    let first = message(first).await;
    assert_eq!(first["result"]["isError"], true);
    let text = first["result"]["content"][0]["text"].as_str().unwrap();
    assert!(
        text.contains("401") && text.contains("Invalid Key."),
        "{text}"
    );

    for method in ["tools/call", "tools/list"] {
        let params = if method == "tools/call" {
            get_assistant()
        } else {
            json!({})
        };
        let again = server.modern("unknown", method, params).await;
        assert_eq!(again.status(), StatusCode::UNAUTHORIZED);
        let challenge = again.headers()[header::WWW_AUTHENTICATE].to_str().unwrap();
        assert!(challenge.contains("error=\"invalid_token\""), "{challenge}");
        assert!(!again.text().await.unwrap().contains("unknown"));
    }
    assert_eq!(server.vapi.received_requests().await.unwrap().len(), 1);
    let other = server.modern("known", "tools/call", get_assistant()).await;
    assert_eq!(shown(&message(other).await)["id"], "known");
}

#[tokio::test]
async fn a_session_does_not_exist_for_another_token() {
    let server = Server::start(&[]).await;
    let session = server.session("one").await;
    let list = json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/list" });
    for method in [Method::POST, Method::GET, Method::DELETE] {
        let request = server
            .http
            .request(method.clone(), server.at("/mcp"))
            .bearer_auth("two")
            .header(header::ACCEPT, "application/json, text/event-stream")
            .header("mcp-session-id", &session.id);
        let request = if method == Method::POST {
            request.json(&list)
        } else {
            request
        };
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{method}");
    }
    let answer = session
        .call("get_assistant", json!({ "assistantId": "a" }))
        .await;
    assert_eq!(shown(&answer)["id"], "one", "its own goes on");
}

#[tokio::test]
async fn the_key_of_the_server_serves_nobody_unless_it_is_shared() {
    let ours = [("VAPI_TOKEN", "ours")];
    let server = Server::with(&[], &ours).await;
    let refused = server.modern("", "tools/call", get_assistant()).await;
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    let answer = message(server.modern("mine", "tools/call", get_assistant()).await).await;
    assert_eq!(shown(&answer)["id"], "mine");

    let server = Server::with(&["--share-token"], &ours).await;
    for (token, served) in [("", "ours"), ("mine", "mine")] {
        let answer = message(server.modern(token, "tools/call", get_assistant()).await).await;
        assert_eq!(shown(&answer)["id"], served);
    }
}

#[tokio::test]
async fn with_a_secret_for_callers_only_who_knows_it_is_served_with_the_servers_key() {
    let variables = [
        ("VAPI_TOKEN", "ours"),
        ("VAPI_MCP_SHARE_TOKEN", "true"),
        ("VAPI_MCP_CALLER_SECRET", "open-sesame"),
    ];
    let server = Server::with(&[], &variables).await;
    let refused = server
        .post("", &initialize("2025-06-18"))
        .send()
        .await
        .unwrap();
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    for (token, served) in [("open-sesame", "ours"), ("mine", "mine")] {
        let answer = message(server.modern(token, "tools/call", get_assistant()).await).await;
        assert_eq!(shown(&answer)["id"], served);
    }
    for request in server.vapi.received_requests().await.unwrap() {
        assert_ne!(request.headers["authorization"], "Bearer open-sesame");
    }
}

#[tokio::test]
async fn answers_of_many_callers_at_once_are_not_mixed_up() {
    let server = Server::start(&[]).await;
    let ask = async |number: usize| {
        let token = format!("caller-{}", number % 8);
        let answer = if number.is_multiple_of(2) {
            message(server.modern(&token, "tools/call", get_assistant()).await).await
        } else {
            let session = server.session(&token).await;
            session
                .call("get_assistant", json!({ "assistantId": "a" }))
                .await
        };
        assert_eq!(shown(&answer)["id"], token.replace('-', "."));
    };
    futures_util::future::join_all((0..64).map(ask)).await;
}
