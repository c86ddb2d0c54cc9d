//! Remarks on the response to a batch: who was not called, why some calls ended immediately, and
//! which tool to call next.

use std::collections::HashMap;

use super::next_call::next_call;
use crate::{
    call::created::{Batch, Item, last_key},
    catalog::{Action, Toolset},
    model::Effect,
};

/// Maximum number of reasons that are listed.
const MAX_REASONS: usize = 5;

/// Maximum number of people that are named for each reason.
const MAX_PEOPLE: usize = 20;

pub(crate) fn on_batch(action: &Action, batch: &Batch, toolset: &Toolset) -> Vec<String> {
    let mut lines = match action.view.created {
        Some(spec) if action.effect == Effect::Dial => {
            failures(spec.errors, &batch.failed, batch.created)
        }
        _ => Vec::new(),
    };
    lines.extend(batch.end_reasons.iter().cloned());
    if let Some(id) = batch.id.as_deref() {
        let (they_are, each) = match batch.ids {
            1 => ("The call is", ""),
            _ => ("The calls are", ", for each id in turn"),
        };
        let (when, then) = match &batch.starts_at {
            Some(time) => (
                format!("{they_are} scheduled for {time}: nobody has been called yet. "),
                "After the call",
            ),
            None => (String::new(), "Next"),
        };
        let then = next_call(action.view, id, toolset).map_or_else(String::new, |(tool, given)| {
            format!("{then}{each}: {tool} {given}. ")
        });
        lines.push(format!(
            "{when}{then}Do not place the call again for those that have an id."
        ));
    }
    lines
}

/// The failures of a batch are remarks too: the response cannot be requested again.
fn failures(errors: &'static str, failed: &[Item], created: usize) -> Vec<String> {
    if failed.is_empty() {
        return Vec::new();
    }
    let all = created.saturating_add(failed.len());
    let were = if failed.len() == 1 { "was" } else { "were" };
    let first = format!(
        "{} of {all} {were} not called; see `{}`.",
        failed.len(),
        last_key(errors)
    );
    let reasons = by_reason(failed).into_iter().take(MAX_REASONS);
    let lines = reasons.map(|(reason, mut people)| {
        let more = match people.len().saturating_sub(MAX_PEOPLE) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        people.truncate(MAX_PEOPLE);
        format!("Not called: {}{more}: {reason}", people.join(", "))
    });
    std::iter::once(first).chain(lines).collect()
}

/// The reasons why people were not called, and who they are.
fn by_reason(failed: &[Item]) -> Vec<(&str, Vec<&str>)> {
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    let mut known: HashMap<&str, usize> = HashMap::new();
    for Item {
        error, recipient, ..
    } in failed
    {
        let reason = error.as_deref().unwrap_or_default();
        let person = recipient.as_ref().map(|(_, person)| person.as_str());
        match known.get(reason).and_then(|index| reasons.get_mut(*index)) {
            Some((_, people)) => people.extend(person),
            None => {
                known.insert(reason, reasons.len());
                reasons.push((reason, person.into_iter().collect()));
            }
        }
    }
    reasons
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        call::created::items,
        model::{CreatedSpec, View},
        result::ParsedAnswer,
    };

    static SPEC: CreatedSpec = CreatedSpec {
        id: "/ref",
        state: "/state",
        finished: &[],
        queued: &[],
        scheduled: &[],
        starts_at: "/at",
        recipient: &["/whom/phone", "/whom/address"],
        results: "/made/all",
        errors: "/made/none",
        error: "/why/text",
    };

    #[test]
    fn who_was_not_called_and_why_is_read_where_the_row_says() {
        let view = View {
            created: Some(&SPEC),
            ..View::WHOLE
        };
        let body = json!({
            "made": {
                "all": [{ "ref": "a" }],
                "none": [
                    { "whom": { "phone": "+1" }, "why": { "text": "no line" } },
                    { "whom": { "address": "sip:b" }, "why": { "text": "no line" } },
                    { "whom": { "phone": "+3" }, "why": { "text": ["busy", 1] } },
                    { "whom": { "phone": "+4" }, "why": { "text": null } },
                ],
            },
            // The pointers of another tool.
            "results": [], "errors": [{ "error": "other", "customer": { "number": "+9" } }],
        });
        let body = body.to_string();
        let (failed, created) = items(&view, &ParsedAnswer::of(body.as_bytes())).unwrap();
        assert_eq!(
            failures(SPEC.errors, &failed, created.len()),
            [
                "4 of 5 were not called; see `none`.",
                "Not called: +1, sip:b: no line",
                "Not called: +3: [\"busy\",1]",
                "Not called: +4: ",
            ]
        );
    }
}
