//! `vapi-mcp demo`: an MCP client and the server in one process, over the sandbox.
//!
//! The client is the few lines of JSON-RPC that the demonstration needs: rmcp's would be linked for
//! this command only. What it calls is data, `spec/demo.toml`.

use std::env;

use anstyle::{AnsiColor, Style};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::io::{
    AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, Lines, ReadHalf, WriteHalf,
};

use super::{
    call::print,
    ended::{Ended, block_on},
    layout::wrap,
};
use crate::{
    api::Limits,
    call::Display,
    catalog::Toolset,
    config::Config,
    guard::{Guard, rules::Rules},
    server::Server,
    terminal::plain,
    text::counted,
};

const STEPS: &str = include_str!(concat!(env!("OUT_DIR"), "/demo.json"));

/// Maximum number of bytes in transit between client and server.
const PIPE: usize = 64 << 10;

const BOLD: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();
const NAME: Style = AnsiColor::Cyan.on_default().bold();
const HEARD: Style = AnsiColor::Green.on_default();

/// One tool call; codegen has checked it.
#[derive(Debug, Deserialize)]
struct Step {
    say: String,
    tool: String,
    args: Map<String, Value>,
    remember: Map<String, Value>,
    show: Map<String, Value>,
}

/// The demo ignores the configuration.
pub(super) fn run() -> Result<Ended, String> {
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
        let (near, far) = tokio::io::duplex(PIPE);
        let (input, output) = tokio::io::split(far);
        tokio::select! {
            served = server.serve_on(input, output) => {
                Err(served.err().map_or_else(|| "the server closed the connection".to_owned(), |error| error.to_string()))
            }
            shown = show(Client::new(near)) => shown,
        }
    })??;
    Ok(Ended::Well)
}

async fn show(mut client: Client) -> Result<(), String> {
    say(&styled(
        BOLD,
        "An MCP client talks to this server, and the sandbox answers for Vapi: no phone rings.",
        "",
    ))?;
    let tools = client.open().await?;
    say(&format!(
        "\n{BOLD}What can you do?{BOLD:#}\n{FAINT}tools/list{FAINT:#}\n{}",
        wrapped(
            &format!("{}: {}", counted(tools.len(), "tool"), tools.join(", ")),
            "  "
        )
    ))?;
    let steps: Vec<Step> = serde_json::from_str(STEPS).map_err(|error| error.to_string())?;
    let mut known = Map::new();
    for step in steps {
        take(&mut client, step, &mut known).await?;
    }
    say(&configuration())
}

/// One step: what it is for, what is called, what it brings.
async fn take(
    client: &mut Client,
    step: Step,
    known: &mut Map<String, Value>,
) -> Result<(), String> {
    let arguments = filled(Value::Object(step.args), known);
    say(&format!(
        "\n{}\n{NAME}{}{NAME:#}\n{}",
        styled(BOLD, &step.say, ""),
        step.tool,
        styled(FAINT, &spaced(&arguments), "  ")
    ))?;
    let answer = client.call(&step.tool, arguments).await?;
    let at = |pointer: &Value| answer.pointer(pointer.as_str()?).cloned();
    for (name, pointer) in step.remember {
        known.extend(at(&pointer).map(|value| (name, value)));
    }
    for (label, pointer) in step.show {
        if let Some(value) = at(&pointer) {
            say(&shown(&label, &value))?;
        }
    }
    Ok(())
}

/// The value with what is remembered in the place of each `{name}`.
fn filled(value: Value, known: &Map<String, Value>) -> Value {
    match value {
        Value::String(text) => {
            let name = text
                .strip_prefix('{')
                .and_then(|text| text.strip_suffix('}'));
            name.and_then(|name| known.get(name).cloned())
                .unwrap_or(Value::String(text))
        }
        Value::Object(members) => {
            let filled = members
                .into_iter()
                .map(|(key, value)| (key, filled(value, known)));
            Value::Object(filled.collect())
        }
        other => other,
    }
}

fn shown(label: &str, value: &Value) -> String {
    let text = value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned);
    let text = plain(text.trim_end());
    /// With the label before it, a longer line would not fit.
    const SHORT: usize = 60;
    let lines: Vec<_> = text.lines().collect();
    match lines.as_slice() {
        [line] if line.chars().count() <= SHORT => {
            format!("  {FAINT}{label:10}{FAINT:#}  {HEARD}{line}{HEARD:#}")
        }
        lines => {
            let lines = lines.iter().map(|line| styled(HEARD, line, "    "));
            let lines: Vec<_> = lines.collect();
            format!("  {FAINT}{label}{FAINT:#}\n{}", lines.join("\n"))
        }
    }
}

/// A text whose lines end between words.
fn wrapped(text: &str, indent: &str) -> String {
    let mut out = String::new();
    wrap(&mut out, text, indent);
    out.trim_end().to_owned()
}

/// The same in a style.
fn styled(style: Style, text: &str, indent: &str) -> String {
    format!("{style}{}{style:#}", wrapped(text, indent))
}

/// JSON with room between its members, where a line may end.
fn spaced(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let members = members.iter();
            let members: Vec<_> = members
                .map(|(key, value)| format!("{}: {}", Value::from(key.as_str()), spaced(value)))
                .collect();
            format!("{{{}}}", members.join(", "))
        }
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(spaced).collect();
            format!("[{}]", items.join(", "))
        }
        other => other.to_string(),
    }
}

/// What goes into a client's configuration.
fn configuration() -> String {
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
            "For calls that ring, put this into the configuration of your client (Claude Desktop, \
             Cursor, ...):",
            "",
        ),
        styled(
            FAINT,
            "With \"args\": [\"--sandbox\"] in place of \"env\" the client uses the sandbox.",
            "",
        )
    )
}

fn say(text: &str) -> Result<(), String> {
    print(anstream::stdout(), text)
}

/// The client's end of the pipe.
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

    /// Shakes hands and returns the names of the tools.
    async fn open(&mut self) -> Result<Vec<String>, String> {
        let about = json!({ "name": "vapi-mcp demo", "version": env!("CARGO_PKG_VERSION") });
        let hello =
            json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": about });
        self.request("initialize", hello).await?;
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

    /// Sends a request, shows what progress there is, and returns the result.
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
                say(&styled(FAINT, &format!("{progress} ..."), "  "))?;
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
