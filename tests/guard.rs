//! What the guard promises, with the program over real pipes and an upstream that counts.

mod audit;
mod counts;
mod destinations;
mod duplicates;
mod offered;
mod settings;

use std::{fs, time::Duration};

use crate::support::{
    KEY,
    process::{Process, command},
    vapi, wait,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use vapi_mcp::{catalog::Toolset, model::Effect};
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
    let all = Toolset::default();
    let reading = all.all().filter(|tool| tool.effect() == Effect::Read);
    reading.map(|tool| tool.name()).collect()
}
