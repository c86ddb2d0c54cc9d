//! The sandbox for callers over HTTP: it needs no key, and one that comes goes nowhere.

use serde_json::json;
use vapi_mcp::sandbox::REMARK;

use crate::{
    client::{MODERN, Server, initialize, message, shown},
    support::KEY,
};

#[tokio::test]
async fn callers_with_and_without_a_key_are_served_and_told_what_it_is() {
    let server = Server::with(&["--sandbox"], &[("VAPI_TOKEN", KEY)]).await;
    for token in ["", "theirs"] {
        let hello = server.post(token, &initialize("2025-06-18"));
        let hello = message(hello.send().await.unwrap()).await;
        assert_eq!(hello["result"]["serverInfo"]["title"], "Vapi (sandbox)");
        let session = server.session(token).await;
        let listed = session.call("list_assistants", json!({})).await;
        assert_eq!(shown(&listed)[0]["name"], "Sandbox assistant", "{listed}");
        let blocks = listed["result"]["content"].as_array().unwrap();
        assert_eq!(blocks.last().unwrap()["text"], REMARK);
        // And without a handshake.
        let params = json!({ "name": "list_calls", "arguments": {} });
        let answer = message(server.modern(token, "tools/call", params).await).await;
        assert!(answer.to_string().contains(REMARK), "{MODERN}: {answer}");
    }
    assert!(server.vapi.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn what_one_caller_makes_is_there_for_the_others() {
    let server = Server::start(&["--sandbox"]).await;
    let made = server.session("one").await;
    let made = made
        .call("create_assistant", json!({ "name": "Desk" }))
        .await;
    let assistant = json!({ "assistantId": shown(&made)["id"] });
    let found = server.session("two").await;
    let found = found.call("get_assistant", assistant).await;
    assert_eq!(shown(&found)["name"], "Desk", "{found}");
}

#[tokio::test]
async fn its_log_says_at_the_start_that_nobody_is_rung() {
    let mut server = Server::start(&["--sandbox"]).await;
    server.terminate();
    let (code, log) = server.ended().await;
    assert_eq!(code, Some(0));
    assert!(log.contains("the sandbox answers for Vapi"), "{log}");
}
