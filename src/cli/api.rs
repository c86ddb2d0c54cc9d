//! `vapi-mcp api`: the whole API from the terminal, through the tools over many operations.

use clap::{Args, Subcommand};
use reqwest::Url;
use serde_json::{Map, Value, json};

use super::{call_arguments::parse_object, exit_status::ExitStatus, tool_run::ToolRun};
use crate::{
    catalog::{API_TOOLS, ApiTool, Exposed, Toolset},
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
        let (tool, arguments) = match self.command {
            Command::Search { words } => (
                of_kind(ApiToolKind::Search, run.toolset)?,
                json!({ "query": words.join(" ") }),
            ),
            Command::Describe {
                operation,
                at,
                answer,
            } => (
                of_kind(ApiToolKind::Describe, run.toolset)?,
                json!({ "operation": operation.join(" "), "at": at, "answer": answer }),
            ),
            Command::Get(target) => target.request("GET", Map::new(), run.toolset)?,
            Command::Post(write) => {
                let more = arguments(write.body.as_deref(), None, write.dry_run)?;
                write.target.request("POST", more, run.toolset)?
            }
            Command::Patch(write) => {
                let more = arguments(write.body.as_deref(), None, write.dry_run)?;
                write.target.request("PATCH", more, run.toolset)?
            }
            Command::Delete(delete) => {
                let more = arguments(None, delete.name, delete.dry_run)?;
                delete.target.request("DELETE", more, run.toolset)?
            }
        };
        let arguments = match arguments {
            Value::Object(arguments) => arguments,
            _ => Map::new(),
        };
        run.run(Exposed::Api(tool), arguments)
    }
}

/// The arguments that a tool takes beside the operation and its parameters.
fn arguments(
    body: Option<&str>,
    name: Option<String>,
    dry_run: bool,
) -> Result<Map<String, Value>, String> {
    let body = body.map(|body| parse_object("the body is", body));
    let given = [
        ("body", body.transpose()?.map(Value::Object)),
        ("name", name.map(Value::from)),
        ("dryRun", dry_run.then_some(Value::Bool(true))),
    ];
    let given = given.into_iter();
    Ok(given
        .filter_map(|(key, value)| Some((key.to_owned(), value?)))
        .collect())
}

impl Target {
    /// The tool that sends the request, and its arguments.
    fn request(
        self,
        method: &str,
        more: Map<String, Value>,
        toolset: &Toolset,
    ) -> Result<(&'static ApiTool, Value), String> {
        let (path, query) = self.path.split_once('?').unwrap_or((&self.path, ""));
        let name = format!("{method} {path}");
        let operation = find_operation(&name)?.operation;
        let tool = that_sends(operation.effect, &operation.address(), toolset)?;
        if let Some(unknown) = more.keys().find(|key| !tool.args.contains(&key.as_str())) {
            let flag = if unknown == "dryRun" {
                "dry-run"
            } else {
                unknown
            };
            let address = operation.address();
            return Err(format!("--{flag} does not apply to `{address}`"));
        }
        let mut arguments = more;
        arguments.insert("operation".to_owned(), Value::from(name));
        arguments.insert("params".to_owned(), params(query, &self.query)?);
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
fn that_sends(
    effect: Effect,
    address: &str,
    toolset: &Toolset,
) -> Result<&'static ApiTool, String> {
    let group = |effect| match effect {
        Effect::Dial => Effect::Spend,
        other => other,
    };
    let sends = |tool: &&ApiTool| {
        let answers = matches!(tool.kind, ApiToolKind::Search | ApiToolKind::Describe);
        !answers && group(tool.effect) == group(effect)
    };
    let tool = API_TOOLS.iter().find(sends);
    let tool = tool.ok_or_else(|| format!("no tool sends `{address}` ({})", effect.name()))?;
    exposed(tool, toolset)
}

fn exposed(tool: &'static ApiTool, toolset: &Toolset) -> Result<&'static ApiTool, String> {
    toolset.exposed(tool.name).map(|_| tool)
}
