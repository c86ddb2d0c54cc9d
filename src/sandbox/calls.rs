//! Places calls.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::{
    answer::Answer,
    outcome::Outcome,
    request::Request,
    store::{CALLS, PHONE_NUMBERS, Progress, Store},
    timeline::{Timeline, script},
};

/// Maximum number of concurrent calls of the account.
const CONCURRENCY_LIMIT: usize = 10;

/// The references of a call that are required: the member, the name of the object in errors, and
/// the members that may be given instead.
const REFERENCES: [(&str, &str, &[&str]); 2] = [
    (
        "assistantId",
        "Assistant",
        &["assistant", "squadId", "squad"],
    ),
    ("phoneNumberId", "Phone Number", &["phoneNumber"]),
];

/// When a call starts, and the time now.
#[derive(Clone, Copy)]
struct Times {
    start: DateTime<Utc>,
    now: DateTime<Utc>,
}

/// Places a call, or a call to each of several customers.
pub(super) fn place(store: &mut Store, request: &Request<'_>) -> Answer {
    let (mut body, now) = (request.fields.clone(), request.now);
    let [planned, _] = request.times();
    let times = Times {
        start: planned.map_or(now, |planned| planned.max(now)),
        now,
    };
    if let Err(message) = check_parties(&body) {
        return Answer::refusal(400, message);
    }
    match body.shift_remove("customers") {
        Some(Value::Array(customers)) => batch(store, &body, customers, times),
        _ => one(store, body, times),
    }
}

/// Whether a call has neither a number to call from nor a customer.
fn is_web_call(body: &Map<String, Value>) -> bool {
    let ends = ["phoneNumberId", "phoneNumber", "customer", "customers"];
    ends.iter()
        .all(|end| body.get(*end).is_none_or(Value::is_null))
}

/// Checks that the body says who calls and who is called.
fn check_parties(body: &Map<String, Value>) -> Result<(), String> {
    let web = is_web_call(body);
    for (name, kind, instead) in REFERENCES {
        if web && name == "phoneNumberId" {
            continue;
        }
        let is_given = |key: &&str| body.contains_key(*key);
        if !body.get(name).is_some_and(Value::is_string) && !instead.iter().any(is_given) {
            let others = instead.join("`, `");
            return Err(format!(
                "Couldn't Get {kind}. Need Either `{name}`, `{others}`."
            ));
        }
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

fn one(store: &mut Store, body: Map<String, Value>, times: Times) -> Answer {
    let outcome = outcome(&body);
    match call(store, body, outcome, times) {
        Ok(placed) => Answer {
            broken: outcome == Outcome::AnswerLost,
            ..Answer::new(201, placed)
        },
        Err(message) => {
            let mut answer = Answer::refusal(400, message);
            if let Some(members) = answer.body.as_object_mut() {
                members.insert(
                    "subscriptionLimits".to_owned(),
                    limits(store, false, times.now),
                );
            }
            answer
        }
    }
}

fn batch(
    store: &mut Store,
    body: &Map<String, Value>,
    customers: Vec<Value>,
    times: Times,
) -> Answer {
    let (mut results, mut errors) = (Vec::new(), Vec::new());
    for customer in customers {
        let mut body = body.clone();
        body.insert("customer".to_owned(), customer.clone());
        let outcome = outcome(&body);
        match call(store, body, outcome, times) {
            Ok(placed) => results.push(placed),
            Err(message) => errors.push(json!({ "customer": customer, "error": message })),
        }
    }
    let limits = limits(store, false, times.now);
    let body = json!({ "subscriptionLimits": limits, "results": results, "errors": errors });
    Answer::new(201, body)
}

/// Places one call and returns its id, or the reason why Vapi refuses it.
pub(super) fn dial(
    store: &mut Store,
    body: Map<String, Value>,
    now: DateTime<Utc>,
) -> Result<String, String> {
    let outcome = outcome(&body);
    let placed = call(store, body, outcome, Times { start: now, now })?;
    let id = placed.get("id").and_then(Value::as_str);
    Ok(id.unwrap_or_default().to_owned())
}

/// Deletes a call, or the calls whose ids are in the body instead.
pub(super) fn delete(store: &mut Store, request: &Request<'_>) -> Answer {
    let ids = request.fields.get("ids").and_then(Value::as_array);
    let ids: Vec<_> = match ids {
        Some(ids) => ids.iter().filter_map(Value::as_str).collect(),
        None => vec![request.route.id()],
    };
    if let Some(id) = ids.iter().find(|id| store.fields(CALLS, id).is_none()) {
        return request.unknown(id);
    }
    let deleted: Vec<_> = ids
        .iter()
        .filter_map(|id| store.remove(CALLS, id, request.now))
        .collect();
    match deleted.into_iter().next() {
        Some(first) => Answer::new(200, first),
        None => Answer::refusal(400, "ids should not be empty"),
    }
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
    Times { start, now }: Times,
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
    let timeline = Timeline::new(outcome, start, spoken);
    let number = body.get("phoneNumberId").and_then(Value::as_str);
    let number = number.and_then(|id| store.fields(PHONE_NUMBERS, id));
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
    let timeline = Progress::Call(Box::new(timeline));
    let mut placed = store.keep(CALLS, body, timeline, now);
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
