//! The request of a tool over many operations.

use serde_json::{Map, Value};

use super::{
    api_call::{ApiArguments, not_found},
    api_parameters::{add_named, parameters},
    arguments::{
        MAX_DEPTH, as_integer,
        control::{self, Control},
        refuse_redacted, required_properties, validate_body,
    },
    delete,
    row_arguments::{self, RowArguments},
    tool_call::{self, ToolCall},
};
use crate::{
    argument_error::{ArgumentError, ArgumentErrors, ArgumentPath},
    catalog::{Action, ApiTool, Operation, Request, Toolset, operation_of},
    model::{Effect, facts},
    reference::{Found, find_operations, the_only},
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
        arguments: &mut ApiArguments,
        tool: &ApiTool,
        toolset: &Toolset,
    ) -> Result<Self, Vec<ArgumentError>> {
        let Some(Value::String(name)) = arguments.members.get("operation") else {
            return Err(arguments.missing("operation", tool));
        };
        let wrong = |reason: String| vec![ArgumentError::new("operation", reason)];
        let body = arguments.members.get("body").unwrap_or(&Value::Null);
        let effect_of = |operation: &Operation| operation.effect_of(body);
        let found = find_operations(name)
            .and_then(|found| {
                let sent = found.iter().filter(|it| {
                    let operation = operation_of(&it.operation.id);
                    operation.is_some_and(|it| tool.sends.contains(&effect_of(it)))
                });
                // Of several operations of a path, the one that this tool sends is meant.
                match sent.collect::<Vec<_>>().as_slice() {
                    [only] => Ok((*only).clone()),
                    _ => the_only(name, found),
                }
            })
            .map_err(|error| wrong(not_found(error, toolset)))?;
        let operation = operation_of(&found.operation.id)
            .ok_or_else(|| wrong("is not in the client".to_owned()))?;
        if operation.is_upload {
            let better = operation.tool.map(|name| match toolset.tool(name) {
                Ok(tool) => format!("; use {}", tool.name),
                Err(reason) => format!("; {reason}"),
            });
            return Err(wrong(format!(
                "`{}` uploads a file, which {} cannot send{}",
                operation.key(),
                tool.name,
                better.unwrap_or_default()
            )));
        }
        let effect = effect_of(operation);
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
        if let Some((name, value)) = arguments.unknown.take_path_id(found.operation) {
            arguments.add_parameter(name, value)?;
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
        let mut errors = ArgumentErrors::default();
        let mut params = arguments.object("params");
        add_named(&self.found, &mut params, &mut errors);
        let parameters = parameters(operation, params, &mut arguments.left, &mut errors);
        if let Some(reason) = self.missing_body(arguments.members.get("body")) {
            errors.add(|| ArgumentError::new("body", reason));
        }
        arguments.check_unknown(tool, Some(self.found.operation), errors)?;
        let mut body = arguments.object("body");
        check_body(operation, &body)?;
        let noted = validate_body(self.found.operation, &mut body, &mut arguments.left)?;
        fill(operation, &mut body);
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
        call.remarks.append(&mut arguments.remarks);
        row_arguments::select(&mut call, rows)?;
        Ok(call)
    }

    /// The reason why a body that creates something is refused if it is missing or empty.
    fn missing_body(&self, body: Option<&Value>) -> Option<String> {
        let creates = matches!(self.effect, Effect::Write | Effect::Spend | Effect::Dial);
        let is_documented = self.operation.has_body && self.operation.is_documented;
        let members = body.and_then(Value::as_object);
        if !creates || !is_documented || members.is_some_and(|members| !members.is_empty()) {
            return None;
        }
        match (
            required_properties(self.found.operation).as_slice(),
            members,
        ) {
            ([], Some(_)) => None,
            ([], None) => Some("is required".to_owned()),
            (names, _) => Some(format!("is required, with {}", names.join(", "))),
        }
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
fn check_body(operation: &Operation, body: &Map<String, Value>) -> Result<(), Vec<ArgumentError>> {
    let wrong = |reason: String| vec![ArgumentError::new("body", reason)];
    if body.is_empty() {
        return Ok(());
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

/// Adds the properties without which the response would have another form.
fn fill(operation: &Operation, body: &mut Map<String, Value>) {
    for (at, json) in operation.filled {
        let value = body
            .entry(at.trim_start_matches('/'))
            .or_insert(Value::Null);
        if value.is_null() {
            *value = serde_json::from_str(json).unwrap_or_default();
        }
    }
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
