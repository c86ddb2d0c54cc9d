//! Clients that ask in their own way.

use reqwest::{Response, StatusCode, header};
use serde_json::{Value, json};

use super::client::{LEGACY, Server, call, initialize, message, shown};

/// A POST to this path with this `Accept`, or none.
async fn post(server: &Server, path: &str, accept: Option<&str>, body: &Value) -> Response {
    let mut request = server
        .http
        .post(server.at(path))
        .bearer_auth("one")
        .json(body);
    // Otherwise the client says */* by itself.
    let accept = accept.unwrap_or_default().parse().unwrap();
    let headers = header::HeaderMap::from_iter([(header::ACCEPT, accept)]);
    request = request.headers(headers);
    request.send().await.unwrap()
}

#[tokio::test]
async fn every_frame_of_a_stream_names_its_event() {
    let server = Server::start(&[]).await;
    let session = server.session("one").await;
    let list = json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/list" });
    let call = call(3, "get_assistant", json!({ "assistantId": "a" }));
    for body in [list, call] {
        let response = session.post(&body).send().await.unwrap();
        let text = response.text().await.unwrap();
        let mut frames = text.split("\n\n").filter(|frame| frame.contains("data:"));
        assert!(frames.clone().count() > 0);
        assert!(
            frames.all(|frame| frame.starts_with("event: message\ndata:")),
            "{text}"
        );
    }
}

#[tokio::test]
async fn who_takes_anything_or_one_of_both_is_served() {
    for flags in [&[][..], &["--stateless"]] {
        let server = Server::start(flags).await;
        for (accept, kind) in [
            (Some("*/*"), None),
            (None, None),
            (Some("application/json, */*;q=0.5"), None),
            (Some("application/*, text/*"), None),
            (Some("application/json"), Some("application/json")),
            (
                Some("application/json, text/event-stream;q=0"),
                Some("application/json"),
            ),
            (Some("text/event-stream"), Some("text/event-stream")),
        ] {
            let hello = post(&server, "/mcp", accept, &initialize(LEGACY)).await;
            assert_eq!(hello.status(), StatusCode::OK, "{accept:?}");
            if let Some(kind) = kind {
                assert_eq!(hello.headers()[header::CONTENT_TYPE], kind);
            }
            let session = hello.headers().get("mcp-session-id").cloned();
            let hello = message(hello).await;
            assert_eq!(hello["result"]["protocolVersion"], LEGACY, "{accept:?}");
            let call = call(1, "get_assistant", json!({ "assistantId": "a" }));
            let request = server
                .post("one", &call)
                .header("mcp-protocol-version", LEGACY);
            let request = match session {
                Some(session) => request.header("mcp-session-id", session),
                None => request,
            };
            let accept = accept.unwrap_or("*/*").parse().unwrap();
            let accept = header::HeaderMap::from_iter([(header::ACCEPT, accept)]);
            let answer = request.headers(accept).send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::OK);
            if let Some(kind) = kind {
                assert_eq!(answer.headers()[header::CONTENT_TYPE], kind);
            }
            assert_eq!(shown(&message(answer).await)["id"], "one");
        }
        let refused = post(&server, "/mcp", Some("text/html"), &initialize(LEGACY)).await;
        assert_eq!(refused.status(), StatusCode::NOT_ACCEPTABLE);
        let refused: Value = refused.json().await.unwrap();
        assert_eq!(
            (&refused["id"], &refused["error"]["code"]),
            (&json!(0), &json!(-32600))
        );
    }
}

/// A question would be an event, which it does not take.
#[tokio::test]
async fn who_takes_json_only_is_not_kept_waiting_by_a_question() {
    let server = Server::start(&["--confirm", "dial"]).await;
    let mut hello = initialize(LEGACY);
    hello["params"]["capabilities"] = json!({ "elicitation": {} });
    let hello = post(&server, "/mcp", Some("application/json"), &hello).await;
    let session = hello.headers()["mcp-session-id"].clone();
    let customer = json!({ "number": "+15550100123" });
    let arguments = json!({ "assistantId": "a", "phoneNumberId": "p", "customer": customer });
    let call = call(1, "create_call", arguments);
    let request = server.post("one", &call).header("mcp-session-id", session);
    let accept = (header::ACCEPT, "application/json".parse().unwrap());
    let request = request.headers(header::HeaderMap::from_iter([accept]));
    let answer = message(request.send().await.unwrap()).await;
    assert_eq!(answer["result"]["isError"], true, "{answer}");
    assert!(server.vapi.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn the_stream_of_a_session_is_open_to_who_takes_anything() {
    let server = Server::start(&[]).await;
    let session = server.session("one").await;
    for (accept, status) in [("application/json", 406), ("*/*", 200)] {
        let get = server.http.get(server.at("/mcp")).bearer_auth("one");
        let get = get
            .header(header::ACCEPT, accept)
            .header("mcp-session-id", &session.id);
        assert_eq!(get.send().await.unwrap().status(), status, "{accept}");
    }
}

#[tokio::test]
async fn a_slash_at_the_end_of_an_address_is_nothing() {
    let server = Server::start(&["--sse"]).await;
    let hello = post(&server, "/mcp/", Some("*/*"), &initialize(LEGACY)).await;
    let session = hello.headers()["mcp-session-id"].clone();
    assert_eq!(message(hello).await["result"]["protocolVersion"], LEGACY);
    let delete = server.http.delete(server.at("/mcp/")).bearer_auth("one");
    let deleted = delete
        .header("mcp-session-id", session)
        .send()
        .await
        .unwrap();
    assert_eq!(deleted.status(), StatusCode::OK);
    let stream = server.http.get(server.at("/sse/")).bearer_auth("one");
    let mut stream = stream.send().await.unwrap();
    assert_eq!(stream.status(), StatusCode::OK);
    let first = stream.chunk().await.unwrap().unwrap();
    let first = String::from_utf8(first.to_vec()).unwrap();
    let address = first.split("data: ").nth(1).unwrap().trim();
    let address = address.replace("/messages?", "/messages/?");
    let posted = post(&server, &address, None, &initialize(LEGACY)).await;
    assert_eq!(posted.status(), StatusCode::ACCEPTED);
}

#[tokio::test]
async fn a_version_header_does_not_refuse_the_negotiation() {
    for flags in [&[][..], &["--stateless"]] {
        let server = Server::start(flags).await;
        for (header, asked, agreed) in [
            ("2025-11-25", LEGACY, LEGACY),
            ("2099-01-01", "2099-01-01", "2025-11-25"),
            ("2026-07-28", "2026-07-28", "2025-11-25"),
            ("nonsense", LEGACY, LEGACY),
        ] {
            let request = server.post("one", &initialize(asked));
            let response = request.header("mcp-protocol-version", header).send().await;
            let answer = message(response.unwrap()).await;
            assert_eq!(
                answer["result"]["protocolVersion"], agreed,
                "{header}: {answer}"
            );
        }
    }
}

#[tokio::test]
async fn a_session_that_is_gone_does_not_keep_a_client_from_opening_another() {
    let server = Server::start(&[]).await;
    for stale in ["nonsense", "00000000-0000-4000-8000-000000000000"] {
        let request = server.post("one", &initialize(LEGACY));
        let response = request
            .header("mcp-session-id", stale)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{stale}");
        let id = response.headers()["mcp-session-id"]
            .to_str()
            .unwrap()
            .to_owned();
        assert_ne!(id, stale);
        assert_eq!(message(response).await["result"]["protocolVersion"], LEGACY);
    }
}

#[tokio::test]
async fn initialize_is_accepted_as_long_as_it_can_be_understood() {
    for flags in [&[][..], &["--stateless"]] {
        let server = Server::start(flags).await;
        let icons = json!([{ "src": "x", "sizes": "48x48" }]);
        for params in [
            json!({ "protocolVersion": LEGACY }),
            json!({ "protocolVersion": LEGACY, "capabilities": {} }),
            json!({ "protocolVersion": LEGACY, "capabilities": [], "clientInfo": { "name": "x" } }),
            json!({ "protocolVersion": LEGACY, "capabilities": { "experimental": [] } }),
            json!({ "protocolVersion": LEGACY, "clientInfo": { "name": "x", "version": "1", "icons": icons } }),
            json!({ "protocolVersion": LEGACY, "clientInfo": { "name": "x", "version": "1", "title": null } }),
        ] {
            let body =
                json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params });
            let response = server.post("one", &body).send().await.unwrap();
            assert_eq!(response.status(), StatusCode::OK, "{body}");
            assert_eq!(message(response).await["result"]["protocolVersion"], LEGACY);
        }
        for (params, told) in [
            (json!({}), "params.protocolVersion is missing"),
            (json!([]), "params.protocolVersion is missing"),
            (
                json!({ "protocolVersion": 1 }),
                "params.protocolVersion must be a string",
            ),
            (json!("x"), "params must be an object"),
        ] {
            let body =
                json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params });
            let response = server.post("one", &body).send().await.unwrap();
            assert_eq!(response.status(), StatusCode::BAD_REQUEST);
            let answer: Value = response.json().await.unwrap();
            assert_eq!(
                (&answer["id"], &answer["error"]["code"]),
                (&json!(0), &json!(-32602))
            );
            assert_eq!(answer["error"]["message"], told);
        }
    }
}

#[tokio::test]
async fn whatever_is_refused_is_refused_in_json() {
    let server = Server::start(&[]).await;
    let list = json!({ "jsonrpc": "2.0", "id": 8, "method": "tools/list" });
    let session = |id: &str| {
        server
            .post("one", &list)
            .header("mcp-session-id", id.to_owned())
    };
    for (request, status) in [
        (server.post("one", &list), 400),
        (session("nonsense"), 404),
        (
            server
                .post("one", &list)
                .header("mcp-protocol-version", "nonsense"),
            400,
        ),
    ] {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), status);
        let answer: Value = response.json().await.unwrap();
        assert_eq!(answer["id"], 8, "{answer}");
        assert_eq!(answer["jsonrpc"], "2.0");
    }
}
