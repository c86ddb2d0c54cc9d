//! The arguments of a tool over many operations, and the calls that need no request to Vapi.

use serde_json::{Map, Value};

use super::{
    arguments::{
        control::parse_fields,
        value::{check_type, coerced},
    },
    outcome::Outcome,
};
use crate::{
    argument_error::{ArgumentError, ArgumentErrors, ArgumentPath},
    bounds::{ARGUMENTS, Bounds},
    catalog::{ApiTool, OPERATIONS, Toolset},
    reference::{describe, find_operation, search::search},
    text::excerpt,
};

/// The arguments, coerced to the types of the tool's definition.
pub(super) struct ApiArguments {
    pub(super) members: Map<String, Value>,
    pub(super) left: Bounds,
    /// The maximum number of rows of a list if none is given.
    pub(super) default_rows: usize,
}

impl ApiArguments {
    pub(super) fn new(
        tool: &ApiTool,
        members: Map<String, Value>,
    ) -> Result<Self, Vec<ArgumentError>> {
        let definition: Value = serde_json::from_str(tool.definition).unwrap_or_default();
        let schemas = definition.pointer("/inputSchema/properties");
        let mut left = ARGUMENTS;
        let mut errors = ArgumentErrors::default();
        let mut coerced_members = Map::new();
        for (name, value) in members {
            let schema = schemas.and_then(|schemas| schemas.get(&name));
            let value = match (schema, name.as_str()) {
                (Some(schema), "fields") => match parse_fields(Some(schema), value) {
                    Ok(fields) => Value::from(fields),
                    Err(wrong) => {
                        errors.extend(wrong);
                        continue;
                    }
                },
                (Some(schema), _) => {
                    let value = coerced(&name, value, Some(schema), &mut left);
                    if !value.is_null() {
                        check_type(&value, schema, ArgumentPath::Top(&name), &mut errors);
                    }
                    value
                }
                (None, _) => value,
            };
            coerced_members.insert(name, value);
        }
        let default = definition.pointer("/inputSchema/properties/limit/default");
        let default = default.and_then(Value::as_u64).unwrap_or(u64::MAX);
        errors.or(Self {
            members: coerced_members,
            left,
            default_rows: usize::try_from(default).unwrap_or(usize::MAX),
        })
    }

    /// The remark on arguments that the tool does not have.
    pub(super) fn ignored(&self, tool: &ApiTool) -> Option<String> {
        let unknown = self
            .members
            .keys()
            .filter(|name| !tool.args.contains(&name.as_str()));
        let unknown: Vec<_> = unknown
            .take(10)
            .map(|name| format!("`{}`", excerpt(name)))
            .collect();
        (!unknown.is_empty()).then(|| {
            format!(
                "Ignored, because {} has no such argument: {}. It has {}.",
                tool.name,
                unknown.join(", "),
                tool.args.join(", ")
            )
        })
    }

    pub(super) fn text(&mut self, name: &str) -> Result<String, Vec<ArgumentError>> {
        match self.members.shift_remove(name) {
            Some(Value::String(text)) => Ok(text),
            _ => Err(vec![ArgumentError::new(name, "is required")]),
        }
    }

    pub(super) fn object(&mut self, name: &str) -> Map<String, Value> {
        match self.members.shift_remove(name) {
            Some(Value::Object(members)) => members,
            _ => Map::new(),
        }
    }

    pub(super) fn search(&mut self, toolset: &Toolset) -> Result<Outcome, Vec<ArgumentError>> {
        let query = self.text("query")?;
        Ok(match search(&query, toolset) {
            Ok(text) => Outcome {
                is_error: false,
                text,
                remarks: Vec::new(),
            },
            Err(reason) => Outcome::error(format!("The index cannot be read: {reason}.")),
        })
    }

    pub(super) fn describe(&mut self, toolset: &Toolset) -> Result<Outcome, Vec<ArgumentError>> {
        let name = self.text("operation")?;
        let wrong = |argument: &str, reason: String| vec![ArgumentError::new(argument, reason)];
        let found = find_operation(&name).map_err(|reason| wrong("operation", reason))?;
        let at = match self.members.shift_remove("at") {
            Some(Value::Array(items)) => items,
            Some(Value::String(at)) => vec![Value::from(at)],
            _ => Vec::new(),
        };
        let at: Vec<_> = at.iter().filter_map(Value::as_str).collect();
        let answer = self.members.shift_remove("answer") == Some(Value::Bool(true));
        let mut operations = OPERATIONS.iter();
        let operation = operations.find(|it| it.id == found.operation.id);
        let senders = operation.map(|it| toolset.senders(it, found.operation.tool.as_deref()));
        let text = describe(found.operation, &at, answer, senders.as_deref())
            .map_err(|reason| wrong("at", reason))?;
        Ok(Outcome {
            is_error: false,
            text,
            remarks: Vec::new(),
        })
    }
}
