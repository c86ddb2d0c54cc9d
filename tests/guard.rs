//! What the guard promises, with the program over real pipes and an upstream that counts.
use std::{fs, time::Duration};

use crate::support::{
    KEY,
    process::{Process, command},
    vapi,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use vapi_mcp::{catalog::TOOLS, model::Effect};
use wiremock::{MockServer, ResponseTemplate};

const NUMBER: &str = "+15550100123";

fn placed() -> ResponseTemplate {
    ResponseTemplate::new(201).set_body_json(json!({ "id": "call-1", "status": "queued" }))
}

/// A server with these flags before this upstream, in a folder.
struct Guarded {
    folder: TempDir,
    vapi: MockServer,
    flags: Vec<String>,
    key: &'static str,
}

impl Guarded {
    async fn new(flags: &[&str]) -> Self {
        Self::answering(flags, placed()).await
    }

    async fn answering(flags: &[&str], answer: ResponseTemplate) -> Self {
        Self {
            folder: TempDir::new().unwrap(),
            vapi: vapi(answer).await,
            flags: flags.iter().map(|flag| (*flag).to_owned()).collect(),
            key: KEY,
        }
    }

    async fn start(&self) -> Process {
        let uri = self.vapi.uri();
        let flags: Vec<_> = self.flags.iter().map(String::as_str).collect();
        let variables = [("VAPI_TOKEN", self.key), ("VAPI_API_BASE_URL", &uri)];
        let mut process = Process::with_flags(self.folder.path(), &variables, &flags);
        process.initialize("2025-11-25").await;
        process
    }

    async fn requests(&self) -> usize {
        self.vapi.received_requests().await.unwrap().len()
    }

    async fn sent(&self) -> Value {
        let requests = self.vapi.received_requests().await.unwrap();
        serde_json::from_slice(&requests.last().unwrap().body).unwrap()
    }

    fn audit(&self) -> String {
        fs::read_to_string(self.folder.path().join("audit.jsonl")).unwrap()
    }
}

fn call(number: &str) -> Value {
    json!({ "assistantId": "a", "phoneNumberId": "p", "customer": { "number": number } })
}

fn with(mut arguments: Value, key: &str, value: Value) -> Value {
    arguments[key] = value;
    arguments
}

fn text(result: &Value) -> &str {
    result["content"][0]["text"]
        .as_str()
        .unwrap_or_else(|| panic!("no text in {result}"))
}

/// Calls a tool that must be refused, and returns the words.
async fn refused(process: &mut Process, arguments: Value) -> String {
    let result = process.call("create_call", arguments).await;
    assert_eq!(result["isError"], true, "{result}");
    text(&result).to_owned()
}

async fn accepted(process: &mut Process, arguments: Value) -> Value {
    let result = process.call("create_call", arguments).await;
    assert_eq!(result["isError"], false, "{result}");
    result
}

async fn names(process: &mut Process) -> Vec<String> {
    let list = process.request("tools/list", json!({})).await;
    let tools = list["result"]["tools"].as_array().unwrap().clone();
    tools
        .iter()
        .map(|tool| tool["name"].as_str().unwrap().to_owned())
        .collect()
}

/// The tools whose rows say that they read.
fn reading() -> Vec<&'static str> {
    let reading = TOOLS.iter().filter(|tool| tool.effect == Effect::Read);
    reading.map(|tool| tool.name).collect()
}

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
        ("update_assistant", "https://dashboard.vapi.ai"),
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
        "calls go only to +1555, sip:*@example.com",
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

#[tokio::test]
async fn a_wrong_flag_or_variable_fails_the_start() {
    let folder = TempDir::new().unwrap();
    for (variables, flags, said) in [
        (vec![], vec!["--tools", "get_cal"], "did you mean get_call"),
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
        let ended = command(folder.path(), &variables)
            .args(flags)
            .output()
            .await
            .unwrap();
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
        let ended = command(folder.path(), &variables)
            .args(words)
            .output()
            .await
            .unwrap();
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
        !well && said.contains("standard input is not a terminal, so nobody can be asked"),
        "{said}"
    );
}

#[tokio::test]
async fn numbers_are_sent_in_their_normal_form_and_malformed_ones_not_at_all() {
    let guarded = Guarded::new(&[]).await;
    let mut process = guarded.start().await;
    accepted(&mut process, call("+1 (555) 010-0123")).await;
    assert_eq!(guarded.sent().await["customer"]["number"], NUMBER);
    let said = refused(&mut process, call("555 0100")).await;
    assert!(
        said.contains("`customer.number`: is no E.164 number, such as +15550100123"),
        "{said}"
    );
    assert_eq!(guarded.requests().await, 1);
    let customer = json!({ "number": "5550100", "numberE164CheckEnabled": false });
    let free = with(call(NUMBER), "customer", customer);
    accepted(&mut process, free).await;
    assert_eq!(guarded.sent().await["customer"]["number"], "5550100");
}

#[tokio::test]
async fn destinations_outside_the_list_are_not_called() {
    let guarded = Guarded::new(&[
        "--allow-destinations",
        "+1,sip:*@example.com",
        "--max-batch",
        "2",
    ])
    .await;
    let mut process = guarded.start().await;
    for (customer, said) in [
        (
            json!({ "customer": { "number": "+442079460958" } }),
            "+442079460958 is not among the destinations",
        ),
        (
            json!({ "customer": { "sipUri": "sip:a@example.org" } }),
            "is not among the destinations",
        ),
        (
            json!({ "customer": { "number": "15550100123", "numberE164CheckEnabled": false } }),
            "is not among",
        ),
        (
            json!({ "customerId": "c" }),
            "its destination is not visible",
        ),
        (
            json!({ "customers": [{ "number": NUMBER }, { "number": "+442079460958" }] }),
            "+442079460958 is not",
        ),
        (
            json!({ "customers": [{ "number": NUMBER }, { "number": "+15550100124" }, { "number": "+15550100125" }] }),
            "it has 3 destinations, and this server allows at most 2",
        ),
    ] {
        let told = refused(&mut process, customer).await;
        assert!(
            told.starts_with("Nothing was sent: ") && told.contains(said),
            "{told}"
        );
    }
    assert_eq!(guarded.requests().await, 0);
    accepted(
        &mut process,
        json!({ "assistantId": "a", "phoneNumberId": "p", "customers": [{ "number": NUMBER }, { "sipUri": "sip:a@example.com" }] }),
    )
    .await;
    assert_eq!(guarded.requests().await, 1);
}

#[tokio::test]
async fn emergency_and_premium_rate_numbers_are_not_called_whatever_the_flags() {
    for flags in [
        &[][..],
        &["--allow-destinations", "+1,+4,+9,sip:*@example.com"][..],
    ] {
        let guarded = Guarded::new(flags).await;
        let mut process = guarded.start().await;
        let free = |number: &str| json!({ "number": number, "numberE164CheckEnabled": false });
        for customer in [
            json!({ "number": "911" }),
            json!({ "number": "+1911" }),
            free("911"),
            free("9-1-1"),
            free("tel:112"),
            free("+44 999"),
            json!({ "sipUri": "sip:911@example.com" }),
            json!({ "sipUri": "sip:+1911@example.com" }),
            json!({ "number": NUMBER, "sipUri": "sip:%39%31%31@example.com" }),
        ] {
            let said = refused(&mut process, with(call(NUMBER), "customer", customer)).await;
            assert!(
                said.starts_with("Nothing was sent: ")
                    && said.contains("is an emergency number")
                    && said.contains("tell the user to dial it themselves"),
                "{said}"
            );
        }
        for customer in [
            json!({ "number": "+1 900 555 0100" }),
            json!({ "number": "+449012345678" }),
            json!({ "number": "+499001234567" }),
            json!({ "sipUri": "sip:+19005550100@example.com" }),
        ] {
            let said = refused(&mut process, with(call(NUMBER), "customer", customer)).await;
            assert!(said.contains("is a premium-rate number (+"), "{said}");
        }
        assert_eq!(guarded.requests().await, 0);
        accepted(&mut process, call("+911125550123")).await;
        accepted(&mut process, call("+18005550123")).await;
    }
    let guarded = Guarded::new(&["--allow-destinations", "+1900"]).await;
    let mut process = guarded.start().await;
    accepted(&mut process, call("+19005550100")).await;
}

#[tokio::test]
async fn a_denied_destination_is_not_called_though_it_is_allowed() {
    let flags = ["--allow-destinations", "+1,sip:*@example.com"];
    let denied = ["--deny-destinations", "+1555010,sip:boss@*"];
    let guarded = Guarded::new(&[flags, denied].concat()).await;
    let mut process = guarded.start().await;
    for customer in [
        json!({ "number": NUMBER }),
        json!({ "sipUri": "sip:Boss@example.com" }),
    ] {
        let said = refused(&mut process, with(call(NUMBER), "customer", customer)).await;
        assert!(
            said.contains("that this server never calls (--deny-destinations)"),
            "{said}"
        );
    }
    accepted(&mut process, call("+15550200123")).await;
    let guarded = Guarded::new(&denied).await;
    let mut process = guarded.start().await;
    let hidden = json!({ "assistantId": "a", "phoneNumberId": "p", "customerId": "c" });
    let said = refused(&mut process, hidden).await;
    assert!(
        said.contains("--deny-destinations cannot be checked"),
        "{said}"
    );
    assert_eq!(guarded.requests().await, 0);
}

#[tokio::test]
async fn nobody_is_called_outside_the_hours() {
    let guarded = Guarded::new(&["--call-hours", "9-20"]).await;
    let mut process = guarded.start().await;
    let day = (chrono::Utc::now() + chrono::TimeDelta::days(2)).format("%Y-%m-%d");
    let at = |number: &str, time: &str| {
        with(call(number), "scheduledAt", json!(format!("{day}T{time}Z")))
    };
    let said = refused(&mut process, at("+4930901820", "02:00:00")).await;
    assert!(
        said.contains("+4930901820: it would be 0")
            && said.contains("in Europe/Berlin")
            && said.contains("The next allowed time is "),
        "{said}"
    );
    let early = with(
        at("+4930901820", "12:00:00"),
        "latestAt",
        json!(format!("{day}T23:00:00Z")),
    );
    let said = refused(&mut process, early).await;
    assert!(said.contains("it may ring at any time from "), "{said}");
    let sip = with(
        at(NUMBER, "12:00:00"),
        "customer",
        json!({ "sipUri": "sip:bob@example.com" }),
    );
    let said = refused(&mut process, sip).await;
    assert!(said.contains("its time zone is not known"), "{said}");
    assert_eq!(guarded.requests().await, 0);
    accepted(&mut process, at("+4930901820", "12:00:00")).await;
}

#[tokio::test]
async fn the_same_call_is_placed_once_unless_it_is_wanted_twice() {
    let guarded = Guarded::new(&[]).await;
    let mut process = guarded.start().await;
    accepted(&mut process, call(NUMBER)).await;
    let said = refused(&mut process, call("+1 555 010 0123")).await;
    assert!(
        said.contains("the same call") && said.contains("allowDuplicate: true"),
        "{said}"
    );
    let first = format!("to {NUMBER}; last known to be queued). If");
    assert!(
        said.contains("(id call-1, at 20") && said.contains(&first),
        "{said}"
    );
    assert!(
        said.ends_with("look the first one up with wait_for_call {\"callId\":\"call-1\"}."),
        "{said}"
    );
    assert_eq!(guarded.requests().await, 1);
    accepted(&mut process, with(call(NUMBER), "squadId", json!("s"))).await;
    for yes in [json!(true), json!("true")] {
        accepted(&mut process, with(call(NUMBER), "allowDuplicate", yes)).await;
        assert_eq!(guarded.sent().await.get("allowDuplicate"), None);
    }
    assert_eq!(guarded.requests().await, 4);
    let said = refused(
        &mut process,
        with(call(NUMBER), "allow_duplicate", json!(true)),
    )
    .await;
    assert!(said.contains("did you mean `allowDuplicate`?"), "{said}");
    assert_eq!(guarded.requests().await, 4);
}

#[tokio::test]
async fn a_duplicate_is_told_how_the_first_call_ended() {
    const REASON: &str = "call.start.error-vapi-number-outbound-daily-limit";
    let ended = json!({ "id": "call-1", "status": "ended", "endedReason": REASON });
    let guarded = Guarded::answering(
        &["--tools", "create_call"],
        ResponseTemplate::new(201).set_body_json(&ended),
    )
    .await;
    let mut process = guarded.start().await;
    accepted(&mut process, call(NUMBER)).await;
    let said = refused(&mut process, call(NUMBER)).await;
    assert!(
        said.contains(&format!("it has ended, {REASON}: ")),
        "{said}"
    );
    assert!(
        said.ends_with("look the first one up."),
        "a hidden tool is not named: {said}"
    );

    let queued = json!({ "id": "call-1", "status": "queued" });
    let guarded = Guarded::answering(&[], ResponseTemplate::new(201).set_body_json(&queued)).await;
    let mut process = guarded.start().await;
    accepted(&mut process, call(NUMBER)).await;
    guarded.vapi.reset().await;
    let over = json!({ "id": "call-1", "status": "ended", "endedReason": "customer-ended-call" });
    wiremock::Mock::given(wiremock::matchers::any())
        .respond_with(ResponseTemplate::new(200).set_body_json(&over))
        .mount(&guarded.vapi)
        .await;
    process
        .call("get_call", json!({ "callId": "call-1" }))
        .await;
    let said = refused(&mut process, call(NUMBER)).await;
    assert!(
        said.contains("it has ended, customer-ended-call: the person hung up)"),
        "{said}"
    );
}

#[tokio::test]
async fn a_duplicate_in_a_batch_is_told_by_its_number() {
    let rows = json!({ "errors": [], "results": [
        { "id": "b", "status": "queued", "customer": { "number": "+15550100124" } },
        { "id": "a", "status": "queued", "customer": { "number": NUMBER } },
    ] });
    let guarded = Guarded::answering(&[], ResponseTemplate::new(201).set_body_json(&rows)).await;
    let mut process = guarded.start().await;
    let both = json!({ "assistantId": "a", "phoneNumberId": "p",
                       "customers": [{ "number": NUMBER }, { "number": "+1 555 010 0124" }] });
    accepted(&mut process, both.clone()).await;
    let said = refused(&mut process, call(NUMBER)).await;
    assert!(
        said.contains("(id a, at 20") && said.contains(&format!("to {NUMBER};")),
        "{said}"
    );
    let said = refused(&mut process, both).await;
    assert!(
        said.contains("and that to 1 more of its destinations"),
        "{said}"
    );
}

#[tokio::test]
async fn a_dry_run_shows_the_request_and_sends_nothing() {
    let guarded = Guarded::new(&["--max-calls", "1/hour", "--allow-destinations", "+1"]).await;
    let mut process = guarded.start().await;
    let arguments = with(
        call("+1 555 010-0123"),
        "assistantOverrides",
        json!({ "metadata": { "apiKey": "s3cret" } }),
    );
    for yes in [json!(true), json!("true")] {
        let result = accepted(&mut process, with(arguments.clone(), "dryRun", yes)).await;
        let shown: Value = serde_json::from_str(text(&result)).unwrap();
        assert_eq!(shown["method"], "POST");
        assert_eq!(shown["url"], format!("{}/call", guarded.vapi.uri()));
        assert_eq!(shown["body"]["customer"]["number"], NUMBER);
        assert_eq!(shown["body"].get("dryRun"), None);
        assert!(
            !result.to_string().contains("s3cret") && !result.to_string().contains(KEY),
            "{result}"
        );
        assert!(
            result["content"][1]["text"]
                .as_str()
                .unwrap()
                .starts_with("Dry run: nothing was sent.")
        );
    }
    let said = refused(
        &mut process,
        with(call("+442079460958"), "dryRun", json!(true)),
    )
    .await;
    assert!(said.contains("is not among the destinations"), "{said}");
    for wrong in ["dry_run", "dryrun", "dryRum"] {
        let said = refused(&mut process, with(call(NUMBER), wrong, json!(true))).await;
        assert!(said.contains("did you mean `dryRun`?"), "{said}");
    }
    assert!(
        refused(&mut process, with(call(NUMBER), "dryRun", json!("perhaps")))
            .await
            .contains("`dryRun`")
    );
    assert_eq!(guarded.requests().await, 0);
    accepted(&mut process, arguments.clone()).await;
    assert_eq!(guarded.requests().await, 1, "a dry run reserves nothing");
    let mut dry: Value = arguments.clone();
    dry["customer"]["number"] = json!(NUMBER);
    assert_eq!(guarded.sent().await, dry);
    let said = refused(&mut process, with(arguments, "dryRun", json!(true))).await;
    assert!(said.contains("the same call"), "{said}");
}

#[tokio::test]
async fn a_time_that_has_gone_by_or_has_no_zone_is_refused() {
    let guarded = Guarded::new(&[]).await;
    let mut process = guarded.start().await;
    for key in ["scheduledAt", "latestAt"] {
        let said = refused(
            &mut process,
            with(call(NUMBER), key, json!("2020-01-01T00:00:00Z")),
        )
        .await;
        assert!(said.contains(&format!("`{key}`: is in the past")), "{said}");
        let said = refused(
            &mut process,
            with(call(NUMBER), key, json!("2099-01-01T00:00:00")),
        )
        .await;
        assert!(
            said.contains(&format!(
                "`{key}`: must be a date with time and zone; the form is 2027-03-25T22:39:27Z"
            )),
            "{said}"
        );
    }
    assert_eq!(guarded.requests().await, 0);
    accepted(
        &mut process,
        with(call(NUMBER), "scheduledAt", json!("2099-01-01T00:00:00Z")),
    )
    .await;
}

#[tokio::test]
async fn a_call_that_was_certainly_not_placed_may_be_tried_again() {
    for status in [400, 401, 402, 403, 404, 409, 422, 429, 451, 499] {
        let answer = ResponseTemplate::new(status).set_body_json(json!({ "message": "no" }));
        let guarded = Guarded::answering(&["--max-calls", "1/hour"], answer).await;
        let mut process = guarded.start().await;
        for _ in 0..2 {
            let said = refused(&mut process, call(NUMBER)).await;
            assert!(
                said.starts_with(&format!("Vapi answered {status}")),
                "{said}"
            );
        }
    }
    let folder = TempDir::new().unwrap();
    let variables = [
        ("VAPI_TOKEN", KEY),
        ("VAPI_API_BASE_URL", "http://127.0.0.1:9"),
    ];
    let mut process = Process::with_flags(folder.path(), &variables, &["--max-calls", "1/hour"]);
    process.initialize("2025-11-25").await;
    for _ in 0..2 {
        let said = refused(&mut process, call(NUMBER)).await;
        assert!(said.starts_with("Vapi could not be reached"), "{said}");
    }
}

#[tokio::test]
async fn a_call_that_may_have_been_placed_counts() {
    for status in [301, 302, 307, 399, 408, 500, 502, 503, 599, 600, 999] {
        let guarded =
            Guarded::answering(&["--max-calls", "1/hour"], ResponseTemplate::new(status)).await;
        let mut process = guarded.start().await;
        let said = refused(&mut process, call(NUMBER)).await;
        assert!(
            said.starts_with(&format!("Vapi answered {status}")),
            "{said}"
        );
        assert!(
            refused(&mut process, call(NUMBER))
                .await
                .contains("the same call")
        );
        assert!(
            refused(&mut process, call("+15550100124"))
                .await
                .contains("at most 1 call per hour")
        );
        assert_eq!(guarded.requests().await, 1);
    }
}

#[tokio::test]
async fn a_call_that_was_cancelled_on_its_way_counts() {
    let guarded = Guarded::answering(
        &["--audit-log", "audit.jsonl"],
        placed().set_delay(Duration::from_secs(600)),
    )
    .await;
    let mut process = guarded.start().await;
    let params = json!({ "name": "create_call", "arguments": call(NUMBER) });
    process
        .send(json!({ "jsonrpc": "2.0", "id": 900, "method": "tools/call", "params": params }))
        .await;
    while guarded.requests().await == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let cancel = json!({ "requestId": 900 });
    process
        .send(json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": cancel }))
        .await;
    assert!(
        refused(&mut process, call(NUMBER))
            .await
            .contains("the same call")
    );
    assert_eq!(guarded.requests().await, 1);
    process.end().await;
    assert!(
        guarded.audit().contains("\"outcome\":\"unknown\""),
        "{}",
        guarded.audit()
    );
}

/// Sends so many calls at once, and returns how many were placed.
async fn at_once(guarded: &Guarded, arguments: impl Fn(usize) -> Value) -> usize {
    const COUNT: usize = 100;
    let mut process = guarded.start().await;
    for index in 0..COUNT {
        let params = json!({ "name": "create_call", "arguments": arguments(index) });
        process.send(json!({ "jsonrpc": "2.0", "id": 1_000 + index, "method": "tools/call", "params": params })).await;
    }
    let mut well = 0;
    for _ in 0..COUNT {
        let response = process.receive().await;
        well += usize::from(response["result"]["isError"] == false);
    }
    assert_eq!(guarded.requests().await, well);
    well
}

#[tokio::test]
async fn a_hundred_identical_calls_at_once_place_one() {
    let guarded = Guarded::answering(&[], placed().set_delay(Duration::from_millis(300))).await;
    assert_eq!(at_once(&guarded, |_| call(NUMBER)).await, 1);
}

#[tokio::test]
async fn a_hundred_different_calls_at_once_place_as_many_as_are_allowed() {
    let guarded = Guarded::answering(
        &["--max-calls", "5/hour"],
        placed().set_delay(Duration::from_millis(300)),
    )
    .await;
    assert_eq!(
        at_once(&guarded, |index| call(&format!("+1555010{index:04}"))).await,
        5
    );
}

#[tokio::test]
async fn every_destination_of_a_batch_counts() {
    let guarded = Guarded::new(&["--max-calls", "3/hour"]).await;
    let mut process = guarded.start().await;
    let batch = |last: u32| {
        let customers: Vec<_> = (last - 1..=last)
            .map(|n| json!({ "number": format!("+155501001{n}") }))
            .collect();
        json!({ "assistantId": "a", "phoneNumberId": "p", "customers": customers })
    };
    accepted(&mut process, batch(12)).await;
    let said = refused(&mut process, batch(14)).await;
    assert!(
        said.contains("at most 3 calls per hour, 2 are used and 2 more would be too many"),
        "{said}"
    );
    let said = refused(&mut process, call("+15550100112")).await;
    assert!(
        said.contains("at most 3 calls per hour") || said.contains("the same call"),
        "{said}"
    );
    let twice = json!({ "assistantId": "a", "phoneNumberId": "p", "customers": [{ "number": NUMBER }, { "number": NUMBER }] });
    assert!(
        refused(&mut process, twice)
            .await
            .contains("it contains the same destination twice")
    );
    assert_eq!(guarded.requests().await, 1);
}

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
    for (lines, tool, effect, calls) in [
        (&lines[..2], "create_assistant", "write", 0),
        (&lines[2..], "create_call", "dial", 1),
    ] {
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
