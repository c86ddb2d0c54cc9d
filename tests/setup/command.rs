//! The command itself, in a home of its own.

use std::{fs, path::Path, process::Output};

use tempfile::TempDir;

use crate::support::{KEY, process, wait};

const ALL: [&str; 8] = [
    "claude-desktop",
    "claude-code",
    "cursor",
    "windsurf",
    "vscode",
    "codex",
    "gemini",
    "zed",
];

async fn run(home: &Path, words: &[&str]) -> Output {
    run_with(home, &[], words).await
}

async fn run_with(home: &Path, variables: &[(&str, &str)], words: &[&str]) -> Output {
    let home_variable = home.to_str().unwrap();
    let mut environment = vec![
        ("HOME", home_variable),
        ("USERPROFILE", home_variable),
        ("VAPI_TOKEN", KEY),
    ];
    environment.extend(variables);
    wait::output(
        process::command(home, &environment)
            .arg("setup")
            .args(words)
            .stdin(std::process::Stdio::null()),
    )
    .await
}

/// Runs it, and expects that it goes well and shows no key and no colour.
async fn well(home: &Path, words: &[&str]) -> String {
    let output = run(home, words).await;
    let text = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{text}{errors}");
    assert!(!text.contains(KEY) && !errors.contains(KEY), "{text}");
    assert!(!text.contains('\u{1b}'), "{text}");
    text
}

async fn refused(home: &Path, words: &[&str]) -> String {
    let output = run(home, words).await;
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

/// Every file below the folder.
fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path.to_str().unwrap().to_owned());
        }
    }
    found
}

#[tokio::test]
async fn all_clients_are_set_up_in_an_empty_home_and_cleared_again() {
    let home = TempDir::new().unwrap();
    let home = home.path();
    let status = well(home, &["status"]).await;
    assert_eq!(status.matches("not installed").count(), 8, "{status}");

    let mut words = ALL.to_vec();
    words.push("--yes");
    let said = well(home, &words).await;
    assert_eq!(said.matches("Written").count(), 8, "{said}");
    assert_eq!(files(home).len(), 8);
    let status = well(home, &["status"]).await;
    let local = format!("local, {}", env!("CARGO_BIN_EXE_vapi-mcp"));
    assert_eq!(status.matches(&local).count(), 8, "{status}");
    assert_eq!(status.matches("without a key").count(), 1, "{status}");

    // Everything that is installed, again: nothing to do, so nothing to ask.
    let said = well(home, &[]).await;
    assert_eq!(said.matches("nothing to change").count(), 8, "{said}");

    well(home, &["remove", "--yes"]).await;
    assert_eq!(files(home), Vec::<String>::new());
}

#[tokio::test]
async fn the_key_is_written_when_it_is_asked_for_and_shown_never() {
    let home = TempDir::new().unwrap();
    let home = home.path();
    well(home, &["claude-desktop", "codex", "--write-key", "--yes"]).await;
    for file in files(home) {
        assert!(fs::read_to_string(file).unwrap().contains(KEY));
    }
    let status = well(home, &["status"]).await;
    assert_eq!(
        status.matches("the key in plain text").count(),
        2,
        "{status}"
    );
    // It stays when the entry is written again, and goes with it.
    well(home, &["codex", "--sandbox", "--yes"]).await;
    well(home, &["codex", "--yes"]).await;
    let status = well(home, &["status"]).await;
    assert_eq!(
        status.matches("the key in plain text").count(),
        2,
        "{status}"
    );
    well(home, &["remove", "--dry-run"]).await;
    well(home, &["remove", "--yes"]).await;
    assert_eq!(files(home), Vec::<String>::new());
}

#[tokio::test]
async fn nothing_in_a_file_reaches_a_terminal_as_a_command_to_it() {
    let home = TempDir::new().unwrap();
    let file = home.path().join(".cursor/mcp.json");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    let bad = "/x/\\u001b[2J\\u009b31m\\u202e/vapi-mcp";
    let entry = format!(
        r#"{{"mcpServers":{{"vapi":{{"command":"{bad}","env":{{"VAPI_TOKEN":"${{env:VAPI_TOKEN}}"}}}}}}}}"#
    );
    for text in [
        entry,
        "{\u{9b}2J\u{1b}[31m".to_owned(),
        "{\"mcpServers\": {\"\u{9b}31m\": 1,\n\"\u{202e}\": {}}}".to_owned(),
    ] {
        fs::write(&file, text).unwrap();
        for words in [&["status"][..], &["cursor", "--dry-run"]] {
            let output = run(home.path(), words).await;
            for bytes in [output.stdout, output.stderr] {
                let said = String::from_utf8(bytes).unwrap();
                let is_bad = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
                assert!(!said.contains(is_bad), "{said:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_dry_run_shows_and_writes_nothing() {
    let home = TempDir::new().unwrap();
    let home = home.path();
    let said = well(home, &["cursor", "--dry-run"]).await;
    assert!(said.contains("+  \"mcpServers\": {"), "{said}");
    assert!(
        said.contains("\"VAPI_TOKEN\": \"${env:VAPI_TOKEN}\""),
        "{said}"
    );
    assert_eq!(files(home), Vec::<String>::new());
}

#[tokio::test]
async fn without_a_terminal_nothing_is_written_unless_told_so() {
    let home = TempDir::new().unwrap();
    let said = refused(home.path(), &["cursor"]).await;
    assert!(said.contains("--yes"), "{said}");
    assert_eq!(files(home.path()), Vec::<String>::new());
}

#[tokio::test]
async fn wrong_words_are_refused() {
    let home = TempDir::new().unwrap();
    for (words, said) in [
        (vec!["notepad"], "possible values: claude-desktop"),
        (vec![], "no client was found; name one: claude-desktop"),
        (
            vec!["cursor", "--url", "http://mcp.example.com"],
            "only over https",
        ),
        (
            vec!["cursor", "--url", "https://a:s3cret@b.example"],
            "it contains a login",
        ),
        (vec!["cursor", "--url", "mcp"], "it is not a valid URL"),
        (
            vec!["cursor", "--url", "https://b.example", "--sandbox"],
            "--sandbox cannot be passed on",
        ),
        (
            vec!["cursor", "--url", "https://b.example", "--read-only"],
            "--read-only cannot be passed on",
        ),
        (
            vec!["cursor", "--sandbox", "--write-key"],
            "the sandbox needs no key",
        ),
        (
            vec!["cursor", "--max-result-bytes", "1"],
            "must be at least",
        ),
        (
            vec!["remove", "--url", "https://b.example"],
            "unexpected argument",
        ),
    ] {
        let error = refused(home.path(), &words).await;
        assert!(error.contains(said), "{error}");
    }
}

#[tokio::test]
async fn one_file_that_cannot_be_edited_does_not_stop_the_others() {
    let home = TempDir::new().unwrap();
    let home = home.path();
    fs::create_dir(home.join(".cursor")).unwrap();
    fs::write(home.join(".cursor/mcp.json"), "{").unwrap();
    let output = run(home, &["cursor", "gemini", "--yes"]).await;
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("Cursor: ") && text.contains("cannot be parsed"),
        "{text}"
    );
    assert!(home.join(".gemini/settings.json").exists());
    let status = well(home, &["status"]).await;
    assert!(status.contains("cannot be parsed"), "{status}");
}

#[tokio::test]
async fn a_program_that_is_gone_is_told() {
    let home = TempDir::new().unwrap();
    let home = home.path();
    fs::create_dir(home.join(".cursor")).unwrap();
    let text = r#"{"mcpServers": {"vapi": {"command": "/nowhere/vapi-mcp"}}}"#;
    fs::write(home.join(".cursor/mcp.json"), text).unwrap();
    let status = well(home, &["status"]).await;
    assert!(
        status.contains("local, but there is no /nowhere/vapi-mcp"),
        "{status}"
    );
    well(
        home,
        &["cursor", "--url", "http://localhost:8787/mcp", "--yes"],
    )
    .await;
    let status = well(home, &["status"]).await;
    assert!(
        status.contains("remote, http://localhost:8787/mcp"),
        "{status}"
    );
}

#[tokio::test]
async fn the_region_is_written_when_it_is_said() {
    let home = TempDir::new().unwrap();
    let home = home.path();
    well(home, &["cursor", "--region", "eu", "--yes"]).await;
    let text = fs::read_to_string(home.join(".cursor/mcp.json")).unwrap();
    assert!(
        text.contains("\"--region\"") && text.contains("\"eu\""),
        "{text}"
    );
}

#[tokio::test]
async fn what_is_in_force_here_is_in_force_in_every_entry() {
    let home = TempDir::new().unwrap();
    let home = home.path();
    let variables = [
        ("VAPI_MCP_REGION", "eu"),
        ("VAPI_MCP_DENY_DESTINATIONS", "+1900"),
        ("VAPI_MCP_CALL_HOURS", "9-20"),
        ("VAPI_MCP_MAX_CALLS", " 5/hour "),
        ("VAPI_MCP_CONFIRM", "dial"),
        ("VAPI_MCP_AUDIT_LOG", "audit.jsonl"),
        ("VAPI_MCP_MAX_BATCH", ""),
    ];
    let mut words = ALL.to_vec();
    words.extend(["--read-only", "--confirm", "write", "--yes"]);
    let output = run_with(home, &variables, &words).await;
    assert!(output.status.success(), "{output:?}");
    let audit = home.join("audit.jsonl").to_str().unwrap().to_owned();
    let expected = [
        "--region",
        "eu",
        "--read-only",
        "--deny-destinations",
        "+1900",
        "--call-hours",
        "9-20",
        "--max-calls",
        "5/hour",
        "--confirm",
        "write",
        "--audit-log",
        &audit,
    ];
    let found = files(home);
    assert_eq!(found.len(), 8);
    for file in found {
        // Both languages write a list of texts alike but for its line breaks.
        let text = fs::read_to_string(&file).unwrap();
        let (_, args) = text.split_once("args").expect(&text);
        let (_, args) = args.split_once('[').unwrap();
        let (args, _) = args.split_once(']').unwrap();
        let args: Vec<_> = args
            .split(',')
            .map(|arg| arg.trim().trim_matches('"'))
            .collect();
        assert_eq!(args, expected, "{file}");
    }
    // The program takes what was written.
    let mut words = expected.to_vec();
    words.extend(["doctor", "--json"]);
    let output = wait::output(process::command(home, &[]).args(words)).await;
    let text = String::from_utf8(output.stdout).unwrap();
    let guards = format!(
        "--read-only --deny-destinations --call-hours 9-20 --max-calls 5/hour --confirm --audit-log {audit}"
    );
    assert!(text.contains(&guards), "{text}");
}

#[tokio::test]
async fn an_address_and_the_sandbox_go_with_the_entry_too() {
    let home = TempDir::new().unwrap();
    let home = home.path();
    let address = [("VAPI_API_BASE_URL", "https://vapi.example.com")];
    let said = |output: Output| String::from_utf8(output.stdout).unwrap();
    run_with(home, &address, &["cursor", "--yes"]).await;
    let text = fs::read_to_string(home.join(".cursor/mcp.json")).unwrap();
    assert!(
        text.contains("\"VAPI_API_BASE_URL\": \"https://vapi.example.com\""),
        "{text}"
    );
    run_with(home, &[], &["cursor", "--region", "eu", "--yes"]).await;
    let text = fs::read_to_string(home.join(".cursor/mcp.json")).unwrap();
    assert!(!text.contains("vapi.example.com"), "{text}");
    let sandbox = [("VAPI_MCP_SANDBOX", "true")];
    run_with(home, &sandbox, &["cursor", "--yes"]).await;
    let status = said(run(home, &["status"]).await);
    assert!(status.contains("sandbox, "), "{status}");
}

#[tokio::test]
async fn a_remote_server_is_told_to_have_none_of_the_settings_here() {
    let home = TempDir::new().unwrap();
    let home = home.path();
    let words = ["cursor", "--url", "https://b.example/mcp", "--yes"];
    let output = run_with(home, &[("VAPI_MCP_READ_ONLY", "true")], &words).await;
    let text = String::from_utf8(output.stdout).unwrap();
    let told = "these have no effect on it: VAPI_MCP_READ_ONLY\n";
    assert!(text.contains(told), "{text}");
    assert!(!well(home, &words).await.contains("no effect"));
    // The sandbox has a key of its own, which is nobody's.
    let words = ["cursor", "--url", "https://b.example/mcp", "--write-key"];
    let output = run_with(home, &[("VAPI_MCP_SANDBOX", "true")], &words).await;
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("the sandbox needs no key"), "{error}");
}

#[tokio::test]
async fn an_address_is_shown_without_a_key_that_is_in_it() {
    let home = TempDir::new().unwrap();
    let home = home.path();
    fs::create_dir(home.join(".cursor")).unwrap();
    let text =
        r#"{"mcpServers": {"vapi": {"url": "https://ann:s3cret@b.example/mcp?key=s3cret"}}}"#;
    fs::write(home.join(".cursor/mcp.json"), text).unwrap();
    let status = well(home, &["status"]).await;
    assert!(
        status.contains("remote, https://b.example/mcp,"),
        "{status}"
    );
    assert!(!status.contains("s3cret"), "{status}");
}

#[tokio::test]
async fn nothing_in_a_file_commands_the_terminal() {
    let home = TempDir::new().unwrap();
    let home = home.path();
    let json = |command: &str| {
        let entry = serde_json::json!({ "command": command, "args": [command] });
        serde_json::json!({ "\u{1b}]0;x": 1, "\u{9b}2J": 2, "mcpServers": { "vapi": entry } })
    };
    fs::create_dir(home.join(".cursor")).unwrap();
    fs::create_dir(home.join(".codex")).unwrap();
    fs::create_dir(home.join(".gemini")).unwrap();
    let command = "/x/\u{1b}[2J\u{9b}31m\u{7f}\u{202e}\nClaude Code  local/vapi-mcp";
    fs::write(home.join(".cursor/mcp.json"), json(command).to_string()).unwrap();
    fs::write(home.join(".gemini/settings.json"), "\u{1b}[2J \u{9b}").unwrap();
    let toml = "'\u{202e}\u{9b}' = 1\n[mcp_servers.vapi]\ncommand = \"/x/\\u001b[2J/vapi-mcp\"\n";
    fs::write(home.join(".codex/config.toml"), toml).unwrap();
    for words in [
        &["status"][..],
        &["cursor", "codex", "gemini", "--dry-run"],
        &["remove", "--dry-run"],
    ] {
        let output = run(home, words).await;
        for text in [output.stdout, output.stderr] {
            let text = String::from_utf8(text).unwrap();
            let obeyed = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
            assert!(!text.contains(obeyed), "{words:?}: {text:?}");
            assert!(!text.contains("\nClaude Code  local/"), "{text}");
        }
    }
}

#[tokio::test]
async fn a_misspelt_setting_is_told_by_its_name_alone() {
    let home = TempDir::new().unwrap();
    let variables = [
        ("VAPI_MCP_ALOW_DESTINATIONS", "+1555s3cret"),
        ("VAPI_MCP_LOG", "warn"),
    ];
    let output = run_with(home.path(), &variables, &["status"]).await;
    let log = String::from_utf8(output.stderr).unwrap();
    assert!(log.contains("VAPI_MCP_ALOW_DESTINATIONS is not a setting of this program; did you mean VAPI_MCP_ALLOW_DESTINATIONS?"), "{log}");
    assert!(!log.contains("s3cret"), "{log}");
    assert_eq!(log.lines().count(), 1, "{log}");
}

#[tokio::test]
async fn an_entry_of_another_program_comes_back_as_it_was() {
    let home = TempDir::new().unwrap();
    let file = home.path().join(".cursor/mcp.json");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    let before = r#"{"mcpServers":{"vapi":{"command":"node","args":["/home/me/mine.js","--port","9"],"env":{"VAPI_TOKEN":"abc"}}}}"#;
    fs::write(&file, before).unwrap();
    well(home.path(), &["remove", "cursor", "--yes"]).await;
    assert_eq!(fs::read_to_string(&file).unwrap(), before);
    well(home.path(), &["cursor", "--yes"]).await;
    let put = fs::read_to_string(&file).unwrap();
    assert!(!put.contains("mine.js") && !put.contains("abc"), "{put}");
    well(home.path(), &["remove", "cursor", "--yes"]).await;
    assert_eq!(fs::read_to_string(&file).unwrap(), before);
}

#[tokio::test]
async fn the_status_says_what_a_client_lacks_and_what_to_do() {
    let home = TempDir::new().unwrap();
    let home = home.path();
    well(home, &["claude-desktop", "cursor", "claude-code", "--yes"]).await;
    let program = env!("CARGO_BIN_EXE_vapi-mcp");
    let status = run_with(home, &[("VAPI_TOKEN", "")], &["status"]).await;
    let status = String::from_utf8(status.stdout).unwrap();
    let of = |name: &str| {
        let found = status.lines().find(|line| line.starts_with(name));
        found.unwrap_or_else(|| panic!("{status}")).to_owned()
    };
    let desktop = of("Claude Desktop");
    assert!(
        desktop.contains("without a key; vapi-mcp setup claude-desktop --write-key"),
        "{desktop}"
    );
    let cursor = of("Cursor");
    assert!(
        cursor.contains(program)
            && cursor.contains("reads the key from VAPI_TOKEN: not set here; set the variable"),
        "{cursor}"
    );
    let status = well(home, &["status"]).await;
    assert!(!status.contains("not set here"), "{status}");
    fs::create_dir(home.join(".gemini")).unwrap();
    let guarded = run_with(home, &[("VAPI_MCP_READ_ONLY", "true")], &["status"]).await;
    let status = String::from_utf8(guarded.stdout).unwrap();
    assert!(
        status.contains("not configured; vapi-mcp setup gemini"),
        "{status}"
    );
}
