//! Requests, notifications and errors.

use super::*;

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
            Toolset::default().all().count()
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
    assert_eq!(
        list["tools"].as_array().unwrap().len(),
        Toolset::default().all().count()
    );
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
