use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{request::MOST, *};
use crate::catalog::Request;
use crate::model::Effect;
use crate::time::parse_instant;
use crate::{
    api::Token,
    catalog::{TOOLS, Tool},
    guard::{
        digest::{Digest, TokenHasher},
        patterns::Allowed,
        with_value,
    },
    model::DialSpec as Places,
};

fn now() -> DateTime<Utc> {
    parse_instant("2027-01-31T12:00:00Z").unwrap()
}

fn tool() -> (&'static Tool, &'static Places) {
    let tool = TOOLS
        .iter()
        .find(|tool| tool.effect == Effect::Dial)
        .unwrap();
    (tool, tool.dial.unwrap())
}

fn dial(mut body: Value) -> Result<(DialRequest, Value), Vec<String>> {
    let (tool, places) = tool();
    match read(tool.args, places, &mut body, now()) {
        Ok(dial) => Ok((dial, body)),
        Err(errors) => Err(errors.iter().map(ToString::to_string).collect()),
    }
}

fn fingerprints(body: Value) -> Vec<Digest> {
    let (dial, body) = dial(body).unwrap();
    let hasher = TokenHasher::of(&Token::new("key").unwrap());
    let body = body.as_object().unwrap().clone();
    dial.fingerprints(&hasher, tool().1, &Request::new(Vec::new(), body))
}

#[test]
fn numbers_are_sent_in_their_normal_form_wherever_they_stand() {
    let (read, sent) = dial(json!({
        "customer": { "number": "+1 (555) 010-0123", "name": "A. B-C" },
        "customers": [{ "number": "+44 20 7946 0958" }, { "sipUri": "\u{feff}sip:\u{200b}bob@example.com\u{a0}" }],
        "name": "+1 (555)",
    }))
    .unwrap();
    assert_eq!(read.count(), 3);
    assert_eq!(
        sent,
        json!({
            "customer": { "number": "+15550100123", "name": "A. B-C" },
            "customers": [{ "number": "+442079460958" }, { "sipUri": "sip:bob@example.com" }],
            "name": "+1 (555)",
        })
    );
}

#[test]
fn what_is_no_destination_is_told_by_its_place() {
    let said = dial(json!({
        "customer": { "number": "555 0100" },
        "customers": [{ "number": "+15550100123" }, { "number": 15550100123_u64 }, { "sipUri": "bob" }],
    }))
    .unwrap_err();
    let starts = [
        "`customer.number`: is not an E.164 number",
        "`customers[1].number`: must be a string",
        "`customers[2].sipUri`: is not a valid SIP address",
    ];
    assert_eq!(said.len(), 3, "{said:?}");
    for (line, start) in said.iter().zip(starts) {
        assert!(line.starts_with(start), "{line}");
    }
}

#[test]
fn another_form_passes_where_the_check_is_off_but_no_list_allows_it() {
    let body = |enabled: Value| json!({ "customer": { "number": "5550100", "numberE164CheckEnabled": enabled } });
    let (read, sent) = dial(body(json!(false))).unwrap();
    assert_eq!(sent["customer"]["number"], "5550100");
    assert!(read.outside(&"+1,+5".parse().unwrap()).is_some());
    for enabled in [json!(true), json!("false"), json!(null)] {
        assert!(dial(body(enabled)).is_err());
    }
    let (read, _) = dial(
        json!({ "customer": { "number": "+1 555 010 0123", "numberE164CheckEnabled": false } }),
    )
    .unwrap();
    assert_eq!(read.outside(&"+1".parse().unwrap()), None);
}

#[test]
fn a_destination_that_cannot_be_told_is_outside_every_list() {
    let allowed: Allowed = "+1,sip:*@example.com".parse().unwrap();
    let good = json!({ "number": "+15550100123" });
    assert_eq!(
        dial(json!({ "customer": good }))
            .unwrap()
            .0
            .outside(&allowed),
        None
    );
    for body in [
        json!({ "customerId": "x" }),
        json!({ "customer": good, "customerId": "x" }),
        json!({ "phoneNumberId": "p" }),
        json!({ "phoneNumberId": "p", "customer": {} }),
        json!({ "phoneNumber": { "twilioAccountSid": "x" } }),
        json!({ "transport": { "provider": "daily" } }),
        json!({ "transport": { "callSipUri": "sip:bob@example.org" } }),
        json!({ "customer": { "name": "x" } }),
        json!({ "customer": "+15550100123" }),
        json!({ "customers": good }),
        json!({ "customers": [{}] }),
        json!({ "customers": [null] }),
        json!({ "customers": [good, {}] }),
        json!({ "customers": [good, { "number": "+442079460958" }] }),
        json!({ "customer": { "number": "+15550100123", "sipUri": "sip:bob@example.org" } }),
        json!({ "customer": good, "customers": [{ "number": "+442079460958" }] }),
    ] {
        let (read, _) = dial(body.clone()).unwrap();
        assert!(read.outside(&allowed).is_some(), "{body}");
    }
}

#[test]
fn a_call_that_names_neither_end_rings_nobody_and_is_outside_no_list() {
    let allowed: Allowed = "+1".parse().unwrap();
    for body in [
        json!({ "assistantId": "a" }),
        json!({ "assistantId": "a", "customer": {} }),
        json!({ "assistantId": "a", "customer": null, "customers": [], "customerId": "" }),
        json!({ "assistantId": "a", "phoneNumberId": " ", "transport": {} }),
    ] {
        let (read, _) = dial(body.clone()).unwrap();
        assert!(read.is_web(), "{body}");
        assert_eq!(read.outside(&allowed), None, "{body}");
    }
}

#[test]
fn destinations_are_counted_without_a_look_at_them() {
    let places = tool().1;
    let body = |count: usize| json!({ "customer": {}, "customers": vec![json!(0); count] });
    assert_eq!(too_many(places, &body(MOST)), None);
    assert_eq!(too_many(places, &body(MOST + 1)), Some(MOST + 1));
    let both = json!({ "customer": { "name": "x" }, "customers": vec![json!(0); MOST] });
    assert_eq!(too_many(places, &both), Some(MOST + 1));
    assert_eq!(too_many(places, &json!({ "customers": {} })), None);
}

#[test]
fn the_same_call_has_the_same_print_however_it_was_written() {
    let start = tool().1.when[0];
    let base = json!({ "assistantId": "a", "customer": { "number": "+15550100123" } });
    let base = with_value(base, start, json!("2027-02-01T12:00:00Z"));
    let changed = |pointer: &str, value: Value| {
        let mut body = base.clone();
        *body.pointer_mut(pointer).unwrap() = value;
        fingerprints(body)
    };
    assert_eq!(
        fingerprints(base.clone()),
        changed("/customer/number", json!("+1 555 010 0123"))
    );
    assert_eq!(
        fingerprints(base.clone()),
        changed(
            "/customer",
            json!({ "number": "+15550100123", "name": "x" })
        )
    );
    assert_eq!(
        fingerprints(base.clone()),
        changed(start, json!("2027-02-01T13:00:00+01:00"))
    );
    assert_ne!(
        fingerprints(base.clone()),
        changed("/customer/number", json!("+15550100124"))
    );
    assert_ne!(
        fingerprints(base.clone()),
        changed("/assistantId", json!("b"))
    );
    assert_eq!(
        fingerprints(base.clone()),
        changed(start, json!("2027-02-01T17:00:00Z")),
        "when it rings is compared by itself"
    );
    for (key, nothing) in [
        ("squad", json!({})),
        ("squad", json!({ "members": [] })),
        ("workflow", json!({})),
        ("assistant", json!({ "name": null })),
        ("squadId", json!("")),
        ("workflowId", json!(" ")),
        ("squadId", json!(null)),
    ] {
        let mut body = base.clone();
        body[key] = nothing;
        assert_eq!(fingerprints(base.clone()), fingerprints(body), "{key}");
        let mut body = base.clone();
        body[key] = json!("other");
        assert_ne!(fingerprints(base.clone()), fingerprints(body), "{key}");
    }
    let inline = |prompt: &str| {
        fingerprints(
            json!({ "assistant": { "prompt": prompt }, "customer": { "number": "+15550100123" } }),
        )
    };
    assert_eq!(inline("x"), inline("x"));
    assert_ne!(inline("x"), inline("y"));
    assert_eq!(
        fingerprints(json!({ "customerId": "a" })),
        fingerprints(json!({ "customerId": "a" }))
    );
    assert_ne!(
        fingerprints(json!({ "customerId": "a" })),
        fingerprints(json!({ "customerId": "b" }))
    );
    let extension = |extension: Value| {
        changed(
            "/customer",
            json!({ "number": "+15550100123", "extension": extension }),
        )
    };
    assert_ne!(extension(json!("12")), fingerprints(base.clone()));
    assert_ne!(extension(json!("12")), extension(json!("13")));
    for same in [" 12", "1-2", "12#", "ww12"] {
        assert_eq!(extension(json!("12")), extension(json!(same)), "{same}");
    }
    for none in [json!(""), json!(" "), json!("w"), json!(null), json!(12)] {
        assert_eq!(
            extension(none.clone()),
            fingerprints(base.clone()),
            "{none}"
        );
    }
    let sip = |customer: Value| fingerprints(json!({ "assistantId": "a", "customer": customer }));
    assert_eq!(
        sip(json!({ "sipUri": "sip:bob@example.com", "extension": "12" })),
        sip(json!({ "sipUri": "sip:bob@example.com" }))
    );
    let batch = fingerprints(
        json!({ "assistantId": "a", "customers": [{ "number": "+15550100123" }, { "number": "+15550100124" }] }),
    );
    let single =
        fingerprints(json!({ "assistantId": "a", "customer": { "number": "+15550100124" } }));
    assert_eq!(batch[1..], single[..]);
}

#[test]
fn a_time_is_to_come_and_has_a_zone() {
    let at = |place: &str, time: Value| dial(with_value(json!({}), place, time)).map(|_| ());
    let [start, end] = [0, 1].map(|index| tool().1.when[index]);
    for time in [
        "2027-01-31T11:59:01Z",
        "2027-01-31T12:00:00Z",
        "2027-02-01T02:00:00+14:00",
        "20270201T000000Z",
    ] {
        assert_eq!(at(start, json!(time)), Ok(()), "{time}");
    }
    for (place, argument) in [(start, "scheduledAt"), (end, "latestAt")] {
        for time in [
            json!("2027-02-01T00:00:00"),
            json!("2027-02-01"),
            json!("tomorrow"),
            json!(1_801_000_000),
        ] {
            let said = at(place, time.clone()).unwrap_err();
            assert_eq!(said.len(), 1);
            assert!(
                said[0].starts_with(&format!(
                    "`{argument}`: must be a date with time and zone, for example 2027-"
                )),
                "{said:?}"
            );
        }
        for time in [
            "2027-01-31T11:58:59Z",
            "2027-01-31T12:30:00+01:00",
            "2020-01-01T00:00:00Z",
        ] {
            let said = at(place, json!(time)).unwrap_err();
            let past = "is in the past: it is now 2027-01-31T12:00:00Z; give";
            assert!(
                said[0].starts_with(&format!("`{argument}`: {past}")),
                "{said:?}"
            );
        }
    }
}
