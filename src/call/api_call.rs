//! The arguments of a tool over many operations, and the calls that need no request to Vapi.

use serde_json::{Map, Value, json};

use super::{
    arguments::{
        Arguments,
        control::parse_fields,
        value::{check_type, coerced},
    },
    outcome::Outcome,
    tool_call,
    unknown_arguments::{self, UnknownArguments},
};
use crate::{
    argument_error::{ArgumentError, ArgumentErrors, ArgumentPath},
    bounds::{ARGUMENTS, Bounds},
    catalog::{ApiTool, Toolset, operation_of},
    model::{ApiToolKind, facts::Operation},
    reference::{FindError, describe, find_operation, search::search},
};

/// The arguments, coerced to the types of the tool's definition.
pub(super) struct ApiArguments {
    pub(super) members: Map<String, Value>,
    pub(super) unknown: UnknownArguments,
    pub(super) left: Bounds,
    /// The maximum number of rows of a list if none is given.
    pub(super) default_rows: usize,
    /// Remarks on the arguments.
    pub(super) remarks: Vec<String>,
}

/// An argument of every tool that sends, which few of them list.
const FIELDS: &str = "fields";

impl ApiArguments {
    pub(super) fn new(tool: &ApiTool, arguments: Arguments) -> Result<Self, Vec<ArgumentError>> {
        let definition: Value = serde_json::from_str(tool.definition).unwrap_or_default();
        let schemas = definition.pointer("/inputSchema/properties");
        let fields = json!({ "type": "array", "items": { "type": "string" } });
        let mut left = ARGUMENTS;
        let mut errors = ArgumentErrors::default();
        let mut members = Map::new();
        let mut unknown = UnknownArguments::default();
        for (name, value) in arguments.members {
            let schema = schemas.and_then(|schemas| schemas.get(&name));
            let takes_fields = name == FIELDS && tool.kind == ApiToolKind::Send;
            let Some(schema) = schema.or_else(|| takes_fields.then_some(&fields)) else {
                unknown.0.insert(name, value);
                continue;
            };
            let value = shaped(value, schema);
            let value = match takes_fields {
                true => match parse_fields(Some(schema), value) {
                    Ok(fields) => Value::from(fields),
                    Err(wrong) => {
                        errors.extend(wrong);
                        continue;
                    }
                },
                false => {
                    let value = listed(coerced(&name, value, Some(schema), &mut left), schema);
                    if !value.is_null() {
                        check_type(&value, schema, ArgumentPath::Top(&name), &mut errors);
                    }
                    value
                }
            };
            members.insert(name, value);
        }
        let default = definition.pointer("/inputSchema/properties/limit/default");
        let default = default.and_then(Value::as_u64).unwrap_or(u64::MAX);
        let remarks = tool_call::removed_by_name(&arguments.removed);
        errors.or(Self {
            members,
            unknown,
            left,
            default_rows: usize::try_from(default).unwrap_or(usize::MAX),
            remarks: remarks.into_iter().collect(),
        })
    }

    /// Checks the unknown arguments. If there are other errors, those that are ignored are errors,
    /// too: one of them may be what is missing.
    pub(super) fn check_unknown(
        &mut self,
        tool: &ApiTool,
        operation: Option<&'static Operation>,
        mut errors: ArgumentErrors,
    ) -> Result<(), Vec<ArgumentError>> {
        let ignored = self.unknown.check(tool, operation, &mut errors);
        if !errors.is_empty() {
            for name in ignored {
                errors.add(|| ArgumentError::new(name, unknown_arguments::no_argument(tool)));
            }
            return Err(errors.into_list());
        }
        self.remarks
            .extend(unknown_arguments::remark(tool, &ignored));
        Ok(())
    }

    /// Adds a parameter that was given as an argument.
    pub(super) fn add_parameter(
        &mut self,
        name: String,
        value: Value,
    ) -> Result<(), Vec<ArgumentError>> {
        let params = self.members.entry("params").or_insert(Value::Null);
        if params.is_null() {
            *params = Value::Object(Map::new());
        }
        let params = params.as_object_mut();
        match params.map(|params| params.entry(name.as_str()).or_insert_with(|| value.clone())) {
            Some(given) if *given != value => {
                let reason = "`params` has another value for it; give only one of them";
                Err(vec![ArgumentError::new(name, reason)])
            }
            _ => Ok(()),
        }
    }

    /// An argument that must be given, and checks the unknown ones.
    fn required(&mut self, name: &str, tool: &ApiTool) -> Result<String, Vec<ArgumentError>> {
        let Some(Value::String(text)) = self.members.shift_remove(name) else {
            return Err(self.missing(name, tool));
        };
        self.check_unknown(tool, None, ArgumentErrors::default())?;
        Ok(text)
    }

    /// The errors of a call without this argument.
    pub(super) fn missing(&mut self, name: &str, tool: &ApiTool) -> Vec<ArgumentError> {
        let errors = vec![ArgumentError::new(name, "is required")];
        let checked = self.check_unknown(tool, None, errors.into());
        checked.err().unwrap_or_default()
    }

    pub(super) fn object(&mut self, name: &str) -> Map<String, Value> {
        match self.members.shift_remove(name) {
            Some(Value::Object(members)) => members,
            _ => Map::new(),
        }
    }

    pub(super) fn search(
        &mut self,
        tool: &ApiTool,
        toolset: &Toolset,
    ) -> Result<Outcome, Vec<ArgumentError>> {
        let query = self.required("query", tool)?;
        Ok(match search(&query, toolset) {
            Ok(text) => Outcome {
                is_error: false,
                text,
                remarks: std::mem::take(&mut self.remarks),
            },
            Err(reason) => Outcome::error(format!("The index cannot be read: {reason}.")),
        })
    }

    pub(super) fn describe(
        &mut self,
        tool: &ApiTool,
        toolset: &Toolset,
    ) -> Result<Outcome, Vec<ArgumentError>> {
        let name = self.required("operation", tool)?;
        let wrong = |argument: &str, reason: String| vec![ArgumentError::new(argument, reason)];
        let found =
            find_operation(&name).map_err(|error| wrong("operation", not_found(error, toolset)))?;
        let at = match self.members.shift_remove("at") {
            Some(Value::Array(items)) => items,
            _ => Vec::new(),
        };
        let at: Vec<_> = at.iter().filter_map(Value::as_str).collect();
        let answer = self.members.shift_remove("answer") == Some(Value::Bool(true));
        let operation = operation_of(&found.operation.id);
        let senders = operation.map(|it| toolset.senders(it, found.operation.tool.as_deref()));
        let text = describe(found.operation, &at, answer, senders.as_deref())
            .map_err(|reason| wrong("at", reason))?;
        Ok(Outcome {
            is_error: false,
            text,
            remarks: std::mem::take(&mut self.remarks),
        })
    }
}

/// The reason why an operation is not found, with the tool that finds operations.
pub(super) fn not_found(error: FindError, toolset: &Toolset) -> String {
    let mut tools = toolset.api_tools();
    let search = tools.find(|tool| tool.kind == ApiToolKind::Search);
    match (&error, search) {
        (FindError::Unknown(_), Some(search)) => {
            format!("{error}; find operations with {}", search.name)
        }
        _ => error.to_string(),
    }
}

/// An empty value in the type of an argument: some clients send empty containers of another type,
/// or an empty text for a value that is not given.
fn shaped(value: Value, schema: &Value) -> Value {
    let expected = schema.get("type").and_then(Value::as_str);
    match (expected, value) {
        (Some("object"), Value::Array(items)) if items.is_empty() => Value::Object(Map::new()),
        (Some("array"), Value::Object(members)) if members.is_empty() => Value::Array(Vec::new()),
        (Some("object" | "array" | "integer"), Value::String(text)) if text.trim().is_empty() => {
            Value::Null
        }
        (_, value) => value,
    }
}

/// The list of one text, if a list of texts is expected.
fn listed(value: Value, schema: &Value) -> Value {
    let is_list = schema.get("type") == Some(&Value::from("array"))
        && schema.pointer("/items/type") == Some(&Value::from("string"));
    match value {
        Value::String(text) if is_list => Value::Array(vec![Value::String(text)]),
        value => value,
    }
}
