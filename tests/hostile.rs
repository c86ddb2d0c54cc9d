//! Messages made to cost more than they are worth: each is answered, briefly, and takes little
//! memory. `cargo test --test integration hostile:: -- --nocapture` prints the memory and the time of each.
use std::{fmt::Write as _, fs, time::Duration, time::Instant};

use crate::support::{
    KEY, call_tool, members,
    process::{Process, command},
    vapi, wait,
};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{net::TcpListener, time::sleep};
use vapi_mcp::tools::call::Display;
use wiremock::ResponseTemplate;

/// The bytes of a large message.
const LARGE: usize = 4_000_000;

/// The most that the resident memory may grow by for one of them, and for 32 at once.
const ONE: usize = 40_000_000;
const MANY: usize = 300_000_000;

/// A program whose requests go to an address where nobody listens.
async fn started(folder: &TempDir) -> Process {
    let address = ("VAPI_API_BASE_URL", "http://127.0.0.1:9");
    let mut process = Process::start(folder.path(), &[("VAPI_TOKEN", KEY), address]);
    process.initialize("2025-11-25").await;
    process
}

/// The same after its first calls: what is set up with them belongs to no message.
async fn warmed_up(folder: &TempDir) -> Process {
    let mut process = started(folder).await;
    process.call("get_call", json!({ "callId": "a" })).await;
    process
        .call("create_assistant", json!({ "name": "a" }))
        .await;
    process
}

fn message(id: usize, tool: &str, arguments: &str) -> String {
    format!(
        r#"{{"method":"tools/call","params":{{"name":"{tool}","arguments":{arguments}}},"jsonrpc":"2.0","id":{id}}}"#
    )
}

/// A figure of the process, in bytes.
fn memory(process: &Process, figure: &str) -> usize {
    let status = fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with(figure))
        .unwrap();
    line.split_whitespace()
        .nth(1)
        .unwrap()
        .parse::<usize>()
        .unwrap()
        * 1_024
}

/// As many of these, with commas between them, as there is room for.
fn filled(bytes: usize, one: impl Fn(usize) -> String) -> String {
    let mut text = String::new();
    for number in 0.. {
        let next = one(number);
        if text.len() + next.len() >= bytes {
            break;
        }
        if number > 0 {
            text.push(',');
        }
        text.push_str(&next);
    }
    text
}

fn repeated(count: usize, one: impl Fn(usize) -> String) -> String {
    (0..count).map(one).collect::<Vec<_>>().join(",")
}

/// Shapes of a large value, and the word of the error that refuses it, if any.
fn values() -> Vec<(&'static str, String, Option<&'static str>)> {
    let deep = format!("{}{}", "[".repeat(LARGE / 2), "]".repeat(LARGE / 2));
    let keys = |count| repeated(count, |number| format!("\"k{number:06}\":0"));
    let six = |number| format!("{{\"a{number}\":0,\"b\":0,\"c\":0,\"d\":0,\"e\":0,\"f\":0}}");
    let room = "x".repeat(LARGE - 2_600_000);
    vec![
        ("deep", deep, Some("100 levels")),
        (
            "wide, of objects",
            format!("[{}]", filled(LARGE, |_| "{\"\":0}".to_owned())),
            Some("30,000 objects"),
        ),
        (
            "wide, of lists",
            format!("[{}]", filled(LARGE, |_| "[]".to_owned())),
            Some("120,000 members"),
        ),
        (
            "wide, of numbers",
            format!("[{}]", filled(LARGE, |_| "0".to_owned())),
            Some("120,000 members"),
        ),
        (
            "many keys",
            format!("{{{}}}", filled(LARGE, |number| format!("\"k{number}\":0"))),
            Some("120,000 members"),
        ),
        ("long key", format!("{{\"{}\":0}}", "k".repeat(LARGE)), None),
        (
            "long string",
            format!("{{\"a\":\"{}\"}}", "x".repeat(LARGE)),
            None,
        ),
        (
            "long string of escapes",
            format!("{{\"a\":\"{}\"}}", "\\\\".repeat(LARGE / 2)),
            None,
        ),
        (
            "30,000 objects",
            format!(
                "[{},\"{room}\"]",
                repeated(29_990, |_| "{\"\":0}".to_owned())
            ),
            None,
        ),
        (
            "120,000 members of objects",
            format!("[{},\"{room}\"]", repeated(17_100, six)),
            None,
        ),
        (
            "120,000 numbers",
            format!("[{},\"{room}\"]", repeated(119_990, |_| "0".to_owned())),
            None,
        ),
        (
            "120,000 keys",
            format!("{{{},\"x\":\"{room}\"}}", keys(119_980)),
            None,
        ),
    ]
}

/// Sends one message and returns the growth of the peak, the time and the answer.
async fn cost(process: &mut Process, line: &str) -> (usize, Duration, Value) {
    fs::write(format!("/proc/{}/clear_refs", process.id()), "5").unwrap();
    let before = memory(process, "VmRSS:");
    let start = Instant::now();
    process.send_line(line).await;
    let answer = process.receive().await;
    let took = start.elapsed();
    (
        memory(process, "VmHWM:").saturating_sub(before),
        took,
        answer,
    )
}

fn text(answer: &Value) -> &str {
    answer["result"]["content"][0]["text"]
        .as_str()
        .unwrap_or_else(|| panic!("no text in {:.300}", answer.to_string()))
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_large_message_takes_little_memory_whatever_its_shape() {
    let pointers = filled(LARGE * 3 / 4, |number| format!("\"/a/{number}\""));
    let mut cases = vec![
        (
            "get_call",
            "many pointers",
            format!("{{\"callId\":\"a\",\"fields\":[{pointers}]}}"),
            Some("120,000 members"),
        ),
        (
            "get_call",
            "many pointers, as text",
            format!(
                "{{\"callId\":\"a\",\"fields\":{}}}",
                Value::from(format!("[{pointers}]"))
            ),
            Some("fields"),
        ),
        (
            "create_assistant",
            "many arguments",
            format!(
                "{{{}}}",
                filled(LARGE, |number| format!(
                    "\"k{number}\":\"{}\"",
                    "x".repeat(30)
                ))
            ),
            Some("the limit is 1,000"),
        ),
    ];
    for (shape, value, refused) in values() {
        cases.push((
            "get_call",
            shape,
            format!("{{\"callId\":\"a\",\"x\":{value}}}"),
            refused,
        ));
        cases.push((
            "create_assistant",
            shape,
            format!("{{\"name\":\"a\",\"metadata\":{value}}}"),
            refused,
        ));
    }
    let folder = TempDir::new().unwrap();
    let costs = cases.iter().map(async |(tool, shape, arguments, refused)| {
        // What is accepted ends with the attempt to send it.
        let mut process = warmed_up(&folder).await;
        let (growth, took, answer) = cost(&mut process, &message(7, tool, arguments)).await;
        let text = text(&answer);
        assert_eq!(answer["result"]["isError"], true);
        assert!(text.len() < Display::default().limit, "{tool} {shape}");
        let expected = refused.unwrap_or("could not be reached");
        assert!(text.contains(expected), "{tool} {shape}: {text:.300}");
        let pong = process.request("ping", json!({})).await;
        assert_eq!(pong["result"], json!({}));
        (tool, shape, growth, took)
    });
    let costs: Vec<_> = stream::iter(costs).buffered(16).collect().await;
    let (mut table, mut over) = (String::new(), Vec::new());
    for (tool, shape, growth, took) in costs {
        let megabytes = growth as f64 / 1e6;
        writeln!(
            table,
            "{tool:>18}  {shape:<24} {megabytes:>6.1} MB {took:>8.1?}"
        )
        .unwrap();
        if growth > ONE {
            over.push(format!("{tool} {shape}"));
        }
    }
    println!("{table}");
    assert_eq!(over, Vec::<String>::new(), "\n{table}");
}

#[cfg(target_os = "linux")]
#[tokio::test]
#[ignore = "takes minutes without optimization"]
async fn many_large_messages_that_wait_for_vapi_take_little_memory() {
    for (shape, value, refused) in values() {
        if refused.is_some() {
            continue;
        }
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", silent.local_addr().unwrap());
        let folder = TempDir::new().unwrap();
        let environment = [("VAPI_TOKEN", KEY), ("VAPI_API_BASE_URL", &address)];
        let mut process = Process::start(folder.path(), &environment);
        process.initialize("2025-11-25").await;
        let before = memory(&process, "VmRSS:");
        let arguments = format!("{{\"name\":\"a\",\"metadata\":{value}}}");
        for id in 100..132 {
            process
                .send_line(&message(id, "create_assistant", &arguments))
                .await;
        }
        // The last has been read once the next message is answered.
        process
            .send(json!({ "jsonrpc": "2.0", "id": 200, "method": "ping" }))
            .await;
        // The other answers, if any, come first.
        for _ in 0..=32 {
            if process.receive().await["id"] == 200 {
                break;
            }
        }
        sleep(Duration::from_millis(500)).await;
        let growth = memory(&process, "VmHWM:") - before;
        println!("32 x {shape:<24} {:>6.1} MB", growth as f64 / 1e6);
        assert!(growth <= MANY, "{shape}: {growth}");
    }
}

#[tokio::test]
async fn what_is_too_much_is_refused_and_the_next_message_is_answered() {
    let folder = TempDir::new().unwrap();
    let mut process = started(&folder).await;
    let segments = |count: usize| json!({ "callId": "a", "fields": ["/a".repeat(count)] });
    let many: Vec<_> = (0..330_000).map(|number| format!("/{number}")).collect();
    for (arguments, named) in [
        (segments(12_000), "1 kB"),
        (segments(47_000), "1 kB"),
        (segments(65), "64 segments"),
        (
            json!({ "callId": "a", "fields": "/a".repeat(12_000) }),
            "1 kB",
        ),
        (
            json!({ "callId": "a", "fields": json!(["/a".repeat(100)]).to_string() }),
            "64 segments",
        ),
        (
            json!({ "callId": "a", "fields": vec!["/a"; 65] }),
            "the limit is 64",
        ),
        (
            json!({ "callId": "a", "fields": &many[..110_000] }),
            "110,000 pointers were given",
        ),
        (json!({ "callId": "a", "fields": many }), "120,000 members"),
        (json!({ "callId": "x".repeat(1_000_000) }), "2,000 bytes"),
    ] {
        let result = process.call("get_call", arguments).await;
        let text = result["content"][0]["text"].as_str().unwrap();
        assert_eq!(result["isError"], true);
        assert!(text.contains(named), "{text:.300}");
        assert!(text.len() < 1_000, "{text:.300}");
    }
    let cursor = process
        .call("list_calls", json!({ "cursor": "x".repeat(1_000_000) }))
        .await;
    assert!(
        cursor["content"][0]["text"]
            .as_str()
            .unwrap()
            .contains("is not a cursor")
    );
    assert_eq!(
        process.request("ping", json!({})).await["result"],
        json!({})
    );
}

#[tokio::test]
async fn an_error_repeats_no_more_than_200_characters_of_what_was_given() {
    let folder = TempDir::new().unwrap();
    let mut process = started(&folder).await;
    let long = "n".repeat(3_000_000);
    let unknown = process
        .request("tools/call", json!({ "name": long, "arguments": {} }))
        .await;
    assert!(
        unknown["error"]["message"]
            .as_str()
            .unwrap()
            .contains("nnn…`")
    );
    let method = process.request(&long, json!({})).await;
    let wrong_kinds = json!({ "callId": 1, long.as_str(): "x", "calID": "y" });
    let ignored = process
        .call("list_calls", json!({ long.as_str(): 1, "limit": "x" }))
        .await;
    let refused = process.call("get_call", wrong_kinds).await;
    let redacted = process
        .call(
            "create_assistant",
            json!({ "metadata": { long.as_str(): "[redacted]" } }),
        )
        .await;
    for answer in [unknown, method, ignored, refused, redacted] {
        assert!(
            answer.to_string().len() < 2_000,
            "{:.300}",
            answer.to_string()
        );
    }
    let mut command = command(folder.path(), &[("VAPI_TOKEN", KEY)]);
    let name = "n".repeat(100_000);
    let ended = wait::output(command.args(["call", &name])).await;
    assert!(ended.stderr.len() < 1_000);
}

#[tokio::test]
async fn of_many_faults_ten_are_told_and_all_are_counted() {
    let vapi = vapi(ResponseTemplate::new(500)).await;
    let customers: Vec<_> = (0..29_000).map(|_| json!({ "number": 5 })).collect();
    let outcome = call_tool(
        &vapi,
        "create_call",
        members(json!({ "customers": customers })),
    )
    .await;
    assert!(outcome.is_error);
    assert!(
        outcome.text.contains("customers[9].number"),
        "{:.500}",
        outcome.text
    );
    assert!(
        !outcome.text.contains("customers[10]"),
        "{:.500}",
        outcome.text
    );
    assert!(
        outcome.text.contains("and 28,990 more"),
        "{:.500}",
        outcome.text
    );
    let metadata: Vec<_> = (0..1_000).map(|_| "[redacted]").collect();
    let outcome = call_tool(
        &vapi,
        "create_assistant",
        members(json!({ "name": "a", "metadata": metadata })),
    )
    .await;
    assert!(
        outcome.text.contains("metadata[9]"),
        "{:.500}",
        outcome.text
    );
    assert!(
        outcome.text.contains("and 990 more"),
        "{:.500}",
        outcome.text
    );
    assert_eq!(vapi.received_requests().await.unwrap().len(), 0);
}

#[tokio::test]
async fn ignored_arguments_and_unmet_pointers_are_told_up_to_a_bound() {
    let keys: serde_json::Map<_, _> = (0..3_000)
        .map(|number| (format!("{number}{}", "k".repeat(1_000)), json!(0)))
        .collect();
    let vapi = vapi(ResponseTemplate::new(200).set_body_json(json!(keys))).await;
    let fields: Vec<_> = (0..64)
        .map(|number| format!("/{number}{}", "q".repeat(1_000)))
        .collect();
    let start = Instant::now();
    let mut given = json!({ "callId": "a", "fields": fields });
    for number in 0..500 {
        given[format!("unknown{number}")] = json!(number);
    }
    let outcome = call_tool(&vapi, "get_call", members(given)).await;
    println!(
        "64 unmet pointers against 3,000 keys: {:?}",
        start.elapsed()
    );
    assert!(!outcome.is_error, "{}", outcome.text);
    let remarks = outcome.remarks.join("\n");
    assert!(remarks.contains("`unknown9` and 490 more."), "{remarks}");
    assert!(remarks.len() < 4_000, "{remarks}");
}

#[tokio::test]
async fn what_is_almost_a_control_argument_places_no_call() {
    let vapi = vapi(ResponseTemplate::new(201).set_body_json(json!({ "id": "a" }))).await;
    let base = json!({
        "assistantId": "a", "phoneNumberId": "p", "customer": { "number": "+15550100123" },
    });
    let mut cases: Vec<Value> = [
        "dry run",
        "isDryRun",
        "dryRunOnly",
        "DRY_RUN",
        "dry",
        "DryRun ",
    ]
    .iter()
    .map(|key| {
        let mut given = base.clone();
        given[*key] = json!(true);
        given
    })
    .collect();
    let mut inside = base.clone();
    inside["customer"]["dryRun"] = json!(true);
    cases.push(inside);
    let mut as_text = base.clone();
    as_text["customer"] = json!(r#"{"number":"+15550100123","dry_run":true}"#);
    cases.push(as_text);
    cases.push(
        json!({ "arguments": { "dryRun": true }, "assistantId": "a", "phoneNumberId": "p",
        "customers": [{ "number": "+15550100123" }] }),
    );
    cases.push(json!({ "assistantId": "a", "phoneNumberId": "p",
        "customers": [{ "number": "+15550100123", "isDryRun": true }] }));
    for given in cases {
        let outcome = call_tool(&vapi, "create_call", members(given.clone())).await;
        assert!(outcome.is_error, "{given}");
        assert!(
            outcome.text.contains("`dryRun`"),
            "{given}: {}",
            outcome.text
        );
    }
    let outcome = call_tool(
        &vapi,
        "create_assistant",
        members(json!({ "name": "a", "dry_run": true })),
    )
    .await;
    assert!(
        outcome.text.contains("create_assistant has no dry run"),
        "{}",
        outcome.text
    );
    assert_eq!(vapi.received_requests().await.unwrap().len(), 0);
    // Variables belong to the caller.
    let mut variables = base;
    variables["assistantOverrides"] =
        json!({ "variableValues": { "dryRun": "yes", "cursor": "c" } });
    let outcome = call_tool(&vapi, "create_call", members(variables)).await;
    assert!(!outcome.is_error, "{}", outcome.text);
    assert_eq!(vapi.received_requests().await.unwrap().len(), 1);
}
