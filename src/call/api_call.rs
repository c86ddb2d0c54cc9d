//! A call of a tool over many operations.

use serde_json::{Map, Value};

use super::{
    arguments::{
        as_integer,
        control::{Control, parse_fields},
        value::{bad_id, check_type, coerced},
    },
    outcome::Outcome,
    paging::{self, RowArguments},
    remarks,
    tool_call::ToolCall,
};
use crate::{
    argument_error::{ArgumentError, ArgumentErrors, ArgumentPath},
    bounds::{ARGUMENTS, Bounds},
    catalog::{Action, ApiTool, OPERATIONS, Operation, Parameter, ParameterKind, Request, Toolset},
    model::{ApiToolKind, Effect, facts},
    reference::{describe, find_operation, search::search},
    result::check_fields,
    text::excerpt,
};

/// What a call of such a tool asks for.
pub(super) enum ApiCall {
    /// An answer without a request to Vapi.
    Answer(Outcome),
    /// A request to Vapi.
    Request(Box<ToolCall>),
}

impl ApiCall {
    pub(super) fn new(
        tool: &'static ApiTool,
        members: Map<String, Value>,
        toolset: &Toolset,
    ) -> Result<Self, Vec<ArgumentError>> {
        let mut arguments = ApiArguments::new(tool, members)?;
        let remarks = arguments.ignored(tool);
        let mut call = match tool.kind {
            ApiToolKind::Search => Self::Answer(arguments.search(toolset)?),
            ApiToolKind::Describe => Self::Answer(arguments.describe()?),
            ApiToolKind::Read => Self::Request(Box::new(arguments.read(tool)?)),
        };
        match &mut call {
            Self::Answer(outcome) => outcome.remarks.extend(remarks),
            Self::Request(call) => call.remarks.extend(remarks),
        }
        Ok(call)
    }
}

/// The arguments, coerced to the types of the tool's definition.
struct ApiArguments {
    members: Map<String, Value>,
    left: Bounds,
    /// The maximum number of rows of a list if none is given.
    default_rows: usize,
}

impl ApiArguments {
    fn new(tool: &ApiTool, members: Map<String, Value>) -> Result<Self, Vec<ArgumentError>> {
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
    fn ignored(&self, tool: &ApiTool) -> Option<String> {
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

    fn text(&mut self, name: &str) -> Result<String, Vec<ArgumentError>> {
        match self.members.shift_remove(name) {
            Some(Value::String(text)) => Ok(text),
            _ => Err(vec![ArgumentError::new(name, "is required")]),
        }
    }

    fn object(&mut self, name: &str) -> Map<String, Value> {
        match self.members.shift_remove(name) {
            Some(Value::Object(members)) => members,
            _ => Map::new(),
        }
    }

    fn search(&mut self, toolset: &Toolset) -> Result<Outcome, Vec<ArgumentError>> {
        let query = self.text("query")?;
        let mut tools = toolset.api_tools();
        let reads = tools.find(|tool| tool.kind == ApiToolKind::Read);
        let found = search(&query, toolset, reads.map(|tool| tool.name));
        Ok(match found {
            Ok(text) => Outcome {
                is_error: false,
                text,
                remarks: Vec::new(),
            },
            Err(reason) => Outcome::error(format!("The index cannot be read: {reason}.")),
        })
    }

    fn describe(&mut self) -> Result<Outcome, Vec<ArgumentError>> {
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
        let text = describe(found.operation, &at, answer).map_err(|reason| wrong("at", reason))?;
        Ok(Outcome {
            is_error: false,
            text,
            remarks: Vec::new(),
        })
    }

    /// The arguments that select the rows of a list.
    fn rows(&mut self, operation: &facts::Operation) -> Result<RowArguments, Vec<ArgumentError>> {
        let limit = match self.members.shift_remove("limit") {
            Some(Value::Number(number)) => {
                let rows = as_integer(&number).and_then(|rows| usize::try_from(rows).ok());
                let reason = "must be an integer of at least 1";
                Some(rows.ok_or_else(|| vec![ArgumentError::new("limit", reason)])?)
            }
            _ => None,
        };
        let cursor = match self.members.shift_remove("cursor") {
            Some(Value::String(text)) => Some(text),
            _ => None,
        };
        let mut parameters = operation.parameters.iter();
        let maximum = parameters.find(|parameter| parameter.name == "limit");
        let maximum = maximum.and_then(|parameter| parameter.schema.get("maximum")?.as_u64());
        let maximum = maximum.and_then(|maximum| usize::try_from(maximum).ok());
        Ok(RowArguments {
            limit,
            cursor,
            default: self.default_rows,
            maximum: maximum.unwrap_or(usize::MAX),
        })
    }

    fn read(&mut self, tool: &'static ApiTool) -> Result<ToolCall, Vec<ArgumentError>> {
        let repeatable = super::tool_call::repeatable(&self.members);
        let name = self.text("operation")?;
        let wrong = |reason: String| vec![ArgumentError::new("operation", reason)];
        let found = find_operation(&name).map_err(wrong)?;
        let mut operations = OPERATIONS.iter();
        let Some(operation) = operations.find(|it| it.id == found.operation.id) else {
            let reason = format!("`{name}` has no JSON body and cannot be sent");
            return Err(wrong(reason));
        };
        if operation.effect != Effect::Read {
            let better = operation
                .tool
                .map_or_else(String::new, |tool| format!("; {tool} sends it"));
            let reason = format!(
                "`{}` does not only read ({}), and {} sends nothing else{better}",
                operation.key(),
                operation.effect.name(),
                tool.name
            );
            return Err(wrong(reason));
        }
        let mut params = self.object("params");
        for (name, value) in found.path {
            params.entry(name).or_insert_with(|| Value::from(value));
        }
        let parameters = parameters(operation, params, &mut self.left)?;
        let body = self.object("body");
        if !body.is_empty() && !operation.has_body {
            let reason = format!("`{}` takes no body", operation.key());
            return Err(vec![ArgumentError::new("body", reason)]);
        }
        let fields = self.members.shift_remove("fields").unwrap_or_default();
        let fields: Option<Vec<String>> = serde_json::from_value(fields).unwrap_or_default();
        let fields = match operation.view.list {
            true => fields.map(paging::of_rows),
            false => fields,
        };
        if let Some(fields) = &fields {
            check_fields(fields)
                .map_err(|error| vec![ArgumentError::new("fields", error.to_string())])?;
        }
        let action = Action {
            request: Request::new(parameters, body),
            ..Action::over(tool, operation)
        };
        let control = Control {
            fields,
            ..Control::default()
        };
        let mut call = ToolCall::of_action(action, control, repeatable);
        let rows = self.rows(found.operation)?;
        paging::select(&mut call, rows)?;
        if !operation.redirects {
            // Which parts of an answer are speech is not known for every operation.
            call.remarks.push(remarks::SPEECH_IS_DATA.to_owned());
        }
        Ok(call)
    }
}

/// The parameters in the types that the generated client takes, each known, and all that are
/// required.
fn parameters(
    operation: &'static Operation,
    mut given: Map<String, Value>,
    left: &mut Bounds,
) -> Result<Vec<(&'static str, Value)>, Vec<ArgumentError>> {
    let mut errors = ArgumentErrors::default();
    let mut found = Vec::new();
    for parameter in operation.parameters {
        let path = format!("params.{}", parameter.name);
        let value = given
            .shift_remove(parameter.name)
            .filter(|value| !value.is_null());
        match value.map(|value| typed(parameter, value, left)) {
            Some(Ok(value)) => found.push((parameter.name, value)),
            Some(Err(reason)) => errors.add(|| ArgumentError::new(path, reason)),
            None if parameter.required => errors.add(|| ArgumentError::new(path, "is required")),
            None => {}
        }
    }
    for name in given.keys() {
        let known: Vec<_> = operation.parameters.iter().map(|it| it.name).collect();
        errors.add(|| {
            let known = match known.as_slice() {
                [] => "it has none".to_owned(),
                known => format!("it has {}", known.join(", ")),
            };
            let reason = format!("is not a parameter of `{}`; {known}", operation.key());
            ArgumentError::new(format!("params.{name}"), reason)
        });
    }
    errors.or(found)
}

/// A value in the type of a parameter.
fn typed(parameter: &Parameter, value: Value, left: &mut Bounds) -> Result<Value, String> {
    let (name, schema) = match parameter.kind {
        ParameterKind::Text => ("a string", "string"),
        ParameterKind::Integer => ("an integer", "integer"),
        ParameterKind::Number => ("a number", "number"),
        ParameterKind::Boolean => ("a boolean", "boolean"),
        ParameterKind::List => ("an array of strings", "array"),
    };
    let schema = serde_json::json!({ "type": schema });
    let value = match (parameter.kind, value) {
        (ParameterKind::Text, Value::Number(number)) => Value::from(number.to_string()),
        (ParameterKind::Text, Value::Bool(flag)) => Value::from(flag.to_string()),
        (ParameterKind::List, Value::String(text)) => Value::from(vec![text]),
        (_, value) => coerced(parameter.name, value, Some(&schema), left),
    };
    let value = match (parameter.kind, value) {
        (ParameterKind::Integer, Value::Number(number)) => {
            as_integer(&number).map_or(Value::Number(number), Value::from)
        }
        (_, value) => value,
    };
    let fits = match parameter.kind {
        ParameterKind::Text => value.is_string(),
        ParameterKind::Integer => value.is_i64() || value.is_u64(),
        ParameterKind::Number => value.is_number(),
        ParameterKind::Boolean => value.is_boolean(),
        ParameterKind::List => value
            .as_array()
            .is_some_and(|items| items.iter().all(Value::is_string)),
    };
    if !fits {
        return Err(format!("must be {name}"));
    }
    match value
        .as_str()
        .filter(|_| parameter.in_path)
        .and_then(bad_id)
    {
        Some(reason) => Err(reason),
        None => Ok(value),
    }
}
