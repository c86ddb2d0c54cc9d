//! Runs of evals.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{
    answer::Answer,
    clock,
    request::Request,
    store::{Progress, Stage, Store, members},
};

/// The time at which a run begins and the time at which it ends, in milliseconds after its request.
const TIMES: [i64; 2] = [1_000, 3_000];

/// Starts a run, which passes.
pub(super) fn run(store: &mut Store, request: &Request<'_>) -> Answer {
    let mut fields = request.fields.clone();
    let stored = fields.get("evalId").and_then(Value::as_str);
    let stored = stored.and_then(|id| store.fields("/eval", id)).cloned();
    let inline = fields.get("eval").and_then(Value::as_object);
    let Some(eval) = stored.as_ref().or(inline) else {
        let message = "Couldn't Get Eval. Need Either `evalId` Or `eval`.";
        return Answer::refusal(400, message);
    };
    let [started, ended] =
        TIMES.map(|after| clock::saturating_add(request.now, TimeDelta::milliseconds(after)));
    let messages = eval.get("messages").and_then(Value::as_array);
    let mocked = messages.into_iter().flatten();
    let mocked: Vec<_> = mocked.filter(|message| is_mock(message)).cloned().collect();
    let (began, end) = (clock::written(started), clock::written(ended));
    let result =
        json!({ "status": "pass", "messages": mocked, "startedAt": began, "endedAt": end });
    fields.extend(members(json!({
        "status": "queued", "cost": 0, "costs": [], "results": [], "updatedAt": null,
    })));
    let stages = vec![
        Stage {
            from: started,
            fields: members(json!({ "status": "running", "startedAt": began })),
        },
        Stage {
            from: ended,
            fields: members(json!({
                "status": "ended",
                "endedReason": "mockConversation.done",
                "endedAt": end,
                "cost": 0.01,
                "results": [result],
            })),
        },
    ];
    let run = store.keep(
        request.collection(),
        fields,
        Progress::Stages(stages),
        request.now,
    );
    Answer::new(201, run)
}

/// Whether a message of an eval is part of the conversation, and not only judged.
fn is_mock(message: &Value) -> bool {
    message.get("content").is_some() || message.get("toolCalls").is_some()
}
