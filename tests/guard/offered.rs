//! Which tools are offered, and what a client reads about the rules.

use super::*;

#[tokio::test]
async fn a_read_only_server_shows_and_calls_reads_alone() {
    let guarded = Guarded::new(&["--read-only"]).await;
    let mut process = guarded.start().await;
    let names = names(&mut process).await;
    assert_eq!(names, reading());
    for tool in ["create_call", "create_assistant"] {
        assert!(!names.contains(&tool.to_owned()));
        let params = json!({ "name": tool, "arguments": call(NUMBER) });
        let error = process.request("tools/call", params).await["error"].clone();
        assert_eq!(error["code"], -32602);
        assert_eq!(
            error["message"],
            format!("there is no tool `{tool}` here: --read-only hides it")
        );
    }
    assert_eq!(guarded.requests().await, 0);
    process.call("list_calls", json!({})).await;
    assert_eq!(guarded.requests().await, 1);
}

#[tokio::test]
async fn chosen_tools_are_the_only_ones() {
    let guarded = Guarded::new(&["--tools", "get_call, create_call"]).await;
    let mut process = guarded.start().await;
    assert_eq!(names(&mut process).await, ["create_call", "get_call"]);
    let params = json!({ "name": "list_calls", "arguments": {} });
    let error = process.request("tools/call", params).await["error"].clone();
    assert_eq!(
        error["message"],
        "there is no tool `list_calls` here: --tools excludes it"
    );
    assert_eq!(guarded.requests().await, 0);
    accepted(&mut process, call(NUMBER)).await;
}

#[tokio::test]
async fn a_profile_exposes_its_tools_and_may_be_mixed_with_names() {
    for (given, shown, hidden) in [
        (
            "core",
            &["list_assistants", "wait_for_call"][..],
            &["search_api", "summarize_calls"][..],
        ),
        (
            "whole",
            &["create_call", "summarize_calls", "search_api", "read_api"],
            &["list_assistants", "get_call"],
        ),
        (
            "core,read_api",
            &["get_tool", "create_call", "read_api"],
            &["search_api"],
        ),
    ] {
        let guarded = Guarded::new(&["--tools", given]).await;
        let names = names(&mut guarded.start().await).await;
        for name in shown {
            assert!(names.contains(&(*name).to_owned()), "{given}: {names:?}");
        }
        for name in hidden {
            assert!(!names.contains(&(*name).to_owned()), "{given}: {names:?}");
        }
    }
    let guarded = Guarded::new(&["--tools", "core"]).await;
    assert_eq!(names(&mut guarded.start().await).await.len(), 11);
}

#[tokio::test]
async fn an_unknown_name_is_told_the_tool_that_does_the_same_or_where_the_user_can_do_it() {
    let guarded = Guarded::new(&["--tools", "list_assistants,create_call,get_call"]).await;
    let mut process = guarded.start().await;
    for (name, told) in [
        ("listAssistants", "did you mean list_assistants?"),
        ("get_assistants", "did you mean list_assistants?"),
        ("search-assistants", "did you mean list_assistants?"),
        ("vapi_list_assistants", "did you mean list_assistants?"),
        ("make_phone_call", "did you mean create_call?"),
        ("makePhoneCalls", "did you mean create_call?"),
        ("create_batch_call", "did you mean create_call?"),
        ("get_call_transcript", "did you mean get_call?"),
        ("get_call_transcripts", "did you mean get_call?"),
        ("get_recording", "did you mean get_call?"),
        ("list_numbers", "here: --tools excludes it"),
        ("call_statistics", "here: --tools excludes it"),
        ("set_call", "https://dashboard.vapi.ai"),
        ("delete_assistant", "https://dashboard.vapi.ai"),
        ("update_assistant", "here: --tools excludes it"),
        ("update_squad", "https://dashboard.vapi.ai"),
        ("end_call", "https://dashboard.vapi.ai"),
        ("buy_phone_number", "https://dashboard.vapi.ai"),
        ("add_assistant", "here: --tools excludes it"),
    ] {
        let params = json!({ "name": name, "arguments": {} });
        let error = process.request("tools/call", params).await["error"].clone();
        assert_eq!(error["code"], -32602);
        let message = error["message"].as_str().unwrap();
        assert!(
            message.starts_with(&format!("there is no tool `{name}`")),
            "{message}"
        );
        assert!(message.contains(told), "{message}");
        assert!(!message.contains("create_assistant"), "{message}");
        assert!(!message.contains("creates assistants"), "{message}");
        assert_eq!(
            message.contains("did you mean"),
            told.starts_with("did"),
            "{message}"
        );
    }
    assert_eq!(guarded.requests().await, 0);
}

#[tokio::test]
async fn no_tool_that_is_hidden_is_named() {
    let guarded = Guarded::new(&["--read-only"]).await;
    let mut process = guarded.start().await;
    let hello = process.initialize("2025-06-18").await;
    let list = process.request("tools/list", json!({})).await;
    for told in [&hello, &list] {
        for hidden in ["create_call", "create_assistant"] {
            assert!(!told.to_string().contains(hidden), "{told}");
        }
    }
    assert!(list.to_string().contains("From list_assistants."), "{list}");
}

#[tokio::test]
async fn the_rules_and_the_time_are_told_at_the_start() {
    let flags = [
        "--allow-destinations",
        "+1555,sip:*@example.com",
        "--deny-destinations",
        "+15550100",
        "--call-hours",
        "9-20",
        "--max-calls",
        "2/hour",
        "--max-batch",
        "3",
        "--confirm",
        "dial",
    ];
    let guarded = Guarded::new(&flags).await;
    let mut process = guarded.start().await;
    let hello = process.initialize("2025-06-18").await;
    let told = hello["instructions"].as_str().unwrap();
    for rule in [
        "calls are allowed only to +1555, sip:*@example.com",
        "some destinations are never called",
        "9-20",
        "at most 2 calls per hour",
        "at most 3 destinations in one batch",
        "the user is asked before a call",
    ] {
        assert!(told.contains(rule), "{rule}: {told}");
    }
    assert!(!told.contains("+15550100;"), "{told}");
    let (_, time) = told.rsplit_once("This session started at ").unwrap();
    assert!(
        chrono::DateTime::parse_from_rfc3339(time.trim_end_matches('.')).is_ok(),
        "{told}"
    );
    assert!(told.ends_with("Z."), "{told}");

    let guarded = Guarded::new(&[]).await;
    let hello = guarded.start().await.initialize("2025-06-18").await;
    assert!(
        !hello["instructions"]
            .as_str()
            .unwrap()
            .contains("Rules of this server")
    );
}
