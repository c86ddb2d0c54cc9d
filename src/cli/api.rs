//! `vapi-mcp api`: the whole API from the terminal, through the tools over many operations.

use clap::{Args, Subcommand};
use reqwest::Url;
use serde_json::{Map, Value, json};

use super::{call_arguments::parse_object, exit_status::ExitStatus, tool_run::ToolRun};
use crate::{
    catalog::{API_TOOLS, ApiTool, Exposed, OPERATIONS, Toolset},
    model::{ApiToolKind, Effect},
    reference::find_operation,
    text::excerpt,
};

/// A URL to which a query can be added; no request is sent to it.
const NOWHERE: &str = "https://api.invalid/";

#[derive(Args)]
pub(super) struct Api {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Find operations and settings by keyword; without a keyword, list the subjects
    Search {
        /// What you want to do, for example: turn recording off
        words: Vec<String>,
    },
    /// Show what an operation takes, or what it returns
    Describe {
        /// For example PATCH /assistant/{id}, or an operationId
        #[arg(required = true)]
        operation: Vec<String>,
        /// JSON pointer of a part to open, for example /model:openai/tools; may be repeated
        #[arg(long, value_name = "POINTER")]
        at: Vec<String>,
        /// Show what the operation returns
        #[arg(long)]
        answer: bool,
    },
    /// Send a GET request
    Get(Target),
    /// Send a POST request
    Post(Write),
    /// Change only the given properties of an object
    Patch(Write),
    /// Delete an object
    Delete(Delete),
}

#[derive(Args)]
struct Target {
    /// Path, for example /assistant/ID or /call?limit=5
    path: String,
    /// Query parameter; may be repeated
    #[arg(short, value_name = "NAME=VALUE")]
    query: Vec<String>,
}

#[derive(Args)]
struct Write {
    #[command(flatten)]
    target: Target,
    /// Body: a JSON object, `-` to read it from standard input, or @FILE to read it from a file
    #[arg(long, value_name = "JSON | - | @FILE")]
    body: Option<String>,
    /// Run all checks and show the request, but do not send it
    #[arg(long)]
    dry_run: bool,
}

#[derive(Args)]
struct Delete {
    #[command(flatten)]
    target: Target,
    /// Name of the object, as a confirmation
    #[arg(long)]
    name: Option<String>,
    /// Run all checks and show what would be lost, but delete nothing
    #[arg(long)]
    dry_run: bool,
}

impl Api {
    pub(super) fn run(self, run: ToolRun<'_>) -> Result<ExitStatus, String> {
        let toolset = run.toolset;
        let (tool, arguments) = match self.command {
            Command::Search { words } => (
                of_kind(ApiToolKind::Search, toolset)?,
                json!({ "query": words.join(" ") }),
            ),
            Command::Describe {
                operation,
                at,
                answer,
            } => (
                of_kind(ApiToolKind::Describe, toolset)?,
                json!({ "operation": operation.join(" "), "at": at, "answer": answer }),
            ),
            Command::Get(target) => Details::default().request("GET", &target, toolset)?,
            Command::Post(write) => write.request("POST", toolset)?,
            Command::Patch(write) => write.request("PATCH", toolset)?,
            Command::Delete(delete) => delete.request(toolset)?,
        };
        let arguments = match arguments {
            Value::Object(arguments) => arguments,
            _ => Map::new(),
        };
        run.run(Exposed::Api(tool), arguments)
    }
}

impl Write {
    fn request(self, method: &str, toolset: &Toolset) -> Result<ToolCall, String> {
        let body = self.body.map(|body| parse_object("the body is", &body));
        let details = Details {
            body: body.transpose()?.map(Value::Object),
            name: None,
            dry_run: self.dry_run,
        };
        details.request(method, &self.target, toolset)
    }
}

impl Delete {
    fn request(self, toolset: &Toolset) -> Result<ToolCall, String> {
        let details = Details {
            body: None,
            name: self.name,
            dry_run: self.dry_run,
        };
        details.request("DELETE", &self.target, toolset)
    }
}

/// A tool and its arguments.
type ToolCall = (&'static ApiTool, Value);

/// What a request has besides its target.
#[derive(Default)]
struct Details {
    body: Option<Value>,
    name: Option<String>,
    dry_run: bool,
}

impl Details {
    fn request(self, method: &str, target: &Target, toolset: &Toolset) -> Result<ToolCall, String> {
        let path = target.path.as_str();
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let name = format!("{method} {path}");
        let found = find_operation(&name)
            .map_err(|error| error.to_string())?
            .operation;
        let sent = OPERATIONS.iter().find(|it| it.id == found.id);
        let body = self.body.as_ref().unwrap_or(&Value::Null);
        let effect = sent.map_or(found.effect, |operation| operation.effect_of(body));
        let tool = that_sends(effect, toolset)?;
        let mut arguments = Map::new();
        for (flag, argument, value) in [
            ("body", "body", self.body),
            ("name", "name", self.name.map(Value::from)),
            (
                "dry-run",
                "dryRun",
                self.dry_run.then_some(Value::Bool(true)),
            ),
        ] {
            let Some(value) = value else { continue };
            if !tool.args.contains(&argument) {
                let address = found.address();
                return Err(format!("--{flag} does not apply to `{address}`"));
            }
            arguments.insert(argument.to_owned(), value);
        }
        arguments.insert("operation".to_owned(), Value::from(name));
        arguments.insert("params".to_owned(), params(query, &target.query)?);
        Ok((tool, Value::Object(arguments)))
    }
}

/// Query parameters; a name that is repeated becomes a list.
fn params(query: &str, pairs: &[String]) -> Result<Value, String> {
    let mut params = Map::new();
    let mut add = |name: &str, value: &str| {
        let value = Value::from(value);
        match params.get_mut(name) {
            None => {
                params.insert(name.to_owned(), value);
            }
            Some(Value::Array(values)) => values.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
        }
    };
    let mut url = Url::parse(NOWHERE).map_err(|error| error.to_string())?;
    url.set_query(Some(query));
    for (name, value) in url.query_pairs() {
        add(&name, &value);
    }
    for pair in pairs {
        let (name, value) = pair
            .split_once('=')
            .ok_or_else(|| format!("`{}` is not NAME=VALUE", excerpt(pair)))?;
        add(name, value);
    }
    Ok(Value::Object(params))
}

/// The exposed tool of this kind.
fn of_kind(kind: ApiToolKind, toolset: &Toolset) -> Result<&'static ApiTool, String> {
    let tool = API_TOOLS.iter().find(|tool| tool.kind == kind);
    exposed(tool.ok_or("no tool does this")?, toolset)
}

/// The exposed tool that sends requests of this effect.
fn that_sends(effect: Effect, toolset: &Toolset) -> Result<&'static ApiTool, String> {
    let tool = API_TOOLS.iter().find(|tool| tool.sends.contains(&effect));
    exposed(tool.ok_or("no tool sends this")?, toolset)
}

fn exposed(tool: &'static ApiTool, toolset: &Toolset) -> Result<&'static ApiTool, String> {
    toolset.exposed(tool.name).map(|_| tool)
}
