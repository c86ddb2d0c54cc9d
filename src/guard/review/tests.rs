use serde_json::json;

use super::*;
use crate::{catalog::TOOLS, guard::with_value};

fn action(effect: Effect) -> Action {
    let mut tools = TOOLS.iter();
    let tool = tools.find(|tool| tool.effect == effect && !tool.operation.places.is_empty());
    Action::of(tool.unwrap())
}

fn rules(list: Option<&str>, batch: Option<usize>) -> Rules {
    Rules {
        destinations: list.map(|list| list.parse().unwrap()),
        max_batch: batch,
        ..Rules::default()
    }
}

fn under_list(body: &Value) -> Result<(), String> {
    review(
        &action(Effect::Dial),
        &rules(Some("+1,sip:*@example.com"), None),
        body,
    )
}

fn call(more: Value) -> Value {
    let mut body = json!({ "assistantId": "a", "phoneNumberId": "p", "customer": { "number": "+15550100123" } });
    for (key, value) in more.as_object().unwrap() {
        body[key] = value.clone();
    }
    body
}

#[test]
fn a_property_that_the_document_does_not_know_is_refused_where_destinations_can_stand() {
    let to = json!({ "number": "+442079460958" });
    for (more, place) in [
        (json!({ "recipients": [to] }), "recipients"),
        (json!({ "Customers": [to] }), "Customers"),
        (json!({ "recipients": "+1" }), "recipients"),
        (
            json!({ "customer": { "number": "+15550100123", "next": to } }),
            "customer.next",
        ),
        (
            json!({ "customers": [{ "number": "+15550100124", "numbers": ["+44"] }] }),
            "customers[0].numbers",
        ),
        (
            json!({ "phoneNumber": { "forwardTo": "+442079460958" } }),
            "phoneNumber.forwardTo",
        ),
        (
            json!({ "assistant": { "forwardingPhoneNumber": "+442079460958" } }),
            "assistant.forwardingPhoneNumber",
        ),
        (
            json!({ "assistantOverrides": { "x": 1 } }),
            "assistantOverrides.x",
        ),
        (
            json!({ "customer": { "number": "+15550100123", "assistantOverrides": { "x": 1 } } }),
            "customer.assistantOverrides.x",
        ),
        (
            json!({ "squad": { "members": [{ "assistant": { "model": { "x": 1 } } }] } }),
            "squad.members[0].assistant.model.x",
        ),
        (
            json!({ "assistant": { "model": { "tools": [{ "type": "transferCall", "Destinations": [] }] } } }),
            "assistant.model.tools[0].Destinations",
        ),
        (json!({ "assistant": [{ "x": 1 }] }), "assistant[0].x"),
    ] {
        let body = call(more);
        for rules in [rules(Some("+1,+44"), None), rules(None, Some(9))] {
            let said = review(&action(Effect::Dial), &rules, &body).unwrap_err();
            let start = format!(
                "this server does not know the property `{place}`, which could name a destination that --"
            );
            assert!(said.starts_with(&start), "{said}");
        }
        assert_eq!(
            review(&action(Effect::Dial), &Rules::default(), &body),
            Ok(())
        );
    }
}

#[test]
fn what_the_document_knows_passes_and_null_is_nothing() {
    for more in [
        json!({}),
        with_value(
            json!({ "recipients": null, "name": "n" }),
            action(Effect::Dial).dial.unwrap().when[0],
            json!("2027-02-01T12:00:00Z"),
        ),
        json!({ "transport": { "provider": "twilio", "anything": 1 } }),
        json!({ "assistantOverrides": { "variableValues": { "order": { "number": "A-12" }, "x": "+442079460958" }, "metadata": { "a": [1] } } }),
        json!({ "assistant": { "voice": { "provider": "x", "new": 1 }, "model": { "provider": "openai", "tools": [
            { "type": "function", "function": { "name": "f", "parameters": { "type": "object", "properties": { "number": { "type": "string" } } } } },
            { "type": "transferCall", "destinations": [
                { "type": "number", "number": "+1 (555) 010-0124", "extension": "12" },
                { "type": "sip", "sipUri": "sip:bob@example.com" },
                { "type": "assistant", "assistantName": "b" },
            ] },
        ] } } }),
        json!({ "phoneNumber": { "twilioPhoneNumber": "+442079460958", "twilioAccountSid": "x" } }),
    ] {
        assert_eq!(under_list(&call(more.clone())), Ok(()), "{more}");
    }
}

#[test]
fn a_call_is_never_transferred_to_an_emergency_or_premium_rate_number() {
    for number in ["911", "+44999", "+19005550100", "112"] {
        let to = json!([{ "type": "number", "number": number }]);
        let tools = json!([{ "type": "transferCall", "destinations": to }]);
        let body = call(json!({ "assistantOverrides": { "tools:append": tools } }));
        for rules in [rules(None, None), rules(None, Some(5))] {
            let reason = review(&action(Effect::Dial), &rules, &body).unwrap_err();
            let place = "`assistantOverrides.tools:append[0].destinations[0].number`: ";
            assert!(reason.starts_with(place), "{reason}");
        }
    }
    for number in ["+442079460958", "{{transferTo}}", "operator"] {
        let to = json!([{ "type": "number", "number": number }]);
        let tools = json!([{ "type": "transferCall", "destinations": to }]);
        let body = call(json!({ "assistantOverrides": { "tools:append": tools } }));
        let reviewed = review(&action(Effect::Dial), &rules(None, None), &body);
        assert_eq!(reviewed, Ok(()), "{number}");
    }
}

#[test]
fn a_transfer_is_held_against_the_list_wherever_it_stands() {
    let to = json!({ "type": "number", "number": "+442079460958" });
    let sip = json!({ "type": "sip", "sipUri": "sip:bob@example.org" });
    let tools = json!([{ "type": "transferCall", "destinations": [{ "type": "number", "number": "+15550100123" }, to] }]);
    let hook = |to: &Value| json!([{ "on": "call.ending", "do": [{ "type": "tool", "tool": { "type": "transferCall", "destinations": [to] } }] }]);
    for (more, place) in [
        (
            json!({ "assistant": { "model": { "tools": tools } } }),
            "assistant.model.tools[0].destinations[1].number",
        ),
        (
            json!({ "assistant": { "model": { "tools": [{ "destinations": to }] } } }),
            "assistant.model.tools[0].destinations.number",
        ),
        (
            json!({ "assistant": { "hooks": hook(&sip) } }),
            "assistant.hooks[0].do[0].tool.destinations[0].sipUri",
        ),
        (
            json!({ "assistantOverrides": { "tools:append": tools } }),
            "assistantOverrides.tools:append[0].destinations[1].number",
        ),
        (
            json!({ "squadOverrides": { "model": { "tools": tools } } }),
            "squadOverrides.model.tools[0].destinations[1].number",
        ),
        (
            json!({ "squad": { "members": [{ "assistant": { "model": { "tools": tools } } }] } }),
            "squad.members[0].assistant.model.tools[0].destinations[1].number",
        ),
        (
            json!({ "squad": { "members": [{ "assistantOverrides": { "hooks": hook(&to) } }] } }),
            "squad.members[0].assistantOverrides.hooks[0].do[0].tool.destinations[0].number",
        ),
        (
            json!({ "workflow": { "nodes": [{ "type": "tool", "tool": tools[0] }] } }),
            "workflow.nodes[0].tool.destinations[1].number",
        ),
        (
            json!({ "phoneNumber": { "fallbackDestination": to } }),
            "phoneNumber.fallbackDestination.number",
        ),
        (
            json!({ "phoneNumber": { "hooks": [{ "do": [{ "type": "transfer", "destination": sip }] }] } }),
            "phoneNumber.hooks[0].do[0].destination.sipUri",
        ),
        (
            json!({ "customers": [{ "number": "+15550100124", "assistantOverrides": { "tools:append": tools } }] }),
            "customers[0].assistantOverrides.tools:append[0].destinations[1].number",
        ),
        (
            json!({ "assistant": { "voice": { "x": { "Number": "0044 20 7946 0958" } } } }),
            "assistant.voice.x.Number",
        ),
        (
            json!({ "assistant": { "metadata": { "people": [to] } } }),
            "assistant.metadata.people[0].number",
        ),
        (
            json!({ "assistant": { "voice": { "phone_numbers": ["+442079460958"] } } }),
            "assistant.voice.phone_numbers[0]",
        ),
        (
            json!({ "transport": { "provider": "daily", "callSipUri": "SIP:bob@example.org" } }),
            "transport.callSipUri",
        ),
    ] {
        let body = call(more);
        let said = under_list(&body).unwrap_err();
        assert!(said.contains(&format!("`{place}`")), "{place}: {said}");
        assert_eq!(
            review(&action(Effect::Dial), &rules(None, Some(1)), &body),
            Ok(()),
            "{body}"
        );
    }
}

#[test]
fn a_transfer_that_cannot_be_compared_is_refused() {
    for to in [
        json!("{{number}}"),
        json!("+1{{rest}}"),
        json!("555 0100"),
        json!(15_550_100_123_u64),
        json!(["+15550100123"]),
        json!("+15550100123\u{0}x"),
    ] {
        let more = json!({ "assistant": { "model": { "tools": [{ "type": "transferCall", "destinations": [{ "type": "number", "number": to }] }] } } });
        let said = under_list(&call(more)).unwrap_err();
        assert!(
            said.starts_with(
                "`assistant.model.tools[0].destinations[0].number` is neither a phone number"
            ),
            "{said}"
        );
    }
    for more in [
        json!({ "assistant": { "model": "{\"tools\":[]}" } }),
        json!({ "assistant": { "model": { "tools": " [{}]" } } }),
        json!({ "phoneNumber": { "fallbackDestination": "{}" } }),
    ] {
        let said = under_list(&call(more)).unwrap_err();
        assert!(said.contains("is a string that contains JSON"), "{said}");
    }
    let said = under_list(&call(
        json!({ "phoneNumber": { "fallbackDestination": "+442079460958" } }),
    ));
    assert!(
        said.unwrap_err()
            .starts_with("+442079460958 at `phoneNumber.fallbackDestination`")
    );
}

#[test]
fn a_transfer_obeys_denied_and_premium_destinations() {
    let more = |number: &str| json!({ "assistantOverrides": { "tools:append": [{ "type": "transferCall", "destinations": [{ "type": "number", "number": number }] }] } });
    let denying = Rules {
        denied: Some("+44".parse().unwrap()),
        ..Rules::default()
    };
    let said =
        |number: &str, rules: &Rules| review(&action(Effect::Dial), rules, &call(more(number)));
    assert_eq!(said("+15550100199", &denying), Ok(()));
    for wrong in ["+442079460958", "{{number}}"] {
        let said = said(wrong, &denying).unwrap_err();
        assert!(said.contains("--deny-destinations"), "{said}");
    }
    let unknown = call(json!({ "recipients": [] }));
    let refused = review(&action(Effect::Dial), &denying, &unknown).unwrap_err();
    assert!(
        refused.contains("that --deny-destinations does not check"),
        "{refused}"
    );
    let list = rules(Some("+1"), None);
    assert!(
        said("+19005550100", &list)
            .unwrap_err()
            .contains("premium-rate")
    );
}

#[test]
fn a_saved_assistant_transfers_to_what_is_allowed_and_may_hold_new_properties() {
    let saved = |number: &str| json!({ "name": "x", "new": 1, "model": { "tools": [{ "type": "transferCall", "destinations": [{ "type": "number", "number": number }] }] } });
    let write = |number: &str, rules: &Rules| review(&action(Effect::Write), rules, &saved(number));
    let list = rules(Some("+1"), None);
    assert_eq!(write("+15550100123", &list), Ok(()));
    assert!(
        write("+442079460958", &list)
            .unwrap_err()
            .contains("`model.tools[0].destinations[0].number`")
    );
    assert_eq!(write("+442079460958", &rules(None, Some(1))), Ok(()));
    assert_eq!(write("+442079460958", &Rules::default()), Ok(()));
}

#[test]
fn a_place_is_told_briefly_and_on_one_line() {
    let mut deep = json!({ "number": "+442079460958" });
    for _ in 0..60 {
        deep = json!({ "a": [deep] });
    }
    let said = under_list(&call(json!({ "assistant": { "metadata": deep } }))).unwrap_err();
    assert!(said.contains("`…") && said.len() < 400, "{said}");
    let said = under_list(&call(json!({ "x\u{202e}\n`y".repeat(100): 1 }))).unwrap_err();
    assert!(
        said.len() < 400 && !said.contains(['\n', '\u{202e}']),
        "{said}"
    );
}
