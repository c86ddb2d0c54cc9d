//! Clients that close a pipe or a socket.

use super::*;

fn placed() -> ResponseTemplate {
    ResponseTemplate::new(201).set_body_json(json!({ "id": "call-1", "status": "queued" }))
}

fn dial(id: u32) -> Value {
    let number = format!("+15550100{id:03}");
    let arguments =
        json!({ "assistantId": "a", "phoneNumberId": "p", "customer": { "number": number } });
    let params = json!({ "name": "create_call", "arguments": arguments });
    json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params })
}

async fn requests(vapi: &MockServer) -> usize {
    vapi.received_requests().await.unwrap().len()
}

/// Waits until Vapi has so many requests.
async fn reached(vapi: &MockServer, count: usize) {
    let what = format!("{count} requests");
    wait::until(&what, async || requests(vapi).await >= count).await;
}

#[tokio::test]
async fn once_standard_output_is_closed_nothing_is_dialled() {
    let (folder, vapi) = (TempDir::new().unwrap(), vapi(placed()).await);
    let environment = [("VAPI_TOKEN", KEY), ("VAPI_API_BASE_URL", &vapi.uri())];
    for calls in [1, 1, 1, 20] {
        let mut process = Process::start(folder.path(), &environment);
        process.initialize("2025-11-25").await;
        process.close_stdout();
        let calls: Vec<_> = (100..100 + calls).map(|id| dial(id).to_string()).collect();
        process.send_line(&calls.join("\n")).await;
        process.ended().await;
        assert_eq!(requests(&vapi).await, 0);
    }
}

#[tokio::test]
async fn calls_that_wait_for_their_turn_are_not_sent_once_standard_output_is_closed() {
    const AT_ONCE: usize = 8;
    let answer = placed().set_delay(Duration::from_millis(1_500));
    let (folder, vapi) = (TempDir::new().unwrap(), vapi(answer).await);
    let environment = [("VAPI_TOKEN", KEY), ("VAPI_API_BASE_URL", &vapi.uri())];
    let log = ["--audit-log", "audit"];
    let mut process = Process::with_flags(folder.path(), &environment, &log);
    process.initialize("2025-11-25").await;
    for id in 100..120 {
        process.send(dial(id)).await;
    }
    reached(&vapi, AT_ONCE).await;
    process.close_stdout();
    process.ended().await;
    assert_eq!(requests(&vapi).await, AT_ONCE);
    let log = fs::read_to_string(folder.path().join("audit")).unwrap();
    let outcomes = log.matches("\"outcome\":").count();
    assert_eq!(outcomes, 20, "{log}");
    assert!(log.contains("\"outcome\":\"done\""), "{log}");
}

#[tokio::test]
async fn a_call_is_not_sent_again_once_standard_output_is_closed() {
    let busy = ResponseTemplate::new(429).insert_header("retry-after", "1");
    let (folder, vapi) = (TempDir::new().unwrap(), vapi(busy).await);
    let environment = [("VAPI_TOKEN", KEY), ("VAPI_API_BASE_URL", &vapi.uri())];
    let mut process = Process::start(folder.path(), &environment);
    process.initialize("2025-11-25").await;
    process.send(dial(100)).await;
    reached(&vapi, 1).await;
    process.close_stdout();
    process.ended().await;
    assert_eq!(requests(&vapi).await, 1);
}

#[cfg(unix)]
#[tokio::test]
async fn once_the_socket_of_the_output_is_closed_nothing_is_dialled() {
    use std::{
        io::{BufRead, BufReader, Write},
        os::{fd::OwnedFd, unix::net::UnixStream},
    };
    let (folder, vapi) = (TempDir::new().unwrap(), vapi(placed()).await);
    let environment = [("VAPI_TOKEN", KEY), ("VAPI_API_BASE_URL", &vapi.uri())];
    let (mut ours_in, theirs_in) = UnixStream::pair().unwrap();
    let (ours_out, theirs_out) = UnixStream::pair().unwrap();
    let mut child = command(folder.path(), &environment)
        .stdin(OwnedFd::from(theirs_in))
        .stdout(OwnedFd::from(theirs_out))
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let client = json!({ "name": "test", "version": "1" });
    let params =
        json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client });
    let hello = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params });
    let ready = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    ours_out.set_read_timeout(Some(wait::HANG)).unwrap();
    writeln!(ours_in, "{hello}\n{ready}").unwrap();
    let mut answer = String::new();
    BufReader::new(ours_out).read_line(&mut answer).unwrap();
    assert!(answer.contains("serverInfo"), "{answer}");
    writeln!(ours_in, "{}", dial(100)).unwrap();
    let ended = wait::within("the end of the program", child.wait()).await;
    ended.unwrap();
    assert_eq!(requests(&vapi).await, 0);
}

#[tokio::test]
async fn a_call_from_the_terminal_is_not_placed_where_nobody_reads_the_answer() {
    let (folder, vapi) = (TempDir::new().unwrap(), vapi(placed()).await);
    let environment = [("VAPI_TOKEN", KEY), ("VAPI_API_BASE_URL", &vapi.uri())];
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let arguments = dial(100)["params"]["arguments"].to_string();
    let mut call = command(folder.path(), &environment);
    call.args(["call", "create_call", &arguments])
        .stdout(writer);
    let call = call.stderr(Stdio::piped()).spawn().unwrap();
    let ended = wait::within("the end of the program", call.wait_with_output());
    let output = ended.await.unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("nothing was sent"), "{said}");
    assert_eq!(requests(&vapi).await, 0);
}

#[tokio::test]
async fn calls_are_answered_when_standard_error_is_closed() {
    let (folder, vapi) = (TempDir::new().unwrap(), empty_vapi().await);
    let uri = vapi.uri();
    let environment = [
        ("VAPI_TOKEN", KEY),
        ("VAPI_API_BASE_URL", &uri),
        ("VAPI_MCP_LOG", "debug"),
    ];
    let mut process = Process::start(folder.path(), &environment);
    process.close_stderr().await;
    process.initialize("2025-11-25").await;
    for _ in 0..3 {
        let result = process.call("list_calls", json!({})).await;
        assert_eq!(result["isError"], false, "{result}");
    }
}
