//! What large messages cost. `cargo test --test integration hostile::memory -- --nocapture` prints the memory
//! and the time of each.

use std::{
    fmt::Write as _,
    fs,
    time::{Duration, Instant},
};

use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{net::TcpListener, time::sleep};
use vapi_mcp::call::Display;

use super::started;
use crate::support::{KEY, process::Process};

/// The bytes of a large message.
const LARGE: usize = 4_000_000;

/// The most that the resident memory may grow by for one of them, and for 32 at once.
const ONE: usize = 40_000_000;

const MANY: usize = 300_000_000;

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
    let costs: Vec<_> = stream::iter(costs).buffered(8).collect().await;
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
