//! Calls that are the same, however they are written.

use super::*;

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
