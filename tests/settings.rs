//! Flags and the variables that stand in for them.
use std::process::Stdio;

use crate::support::{process::command, wait};
use serde_json::Value;
use tempfile::TempDir;

struct Ended {
    well: bool,
    out: String,
    said: String,
}

async fn run(variables: &[(&str, &str)], words: &[&str]) -> Ended {
    let folder = TempDir::new().unwrap();
    let mut environment = vec![("HOME", "/nowhere"), ("USERPROFILE", "/nowhere")];
    environment.extend(variables);
    let output = wait::output(
        command(folder.path(), &environment)
            .args(words)
            .stdin(Stdio::null()),
    )
    .await;
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended {
        well: output.status.success(),
        out: text(output.stdout),
        said: text(output.stderr),
    }
}

/// The settings in force, as the doctor tells of them.
async fn in_force(variables: &[(&str, &str)], words: &[&str]) -> String {
    let words = [&["doctor", "--json"], words].concat();
    let report = run(variables, &words).await;
    let json: Value =
        serde_json::from_str(&report.out).unwrap_or_else(|_| panic!("{}", report.said));
    let checks = json["checks"].as_array().unwrap().iter();
    let told = checks.filter(|check| check["name"] == "guards" || check["name"] == "region");
    told.map(|check| check["text"].as_str().unwrap())
        .collect::<Vec<_>>()
        .join("\n")
}

const SETTINGS: [(&str, &str, &str); 12] = [
    ("--region", "VAPI_MCP_REGION", "eu"),
    ("--tools", "VAPI_MCP_TOOLS", "get_call, list_calls"),
    (
        "--allow-destinations",
        "VAPI_MCP_ALLOW_DESTINATIONS",
        "+1,sip:*@example.com",
    ),
    ("--deny-destinations", "VAPI_MCP_DENY_DESTINATIONS", "+1900"),
    ("--call-hours", "VAPI_MCP_CALL_HOURS", "9-20"),
    ("--max-calls", "VAPI_MCP_MAX_CALLS", "5/hour"),
    ("--max-batch", "VAPI_MCP_MAX_BATCH", "3"),
    ("--confirm", "VAPI_MCP_CONFIRM", "dial,write"),
    ("--files", "VAPI_MCP_FILES", "docs"),
    ("--audit-log", "VAPI_MCP_AUDIT_LOG", "audit.jsonl"),
    ("--read-only", "VAPI_MCP_READ_ONLY", "true"),
    ("--sandbox", "VAPI_MCP_SANDBOX", "true"),
];

const BOOLEANS: [&str; 6] = [
    "read-only",
    "show-secrets",
    "sandbox",
    "sse",
    "stateless",
    "share-token",
];

fn variable_of(flag: &str) -> String {
    let name = flag.trim_start_matches('-').replace('-', "_");
    format!("VAPI_MCP_{}", name.to_uppercase())
}

#[tokio::test]
async fn each_flag_has_a_variable_that_says_the_same() {
    let plain = in_force(&[], &[]).await;
    for (flag, variable, value) in SETTINGS {
        let word = format!("{flag}={value}");
        let by_flag = in_force(&[], &[&word]).await;
        // White space is what files of variables have at the ends of their lines.
        let spaced = format!(" {value}\r");
        let value = if ["--audit-log", "--files", "--region"].contains(&flag) {
            value
        } else {
            &spaced
        };
        assert_eq!(in_force(&[(variable, value)], &[]).await, by_flag);
        assert_ne!(by_flag, plain, "{flag}");
    }
}

#[tokio::test]
async fn an_empty_variable_is_an_unset_one() {
    let mut variables: Vec<_> = SETTINGS.iter().map(|(_, name, _)| (*name, "")).collect();
    variables.extend([
        ("VAPI_MCP_LOG", " "),
        ("VAPI_MCP_AUDIT_LOG_MAX_BYTES", ""),
        ("VAPI_MCP_MAX_RESULT_BYTES", " "),
    ]);
    assert_eq!(in_force(&variables, &[]).await, in_force(&[], &[]).await);
}

#[tokio::test]
async fn a_flag_wins_over_its_variable_wherever_it_stands() {
    let variables = [
        ("VAPI_MCP_REGION", "eu"),
        ("VAPI_MCP_READ_ONLY", "true"),
        ("VAPI_MCP_MAX_BATCH", "9"),
    ];
    let flags = ["--region=us", "--read-only=false", "--max-batch=2"];
    let expected = in_force(&[], &flags).await;
    assert_eq!(in_force(&variables, &flags).await, expected);
    // Also one whose value is wrong.
    let wrong = [
        ("VAPI_MCP_MAX_BATCH", "many"),
        ("VAPI_MCP_READ_ONLY", "perhaps"),
    ];
    assert_eq!(in_force(&wrong, &flags).await, expected);
    let before = run(&wrong, &["--read-only=false", "--max-batch=2", "tools"]).await;
    assert!(before.well, "{}", before.said);
}

#[tokio::test]
async fn every_boolean_takes_the_same_words() {
    for flag in BOOLEANS {
        let name = variable_of(flag);
        let served = ["sse", "stateless", "share-token"].contains(&flag);
        if served && !cfg!(feature = "http") {
            continue;
        }
        // An address that nobody has: what is understood fails there.
        let words: &[&str] = match served {
            true => &["http", "--listen", "192.0.2.1:1"],
            false => &["tools"],
        };
        let key = ("VAPI_TOKEN", "key");
        for word in [
            "true", "false", "1", "0", "yes", "no", "ON", "Off", " true ",
        ] {
            let ended = run(&[key, (&name, word)], words).await;
            assert!(
                !ended.said.contains("cannot be used"),
                "{name}={word}: {}",
                ended.said
            );
            let given = format!("--{flag}={word}");
            let ended = run(&[key, (&name, "perhaps")], &[words, &[&given]].concat()).await;
            assert!(
                !ended.said.contains("invalid value"),
                "{given}: {}",
                ended.said
            );
            assert!(
                !ended.said.contains("cannot be used"),
                "{given}: {}",
                ended.said
            );
        }
        for word in ["2", "perhaps", "tru"] {
            let ended = run(&[key, (&name, word)], words).await;
            let said = format!("{name} cannot be used: it must be true or false");
            assert!(!ended.well && ended.said.contains(&said), "{}", ended.said);
        }
    }
}

#[tokio::test]
async fn a_wrong_value_is_named_by_its_flag_or_its_variable_and_not_repeated() {
    for (flag, wrong, reason) in [
        ("--allow-destinations", "s3cret", ""),
        ("--deny-destinations", "s3cret", ""),
        ("--call-hours", "20-9", ""),
        ("--max-calls", "5", "use the format 5/hour"),
        ("--max-batch", "s3cret", "invalid digit"),
        ("--confirm", "read", ""),
        ("--audit-log-max-bytes", "0", ""),
        ("--max-result-bytes", "s3cret", "invalid digit"),
        ("--tools", "no_such_tool", "there is no tool"),
        ("--region", "s3cret", "it must be us or eu"),
    ] {
        let ended = run(&[], &[flag, wrong, "tools"]).await;
        assert!(!ended.well && ended.said.contains(flag), "{}", ended.said);
        let name = variable_of(flag);
        for words in [&["tools"][..], &["doctor"], &[]] {
            let ended = run(&[(&name, wrong)], words).await;
            assert!(!ended.well && ended.out.is_empty());
            let said = format!("vapi-mcp: {name} cannot be used: ");
            assert!(ended.said.starts_with(&said), "{}", ended.said);
            assert!(ended.said.contains(reason), "{}", ended.said);
            if !flag.contains("destinations") {
                assert!(!ended.said.contains("s3cret"), "{}", ended.said);
            }
            assert_eq!(ended.said.lines().count(), 1, "{}", ended.said);
        }
    }
    // A wrong word is told first.
    let ended = run(&[("VAPI_MCP_MAX_BATCH", "many")], &["tools", "--no-such"]).await;
    assert!(ended.said.contains("--no-such"), "{}", ended.said);
}

#[tokio::test]
async fn help_names_each_variable_and_shows_no_value() {
    let variables = [
        ("VAPI_MCP_ALLOW_DESTINATIONS", "+15550100199"),
        ("VAPI_MCP_MAX_BATCH", "many"),
        ("VAPI_MCP_ALLOWED_HOSTS", "s3cret.example"),
    ];
    let help = run(&variables, &["--help"]).await;
    assert!(help.well, "{}", help.said);
    let flags = SETTINGS.iter().map(|(flag, ..)| *flag);
    for flag in flags.chain([
        "--show-secrets",
        "--max-result-bytes",
        "--audit-log-max-bytes",
    ]) {
        let shown = format!("[env: {}]", variable_of(flag));
        assert!(help.out.contains(&shown), "{shown}\n{}", help.out);
    }
    assert!(!help.out.contains("+15550100199"), "{}", help.out);
    #[cfg(feature = "http")]
    {
        let help = run(&variables, &["http", "--help"]).await;
        for flag in [
            "--listen",
            "--metrics-listen",
            "--stateless",
            "--sse",
            "--share-token",
            "--allowed-hosts",
            "--allowed-origins",
            "--max-sessions",
            "--max-sessions-per-token",
            "--rate-per-token",
            "--calls-per-token",
            "--shutdown-timeout",
            "--log-format",
        ] {
            let shown = format!("[env: {}]", variable_of(flag));
            assert!(help.out.contains(&shown), "{shown}\n{}", help.out);
        }
        assert!(!help.out.contains("s3cret"), "{}", help.out);
    }
}

#[tokio::test]
async fn a_variable_that_is_named_like_a_setting_and_is_none_is_told() {
    for (name, near) in [
        ("VAPI_MCP_READONLY", "did you mean VAPI_MCP_READ_ONLY?"),
        ("VAPI_MCP_MAX_CALL", "did you mean VAPI_MCP_MAX_CALLS?"),
        ("VAPI_MCP_URL", "look up the correct name with --help"),
    ] {
        let ended = run(&[(name, "s3cret")], &["tools"]).await;
        assert!(ended.well && ended.said.contains(near), "{}", ended.said);
        assert!(!ended.said.contains("s3cret"), "{}", ended.said);
    }
}
