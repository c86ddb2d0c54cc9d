//! Which calls are placed: those that say all that it takes, and each only once, however it is
//! spelled. In process, before an upstream that counts.
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

/// Asserts that none of these calls is taken for another one.
async fn assert_different(calls: &[Value]) {
    let desk = Desk::new().await;
    for call in calls {
        desk.accepted(call).await;
    }
    assert_eq!(desk.requests().await, calls.len());
}

#[tokio::test]
async fn the_same_speaker_is_recognised_in_every_spelling() {
    let upper = ASSISTANT.to_uppercase();
    assert_same(&[
        base(),
        with(json!({ "assistantId": upper })),
        with(json!({ "assistantId": format!("{{{ASSISTANT}}}") })),
        with(json!({ "assistantId": format!("{{{upper}}}") })),
        with(json!({ "assistantId": format!("urn:uuid:{ASSISTANT}") })),
        with(json!({ "assistantId": format!("URN:UUID:{upper}") })),
        with(json!({ "assistantId": ASSISTANT.replace('-', "") })),
        with(json!({ "assistantId": format!(" {ASSISTANT}\n") })),
        with(json!({ "assistantId": format!("\u{200b}{ASSISTANT}\u{feff}") })),
        with(json!({ "squad": {} })),
        with(json!({ "squad": { "members": [] } })),
        with(json!({ "workflow": {} })),
        with(json!({ "assistant": {} })),
        with(json!({ "assistant": { "name": "" } })),
        with(json!({ "squadId": "" })),
        with(json!({ "squadId": " " })),
        with(json!({ "workflowId": "" })),
        // What is said beside it changes neither who speaks nor whom it rings.
        with(json!({ "phoneNumberId": "another" })),
        with(json!({ "name": "again" })),
        with(json!({ "assistantOverrides": { "variableValues": { "try": 2 } } })),
        with(json!({ "customer": { "number": NUMBER, "name": "Ada" } })),
        with(json!({ "customer": { "number": NUMBER, "extension": "" } })),
        with(json!({ "customer": { "number": NUMBER, "sipUri": null } })),
        with(json!({ "customer": null, "customers": [{ "number": NUMBER }] })),
    ])
    .await;
    // Null cannot be written with `with`.
    let mut nulls = base();
    for key in [
        "squadId",
        "squad",
        "workflowId",
        "workflow",
        "assistant",
        "customers",
    ] {
        nulls[key] = Value::Null;
    }
    assert_same(&[base(), nulls]).await;
    let squad = |id: &str| with(json!({ "assistantId": null, "squadId": id }));
    let workflow = |id: &str| with(json!({ "assistantId": null, "workflowId": id }));
    assert_same(&[squad(SQUAD), squad(&SQUAD.to_uppercase())]).await;
    assert_same(&[workflow(SQUAD), workflow(&format!("{{{SQUAD}}}"))]).await;
    let customer = |id: &str| with(json!({ "customer": null, "customerId": id }));
    assert_same(&[customer(SQUAD), customer(&SQUAD.to_uppercase())]).await;
}

#[tokio::test]
async fn an_inline_assistant_is_recognised_whatever_the_order_of_its_keys() {
    let inline = |assistant: &str| {
        let assistant: Value = serde_json::from_str(assistant).unwrap();
        with(json!({ "assistantId": null, "assistant": assistant }))
    };
    assert_same(&[
        inline(r#"{"name":"Ada","model":{"provider":"openai","model":"gpt-4o","temperature":1}}"#),
        inline(r#"{"model":{"temperature":1.0,"model":"gpt-4o","provider":"openai"},"name":"Ada"}"#),
        inline(r#"{"name":"Ada","voice":null,"model":{"provider":"openai","model":"gpt-4o","temperature":1,"toolIds":[]}}"#),
    ])
    .await;
    let squad = |id: &str| {
        let squad = json!({ "members": [{ "assistantId": id }] });
        with(json!({ "assistantId": null, "squad": squad }))
    };
    assert_same(&[squad(ASSISTANT), squad(&ASSISTANT.to_uppercase())]).await;
    assert_different(&[
        inline(r#"{"name":"Ada","firstMessage":"Hi"}"#),
        inline(r#"{"name":"Ada","firstMessage":"Hello"}"#),
        inline(r#"{"name":"Ada","firstMessage":""}"#),
        inline(r#"{"name":"Ada"}"#),
        inline(r#"{"name":"ada"}"#),
    ])
    .await;
}

#[tokio::test]
async fn a_number_is_recognised_in_every_spelling() {
    let number = |number: &str| with(json!({ "customer": { "number": number } }));
    assert_same(&[
        base(),
        number("+1 555 010 0123"),
        number(" +1 (555) 010-0123 "),
        number("+1.555.010.0123"),
        number("+1\u{a0}555\u{2011}010\u{2013}0123"),
    ])
    .await;
    let extension =
        |extension: &str| with(json!({ "customer": { "number": NUMBER, "extension": extension } }));
    assert_same(&[
        extension("12"),
        extension(" 12"),
        extension("1-2"),
        extension("ww12#"),
    ])
    .await;
}

#[tokio::test]
async fn a_number_that_is_not_checked_is_recognised_in_every_spelling() {
    let free = |number: &str| {
        with(json!({ "customer": { "number": number, "numberE164CheckEnabled": false } }))
    };
    assert_same(&[
        base(),
        free(NUMBER),
        free("+1 (555) 010-0123"),
        free("15550100123"),
        free("0015550100123"),
        free("00 1 555 010 0123"),
        free("tel:+15550100123"),
        free("TEL:+1-555-010-0123"),
        free("tel:+15550100123;phone-context=example.com"),
        free("+15550100123;ext=5"),
        free("+1/555/010/0123"),
        free(" +15550100123\n"),
    ])
    .await;
    assert_different(&[
        free("5550100"),
        free("5550101"),
        free("15550100124"),
        free("445550100123"),
    ])
    .await;
}

#[tokio::test]
async fn a_sip_address_is_recognised_in_every_spelling() {
    let sip = |uri: &str| with(json!({ "customer": { "sipUri": uri } }));
    assert_same(&[
        sip("sip:bob@example.com"),
        sip(" SIP:bob@Example.COM "),
        sip("sips:bob@example.com"),
        sip("sip:bob@example.com:5060"),
        sip("sip:bob@example.com."),
        sip("sip:bob@example.com;transport=tcp"),
        sip("sip:bob@example.com;user=phone?subject=x"),
        sip("sip:bob:secret@example.com"),
        sip("sip:%62ob@example.com"),
        sip("sip:b%6Fb@example.com"),
        sip("sip:b%6fb@example.com"),
    ])
    .await;
}

#[tokio::test]
async fn other_speakers_destinations_and_times_are_other_calls() {
    let sip = |uri: &str| with(json!({ "customer": { "sipUri": uri } }));
    let at = |time: &str| with(json!({ "scheduledAt": time }));
    assert_different(&[
        base(),
        with(json!({ "assistantId": SQUAD })),
        with(json!({ "assistantId": "a" })),
        with(json!({ "assistantId": "A" })),
        with(json!({ "squadId": SQUAD })),
        with(json!({ "assistantId": null, "squadId": ASSISTANT })),
        with(json!({ "assistantId": null, "workflowId": ASSISTANT })),
        with(json!({ "assistantId": null, "assistant": { "name": "Ada" } })),
        with(json!({ "customer": { "number": "+15550100124" } })),
        with(json!({ "customer": { "number": "+4915550100123" } })),
        with(json!({ "customer": { "number": NUMBER, "extension": "12" } })),
        with(json!({ "customer": { "number": NUMBER, "extension": "13" } })),
        with(json!({ "customer": null, "customerId": ASSISTANT })),
        sip("sip:bob@example.com"),
        sip("sip:Bob@example.com"),
        sip("sip:bob@example.org"),
        at("2099-03-25T09:00:00Z"),
        at("2099-03-25T17:00:00Z"),
        at("2099-03-25T09:02:00Z"),
        at("2099-03-26T09:00:00Z"),
        with(json!({ "customer": null, "customers": [{ "number": "+15550100125" }, { "number": "+15550100126" }] })),
    ])
    .await;
}

#[tokio::test]
async fn a_call_at_a_time_is_the_same_within_two_minutes_of_it() {
    let at = |time: &str| with(json!({ "scheduledAt": time }));
    assert_same(&[
        at("2099-03-25T09:00:00Z"),
        at("2099-03-25T10:00:00+01:00"),
        at("2099-03-25 09:00:00,5z"),
        at("20990325T0900Z"),
        at("2099-03-25T09:01:59Z"),
        at("2099-03-25T08:58:01Z"),
        with(json!({ "schedulePlan": { "earliestAt": "2099-03-25T09:00:00Z" } })),
    ])
    .await;
}

#[tokio::test]
async fn a_time_within_two_minutes_is_now_and_is_sent_as_it_was_given() {
    let desk = Desk::new().await;
    let soon = with(json!({ "scheduledAt": desk.later(90) }));
    desk.accepted(&base()).await;
    assert!(desk.refused(&soon).await.contains("the same call"));
    desk.wait(600);
    let soon = with(json!({ "scheduledAt": desk.later(90) }));
    desk.accepted(&soon).await;
    assert_eq!(
        desk.sent().await["schedulePlan"]["earliestAt"],
        soon["scheduledAt"]
    );
    assert!(desk.refused(&base()).await.contains("the same call"));
    // It rings at 90 s.
    desk.wait(150);
    assert!(desk.refused(&base()).await.contains("the same call"));
    desk.wait(60);
    desk.accepted(&base()).await;
    desk.accepted(&with(json!({ "scheduledAt": desk.later(120) })))
        .await;
}

#[tokio::test]
async fn a_call_for_next_week_is_the_same_tomorrow() {
    const DAY: i64 = 86_400;
    let desk = Desk::new().await;
    let call = with(json!({ "scheduledAt": desk.later(7 * DAY) }));
    desk.accepted(&call).await;
    for _ in 0..6 {
        desk.wait(DAY);
        assert!(desk.refused(&call).await.contains("the same call"));
    }
    desk.accepted(&with(json!({ "scheduledAt": desk.later(DAY + 120) })))
        .await;
    desk.wait(DAY);
    // It rings now.
    assert!(desk.refused(&base()).await.contains("the same call"));
    desk.wait(300);
    desk.accepted(&base()).await;
}

#[tokio::test]
async fn a_batch_and_its_single_calls_are_the_same() {
    let other = "+15550100124";
    let batch =
        with(json!({ "customer": null, "customers": [{ "number": NUMBER }, { "number": other }] }));
    let desk = Desk::new().await;
    desk.accepted(&batch).await;
    for number in [NUMBER, other] {
        let single = with(json!({ "customer": { "number": number } }));
        assert!(desk.refused(&single).await.contains("the same call"));
    }
    let desk = Desk::new().await;
    desk.accepted(&with(json!({ "customer": { "number": other } })))
        .await;
    assert!(desk.refused(&batch).await.contains("the same call"));
    let twice = json!([{ "number": NUMBER }, { "number": "+1 (555) 010-0123" }]);
    let twice = with(json!({ "customer": null, "customers": twice }));
    let said = desk.refused(&twice).await;
    assert!(
        said.contains("it contains the same destination twice"),
        "{said}"
    );
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
        said.contains("it has 401 destinations, and one tool call may have at most 400"),
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
    let line = "`phoneNumberId`: is missing: a telephone call needs a number to call from; give phoneNumberId (list_phone_numbers shows the ids)";
    let whom =
        "`customer`: is missing: a telephone call needs a destination, with `number` or `sipUri`";
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
        said.contains("a person has to confirm it (--confirm), and there is nobody"),
        "{said}"
    );
    let rules = Rules {
        audit_log: Some("/no such folder/audit.jsonl".into()),
        ..Rules::default()
    };
    let said = Desk::with(rules).await.refused(&dry(base())).await;
    assert!(said.contains("the audit log cannot be written"), "{said}");
}

#[tokio::test]
async fn a_scheduled_call_is_known_after_a_restart_until_it_has_rung() {
    let folder = tempfile::TempDir::new().unwrap();
    let rules = || Rules {
        audit_log: Some(folder.path().join("audit.jsonl")),
        ..Rules::default()
    };
    let desk = Desk::with(rules()).await;
    let call = with(json!({ "scheduledAt": desk.later(7 * 86_400) }));
    desk.accepted(&call).await;
    let again = Desk::with(rules()).await;
    assert!(again.refused(&call).await.contains("the same call"));
    again.accepted(&base()).await;
    let again = Desk::with(rules()).await;
    assert!(again.refused(&base()).await.contains("the same call"));
    assert!(again.refused(&call).await.contains("the same call"));
}

#[tokio::test]
async fn no_time_of_the_clock_ends_a_call_without_an_answer() {
    let year_0 = DateTime::from_timestamp(-62_167_219_200, 0).unwrap();
    let leap = DateTime::parse_from_rfc3339("2016-12-31T23:59:60Z").unwrap();
    for time in [
        DateTime::<Utc>::MIN_UTC,
        year_0,
        DateTime::UNIX_EPOCH,
        leap.to_utc(),
        DateTime::parse_from_rfc3339("9999-12-31T23:59:59Z")
            .unwrap()
            .to_utc(),
        DateTime::<Utc>::MAX_UTC,
    ] {
        let folder = tempfile::TempDir::new().unwrap();
        let rules = Rules {
            audit_log: Some(folder.path().join("audit.jsonl")),
            max_calls: Some("3/day".parse().unwrap()),
            ..Rules::default()
        };
        let guard = Guard::with_clock(rules, Arc::new(move || time)).unwrap();
        let vapi = vapi(ResponseTemplate::new(201).set_body_json(json!({ "id": "c" }))).await;
        for given in [
            base(),
            with(json!({ "scheduledAt": "0000-01-01T00:00:00+14:00" })),
            with(json!({ "scheduledAt": "9999-12-31T24:00:00-23:59" })),
            with(json!({ "scheduledAt": "9999-12-31T23:59:59Z", "latestAt": "0000-01-01T00:00Z" })),
        ] {
            let outcome = call_guarded(&vapi, "create_call", members(given), &guard).await;
            assert!(!outcome.text.is_empty());
        }
        let outcome = call_guarded(&vapi, "create_call", members(base()), &guard).await;
        assert!(
            outcome.text.contains("the same call"),
            "{time}: {}",
            outcome.text
        );
    }
}
