//! What the program says about itself.

use super::*;

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
        (
            &["api", "delete"],
            &["--dry-run", "--name", "--max-calls"],
            &[],
        ),
        #[cfg(feature = "http")]
        (
            &["http"],
            &["--listen", "--read-only"],
            &["--show-secrets", "--files"],
        ),
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

#[tokio::test]
async fn help_names_every_command_and_variable() {
    let vapi = answering(500, json!({})).await;
    let output = run(&vapi, &["--help"], "").await;
    let help = text(&output.stdout);
    for word in vapi_mcp::catalog::profiles() {
        assert!(help.contains(word), "{word}");
    }
    for word in [
        "api",
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
        "--files",
        "--audit-log",
        "NO_COLOR",
    ] {
        assert!(help.contains(word), "{word}");
    }
}
