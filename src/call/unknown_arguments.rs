//! Arguments that a tool over many operations does not have.

use serde_json::{Map, Value};

use super::arguments::{
    is_body_property,
    near_names::{KnownNames, asks_for_dry_run, folded},
};
use crate::{
    argument_error::{ArgumentError, ArgumentErrors},
    catalog::ApiTool,
    model::{ApiToolKind, Effect, facts::Operation},
    text::excerpt,
};

/// Arguments, each with other names by which it is often given.
const OTHER_NAMES: [(&str, &[&str]); 3] = [
    (
        "operation",
        &["method", "path", "url", "uri", "endpoint", "operationId"],
    ),
    (
        "params",
        &[
            "parameters",
            "query",
            "queryParams",
            "queryParameters",
            "pathParams",
            "pathParameters",
            "filters",
        ],
    ),
    (
        "body",
        &["data", "payload", "json", "requestBody", "input", "content"],
    ),
];

/// The argument with the body, which a tool that deletes does not have.
const BODY: &str = "body";

/// The unknown arguments of a call.
#[derive(Default)]
pub(super) struct UnknownArguments(pub(super) Map<String, Value>);

impl UnknownArguments {
    /// Removes the path parameter of an operation that has only one, if it is given as an argument.
    pub(super) fn take_path_id(&mut self, operation: &Operation) -> Option<(String, Value)> {
        let mut in_path = operation.parameters.iter().filter(|it| it.place == "path");
        let name = in_path.next()?.name.as_str();
        if in_path.next().is_some() {
            return None;
        }
        let value = self.0.shift_remove(name)?;
        (!value.is_null()).then(|| (name.to_owned(), value))
    }

    /// Refuses arguments that have another place or that are almost known, and all if the tool does
    /// not only read. The names of the others are returned.
    pub(super) fn check(
        &self,
        tool: &ApiTool,
        operation: Option<&'static Operation>,
        errors: &mut ArgumentErrors,
    ) -> Vec<&str> {
        let names = KnownNames::of_api(tool);
        let mut ignored = Vec::new();
        for (name, value) in &self.0 {
            let is_empty = value.is_null() || value.as_object().is_some_and(Map::is_empty);
            if name == BODY && is_empty {
                continue;
            }
            match reason(name, tool, operation, &names) {
                Some(reason) => errors.add(|| ArgumentError::new(name, reason)),
                None => ignored.push(name.as_str()),
            }
        }
        ignored
    }
}

/// The reason why an argument is refused; none if it is ignored.
fn reason(
    name: &str,
    tool: &ApiTool,
    operation: Option<&'static Operation>,
    names: &KnownNames,
) -> Option<String> {
    let has = |argument: &str| tool.args.contains(&argument);
    if name == BODY && tool.kind == ApiToolKind::Send {
        let reason = "a deletion is sent without a body; delete one object at a time, named in \
                      `params`";
        return Some(reason.to_owned());
    }
    if let Some(operation) = operation {
        let mut parameters = operation.parameters.iter();
        if has("params") && parameters.any(|parameter| parameter.name == name) {
            return Some("belongs in `params`".to_owned());
        }
        if has(BODY) && is_body_property(operation, name) {
            return Some("belongs in `body`".to_owned());
        }
        let mut in_path = operation.parameters.iter().filter(|it| it.place == "path");
        if let (Some(parameter), true) = (in_path.next(), name == "id") {
            return Some(format!("is not known; give `params.{}`", parameter.name));
        }
    }
    let key = folded(name);
    let is_other = |others: &[&str]| others.iter().any(|other| folded(other) == key);
    let mut other_names = OTHER_NAMES.iter();
    let meant = other_names.find(|(argument, others)| has(argument) && is_other(others));
    if let Some((argument, _)) = meant {
        return Some(format!("is not known; use `{argument}`"));
    }
    names
        .rejection(name)
        .or_else(|| (tool.effect != Effect::Read).then(|| no_argument(tool)))
}

/// The reason for a name that means nothing to the tool.
pub(super) fn no_argument(tool: &ApiTool) -> String {
    format!(
        "is not an argument of {}, which has {}",
        tool.name,
        tool.args.join(", ")
    )
}

/// The remark on ignored arguments.
pub(super) fn remark(tool: &ApiTool, ignored: &[&str]) -> Option<String> {
    /// Maximum number of names.
    const NAMED: usize = 10;
    match ignored {
        [] => None,
        [only] if asks_for_dry_run(only) => Some(format!(
            "{} only reads, so `{}` was ignored.",
            tool.name,
            excerpt(only)
        )),
        _ => Some(format!(
            "Ignored, because {} has no such argument: {}. It has {}.",
            tool.name,
            ignored
                .iter()
                .take(NAMED)
                .map(|name| format!("`{}`", excerpt(name)))
                .collect::<Vec<_>>()
                .join(", "),
            tool.args.join(", ")
        )),
    }
}
