//! `vapi-mcp tools`: shows the tools.

use std::{
    fmt::Write as _,
    io::{self, Write as _},
};

use anstyle::{AnsiColor, Style};
use clap::Args;
use serde_json::{Map, Value};

use super::{exit_status::ExitStatus, layout::wrap};
use crate::{
    call::{
        arguments::control::{help, schemas},
        exposed_definition,
    },
    catalog::{Exposed, Toolset},
    model::Effect,
    terminal::{escape_line, escape_text},
};

#[derive(Debug, Args)]
pub(super) struct Tools {
    /// Show this tool with its arguments
    name: Option<String>,
    /// Print the definitions that MCP clients receive, as JSON
    #[arg(long)]
    json: bool,
}

const BOLD: Style = Style::new().bold();
const NAME: Style = AnsiColor::Cyan.on_default().bold();
const DIM: Style = Style::new().dimmed();
const WARN: Style = AnsiColor::Yellow.on_default();

impl Tools {
    pub(super) fn run(self, toolset: &Toolset) -> Result<ExitStatus, String> {
        let chosen: Vec<Exposed> = match &self.name {
            Some(name) => vec![toolset.exposed(name)?],
            None => toolset.all().collect(),
        };
        let text = match (self.json, self.name.is_some(), chosen.as_slice()) {
            (true, true, [tool]) => {
                format!(
                    "{}\n",
                    escape_text(&exposed_definition(*tool, toolset).to_string())
                )
            }
            (true, ..) => {
                let faces: Vec<_> = chosen
                    .iter()
                    .map(|tool| exposed_definition(*tool, toolset))
                    .collect();
                format!("{}\n", escape_text(&Value::Array(faces).to_string()))
            }
            (false, true, [tool]) => details(*tool, toolset),
            (false, ..) => list(&chosen, toolset),
        };
        // `anstream` removes the colours unless the terminal supports them.
        match anstream::stdout().write_all(text.as_bytes()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.to_string()),
            _ => Ok(ExitStatus::Success),
        }
    }
}

fn list(tools: &[Exposed], toolset: &Toolset) -> String {
    let mut out = String::new();
    let width = tools
        .iter()
        .map(|tool| tool.name().len())
        .max()
        .unwrap_or_default();
    for tool in tools {
        let face = members(*tool, toolset);
        let description = escape_line(text(&face, "description"));
        let first = description.split_inclusive(". ").next().unwrap_or_default();
        let name = tool.name();
        let mark = mark(tool.effect());
        let _ = writeln!(
            out,
            "{NAME}{name:width$}{NAME:#}  {}{mark}",
            first.trim_end()
        );
    }
    let _ = writeln!(
        out,
        "\n{DIM}vapi-mcp tools NAME shows one tool with its arguments.{DIM:#}"
    );
    out
}

fn details(tool: Exposed, toolset: &Toolset) -> String {
    let mut out = String::new();
    let face = members(tool, toolset);
    let (name, title) = (tool.name(), escape_line(text(&face, "title")));
    let _ = writeln!(
        out,
        "{NAME}{name}{NAME:#}  {BOLD}{title}{BOLD:#}{}\n",
        mark(tool.effect())
    );
    wrap(&mut out, text(&face, "description"), "");
    let properties = face
        .get("inputSchema")
        .and_then(|schema| schema.get("properties")?.as_object());
    let Some(properties) = properties.filter(|properties| !properties.is_empty()) else {
        return out;
    };
    let required = face
        .get("inputSchema")
        .and_then(|schema| schema.get("required"));
    let required = required.and_then(Value::as_array);
    let _ = writeln!(out, "\n{BOLD}Arguments{BOLD:#}");
    for (name, schema) in properties {
        let required = required.is_some_and(|names| names.iter().any(|it| it == name));
        let schema = schema.as_object();
        let notes = schema
            .map(|schema| notes(schema, required))
            .unwrap_or_default();
        let name = escape_line(name);
        let _ = writeln!(out, "  {NAME}{name}{NAME:#}  {DIM}{notes}{DIM:#}");
        wrap(
            &mut out,
            schema
                .map(|schema| text(schema, "description"))
                .unwrap_or_default(),
            "      ",
        );
        let is_ours = match tool {
            Exposed::Tool(tool) => schemas(tool).any(|(ours, _)| *ours == *name),
            Exposed::Api(_) => false,
        };
        if let Some(help) = help(&name).filter(|_| is_ours) {
            wrap(&mut out, help, "      ");
        }
        properties_of(&mut out, schema, "      ");
    }
    if let Exposed::Tool(tool) = tool
        && tool.open
    {
        out.push('\n');
        wrap(
            &mut out,
            "Any other property of Vapi's API is accepted and passed on.",
            "  ",
        );
    }
    out
}

/// The properties of an object, or of the elements of a list.
fn properties_of(out: &mut String, schema: Option<&Map<String, Value>>, indent: &str) {
    let schema = schema.and_then(|schema| match schema.get("items") {
        Some(items) => items.as_object(),
        None => Some(schema),
    });
    let properties = schema.and_then(|schema| schema.get("properties")?.as_object());
    for (name, property) in properties.into_iter().flatten() {
        let property = property.as_object();
        let notes = property
            .map(|property| notes(property, false))
            .unwrap_or_default();
        let description = property
            .map(|property| text(property, "description"))
            .unwrap_or_default();
        let (name, description) = (escape_line(name), escape_line(description));
        let shown = format!("{indent}{NAME}.{name}{NAME:#}  {DIM}{notes}{DIM:#}  {description}");
        let _ = writeln!(out, "{}", shown.trim_end());
    }
}

/// The type, the allowed values, the bounds and the default of an argument.
fn notes(schema: &Map<String, Value>, required: bool) -> String {
    let mut notes = Vec::new();
    let kind = |schema: &Map<String, Value>| text(schema, "type").to_owned();
    notes.push(match schema.get("items").and_then(Value::as_object) {
        Some(items) => format!("list of {}s", kind(items)),
        None => kind(schema),
    });
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        let values: Vec<_> = values.iter().map(display_value).collect();
        notes.push(values.join(" | "));
    }
    for (key, word) in [
        ("minimum", "at least"),
        ("maximum", "at most"),
        ("default", "default"),
    ] {
        if let Some(value) = schema.get(key) {
            notes.push(format!("{word} {}", display_value(value)));
        }
    }
    if required {
        notes.push("required".to_owned());
    }
    escape_line(&notes.join(", ")).into_owned()
}

fn display_value(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn mark(effect: Effect) -> String {
    let word = match effect {
        Effect::Read => return String::new(),
        Effect::Write => "writes",
        Effect::Update => "overwrites",
        Effect::Delete => "deletes",
        Effect::Spend => "costs money",
        Effect::Dial => "places a call, costs money",
    };
    format!("  {WARN}({word}){WARN:#}")
}

fn members(tool: Exposed, toolset: &Toolset) -> Map<String, Value> {
    match exposed_definition(tool, toolset) {
        Value::Object(face) => face,
        _ => Map::new(),
    }
}

fn text<'a>(schema: &'a Map<String, Value>, key: &str) -> &'a str {
    schema.get(key).and_then(Value::as_str).unwrap_or_default()
}
