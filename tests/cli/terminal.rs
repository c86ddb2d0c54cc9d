//! What a person sees in a terminal.

use super::*;

/// What a terminal would obey, and what turns a line around.
const OBEYED: &str = "\u{1b}[2J\u{1b}]0;x\u{7}\u{9b}31m\u{7f}\u{8}\r\u{202e}\u{2066}\u{85}";

fn assert_harmless(bytes: &[u8]) {
    let text = text(bytes);
    let is_bad = |c: char| {
        (c.is_control() && !matches!(c, '\n' | '\t')) || OBEYED.contains(c) && !c.is_ascii()
    };
    assert!(!text.contains(is_bad), "{text:?}");
}

#[tokio::test]
async fn nothing_that_vapi_wrote_reaches_a_terminal_as_a_command_to_it() {
    let bad = format!("a{OBEYED}b");
    let call = json!({
        "id": bad, "status": bad, "createdAt": bad, "endedReason": bad, "transcript": bad, bad.clone(): bad,
        "customer": { bad.clone(): [bad] },
    });
    let calls = [
        vec!["call", "get_call", "callId=x"],
        vec![
            "call",
            "get_call",
            "callId=x",
            "fields=[\"\", \"/nothing\"]",
        ],
        vec![
            "call",
            "get_call",
            "callId=x",
            "--show-secrets",
            "fields=[\"\"]",
        ],
    ];
    let long = json!({ "id": bad, bad.clone(): bad.repeat(9_000) });
    for (status, body) in [
        (200, &call),
        (200, &long),
        (400, &json!({ "message": call })),
        (400, &json!({ "message": bad })),
        (500, &json!(bad)),
    ] {
        let vapi = answering(status, body.clone()).await;
        for words in &calls {
            let output = run(&vapi, words, "").await;
            assert_eq!(output.status.success(), status == 200);
            assert!(!output.stdout.is_empty() || !output.stderr.is_empty());
            assert_harmless(&output.stdout);
            assert_harmless(&output.stderr);
        }
        let output = run(&vapi, &["doctor"], "").await;
        assert_harmless(&output.stdout);
    }
}

/// What a terminal shows of the program with these words; its standard input is at its end.
#[cfg(target_os = "linux")]
async fn in_terminal(folder: &std::path::Path, uri: &str, words: &str) -> String {
    let program = env!("CARGO_BIN_EXE_vapi-mcp");
    let path = std::env::var("PATH").unwrap();
    let mut script = tokio::process::Command::new("script");
    script
        .args(["-qec", &format!("{program} {words}"), "/dev/null"])
        .env_clear()
        .envs([
            ("PATH", path.as_str()),
            ("VAPI_TOKEN", KEY),
            ("VAPI_API_BASE_URL", uri),
        ])
        .current_dir(folder)
        .stdin(Stdio::null());
    text(&wait::output(&mut script).await.stdout).replace("\r\n", "\n")
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_list_is_a_table_in_a_terminal_and_json_in_a_pipe() {
    let folder = TempDir::new().unwrap();
    let long = "word ".repeat(60);
    let body = json!([
        { "id": "a5515700-0000-4000-8000-00000000000b", "name": format!("Desk{OBEYED}"), "firstMessage": long, "voice": { "provider": "vapi" } },
        { "id": "b", "name": "Night" },
    ]);
    let vapi = answering(200, body).await;
    let shown = in_terminal(folder.path(), &vapi.uri(), "call list_assistants").await;
    let plain = anstream::adapter::strip_str(&shown).to_string();
    assert_harmless(plain.as_bytes());
    let lines: Vec<_> = plain.lines().collect();
    assert!(
        lines[0].starts_with("id ") && lines[0].contains("name"),
        "{shown}"
    );
    assert!(
        lines[1].starts_with("a5515700-0000-4000-8000-00000000000b  Desk"),
        "{shown}"
    );
    assert!(
        lines[2].starts_with("b ") && lines[2].contains("Night"),
        "{shown}"
    );
    assert!(lines[3].starts_with("2 rows"), "{shown}");
    let output = run(&vapi, &["call", "list_assistants"], "").await;
    let rows: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(rows.as_array().unwrap().len(), 2);
    // One object is no table.
    let vapi = answering(200, json!({ "id": "x", "name": "y" })).await;
    let shown = in_terminal(
        folder.path(),
        &vapi.uri(),
        "call get_assistant assistantId=x",
    )
    .await;
    assert!(shown.starts_with("{\n"), "{shown}");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn in_a_terminal_the_program_says_what_it_waits_for() {
    let folder = TempDir::new().unwrap();
    let shown = in_terminal(folder.path(), "http://127.0.0.1:1", "").await;
    for words in [
        "waits for an MCP client",
        "vapi-mcp setup",
        "vapi-mcp --help",
        "Ctrl-C",
    ] {
        assert!(shown.contains(words), "{shown}");
    }
    // A client is told nothing.
    let output = run(&answering(200, json!([])).await, &[], "").await;
    assert!(output.stdout.is_empty());
    assert!(
        !text(&output.stderr).contains("waits"),
        "{}",
        text(&output.stderr)
    );
}

#[cfg(feature = "sandbox")]
#[tokio::test]
async fn the_demo_wraps_at_words() {
    let folder = TempDir::new().unwrap();
    let output = wait::output(command(folder.path(), &[]).arg("demo")).await;
    let shown = text(&output.stdout);
    assert!(output.status.success(), "{shown}");
    for line in shown.lines() {
        let breakable = line.trim().contains(' ');
        assert!(
            line.chars().count() <= 80 || !breakable || line.contains("\"command\""),
            "{line}"
        );
    }
    let words: Vec<_> = shown.split_whitespace().collect();
    assert!(words.join(" ").contains(
        "An MCP client talks to this server, and the sandbox answers for Vapi: no phone rings."
    ));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_json_of_an_answer_in_a_terminal_is_still_json() {
    let body = json!({ "id": "x", "transcript": "a\u{1b}[31mb\u{9b}2J", "name": "\u{8}" });
    let vapi = answering(200, body).await;
    let folder = TempDir::new().unwrap();
    let shown = in_terminal(
        folder.path(),
        &vapi.uri(),
        "call get_call callId=x 'fields=[\"\"]'",
    )
    .await;
    assert_harmless(shown.as_bytes());
    let end = shown.rfind("\n}\n").unwrap() + 2;
    let answer: Value = serde_json::from_str(&shown[..end]).unwrap();
    assert_eq!(answer["transcript"], "a\u{1b}[31mb2J");
    assert!(
        shown.starts_with("{\n  \"id\""),
        "it is no terminal: {shown}"
    );
}
