//! Every call is answered, whatever else comes over the same session.

use std::time::Duration;

use futures_util::future::join_all;
use reqwest::{Response, StatusCode, header};
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

use super::client::{Server, Session, message, shown};
use crate::support::wait;

/// A server whose Vapi takes this long to answer.
async fn slow(delay: Duration, flags: &[&str]) -> Server {
    let vapi = MockServer::start().await;
    let answer = ResponseTemplate::new(200).set_body_json(json!({ "id": "late" }));
    Mock::given(matchers::any())
        .respond_with(answer.set_delay(delay))
        .mount(&vapi)
        .await;
    Server::over(vapi, flags, &[]).await
}

/// Begins a call; the head of the answer comes while it is in progress.
async fn begin(session: &Session<'_>, id: u64) -> Response {
    let call = session.call_request(id, "get_assistant", json!({ "assistantId": "a" }));
    let response = call.send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    response
}

/// Asks for the rest of a stream of events, as a client that has lost its connection does.
async fn resume(server: &Server, session: &Session<'_>, last: &str) -> Response {
    let get = server.http.get(server.at("/mcp"));
    let get = get
        .bearer_auth(&session.token)
        .header(header::ACCEPT, "text/event-stream")
        .header("mcp-session-id", &session.id)
        .header("last-event-id", last);
    get.send().await.unwrap()
}

#[tokio::test]
async fn resuming_a_stream_that_is_open_does_not_take_its_answer() {
    let server = slow(Duration::from_secs(2), &[]).await;
    let session = server.session("one").await;
    let response = begin(&session, 1).await;
    server.asked(1).await;
    for last in ["0/0", "7/0", "18446744073709551615/0"] {
        let resumed = resume(&server, &session, last).await;
        assert_eq!(resumed.status(), StatusCode::CONFLICT, "{last}");
    }
    assert_eq!(shown(&message(response).await)["id"], "late");
}

#[tokio::test]
async fn a_client_that_lost_its_connection_resumes_the_stream() {
    let server = slow(Duration::from_secs(2), &[]).await;
    let session = server.session("one").await;
    drop(begin(&session, 1).await);
    server.asked(1).await;
    let mut resumed = None;
    // The server may not have seen yet that the client is gone.
    wait::until("the stream to be resumed", async || {
        let response = resume(&server, &session, "0/0").await;
        let is_open = response.status() != StatusCode::CONFLICT;
        resumed = Some(response);
        is_open
    })
    .await;
    assert_eq!(shown(&message(resumed.unwrap()).await)["id"], "late");
}

fn error(answer: &Value) -> (&Value, i64) {
    (&answer["id"], answer["error"]["code"].as_i64().unwrap())
}

#[tokio::test]
async fn an_id_that_is_in_use_is_refused_and_the_first_call_is_answered() {
    let server = slow(Duration::from_secs(2), &[]).await;
    let session = server.session("one").await;
    let first = begin(&session, 7).await;
    server.asked(1).await;
    let ping = json!({ "jsonrpc": "2.0", "id": 7, "method": "ping" });
    let second = session.post(&ping).send().await.unwrap();
    assert_eq!(second.status(), StatusCode::BAD_REQUEST);
    let refusal: Value = second.json().await.unwrap();
    assert_eq!(error(&refusal), (&json!(7), -32600));
    // A text is another id, and another session has ids of its own.
    let text = json!({ "jsonrpc": "2.0", "id": "7", "method": "ping" });
    let other = server.session("one").await;
    for (session, ping) in [(&session, &text), (&other, &ping)] {
        let answer = message(session.post(ping).send().await.unwrap()).await;
        assert_eq!(answer["id"], ping["id"]);
    }
    assert_eq!(shown(&message(first).await)["id"], "late");
    // Once it has been answered, the id can be used again.
    let again = session.post(&ping).send().await.unwrap();
    assert_eq!(message(again).await["result"], json!({}));
}

#[tokio::test]
async fn the_answer_of_a_cancelled_call_is_not_taken_for_that_of_the_next_with_its_id() {
    let server = slow(Duration::from_secs(600), &[]).await;
    let session = server.session("one").await;
    let cancelled = begin(&session, 7).await;
    server.asked(1).await;
    let params = json!({ "requestId": 7 });
    let cancel = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": params });
    let list = json!({ "jsonrpc": "2.0", "id": 7, "method": "tools/list" });
    let (accepted, next) = tokio::join!(session.post(&cancel).send(), async {
        cancelled.text().await.unwrap()
    });
    assert_eq!(accepted.unwrap().status(), StatusCode::ACCEPTED);
    assert!(
        !next.contains("data:"),
        "a cancelled call is not answered: {next}"
    );
    let again = session.post(&list).send().await.unwrap();
    match again.status() {
        StatusCode::OK => assert!(message(again).await["result"]["tools"].is_array()),
        status => assert_eq!(status, StatusCode::BAD_REQUEST),
    }
}

#[tokio::test]
async fn a_call_whose_session_is_ended_is_answered_with_an_error() {
    let server = slow(Duration::from_secs(600), &[]).await;
    let session = server.session("one").await;
    let response = begin(&session, 3).await;
    server.asked(1).await;
    let delete = server.http.delete(server.at("/mcp")).bearer_auth("one");
    let deleted = delete.header("mcp-session-id", &session.id).send().await;
    assert_eq!(deleted.unwrap().status(), StatusCode::OK);
    assert_eq!(error(&message(response).await), (&json!(3), -32603));
}

#[tokio::test]
async fn a_call_that_is_given_up_is_answered_with_an_error() {
    let mut server = slow(Duration::from_secs(600), &["--shutdown-timeout", "1"]).await;
    let session = server.session("one").await;
    let response = begin(&session, 3).await;
    let modern = server.modern_request(
        "one",
        "tools/call",
        json!({ "name": "get_assistant", "arguments": { "assistantId": "a" } }),
    );
    let (modern, answer, ()) = tokio::join!(modern.send(), message(response), async {
        server.asked(2).await;
        server.terminate();
    });
    for answer in [answer, message(modern.unwrap()).await] {
        let result = &answer["result"];
        assert_eq!(result["isError"], true, "{answer}");
        let text = result["content"][0]["text"].as_str().unwrap();
        assert!(text.contains("The server ended"), "{text}");
    }
    assert_eq!(server.ended().await.0, Some(0));
}

/// Whether this is an answer: an HTTP error that says something, or the one answer to this id.
async fn is_answered(response: Response, id: u64) -> bool {
    let status = response.status();
    let text = response.text().await.unwrap();
    if status != StatusCode::OK {
        return !text.is_empty();
    }
    let mut data = text.lines().filter_map(|line| line.strip_prefix("data:"));
    let answer: Option<Value> = data.next().and_then(|data| serde_json::from_str(data).ok());
    answer.is_some_and(|answer| answer["id"] == id) && data.next().is_none()
}

/// What a client of the same key may send beside its calls, be it confused or hostile.
async fn disturb(server: &Server, session: &Session<'_>, number: u64) {
    let id = number % 40;
    match number % 6 {
        0 => drop(resume(server, session, &format!("{number}/{id}")).await),
        1 => drop(resume(server, session, &format!("0/{}", id / 2)).await),
        2 => {
            let ping = json!({ "jsonrpc": "2.0", "id": id, "method": "ping" });
            drop(session.post(&ping).send().await.unwrap());
        }
        3 => {
            let answer = json!({ "jsonrpc": "2.0", "id": id, "result": {} });
            drop(session.post(&answer).send().await.unwrap());
        }
        4 => {
            let junk = session.post(&json!({ "id": id })).body("{\"id\":");
            drop(junk.send().await.unwrap());
        }
        _ => {
            let delete = server.http.delete(server.at("/mcp")).bearer_auth("other");
            let delete = delete.header("mcp-session-id", &session.id);
            drop(delete.send().await.unwrap());
        }
    }
}

#[tokio::test]
async fn every_call_is_answered_whatever_comes_beside_it() {
    let flags = ["--rate-per-token", "100000", "--calls-per-token", "1000"];
    let server = slow(Duration::from_millis(5), &flags).await;
    let session = server.session("one").await;
    let begin = std::time::Instant::now();
    let (mut calls, mut answered) = (0, 0);
    while begin.elapsed() < Duration::from_secs(3) {
        let beside = (0..40).map(|number| disturb(&server, &session, calls + number));
        let arguments = || json!({ "assistantId": "a" });
        let asked = (0..40).map(|id| {
            let call = session.call_request(id, "get_assistant", arguments());
            async move { is_answered(call.send().await.unwrap(), id).await }
        });
        let (_, answers) = tokio::join!(join_all(beside), join_all(asked));
        calls += 40;
        answered += answers.into_iter().filter(|&answered| answered).count() as u64;
    }
    assert_eq!(answered, calls);
}
