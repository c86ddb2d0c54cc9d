//! Which calls are placed: those that say all that it takes, and each only once, however it is
//! spelled. In process, before an upstream that counts.

mod spellings;
mod times;

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use crate::support::{call_among, call_guarded, members, vapi};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};
use vapi_mcp::{
    call::Outcome,
    guard::{Guard, rules::Rules},
};
use wiremock::{MockServer, ResponseTemplate};

const NUMBER: &str = "+15550100123";

const ASSISTANT: &str = "a5515700-0000-4000-8000-00000000000b";

const SQUAD: &str = "5a0ad000-0000-4000-8000-00000000000c";

const LINE: &str = "90e00000-0000-4000-8000-00000000000d";

/// A guard at a time of its own before a Vapi that places every call.
struct Desk {
    guard: Guard,
    vapi: MockServer,
    seconds: Arc<AtomicI64>,
}

impl Desk {
    async fn new() -> Self {
        Self::with(Rules::default()).await
    }

    async fn with(rules: Rules) -> Self {
        let placed = json!({ "id": "call-1", "status": "queued" });
        Self::answering(rules, ResponseTemplate::new(201).set_body_json(placed)).await
    }

    async fn answering(rules: Rules, answer: ResponseTemplate) -> Self {
        // 12:00.
        let seconds = Arc::new(AtomicI64::new(1_801_396_800));
        let clock = seconds.clone();
        let now = move || DateTime::from_timestamp(clock.load(Ordering::Relaxed), 0).unwrap();
        Self {
            guard: Guard::with_clock(rules, Arc::new(now)).unwrap(),
            vapi: vapi(answer).await,
            seconds,
        }
    }

    async fn call(&self, arguments: &Value) -> Outcome {
        call_guarded(
            &self.vapi,
            "create_call",
            members(arguments.clone()),
            &self.guard,
        )
        .await
    }

    async fn accepted(&self, arguments: &Value) -> Outcome {
        let outcome = self.call(arguments).await;
        assert!(!outcome.is_error, "{arguments}: {}", outcome.text);
        outcome
    }

    /// What is said of a call that is not sent.
    async fn refused(&self, arguments: &Value) -> String {
        let before = self.requests().await;
        let outcome = self.call(arguments).await;
        assert!(outcome.is_error, "{arguments}: {}", outcome.text);
        assert_eq!(self.requests().await, before, "{arguments}");
        outcome.text
    }

    async fn requests(&self) -> usize {
        self.vapi.received_requests().await.unwrap().len()
    }

    async fn sent(&self) -> Value {
        let requests = self.vapi.received_requests().await.unwrap();
        serde_json::from_slice(&requests.last().unwrap().body).unwrap()
    }

    fn wait(&self, seconds: i64) {
        self.seconds.fetch_add(seconds, Ordering::Relaxed);
    }

    /// The time of day in so many seconds.
    fn later(&self, seconds: i64) -> String {
        let now = self.seconds.load(Ordering::Relaxed);
        DateTime::from_timestamp(now + seconds, 0)
            .unwrap()
            .to_rfc3339()
    }
}

fn base() -> Value {
    json!({ "assistantId": ASSISTANT, "phoneNumberId": LINE, "customer": { "number": NUMBER } })
}

/// The base with other members; null takes one away.
fn with(changes: Value) -> Value {
    let mut arguments = base();
    for (key, value) in members(changes) {
        match value {
            Value::Null => drop(arguments.as_object_mut().unwrap().shift_remove(&key)),
            value => arguments[key] = value,
        }
    }
    arguments
}

#[tokio::test]
async fn more_destinations_than_one_call_may_have_are_refused_unread() {
    let customers = |count: usize| {
        let customers = (0..count).map(|n| json!({ "number": format!("+1555{n:07}") }));
        with(json!({ "customer": null, "customers": customers.collect::<Vec<_>>() }))
    };
    let desk = Desk::new().await;
    desk.accepted(&customers(400)).await;
    let mut unread = customers(401);
    unread["customers"][0]["number"] = json!("nonsense");
    let said = desk.refused(&unread).await;
    assert!(
        said.contains("it has 401 destinations, but a tool call may have at most 400"),
        "{said}"
    );
    let said = desk.refused(&customers(120_000)).await;
    assert!(said.contains("it has 120000 destinations"), "{said}");
    let rules = Rules {
        max_batch: Some(1_000),
        ..Rules::default()
    };
    let said = Desk::with(rules).await.refused(&customers(401)).await;
    assert!(said.contains("at most 400"), "{said}");
    let rules = Rules {
        max_batch: Some(2),
        ..Rules::default()
    };
    let said = Desk::with(rules).await.refused(&customers(3)).await;
    assert!(said.contains("--max-batch"), "{said}");
}

#[tokio::test]
async fn a_call_that_lacks_something_is_refused_with_what_and_where_it_is_listed() {
    let speaker = "`assistantId`: is missing: a call needs a speaker; give assistantId (list_assistants shows the ids)";
    let line = "`phoneNumberId`: is missing: a phone call needs a number to call from; give phoneNumberId (list_phone_numbers shows the ids)";
    let whom =
        "`customer`: is missing: a phone call needs a destination, with `number` or `sipUri`";
    let desk = Desk::new().await;
    for (given, missing) in [
        (json!({}), vec![speaker, line, whom]),
        (
            json!({ "name": "x", "assistantId": "", "squad": {} }),
            vec![speaker, line, whom],
        ),
        (
            with(json!({ "assistantId": null, "phoneNumberId": null })),
            vec![speaker, line],
        ),
        (
            with(json!({ "assistantId": null, "customer": null })),
            vec![speaker, whom],
        ),
        (with(json!({ "assistantId": null })), vec![speaker]),
        (
            with(json!({ "assistantId": " ", "assistant": {}, "workflow": { "nodes": [] } })),
            vec![speaker],
        ),
        (with(json!({ "phoneNumberId": null })), vec![line]),
        (
            with(json!({ "phoneNumberId": "", "phoneNumber": {} })),
            vec![line],
        ),
        (
            with(json!({ "phoneNumberId": null, "transport": {} })),
            vec![line],
        ),
        (
            with(json!({ "phoneNumberId": null, "customer": null, "customerId": "c" })),
            vec![line],
        ),
        (
            with(
                json!({ "phoneNumberId": null, "customer": null, "customers": [{ "number": NUMBER }] }),
            ),
            vec![line],
        ),
        (with(json!({ "customer": null })), vec![whom]),
        (with(json!({ "customer": {} })), vec![whom]),
        (with(json!({ "customer": { "name": "Ada" } })), vec![whom]),
        (
            with(json!({ "customer": null, "customers": [] })),
            vec![whom],
        ),
        (
            with(json!({ "customer": null, "customerId": "" })),
            vec![whom],
        ),
        (
            with(
                json!({ "customer": null, "customers": [{ "number": NUMBER }, { "name": "Ada" }, {}] }),
            ),
            vec![
                "`customers[1]`: names no destination",
                "`customers[2]`: names no destination",
            ],
        ),
    ] {
        for dry in [false, true] {
            let mut given = given.clone();
            given["dryRun"] = json!(dry);
            let said = desk.refused(&given).await;
            let lines: Vec<_> = said.lines().skip(1).collect();
            assert_eq!(lines.len(), missing.len(), "{given}: {said}");
            for (line, start) in lines.iter().zip(&missing) {
                assert!(line.starts_with(&format!("- {start}")), "{given}: {said}");
            }
        }
    }
    assert_eq!(desk.requests().await, 0);
}

#[tokio::test]
async fn a_tool_that_the_caller_does_not_have_is_not_named_for_what_is_missing() {
    let vapi = vapi(ResponseTemplate::new(500)).await;
    let tools = "create_call,list_assistants";
    let said = call_among(&vapi, tools, "create_call", Map::new()).await;
    assert!(said.is_error && vapi.received_requests().await.unwrap().is_empty());
    let said = said.text;
    assert!(said.contains("give assistantId (list_assistants"), "{said}");
    assert!(said.contains("give phoneNumberId or phoneNumber"), "{said}");
    assert!(!said.contains("list_phone_numbers"), "{said}");
}

#[tokio::test]
async fn every_way_to_say_who_from_where_and_whom_is_sent() {
    for given in [
        base(),
        with(json!({ "assistantId": null, "squadId": "s" })),
        with(json!({ "assistantId": null, "squad": { "members": [{ "assistantId": "a" }] } })),
        with(json!({ "assistantId": null, "assistant": { "name": "Ada" } })),
        with(json!({ "assistantId": null, "workflowId": "w" })),
        with(json!({ "assistantId": null, "workflow": { "name": "w" } })),
        with(
            json!({ "phoneNumberId": null, "phoneNumber": { "twilioPhoneNumber": "+15550100199", "twilioAccountSid": "x" } }),
        ),
        with(json!({ "phoneNumberId": null, "phoneNumber": { "twilioAccountSid": "x" } })),
        with(json!({ "phoneNumberId": null, "transport": { "provider": "vapi.sip" } })),
        with(json!({ "customer": null, "transport": { "provider": "twilio" } })),
        with(json!({ "customer": null, "customerId": "c" })),
        with(json!({ "customer": { "sipUri": "sip:bob@example.com" } })),
        with(
            json!({ "customer": null, "customers": [{ "number": NUMBER }, { "sipUri": "sip:bob@example.com" }] }),
        ),
    ] {
        let desk = Desk::new().await;
        let outcome = desk.accepted(&given).await;
        assert!(
            outcome
                .remarks
                .iter()
                .all(|line| !line.contains("web call")),
            "{given}"
        );
        assert_eq!(desk.sent().await, given);
    }
}

#[tokio::test]
async fn a_call_without_both_ends_is_a_web_call_which_rings_nobody() {
    let remark = |outcome: &Outcome| {
        outcome
            .remarks
            .iter()
            .any(|line| line.contains("web call: no phone rings"))
    };
    let rules = || Rules {
        destinations: Some("+1".parse().unwrap()),
        ..Rules::default()
    };
    for given in [
        json!({ "assistantId": "a" }),
        json!({ "assistant": { "name": "Ada" } }),
        json!({ "squadId": "s", "customer": {} }),
    ] {
        let desk = Desk::with(rules()).await;
        let mut dry = given.clone();
        dry["dryRun"] = json!(true);
        assert!(remark(&desk.accepted(&dry).await), "{given}");
        assert!(remark(&desk.accepted(&given).await), "{given}");
        assert_eq!(desk.requests().await, 1);
    }
    let desk = Desk::new().await;
    let given = json!({ "assistantId": "a", "transport": { "provider": "vapi.websocket" } });
    assert!(remark(&desk.accepted(&given).await));
    // What is not understood may ring somebody.
    for given in [
        json!({ "assistantId": "a", "transport": { "provider": "vapi.websocket" } }),
        json!({ "assistantId": "a", "customer": { "name": "Ada" } }),
        json!({ "assistantId": "a", "customerId": "c" }),
    ] {
        let said = Desk::with(rules()).await.refused(&given).await;
        assert!(
            said.contains("its destination is not visible"),
            "{given}: {said}"
        );
    }
}

#[tokio::test]
async fn a_dry_run_is_refused_where_the_call_would_be() {
    let dry = |mut arguments: Value| {
        arguments["dryRun"] = json!(true);
        arguments
    };
    let rules = Rules {
        max_calls: Some("1/hour".parse().unwrap()),
        ..Rules::default()
    };
    let desk = Desk::with(rules).await;
    desk.accepted(&dry(base())).await;
    desk.accepted(&base()).await;
    assert!(desk.refused(&dry(base())).await.contains("the same call"));
    let other = with(json!({ "customer": { "number": "+15550100124" } }));
    assert!(
        desk.refused(&dry(other))
            .await
            .contains("at most 1 call per hour")
    );
    let rules = Rules {
        confirm: "dial".parse().unwrap(),
        ..Rules::default()
    };
    let said = Desk::with(rules).await.refused(&dry(base())).await;
    assert!(
        said.contains("the user must confirm it (--confirm), but the user cannot be asked"),
        "{said}"
    );
    let rules = Rules {
        audit_log: Some("/no such folder/audit.jsonl".into()),
        ..Rules::default()
    };
    let said = Desk::with(rules).await.refused(&dry(base())).await;
    assert!(said.contains("the audit log cannot be written"), "{said}");
}

/// Asserts that every spelling is taken for the first one, whichever comes first.
async fn assert_same(spellings: &[Value]) {
    let (first, others) = spellings.split_first().unwrap();
    for other in others {
        for (first, second) in [(first, other), (other, first)] {
            let desk = Desk::new().await;
            desk.accepted(first).await;
            let said = desk.refused(second).await;
            assert!(
                said.contains("the same call") && said.contains("allowDuplicate"),
                "{first} and {second}: {said}"
            );
        }
    }
}
