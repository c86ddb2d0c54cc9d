//! A tool that waits, beside the one that shows: what it asks, when it ends, what it says.
use std::{
    pin::pin,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, SystemTime},
};

use crate::support::{
    KEY, call_tool, members,
    process::{Process, command},
    vapi, wait, with_value,
};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::spawn_blocking;
use vapi_mcp::{call::Outcome, catalog::find};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

const NUMBER: &str = "+15550100123";

/// A Vapi that gives one of these answers after the other, and the last again and again.
async fn scripted(answers: Vec<ResponseTemplate>) -> MockServer {
    let server = MockServer::start().await;
    let next = AtomicUsize::new(0);
    Mock::given(matchers::method("GET"))
        .and(matchers::path("/call/c1"))
        .respond_with(move |_: &wiremock::Request| {
            let index = next.fetch_add(1, Ordering::SeqCst);
            answers[index.min(answers.len() - 1)].clone()
        })
        .mount(&server)
        .await;
    server
}

fn json_of(body: Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

fn call_in(status: &str) -> ResponseTemplate {
    json_of(json!({ "id": "c1", "status": status, "customer": { "number": NUMBER } }))
}

/// A call that ended so many seconds ago, with this analysis.
fn ended(ago: i64, analysis: Value) -> ResponseTemplate {
    let now = DateTime::<Utc>::from(SystemTime::now());
    let time = |ago| (now - TimeDelta::seconds(ago)).to_rfc3339();
    json_of(json!({
        "id": "c1", "status": "ended", "endedReason": "customer-ended-call",
        "startedAt": time(ago + 60), "endedAt": time(ago), "orgId": "o1",
        "analysis": analysis, "artifact": { "transcript": "AI: Hello." },
    }))
}

async fn asked(vapi: &MockServer) -> usize {
    vapi.received_requests().await.unwrap().len()
}

/// Calls the tool while the clock of its pauses goes ten times as fast as that of the answers.
async fn waited_for(vapi: &MockServer, arguments: Value) -> Outcome {
    tokio::time::pause();
    let mut call = pin!(call_tool(vapi, "wait_for_call", members(arguments)));
    loop {
        // Until this has ended, a clock that is paused does not go on by itself.
        let tick = spawn_blocking(|| thread::sleep(Duration::from_millis(10)));
        tokio::select! {
            outcome = &mut call => {
                tokio::time::resume();
                return outcome;
            }
            ticked = tick => {
                ticked.unwrap();
                tokio::time::advance(Duration::from_millis(100)).await;
            }
        }
    }
}

#[tokio::test]
async fn a_call_is_waited_for_through_its_life_until_its_analysis_is_there() {
    let last = ended(5, json!({ "summary": "Short." }));
    let vapi = scripted(vec![
        call_in("queued"),
        call_in("ringing"),
        call_in("in-progress"),
        // By a clock that is ahead, so that the test has time.
        ended(-30, json!({})),
        last.clone(),
    ])
    .await;
    let waited = waited_for(&vapi, json!({ "callId": "c1" })).await;
    assert_eq!(asked(&vapi).await, 5);
    let shown = call_tool(&vapi, "get_call", members(json!({ "callId": "c1" }))).await;
    assert_eq!(waited, shown);
    assert!(waited.text.contains("\"transcript\":\"AI: Hello.\""));
    assert!(!waited.text.contains("orgId"));
    assert_eq!(
        waited.remarks.len(),
        2,
        "the reason and whose words: {waited:?}"
    );
}

#[tokio::test]
async fn a_call_that_has_ended_is_shown_at_once() {
    let analysis = json!({ "summary": "Short." });
    for (answer, arguments) in [
        (ended(0, analysis.clone()), json!({ "callId": "c1" })),
        (
            ended(0, analysis),
            json!({ "id": "c1", "fields": ["/analysis/summary", "/orgId"] }),
        ),
        (ended(3600, json!({})), json!({ "callId": "c1" })),
        (call_in("ended"), json!({ "callId": "c1" })),
    ] {
        let vapi = scripted(vec![answer]).await;
        let waited = waited_for(&vapi, arguments.clone()).await;
        assert_eq!(asked(&vapi).await, 1);
        assert_eq!(
            waited,
            call_tool(&vapi, "get_call", members(arguments)).await
        );
        assert!(!waited.is_error);
    }
}

#[tokio::test]
async fn a_scheduled_call_is_shown_at_once_with_the_time_when_it_rings() {
    let at = find("wait_for_call")
        .unwrap()
        .wait
        .unwrap()
        .scheduled
        .unwrap()
        .at;
    for (time, rings) in [
        (
            Some("2099-01-01T09:00:00.000Z"),
            " for 2099-01-01T09:00:00.000Z",
        ),
        (None, ""),
    ] {
        let call = json!({ "id": "c1", "status": "scheduled" });
        let call = match time {
            Some(time) => with_value(call, at, time),
            None => call,
        };
        let vapi = scripted(vec![ResponseTemplate::new(200).set_body_json(call)]).await;
        let waited = waited_for(&vapi, json!({ "callId": "c1" })).await;
        assert_eq!(asked(&vapi).await, 1);
        assert!(waited.text.contains("\"status\":\"scheduled\""));
        assert_eq!(
            waited.remarks,
            [format!(
                "The call is scheduled{rings}: nobody has been called yet. After the call: wait_for_call {{\"callId\":\"c1\"}}."
            )]
        );
    }
}

#[tokio::test]
async fn when_the_time_is_up_the_call_is_shown_with_the_way_to_go_on() {
    let vapi = scripted(vec![call_in("ringing")]).await;
    let arguments = json!({ "callId": "c1", "timeoutSeconds": "2", "fields": ["/status"] });
    let waited = waited_for(&vapi, arguments).await;
    assert_eq!(waited.text, r#"{"status":"ringing"}"#);
    assert_eq!(
        waited.remarks,
        [
            r#"The time is up, and it is still ringing. To continue waiting, call wait_for_call again with {"callId":"c1","timeoutSeconds":"2","fields":["/status"]}."#
        ]
    );
    let vapi = scripted(vec![ended(-30, json!({}))]).await;
    let arguments = json!({ "callId": "c1", "timeoutSeconds": 2.0 });
    let waited = waited_for(&vapi, arguments).await;
    assert_eq!(
        waited.remarks[0],
        r#"The time is up, and /analysis is not available yet. To continue waiting, call wait_for_call again with {"callId":"c1","timeoutSeconds":2.0}."#
    );
}

#[tokio::test]
async fn an_analysis_that_does_not_come_is_given_up() {
    let vapi = scripted(vec![ended(4, json!({}))]).await;
    let waited = waited_for(&vapi, json!({ "callId": "c1" })).await;
    assert!(!waited.is_error);
    assert_eq!(
        waited.remarks[0],
        "/analysis was not available within 10 s; it may become available later, or not at all."
    );
}

#[tokio::test]
async fn a_failure_that_may_pass_is_waited_over() {
    let vapi = scripted(vec![
        ResponseTemplate::new(502),
        ResponseTemplate::new(429).insert_header("retry-after", "1"),
        call_in("ended"),
    ])
    .await;
    let waited = waited_for(&vapi, json!({ "callId": "c1" })).await;
    assert!(!waited.is_error, "{waited:?}");
    assert_eq!(asked(&vapi).await, 3);
    let vapi = scripted(vec![call_in("queued"), ResponseTemplate::new(503)]).await;
    let arguments = json!({ "callId": "c1", "timeoutSeconds": 3 });
    let waited = waited_for(&vapi, arguments).await;
    assert!(!waited.is_error);
    assert!(
        waited.remarks[0]
            .ends_with(" The last check failed: Vapi answered 503 Service Unavailable."),
        "{waited:?}"
    );
}

#[tokio::test]
async fn a_failure_that_stays_ends_the_wait() {
    for (status, advice) in [
        (404, "list_calls lists what exists."),
        (401, "Check VAPI_TOKEN"),
    ] {
        let message = json!({ "message": "Not for you." });
        let vapi = scripted(vec![
            call_in("queued"),
            ResponseTemplate::new(status).set_body_json(message),
        ])
        .await;
        let waited = waited_for(&vapi, json!({ "callId": "c1" })).await;
        assert!(waited.is_error);
        assert!(waited.text.contains("Not for you."), "{waited:?}");
        assert!(waited.text.contains(advice), "{waited:?}");
        assert_eq!(asked(&vapi).await, 2);
    }
}

#[tokio::test]
async fn a_timeout_out_of_its_range_is_refused() {
    let vapi = vapi(call_in("ended")).await;
    for timeout in [
        json!(0),
        json!(51),
        json!(-1),
        json!(1.5),
        json!("soon"),
        json!("51"),
        json!([5]),
    ] {
        let arguments = json!({ "callId": "c1", "timeoutSeconds": timeout });
        let waited = waited_for(&vapi, arguments).await;
        assert_eq!(
            waited.text,
            "Nothing was sent: wait_for_call cannot be called with these arguments.\n\
             - `timeoutSeconds`: must be an integer from 1 to 50"
        );
    }
    assert_eq!(asked(&vapi).await, 0);
    for timeout in [json!(1), json!(50), json!("50"), json!(null)] {
        let arguments = json!({ "callId": "c1", "timeoutSeconds": timeout });
        let waited = waited_for(&vapi, arguments).await;
        assert!(!waited.is_error, "{waited:?}");
    }
}

/// The parameters of a call that wants to hear of its progress.
fn with_progress(modern: bool) -> Value {
    let mut meta = json!({ "progressToken": "p1" });
    if modern {
        meta["io.modelcontextprotocol/protocolVersion"] = "2026-07-28".into();
        meta["io.modelcontextprotocol/clientCapabilities"] = json!({});
    }
    json!({ "name": "wait_for_call", "arguments": { "callId": "c1" }, "_meta": meta })
}

#[tokio::test]
async fn a_client_that_asks_hears_of_the_progress() {
    let told = async |modern: bool| {
        let folder = TempDir::new().unwrap();
        let vapi = scripted(vec![
            call_in("queued"),
            call_in("ringing"),
            call_in("ended"),
        ])
        .await;
        let environment = [("VAPI_TOKEN", KEY), ("VAPI_API_BASE_URL", &vapi.uri())];
        let mut process = Process::start(folder.path(), &environment);
        if !modern {
            process.initialize("2025-11-25").await;
        }
        let call = json!({ "jsonrpc": "2.0", "id": 9, "method": "tools/call", "params": with_progress(modern) });
        process.send(call).await;
        let mut before = -1.0;
        for status in ["queued", "ringing"] {
            let told = process.receive().await;
            assert_eq!(told["method"], "notifications/progress", "{told}");
            let params = &told["params"];
            assert_eq!(params["progressToken"], "p1");
            assert_eq!(params["message"], status);
            assert_eq!(params["total"], 45.0);
            let progress = params["progress"].as_f64().unwrap();
            assert!(progress > before, "{progress} after {before}");
            before = progress;
            assert!(!told.to_string().contains("5550100123"));
        }
        let answer = process.receive().await;
        assert_eq!(answer["id"], 9);
        assert_eq!(answer["result"]["isError"], false);
        assert_eq!(process.end().await, (Some(0), String::new()));
    };
    tokio::join!(told(false), told(true));
}

#[tokio::test]
async fn a_client_that_does_not_ask_hears_nothing_but_the_answer() {
    let folder = TempDir::new().unwrap();
    let vapi = scripted(vec![call_in("queued"), call_in("ended")]).await;
    let environment = [("VAPI_TOKEN", KEY), ("VAPI_API_BASE_URL", &vapi.uri())];
    let mut process = Process::start(folder.path(), &environment);
    process.initialize("2025-11-25").await;
    let result = process
        .call("wait_for_call", json!({ "callId": "c1" }))
        .await;
    assert_eq!(result["isError"], false);
    assert_eq!(asked(&vapi).await, 2);
}

#[tokio::test]
async fn a_cancelled_wait_asks_no_more() {
    let folder = TempDir::new().unwrap();
    let vapi = scripted(vec![call_in("in-progress")]).await;
    let environment = [("VAPI_TOKEN", KEY), ("VAPI_API_BASE_URL", &vapi.uri())];
    let mut process = Process::start(folder.path(), &environment);
    process.initialize("2025-11-25").await;
    process
        .send(json!({ "jsonrpc": "2.0", "id": 9, "method": "tools/call", "params": with_progress(false) }))
        .await;
    assert_eq!(process.receive().await["method"], "notifications/progress");
    process
        .send(json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 9 } }))
        .await;
    let pong = process.request("ping", json!({})).await;
    assert_eq!(pong["result"], json!({}));
    let before = asked(&vapi).await;
    // Longer than the pause that was cancelled.
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(asked(&vapi).await, before);
}

#[tokio::test]
async fn the_terminal_waits_too() {
    let folder = TempDir::new().unwrap();
    let vapi = scripted(vec![call_in("queued")]).await;
    let environment = [("VAPI_TOKEN", KEY), ("VAPI_API_BASE_URL", &vapi.uri())];
    let words = [
        "call",
        "wait_for_call",
        "callId=c1",
        "timeoutSeconds=2",
        "fields=[\"/id\"]",
    ];
    let output = wait::output(command(folder.path(), &environment).args(words)).await;
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "{\"id\":\"c1\"}\n"
    );
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.starts_with("The time is up, and it is still queued."),
        "{said}"
    );
    assert!(output.status.success());
}
