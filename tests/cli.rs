//! The commands of the terminal.
use std::process::{Output, Stdio};

use crate::support::{KEY, process::command, vapi};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use wiremock::{MockServer, ResponseTemplate};

/// Runs the program with these words, and this on standard input.
async fn run(vapi: &MockServer, words: &[&str], input: &str) -> Output {
    let folder = TempDir::new().unwrap();
    let uri = vapi.uri();
    let environment = [("VAPI_TOKEN", KEY), ("VAPI_API_BASE_URL", uri.as_str())];
    let mut child = command(folder.path(), &environment)
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .await
        .unwrap();
    child.wait_with_output().await.unwrap()
}

async fn answering(status: u16, body: Value) -> MockServer {
    vapi(ResponseTemplate::new(status).set_body_json(body)).await
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn a_call_prints_the_answer_and_nothing_else() {
    let vapi = answering(200, json!([{ "id": "a", "transcript": "x", "cost": 0.1 }])).await;
    let output = run(
        &vapi,
        &["call", "list_calls", "limit=5", "createdAfter=2026-01-01"],
        "",
    )
    .await;
    assert_eq!(text(&output.stdout), "[{\"id\":\"a\",\"cost\":0.1}]\n");
    assert_eq!(text(&output.stderr), "");
    assert!(output.status.success());
    let sent = vapi.received_requests().await.unwrap();
    assert_eq!(sent[0].url.query(), Some("createdAtGe=2026-01-01&limit=5"));
}

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
    let output = tokio::process::Command::new("script")
        .args(["-qec", &format!("{program} {words}"), "/dev/null"])
        .env_clear()
        .envs([
            ("PATH", path.as_str()),
            ("VAPI_TOKEN", KEY),
            ("VAPI_API_BASE_URL", uri),
        ])
        .current_dir(folder)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(std::time::Duration::from_secs(60), output).await;
    text(&output.expect("it hangs").unwrap().stdout).replace("\r\n", "\n")
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

#[tokio::test]
async fn every_argument_that_a_tool_takes_is_shown() {
    let vapi = answering(200, json!([])).await;
    for tool in vapi_mcp::catalog::TOOLS.iter() {
        let shown = run(&vapi, &["tools", tool.name], "").await;
        let shown = text(&shown.stdout);
        let face = crate::support::face(tool);
        let properties = face["inputSchema"]["properties"].as_object();
        for name in properties.into_iter().flat_map(|found| found.keys()) {
            let found = shown
                .lines()
                .any(|line| line.starts_with(&format!("  {name}  ")));
            assert!(found, "{}: {name}\n{shown}", tool.name);
        }
    }
    for (tool, names) in [
        ("create_call", &["dryRun", "allowDuplicate"][..]),
        ("list_calls", &["fields", "cursor"]),
        ("get_call", &["fields"]),
        ("wait_for_call", &["timeoutSeconds"]),
    ] {
        let shown = run(&vapi, &["tools", tool], "").await;
        for name in names {
            let line = format!("\n  {name}  ");
            assert!(text(&shown.stdout).contains(&line), "{tool}: {name}");
        }
        let words: Vec<_> = text(&shown.stdout).split_whitespace().collect();
        assert_eq!(
            words
                .join(" ")
                .contains("The pointer * on its own shows everything that Vapi sent."),
            tool != "create_call",
            "{tool}"
        );
    }
}

#[tokio::test]
async fn the_help_of_a_command_shows_its_own_options() {
    let vapi = answering(200, json!([])).await;
    for (words, shown, hidden) in [
        (
            &["demo"][..],
            &[][..],
            &["--read-only", "--region", "--max-calls", "--sandbox"][..],
        ),
        (
            &["setup", "status"],
            &[],
            &["--read-only", "--audit-log", "--show-secrets"],
        ),
        (
            &["setup", "remove"],
            &["--dry-run"],
            &["--read-only", "--max-calls"],
        ),
        (
            &["setup"],
            &["--dry-run", "--read-only", "--max-calls"],
            &[],
        ),
        (
            &["tools"],
            &["--json", "--read-only", "--tools"],
            &["--max-calls", "--region", "--audit-log"],
        ),
        (
            &["doctor"],
            &["--json", "--region", "--max-calls"],
            &["--show-secrets", "--max-result-bytes"],
        ),
        (&["call"], &["--show-secrets", "--max-calls"], &[]),
        #[cfg(feature = "http")]
        (&["http"], &["--listen", "--read-only"], &["--show-secrets"]),
        #[cfg(feature = "http")]
        (&["sandbox"], &["--listen"], &["--read-only", "--region"]),
    ] {
        for help in ["--help", "-h"] {
            let output = run(&vapi, &[words, &[help]].concat(), "").await;
            let help = text(&output.stdout);
            for option in shown {
                assert!(help.contains(option), "{words:?} {option}: {help}");
            }
            for option in hidden {
                assert!(!help.contains(option), "{words:?} {option}: {help}");
            }
        }
    }
    // What is hidden is taken all the same.
    let output = run(&vapi, &["tools", "--max-calls", "5/hour"], "").await;
    assert!(output.status.success());
}

#[cfg(feature = "sandbox")]
#[tokio::test]
async fn the_demo_wraps_at_words() {
    let folder = TempDir::new().unwrap();
    let output = command(folder.path(), &[])
        .arg("demo")
        .output()
        .await
        .unwrap();
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

#[tokio::test]
async fn remarks_go_to_standard_error() {
    let vapi = answering(200, json!([])).await;
    let output = run(&vapi, &["call", "list_calls", "state=ended"], "").await;
    assert_eq!(text(&output.stdout), "[]\n");
    assert!(
        text(&output.stderr)
            .starts_with("Ignored, because list_calls has no such argument: `state`.")
    );
    assert!(output.status.success());
}

#[tokio::test]
async fn arguments_may_come_as_json_or_from_standard_input() {
    let vapi = answering(201, json!({ "id": "a" })).await;
    let arguments =
        r#"{"assistantId":"a","phoneNumberId":"p","customer":{"number":"+15550100123"}}"#;
    for (words, input) in [
        (vec!["call", "create_call", arguments], ""),
        (vec!["call", "create_call", "-"], arguments),
        (
            vec![
                "call",
                "create_call",
                "assistantId=a",
                "phoneNumberId=p",
                "customer.number=+15550100123",
            ],
            "",
        ),
    ] {
        let output = run(&vapi, &words, input).await;
        assert_eq!(
            text(&output.stdout),
            "{\"id\":\"a\"}\n",
            "{}",
            text(&output.stderr)
        );
        let sent = vapi.received_requests().await.unwrap();
        let body: Value = serde_json::from_slice(&sent.last().unwrap().body).unwrap();
        assert_eq!(body, serde_json::from_str::<Value>(arguments).unwrap());
    }
}

#[tokio::test]
async fn a_tool_error_is_exit_code_1_and_goes_to_standard_error() {
    let vapi = answering(404, json!({ "message": "No such call." })).await;
    for (words, said) in [
        (
            vec!["call", "get_call", "callId=x"],
            "Vapi answered 404 Not Found: No such call.",
        ),
        (
            vec!["call", "get_call"],
            "Nothing was sent: get_call cannot be called",
        ),
        (
            vec!["call", "gt_call"],
            "vapi-mcp: there is no tool `gt_call`; did you mean get_call",
        ),
        (
            vec!["call", "get_call", "x"],
            "vapi-mcp: `x` is not key=value; a JSON object or `-`",
        ),
    ] {
        let output = run(&vapi, &words, "").await;
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(text(&output.stdout), "");
        assert!(
            text(&output.stderr).starts_with(said),
            "{}",
            text(&output.stderr)
        );
    }
    assert_eq!(vapi.received_requests().await.unwrap().len(), 1);
}

#[tokio::test]
async fn tools_shows_a_person_what_there_is() {
    let vapi = answering(500, json!({})).await;
    let list = run(&vapi, &["tools"], "").await;
    // Below the tools, an empty line and how to see more.
    let tools = vapi_mcp::catalog::TOOLS.len();
    assert_eq!(text(&list.stdout).lines().count(), tools + 2);
    let one = run(&vapi, &["tools", "create_call"], "").await;
    insta::assert_snapshot!(text(&one.stdout));
    for output in [list, one] {
        assert!(!output.stdout.contains(&0x1b), "colours are for terminals");
    }
}

#[tokio::test]
async fn tools_as_json_is_what_clients_are_told() {
    let vapi = answering(500, json!({})).await;
    let list = run(&vapi, &["tools", "--json"], "").await;
    let list: Vec<Value> = serde_json::from_slice(&list.stdout).unwrap();
    let faces: Vec<Value> = vapi_mcp::catalog::TOOLS
        .iter()
        .map(crate::support::face)
        .collect();
    assert_eq!(list, faces);
    let one = run(&vapi, &["tools", "get_tool", "--json"], "").await;
    assert_eq!(
        serde_json::from_slice::<Value>(&one.stdout).unwrap(),
        faces[9]
    );
}

#[tokio::test]
async fn help_names_every_command_and_variable() {
    let vapi = answering(500, json!({})).await;
    let output = run(&vapi, &["--help"], "").await;
    let help = text(&output.stdout);
    for word in [
        "call",
        "tools",
        "--region",
        "VAPI_TOKEN",
        "VAPI_API_BASE_URL",
        "VAPI_MCP_LOG",
        "VAPI_MCP_READ_ONLY",
        "--read-only",
        "--tools",
        "--allow-destinations",
        "--deny-destinations",
        "--call-hours",
        "--max-calls",
        "--max-batch",
        "--confirm",
        "--audit-log",
        "NO_COLOR",
    ] {
        assert!(help.contains(word), "{word}");
    }
}

#[cfg(unix)]
mod unix {
    use std::{fs, fs::File, os::unix::fs::symlink, path::Path, time::Duration};

    use crate::support::process::Process;
    use tokio::time::timeout;

    use super::*;

    /// Nothing here takes this long unless it waits for a file.
    const HANG: Duration = Duration::from_secs(60);

    /// Runs the program in a folder, without a key.
    async fn run_in(folder: &Path, variables: &[(&str, &str)], words: &[&str]) -> Output {
        let mut command = command(folder, variables);
        command.args(words).stdin(Stdio::null());
        let ended = timeout(HANG, command.output()).await;
        ended.expect("it hangs").unwrap()
    }

    fn make_fifo(path: &Path) {
        let made = std::process::Command::new("mkfifo").arg(path).status();
        assert!(made.unwrap().success());
    }

    #[tokio::test]
    async fn arguments_from_a_stream_without_end_are_refused() {
        let vapi = answering(200, json!([])).await;
        let uri = vapi.uri();
        let environment = [("VAPI_TOKEN", KEY), ("VAPI_API_BASE_URL", uri.as_str())];
        let folder = TempDir::new().unwrap();
        let mut command = command(folder.path(), &environment);
        command
            .args(["call", "list_calls", "-"])
            .stdin(File::open("/dev/zero").unwrap());
        let output = timeout(HANG, command.output()).await;
        let output = output.expect("it hangs").unwrap();
        assert_eq!(output.status.code(), Some(1));
        let error = text(&output.stderr);
        let said = "standard input: it is larger than 4194304 bytes";
        assert!(error.contains(said), "{error}");
        assert!(vapi.received_requests().await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_dotenv_that_cannot_be_read_is_told_and_not_waited_for() {
        for (kind, told) in [
            ("fifo", "it is a FIFO (named pipe), not a regular file"),
            (
                "fifo behind a link",
                "it is a FIFO (named pipe), not a regular file",
            ),
            ("device", "it is a device, not a regular file"),
            ("folder", "it is a directory, not a regular file"),
            (
                "dangling link",
                "it is a link to a file that does not exist",
            ),
            ("endless", "it is larger than 65536 bytes"),
            ("binary", "it is not UTF-8 text"),
        ] {
            let folder = TempDir::new().unwrap();
            let folder = folder.path();
            let file = folder.join(".env");
            match kind {
                "fifo" => make_fifo(&file),
                "fifo behind a link" => {
                    make_fifo(&folder.join("pipe"));
                    symlink("pipe", &file).unwrap();
                }
                "device" => symlink("/dev/zero", &file).unwrap(),
                "folder" => fs::create_dir(&file).unwrap(),
                "dangling link" => symlink("nowhere", &file).unwrap(),
                "endless" => File::create(&file).unwrap().set_len(1 << 40).unwrap(),
                _ => fs::write(&file, b"VAPI_TOKEN=\xff").unwrap(),
            }
            let said = format!("VAPI_TOKEN is not set, and the file .env cannot be used: {told}.");
            let output = run_in(folder, &[], &["call", "list_calls"]).await;
            assert!(!output.status.success());
            let error = text(&output.stderr);
            assert!(error.contains(&said), "{kind}: {error}");
            // The server starts all the same, and its tools say what is missing.
            let mut server = Process::start(folder, &[]);
            server.initialize("2025-06-18").await;
            let result = server.call("list_calls", json!({})).await;
            let error = result["content"][0]["text"].as_str().unwrap();
            assert!(error.contains(&said), "{kind}: {error}");
            server.end().await;
        }
    }

    #[tokio::test]
    async fn a_dotenv_is_not_looked_for_when_the_variable_is_set() {
        let folder = TempDir::new().unwrap();
        make_fifo(&folder.path().join(".env"));
        let vapi = answering(200, json!([])).await;
        let uri = vapi.uri();
        let variables = [("VAPI_TOKEN", KEY), ("VAPI_API_BASE_URL", uri.as_str())];
        let output = run_in(folder.path(), &variables, &["call", "list_calls"]).await;
        assert!(output.status.success(), "{output:?}");
    }

    #[cfg(not(target_vendor = "apple"))]
    #[tokio::test]
    async fn certificates_that_are_no_regular_file_are_told_and_not_waited_for() {
        let folder = TempDir::new().unwrap();
        let fifo = folder.path().join("certificates");
        make_fifo(&fifo);
        for (file, kind) in [
            (fifo.to_str().unwrap(), "a FIFO (named pipe)"),
            ("/dev/zero", "a device"),
        ] {
            let variables = [("VAPI_TOKEN", KEY), ("SSL_CERT_FILE", file)];
            let output = run_in(folder.path(), &variables, &["call", "list_calls"]).await;
            let said = format!("SSL_CERT_FILE cannot be used: it is {kind}, not a regular file");
            let error = text(&output.stderr);
            assert!(error.contains(&said), "{error}");
        }
    }
}
