//! Places calls.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::{
    answer::Answer,
    clock,
    outcome::Outcome,
    store::{CALLS, Store},
    timeline::{Timeline, script},
};

/// Maximum number of concurrent calls of the account.
const CONCURRENCY_LIMIT: usize = 10;

/// The references of a call: the member, the collection, the name of the object in errors, and the
/// members that may be given instead.
const REFERENCES: [(&str, &str, &str, &[&str]); 2] = [
    (
        "assistantId",
        "/assistant",
        "Assistant",
        &["assistant", "squadId", "squad"],
    ),
    (
        "phoneNumberId",
        "/phone-number",
        "Phone Number",
        &["phoneNumber"],
    ),
];

/// Checks of Vapi that the document does not mention.
pub(super) fn problems(body: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    for name in ["assistantId", "phoneNumberId", "squadId"] {
        let id = body.get(name).and_then(Value::as_str);
        if id.is_some_and(|id| !is_uuid(id)) {
            problems.push(format!("{name} must be a UUID"));
        }
    }
    let customers = body.get("customers").and_then(Value::as_array);
    let several = customers.into_iter().flatten().enumerate();
    let all = several
        .map(|(index, customer)| (format!("customers.{index}"), customer))
        .chain(body.get("customer").map(|one| ("customer".to_owned(), one)));
    for (place, customer) in all {
        let number = customer.get("number").and_then(Value::as_str);
        let free = customer.get("numberE164CheckEnabled") == Some(&json!(false));
        if number.is_some_and(|number| !free && !is_e164(number)) {
            problems.push(format!(
                "{place}.number must be a valid phone number in the E.164 format."
            ));
        }
    }
    problems
}

fn is_uuid(text: &str) -> bool {
    let groups: Vec<_> = text.split('-').map(str::len).collect();
    groups == [8, 4, 4, 4, 12]
        && text
            .bytes()
            .all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

fn is_e164(number: &str) -> bool {
    let digits = number.strip_prefix('+').unwrap_or_default();
    (7..=15).contains(&digits.len())
        && !digits.starts_with('0')
        && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Places a call, or a call to each of several customers.
pub(super) fn place(store: &mut Store, mut body: Map<String, Value>, now: DateTime<Utc>) -> Answer {
    if let Err(message) = check_references(store, &body) {
        return Answer::refusal(400, message);
    }
    match body.shift_remove("customers") {
        Some(Value::Array(customers)) => batch(store, &body, customers, now),
        _ => one(store, body, now),
    }
}

/// Whether a call has neither a number to call from nor a customer.
fn is_web_call(body: &Map<String, Value>) -> bool {
    let ends = ["phoneNumberId", "phoneNumber", "customer", "customers"];
    ends.iter()
        .all(|end| body.get(*end).is_none_or(Value::is_null))
}

fn check_references(store: &Store, body: &Map<String, Value>) -> Result<(), String> {
    let web = is_web_call(body);
    for (name, collection, kind, instead) in REFERENCES {
        if web && name == "phoneNumberId" {
            continue;
        }
        match body.get(name).and_then(Value::as_str) {
            Some(id) if store.fields(collection, id).is_none() => {
                return Err(format!(
                    "Couldn't Get {kind}. `{name}` {id} Does Not Exist."
                ));
            }
            None if !instead.iter().any(|other| body.contains_key(*other)) => {
                let others = instead.join("`, `");
                return Err(format!(
                    "Couldn't Get {kind}. Need Either `{name}`, `{others}`."
                ));
            }
            _ => {}
        }
    }
    match body.get("squadId").and_then(Value::as_str) {
        Some(id) if store.fields("/squad", id).is_none() => {
            return Err(format!(
                "Couldn't Get Squad. `squadId` {id} Does Not Exist."
            ));
        }
        _ => {}
    }
    let reached = ["number", "sipUri"];
    let has_destination = |customer: &Value| reached.iter().any(|key| customer.get(key).is_some());
    let several = body.get("customers").and_then(Value::as_array);
    let named = match (body.get("customer"), several) {
        (Some(customer), None) => has_destination(customer),
        (None, Some(several)) => !several.is_empty() && several.iter().all(has_destination),
        _ => false,
    };
    if named || web {
        Ok(())
    } else {
        Err("Couldn't Get Customer. Need Either `customer` Or `customers`, With `number` Or `sipUri`.".to_owned())
    }
}

fn one(store: &mut Store, body: Map<String, Value>, now: DateTime<Utc>) -> Answer {
    let outcome = outcome(&body);
    match call(store, body, outcome, now) {
        Ok(placed) => Answer {
            broken: outcome == Outcome::AnswerLost,
            ..Answer::new(201, placed)
        },
        Err(message) => {
            let mut answer = Answer::refusal(400, message);
            if let Some(members) = answer.body.as_object_mut() {
                members.insert("subscriptionLimits".to_owned(), limits(store, false, now));
            }
            answer
        }
    }
}

fn batch(
    store: &mut Store,
    body: &Map<String, Value>,
    customers: Vec<Value>,
    now: DateTime<Utc>,
) -> Answer {
    let (mut results, mut errors) = (Vec::new(), Vec::new());
    for customer in customers {
        let mut body = body.clone();
        body.insert("customer".to_owned(), customer.clone());
        let outcome = outcome(&body);
        match call(store, body, outcome, now) {
            Ok(placed) => results.push(placed),
            Err(message) => errors.push(json!({ "customer": customer, "error": message })),
        }
    }
    let limits = limits(store, false, now);
    let body = json!({ "subscriptionLimits": limits, "results": results, "errors": errors });
    Answer::new(201, body)
}

fn outcome(body: &Map<String, Value>) -> Outcome {
    let customer = body.get("customer");
    let number = customer.and_then(|customer| customer.get("number")?.as_str());
    Outcome::of(number)
}

/// Stores a call and returns it as it appears in the response.
fn call(
    store: &mut Store,
    mut body: Map<String, Value>,
    outcome: Outcome,
    now: DateTime<Utc>,
) -> Result<Map<String, Value>, String> {
    if outcome == Outcome::Refused {
        return Err("Couldn't Start Call. The number has a daily limit (sandbox).".to_owned());
    }
    let blocked = matches!(outcome, Outcome::Ended { blocked: true, .. });
    // The overrides of a customer take precedence over those of the call.
    let own = body.get("customer");
    let own = own.and_then(|customer| customer.get("assistantOverrides"));
    let overrides: Vec<_> = own
        .into_iter()
        .chain(body.get("assistantOverrides"))
        .collect();
    let spoken = script(assistant(store, &body), &overrides);
    let planned = body
        .get("schedulePlan")
        .and_then(|plan| clock::read(plan.get("earliestAt")?.as_str()?));
    let timeline = Timeline::new(
        outcome,
        planned.map_or(now, |planned| planned.max(now)),
        spoken,
    );
    let number = body.get("phoneNumberId").and_then(Value::as_str);
    let number = number.and_then(|id| store.fields("/phone-number", id));
    let provider = number.and_then(|number| number.get("provider").cloned());
    let sip = body
        .get("customer")
        .is_some_and(|customer| customer.get("sipUri").is_some());
    let carried = if is_web_call(&body) {
        let url = "https://sandbox.invalid/room";
        vec![
            ("type", json!("webCall")),
            ("webCallUrl", json!(url)),
            (
                "transport",
                json!({ "provider": "daily", "conversationType": "voice", "callUrl": url }),
            ),
        ]
    } else {
        vec![
            ("type", json!("outboundPhoneCall")),
            ("phoneCallProvider", provider.unwrap_or(json!("vapi"))),
            (
                "phoneCallTransport",
                json!(if sip { "sip" } else { "pstn" }),
            ),
            (
                "transport",
                json!({ "provider": "vapi.sip", "conversationType": "voice" }),
            ),
        ]
    };
    let monitor = json!({
        "listenUrl": "wss://sandbox.invalid/listen",
        "controlUrl": "https://sandbox.invalid/control",
    });
    body.extend([
        ("cost".to_owned(), json!(0)),
        ("monitor".to_owned(), monitor),
    ]);
    body.extend(
        carried
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value)),
    );
    let mut placed = store.keep(CALLS, body, Some(timeline), now);
    placed.insert("subscriptionLimits".to_owned(), limits(store, blocked, now));
    Ok(placed)
}

fn assistant<'a>(store: &'a Store, body: &'a Map<String, Value>) -> Option<&'a Map<String, Value>> {
    let id = body.get("assistantId").and_then(Value::as_str);
    match id {
        Some(id) => store.fields("/assistant", id),
        None => body.get("assistant").and_then(Value::as_object),
    }
}

fn limits(store: &Store, blocked: bool, now: DateTime<Utc>) -> Value {
    let free = CONCURRENCY_LIMIT.saturating_sub(store.active_calls(now));
    json!({
        "concurrencyBlocked": blocked,
        "concurrencyLimit": CONCURRENCY_LIMIT,
        "remainingConcurrentCalls": if blocked { 0 } else { free },
    })
}
