//! The audit log: what it holds, and what a restart reads from it.

use super::*;

#[tokio::test]
async fn a_restart_does_not_clear_what_the_audit_log_tells() {
    let flags = ["--max-calls", "2/day", "--audit-log", "audit.jsonl"];
    let mut guarded = Guarded::new(&flags).await;
    let mut process = guarded.start().await;
    accepted(&mut process, call(NUMBER)).await;
    process.end().await;
    // A process that was stopped while it wrote.
    let torn = guarded.audit() + "{\"at\":\"2027-";
    fs::write(guarded.folder.path().join("audit.jsonl"), torn).unwrap();

    let mut process = guarded.start().await;
    assert!(
        refused(&mut process, call(NUMBER))
            .await
            .contains("the same call")
    );
    accepted(&mut process, call("+15550100124")).await;
    assert!(
        refused(&mut process, call("+15550100125"))
            .await
            .contains("at most 2 calls per day")
    );
    process.end().await;

    let mut process = guarded.start().await;
    assert!(
        refused(&mut process, call("+15550100126"))
            .await
            .contains("at most 2 calls per day")
    );
    process.end().await;
    assert_eq!(guarded.requests().await, 2);

    guarded.key = "another-key";
    let mut process = guarded.start().await;
    accepted(&mut process, call(NUMBER)).await;
}

#[tokio::test]
async fn a_restart_knows_the_calls_of_a_rotated_audit_log_too() {
    let guarded = Guarded::new(&[
        "--max-calls",
        "2/day",
        "--audit-log",
        "audit.jsonl",
        "--audit-log-max-bytes",
        "700",
    ])
    .await;
    let mut process = guarded.start().await;
    accepted(&mut process, call(NUMBER)).await;
    accepted(&mut process, call("+15550100124")).await;
    process.end().await;
    // How many lines are written at once, and so where it is rotated, is a matter of time.
    let rotated = guarded.folder.path().join("audit.jsonl.1");
    let rotated = fs::read_to_string(rotated).unwrap().lines().count();
    assert!((1..=3).contains(&rotated), "{rotated}");
    assert_eq!(rotated + guarded.audit().lines().count(), 4);
    let mut process = guarded.start().await;
    assert!(
        refused(&mut process, call("+15550100125"))
            .await
            .contains("at most 2 calls per day")
    );
    assert_eq!(guarded.requests().await, 2);
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_size_limit_refuses_writes_and_ends_nothing() {
    let guarded = Guarded::new(&[]).await;
    let uri = guarded.vapi.uri();
    let variables = [("VAPI_TOKEN", KEY), ("VAPI_API_BASE_URL", &uri)];
    let program = command(guarded.folder.path(), &variables);
    let mut limited = tokio::process::Command::new("/bin/sh");
    limited
        .args(["-c", "ulimit -f 2 && exec \"$0\" \"$@\""])
        .arg(program.as_std().get_program())
        .args(["--audit-log", "audit.jsonl"])
        .env_clear()
        .envs(variables)
        .current_dir(guarded.folder.path())
        .kill_on_drop(true);
    let mut process = Process::spawn(&mut limited);
    process.initialize("2025-11-25").await;
    let mut refusals = 0;
    for number in 100..120 {
        let result = process
            .call("create_call", call(&format!("+15550100{number}")))
            .await;
        if result["isError"] == true {
            assert!(
                text(&result).starts_with("Nothing was sent: the audit log cannot be written"),
                "{result}"
            );
            refusals += 1;
        }
    }
    let placed = guarded.requests().await;
    assert!(placed > 0 && refusals > 0, "{placed} {refusals}");
    assert_eq!(placed + refusals, 20);
    let read = process.call("get_call", json!({ "callId": "x" })).await;
    assert_eq!(read["isError"], false, "{read}");
    let (code, _) = process.end().await;
    assert_eq!(code, Some(0));
    let log = guarded.audit();
    assert!(log.ends_with('\n'), "{log}");
    let lines = log.lines().map(|line| {
        let line: Value = serde_json::from_str(line).unwrap();
        usize::from(line["tool"] == "create_call")
    });
    assert_eq!(lines.sum::<usize>(), placed, "{log}");
}

#[tokio::test]
async fn the_outcome_of_a_call_is_logged_though_the_client_goes_before_the_answer() {
    let answer = placed().set_delay(Duration::from_millis(300));
    let guarded = Guarded::answering(&["--audit-log", "audit.jsonl"], answer).await;
    let mut process = guarded.start().await;
    let params = json!({ "name": "create_call", "arguments": call(NUMBER) });
    process
        .send(json!({ "jsonrpc": "2.0", "id": 900, "method": "tools/call", "params": params }))
        .await;
    process.end().await;
    let log = guarded.audit();
    assert_eq!(log.lines().count(), 2, "{log}");
    assert!(log.ends_with("\"outcome\":\"done\"}\n"), "{log}");
}

#[tokio::test]
async fn the_audit_log_tells_of_every_write_and_of_nobody() {
    let guarded = Guarded::new(&["--audit-log", "audit.jsonl"]).await;
    let mut process = guarded.start().await;
    process.call("list_calls", json!({ "limit": 1 })).await;
    process
        .call(
            "create_assistant",
            json!({ "name": "Receptionist", "instructions": "Be kind." }),
        )
        .await;
    accepted(&mut process, with(call(NUMBER), "name", json!("Jeremy"))).await;
    refused(&mut process, call("no number")).await;
    process.end().await;
    let log = guarded.audit();
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 4, "{log}");
    for (lines, tool, operation, effect, calls) in [
        (
            &lines[..2],
            "create_assistant",
            "POST /assistant",
            "write",
            0,
        ),
        (&lines[2..], "create_call", "POST /call", "dial", 1),
    ] {
        assert_eq!(lines[0]["operation"], operation);
        assert_eq!(
            (&lines[0]["tool"], &lines[0]["effect"]),
            (&json!(tool), &json!(effect))
        );
        assert_eq!(lines[0]["calls"].as_array().map_or(0, Vec::len), calls);
        assert_eq!(lines[0]["arguments"].as_str().unwrap().len(), 64);
        assert_eq!(
            (&lines[1]["id"], &lines[1]["outcome"]),
            (&lines[0]["id"], &json!("done"))
        );
    }
    for private in ["5550100", "Receptionist", "kind", "Jeremy", KEY] {
        assert!(!log.contains(private), "{log}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let about = fs::metadata(guarded.folder.path().join("audit.jsonl")).unwrap();
        assert_eq!(about.permissions().mode() & 0o777, 0o600);
    }
}

#[tokio::test]
async fn without_its_audit_log_a_server_writes_nothing() {
    for file in ["missing/audit.jsonl", "/dev/full"] {
        if file.starts_with('/') && !cfg!(target_os = "linux") {
            continue;
        }
        let guarded = Guarded::new(&["--audit-log", file]).await;
        let mut process = guarded.start().await;
        for _ in 0..2 {
            let said = refused(&mut process, call(NUMBER)).await;
            assert!(
                said.starts_with("Nothing was sent: the audit log cannot be written"),
                "{said}"
            );
        }
        let result = process
            .call("create_assistant", json!({ "name": "x" }))
            .await;
        assert_eq!(result["isError"], true, "{result}");
        assert_eq!(guarded.requests().await, 0);
        assert_eq!(
            process.call("get_call", json!({ "callId": "x" })).await["isError"],
            false
        );
    }
}
