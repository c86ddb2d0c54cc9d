//! Confirmation by a person, in both eras of the protocol, with clients that misbehave.
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use crate::support::{KEY, process::Process, vapi};
use rmcp::ServiceExt;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream};
use vapi_mcp::{
    api::{Api, Limits, Token},
    call::{self, Display},
    catalog::{Toolset, find},
    config::Config,
    guard::{
        Guard,
        confirm::{Answer, ConfirmFuture, Confirmer, Question},
        rules::Rules,
    },
    server::Server,
};
use wiremock::{MockServer, ResponseTemplate};

const QUESTION: &str =
    "Call +15550100123?\nSpeaker: assistantId a\nFrom: phoneNumberId p\nWhen: now";

async fn upstream() -> MockServer {
    vapi(ResponseTemplate::new(201).set_body_json(json!({ "id": "call-1" }))).await
}

async fn requests(vapi: &MockServer) -> usize {
    vapi.received_requests().await.unwrap().len()
}

fn start(folder: &Path, vapi: &MockServer, key: &str) -> Process {
    let uri = vapi.uri();
    let variables = [("VAPI_TOKEN", key), ("VAPI_API_BASE_URL", uri.as_str())];
    Process::with_flags(folder, &variables, &["--confirm", "dial,delete,write"])
}

fn arguments() -> Value {
    json!({ "assistantId": "a", "phoneNumberId": "p", "customer": { "number": "+1 555 010 0123" } })
}

/// A call without a handshake, with what the client brings back.
fn modern(arguments: Value, elicitation: bool, back: Value) -> Value {
    let capabilities = if elicitation {
        json!({ "elicitation": { "form": {} } })
    } else {
        json!({})
    };
    let mut params = json!({
        "name": "create_call",
        "arguments": arguments,
        "_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": capabilities,
            "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
        },
    });
    for (key, value) in back.as_object().unwrap() {
        params[key] = value.clone();
    }
    params
}

fn answer(state: &Value, action: &str) -> Value {
    json!({ "requestState": state, "inputResponses": { "confirm": { "action": action } } })
}

/// The state of the question that this call brings.
async fn asked(process: &mut Process, arguments: Value) -> Value {
    let params = modern(arguments, true, json!({}));
    let result = process.request("tools/call", params).await["result"].clone();
    assert_eq!(result["resultType"], "input_required", "{result}");
    let question = &result["inputRequests"]["confirm"];
    assert_eq!(question["method"], "elicitation/create");
    assert!(question["params"]["message"].is_string());
    assert!(!result.to_string().contains(KEY));
    result["requestState"].clone()
}

async fn answered(process: &mut Process, arguments: Value, back: Value) -> Value {
    let params = modern(arguments, true, back);
    process.request("tools/call", params).await["result"].clone()
}

fn text(result: &Value) -> &str {
    result["content"][0]["text"]
        .as_str()
        .unwrap_or_else(|| panic!("no text in {result}"))
}

/// A connection with a handshake, of a client that can ask or cannot.
async fn legacy(folder: &Path, vapi: &MockServer, capabilities: Value) -> Process {
    let mut process = start(folder, vapi, KEY);
    let client = json!({ "name": "test", "version": "1" });
    let params = json!({ "protocolVersion": "2025-11-25", "capabilities": capabilities, "clientInfo": client });
    process.request("initialize", params).await;
    process
        .send(json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }))
        .await;
    process
}

#[tokio::test]
async fn a_client_with_a_handshake_is_asked_in_the_middle_of_the_call() {
    let (folder, vapi) = (TempDir::new().unwrap(), upstream().await);
    let mut process = legacy(folder.path(), &vapi, json!({ "elicitation": {} })).await;
    for (id, action, placed) in [(71, "decline", 0), (72, "cancel", 0), (73, "accept", 1)] {
        let params = json!({ "name": "create_call", "arguments": arguments() });
        process
            .send(json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params }))
            .await;
        let question = process.receive().await;
        assert_eq!(question["method"], "elicitation/create");
        assert_eq!(question["params"]["message"], QUESTION);
        assert_eq!(question["params"]["requestedSchema"]["type"], "object");
        assert_eq!(
            requests(&vapi).await,
            0,
            "nothing is sent before the answer"
        );
        process
            .send(json!({ "jsonrpc": "2.0", "id": question["id"], "result": { "action": action, "content": {} } }))
            .await;
        let response = process.receive().await;
        assert_eq!(response["id"], id);
        assert_eq!(requests(&vapi).await, placed);
        assert_eq!(response["result"]["isError"], placed == 0);
        if placed == 0 {
            assert!(
                text(&response["result"])
                    .starts_with("Nothing was sent: the user was asked and did not agree.")
            );
        }
    }
}

#[tokio::test]
async fn a_write_is_asked_for_with_its_arguments_and_without_secrets() {
    let (folder, vapi) = (TempDir::new().unwrap(), upstream().await);
    let mut process = legacy(folder.path(), &vapi, json!({ "elicitation": {} })).await;
    let given = json!({ "name": "De\u{202e}sk", "server": { "secret": "s3cret" } });
    let params = json!({ "name": "create_assistant", "arguments": given });
    process
        .send(json!({ "jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": params }))
        .await;
    let question = process.receive().await;
    let message = question["params"]["message"].as_str().unwrap();
    assert!(
        message.starts_with("create_assistant with {\"name\":\"Desk\""),
        "{message}"
    );
    assert!(!message.contains("s3cret"), "{message}");
}

#[tokio::test]
async fn a_client_that_cannot_ask_is_refused_with_the_reason() {
    let (folder, vapi) = (TempDir::new().unwrap(), upstream().await);
    let reason = "Nothing was sent: the user must confirm it (--confirm), but this client cannot ask the user (it does not support elicitation).";
    for capabilities in [json!({}), json!({ "elicitation": { "url": {} } })] {
        let mut process = legacy(folder.path(), &vapi, capabilities).await;
        assert_eq!(
            text(&process.call("create_call", arguments()).await),
            reason
        );
        assert_eq!(
            text(
                &process
                    .call("create_assistant", json!({ "name": "x" }))
                    .await
            ),
            reason
        );
        assert_eq!(requests(&vapi).await, 0);
    }
    let mut process = start(folder.path(), &vapi, KEY);
    let params = modern(arguments(), false, json!({}));
    let result = process.request("tools/call", params).await["result"].clone();
    assert_eq!(text(&result), reason);
    assert_eq!(requests(&vapi).await, 0);
}

#[tokio::test]
async fn a_client_without_a_handshake_is_asked_between_two_calls() {
    let (folder, vapi) = (TempDir::new().unwrap(), upstream().await);
    let mut process = start(folder.path(), &vapi, KEY);
    for action in ["decline", "cancel"] {
        let state = asked(&mut process, arguments()).await;
        let result = answered(&mut process, arguments(), answer(&state, action)).await;
        assert!(text(&result).contains("did not agree"), "{result}");
    }
    let state = asked(&mut process, arguments()).await;
    assert_eq!(requests(&vapi).await, 0);
    let result = answered(&mut process, arguments(), answer(&state, "accept")).await;
    assert_eq!(result["isError"], false, "{result}");
    assert_eq!(requests(&vapi).await, 1);
}

#[tokio::test]
async fn a_state_that_was_changed_is_refused() {
    let (folder, vapi) = (TempDir::new().unwrap(), upstream().await);
    let mut process = start(folder.path(), &vapi, KEY);
    let state = asked(&mut process, arguments()).await;
    let text_of = state.as_str().unwrap();
    let last = if text_of.ends_with('0') { "1" } else { "0" };
    let changed = format!("{}{last}", &text_of[..text_of.len() - 1]);
    for state in [changed.as_str(), "", "yes"] {
        let result = answered(&mut process, arguments(), answer(&json!(state), "accept")).await;
        assert!(
            text(&result).contains("the state of the confirmation was changed"),
            "{result}"
        );
    }
    assert_eq!(requests(&vapi).await, 0);
}

#[tokio::test]
async fn a_yes_without_a_state_is_asked_for_again() {
    let (folder, vapi) = (TempDir::new().unwrap(), upstream().await);
    let mut process = start(folder.path(), &vapi, KEY);
    let alone = json!({ "inputResponses": { "confirm": { "action": "accept" } } });
    let result = answered(&mut process, arguments(), alone).await;
    assert_eq!(result["resultType"], "input_required", "{result}");
    assert_eq!(requests(&vapi).await, 0);
}

#[tokio::test]
async fn a_state_is_good_once() {
    let (folder, vapi) = (TempDir::new().unwrap(), upstream().await);
    let mut process = start(folder.path(), &vapi, KEY);
    let mut again = arguments();
    again["allowDuplicate"] = json!(true);
    let state = asked(&mut process, again.clone()).await;
    let result = answered(&mut process, again.clone(), answer(&state, "accept")).await;
    assert_eq!(result["isError"], false, "{result}");
    let result = answered(&mut process, again.clone(), answer(&state, "accept")).await;
    assert!(
        text(&result).contains("the confirmation was already used"),
        "{result}"
    );
    assert_eq!(requests(&vapi).await, 1);
}

#[tokio::test]
async fn a_state_is_good_for_its_arguments_alone() {
    let (folder, vapi) = (TempDir::new().unwrap(), upstream().await);
    let mut process = start(folder.path(), &vapi, KEY);
    let state = asked(&mut process, arguments()).await;
    let mut other = arguments();
    other["customer"]["number"] = json!("+15550100199");
    let result = answered(&mut process, other, answer(&state, "accept")).await;
    assert!(
        text(&result).contains("for another tool or other arguments"),
        "{result}"
    );
    assert_eq!(requests(&vapi).await, 0);
}

#[tokio::test]
async fn a_state_of_another_run_is_refused() {
    let (folder, vapi) = (TempDir::new().unwrap(), upstream().await);
    let mut first = start(folder.path(), &vapi, KEY);
    let state = asked(&mut first, arguments()).await;
    let mut second = start(folder.path(), &vapi, KEY);
    let result = answered(&mut second, arguments(), answer(&state, "accept")).await;
    assert!(
        text(&result).contains("to another run of this server"),
        "{result}"
    );
    assert_eq!(requests(&vapi).await, 0);
}

/// A server inside this process, spoken to in JSON-RPC.
struct Inside(BufReader<DuplexStream>);

impl Inside {
    fn start(vapi: &MockServer, key: &str, guard: &Guard) -> Self {
        let variable = |name: &str| match name {
            "VAPI_TOKEN" => Some(key.to_owned()),
            "VAPI_API_BASE_URL" => Some(vapi.uri()),
            _ => None,
        };
        let config = Config::read(None, variable, Path::new("no such file")).unwrap();
        let server = Server::new(
            config,
            Limits::default(),
            Display::default(),
            Toolset::default(),
            guard.clone(),
        )
        .unwrap();
        let (ours, theirs) = tokio::io::duplex(1 << 16);
        tokio::spawn(async move { server.serve(theirs).await.unwrap().waiting().await });
        Self(BufReader::new(ours))
    }

    async fn call(&mut self, back: Value) -> Value {
        let params = modern(arguments(), true, back);
        let request =
            json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
        self.0
            .write_all(format!("{request}\n").as_bytes())
            .await
            .unwrap();
        let mut line = String::new();
        self.0.read_line(&mut line).await.unwrap();
        serde_json::from_str::<Value>(&line).unwrap()["result"].clone()
    }
}

/// A guard that asks, and its clock.
fn asking() -> (Guard, Arc<AtomicI64>) {
    let seconds = Arc::new(AtomicI64::new(1_800_000_000));
    let clock = seconds.clone();
    let rules = Rules {
        confirm: "dial".parse().unwrap(),
        ..Rules::default()
    };
    let now = move || chrono::DateTime::from_timestamp(clock.load(Ordering::Relaxed), 0).unwrap();
    (Guard::with_clock(rules, Arc::new(now)).unwrap(), seconds)
}

/// Somebody who agrees after this many seconds.
struct Slow(Arc<AtomicI64>, i64);

impl Confirmer for Slow {
    fn ask<'a>(&'a self, _: &'a Question) -> ConfirmFuture<'a> {
        self.0.fetch_add(self.1, Ordering::Relaxed);
        Box::pin(async { Answer::Yes })
    }
}

#[tokio::test]
async fn a_yes_that_comes_after_the_hours_places_no_call() {
    for (seconds, placed) in [(59, 1), (61, 0)] {
        let vapi = upstream().await;
        // 19:59 in London.
        let clock = Arc::new(AtomicI64::new(1_799_956_740));
        let time = clock.clone();
        let now =
            move || chrono::DateTime::from_timestamp(time.load(Ordering::Relaxed), 0).unwrap();
        let rules = Rules {
            confirm: "dial".parse().unwrap(),
            call_hours: Some("9-20".parse().unwrap()),
            ..Rules::default()
        };
        let guard = Guard::with_clock(rules, Arc::new(now)).unwrap();
        let api = Api::new(vapi.uri(), Limits::default());
        let token = Token::new(KEY).unwrap();
        let person = Slow(clock, seconds);
        let mut context = crate::support::context(&api, &token, &guard);
        context.gate.person = &person;
        let mut arguments = arguments();
        arguments["customer"]["number"] = json!("+442079460958");
        let tool = find("create_call").unwrap();
        let outcome = call::call(tool, crate::support::members(arguments), context).await;
        assert_eq!(requests(&vapi).await, placed, "{}", outcome.text);
        assert_eq!(outcome.is_error, placed == 0);
        assert_eq!(
            outcome.text.contains("it would be 20:00 in Europe/London"),
            placed == 0
        );
    }
}

#[tokio::test]
async fn a_state_is_good_for_five_minutes() {
    let vapi = upstream().await;
    let (guard, seconds) = asking();
    let mut server = Inside::start(&vapi, KEY, &guard);
    let state = server.call(json!({})).await["requestState"].clone();
    seconds.fetch_add(300, Ordering::Relaxed);
    let result = server.call(answer(&state, "accept")).await;
    assert!(
        text(&result).contains("the confirmation is older than 5 minutes"),
        "{result}"
    );
    assert_eq!(requests(&vapi).await, 0);
    let state = server.call(json!({})).await["requestState"].clone();
    seconds.fetch_add(299, Ordering::Relaxed);
    assert_eq!(
        server.call(answer(&state, "accept")).await["isError"],
        false
    );
}

#[tokio::test]
async fn a_state_is_good_for_its_own_key_alone() {
    let vapi = upstream().await;
    let (guard, _) = asking();
    let (mut mine, mut theirs) = (
        Inside::start(&vapi, KEY, &guard),
        Inside::start(&vapi, "another-key", &guard),
    );
    let state = mine.call(json!({})).await["requestState"].clone();
    let result = theirs.call(answer(&state, "accept")).await;
    assert!(text(&result).contains("given for another key"), "{result}");
    assert_eq!(requests(&vapi).await, 0);
    assert_eq!(mine.call(answer(&state, "accept")).await["isError"], false);
}

#[tokio::test]
async fn nothing_that_the_rules_refuse_is_asked_for() {
    let (folder, vapi) = (TempDir::new().unwrap(), upstream().await);
    let uri = vapi.uri();
    let variables = [("VAPI_TOKEN", KEY), ("VAPI_API_BASE_URL", uri.as_str())];
    let flags = ["--confirm", "dial", "--allow-destinations", "+44"];
    let mut process = Process::with_flags(folder.path(), &variables, &flags);
    let result = answered(&mut process, arguments(), json!({})).await;
    assert!(
        text(&result).contains("is not among the destinations"),
        "{result}"
    );
    let mut dry = arguments();
    dry["dryRun"] = json!(true);
    dry["customer"]["number"] = json!("+442079460958");
    let result = answered(&mut process, dry, json!({})).await;
    assert_eq!(result["isError"], false, "a dry run asks nobody: {result}");
}
