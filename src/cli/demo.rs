//! `vapi-mcp demo`: an MCP client and the server in one process, with the sandbox.
//!
//! The client is minimal, because rmcp's client would be linked only for this command. Its tool
//! calls are in `spec/demo.toml`.

use std::env;

use anstyle::{AnsiColor, Style};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::io::{
    AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, Lines, ReadHalf, WriteHalf,
};

use super::{exit_status::ExitStatus, layout::wrap, runtime::block_on, terminal_io::print};
use crate::{
    api::Limits,
    call::Display,
    catalog::Toolset,
    config::Config,
    guard::{Guard, rules::Rules},
    server::Server,
    terminal::escape_text,
    text::counted,
};

const STEPS: &str = include_str!(concat!(env!("OUT_DIR"), "/demo.json"));

/// Maximum number of bytes in transit between client and server.
const PIPE_CAPACITY: usize = 64 << 10;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const NAME: Style = AnsiColor::Cyan.on_default().bold();
const RESULT: Style = AnsiColor::Green.on_default();

/// One tool call of the demo, validated at build time.
#[derive(Debug, Deserialize)]
struct Step {
    say: String,
    tool: String,
    args: Map<String, Value>,
    remember: Map<String, Value>,
    show: Map<String, Value>,
}

/// The demo ignores the configuration.
pub(super) fn run() -> Result<ExitStatus, String> {
    let guard = Guard::new(Rules::default()).map_err(|error| error.to_string())?;
    let (config, display) = (Config::sandbox(), Display::default());
    let server = Server::new(
        config,
        Limits::default(),
        display,
        Toolset::default(),
        guard,
    )
    .map_err(|error| error.to_string())?;
    block_on(async {
        let (client_end, server_end) = tokio::io::duplex(PIPE_CAPACITY);
        let (input, output) = tokio::io::split(server_end);
        tokio::select! {
            served = server.serve_on(input, output) => {
                Err(served.err().map_or_else(|| "the server closed the connection".to_owned(), |error| error.to_string()))
            }
            result = show(Client::new(client_end)) => result,
        }
    })??;
    Ok(ExitStatus::Success)
}

async fn show(mut client: Client) -> Result<(), String> {
    print_styled(&styled(
        BOLD,
        "An MCP client talks to this server, and the sandbox stands in for Vapi: no phone rings.",
        "",
    ))?;
    let tools = client.initialize().await?;
    print_styled(&format!(
        "\n{BOLD}What can you do?{BOLD:#}\n{DIM}tools/list{DIM:#}\n{}",
        wrapped(
            &format!("{}: {}", counted(tools.len(), "tool"), tools.join(", ")),
            "  "
        )
    ))?;
    let steps: Vec<Step> = serde_json::from_str(STEPS).map_err(|error| error.to_string())?;
    let mut variables = Map::new();
    for step in steps {
        run_step(&mut client, step, &mut variables).await?;
    }
    print_styled(&client_configuration())
}

/// Runs and shows one step.
async fn run_step(
    client: &mut Client,
    step: Step,
    variables: &mut Map<String, Value>,
) -> Result<(), String> {
    let arguments = substitute(Value::Object(step.args), variables);
    print_styled(&format!(
        "\n{}\n{NAME}{}{NAME:#}\n{}",
        styled(BOLD, &step.say, ""),
        step.tool,
        styled(DIM, &format_json(&arguments), "  ")
    ))?;
    let answer = client.call(&step.tool, arguments).await?;
    let at = |pointer: &Value| answer.pointer(pointer.as_str()?).cloned();
    for (name, pointer) in step.remember {
        variables.extend(at(&pointer).map(|value| (name, value)));
    }
    for (label, pointer) in step.show {
        if let Some(value) = at(&pointer) {
            print_styled(&format_value(&label, &value))?;
        }
    }
    Ok(())
}

/// Replaces each string `{name}` with the value of the variable.
fn substitute(value: Value, variables: &Map<String, Value>) -> Value {
    match value {
        Value::String(text) => {
            let name = text
                .strip_prefix('{')
                .and_then(|text| text.strip_suffix('}'));
            name.and_then(|name| variables.get(name).cloned())
                .unwrap_or(Value::String(text))
        }
        Value::Object(members) => {
            let substitute = members
                .into_iter()
                .map(|(key, value)| (key, substitute(value, variables)));
            Value::Object(substitute.collect())
        }
        other => other,
    }
}

fn format_value(label: &str, value: &Value) -> String {
    let text = value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned);
    let text = escape_text(text.trim_end());
    /// The maximum length of a value that is shown on the line of its label, in characters.
    const MAX_INLINE: usize = 60;
    let lines: Vec<_> = text.lines().collect();
    match lines.as_slice() {
        [line] if line.chars().count() <= MAX_INLINE => {
            format!("  {DIM}{label:10}{DIM:#}  {RESULT}{line}{RESULT:#}")
        }
        lines => {
            let lines = lines.iter().map(|line| styled(RESULT, line, "    "));
            let lines: Vec<_> = lines.collect();
            format!("  {DIM}{label}{DIM:#}\n{}", lines.join("\n"))
        }
    }
}

/// Wraps a text.
fn wrapped(text: &str, indent: &str) -> String {
    let mut out = String::new();
    wrap(&mut out, text, indent);
    out.trim_end().to_owned()
}

/// Wraps a text and applies a style.
fn styled(style: Style, text: &str, indent: &str) -> String {
    format!("{style}{}{style:#}", wrapped(text, indent))
}

/// JSON with spaces at which a line can be wrapped.
fn format_json(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let members = members.iter();
            let members: Vec<_> = members
                .map(|(key, value)| {
                    format!("{}: {}", Value::from(key.as_str()), format_json(value))
                })
                .collect();
            format!("{{{}}}", members.join(", "))
        }
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(format_json).collect();
            format!("[{}]", items.join(", "))
        }
        other => other.to_string(),
    }
}

/// The configuration for a client.
fn client_configuration() -> String {
    let program = env::current_exe().map_or_else(
        |_| "/path/to/vapi-mcp".to_owned(),
        |path| path.display().to_string(),
    );
    let server = json!({ "command": program, "env": { "VAPI_TOKEN": "your-key" } });
    let file = json!({ "mcpServers": { "vapi": server } });
    format!(
        "\n{}\n{file:#}\n{}",
        styled(
            BOLD,
            "To place real calls, add this to the configuration of your client (Claude Desktop, \
             Cursor, ...):",
            "",
        ),
        styled(
            DIM,
            "To use the sandbox in the client, replace \"env\" by \"args\": [\"--sandbox\"].",
            "",
        )
    )
}

fn print_styled(text: &str) -> Result<(), String> {
    print(anstream::stdout(), text)
}

/// The MCP client.
struct Client {
    input: Lines<BufReader<ReadHalf<DuplexStream>>>,
    output: WriteHalf<DuplexStream>,
    id: u64,
}

impl Client {
    fn new(pipe: DuplexStream) -> Self {
        let (input, output) = tokio::io::split(pipe);
        Self {
            input: BufReader::new(input).lines(),
            output,
            id: 0,
        }
    }

    /// Opens the session and returns the names of the tools.
    async fn initialize(&mut self) -> Result<Vec<String>, String> {
        let client_info = json!({ "name": "vapi-mcp demo", "version": env!("CARGO_PKG_VERSION") });
        let params = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client_info });
        self.request("initialize", params).await?;
        self.send(json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }))
            .await?;
        let listed = self.request("tools/list", json!({})).await?;
        let tools = listed.get("tools").and_then(Value::as_array);
        let names = tools
            .into_iter()
            .flatten()
            .filter_map(|tool| tool.get("name")?.as_str());
        Ok(names.map(str::to_owned).collect())
    }

    /// Calls a tool and returns the JSON of its first block.
    async fn call(&mut self, tool: &str, arguments: Value) -> Result<Value, String> {
        let meta = json!({ "progressToken": tool });
        let params = json!({ "name": tool, "arguments": arguments, "_meta": meta });
        let result = self.request("tools/call", params).await?;
        let text = result.pointer("/content/0/text").and_then(Value::as_str);
        let text = text.unwrap_or_default();
        serde_json::from_str(text).map_err(|_| text.to_owned())
    }

    /// Sends a request, shows its progress, and returns the result.
    async fn request(&mut self, method: &str, params: Value) -> Result<Value, String> {
        self.id += 1;
        let request =
            json!({ "jsonrpc": "2.0", "id": self.id, "method": method, "params": params });
        self.send(request).await?;
        let mut seen = String::new();
        loop {
            let read = self
                .input
                .next_line()
                .await
                .map_err(|error| error.to_string())?;
            let read = read.ok_or("the server closed the connection")?;
            let mut message: Value =
                serde_json::from_str(&read).map_err(|error| error.to_string())?;
            if message.get("id") == Some(&json!(self.id)) {
                return match message.get_mut("result") {
                    Some(result) => Ok(result.take()),
                    None => Err(message.to_string()),
                };
            }
            let progress = message.pointer("/params/message").and_then(Value::as_str);
            if let Some(progress) = progress.filter(|progress| *progress != seen) {
                print_styled(&styled(DIM, &format!("{progress} ..."), "  "))?;
                seen = progress.to_owned();
            }
        }
    }

    async fn send(&mut self, message: Value) -> Result<(), String> {
        let line = format!("{message}\n");
        let sent = self.output.write_all(line.as_bytes()).await;
        sent.map_err(|error| error.to_string())
    }
}
