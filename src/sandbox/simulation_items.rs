//! The conversations of a simulation run.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};

use super::{
    clock,
    store::{Stage, Store, members},
};

/// The times at which a conversation begins and ends, in milliseconds after its turn has come.
const TIMES: [i64; 2] = [1_000, 4_000];

/// One conversation of a run.
#[derive(Clone, Debug)]
pub(super) struct Conversation {
    simulation: String,
    fields: Map<String, Value>,
    scenario: Map<String, Value>,
    iteration: u64,
}

/// The conversations that a body asks for.
pub(super) fn conversations(store: &mut Store, fields: &Map<String, Value>) -> Vec<Conversation> {
    let iterations = fields.get("iterations").and_then(Value::as_f64);
    let iterations = iterations.map_or(1, |iterations| iterations as u64);
    let entries = fields.get("simulations").and_then(Value::as_array);
    let mut all = Vec::new();
    for entry in entries.into_iter().flatten() {
        let id = |name: &str| entry.get(name).and_then(Value::as_str);
        let suite = id("simulationSuiteId").or_else(|| id("suiteId"));
        let suite = suite.and_then(|suite| store.fields("/eval/simulation/suite", suite));
        let of_suite = suite.and_then(|suite| suite.get("simulationIds")?.as_array());
        let of_suite = of_suite.into_iter().flatten().filter_map(Value::as_str);
        let simulations: Vec<_> = of_suite
            .chain(id("simulationId"))
            .map(str::to_owned)
            .collect();
        if simulations.is_empty() && suite.is_none() {
            let simulation = store.new_id();
            all.push(conversation(store, simulation, members(entry.clone())));
        }
        for simulation in simulations {
            let fields = store.fields("/eval/simulation", &simulation);
            let fields = fields.cloned().unwrap_or_default();
            all.push(conversation(store, simulation, fields));
        }
    }
    let rounds = 1..=iterations;
    let repeated = rounds.flat_map(|iteration| {
        all.iter().map(move |one| Conversation {
            iteration,
            ..one.clone()
        })
    });
    repeated.collect()
}

/// A conversation of a stored simulation, or of the members of an entry.
fn conversation(store: &Store, simulation: String, fields: Map<String, Value>) -> Conversation {
    let stored = fields.get("scenarioId").and_then(Value::as_str);
    let stored = stored.and_then(|id| store.fields("/eval/simulation/scenario", id));
    let inline = || fields.get("scenario").and_then(Value::as_object);
    let scenario = stored.or_else(inline).cloned().unwrap_or_default();
    Conversation {
        simulation,
        fields,
        scenario,
        iteration: 1,
    }
}

/// The members and the stages of an item whose turn comes at `turn`. All items pass.
pub(super) fn item(
    run: &str,
    conversation: Conversation,
    turn: DateTime<Utc>,
    now: DateTime<Utc>,
) -> (Map<String, Value>, Vec<Stage>) {
    let mut fields = members(json!({
        "runId": run,
        "simulationId": conversation.simulation,
        "iterationNumber": conversation.iteration,
        "status": "queued",
        "queuedAt": clock::written(now),
    }));
    for name in ["scenarioId", "personalityId"] {
        let value = conversation.fields.get(name).cloned();
        fields.extend(value.map(|value| (name.to_owned(), value)));
    }
    let [started, ended] =
        TIMES.map(|after| clock::saturating_add(turn, TimeDelta::milliseconds(after)));
    let evaluations = conversation
        .scenario
        .get("evaluations")
        .and_then(Value::as_array);
    let evaluations: Vec<_> = evaluations.into_iter().flatten().map(passed).collect();
    let stages = vec![
        Stage {
            from: started,
            fields: members(json!({
                "status": "running", "startedAt": clock::written(started),
            })),
        },
        Stage {
            from: ended,
            fields: members(json!({
                "status": "passed",
                "completedAt": clock::written(ended),
                "results": { "passed": true, "evaluations": evaluations },
            })),
        },
    ];
    (fields, stages)
}

/// The result of an evaluation: what was expected.
fn passed(evaluation: &Value) -> Value {
    let name = evaluation.pointer("/structuredOutput/name");
    let id = evaluation.get("structuredOutputId");
    json!({
        "name": name.or(id),
        "structuredOutputId": id.cloned().unwrap_or_else(|| json!("inline")),
        "comparator": evaluation.get("comparator"),
        "expectedValue": evaluation.get("value"),
        "extractedValue": evaluation.get("value"),
        "required": evaluation.get("required").is_none_or(|required| required == true),
        "passed": true,
    })
}
