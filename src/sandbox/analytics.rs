//! Calls aggregated by a common property.

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use serde_json::{Map, Value, json};

use super::{
    clock,
    store::{CALLS, Store},
};

/// The default range of a query, in days.
const DEFAULT_DAYS: i64 = 7;

/// The results of the queries in a body.
pub(super) fn answer(store: &Store, body: &Map<String, Value>, now: DateTime<Utc>) -> Value {
    let calls: Vec<_> = store.objects(CALLS, now).map(Value::Object).collect();
    let queries = body.get("queries").and_then(Value::as_array);
    let results = queries.into_iter().flatten();
    results.map(|query| result(&calls, query, now)).collect()
}

fn result(calls: &[Value], query: &Value, now: DateTime<Utc>) -> Value {
    let text = |pointer| query.pointer(pointer).and_then(Value::as_str);
    let end = text("/timeRange/end").and_then(clock::read).unwrap_or(now);
    let start = text("/timeRange/start").and_then(clock::read);
    let start = start.unwrap_or_else(|| clock::saturating_add(end, TimeDelta::days(-DEFAULT_DAYS)));
    let step = text("/timeRange/step");
    let keys = query.get("groupBy").and_then(Value::as_array);
    let keys: Vec<_> = keys
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let mut groups: Vec<(Map<String, Value>, Vec<&Value>)> = Vec::new();
    for call in calls {
        let created = call.get("createdAt").and_then(Value::as_str);
        let Some(created) = created.and_then(clock::read) else {
            continue;
        };
        if created < start || created >= end {
            continue;
        }
        let mut group = Map::new();
        if let Some(step) = step {
            group.insert("date".to_owned(), json!(bucket(created, step)));
        }
        for key in &keys {
            let found = call.pointer(&format!("/{}", key.replace('.', "/")));
            group.insert((*key).to_owned(), found.cloned().unwrap_or_default());
        }
        match groups.iter_mut().find(|(known, _)| *known == group) {
            Some((_, calls)) => calls.push(call),
            None => groups.push((group, vec![call])),
        }
    }
    let operations = query.get("operations").and_then(Value::as_array);
    let operations: Vec<_> = operations.into_iter().flatten().collect();
    let rows = groups.into_iter().map(|(mut group, calls)| {
        group.extend(operations.iter().filter_map(|it| computed(it, &calls)));
        Value::Object(group)
    });
    let mut range = json!({
        "start": clock::written(start), "end": clock::written(end), "timezone": "UTC",
    });
    if let (Some(step), Some(range)) = (step, range.as_object_mut()) {
        range.insert("step".to_owned(), json!(step));
    }
    json!({
        "name": query.get("name"),
        "timeRange": range,
        "result": rows.collect::<Vec<_>>(),
    })
}

/// The name and the value of an operation on the calls of a group.
fn computed(operation: &Value, calls: &[&Value]) -> Option<(String, Value)> {
    let text = |key| operation.get(key).and_then(Value::as_str);
    let (kind, column) = (text("operation")?, text("column")?);
    let name = text("alias").map_or_else(|| format!("{kind}{column}"), str::to_owned);
    let numbers = calls.iter().filter_map(|call| number(call, column));
    let numbers: Vec<f64> = numbers.collect();
    // `sum` of no floats is -0.0.
    let sum = numbers.iter().fold(0.0, |sum, number| sum + number);
    let value = match kind {
        "count" => json!(calls.len()),
        "sum" => json!(rounded(sum)),
        "avg" if !numbers.is_empty() => json!(rounded(sum / numbers.len() as f64)),
        "min" => json!(numbers.iter().copied().reduce(f64::min)),
        "max" => json!(numbers.iter().copied().reduce(f64::max)),
        _ => Value::Null,
    };
    Some((name, value))
}

/// The number in a column; the duration of a call in minutes.
fn number(call: &Value, column: &str) -> Option<f64> {
    if column == "duration" {
        let time = |key| call.get(key).and_then(Value::as_str).and_then(clock::read);
        let length = time("endedAt")?.signed_duration_since(time("startedAt")?);
        return Some(length.num_milliseconds() as f64 / 60_000.0);
    }
    call.pointer(&format!("/{}", column.replace('.', "/")))?
        .as_f64()
}

fn rounded(value: f64) -> f64 {
    (value * 10_000.0).round() / 10_000.0
}

/// The start of the interval that contains a time; at most a year.
fn bucket(time: DateTime<Utc>, step: &str) -> String {
    let form = match step {
        "second" => "%Y-%m-%dT%H:%M:%SZ",
        "minute" => "%Y-%m-%dT%H:%M:00Z",
        "hour" => "%Y-%m-%dT%H:00:00Z",
        "day" | "week" => "%Y-%m-%dT00:00:00Z",
        "month" => "%Y-%m-01T00:00:00Z",
        _ => "%Y-01-01T00:00:00Z",
    };
    let since_monday = match step {
        "week" => i64::from(time.weekday().num_days_from_monday()),
        _ => 0,
    };
    let time = clock::saturating_add(time, TimeDelta::days(-since_monday));
    time.format(form).to_string()
}
