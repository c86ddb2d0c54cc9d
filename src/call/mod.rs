//! One tool call, from its arguments to its result.
//!
//! [`arguments`] turns the arguments into an [`Action`], the guard decides whether it may be sent,
//! the operation sends it through the generated client, and [`result`] turns the bytes of the
//! response into text. [`wait`] polls if the tool's row declares a wait, and `scan` reads several
//! pages if the API cannot filter a list.

mod advice;
mod answer;
mod api_call;
mod api_parameters;
mod api_request;
mod argument_names;
pub mod arguments;
mod context;
mod created;
mod definition;
mod delete;
mod dry_run;
mod end_reasons;
mod errors;
mod merge;
mod missing_file;
mod outcome;
mod overrides;
mod paging;
mod references;
mod remarks;
mod row_arguments;
mod scan;
mod tool_call;
mod unknown_arguments;
mod upload;
pub mod wait;

use bytes::Bytes;
use tokio::time::Instant;

pub use self::{
    context::Context,
    definition::{definition, exposed_definition, instructions},
    outcome::{Display, Outcome},
};

use self::{
    api_call::ApiArguments,
    api_request::Target,
    arguments::ReceivedArguments,
    delete::Deletion,
    merge::{Change, Prepared},
    scan::ScanError,
    tool_call::ToolCall,
    wait::Progress,
};
use crate::{
    api::Failure,
    catalog::{Action, ApiTool, Exposed, Tool},
    guard::ArgumentsRecord,
    model::ApiToolKind,
    result::{self, ParsedAnswer},
};

/// Calls the tool. Errors that the model can correct are outcomes, not protocol errors.
/// Dropping the future cancels the call.
pub async fn call<P: Progress>(
    tool: &'static Tool,
    arguments: impl Into<ReceivedArguments>,
    context: Context<'_, P>,
) -> Outcome {
    call_exposed(Exposed::Tool(tool), arguments, context).await
}

/// Calls a tool of either kind.
pub async fn call_exposed<P: Progress>(
    tool: Exposed,
    arguments: impl Into<ReceivedArguments>,
    context: Context<'_, P>,
) -> Outcome {
    let arguments = arguments.into();
    // These futures are large, and callers move theirs several times.
    let called = match tool {
        Exposed::Tool(tool) => Box::pin(run(tool, arguments, &context)).await,
        Exposed::Api(tool) => Box::pin(run_api(tool, arguments, &context)).await,
    };
    let mut outcome = match called {
        Ok(outcome) | Err(outcome) => outcome,
    };
    outcome.remarks = outcome::cleaned(outcome.remarks, context.token);
    // An error repeats texts of Vapi and of the caller. A successful result was redacted when it
    // was rendered.
    if outcome.is_error {
        outcome.text = result::hide_caller_key(&outcome.text, context.token);
        return outcome.within(context.display.limit);
    }
    outcome
}

/// Answers without a request, or prepares one of the operation that the arguments name.
async fn run_api<P: Progress>(
    tool: &'static ApiTool,
    arguments: ReceivedArguments,
    context: &Context<'_, P>,
) -> Result<Outcome, Outcome> {
    let Context {
        token,
        toolset,
        gate,
        ..
    } = context;
    let invalid = |errors| errors::invalid_arguments(tool.name, errors);
    let arguments = arguments.parse_all(tool.args).map_err(invalid)?;
    let mut arguments = ApiArguments::new(tool, arguments).map_err(invalid)?;
    let outcome = match tool.kind {
        ApiToolKind::Send => {
            let target = Target::of(&mut arguments, tool, toolset).map_err(invalid)?;
            let record = gate
                .guard
                .record(&target.action(tool), token, &arguments.members);
            let call = target.call(arguments, tool).map_err(invalid)?;
            return perform(call, &record, context).await;
        }
        ApiToolKind::Search => arguments.search(tool, toolset),
        ApiToolKind::Describe => arguments.describe(tool, toolset),
    };
    outcome.map_err(invalid)
}

/// Prepares the request of the tool's operation. An `Err` is also an outcome: the `?`
/// only ends the call early.
async fn run<P: Progress>(
    tool: &'static Tool,
    arguments: ReceivedArguments,
    context: &Context<'_, P>,
) -> Result<Outcome, Outcome> {
    let Context {
        token,
        toolset,
        gate,
        ..
    } = context;
    if let Some(reason) = toolset.hides(tool) {
        return Err(Outcome::error(format!("Nothing was sent: {reason}.")));
    }
    let invalid = |errors| errors::invalid_arguments(tool.name, errors);
    let arguments = arguments.parse(tool).map_err(invalid)?;
    let mut record = gate
        .guard
        .record(&Action::of(tool), token, &arguments.members);
    let mut call = ToolCall::new(tool, arguments).map_err(invalid)?;
    if let Some(field) = tool.operation.file {
        let files = std::mem::take(&mut call.file);
        let uploaded = upload::file(files, &gate.guard.rules().files).await;
        let uploaded = uploaded.map_err(|error| invalid(vec![error]))?;
        if uploaded.is_local {
            record.add_content(token, &uploaded.file.content);
        }
        call.action.request.upload(field, uploaded.file);
    }
    perform(call, &record, context).await
}

/// Sends a prepared request if the guard permits it, and shows the answer.
async fn perform<P: Progress>(
    mut call: ToolCall,
    record: &ArgumentsRecord,
    context: &Context<'_, P>,
) -> Result<Outcome, Outcome> {
    let Context {
        api,
        token,
        toolset,
        gate,
        ..
    } = context;
    let mut deadline = api.deadline();
    let completed = overrides::complete(&mut call.action, api, token, deadline)
        .await
        .map_err(|incomplete| errors::not_completed(&call.action, incomplete, toolset))?;
    call.names.extend(completed);
    let change = match merge::prepare(&mut call, context, deadline).await? {
        Some(Prepared::Change(change)) => Some(change),
        Some(Prepared::Unchanged(body)) => {
            call.remarks.push(merge::UNCHANGED.to_owned());
            return answer::of_request(&body, &ParsedAnswer::of(&body), call, context);
        }
        None => None,
    };

    let mut checked = gate
        .guard
        .check(
            &mut call.action,
            token,
            record,
            call.control.allow_duplicate,
        )
        .map_err(|refusal| errors::refused(&call.action, refusal, toolset))?;
    call.remarks.extend(checked.remark(gate.person));
    let deletion = Deletion::of(&call, checked.asks_user(), context, deadline).await?;
    for line in deletion.iter().flat_map(Deletion::question) {
        checked.add_to_question(&line);
    }
    match &change {
        Some(change) => change.serialize(&mut call.action.request),
        None => {
            let serialized = call.action.request.serialize_body().await;
            serialized.map_err(|error| Outcome::error(error.to_string()))?;
        }
    }
    if call.control.dry_run {
        call.remarks
            .extend(change.as_deref().and_then(Change::note));
        checked
            .check_confirmation(gate.person)
            .map_err(|refusal| errors::refused(&call.action, refusal, toolset))?;
        return dry_run::preview(call, deletion.as_ref(), context).await;
    }
    let started = Instant::now();
    let permit = checked
        .authorize(gate.person, api.remark())
        .await
        .map_err(|refusal| errors::refused(&call.action, refusal, toolset))?;
    // The time that the user takes to answer does not count.
    deadline = deadline
        .checked_add(started.elapsed())
        .unwrap_or_else(|| api.deadline());

    if let Some(page) = call.page_to_scan() {
        let scanned = answer::of_scan(page, &call, context, deadline).await;
        match &scanned {
            Err(ScanError::Failed(failure)) => permit.failed(&failure.error),
            Ok(_) | Err(ScanError::Unreadable(_)) => permit.succeeded(&[]),
        }
        return scanned.map_err(|error| match error {
            ScanError::Failed(failure) => errors::request_failed(&failure, None, call, toolset),
            ScanError::Unreadable(error) => {
                errors::unreadable(&call.action, &error, call.remarks, toolset)
            }
        });
    }
    if let Some(change) = &change
        && let Err(changed) = change.check_unchanged(context, deadline).await
    {
        permit.unsent();
        return Err(changed);
    }
    let body = match send(&mut call, context, deadline).await {
        Ok(body) => body,
        Err(failure) => {
            permit.failed(&failure.error);
            call.remarks
                .extend(change.and_then(|change| change.on_failure()));
            let advice =
                missing_file::explanation(&call.action, &failure.error, context, deadline).await;
            return Err(errors::request_failed(&failure, advice, call, toolset));
        }
    };
    call.remarks.extend(change.as_deref().map(Change::remark));
    call.remarks.extend(deletion.as_ref().map(Deletion::done));
    let parsed = ParsedAnswer::of(&body);
    permit.succeeded(&created::records(&call.action, &parsed));
    if let Some(seen) = created::record_of_lookup(&call.action, &parsed) {
        gate.guard.update(token, &seen);
    }
    answer::of_request(&body, &parsed, call, context)
}

/// Sends the request, or polls if the tool waits.
async fn send<P: Progress>(
    call: &mut ToolCall,
    context: &Context<'_, P>,
    deadline: Instant,
) -> Result<Bytes, Failure> {
    let Context { api, token, .. } = context;
    let action = &call.action;
    let Some(wait) = action.wait else {
        let sent = api.send(token, action.effect, deadline, |client| action.send(client));
        return sent.await;
    };
    let poll = || api.send_once(token, deadline, |client| action.send(client));
    let timeout = call.control.timeout.min(api.limits().call);
    let waited = wait::until(wait, timeout, poll, context.progress).await?;
    call.remarks
        .extend(waited.remark(call.action.name, &call.repeatable));
    Ok(waited.body)
}
