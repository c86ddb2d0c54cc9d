//! `vapi-mcp api`: the whole API from the terminal.

use super::*;
use crate::support::unnamed_list;

#[tokio::test]
async fn a_search_and_a_description_need_no_request() {
    let vapi = answering(500, json!({})).await;
    let found = run(&vapi, &["api", "search", "turn", "recording", "off"], "").await;
    let found: Value = serde_json::from_slice(&found.stdout).unwrap();
    assert_eq!(found["places"][0]["at"], "/artifactPlan/recordingEnabled");
    let subjects = run(&vapi, &["api", "search"], "").await;
    assert!(text(&subjects.stdout).starts_with("{\"groups\":["));
    for words in [
        &["PATCH /assistant/{id}"][..],
        &["patch", "/assistant/{id}"],
        &["AssistantController_update"],
    ] {
        let words = [&["api", "describe"], words, &["--at", "/artifactPlan"]].concat();
        let shown = run(&vapi, &words, "").await;
        let shown = text(&shown.stdout);
        assert!(shown.starts_with("PATCH /assistant/{id}"), "{shown}");
        assert!(shown.contains("recordingEnabled: boolean"), "{shown}");
    }
    let words = ["api", "describe", "GET", "/squad/{id}", "--answer"];
    let shown = run(&vapi, &words, "").await;
    assert!(text(&shown.stdout).contains("answer: {"));
    assert!(vapi.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_get_takes_a_query_in_the_path_and_in_flags() {
    let vapi = answering(200, json!([{ "id": "s", "apiKey": "s3cret" }])).await;
    let path = unnamed_list().path;
    let with_limit = format!("{path}?limit=5");
    let words = [
        "api",
        "get",
        &with_limit,
        "-q",
        "createdAtGe=2026-01-01T00:00:00Z",
    ];
    let output = run(&vapi, &words, "").await;
    assert_eq!(
        text(&output.stdout),
        "[{\"id\":\"s\",\"apiKey\":\"[redacted]\"}]\n"
    );
    assert!(output.status.success());
    let sent = vapi.received_requests().await.unwrap();
    assert_eq!(sent[0].url.path(), path);
    let query: Vec<_> = sent[0].url.query_pairs().collect();
    assert!(query.contains(&("limit".into(), "5".into())), "{query:?}");
    assert!(
        query.contains(&("createdAtGe".into(), "2026-01-01T00:00:00Z".into())),
        "{query:?}"
    );
}

#[tokio::test]
async fn a_body_comes_from_the_command_line_standard_input_or_a_file() {
    let vapi = answering(201, json!({ "id": "b" })).await;
    let body = r#"{"queries":[]}"#;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), body).unwrap();
    let file = format!("@{}", file.path().display());
    for (given, input) in [(body, ""), ("-", body), (&file, "")] {
        let words = ["api", "post", "/analytics", "--body", given];
        let output = run(&vapi, &words, input).await;
        assert!(output.status.success(), "{}", text(&output.stderr));
        let sent = vapi.received_requests().await.unwrap();
        assert_eq!(text(&sent.last().unwrap().body), body);
    }
}

#[tokio::test]
async fn a_request_is_sent_by_the_tool_of_its_effect_under_the_same_guards() {
    let vapi = answering(201, json!({ "id": "b" })).await;
    let squad = r#"{"members":[{"assistantId":"a"}]}"#;
    let words = ["api", "post", "/squad", "--body", squad];
    let dry = run(&vapi, &[&words[..], &["--dry-run"]].concat(), "").await;
    assert!(dry.status.success(), "{}", text(&dry.stderr));
    assert!(vapi.received_requests().await.unwrap().is_empty());
    let output = run(&vapi, &words, "").await;
    assert!(output.status.success(), "{}", text(&output.stderr));
    let sent = vapi.received_requests().await.unwrap();
    assert_eq!(
        (sent[0].method.as_str(), sent[0].url.path()),
        ("POST", "/squad")
    );
    assert_eq!(text(&sent[0].body), squad);

    let call = r#"{"assistantId":"a","phoneNumberId":"p","customer":{"number":"+15550100123"}}"#;
    let words = ["api", "post", "/call", "--body", call];
    for (flags, said) in [
        (&["--read-only"][..], "--read-only hides it"),
        (&["--allow-destinations", "+4420"], "--allow-destinations"),
        (&["--confirm", "dial"], "standard input is not a terminal"),
    ] {
        let output = run(&vapi, &[&words[..], flags].concat(), "").await;
        assert_eq!(output.status.code(), Some(1));
        assert!(
            text(&output.stderr).contains(said),
            "{}",
            text(&output.stderr)
        );
    }
    assert_eq!(vapi.received_requests().await.unwrap().len(), 1);
    let output = run(&vapi, &words, "").await;
    assert!(output.status.success(), "{}", text(&output.stderr));
    let sent = vapi.received_requests().await.unwrap();
    assert_eq!(sent[1].url.path(), "/call");
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_with_the_reason() {
    let vapi = answering(200, json!({})).await;
    for (words, said) in [
        (
            &["get", "/sqaud/1"][..],
            "vapi-mcp: there is no operation `GET /sqaud/1`; the nearest are",
        ),
        (
            &["get", "/assistant", "-q", "limit"],
            "vapi-mcp: `limit` is not NAME=VALUE",
        ),
        (
            &["post", "/analytics", "--body", "[]"],
            "vapi-mcp: the body is not a JSON object: ",
        ),
        (
            &["post", "/analytics", "--body", "@/no/such/file"],
            "vapi-mcp: /no/such/file: ",
        ),
        (
            &["post", "/analytics", "--body", "{}", "--dry-run"],
            "vapi-mcp: --dry-run does not apply to `POST /analytics`",
        ),
        (
            &["get", "/squad", "--tools", "get_call"],
            "vapi-mcp: there is no tool `read_api` here: --tools excludes it",
        ),
        (
            &["get", "/squad", "-q", "limt=5"],
            "Nothing was sent: read_api cannot be called with these arguments.",
        ),
    ] {
        assert_fails(&vapi, &[&["api"], words].concat(), said).await;
    }
    assert!(vapi.received_requests().await.unwrap().is_empty());
}
