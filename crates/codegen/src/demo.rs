//! The steps of the demo: tool calls, checked against the catalogue.

use std::path::Path;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use toml::Spanned;

use crate::{
    catalog::Catalog,
    problem::Problem,
    spec::{self, Lines},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Demo {
    step: Vec<Spanned<Step>>,
}

/// One tool call.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Step {
    /// The sentence that introduces the step.
    say: String,
    /// The name of the tool.
    tool: String,
    /// The arguments; `{name}` is replaced by a value that an earlier step stored.
    #[serde(default)]
    args: Map<String, Value>,
    /// Values of the response to store: name to JSON pointer.
    #[serde(default)]
    remember: IndexMap<String, String>,
    /// Values of the response to show: label to JSON pointer.
    #[serde(default)]
    show: IndexMap<String, String>,
}

/// Reads the steps and returns them as JSON, or reports unknown tools and arguments.
pub fn read(file: &Path, catalog: &Catalog) -> Result<String, Vec<Problem>> {
    let name = file.display().to_string();
    let text = spec::read(file)?;
    let demo: Demo = spec::parse(&name, &text)?;
    let faces = catalog.faces();
    let lines = Lines::of(&text);
    let steps: Vec<_> = demo.step.iter().map(Spanned::get_ref).collect();
    let problems: Vec<_> = demo
        .step
        .iter()
        .filter_map(|step| {
            let problem = problem(step.get_ref(), &faces)?;
            Some(Problem::new(&name, problem).at_line(lines.number(step.span().start)))
        })
        .collect();
    if !problems.is_empty() {
        return Err(problems);
    }
    serde_json::to_string(&steps).map_err(|error| vec![Problem::new(&name, error.to_string())])
}

fn problem(step: &Step, faces: &[Value]) -> Option<String> {
    let named = |face: &&Value| face.get("name").and_then(Value::as_str) == Some(&step.tool);
    let Some(face) = faces.iter().find(named) else {
        return Some(format!("there is no tool `{}`", step.tool));
    };
    let known = face.pointer("/inputSchema/properties");
    let is_unknown = |arg: &&String| known.is_none_or(|known| known.get(arg.as_str()).is_none());
    let unknown = step.args.keys().find(is_unknown)?;
    Some(format!("{} has no argument `{unknown}`", step.tool))
}
