//! Insights, boards and structured outputs.

use serde_json::{Map, Value, json};

use super::{
    answer::Answer,
    clock,
    request::{Request, unknown},
    store::{ORG, Progress, Store, members},
};

/// The collection of insights.
const INSIGHTS: &str = "/reporting/insight";

/// The collection of boards.
const BOARDS: &str = "/reporting/board";

/// The key of the default board.
const DEFAULT: &str = "metrics-overview";

/// Computes an insight that is not stored.
pub(super) fn preview(store: &mut Store, request: &Request<'_>) -> Answer {
    let insight = store.new_id();
    computed(store, request, &insight)
}

/// Computes a stored insight.
pub(super) fn run(store: &mut Store, request: &Request<'_>) -> Answer {
    let insight = request.route.param("id");
    match store.fields(INSIGHTS, insight) {
        Some(_) => computed(store, request, insight),
        None => unknown(INSIGHTS, insight),
    }
}

/// The response says only that the insight was computed: the document declares no result.
fn computed(store: &mut Store, request: &Request<'_>, insight: &str) -> Answer {
    let time = clock::written(request.now);
    let run = json!({
        "id": store.new_id(),
        "insightId": insight,
        "orgId": ORG,
        "createdAt": time,
        "updatedAt": time,
    });
    Answer::new(201, run)
}

/// Shows the default board, which is created when it is first needed.
pub(super) fn default_board(store: &mut Store, request: &Request<'_>) -> Answer {
    let mut boards = store.objects(BOARDS, request.now);
    let is_default =
        |board: &Map<String, Value>| board.get("systemKey").is_some_and(|key| key == DEFAULT);
    let found = boards.find(is_default);
    drop(boards);
    let board = found.unwrap_or_else(|| {
        let fields = json!({
            "name": "Metrics overview",
            "layout": { "columns": 6 },
            "items": [],
            "systemKey": DEFAULT,
        });
        store.keep(BOARDS, members(fields), Progress::None, request.now)
    });
    Answer::new(200, board)
}

/// Extracts a structured output from calls: a preview shows what was extracted.
pub(super) fn extract(store: &mut Store, request: &Request<'_>) -> Answer {
    let fields = &request.fields;
    let stored = fields.get("structuredOutputId").and_then(Value::as_str);
    let found = stored.and_then(|id| store.fields("/structured-output", id));
    let inline = fields.get("structuredOutput").and_then(Value::as_object);
    let Some(output) = found.or(inline) else {
        let message = "Couldn't Get Structured Output. Need Either `structuredOutputId` Or `structuredOutput`.";
        return Answer::refusal(400, message);
    };
    if fields.get("previewEnabled") != Some(&json!(true)) {
        let calls = fields
            .get("callIds")
            .and_then(Value::as_array)
            .map_or(0, Vec::len);
        let message = format!("The structured output is extracted from {calls} calls.");
        return Answer::new(201, json!({ "message": message }));
    }
    let schema = output.get("schema").cloned().unwrap_or_default();
    let name = output.get("name").cloned().unwrap_or_default();
    let id = stored.map_or_else(|| store.new_id(), str::to_owned);
    Answer::new(
        201,
        json!({ id: { "name": name, "result": example(&schema, 8) } }),
    )
}

/// A value that a schema allows, to this depth.
fn example(schema: &Value, depth: usize) -> Value {
    let first = schema.get("enum").and_then(|values| values.get(0));
    if let Some(first) = first {
        return first.clone();
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("number" | "integer") => json!(1),
        Some("boolean") => json!(true),
        Some("array") => json!([]),
        Some("object") => {
            let properties = schema.get("properties").and_then(Value::as_object);
            let properties =
                properties
                    .into_iter()
                    .flatten()
                    .take(if depth == 0 { 0 } else { 100 });
            let examples = properties
                .map(|(name, schema)| (name.clone(), example(schema, depth.saturating_sub(1))));
            Value::Object(examples.collect())
        }
        _ => json!("from the sandbox"),
    }
}
