//! How much of anything there may be.

use std::time::Duration;

use reqwest::{StatusCode, header};
use serde_json::json;
use tokio::{io::AsyncWriteExt, net::TcpStream};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

use super::client::{Server, call, initialize, message, shown};
use crate::support::wait;

fn list_calls() -> serde_json::Value {
    json!({ "name": "list_calls", "arguments": {} })
}

#[tokio::test]
async fn a_caller_that_asks_too_often_is_told_to_wait_and_another_is_not() {
    let server = Server::start(&["--rate-per-token", "1"]).await;
    let ask = async |token: &'static str| server.modern(token, "tools/list", json!({})).await;
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(ask("one").await.status().as_u16());
    }
    assert_eq!(statuses[..2], [200, 200]);
    let refused = ask("one").await;
    assert_eq!(
        refused.status(),
        StatusCode::TOO_MANY_REQUESTS,
        "{statuses:?}"
    );
    assert_eq!(refused.headers()[header::RETRY_AFTER], "1");
    assert_eq!(ask("two").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_caller_has_so_many_calls_at_once_and_can_still_cancel_one() {
    let vapi = MockServer::start().await;
    let slow = ResponseTemplate::new(200)
        .set_body_json(json!([]))
        .set_delay(Duration::from_secs(600));
    Mock::given(matchers::any())
        .respond_with(slow)
        .mount(&vapi)
        .await;
    let server = Server::over(vapi, &["--calls-per-token", "1"], &[]).await;
    let session = server.session("one").await;
    // The head of the answer comes when the call is in progress.
    let held = session
        .call_request(1, "list_calls", json!({}))
        .send()
        .await
        .unwrap();
    let refused = session
        .call_request(2, "list_calls", json!({}))
        .send()
        .await
        .unwrap();
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    let list = json!({ "jsonrpc": "2.0", "id": 3, "method": "tools/list" });
    assert_eq!(
        session.post(&list).send().await.unwrap().status(),
        StatusCode::OK
    );

    let params = json!({ "requestId": 1 });
    let cancel = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": params });
    assert_eq!(
        session.post(&cancel).send().await.unwrap().status(),
        StatusCode::ACCEPTED
    );
    drop(held);
    wait::until("the end of the cancelled call", async || {
        let again = session
            .call_request(4, "list_calls", json!({}))
            .send()
            .await;
        again.unwrap().status() == StatusCode::OK
    })
    .await;
}

#[tokio::test]
async fn a_client_that_hangs_up_ends_its_call() {
    let vapi = MockServer::start().await;
    let slow = ResponseTemplate::new(200)
        .set_body_json(json!([]))
        .set_delay(Duration::from_secs(600));
    Mock::given(matchers::any())
        .respond_with(slow)
        .mount(&vapi)
        .await;
    let server = Server::over(vapi, &["--calls-per-token", "1"], &[]).await;
    let request = server.modern_request("one", "tools/call", list_calls());
    request
        .timeout(Duration::from_millis(300))
        .send()
        .await
        .unwrap_err();
    wait::until("the end of the call", async || {
        let request = server.modern_request("one", "tools/call", list_calls());
        match request.timeout(Duration::from_millis(300)).send().await {
            Ok(response) => {
                assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
                false
            }
            // It has begun, for it waits.
            Err(_) => true,
        }
    })
    .await;
}

#[tokio::test]
async fn there_are_so_many_sessions_of_a_caller_and_in_all() {
    let limits = ["--max-sessions", "3", "--max-sessions-per-token", "2"];
    let server = Server::start(&limits).await;
    let first = server.session("one").await;
    server.session("one").await;
    let open = async |token: &'static str| {
        let response = server
            .post(token, &initialize("2025-06-18"))
            .send()
            .await
            .unwrap();
        assert!(!response.headers().contains_key("mcp-session-id"));
        response.status()
    };
    assert_eq!(open("one").await, StatusCode::TOO_MANY_REQUESTS);
    server.session("two").await;
    assert_eq!(open("three").await, StatusCode::SERVICE_UNAVAILABLE);
    let delete = server.http.delete(server.at("/mcp")).bearer_auth("one");
    delete
        .header("mcp-session-id", &first.id)
        .send()
        .await
        .unwrap();
    let third = server.session("three").await;
    let answer = message(
        third
            .post(&call(1, "get_assistant", json!({ "assistantId": "a" })))
            .send()
            .await
            .unwrap(),
    )
    .await;
    assert_eq!(shown(&answer)["id"], "three");
}

#[tokio::test]
async fn a_stream_is_one_of_the_callers_streams() {
    let server = Server::start(&["--max-sessions-per-token", "1"]).await;
    let session = server.session("one").await;
    let get = || {
        let request = server.http.get(server.at("/mcp")).bearer_auth("one");
        let request = request.header(header::ACCEPT, "text/event-stream");
        request.header("mcp-session-id", &session.id).send()
    };
    let open = get().await.unwrap();
    assert_eq!(open.status(), StatusCode::OK);
    assert_eq!(get().await.unwrap().status(), StatusCode::TOO_MANY_REQUESTS);
    drop(open);
    wait::until("the end of the stream", async || {
        get().await.unwrap().status() == StatusCode::OK
    })
    .await;
}

#[tokio::test]
async fn messages_of_a_caller_beyond_so_many_wait_until_others_have_come() {
    let server = Server::start(&[]).await;
    let list = |token| server.modern_request(token, "tools/list", json!({}));
    let mut begun = Vec::new();
    for _ in 0..32 {
        begun.push(server.begin(list("one")).await);
    }
    let soon = Duration::from_millis(500);
    let waits = list("one").timeout(soon).send().await.unwrap_err();
    assert!(waits.is_timeout(), "{waits}");
    assert_eq!(list("two").send().await.unwrap().status(), StatusCode::OK);
    for message in begun {
        assert_eq!(message.end().await, 200);
    }
    assert_eq!(list("one").send().await.unwrap().status(), StatusCode::OK);
}

/// A call whose arguments make it about as large.
fn large(server: &Server, token: &str, bytes: usize) -> reqwest::RequestBuilder {
    let arguments = json!({ "assistantId": "a", "unknown": "x".repeat(bytes) });
    let params = json!({ "name": "get_assistant", "arguments": arguments });
    server.modern_request(token, "tools/call", params)
}

#[tokio::test]
async fn slow_messages_of_made_up_keys_delay_nobody() {
    let server = Server::start(&[]).await;
    let mut begun = Vec::new();
    for number in 0..80 {
        let slow = large(&server, &format!("unknown-{number}"), 100_000);
        begun.push(server.begin(slow).await);
    }
    let answer = large(&server, "one", 3 << 20).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    // None of them had ended before.
    for message in begun {
        assert_eq!(message.end().await, 200);
    }
}

#[tokio::test]
async fn slow_messages_of_a_key_are_refused_when_others_of_it_wait() {
    let server = Server::start(&[]).await;
    let list = || server.modern_request("one", "tools/list", json!({}));
    let mut begun = Vec::new();
    for _ in 0..32 {
        begun.push(server.begin(list()).await);
    }
    // Sooner than they are cut off.
    let answer = list().timeout(Duration::from_secs(20)).send().await;
    assert_eq!(answer.unwrap().status(), StatusCode::OK);
    let mut statuses = Vec::new();
    for message in begun {
        statuses.push(message.end().await);
    }
    assert!(statuses.contains(&408), "{statuses:?}");
}

#[cfg(unix)]
#[tokio::test]
async fn connections_that_wait_for_their_clients_make_room_for_others() {
    let server = Server::with_files(128, &[]).await;
    let address = server.url.strip_prefix("http://").unwrap();
    let mut open = Vec::new();
    for number in 0..300 {
        let begun = match number % 3 {
            0 => "",
            1 => "POST /mcp HTTP/1.1\r\nHost: localhost\r\n",
            _ => {
                "POST /mcp HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer unknown\r\n\
                 Content-Length: 9\r\n\r\n{"
            }
        };
        let mut stream = TcpStream::connect(address).await.unwrap();
        // It may be closed already.
        let _ = stream.write_all(begun.as_bytes()).await;
        open.push(stream);
    }
    let list = server.modern_request("one", "tools/list", json!({}));
    let answer = list.timeout(Duration::from_secs(20)).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
}

#[tokio::test]
async fn sessions_of_made_up_keys_lock_nobody_out() {
    let limits = ["--max-sessions", "40", "--max-sessions-per-token", "20"];
    let server = Server::start(&limits).await;
    for number in 0..40 {
        server.session(&format!("unknown-{}", number % 2)).await;
    }
    let session = server.session("one").await;
    let answer = session
        .call("get_assistant", json!({ "assistantId": "a" }))
        .await;
    assert_eq!(shown(&answer)["id"], "one");
}

#[tokio::test]
async fn a_full_server_says_when_to_come_again() {
    let server = Server::start(&["--max-sessions", "1"]).await;
    server.session("one").await;
    let refused = server.post("two", &initialize("2025-06-18")).send().await;
    let refused = refused.unwrap();
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(refused.headers()[header::RETRY_AFTER], "1");
}
