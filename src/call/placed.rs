//! How the answer of a creating tool reports each object that was created, or was not: one small
//! row each, and what a guard learns of it.

use serde_json::{Map, Value, value::RawValue};

use super::reasons;
use crate::{
    api::Token,
    bounds::excerpt,
    catalog::{Action, TOOLS},
    guard::ledger::PlacedCall,
    model::{CreatedSpec, View},
    result::{self, Look, Showing},
};

/// Maximum number of characters of a reason why something was not created, in its row.
const ERROR: usize = 200;

/// One thing that was created, or was not.
#[derive(Debug)]
pub(super) struct One {
    id: Option<String>,
    /// Whom it is for: the key, and the text.
    pub to: Option<(&'static str, String)>,
    state: Option<String>,
    /// When it begins, if that is later.
    rings: Option<String>,
    /// Why it ended.
    reason: Option<String>,
    /// Why it was not created.
    pub error: Option<String>,
}

impl One {
    fn of(view: &View, placed: &CreatedSpec, answer: &Look<'_>) -> Self {
        let to = placed
            .recipient
            .iter()
            .find_map(|at| Some((key(at), answer.text(at)?)));
        let error = answer
            .raw(placed.error)
            .filter(|raw| *raw != b"null")
            .map(|raw| {
                serde_json::from_slice::<String>(raw)
                    .unwrap_or_else(|_| String::from_utf8_lossy(raw).into_owned())
            });
        let state = answer.text(placed.state);
        let is_later = state
            .as_deref()
            .is_some_and(|state| placed.scheduled.contains(&state));
        Self {
            id: answer.text(placed.id),
            to,
            rings: answer.text(placed.starts_at).filter(|_| is_later),
            state,
            reason: view.explain.and_then(|at| answer.text(at)),
            error,
        }
    }

    fn is_over(&self, placed: &CreatedSpec) -> bool {
        let state = self.state.as_deref();
        state.is_some_and(|state| placed.finished.contains(&state))
    }

    /// What the guard records of it.
    fn known(self, placed: &CreatedSpec) -> Option<PlacedCall> {
        let is_over = self.is_over(placed);
        Some(PlacedCall {
            id: self.id?,
            to: self.to.map(|(_, to)| to),
            state: self.state.unwrap_or_default(),
            ended: is_over.then(|| self.reason.as_deref().map(told).unwrap_or_default()),
        })
    }
}

/// A reason and what it means.
fn told(reason: &str) -> String {
    match reasons::explained(reason) {
        Some(meaning) => format!("{reason}: {meaning}"),
        None => reason.to_owned(),
    }
}

/// The last key of a pointer.
pub(super) fn key(pointer: &'static str) -> &'static str {
    pointer.rsplit('/').next().unwrap_or_default()
}

fn list<'a>(answer: &Look<'a>, pointer: &str) -> Option<Vec<&'a RawValue>> {
    serde_json::from_slice(answer.raw(pointer)?).ok()
}

/// The rows of the answer to a batch: those that failed, and those that were created.
pub(super) fn rows(view: &View, answer: &Look<'_>) -> Option<(Vec<One>, Vec<One>)> {
    let placed = view.created?;
    let (failed, created) = (list(answer, placed.errors), list(answer, placed.results));
    if failed.is_none() && created.is_none() {
        return None;
    }
    let read = |rows: Option<Vec<&RawValue>>| {
        let rows = rows.into_iter().flatten();
        rows.map(|row| One::of(view, placed, &Look::of(row.get().as_bytes())))
            .collect()
    };
    Some((read(failed), read(created)))
}

/// What a guard remembers of an answer: of what was created, in its order.
pub(super) fn known(view: &View, answer: &Look<'_>) -> Vec<PlacedCall> {
    let Some(placed) = view.created else {
        return Vec::new();
    };
    let created = match rows(view, answer) {
        Some((_, created)) => created,
        None => vec![One::of(view, placed, answer)],
    };
    created
        .into_iter()
        .filter_map(|one| one.known(placed))
        .collect()
}

/// What the guard records of a call that was looked up.
pub(super) fn seen(action: &Action, answer: &Look<'_>) -> Option<PlacedCall> {
    let view = action.view;
    if !action.reads() || view.list || view.explain.is_none() {
        return None;
    }
    let placed = TOOLS.iter().find_map(|tool| tool.view.created)?;
    One::of(view, placed, answer).known(placed)
}

/// The ids and the different reasons of a batch.
pub(super) struct Batch {
    /// One small row for each destination, as JSON.
    pub text: String,
    /// How many were created.
    pub created: usize,
    /// Those that were not created.
    pub failed: Vec<One>,
    /// One of the ids, preferably of an object that has not ended.
    pub first: Option<String>,
    /// How many ids there are.
    pub count: usize,
    /// When that begins, if it is later.
    pub rings: Option<String>,
    /// Why some of them ended at once, in words.
    pub ended: Vec<String>,
}

/// The level of detail of a row.
#[derive(Clone, Copy, PartialEq)]
enum Detail {
    Full,
    Short,
    Ids,
}

/// The answer to a batch, failures first. It is never cut: where there is no room the rows are
/// shorter, and in the end those of what was created are ids only.
pub(super) fn batch(
    view: &View,
    body: &[u8],
    answer: &Look<'_>,
    room: usize,
    open: bool,
    own: &Token,
) -> Option<Batch> {
    let placed = view.created?;
    if [placed.errors, placed.results]
        .iter()
        .all(|at| list(answer, at).is_none())
    {
        return None;
    }
    let whole = Showing::whole(usize::MAX, open, Some(own));
    let hidden = result::show(body, &whole).ok()?.text;
    let (failed, created) = rows(view, &Look::of(hidden.as_bytes()))?;
    let texts = [Detail::Full, Detail::Short, Detail::Ids]
        .into_iter()
        .map(|detail| written(view, placed, &failed, &created, detail));
    let mut text = String::new();
    for next in texts {
        text = next;
        if text.len() <= room {
            break;
        }
    }
    let mut ended: Vec<String> = Vec::new();
    for reason in created.iter().filter_map(|one| one.reason.as_deref()) {
        let line = format!("{}.", told(reason));
        if ended.len() < 5 && !ended.contains(&line) {
            ended.push(line);
        }
    }
    let named = || created.iter().filter(|one| one.id.is_some());
    let count = named().count();
    let next = named().find(|one| !one.is_over(placed));
    let next = next.or_else(|| named().next());
    Some(Batch {
        text,
        created: created.len(),
        first: next.and_then(|one| one.id.clone()),
        count,
        rings: next.and_then(|one| one.rings.clone()),
        ended,
        failed,
    })
}

fn written(
    view: &View,
    placed: &CreatedSpec,
    failed: &[One],
    created: &[One],
    detail: Detail,
) -> String {
    let failed: Vec<Value> = failed
        .iter()
        .map(|one| {
            let mut row = Map::new();
            if let Some((key, to)) = &one.to {
                row.insert((*key).to_owned(), Value::from(excerpt(to)));
            }
            let error = one.error.as_deref().filter(|_| detail == Detail::Full);
            if let Some(error) = error {
                let error: String = error.chars().take(ERROR).collect();
                row.insert(key(placed.error).to_owned(), Value::from(error));
            }
            Value::Object(row)
        })
        .collect();
    let created: Vec<Value> = created
        .iter()
        .map(|one| {
            let id = Value::from(one.id.as_deref().map(excerpt));
            if detail == Detail::Ids {
                return id;
            }
            let mut row = Map::new();
            row.insert(key(placed.id).to_owned(), id);
            if let Some((key, to)) = &one.to {
                row.insert((*key).to_owned(), Value::from(excerpt(to)));
            }
            let told = [
                (Some(placed.state), &one.state),
                (view.explain, &one.reason),
            ];
            for (at, text) in told {
                if let (Detail::Full, Some(at), Some(text)) = (detail, at, text) {
                    row.insert(key(at).to_owned(), Value::from(excerpt(text)));
                }
            }
            Value::Object(row)
        })
        .collect();
    let mut answer = Map::new();
    // Failures first: what was not done has to be told whatever becomes of the rest.
    for (at, rows) in [(placed.errors, failed), (placed.results, created)] {
        answer.insert(key(at).to_owned(), Value::Array(rows));
    }
    Value::Object(answer).to_string()
}
