//! Runs of simulations and their items, one for each conversation.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};

use super::{
    answer::{ADDRESS, Answer},
    clock,
    list::list,
    request::{Request, unknown},
    routes::ListForm,
    simulation_items::{Conversation, conversations, item},
    store::{ORG, Progress, Store, members},
};

/// The collection of runs.
const RUNS: &str = "/eval/simulation/run";

/// The collection of items.
const ITEMS: &str = "/eval/simulation/run/{id}/item";

/// Maximum number of conversations at the same time.
const CONCURRENCY: usize = 10;

/// Maximum number of conversations of a run.
const MAX_ITEMS: usize = 1_000;

/// The runs that are not over, with their items.
#[derive(Debug, Default)]
pub(super) struct Simulations {
    running: HashMap<String, Vec<String>>,
}

impl Simulations {
    /// Starts a run.
    pub(super) fn run(&mut self, store: &mut Store, request: &Request<'_>) -> Answer {
        let mut fields = request.fields.clone();
        let all = conversations(store, &fields);
        if all.is_empty() || all.len() > MAX_ITEMS {
            let message = format!("A Run Has At Least One And At Most {MAX_ITEMS} Simulations.");
            return Answer::refusal(400, message);
        }
        let now = request.now;
        fields.extend(members(json!({
            "status": "queued",
            "queuedAt": clock::written(now),
            "itemCounts": counts(&[]),
        })));
        let run = store.keep(RUNS, fields, Progress::None, now);
        let id = run
            .get("id")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        let items = all.into_iter().enumerate();
        let items: Vec<_> = items
            .map(|(index, conversation)| self::start(store, &id, index, conversation, now))
            .collect();
        self.running.insert(id.clone(), items.clone());
        self.advance(store, now);
        let mut shown = store.get(RUNS, &id, now).unwrap_or_default();
        shown.insert("simulationRunItemIds".to_owned(), json!(items));
        let url = format!("{}/runs/{id}", ADDRESS);
        shown.insert("url".to_owned(), json!(url));
        Answer::new(201, shown)
    }

    /// Updates the runs from their items.
    pub(super) fn advance(&mut self, store: &mut Store, now: DateTime<Utc>) {
        self.running.retain(|id, items| {
            let statuses: Vec<_> = items
                .iter()
                .filter_map(|item| store.get(ITEMS, item, now))
                .filter_map(|item| Some(item.get("status")?.as_str()?.to_owned()))
                .collect();
            let Some(known) = store.fields(RUNS, id) else {
                return false;
            };
            let counts = counts(&statuses);
            let number = |name: &str| counts.get(name).and_then(Value::as_u64);
            let over = number("queued") == Some(0) && number("running") == Some(0);
            let status = if over {
                "ended"
            } else if number("queued") == number("total") {
                "queued"
            } else {
                "running"
            };
            if known.get("itemCounts") == Some(&counts) {
                return !over;
            }
            let mut changes = members(json!({ "status": status, "itemCounts": counts }));
            let time = json!(clock::written(now));
            if status != "queued" && !known.contains_key("startedAt") {
                changes.insert("startedAt".to_owned(), time.clone());
            }
            if over {
                changes.insert("endedAt".to_owned(), time);
            }
            store.update(RUNS, id, changes, now);
            !over
        });
    }

    /// Cancels what has not ended of a run.
    pub(super) fn cancel(&mut self, store: &mut Store, request: &Request<'_>) -> Answer {
        let id = request.route.id();
        if let Some(items) = self.running.get(id) {
            for item in items {
                cancel_item(store, item, request.now);
            }
            let reason = members(json!({ "endedReason": "cancelled" }));
            store.update(RUNS, id, reason, request.now);
        }
        self.advance(store, request.now);
        match store.get(RUNS, id, request.now) {
            Some(run) => Answer::new(200, run),
            None => request.unknown(id),
        }
    }

    /// Cancels an item that has not ended.
    pub(super) fn cancel_one(&mut self, store: &mut Store, request: &Request<'_>) -> Answer {
        let id = request.route.id();
        cancel_item(store, id, request.now);
        self.advance(store, request.now);
        match store.get(ITEMS, id, request.now) {
            Some(item) => Answer::new(200, item),
            None => request.unknown(id),
        }
    }

    /// How many conversations take place, and how many more can.
    pub(super) fn concurrency(&self, store: &Store, now: DateTime<Utc>) -> Answer {
        let items = self.running.values().flatten();
        let active = items
            .filter_map(|item| store.get(ITEMS, item, now))
            .filter(|item| item.get("status").is_some_and(|status| status == "running"))
            .count();
        let time = clock::written(now);
        let concurrency = json!({
            "orgId": ORG,
            "concurrencyLimit": CONCURRENCY,
            "activeSimulations": active,
            "availableToStart": CONCURRENCY.saturating_sub(active),
            "isDefault": true,
            "createdAt": time,
            "updatedAt": time,
        });
        Answer::new(200, concurrency)
    }
}

/// Stores an item and returns its id. Items beyond the limit of conversations wait.
fn start(
    store: &mut Store,
    run: &str,
    index: usize,
    conversation: Conversation,
    now: DateTime<Utc>,
) -> String {
    let round = i64::try_from(index / CONCURRENCY).unwrap_or(i64::MAX);
    let wait = TimeDelta::try_seconds(round.saturating_mul(4)).unwrap_or(TimeDelta::MAX);
    let (fields, stages) = item(run, conversation, clock::saturating_add(now, wait), now);
    let stored = store.keep(ITEMS, fields, Progress::Stages(stages), now);
    stored
        .get("id")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

fn cancel_item(store: &mut Store, id: &str, now: DateTime<Utc>) {
    let status = store
        .get(ITEMS, id, now)
        .and_then(|item| item.get("status").cloned());
    let is_over = status.is_none_or(|status| {
        ["passed", "failed", "canceled"]
            .iter()
            .any(|over| status == *over)
    });
    if !is_over {
        store.restart(ITEMS, id, Vec::new());
        let time = clock::written(now);
        let fields = members(json!({ "status": "canceled", "canceledAt": time }));
        store.update(ITEMS, id, fields, now);
    }
}

/// The number of items by status.
fn counts(statuses: &[String]) -> Value {
    let count = |wanted: &[&str]| {
        let statuses = statuses.iter();
        statuses
            .filter(|status| wanted.contains(&status.as_str()))
            .count()
    };
    json!({
        "total": statuses.len(),
        "queued": count(&["queued"]),
        "running": count(&["running", "evaluating"]),
        "passed": count(&["passed"]),
        "failed": count(&["failed"]),
        "canceled": count(&["canceled"]),
    })
}

/// Lists runs: a page has a summary of each.
pub(super) fn list_runs(store: &Store, request: &Request<'_>) -> Answer {
    let is_page = request.query.contains_key("page");
    let runs = store.objects(RUNS, request.now);
    let runs = runs.map(|run| if is_page { with_summary(run) } else { run });
    Answer::new(200, list(runs, &request.query, ListForm::Either))
}

fn with_summary(mut run: Map<String, Value>) -> Map<String, Value> {
    let simulations = run.get("simulations").and_then(Value::as_array);
    let simulations = simulations.map_or(&[][..], Vec::as_slice);
    let ids: Vec<_> = simulations
        .iter()
        .filter_map(|it| it.get("simulationId"))
        .collect();
    let kind = match simulations {
        [only]
            if only
                .get("type")
                .is_some_and(|kind| kind == "simulationSuite") =>
        {
            "suite"
        }
        [_] => "simulation",
        _ => "adHoc",
    };
    let source = json!({
        "type": kind,
        "name": "A run in the sandbox",
        "linkable": false,
        "simulationIds": ids,
    });
    let summary = json!({ "simulationCount": simulations.len(), "source": source });
    run.insert("summary".to_owned(), summary);
    run
}

/// Suggestions for an item.
pub(super) fn suggest(store: &mut Store, request: &Request<'_>) -> Answer {
    let id = request.route.param("itemId");
    match store.get(ITEMS, id, request.now) {
        Some(item) => Answer::new(201, item),
        None => unknown(ITEMS, id),
    }
}

/// Drafts of scenarios, which are not stored.
pub(super) fn draft_scenarios() -> Answer {
    let drafts = [
        (
            "happy_path",
            "A simple question",
            "Ask for the opening hours and say goodbye.",
        ),
        (
            "edge_case",
            "A change of mind",
            "Book an appointment and cancel it in the same call.",
        ),
        ("failure_mode", "Silence", "Say nothing after the greeting."),
    ];
    let scenarios = drafts.map(|(category, name, instructions)| {
        json!({
            "category": category,
            "name": name,
            "instructions": instructions,
            "reasoning": "The sandbox drafts the same scenarios for every assistant.",
        })
    });
    let drafts = json!({ "scenarios": scenarios, "coverageNotes": "Three drafts of the sandbox." });
    Answer::new(201, drafts)
}
