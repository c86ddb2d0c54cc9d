//! Turns a response of Vapi into the outcome of a tool call.

use tokio::time::Instant;

use super::{
    context::Context,
    created, errors,
    outcome::{self, Outcome},
    remarks,
    scan::{self, Scan, ScanError},
    tool_call::ToolCall,
    wait::Progress,
};
use crate::{
    catalog::Action,
    model::{Effect, Page},
    result::{self, ListWindow, ParsedAnswer, ShowOptions},
};

/// Scans pages until enough rows match.
pub(super) async fn of_scan<P: Progress>(
    page: &'static Page,
    call: &ToolCall,
    context: &Context<'_, P>,
    deadline: Instant,
) -> Result<Outcome, ScanError> {
    let action = &call.action;
    let scan = Scan {
        action,
        page,
        max_page_rows: call.max_page_rows,
        filter: &call.filter,
        limit: call.limit.max(1),
        cursor: call.control.cursor.as_ref(),
        deadline,
    };
    let options = show_options(call, context);
    let describe_cuts = |body: &[u8], answer: &result::ShownAnswer| {
        remarks::cuts(
            action,
            &call.repeatable,
            body,
            &answer.cuts,
            context.toolset,
        )
    };
    let found = scan::run(&scan, context.api, context.token, &options, describe_cuts).await?;
    let mut remarks = call.remarks.clone();
    remarks.extend(found.searched);
    remarks.extend(found.cuts);
    remarks.extend(remarks::on_content(action, &found.answer));
    Ok(success(found.answer.text, remarks, context))
}

/// The outcome of a single request.
pub(super) fn of_request<P: Progress>(
    body: &[u8],
    parsed: &ParsedAnswer<'_>,
    call: ToolCall,
    context: &Context<'_, P>,
) -> Result<Outcome, Outcome> {
    let action = &call.action;
    if body.trim_ascii().is_empty() && !needs_body(action) {
        let mut remarks = call.remarks;
        remarks.push(format!(
            "`{}` succeeded. Vapi's response has no body.",
            action.operation.key()
        ));
        return Ok(success(String::new(), remarks, context));
    }
    let cursor = call.control.cursor.as_ref();
    let options = ShowOptions {
        already_shown: cursor.map(|cursor| (cursor.time.as_str(), cursor.seen)),
        skip: call.paging.map_or(0, |paging| paging.start.seen),
        ..show_options(&call, context)
    };
    if let Some(batch) = created::batch(action.view, body, parsed, &options) {
        let mut remarks = call.remarks;
        remarks.extend(remarks::on_batch(action, &batch, context.toolset));
        return Ok(success(batch.text, remarks, context));
    }
    let window = ListWindow {
        filter: &call.filter,
        limit: call.paging.map_or(usize::MAX, |paging| paging.limit),
        continued: false,
    };
    let answer = match result::show_window(body, &options, window) {
        Ok(answer) => answer,
        Err(error) => {
            return Err(errors::unreadable(
                action,
                &error,
                call.remarks,
                context.toolset,
            ));
        }
    };
    let added = remarks::on_answer(&call, body, parsed, &answer, context.toolset);
    let mut remarks = call.remarks;
    remarks.extend(added);
    Ok(success(answer.text, remarks, context))
}

/// Whether a response without a body is no success: what was asked for, the id of what was created, or
/// parts of it that are recorded, would be missing.
fn needs_body(action: &Action) -> bool {
    let creates = action.effect == Effect::Write && action.view.keep.is_some();
    action.reads() || creates || action.view.created.is_some()
}

fn show_options<'a, P>(call: &'a ToolCall, context: &Context<'a, P>) -> ShowOptions<'a> {
    ShowOptions {
        view: call.action.view,
        fields: call.control.fields.as_deref(),
        limit: context.display.limit.saturating_sub(outcome::REMARKS_LIMIT),
        show_secrets: context.display.show_secrets,
        caller_token: Some(context.token),
        already_shown: None,
        skip: 0,
    }
}

fn success<P>(text: String, remarks: Vec<String>, context: &Context<'_, P>) -> Outcome {
    Outcome {
        is_error: false,
        text,
        remarks: outcome::fit(outcome::cleaned(remarks, context.token)),
    }
}
