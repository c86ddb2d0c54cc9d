//! `vapi-mcp api`: the whole API from the terminal, through the tools over many operations.

use clap::{Args, Subcommand};
use reqwest::Url;
use serde_json::{Map, Value, json};

use super::{call_arguments::parse_object, exit_status::ExitStatus, tool_run::ToolRun};
use crate::{
    catalog::{API_TOOLS, ApiTool, Exposed, Toolset, operation_of},
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
    Get(Read),
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
struct Read {
    #[command(flatten)]
    target: Target,
    /// JSON pointer of a part to show, for example /name; may be repeated
    #[arg(long, value_name = "POINTER")]
    fields: Vec<String>,
    /// Maximum number of rows of a list
    #[arg(long, value_name = "ROWS")]
    limit: Option<u64>,
    /// Cursor of the previous part of a list
    #[arg(long)]
    cursor: Option<String>,
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
    /// Reach the same people again
    #[arg(long)]
    allow_duplicate: bool,
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
            Command::Get(read) => read.request(toolset)?,
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

impl Read {
    fn request(self, toolset: &Toolset) -> Result<ToolCall, String> {
        let fields = (!self.fields.is_empty()).then(|| Value::from(self.fields));
        let options = [
            ("fields", "fields", fields),
            ("limit", "limit", self.limit.map(Value::from)),
            ("cursor", "cursor", self.cursor.map(Value::from)),
        ];
        self.target.request("GET", options, toolset)
    }
}

impl Write {
    fn request(self, method: &str, toolset: &Toolset) -> Result<ToolCall, String> {
        let body = self.body.map(|body| parse_object("the body is", &body));
        let options = [
            ("body", "body", body.transpose()?.map(Value::Object)),
            ("dry-run", "dryRun", flag(self.dry_run)),
            (
                "allow-duplicate",
                "allowDuplicate",
                flag(self.allow_duplicate),
            ),
        ];
        self.target.request(method, options, toolset)
    }
}

impl Delete {
    fn request(self, toolset: &Toolset) -> Result<ToolCall, String> {
        let options = [
            ("name", "name", self.name.map(Value::from)),
            ("dry-run", "dryRun", flag(self.dry_run)),
        ];
        self.target.request("DELETE", options, toolset)
    }
}

fn flag(is_set: bool) -> Option<Value> {
    is_set.then_some(Value::Bool(true))
}

/// A tool and its arguments.
type ToolCall = (&'static ApiTool, Value);

/// A flag, the argument of the tool that it sets, and its value, if it is given.
type Given = (&'static str, &'static str, Option<Value>);

impl Target {
    /// The call of the tool that sends this request.
    fn request(
        &self,
        method: &str,
        given: impl IntoIterator<Item = Given>,
        toolset: &Toolset,
    ) -> Result<ToolCall, String> {
        let path = self.path.as_str();
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let name = format!("{method} {path}");
        let found = find_operation(&name)
            .map_err(|error| error.to_string())?
            .operation;
        let sent = operation_of(&found.id);
        let given: Vec<_> = given
            .into_iter()
            .filter_map(|(flag, argument, value)| Some((flag, argument, value?)))
            .collect();
        let mut body = given.iter().filter(|(_, argument, _)| *argument == "body");
        let body = body.next().map_or(&Value::Null, |(.., body)| body);
        let effect = sent.map_or(found.effect, |operation| operation.effect_of(body));
        let tool = that_sends(effect, toolset)?;
        let mut arguments = Map::new();
        for (flag, argument, value) in given {
            if !tool.args.contains(&argument) {
                let address = found.address();
                return Err(format!("--{flag} does not apply to `{address}`"));
            }
            arguments.insert(argument.to_owned(), value);
        }
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
fn that_sends(effect: Effect, toolset: &Toolset) -> Result<&'static ApiTool, String> {
    let tool = API_TOOLS.iter().find(|tool| tool.sends.contains(&effect));
    exposed(tool.ok_or("no tool sends this")?, toolset)
}

fn exposed(tool: &'static ApiTool, toolset: &Toolset) -> Result<&'static ApiTool, String> {
    toolset.exposed(tool.name).map(|_| tool)
}
