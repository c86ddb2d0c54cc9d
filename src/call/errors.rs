//! The texts of failed tool calls: the error, Vapi's own message, and advice.

use serde_json::{Value, json};

use super::{
    advice, argument_names, outcome::Outcome, overrides::Incomplete, remarks, tool_call::ToolCall,
};
use crate::{
    api::Failure,
    argument_error::{ArgumentError, ArgumentErrors},
    catalog::{Action, OPERATIONS, Operation, Toolset, find},
    guard::Refusal,
    model::Effect,
    result::ResultError,
    text::excerpt,
};

/// The arguments cannot be used.
pub(super) fn invalid_arguments(name: &str, errors: Vec<ArgumentError>) -> Outcome {
    let errors = ArgumentErrors::from(errors).into_list();
    let lines: Vec<_> = errors.iter().map(|error| format!("- {error}")).collect();
    Outcome::error(format!(
        "Nothing was sent: {name} cannot be called with these arguments.\n{}",
        lines.join("\n")
    ))
}

/// The overrides could not be completed; nothing was written.
pub(super) fn not_completed(action: &Action, incomplete: Incomplete, toolset: &Toolset) -> Outcome {
    match incomplete {
        Incomplete::Arguments(errors) => invalid_arguments(action.name, errors),
        Incomplete::Unread(Failure { error, .. }) => {
            let mut lines = vec![format!(
                "Nothing was sent: could not read the assistant to which the overrides apply. {error}"
            )];
            let read = action.overrides.and_then(|over| find(over.show_tool.tool));
            lines.extend(match read {
                Some(read) => advice::on(&Action::of(read), &error, toolset),
                None => advice::on(action, &error, toolset),
            });
            Outcome::error(lines.join("\n"))
        }
    }
}

/// The object that a request changes could not be read; nothing was written.
pub(super) fn not_read(read: &Action, failure: &Failure, toolset: &Toolset) -> Outcome {
    let error = &failure.error;
    let mut lines = vec![format!(
        "Nothing was sent: could not read the object before the change. {error}"
    )];
    lines.extend(advice::on(read, error, toolset));
    Outcome::error(lines.join("\n"))
}

/// A change cannot be merged into the stored object. `names` are the arguments that were given.
pub(super) fn not_merged(action: &Action, names: &[String], errors: Vec<ArgumentError>) -> Outcome {
    let errors = match action.is_chosen() {
        true => {
            let mut below = ArgumentErrors::default();
            below.extend_below("body", errors);
            below.into_list()
        }
        false => errors,
    };
    let Outcome { text, .. } = invalid_arguments(action.name, errors);
    Outcome::error(argument_names::with_argument_names(action, names, &text))
}

/// The guard refused the request.
pub(super) fn refused(action: &Action, refusal: Refusal, toolset: &Toolset) -> Outcome {
    match refusal {
        Refusal::Arguments(errors) => invalid_arguments(action.name, errors),
        Refusal::Incomplete(missing) => {
            let missing = missing.into_iter();
            let errors = missing.map(|missing| advice::on_missing(missing, toolset));
            invalid_arguments(action.name, errors.collect())
        }
        Refusal::Duplicate(reason, first) => {
            let next = first.and_then(|(kind, id)| look_up(action, kind, &excerpt(&id), toolset));
            let next = next.map(|(tool, arguments)| format!(" with {tool} {arguments}"));
            let next = next.unwrap_or_default();
            Outcome::error(format!("Nothing was sent: {reason}{next}."))
        }
        Refusal::Forbidden(reason) => Outcome::error(format!("Nothing was sent: {reason}.")),
        Refusal::Asked => Outcome::error("Nothing was sent yet: the user is being asked."),
    }
}

/// The tool call that shows an object of this kind, which an earlier request created: the next one
/// of the same tool if it creates objects of this kind, or else a read of the object.
fn look_up(
    action: &Action,
    kind: &str,
    id: &str,
    toolset: &Toolset,
) -> Option<(&'static str, Value)> {
    let is_same = action.operation.resource() == kind;
    let next = is_same.then(|| remarks::next_call(action.view, id, toolset));
    next.flatten().or_else(|| {
        let shows = |it: &&&Operation| {
            let last = it.path.rsplit_once('/').map(|(before, last)| {
                last == "{id}" && before.ends_with(kind) && it.resource() == kind
            });
            it.method == "get" && last == Some(true)
        };
        // The path of a newer version is longer.
        let shown_by = OPERATIONS.iter().filter(shows);
        let shown_by = shown_by.max_by_key(|it| it.path.len())?;
        let reader = toolset.sender(Effect::Read)?;
        let arguments = json!({ "operation": shown_by.key(), "params": { "id": id } });
        Some((reader.name, arguments))
    })
}

/// Vapi refused the request, or sent no response. `known` is the advice, if it is already known.
pub(super) fn request_failed(
    failure: &Failure,
    known: Option<String>,
    call: ToolCall,
    toolset: &Toolset,
) -> Outcome {
    let ToolCall {
        action,
        mut remarks,
        names,
        ..
    } = call;
    let Failure { error, tries } = failure;
    let message = argument_names::with_argument_names(&action, &names, &error.to_string());
    let mut lines = vec![message];
    if *tries > 1 {
        lines.push(format!("Tried {tries} times."));
    }
    lines.extend(known.or_else(|| advice::on(&action, error, toolset)));
    if !action.reads() && error.may_have_taken_effect() {
        remarks.push(advice::uncertain(&action, toolset));
    }
    Outcome {
        remarks,
        ..Outcome::error(lines.join("\n"))
    }
}

/// The response is not JSON.
pub(super) fn unreadable(
    action: &Action,
    error: &ResultError,
    mut remarks: Vec<String>,
    toolset: &Toolset,
) -> Outcome {
    if !action.reads() {
        remarks.push(advice::uncertain(action, toolset));
    }
    let text = format!(
        "Vapi returned a success status, but the body is not JSON: {error}\n{}",
        advice::NO_JSON
    );
    Outcome {
        remarks,
        ..Outcome::error(text)
    }
}
