//! The request of a tool over many operations.

use serde_json::{Map, Value};

use super::{
    api_call::ApiArguments,
    arguments::{
        MAX_DEPTH, as_integer,
        control::{self, Control},
        refuse_redacted, validate_body,
        value::{bad_id, coerced},
    },
    delete,
    row_arguments::{self, RowArguments},
    tool_call::{self, ToolCall},
};
use crate::{
    argument_error::{ArgumentError, ArgumentErrors, ArgumentPath},
    bounds::Bounds,
    catalog::{Action, ApiTool, OPERATIONS, Operation, Parameter, ParameterKind, Request, Toolset},
    model::{Effect, facts},
    reference::{Found, find_operation},
    result::check_fields,
};

/// The operation that a call names, with the effect that this request has.
pub(super) struct Target {
    found: Found<'static>,
    operation: &'static Operation,
    effect: Effect,
}

impl Target {
    /// The operation, if this tool may send it with this body.
    pub(super) fn of(
        arguments: &ApiArguments,
        tool: &ApiTool,
        toolset: &Toolset,
    ) -> Result<Self, Vec<ArgumentError>> {
        let wrong = |reason: String| vec![ArgumentError::new("operation", reason)];
        let Some(Value::String(name)) = arguments.members.get("operation") else {
            return Err(wrong("is required".to_owned()));
        };
        let found = find_operation(name).map_err(wrong)?;
        let mut operations = OPERATIONS.iter();
        let Some(operation) = operations.find(|it| it.id == found.operation.id) else {
            let better = found.operation.tool.as_deref();
            return Err(wrong(format!(
                "`{}` uploads a file, which {} cannot send{}",
                found.operation.address(),
                tool.name,
                better.map_or_else(String::new, |better| format!("; use {better}"))
            )));
        };
        let body = arguments.members.get("body").unwrap_or(&Value::Null);
        let effect = operation.effect_of(body);
        if !tool.sends.contains(&effect) {
            return Err(wrong(not_sent_by(tool, operation, effect, toolset)));
        }
        if !operation.is_known && effect != Effect::Read {
            return Err(wrong(format!(
                "this server does not know what `{}` does, so it does not send it; update the \
                 server",
                operation.key()
            )));
        }
        Ok(Self {
            found,
            operation,
            effect,
        })
    }

    /// The action, with an empty request.
    pub(super) fn action(&self, tool: &'static ApiTool) -> Action {
        Action::over(tool, self.operation, self.effect)
    }

    /// The call.
    pub(super) fn call(
        self,
        mut arguments: ApiArguments,
        tool: &'static ApiTool,
    ) -> Result<ToolCall, Vec<ArgumentError>> {
        let operation = self.operation;
        let repeatable = tool_call::repeatable(&arguments.members);
        let mut params = arguments.object("params");
        for (name, value) in &self.found.path {
            params
                .entry(*name)
                .or_insert_with(|| Value::from(value.as_str()));
        }
        let parameters = parameters(operation, params, &mut arguments.left)?;
        let mut body = arguments.object("body");
        check_body(operation, self.effect, &body)?;
        let noted = validate_body(self.found.operation, &mut body, &mut arguments.left)?;
        let mut control = control(&mut arguments.members)?;
        if operation.view.list {
            let of_rows = |fields| control::of_rows(fields, &operation.view);
            control.fields = control.fields.map(of_rows);
        }
        let rows = RowArguments {
            default: arguments.default_rows,
            ..row_arguments(&mut arguments.members, self.found.operation, tool)?
        };
        let action = Action {
            request: Request::new(parameters, body),
            ..self.action(tool)
        };
        let mut call = ToolCall::of_action(action, control, repeatable);
        call.remarks.extend(noted);
        row_arguments::select(&mut call, rows)?;
        Ok(call)
    }
}

/// The reason why a tool does not send an operation, and which one does.
fn not_sent_by(tool: &ApiTool, operation: &Operation, effect: Effect, toolset: &Toolset) -> String {
    let because = match effect == operation.effect {
        true => String::new(),
        false => " with this body".to_owned(),
    };
    let named = operation.tool.and_then(|name| toolset.find(name));
    let better = match (toolset.sender(effect), named) {
        (Some(sender), Some(named)) => format!("use {} or {}", sender.name, named.name),
        (Some(sender), None) => format!("use {}", sender.name),
        (None, Some(named)) => format!("use {}", named.name),
        (None, None) => "no tool of this server sends it".to_owned(),
    };
    format!(
        "`{}` {}{because}, and {} does not send such operations; {better}",
        operation.key(),
        effect.does(),
        tool.name
    )
}

/// Refuses a body that the operation does not take, and properties that are never sent.
fn check_body(
    operation: &Operation,
    effect: Effect,
    body: &Map<String, Value>,
) -> Result<(), Vec<ArgumentError>> {
    let wrong = |reason: String| vec![ArgumentError::new("body", reason)];
    if body.is_empty() {
        return Ok(());
    }
    if effect == Effect::Delete {
        return Err(wrong(
            "a deletion is sent without a body; delete one object at a time, named in `params`"
                .to_owned(),
        ));
    }
    if !operation.has_body {
        return Err(wrong(format!("`{}` takes no body", operation.key())));
    }
    let mut errors = ArgumentErrors::default();
    for (key, value) in body {
        let path = format!("body.{key}");
        refuse_redacted(value, ArgumentPath::Top(&path), MAX_DEPTH, &mut errors);
        let at = format!("/{key}");
        let mut refused = operation.refused.iter();
        let reason = refused.find(|(refused, _)| *refused == at);
        if let Some((_, reason)) = reason
            && !matches!(value, Value::Null | Value::Bool(false))
        {
            errors.add(|| ArgumentError::new(&path, *reason));
        }
    }
    errors.or(())
}

/// The arguments that select the rows of a list.
fn row_arguments(
    members: &mut Map<String, Value>,
    operation: &facts::Operation,
    tool: &ApiTool,
) -> Result<RowArguments, Vec<ArgumentError>> {
    // Arguments that the tool does not have are ignored.
    let mut given = |name: &str| {
        tool.args
            .contains(&name)
            .then(|| members.shift_remove(name))?
    };
    let limit = match given("limit") {
        Some(Value::Number(number)) => {
            let rows = as_integer(&number).and_then(|rows| usize::try_from(rows).ok());
            let reason = "must be an integer of at least 1";
            Some(rows.ok_or_else(|| vec![ArgumentError::new("limit", reason)])?)
        }
        _ => None,
    };
    let cursor = match given("cursor") {
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
        default: usize::MAX,
        maximum: maximum.unwrap_or(usize::MAX),
    })
}

fn control(members: &mut Map<String, Value>) -> Result<Control, Vec<ArgumentError>> {
    let fields = members.shift_remove("fields").unwrap_or_default();
    let fields: Option<Vec<String>> = serde_json::from_value(fields).unwrap_or_default();
    if let Some(fields) = &fields {
        check_fields(fields)
            .map_err(|error| vec![ArgumentError::new("fields", error.to_string())])?;
    }
    let is_set = |name: &str| members.get(name) == Some(&Value::Bool(true));
    Ok(Control {
        name: members
            .get(delete::NAME)
            .and_then(Value::as_str)
            .map(str::to_owned),
        dry_run: is_set("dryRun"),
        allow_duplicate: is_set("allowDuplicate"),
        fields,
        ..Control::default()
    })
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
