//! How it ends.

use std::time::Duration;

use reqwest::header;
use serde_json::json;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

use super::client::{Server, message, shown};
use crate::support::wait;

async fn slow(delay: Duration, flags: &[&str]) -> Server {
    let vapi = MockServer::start().await;
    let answer = ResponseTemplate::new(200).set_body_json(json!({ "id": "late" }));
    let answer = answer.set_delay(delay);
    Mock::given(matchers::any())
        .respond_with(answer)
        .mount(&vapi)
        .await;
    Server::over(vapi, flags, &[]).await
}

fn get_assistant() -> serde_json::Value {
    json!({ "assistantId": "a" })
}

#[tokio::test]
async fn calls_under_way_are_answered_and_streams_are_closed() {
    let mut server = slow(Duration::from_secs(2), &[]).await;
    let session = server.session("one").await;
    let stream = server
        .http
        .get(server.at("/mcp"))
        .bearer_auth("one")
        .header(header::ACCEPT, "text/event-stream")
        .header("mcp-session-id", &session.id)
        .send()
        .await
        .unwrap();
    let modern = server.modern_request(
        "one",
        "tools/call",
        json!({ "name": "get_assistant", "arguments": get_assistant() }),
    );
    let with_session = session.call_request(1, "get_assistant", get_assistant());
    let url = server.at("/readyz");
    let stop = async {
        server.asked(2).await;
        server.terminate();
        tokio::time::sleep(Duration::from_millis(300)).await;
        server.http.get(&url).send().await.unwrap_err()
    };
    let (modern, with_session, refused) = tokio::join!(modern.send(), with_session.send(), stop);
    assert!(refused.is_connect(), "nobody new is served");
    assert_eq!(shown(&message(modern.unwrap()).await)["id"], "late");
    assert_eq!(shown(&message(with_session.unwrap()).await)["id"], "late");
    // It is closed by the server.
    let _ = stream.text().await;
    let (code, said) = server.ended().await;
    assert_eq!((code, said.as_str()), (Some(0), ""));
}

#[tokio::test]
async fn a_message_that_comes_too_late_does_nothing() {
    let server = slow(Duration::from_secs(600), &["--shutdown-timeout", "600"]).await;
    let session = server.session("one").await;
    let first = session.call_request(1, "get_assistant", get_assistant());
    let _goes_on = first.send().await.unwrap();
    server.asked(1).await;
    let params = json!({ "name": "get_assistant", "arguments": get_assistant() });
    let late = server.modern_request("one", "tools/call", params);
    let late = server.begin(late).await;
    server.terminate();
    wait::until("the port to be closed", async || {
        server.http.get(server.at("/readyz")).send().await.is_err()
    })
    .await;
    assert_eq!(late.end().await, 503);
    assert_eq!(server.vapi.received_requests().await.unwrap().len(), 1);
}

#[tokio::test]
async fn calls_that_take_too_long_are_given_up() {
    let mut server = slow(Duration::from_secs(600), &["--shutdown-timeout", "1"]).await;
    let session = server.session("one").await;
    let stuck = session
        .call_request(1, "get_assistant", get_assistant())
        .send()
        .await
        .unwrap();
    server.asked(1).await;
    server.terminate();
    let (code, said) = server.ended().await;
    assert_eq!(code, Some(0));
    assert!(said.contains("calls in progress are aborted"), "{said}");
    drop(stuck);
}

#[tokio::test]
async fn an_idle_server_ends_at_once_whatever_is_connected() {
    let mut server = Server::start(&["--sse", "--shutdown-timeout", "600"]).await;
    let stream = server
        .http
        .get(server.at("/sse"))
        .bearer_auth("one")
        .send()
        .await
        .unwrap();
    server.session("one").await;
    server.terminate();
    assert_eq!(server.ended().await.0, Some(0));
    drop(stream);
}

#[tokio::test]
async fn it_says_that_it_is_not_ready_and_serves_before_it_closes_the_port() {
    let mut server = Server::start(&["--drain-seconds", "2"]).await;
    let ready = || server.http.get(server.at("/readyz")).send();
    assert_eq!(ready().await.unwrap().status(), 200);
    let begin = std::time::Instant::now();
    server.terminate();
    // Until the signal has arrived it is ready.
    wait::until("the signal", async || {
        ready().await.unwrap().status() != 200
    })
    .await;
    assert_eq!(ready().await.unwrap().status(), 503);
    let alive = server.http.get(server.at("/healthz")).send().await;
    assert_eq!(alive.unwrap().status(), 200);
    let params = json!({ "name": "get_assistant", "arguments": get_assistant() });
    let answer = server.modern("one", "tools/call", params).await;
    assert_eq!(shown(&message(answer).await)["id"], "one");
    assert_eq!(server.ended().await.0, Some(0));
    assert!(begin.elapsed() >= Duration::from_secs(2));
}

#[cfg(unix)]
#[tokio::test]
async fn a_second_signal_ends_the_wait_for_balancers() {
    let mut server = Server::start(&["--drain-seconds", "600"]).await;
    server.terminate();
    wait::until("the signal", async || {
        let ready = server.http.get(server.at("/readyz")).send().await;
        ready.unwrap().status() != 200
    })
    .await;
    server.terminate();
    assert_eq!(server.ended().await.0, Some(1));
}

/// Whether this process, and so those it starts, ignores the end of its terminal.
#[cfg(target_os = "linux")]
fn is_hangup_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    u64::from_str_radix(mask.unwrap().trim(), 16).unwrap() & 1 == 1
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_hangup_and_an_interruption_end_it_as_a_supervisor_does() {
    for signal in ["HUP", "INT"] {
        let mut server = slow(Duration::from_secs(2), &[]).await;
        let call = server.modern_request(
            "one",
            "tools/call",
            json!({ "name": "get_assistant", "arguments": get_assistant() }),
        );
        let (answer, ()) = tokio::join!(call.send(), async {
            server.asked(1).await;
            server.signal(signal);
        });
        assert_eq!(shown(&message(answer.unwrap()).await)["id"], "late");
        if signal == "HUP" && is_hangup_ignored() {
            // Under nohup it goes on.
            let ready = server.http.get(server.at("/readyz")).send().await.unwrap();
            assert_eq!(ready.status(), 200);
            continue;
        }
        assert_eq!(server.ended().await.0, Some(0), "{signal}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_second_signal_ends_it_at_once() {
    let mut server = slow(Duration::from_secs(600), &["--shutdown-timeout", "600"]).await;
    let session = server.session("one").await;
    let call = session.call_request(1, "get_assistant", get_assistant());
    let _goes_on = call.send().await.unwrap();
    server.asked(1).await;
    server.terminate();
    wait::until("the port to be closed", async || {
        server.http.get(server.at("/readyz")).send().await.is_err()
    })
    .await;
    server.signal("INT");
    let (code, said) = server.ended().await;
    assert_eq!(code, Some(1));
    assert!(said.contains("second signal"), "{said}");
}
