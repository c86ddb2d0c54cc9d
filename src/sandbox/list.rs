//! Lists: filters, order and pages.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::{clock, routes::ListForm};

/// The default length of a list.
const LIMIT: usize = 100;

/// Parameters that do not filter.
const CONTROLS: [&str; 7] = [
    "includeCounters",
    "limit",
    "numberE164CheckEnabled",
    "page",
    "sortBy",
    "sortOrder",
    "standaloneOnly",
];

/// The objects that match the query, in the order and the form that it asks for. `objects` are the
/// newest first.
pub(super) fn list(
    objects: impl Iterator<Item = Map<String, Value>>,
    query: &Map<String, Value>,
    form: ListForm,
) -> Value {
    let found = objects.filter(|shown| {
        let mut filters = query.iter();
        filters.all(|(name, wanted)| matches(shown, name, wanted))
    });
    paged(sorted(found.collect(), query), query, form)
}

/// One page of a list, or its first elements.
pub(super) fn paged<T: Into<Value>>(
    found: Vec<T>,
    query: &Map<String, Value>,
    form: ListForm,
) -> Value {
    let number = |name: &str| Some(query.get(name)?.as_f64()? as usize);
    let limit = number("limit").unwrap_or(LIMIT);
    let page = number("page").unwrap_or(1).max(1);
    let total = found.len();
    let before = limit.saturating_mul(page - 1);
    let results = found.into_iter().skip(before).take(limit).map(Into::into);
    let results: Vec<Value> = results.collect();
    if form == ListForm::Array || form == ListForm::Either && !query.contains_key("page") {
        return results.into();
    }
    json!({
        "metadata": {
            "itemsPerPage": limit,
            "totalItems": total,
            "currentPage": page,
            "totalPages": total.div_ceil(limit.max(1)),
            "hasNextPage": before.saturating_add(results.len()) < total,
        },
        "results": results,
    })
}

fn sorted(
    mut found: Vec<Map<String, Value>>,
    query: &Map<String, Value>,
) -> Vec<Map<String, Value>> {
    let text = |name: &str| query.get(name).and_then(Value::as_str);
    if text("sortBy") == Some("cost") {
        let cost = |object: &Map<String, Value>| object.get("cost").and_then(Value::as_f64);
        found.sort_by(|a, b| cost(b).unwrap_or(0.0).total_cmp(&cost(a).unwrap_or(0.0)));
    }
    if text("sortOrder") == Some("ASC") {
        found.reverse();
    }
    found
}

/// Whether an object matches a query parameter.
fn matches(shown: &Map<String, Value>, name: &str, wanted: &Value) -> bool {
    if CONTROLS.contains(&name) {
        return true;
    }
    if let Some((member, comparison)) = time_filter(name) {
        let time = |value: Option<&Value>| value.and_then(Value::as_str).and_then(clock::read);
        return match (time(shown.get(member)), time(Some(wanted))) {
            (Some(time), Some(bound)) => comparison(time, bound),
            _ => false,
        };
    }
    let at = |pointer: &[&str]| {
        let mut path = pointer.iter();
        let first = shown.get(*path.next()?)?;
        path.try_fold(first, |value, key| value.get(key))
    };
    match name {
        "search" => ["name", "number", "sipUri"]
            .iter()
            .any(|key| contains(shown.get(*key), wanted)),
        "targetType" => at(&["target", "type"]) == Some(wanted),
        "targetId" => ["assistantId", "squadId"]
            .iter()
            .any(|key| at(&["target", key]) == Some(wanted)),
        "filterStatus" => run_matches(shown, wanted),
        "customerNumberAny" => is_any(at(&["customer", "number"]), wanted),
        "number" | "sipUri" | "email" | "externalId" | "extension" => {
            at(&[name]).or_else(|| at(&["customer", name])) == Some(wanted)
        }
        _ => match name.strip_suffix("Any") {
            Some(member) => is_any(shown.get(member), wanted),
            None => shown.get(name) == Some(wanted),
        },
    }
}

type Comparison = fn(DateTime<Utc>, DateTime<Utc>) -> bool;

/// The member and the comparison of a parameter such as `createdAtGe`.
fn time_filter(name: &str) -> Option<(&str, Comparison)> {
    let (member, comparison) = name.split_at_checked(name.len().checked_sub(2)?)?;
    let compare: Comparison = match comparison {
        "Gt" => |time, bound| time > bound,
        "Ge" => |time, bound| time >= bound,
        "Lt" => |time, bound| time < bound,
        "Le" => |time, bound| time <= bound,
        _ => return None,
    };
    member.ends_with("At").then_some((member, compare))
}

fn contains(value: Option<&Value>, wanted: &Value) -> bool {
    let lower = |value: &Value| value.as_str().map(str::to_lowercase);
    match (value.and_then(lower), lower(wanted)) {
        (Some(text), Some(wanted)) => text.contains(&wanted),
        _ => false,
    }
}

/// Whether a member has one of several values: a list, or a text with commas.
fn is_any(value: Option<&Value>, wanted: &Value) -> bool {
    let Some(value) = value else {
        return false;
    };
    match wanted {
        Value::Array(all) => all.contains(value),
        Value::String(all) => all.split(',').any(|one| value == one.trim()),
        wanted => value == wanted,
    }
}

fn run_matches(shown: &Map<String, Value>, wanted: &Value) -> bool {
    let ended = shown.get("status").is_some_and(|status| status == "ended");
    let failed = shown
        .get("itemCounts")
        .and_then(|counts| counts.get("failed")?.as_u64());
    let failed = failed.unwrap_or_default() > 0;
    match wanted.as_str() {
        Some("running") => !ended,
        Some("failed") => ended && failed,
        _ => ended && !failed,
    }
}
