//! The program over real pipes, in every version of the protocol.

mod closed;
mod messages;

use std::{fs, process::Stdio, time::Duration};

use crate::support::{
    KEY,
    process::{Process, command},
    vapi, wait,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{io::AsyncReadExt, net::TcpListener};
use vapi_mcp::catalog::Toolset;
use wiremock::{MockServer, ResponseTemplate};

const NUMBER: &str = "+15550100123";

async fn empty_vapi() -> MockServer {
    vapi(ResponseTemplate::new(200).set_body_json(json!([]))).await
}

fn text(result: &Value) -> &str {
    result["content"][0]["text"]
        .as_str()
        .unwrap_or_else(|| panic!("no text in {result}"))
}

fn modern(mut params: Value) -> Value {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
    });
    params
}

#[tokio::test]
async fn without_a_key_the_tools_are_listed_and_a_call_says_how_to_set_it() {
    let folder = TempDir::new().unwrap();
    let mut process = Process::start(folder.path(), &[]);
    process.initialize("2025-11-25").await;
    let list = process.request("tools/list", json!({})).await;
    assert_eq!(
        list["result"]["tools"].as_array().unwrap().len(),
        Toolset::default().all().count()
    );
    let result = process.call("list_calls", json!({})).await;
    assert_eq!(result["isError"], true);
    assert!(
        text(&result).starts_with("VAPI_TOKEN is not set."),
        "{result}"
    );
}

#[tokio::test]
async fn a_dotenv_file_stands_in_for_a_key_that_is_not_set() {
    let (folder, vapi) = (TempDir::new().unwrap(), empty_vapi().await);
    fs::write(folder.path().join(".env"), "VAPI_TOKEN=from-the-file\n").unwrap();
    let uri = vapi.uri();
    for (environment, key) in [
        (
            vec![("VAPI_API_BASE_URL", uri.as_str())],
            "Bearer from-the-file",
        ),
        (
            vec![("VAPI_API_BASE_URL", uri.as_str()), ("VAPI_TOKEN", "mine")],
            "Bearer mine",
        ),
    ] {
        let mut process = Process::start(folder.path(), &environment);
        process.initialize("2025-11-25").await;
        process.call("list_tools", json!({})).await;
        let sent = vapi.received_requests().await.unwrap();
        assert_eq!(sent.last().unwrap().headers["authorization"], key);
    }
}

#[tokio::test]
async fn a_folder_called_dotenv_is_no_reason_not_to_start() {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join(".env")).unwrap();
    let mut process = Process::start(folder.path(), &[]);
    process.initialize("2025-11-25").await;
    let list = process.request("tools/list", json!({})).await;
    assert_eq!(
        list["result"]["tools"].as_array().unwrap().len(),
        Toolset::default().all().count()
    );
}

#[tokio::test]
async fn a_key_for_this_machine_goes_through_no_proxy() {
    let (folder, vapi, proxy) = (
        TempDir::new().unwrap(),
        empty_vapi().await,
        empty_vapi().await,
    );
    let (uri, proxy_uri) = (vapi.uri(), proxy.uri());
    let environment = [
        ("VAPI_TOKEN", KEY),
        ("VAPI_API_BASE_URL", uri.as_str()),
        ("HTTP_PROXY", proxy_uri.as_str()),
        ("http_proxy", proxy_uri.as_str()),
        ("ALL_PROXY", proxy_uri.as_str()),
    ];
    let mut process = Process::start(folder.path(), &environment);
    process.initialize("2025-11-25").await;
    process.call("list_tools", json!({})).await;
    assert!(proxy.received_requests().await.unwrap().is_empty());
    assert_eq!(vapi.received_requests().await.unwrap().len(), 1);
}

#[tokio::test]
async fn nothing_is_sent_before_the_first_call() {
    let folder = TempDir::new().unwrap();
    let vapi = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}", vapi.local_addr().unwrap());
    let mut process = Process::start(
        folder.path(),
        &[("VAPI_TOKEN", KEY), ("VAPI_API_BASE_URL", &uri)],
    );
    process.initialize("2025-11-25").await;
    process.request("tools/list", json!({})).await;
    let connected =
        tokio::time::timeout(std::time::Duration::from_millis(200), vapi.accept()).await;
    assert!(connected.is_err(), "a connection was made");
}

#[tokio::test]
async fn a_cancelled_call_drops_its_request_to_vapi() {
    let folder = TempDir::new().unwrap();
    let vapi = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}", vapi.local_addr().unwrap());
    let mut process = Process::start(
        folder.path(),
        &[("VAPI_TOKEN", KEY), ("VAPI_API_BASE_URL", &uri)],
    );
    process.initialize("2025-11-25").await;
    process
        .send(json!({ "jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": { "name": "list_calls" } }))
        .await;
    let (mut connection, _) = wait::within("a connection", vapi.accept()).await.unwrap();
    let mut request = [0; 4096];
    assert!(connection.read(&mut request).await.unwrap() > 0);
    process
        .send(json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 7 } }))
        .await;
    let rest = connection.read(&mut request).await.unwrap();
    assert_eq!(rest, 0, "the connection is closed");
    let pong = process.request("ping", json!({})).await;
    assert_eq!(
        pong["result"],
        json!({}),
        "no late answer, and the server goes on"
    );
}

#[tokio::test]
async fn no_log_holds_a_key_a_number_or_a_text() {
    let folder = TempDir::new().unwrap();
    let answer = json!({ "id": "x", "name": "a-private-word", "customer": { "number": NUMBER } });
    let vapi = vapi(ResponseTemplate::new(201).set_body_json(answer)).await;
    let uri = vapi.uri();
    let environment = [
        ("VAPI_TOKEN", KEY),
        ("VAPI_API_BASE_URL", uri.as_str()),
        ("VAPI_MCP_LOG", "trace"),
        ("RUST_LOG", "trace"),
    ];
    let mut process = Process::start(folder.path(), &environment);
    process.initialize("2025-11-25").await;
    let arguments = json!({ "assistantId": "a", "phoneNumberId": "p", "customer": { "number": NUMBER, "name": "a-private-name" } });
    let result = process.call("create_call", arguments).await;
    assert!(text(&result).contains("a-private-word"));
    process
        .call("create_call", json!({ "custmer": { "number": NUMBER } }))
        .await;
    process.send(json!({ "jsonrpc": "2.0", "method": "notifications/unheard", "params": { "number": NUMBER } })).await;
    let (code, log) = process.end().await;
    assert_eq!(code, Some(0));
    assert!(log.contains("create_call"), "something is logged: {log}");
    for private in [
        KEY,
        NUMBER,
        "5550100123",
        "a-private-word",
        "a-private-name",
        "Bearer",
    ] {
        assert!(!log.contains(private), "`{private}` is logged: {log}");
    }
}

#[tokio::test]
async fn files_serve_where_there_are_no_pipes() {
    let folder = TempDir::new().unwrap();
    let (input, output) = (folder.path().join("in"), folder.path().join("out"));
    let hello = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "t", "version": "1" } } });
    let list = json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/list" });
    fs::write(&input, format!("{hello}\n{list}\n")).unwrap();
    let status = command(folder.path(), &[])
        .stdin(Stdio::from(fs::File::open(&input).unwrap()))
        .stdout(Stdio::from(fs::File::create(&output).unwrap()))
        .status()
        .await
        .unwrap();
    assert!(status.success());
    let lines = fs::read_to_string(&output).unwrap();
    let answers: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(answers.len(), 2);
    assert_eq!(
        answers[1]["result"]["tools"].as_array().unwrap().len(),
        Toolset::default().all().count()
    );
}

/// Node starts its children so.
#[cfg(unix)]
#[tokio::test]
async fn sockets_serve_as_pipes_do_and_need_no_threads() {
    use std::os::{fd::OwnedFd, unix::net::UnixStream};
    use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

    let folder = TempDir::new().unwrap();
    let (input, stdin) = UnixStream::pair().unwrap();
    let (output, stdout) = UnixStream::pair().unwrap();
    let mut child = command(folder.path(), &[])
        .stdin(Stdio::from(OwnedFd::from(stdin)))
        .stdout(Stdio::from(OwnedFd::from(stdout)))
        .spawn()
        .unwrap();
    let stream = |stream: UnixStream| {
        stream.set_nonblocking(true).unwrap();
        tokio::net::UnixStream::from_std(stream).unwrap()
    };
    let (mut input, output) = (stream(input), stream(output));
    let mut output = BufReader::new(output).lines();
    let hello = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "t", "version": "1" } } });
    input
        .write_all(format!("{hello}\n").as_bytes())
        .await
        .unwrap();
    let answer = wait::within("the answer", output.next_line())
        .await
        .unwrap()
        .unwrap();
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer["result"]["serverInfo"]["name"], "vapi-mcp");
    #[cfg(target_os = "linux")]
    {
        let tasks = format!("/proc/{}/task", child.id().unwrap());
        assert_eq!(fs::read_dir(tasks).unwrap().count(), 1);
    }
    drop(input);
    let ended = wait::within("the end of the program", child.wait()).await;
    assert!(ended.unwrap().success());
}

#[tokio::test]
async fn a_client_that_does_not_open_the_protocol_ends_the_program_with_a_word() {
    let folder = TempDir::new().unwrap();
    let mut process = Process::start(folder.path(), &[]);
    process.send(json!({ "jsonrpc": "2.0", "method": "notifications/initialized", "params": { "number": NUMBER } })).await;
    let (code, said) = process.end().await;
    assert_eq!(code, Some(1));
    assert!(said.contains("did not start with `initialize`"), "{said}");
    assert!(!said.contains(NUMBER));
}

#[tokio::test]
async fn a_wrong_configuration_ends_the_program_with_the_remedy() {
    let folder = TempDir::new().unwrap();
    let two =
        "VAPI_API_BASE_URL and --region (or VAPI_MCP_REGION) both set the base URL of the API";
    for (variables, arguments, said) in [
        (
            vec![("VAPI_API_BASE_URL", "https://api.vapi.ai")],
            vec!["--region", "eu"],
            two,
        ),
        (
            vec![("VAPI_API_BASE_URL", "http://vapi.example.com")],
            vec![],
            "the key is sent only over https",
        ),
        (
            vec![("VAPI_MCP_LOG", "loud")],
            vec![],
            "VAPI_MCP_LOG is `loud`; it must be off",
        ),
        (
            vec![],
            vec!["--region", "mars"],
            "[possible values: us, eu]",
        ),
        (vec![], vec!["--regoin", "eu"], "--region"),
    ] {
        let output = wait::output(command(folder.path(), &variables).args(arguments)).await;
        let complaint = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success());
        assert!(complaint.contains(said), "{complaint}");
        assert!(
            output.stdout.is_empty(),
            "standard output belongs to the protocol"
        );
    }
}
