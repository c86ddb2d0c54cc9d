//! The program over real pipes, in every version of the protocol.
use std::{fs, process::Stdio, time::Duration};

use crate::support::{
    KEY,
    process::{Process, command},
    vapi,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{io::AsyncReadExt, net::TcpListener};
use vapi_mcp::tools::TOOLS;
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
async fn every_version_with_a_handshake_is_spoken() {
    let (folder, vapi) = (TempDir::new().unwrap(), empty_vapi().await);
    for (asked, agreed) in [
        ("2024-11-05", "2024-11-05"),
        ("2025-03-26", "2025-03-26"),
        ("2025-06-18", "2025-06-18"),
        ("2025-11-25", "2025-11-25"),
        ("2099-01-01", "2025-11-25"),
    ] {
        let environment = [("VAPI_TOKEN", KEY), ("VAPI_API_BASE_URL", &vapi.uri())];
        let mut process = Process::start(folder.path(), &environment);
        let hello = process.initialize(asked).await;
        assert_eq!(hello["protocolVersion"], agreed);
        assert_eq!(hello["serverInfo"]["name"], "vapi-mcp");
        assert!(
            hello["instructions"]
                .as_str()
                .unwrap()
                .contains("costs money")
        );
        let list = process.request("tools/list", json!({})).await;
        assert_eq!(
            list["result"]["tools"].as_array().unwrap().len(),
            TOOLS.len()
        );
        assert_eq!(
            list["result"].get("ttlMs"),
            None,
            "older clients know no such key"
        );
        let result = process.call("list_calls", json!({ "limit": 3 })).await;
        assert_eq!(
            result,
            json!({ "content": [{ "type": "text", "text": "[]" }], "isError": false })
        );
        assert_eq!(process.end().await, (Some(0), String::new()));
    }
}

#[tokio::test]
async fn the_version_without_a_handshake_is_spoken() {
    let (folder, vapi) = (TempDir::new().unwrap(), empty_vapi().await);
    let environment = [("VAPI_TOKEN", KEY), ("VAPI_API_BASE_URL", &vapi.uri())];
    let mut process = Process::start(folder.path(), &environment);
    let discovered = process.request("server/discover", modern(json!({}))).await;
    let versions = discovered["result"]["supportedVersions"]
        .as_array()
        .unwrap();
    assert!(versions.contains(&json!("2026-07-28")), "{discovered}");
    let list = process.request("tools/list", modern(json!({}))).await["result"].clone();
    assert_eq!(list["tools"].as_array().unwrap().len(), TOOLS.len());
    assert_eq!(
        (&list["ttlMs"], &list["cacheScope"]),
        (&json!(3_600_000), &json!("public"))
    );
    let call = modern(json!({ "name": "list_calls" }));
    let result = process.request("tools/call", call).await["result"].clone();
    assert_eq!(text(&result), "[]");
    assert_eq!(result["resultType"], "complete");
    assert_eq!(
        result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"],
        "vapi-mcp"
    );
    let old = process.initialize("2025-06-18").await;
    assert_eq!(
        old["protocolVersion"], "2025-06-18",
        "both kinds of client may share the pipe"
    );
    assert_eq!(process.end().await.0, Some(0));
}

#[tokio::test]
async fn what_a_model_can_mend_is_a_result_and_what_a_client_does_wrong_is_an_error() {
    let (folder, vapi) = (TempDir::new().unwrap(), empty_vapi().await);
    let environment = [("VAPI_TOKEN", KEY), ("VAPI_API_BASE_URL", &vapi.uri())];
    let mut process = Process::start(folder.path(), &environment);
    process.initialize("2025-11-25").await;
    let result = process.call("get_call", json!({ "calId": "x" })).await;
    assert_eq!(result["isError"], true);
    assert_eq!(
        text(&result),
        "Nothing was sent: get_call cannot be called with these arguments.\n\
         - `calId`: is not known; did you mean `callId`?\n- `callId`: is required"
    );
    let response = process
        .request("tools/call", json!({ "name": "hang_up" }))
        .await;
    assert_eq!(response["error"]["code"], -32602, "{response}");
    for method in [
        "prompts/list",
        "resources/list",
        "completion/complete",
        "logging/setLevel",
    ] {
        let params = json!({ "level": "debug", "ref": { "type": "ref/prompt", "name": "x" }, "argument": { "name": "a", "value": "" } });
        let response = process.request(method, params).await;
        assert_eq!(response["error"]["code"], -32601, "{method}: {response}");
    }
    assert!(vapi.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_text_cut_inside_an_emoji_is_answered_too() {
    let (folder, vapi) = (TempDir::new().unwrap(), empty_vapi().await);
    let environment = [("VAPI_TOKEN", KEY), ("VAPI_API_BASE_URL", &vapi.uri())];
    let mut process = Process::start(folder.path(), &environment);
    process.initialize("2025-11-25").await;
    let line = r#"{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"name":"create_call","arguments":{"name":"\ud83d!","assistantId":"a"}}}"#;
    process.send_line(line).await;
    assert_eq!(process.receive().await["id"], 9);
    let sent = vapi.received_requests().await.unwrap();
    let body: Value = serde_json::from_slice(&sent[0].body).unwrap();
    assert_eq!(body, json!({ "name": "\u{fffd}!", "assistantId": "a" }));
}

#[tokio::test]
async fn without_a_key_the_tools_are_listed_and_a_call_says_how_to_set_it() {
    let folder = TempDir::new().unwrap();
    let mut process = Process::start(folder.path(), &[]);
    process.initialize("2025-11-25").await;
    let list = process.request("tools/list", json!({})).await;
    assert_eq!(
        list["result"]["tools"].as_array().unwrap().len(),
        TOOLS.len()
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
        TOOLS.len()
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
async fn every_request_is_answered() {
    let folder = TempDir::new().unwrap();
    let mut process = Process::start(folder.path(), &[]);
    process.initialize("2025-11-25").await;
    for (line, code, said) in [
        (
            r#"{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"name":"list_calls","arguments":{"limit":1e999}}}"#,
            -32700,
            "not valid JSON or exceeds a limit",
        ),
        (
            r#"{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"name":"list_calls","arguments":[1]}}"#,
            -32602,
            "`arguments`, an object",
        ),
        (
            r#"{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{}}"#,
            -32602,
            "`name`, a string",
        ),
        (
            r#"{"jsonrpc":"2.0","id":9,"method":"tools/call"}"#,
            -32602,
            "`name`, a string",
        ),
        (
            r#"{"jsonrpc":"2.0","id":9,"method":"tools/sing"}"#,
            -32601,
            "tools/sing",
        ),
    ] {
        process.send_line(line).await;
        let answer = process.receive().await;
        assert_eq!(
            (&answer["id"], &answer["error"]["code"]),
            (&json!(9), &json!(code)),
            "{answer}"
        );
        assert!(
            answer["error"]["message"].as_str().unwrap().contains(said),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn an_error_carries_the_id_that_could_be_read() {
    let folder = TempDir::new().unwrap();
    let mut process = Process::start(folder.path(), &[]);
    // Before the handshake, and after it.
    for round in 0..2 {
        for (line, id, code) in [
            (r#"{"id":3,"method":"ping"}"#, json!(3), -32600),
            (r#"{"jsonrpc":"2.0","id":"a"}"#, json!("a"), -32600),
            (
                r#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#,
                json!(1.5),
                -32600,
            ),
            (
                r#"{"jsonrpc":"2.0","id":18446744073709551615,"method":"ping"}"#,
                json!(u64::MAX),
                -32600,
            ),
            (
                r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#,
                Value::Null,
                -32600,
            ),
            (
                r#"{"jsonrpc":"2.0","id":4,"method":"ping","params":"x"}"#,
                json!(4),
                -32602,
            ),
            (
                r#"{"jsonrpc":"2.0","id":5,"method":"ping","result":{}}"#,
                json!(5),
                -32600,
            ),
            (
                r#"{"jsonrpc":"2.0","id":6,"method":"ping","params":{"a":1e999}}"#,
                json!(6),
                -32700,
            ),
            (
                r#"[{"jsonrpc":"2.0","method":"x"},{"jsonrpc":"2.0","id":7,"method":"ping"}]"#,
                json!(7),
                -32600,
            ),
        ] {
            process.send_line(line).await;
            let answer = process.receive().await;
            let told = (&answer["id"], &answer["error"]["code"]);
            assert_eq!(told, (&id, &json!(code)), "{line}: {answer}");
        }
        if round == 0 {
            process.initialize("2025-06-18").await;
        }
    }
    assert_eq!(process.end().await, (Some(0), String::new()));
}

#[tokio::test]
async fn a_notification_is_not_answered_however_malformed() {
    let folder = TempDir::new().unwrap();
    let mut process = Process::start(folder.path(), &[]);
    process.initialize("2025-06-18").await;
    for line in [
        r#"{"method":"notifications/initialized"}"#,
        r#"{"jsonrpc":"1.0","method":"notifications/initialized"}"#,
        r#"{"jsonrpc":"2.0","method":5}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":[1]}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{}}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":{}}}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"a":1e999}}"#,
        r#"{"jsonrpc":"2.0","id":null,"method":"notifications/initialized"}"#,
        r#"{"jsonrpc":"2.0","id":4,"error":{"code":"x"}}"#,
        r#"{"jsonrpc":"2.0","method":"tools/call","params":{"name":"list_calls"}}"#,
        r#"[{"jsonrpc":"2.0","method":"notifications/initialized"}]"#,
        "no JSON",
        "",
    ] {
        process.send_line(line).await;
        let answer = process.request("ping", json!({})).await;
        assert_eq!(answer["result"], json!({}), "{line}");
    }
}

#[tokio::test]
async fn a_client_that_writes_empty_objects_as_lists_is_served() {
    let (folder, vapi) = (TempDir::new().unwrap(), empty_vapi().await);
    let environment = [("VAPI_TOKEN", KEY), ("VAPI_API_BASE_URL", &vapi.uri())];
    let mut process = Process::start(folder.path(), &environment);
    let params = json!({ "protocolVersion": "2025-06-18", "capabilities": [], "clientInfo": [] });
    let hello = process.request("initialize", params).await;
    assert_eq!(hello["result"]["protocolVersion"], "2025-06-18", "{hello}");
    process
        .send(json!({ "jsonrpc": "2.0", "method": "notifications/initialized", "params": [] }))
        .await;
    assert_eq!(
        process.request("ping", json!([])).await["result"],
        json!({})
    );
    let list = process.request("tools/list", json!([])).await;
    assert!(list["result"]["tools"].is_array(), "{list}");
    let call = json!({ "name": "list_calls", "arguments": [], "_meta": [] });
    let called = process.request("tools/call", call).await;
    assert_eq!(text(&called["result"]), "[]", "{called}");
    let call = json!({ "name": "list_calls", "arguments": "{\"limit\":3}" });
    let called = process.request("tools/call", call).await;
    assert_eq!(text(&called["result"]), "[]", "{called}");
}

#[tokio::test]
async fn what_is_wrong_with_an_initialize_is_told_by_its_field() {
    let folder = TempDir::new().unwrap();
    let mut process = Process::start(folder.path(), &[]);
    for params in [
        json!({}),
        json!([]),
        json!({ "capabilities": {}, "clientInfo": {} }),
    ] {
        let answer = process.request("initialize", params).await;
        assert_eq!(answer["error"]["code"], -32602, "{answer}");
        assert_eq!(
            answer["error"]["message"],
            "params.protocolVersion is missing"
        );
    }
    let answer = process
        .request("initialize", json!({ "protocolVersion": 1 }))
        .await;
    assert_eq!(
        answer["error"]["message"],
        "params.protocolVersion must be a string"
    );
    process
        .send_line(r#"{"jsonrpc":"2.0","id":9,"method":"initialize"}"#)
        .await;
    let answer = process.receive().await;
    assert_eq!(
        answer["error"]["message"],
        "params.protocolVersion is missing"
    );
    let hello = process.initialize("2025-06-18").await;
    assert_eq!(hello["serverInfo"]["name"], "vapi-mcp");
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
    let (mut connection, _) = vapi.accept().await.unwrap();
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
        TOOLS.len()
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
    let answer = output.next_line().await.unwrap().unwrap();
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer["result"]["serverInfo"]["name"], "vapi-mcp");
    #[cfg(target_os = "linux")]
    {
        let tasks = format!("/proc/{}/task", child.id().unwrap());
        assert_eq!(fs::read_dir(tasks).unwrap().count(), 1);
    }
    drop(input);
    assert!(child.wait().await.unwrap().success());
}

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
    let reached = async {
        while requests(vapi).await < count {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let reached = tokio::time::timeout(Duration::from_secs(60), reached);
    reached.await.expect("too few requests");
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
    writeln!(ours_in, "{hello}\n{ready}").unwrap();
    let mut answer = String::new();
    BufReader::new(ours_out).read_line(&mut answer).unwrap();
    assert!(answer.contains("serverInfo"), "{answer}");
    writeln!(ours_in, "{}", dial(100)).unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(60), child.wait()).await;
    ended.expect("it goes on").unwrap();
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
    let output = call.wait_with_output().await.unwrap();
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
    let two = "VAPI_API_BASE_URL and --region (or VAPI_MCP_REGION) both set the address of the API";
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
        let output = command(folder.path(), &variables)
            .args(arguments)
            .output()
            .await
            .unwrap();
        let complaint = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success());
        assert!(complaint.contains(said), "{complaint}");
        assert!(
            output.stdout.is_empty(),
            "standard output belongs to the protocol"
        );
    }
}
