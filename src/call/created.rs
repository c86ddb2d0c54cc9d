//! The created and failed objects in the response of a creating tool: a short row for each in the
//! result, and records for the guard.

use serde_json::{Map, Value, value::RawValue};

use super::end_reasons;
use crate::{
    catalog::{Action, TOOLS},
    guard::ledger::PlacedCall,
    model::{CreatedSpec, View},
    result::{self, ParsedAnswer, ShowOptions},
    text::excerpt,
};

/// Maximum number of characters of an error message in a row of the result.
const MAX_ERROR: usize = 200;

/// One object that was created, or was not.
#[derive(Debug)]
pub(super) struct Item {
    id: Option<String>,
    /// The recipient: the key and value in the row.
    pub recipient: Option<(&'static str, String)>,
    state: Option<String>,
    /// The time at which it begins, if that is later.
    starts_at: Option<String>,
    /// The reason why it ended.
    end_reason: Option<String>,
    /// The reason why it was not created.
    pub error: Option<String>,
}

impl Item {
    fn of(view: &View, spec: &CreatedSpec, answer: &ParsedAnswer<'_>) -> Self {
        let recipient = spec
            .recipient
            .iter()
            .find_map(|at| Some((last_key(at), answer.text(at)?)));
        let error = answer
            .raw(spec.error)
            .filter(|raw| *raw != b"null")
            .map(|raw| {
                serde_json::from_slice::<String>(raw)
                    .unwrap_or_else(|_| String::from_utf8_lossy(raw).into_owned())
            });
        let state = answer.text(spec.state);
        let is_later = state
            .as_deref()
            .is_some_and(|state| spec.scheduled.contains(&state));
        Self {
            id: answer.text(spec.id),
            recipient,
            starts_at: answer.text(spec.starts_at).filter(|_| is_later),
            state,
            end_reason: view.explain.and_then(|at| answer.text(at)),
            error,
        }
    }

    fn has_ended(&self, spec: &CreatedSpec) -> bool {
        let state = self.state.as_deref();
        state.is_some_and(|state| spec.finished.contains(&state))
    }

    /// The record for the guard.
    fn record(self, spec: &CreatedSpec) -> Option<PlacedCall> {
        let has_ended = self.has_ended(spec);
        Some(PlacedCall {
            id: self.id?,
            to: self.recipient.map(|(_, to)| to),
            state: self.state.unwrap_or_default(),
            ended: has_ended.then(|| {
                self.end_reason
                    .as_deref()
                    .map(with_meaning)
                    .unwrap_or_default()
            }),
        })
    }
}

/// A reason with its explanation.
fn with_meaning(reason: &str) -> String {
    match end_reasons::meaning(reason) {
        Some(meaning) => format!("{reason}: {meaning}"),
        None => reason.to_owned(),
    }
}

/// The last key of a pointer.
pub(super) fn last_key(pointer: &'static str) -> &'static str {
    pointer.rsplit('/').next().unwrap_or_default()
}

fn elements<'a>(answer: &ParsedAnswer<'a>, pointer: &str) -> Option<Vec<&'a RawValue>> {
    serde_json::from_slice(answer.raw(pointer)?).ok()
}

/// The items in the response to a batch: those that failed, and those that were created.
pub(super) fn items(view: &View, answer: &ParsedAnswer<'_>) -> Option<(Vec<Item>, Vec<Item>)> {
    let spec = view.created?;
    let (failed, created) = (
        elements(answer, spec.errors),
        elements(answer, spec.results),
    );
    if failed.is_none() && created.is_none() {
        return None;
    }
    let read = |rows: Option<Vec<&RawValue>>| {
        let rows = rows.into_iter().flatten();
        rows.map(|row| Item::of(view, spec, &ParsedAnswer::of(row.get().as_bytes())))
            .collect()
    };
    Some((read(failed), read(created)))
}

/// The records for the guard of the created objects, in the order of the response. If no tool says
/// what an operation that reaches people creates, it is one object.
pub(super) fn records(action: &Action, answer: &ParsedAnswer<'_>) -> Vec<PlacedCall> {
    let mut views = TOOLS
        .iter()
        .filter(|tool| tool.operation.id == action.operation.id)
        .map(|tool| &tool.view);
    let view = views.find(|view| view.created.is_some());
    let Some((view, spec)) = view.and_then(|view| Some((view, view.created?))) else {
        let record = |id| PlacedCall {
            id,
            to: None,
            state: answer.text("/status").unwrap_or_default(),
            ended: None,
        };
        let id = action.dial.and_then(|_| answer.text("/id"));
        return id.map(record).into_iter().collect();
    };
    let created = match items(view, answer) {
        Some((_, created)) => created,
        None => vec![Item::of(view, spec, answer)],
    };
    created
        .into_iter()
        .filter_map(|item| item.record(spec))
        .collect()
}

/// The record for the guard of a call that was read from Vapi.
pub(super) fn record_of_lookup(action: &Action, answer: &ParsedAnswer<'_>) -> Option<PlacedCall> {
    let view = action.view;
    if !action.reads() || view.list || view.explain.is_none() {
        return None;
    }
    let spec = TOOLS.iter().find_map(|tool| tool.view.created)?;
    Item::of(view, spec, answer).record(spec)
}

/// The response to a batch.
pub(super) struct Batch {
    /// A short row for each item, as JSON.
    pub text: String,
    /// The number of items that were created.
    pub created: usize,
    /// The items that were not created.
    pub failed: Vec<Item>,
    /// An id, preferably of an object that has not ended.
    pub id: Option<String>,
    /// The number of ids.
    pub ids: usize,
    /// The time at which the object with this id begins, if that is later.
    pub starts_at: Option<String>,
    /// Explanations of why some objects ended immediately; at most 5 reasons.
    pub end_reasons: Vec<String>,
}

/// The level of detail of a row.
#[derive(Clone, Copy, PartialEq)]
enum Detail {
    Full,
    Short,
    Ids,
}

/// The response to a batch, failures first. It is never cut: if there is no room, the rows are
/// shorter, and in the end those of created objects are only ids.
pub(super) fn batch(
    view: &View,
    body: &[u8],
    answer: &ParsedAnswer<'_>,
    options: &ShowOptions<'_>,
) -> Option<Batch> {
    let spec = view.created?;
    if [spec.errors, spec.results]
        .iter()
        .all(|at| elements(answer, at).is_none())
    {
        return None;
    }
    let everything =
        ShowOptions::everything(usize::MAX, options.show_secrets, options.caller_token);
    let redacted = result::show(body, &everything).ok()?.text;
    let (failed, created) = items(view, &ParsedAnswer::of(redacted.as_bytes()))?;
    let texts = [Detail::Full, Detail::Short, Detail::Ids]
        .into_iter()
        .map(|detail| rows(view, spec, &failed, &created, detail));
    let mut text = String::new();
    for next in texts {
        text = next;
        if text.len() <= options.limit {
            break;
        }
    }
    let mut end_reasons: Vec<String> = Vec::new();
    for reason in created.iter().filter_map(|item| item.end_reason.as_deref()) {
        let line = format!("{}.", with_meaning(reason));
        if end_reasons.len() < 5 && !end_reasons.contains(&line) {
            end_reasons.push(line);
        }
    }
    let with_id = || created.iter().filter(|item| item.id.is_some());
    let next = with_id().find(|item| !item.has_ended(spec));
    let next = next.or_else(|| with_id().next());
    Some(Batch {
        text,
        created: created.len(),
        id: next.and_then(|item| item.id.clone()),
        ids: with_id().count(),
        starts_at: next.and_then(|item| item.starts_at.clone()),
        end_reasons,
        failed,
    })
}

fn rows(
    view: &View,
    spec: &CreatedSpec,
    failed: &[Item],
    created: &[Item],
    detail: Detail,
) -> String {
    let failed: Vec<Value> = failed
        .iter()
        .map(|item| {
            let mut row = Map::new();
            if let Some((key, recipient)) = &item.recipient {
                row.insert((*key).to_owned(), Value::from(excerpt(recipient)));
            }
            let error = item.error.as_deref().filter(|_| detail == Detail::Full);
            if let Some(error) = error {
                let error: String = error.chars().take(MAX_ERROR).collect();
                row.insert(last_key(spec.error).to_owned(), Value::from(error));
            }
            Value::Object(row)
        })
        .collect();
    let created: Vec<Value> = created
        .iter()
        .map(|item| {
            let id = Value::from(item.id.as_deref().map(excerpt));
            if detail == Detail::Ids {
                return id;
            }
            let mut row = Map::new();
            row.insert(last_key(spec.id).to_owned(), id);
            if let Some((key, recipient)) = &item.recipient {
                row.insert((*key).to_owned(), Value::from(excerpt(recipient)));
            }
            let texts = [
                (Some(spec.state), &item.state),
                (view.explain, &item.end_reason),
            ];
            for (at, text) in texts {
                if let (Detail::Full, Some(at), Some(text)) = (detail, at, text) {
                    row.insert(last_key(at).to_owned(), Value::from(excerpt(text)));
                }
            }
            Value::Object(row)
        })
        .collect();
    let mut answer = Map::new();
    // Failures come first, so that they are never truncated.
    for (at, rows) in [(spec.errors, failed), (spec.results, created)] {
        answer.insert(last_key(at).to_owned(), Value::Array(rows));
    }
    Value::Object(answer).to_string()
}
