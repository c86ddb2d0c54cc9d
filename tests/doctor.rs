//! `vapi-mcp doctor`.
use std::{fs, path::Path};

use crate::support::{KEY, face, process::command, vapi, wait};
use serde_json::{Value, json};
use tempfile::TempDir;
use vapi_mcp::catalog::TOOLS;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{path, query_param},
};

const PRIVATE: &str = "Ann's assistant";

/// What it finds, and its exit code.
async fn examined(home: &Path, url: &str, variables: &[(&str, &str)]) -> (Value, i32) {
    let home_variable = home.to_str().unwrap();
    let mut environment = vec![("HOME", home_variable), ("USERPROFILE", home_variable)];
    if !url.is_empty() {
        environment.push(("VAPI_API_BASE_URL", url));
    }
    environment.extend(variables);
    let mut command = command(home, &environment);
    let output = wait::output(command.args(["doctor", "--json"])).await;
    let text = String::from_utf8(output.stdout).unwrap();
    let said = format!("{text}{}", String::from_utf8(output.stderr).unwrap());
    for secret in [KEY, PRIVATE] {
        assert!(!said.contains(secret), "{said}");
    }
    let found = serde_json::from_str(&text).expect(&said);
    (found, output.status.code().unwrap())
}

/// The finding of this name.
fn check<'a>(found: &'a Value, name: &str) -> &'a Value {
    let checks = found["checks"].as_array().unwrap();
    let mut named = checks.iter().filter(|check| check["name"] == name);
    named.next().unwrap_or_else(|| panic!("no {name}: {found}"))
}

/// The path of each list that is counted, in the order of the table, with what it lists.
fn lists() -> impl Iterator<Item = (&'static str, String)> {
    let lists = TOOLS.iter().filter(|tool| tool.view.page.is_some());
    let lists = lists.filter(|tool| tool.args.iter().all(|arg| !arg.required));
    lists.map(|tool| {
        let title = face(tool)["title"].as_str().unwrap().to_owned();
        (tool.operation.path, title.replace("List ", ""))
    })
}

/// How many objects of this list the account has.
fn count(path: &str) -> usize {
    match path {
        "/assistant" => 2,
        "/call" => 100,
        "/tool" => 1,
        _ => 0,
    }
}

async fn account() -> MockServer {
    let server = MockServer::start().await;
    for (at, _) in lists() {
        let rows: Vec<_> = (0..count(at))
            .map(|id| json!({ "id": id, "name": PRIVATE }))
            .collect();
        Mock::given(path(at))
            .and(query_param("limit", "100"))
            .respond_with(ResponseTemplate::new(200).set_body_json(rows))
            .mount(&server)
            .await;
    }
    server
}

#[tokio::test]
async fn a_good_setup_is_found_well() {
    let home = TempDir::new().unwrap();
    let vapi = account().await;
    fs::create_dir(home.path().join(".cursor")).unwrap();
    let here = env!("CARGO_BIN_EXE_vapi-mcp");
    let entry = json!({ "command": here, "env": { "VAPI_TOKEN": KEY } });
    let file = json!({ "mcpServers": { "vapi": entry } });
    fs::write(home.path().join(".cursor/mcp.json"), file.to_string()).unwrap();
    let (found, code) = examined(home.path(), &vapi.uri(), &[("VAPI_TOKEN", KEY)]).await;
    assert_eq!((&found["ok"], code), (&json!(true), 0), "{found}");
    assert_eq!(check(&found, "key")["text"], "accepted");
    assert_eq!(check(&found, "connection")["finding"], "ok");
    assert_eq!(check(&found, "clock")["finding"], "ok");
    let counts = lists().map(|(at, what)| match count(at) {
        100 => format!("{what}: 100 or more"),
        count => format!("{what}: {count}"),
    });
    let counts = counts.collect::<Vec<_>>().join(", ");
    assert!(
        counts.starts_with("assistants: 2, calls: 100 or more, phone numbers: 0, tools: 1"),
        "{counts}"
    );
    assert_eq!(check(&found, "account")["text"], counts);
    let client = format!("Cursor: local, {here}, the key in plain text");
    assert_eq!(check(&found, "client")["text"], client);
}

#[tokio::test]
async fn a_refused_key_is_a_failure_with_its_remedy() {
    let home = TempDir::new().unwrap();
    let answer = ResponseTemplate::new(401).set_body_json(json!({ "message": PRIVATE }));
    let vapi = vapi(answer).await;
    let (found, code) = examined(home.path(), &vapi.uri(), &[("VAPI_TOKEN", KEY)]).await;
    assert_eq!((&found["ok"], code), (&json!(false), 1));
    let key = check(&found, "key");
    assert_eq!(key["finding"], "failure");
    assert!(key["remedy"].as_str().unwrap().contains("--region eu"));
    assert_eq!(check(&found, "connection")["finding"], "ok");
    // The other lists would be refused too.
    assert_eq!(vapi.received_requests().await.unwrap().len(), 1);
}

#[tokio::test]
async fn no_key_and_no_key_at_all_are_failures() {
    let home = TempDir::new().unwrap();
    for (variables, said) in [
        (vec![], "VAPI_TOKEN is not set"),
        (vec![("VAPI_TOKEN", "${VAPI_TOKEN}")], "placeholder"),
    ] {
        let (found, code) = examined(home.path(), "http://127.0.0.1:1", &variables).await;
        assert_eq!(code, 1);
        let key = check(&found, "key");
        assert!(key["text"].as_str().unwrap().contains(said), "{key}");
        assert!(key["remedy"].is_string());
    }
}

#[tokio::test]
async fn a_vapi_out_of_reach_is_a_failure() {
    let home = TempDir::new().unwrap();
    let (found, code) = examined(home.path(), "http://127.0.0.1:1", &[("VAPI_TOKEN", KEY)]).await;
    assert_eq!(code, 1);
    let connection = check(&found, "connection");
    assert_eq!(connection["finding"], "failure");
    assert!(connection["remedy"].as_str().unwrap().contains("network"));
}

#[tokio::test]
async fn a_clock_that_is_wrong_is_a_warning() {
    let home = TempDir::new().unwrap();
    let answer = ResponseTemplate::new(200)
        .insert_header("Date", "Tue, 18 Aug 2026 12:00:00 GMT")
        .set_body_json(json!([]));
    let vapi = vapi(answer).await;
    let (found, code) = examined(home.path(), &vapi.uri(), &[("VAPI_TOKEN", KEY)]).await;
    assert_eq!(code, 0);
    let clock = check(&found, "clock");
    assert_eq!(clock["finding"], "warning");
    assert!(
        clock["text"].as_str().unwrap().contains("of Vapi's")
            || clock["text"].as_str().unwrap().contains("behind")
    );
}

#[tokio::test]
async fn clients_that_need_something_are_told_what() {
    let home = TempDir::new().unwrap();
    let vapi = account().await;
    let (found, _) = examined(home.path(), &vapi.uri(), &[("VAPI_TOKEN", KEY)]).await;
    let client = check(&found, "client");
    assert_eq!(client["finding"], "warning");
    assert_eq!(client["remedy"], "vapi-mcp setup");

    let folder = home.path().join(".gemini");
    fs::create_dir(&folder).unwrap();
    let gone = json!({ "mcpServers": { "vapi": { "command": "/nowhere/vapi-mcp" } } });
    fs::write(folder.join("settings.json"), gone.to_string()).unwrap();
    let (found, code) = examined(home.path(), &vapi.uri(), &[("VAPI_TOKEN", KEY)]).await;
    assert_eq!(code, 0);
    let client = check(&found, "client");
    assert_eq!(
        client["text"],
        "Gemini CLI: local, but there is no /nowhere/vapi-mcp"
    );
    assert_eq!(client["remedy"], "vapi-mcp setup gemini");

    fs::write(folder.join("settings.json"), "{").unwrap();
    let (found, code) = examined(home.path(), &vapi.uri(), &[("VAPI_TOKEN", KEY)]).await;
    assert_eq!(
        (check(&found, "client")["finding"].as_str(), code),
        (Some("failure"), 1)
    );
}

#[tokio::test]
async fn guards_in_force_are_named() {
    let home = TempDir::new().unwrap();
    let vapi = account().await;
    let (found, _) = examined(home.path(), &vapi.uri(), &[("VAPI_TOKEN", KEY)]).await;
    let text = check(&found, "guards")["text"].as_str().unwrap();
    assert!(text.starts_with("none"), "{text}");
    let variables = [
        ("VAPI_TOKEN", KEY),
        ("VAPI_MCP_READ_ONLY", "true"),
        ("VAPI_MCP_TOOLS", "list_calls,create_call"),
        ("VAPI_MCP_ALLOW_DESTINATIONS", "+1555"),
        ("VAPI_MCP_DENY_DESTINATIONS", "+15559"),
        ("VAPI_MCP_CALL_HOURS", "09:30-20:00"),
        ("VAPI_MCP_MAX_CALLS", "5/hour"),
        ("VAPI_MCP_MAX_BATCH", "3"),
        ("VAPI_MCP_CONFIRM", "dial"),
        ("VAPI_MCP_AUDIT_LOG", "audit.jsonl"),
    ];
    let (found, code) = examined(home.path(), &vapi.uri(), &variables).await;
    assert_eq!(code, 0);
    assert_eq!(
        check(&found, "guards")["text"],
        "--read-only --tools (1 exposed) --allow-destinations --deny-destinations \
         --call-hours 09:30-20:00 --max-calls 5/hour --max-batch 3 --confirm --audit-log audit.jsonl"
    );
}

#[tokio::test]
async fn two_addresses_are_found_too() {
    let home = TempDir::new().unwrap();
    let (found, code) = examined(
        home.path(),
        "https://api.vapi.ai",
        &[("VAPI_MCP_REGION", "eu")],
    )
    .await;
    assert_eq!(code, 1);
    assert_eq!(check(&found, "configuration")["finding"], "failure");
}

#[tokio::test]
async fn a_person_reads_a_line_for_each_thing() {
    let home = TempDir::new().unwrap();
    let vapi = account().await;
    let uri = vapi.uri();
    let variables = [
        ("HOME", home.path().to_str().unwrap()),
        ("USERPROFILE", home.path().to_str().unwrap()),
        ("VAPI_API_BASE_URL", uri.as_str()),
        ("VAPI_TOKEN", KEY),
    ];
    let output = wait::output(command(home.path(), &variables).arg("doctor")).await;
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("\nok       key         accepted\n"), "{text}");
    assert!(
        text.contains("\nwarning  client      this server is not installed in any client\n"),
        "{text}"
    );
    assert!(
        text.ends_with("                     vapi-mcp setup\n"),
        "{text}"
    );
    assert!(!text.contains('\u{1b}'), "{text}");
}

#[tokio::test]
async fn the_sandbox_is_examined_in_the_sandbox() {
    let home = TempDir::new().unwrap();
    let (found, code) = examined(home.path(), "", &[("VAPI_MCP_SANDBOX", "true")]).await;
    let region = check(&found, "region")["text"].as_str().unwrap();
    assert!(region.contains("sandbox"), "{found}");
    assert_eq!(check(&found, "account")["finding"], "ok", "{found}");
    assert_eq!(code, 0, "{found}");
}

#[tokio::test]
async fn a_key_that_a_client_will_not_find_and_a_misspelt_setting_are_told() {
    let home = TempDir::new().unwrap();
    fs::create_dir(home.path().join(".cursor")).unwrap();
    let here = env!("CARGO_BIN_EXE_vapi-mcp");
    let entry = json!({ "mcpServers": { "vapi": {
        "command": here, "env": { "VAPI_TOKEN": "${env:VAPI_TOKEN}" },
    } } });
    fs::write(home.path().join(".cursor/mcp.json"), entry.to_string()).unwrap();
    let variables = [("VAPI_MCP_MAX_CALL", "5/hour")];
    let (found, _) = examined(home.path(), "", &variables).await;
    let client = check(&found, "client");
    assert_eq!(client["finding"], "warning", "{found}");
    let text = client["text"].as_str().unwrap();
    assert!(
        text.ends_with("reads the key from VAPI_TOKEN: not set here"),
        "{text}"
    );
    assert_eq!(
        *check(&found, "setting"),
        json!({
            "name": "setting",
            "finding": "warning",
            "text": "VAPI_MCP_MAX_CALL is not a setting of this program",
            "remedy": "did you mean VAPI_MCP_MAX_CALLS?",
        })
    );
}

#[tokio::test]
async fn nothing_that_others_wrote_commands_the_terminal() {
    let home = TempDir::new().unwrap();
    let wild = "\u{1b}[2J\u{9b}31m\u{7f}\u{202e}\nok       key         accepted";
    let answer = ResponseTemplate::new(400).set_body_json(json!({ "message": wild }));
    let vapi = vapi(answer).await;
    fs::create_dir(home.path().join(".cursor")).unwrap();
    let entry = json!({ "command": format!("/x/{wild}/vapi-mcp") });
    let file = json!({ "mcpServers": { "vapi": entry } });
    fs::write(home.path().join(".cursor/mcp.json"), file.to_string()).unwrap();
    let (home, uri) = (home.path().to_str().unwrap(), vapi.uri());
    let variables = [
        ("HOME", home),
        ("USERPROFILE", home),
        ("VAPI_API_BASE_URL", uri.as_str()),
        ("VAPI_TOKEN", KEY),
    ];
    for words in [&["doctor"][..], &["doctor", "--json"]] {
        let output = wait::output(command(Path::new(home), &variables).args(words)).await;
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("vapi-mcp"), "{text}");
        let obeyed = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!text.contains(obeyed), "{text:?}");
        assert!(!text.contains("\nok       key "), "{text}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn what_is_no_regular_file_is_a_failure_and_not_waited_for() {
    let home = TempDir::new().unwrap();
    let make_fifo = |path: &Path| {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let made = std::process::Command::new("mkfifo").arg(path).status();
        assert!(made.unwrap().success());
    };
    let configurations = [
        (".cursor/mcp.json", "Cursor"),
        (".claude.json", "Claude Code"),
        (".gemini/settings.json", "Gemini CLI"),
        (".codeium/windsurf/mcp_config.json", "Windsurf"),
        (".codex/config.toml", "Codex"),
    ];
    for (file, _) in configurations {
        make_fifo(&home.path().join(file));
    }
    make_fifo(&home.path().join(".env"));
    let (found, code) = examined(home.path(), "http://127.0.0.1:1", &[]).await;
    assert_eq!(code, 1);
    let key = check(&found, "key")["text"].as_str().unwrap();
    assert!(
        key.contains("the file .env cannot be used: it is a FIFO"),
        "{key}"
    );
    let checks = found["checks"].as_array().unwrap();
    for (file, name) in configurations {
        let path = home.path().join(file);
        let told = json!({
            "name": "client",
            "finding": "failure",
            "text": format!(
                "{name}: {}: it is a FIFO (named pipe), not a regular file",
                path.display()
            ),
            "remedy": "correct or replace the file",
        });
        assert!(checks.contains(&told), "{found}");
    }
}
