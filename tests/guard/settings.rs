//! Where the rules come from: flags, variables and the terminal.

use super::*;

#[tokio::test]
async fn a_wrong_flag_or_variable_fails_the_start() {
    let folder = TempDir::new().unwrap();
    for (variables, flags, said) in [
        (vec![], vec!["--tools", "get_cal"], "did you mean get_call"),
        (
            vec![],
            vec!["--tools", "whole,cor"],
            "did you mean core? there are list_assistants, ",
        ),
        (
            vec![],
            vec!["--tools", "nothing"],
            ", and the profiles core, whole",
        ),
        (
            vec![("VAPI_MCP_TOOLS", "get_cal")],
            vec![],
            "VAPI_MCP_TOOLS cannot be used: there is no tool `get_cal`; did you mean get_call",
        ),
        (
            vec![("VAPI_MCP_MAX_CALLS", "many")],
            vec![],
            "VAPI_MCP_MAX_CALLS cannot be used: `many` is not a rate",
        ),
        (
            vec![("VAPI_MCP_MAX_RESULT_BYTES", "many")],
            vec![],
            "VAPI_MCP_MAX_RESULT_BYTES cannot be used",
        ),
        (
            vec![("VAPI_MCP_SHOW_SECRETS", "2")],
            vec![],
            "VAPI_MCP_SHOW_SECRETS cannot be used",
        ),
    ] {
        let ended = wait::output(command(folder.path(), &variables).args(flags)).await;
        let stderr = String::from_utf8(ended.stderr).unwrap();
        assert!(!ended.status.success());
        assert!(stderr.contains(said), "{stderr}");
    }
}

#[tokio::test]
async fn a_dotenv_file_lifts_no_guard() {
    let guarded = Guarded::new(&[]).await;
    fs::write(
        guarded.folder.path().join(".env"),
        "VAPI_MCP_READ_ONLY=false\n",
    )
    .unwrap();
    let uri = guarded.vapi.uri();
    let variables = [
        ("VAPI_TOKEN", KEY),
        ("VAPI_API_BASE_URL", &uri),
        ("VAPI_MCP_READ_ONLY", "true"),
    ];
    let mut process = Process::start(guarded.folder.path(), &variables);
    process.initialize("2025-11-25").await;
    assert_eq!(names(&mut process).await, reading());
}

#[tokio::test]
async fn the_terminal_knows_the_same_rules() {
    let folder = TempDir::new().unwrap();
    let variables = [
        ("VAPI_TOKEN", KEY),
        ("VAPI_API_BASE_URL", "http://127.0.0.1:9"),
    ];
    let run = async |words: &[&str]| {
        let ended = wait::output(command(folder.path(), &variables).args(words)).await;
        let both = [ended.stdout, ended.stderr].concat();
        (ended.status.success(), String::from_utf8(both).unwrap())
    };
    let (_, listed) = run(&["tools", "--read-only"]).await;
    assert!(!listed.contains("create_call "), "{listed}");
    let (well, said) = run(&["call", "create_call", "--read-only"]).await;
    assert!(
        !well && said.contains("there is no tool `create_call` here: --read-only"),
        "{said}"
    );
    let words = [
        "call",
        "create_call",
        "assistantId=a",
        "phoneNumberId=p",
        "customer.number=+15550100123",
        "--confirm",
        "dial",
    ];
    let (well, said) = run(&words).await;
    assert!(
        !well && said.contains("standard input is not a terminal, so the user cannot be asked"),
        "{said}"
    );
}
