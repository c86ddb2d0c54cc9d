//! What the tests share: a server over a replayed Vapi.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

pub mod faults;
pub mod process;
pub mod wait;

use std::{env, fs, path::Path, sync::LazyLock};

use serde_json::{Map, Value};
use vapi_mcp::{
    api::{Api, Limits, Token},
    call::{self, Context, Display, Outcome, call, wait::NoProgress},
    catalog::{Exposed, OPERATIONS, Operation, TOOLS, Tool, Toolset, find, operation_of_key},
    guard::{Gate, Guard, confirm::NoConfirmer, rules::Rules},
    model::{Arg, ArgTarget, FilePart},
};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

/// The key that the tests call with.
pub const KEY: &str = "00000000-0000-4000-8000-00000000c0de";

/// Whether the long form of a test is wanted, which takes minutes.
pub fn is_thorough() -> bool {
    env::var_os("VAPI_MCP_THOROUGH").is_some()
}

/// Something for each argument that the tool requires.
pub fn required(tool: &Tool) -> Map<String, Value> {
    let schemas = call::arguments::schemas(tool).unwrap();
    // An upload needs content, whichever argument gives it.
    let is_needed = |arg: &&Arg| arg.required || arg.at == ArgTarget::File(FilePart::Text);
    let required = tool.args.iter().filter(is_needed);
    required
        .map(|arg| {
            let value = match arg.date_time {
                true => Value::from("2026-03-01T00:00:00Z"),
                false => something(&schemas[arg.name]),
            };
            (arg.name.to_owned(), value)
        })
        .collect()
}

/// Something that matches the schema of an argument.
fn something(schema: &Value) -> Value {
    if let Some(word) = schema["enum"].get(0) {
        return word.clone();
    }
    match schema["type"].as_str() {
        Some("array") => Value::from(vec![something(&schema["items"])]),
        Some("object") => Value::Object(Map::new()),
        Some("boolean") => Value::from(true),
        Some("integer" | "number") => Value::from(1),
        _ => Value::from("x"),
    }
}

/// A list that no tool of its own shows, so that its rows are shown whole. It takes the query
/// parameters `limit` and `createdAtGe`.
pub fn unnamed_list() -> &'static Operation {
    let is_named = |it: &Operation| TOOLS.iter().any(|tool| tool.operation.key() == it.key());
    let takes = |it: &Operation, name| it.parameters.iter().any(|it| it.name == name);
    let mut lists = OPERATIONS.iter().copied().filter(|it| {
        it.method == "get"
            && ["limit", "createdAtGe"]
                .into_iter()
                .all(|name| takes(it, name))
            && !it.parameters.iter().any(|it| it.in_path)
    });
    let list = lists.find(|it| !is_named(it));
    list.expect("every list has a tool of its own")
}

/// One exchange; `tests/fixtures/README.md` says what is in it.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fixture {
    pub origin: String,
    pub tool: String,
    pub arguments: Map<String, Value>,
    /// The stored object, for a change.
    pub stored: Option<Value>,
    pub request: Request,
    pub response: Response,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    pub method: String,
    pub path: String,
    #[serde(default)]
    pub query: Map<String, Value>,
    pub body: Option<Value>,
    /// The headers and contents of a form's parts.
    pub form: Option<Vec<(String, String)>>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Response {
    pub status: u16,
    pub content_type: String,
    pub body: Value,
}

impl Fixture {
    pub fn read(path: &Path) -> Self {
        serde_json::from_slice(&fs::read(path).unwrap()).unwrap_or_else(|e| panic!("{path:?}: {e}"))
    }
}

impl Response {
    pub fn template(&self) -> ResponseTemplate {
        let body = match &self.body {
            Value::String(text) => text.clone(),
            json => json.to_string(),
        };
        ResponseTemplate::new(self.status).set_body_raw(body, &self.content_type)
    }
}

/// A Vapi that answers every request alike.
pub async fn vapi(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(matchers::any())
        .respond_with(answer)
        .mount(&server)
        .await;
    server
}

/// Calls a tool by its name, as the server does.
pub async fn call_tool(vapi: &MockServer, tool: &str, arguments: Map<String, Value>) -> Outcome {
    call_guarded(vapi, tool, arguments, &guard()).await
}

/// The same behind a guard.
pub async fn call_guarded(
    vapi: &MockServer,
    tool: &str,
    arguments: Map<String, Value>,
    guard: &Guard,
) -> Outcome {
    let api = Api::new(vapi.uri(), Limits::default());
    let tool = find(tool).unwrap_or_else(|| panic!("no tool {tool}"));
    let token = Token::new(KEY).unwrap();
    call(tool, arguments, context(&api, &token, guard)).await
}

/// The same for a caller who has only these tools: names, with commas between them.
pub async fn call_among(
    vapi: &MockServer,
    tools: &str,
    tool: &str,
    arguments: Map<String, Value>,
) -> Outcome {
    let api = Api::new(vapi.uri(), Limits::default());
    let (token, guard) = (Token::new(KEY).unwrap(), guard());
    let toolset = Toolset::new(false, Some(tools.parse().unwrap()));
    let context = Context {
        toolset: &toolset,
        ..context(&api, &token, &guard)
    };
    call(find(tool).unwrap(), arguments, context).await
}

/// The element of `tools/list` of a server that exposes every tool.
pub fn face(tool: &Tool) -> Value {
    call::definition(tool, &ALL)
}

/// The same for a tool of either kind.
pub fn definition(tool: Exposed) -> Value {
    call::exposed_definition(tool, &ALL)
}

static ALL: LazyLock<Toolset> = LazyLock::new(Toolset::default);

/// What a call is made with, for a guard before nobody and nobody who listens.
pub fn context<'a>(api: &'a Api, token: &'a Token, guard: &'a Guard) -> Context<'a, NoProgress> {
    Context {
        api,
        token,
        display: Display::default(),
        toolset: &ALL,
        gate: open(guard),
        progress: &NoProgress,
    }
}

/// A guard that allows everything.
pub fn guard() -> Guard {
    Guard::new(Rules::default()).unwrap()
}

/// The pointer into the body that an argument of a tool sets.
pub fn target(tool: &str, argument: &str) -> &'static str {
    let mut args = find(tool).unwrap().args.iter();
    match args.find(|arg| arg.name == argument).unwrap().at {
        ArgTarget::Body(at) => at,
        _ => panic!("{argument} is not in the body of {tool}"),
    }
}

/// The pointer into the body to the time at which an operation starts to call people.
pub fn start_of(operation: &str) -> &'static str {
    operation_of_key(operation).unwrap().dial.unwrap().when[0]
}

/// The body, with a value at a pointer and an object at each place above it.
pub fn with_value(mut body: Value, at: &str, value: impl Into<Value>) -> Value {
    let mut here = &mut body;
    for key in at.split('/').skip(1) {
        here = &mut here[key];
    }
    *here = value.into();
    body
}

/// The first key of a pointer.
pub fn first_key(at: &str) -> &str {
    at.split('/').nth(1).unwrap()
}

/// A pointer in the form in which Vapi names a property.
pub fn dotted(at: &str) -> String {
    at[1..].replace('/', ".")
}

/// The gate of a guard that need not ask.
pub fn open(guard: &Guard) -> Gate<'_> {
    Gate {
        guard,
        person: &NoConfirmer,
    }
}

/// The parts of a form: each with its headers and its content.
pub fn form(request: &wiremock::Request) -> Vec<(String, String)> {
    let media_type = request.headers["content-type"].to_str().unwrap();
    let boundary = media_type.strip_prefix("multipart/form-data; boundary=");
    let boundary = format!("--{}", boundary.unwrap());
    let body = String::from_utf8(request.body.clone()).unwrap();
    let body = body.strip_suffix(&format!("{boundary}--\r\n")).unwrap();
    let parts = body.split(&boundary).skip(1);
    parts
        .map(|part| {
            let part = part.strip_prefix("\r\n").unwrap();
            let (headers, content) = part.split_once("\r\n\r\n").unwrap();
            let content = content.strip_suffix("\r\n").unwrap();
            (headers.to_owned(), content.to_owned())
        })
        .collect()
}

/// The members of a JSON object literal.
pub fn members(json: Value) -> Map<String, Value> {
    match json {
        Value::Object(map) => map,
        other => panic!("not an object: {other}"),
    }
}
