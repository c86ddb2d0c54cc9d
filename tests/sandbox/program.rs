//! The program over the sandbox.

use super::*;

#[tokio::test]
async fn the_server_says_wherever_it_matters_that_this_is_a_sandbox() {
    let folder = TempDir::new().unwrap();
    let mut server = Process::with_flags(folder.path(), &[], &["--sandbox"]);
    let hello = server.initialize("2025-06-18").await;
    assert_eq!(hello["serverInfo"]["title"], "Vapi (sandbox)");
    assert!(
        hello["instructions"]
            .as_str()
            .unwrap()
            .starts_with("SANDBOX: ")
    );
    // With the first result of a session, and with every write.
    for (tool, arguments, fails, told) in [
        ("list_assistants", json!({}), false, true),
        ("list_assistants", json!({}), false, false),
        ("get_call", json!({ "callId": "a" }), true, false),
        ("create_call", json!({ "customer": 1 }), true, true),
        ("create_assistant", json!({ "name": "A" }), false, true),
        ("list_calls", json!({}), false, false),
    ] {
        let result = server.call(tool, arguments).await;
        assert_eq!(result["isError"], fails, "{result}");
        let remarks = result["content"].as_array().unwrap();
        let mut lines = remarks
            .iter()
            .flat_map(|block| block["text"].as_str().unwrap().lines());
        assert_eq!(lines.any(|line| line == REMARK), told, "{result}");
    }
    let (code, log) = server.end().await;
    assert_eq!(code, Some(0));
    assert!(log.contains("sandbox"), "{log}");
}

#[tokio::test]
async fn a_person_who_is_asked_is_told_that_it_is_a_sandbox() {
    let folder = TempDir::new().unwrap();
    let flags = ["--sandbox", "--confirm", "write"];
    let mut server = Process::with_flags(folder.path(), &[], &flags);
    let client = json!({ "name": "test", "version": "1" });
    let able = json!({ "elicitation": {} });
    let hello =
        json!({ "protocolVersion": "2025-11-25", "capabilities": able, "clientInfo": client });
    server.request("initialize", hello).await;
    let call = json!({ "name": "create_assistant", "arguments": { "name": "Desk" } });
    server
        .send(json!({ "jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": call }))
        .await;
    let question = server.receive().await;
    let message = question["params"]["message"].as_str().unwrap();
    let expected = format!("{REMARK}\ncreate_assistant with {{\"name\":\"Desk\"}}?");
    assert_eq!(message, expected);
}

#[tokio::test]
async fn with_a_key_and_an_address_nothing_is_sent_all_the_same() {
    let vapi = crate::support::vapi(wiremock::ResponseTemplate::new(200)).await;
    let folder = TempDir::new().unwrap();
    let uri = vapi.uri();
    for (flag, variable) in [("--sandbox", ""), ("--sandbox=true", "false"), ("", "true")] {
        let variables = [
            ("VAPI_TOKEN", crate::support::KEY),
            ("VAPI_API_BASE_URL", uri.as_str()),
            ("VAPI_MCP_SANDBOX", variable),
        ];
        let words = ["call", "list_assistants", flag];
        let output = wait::output(
            command(folder.path(), &variables).args(words.iter().filter(|word| !word.is_empty())),
        )
        .await;
        assert!(output.status.success());
        let list: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(list[0]["name"], "Sandbox assistant");
        assert!(String::from_utf8(output.stderr).unwrap().contains(REMARK));
    }
    assert_eq!(vapi.received_requests().await.unwrap().len(), 0);
}

#[tokio::test]
async fn the_demonstration_needs_no_key_and_ends_with_a_configuration() {
    let folder = TempDir::new().unwrap();
    let output = wait::output(command(folder.path(), &[]).arg("demo")).await;
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.contains('\u{1b}'), "plain in a pipe");
    for part in [
        "customer-ended-call",
        "AI: Good morning",
        "cost",
        "mcpServers",
        "VAPI_TOKEN",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

/// reqwest is a client of HTTP; what serves it is another feature of the same libraries.
#[tokio::test]
async fn without_http_no_http_server_is_linked() {
    let mut cargo = tokio::process::Command::new(env!("CARGO"));
    cargo
        .args([
            "tree",
            "--offline",
            "--locked",
            "-e",
            "normal,features",
            "-p",
            "vapi-mcp",
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    let tree = wait::output(&mut cargo).await;
    assert!(
        tree.status.success(),
        "{}",
        String::from_utf8_lossy(&tree.stderr)
    );
    let tree = String::from_utf8(tree.stdout).unwrap();
    assert!(tree.contains("hyper feature \"client\""), "{tree}");
    for server in [
        "axum",
        "hyper feature \"server\"",
        "hyper-util feature \"server",
    ] {
        assert!(!tree.contains(server), "{server}");
    }
}
