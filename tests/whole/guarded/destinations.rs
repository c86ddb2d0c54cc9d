//! Destinations of campaigns and chats, and those that are stored.

use serde_json::json;
use vapi_mcp::guard::rules::Rules;

use super::{Guarded, campaign, chat, copied, moved};

#[tokio::test]
async fn contacts_are_held_against_the_lists_and_those_that_nobody_sees_are_outside() {
    let server = Guarded::new(Rules {
        destinations: Some("+1555".parse().unwrap()),
        ..Rules::default()
    })
    .await;
    let foreign = campaign(&["+15550100111", "+442079460000"]);
    server
        .refuses("spend_api", foreign, "--allow-destinations")
        .await;
    server
        .refuses("spend_api", copied(), "--allow-destinations")
        .await;
    server
        .accepts("spend_api", campaign(&["+15550100111"]))
        .await;
}

#[tokio::test]
async fn destinations_that_are_not_visible_are_refused_with_the_way_out() {
    let server = Guarded::new(Rules {
        destinations: Some("+1555".parse().unwrap()),
        ..Rules::default()
    })
    .await;
    let call = json!({ "operation": "POST /call", "body": { "assistantId": "a1", "phoneNumberId": "p1", "customerId": "u1" } });
    for (given, told, way_out) in [
        (
            copied(),
            "its destinations are not visible",
            "list the contacts in `customers`",
        ),
        (
            moved("c1"),
            "its destinations are not visible",
            "create another campaign that lists the contacts",
        ),
        (
            chat("Hello."),
            "its destination is not visible",
            "give the number in `transport.customer`",
        ),
        (
            call,
            "its destination is not visible",
            "give the number itself in `customer`",
        ),
        (
            campaign(&[]),
            "it names no destination",
            "give the number itself",
        ),
    ] {
        server
            .refuses_after_reading("spend_api", given.clone(), told)
            .await;
        server
            .refuses_after_reading("spend_api", given, way_out)
            .await;
    }
}

#[tokio::test]
async fn a_destination_that_is_stored_must_be_allowed_when_it_is_written() {
    let server = Guarded::new(Rules {
        destinations: Some("+1555".parse().unwrap()),
        ..Rules::default()
    })
    .await;
    let transfer = |number: &str| {
        let destination = json!({ "type": "number", "number": number });
        let tool = json!({ "type": "transferCall", "destinations": [destination.clone()] });
        let hook = json!({ "on": "call.ringing", "do": [{ "type": "transfer", "destination": destination.clone() }] });
        [
            ("POST /tool", tool.clone()),
            (
                "POST /assistant",
                json!({ "model": { "provider": "openai", "model": "gpt-4o", "tools": [tool] } }),
            ),
            (
                "POST /squad",
                json!({ "members": [{ "assistantId": "a1", "assistantDestinations": [] }], "membersOverrides": { "tools:append": [{ "type": "transferCall", "destinations": [destination.clone()] }] } }),
            ),
            (
                "POST /phone-number",
                json!({ "provider": "vapi", "fallbackDestination": destination }),
            ),
            (
                "POST /phone-number",
                json!({ "provider": "vapi", "hooks": [hook] }),
            ),
        ]
    };
    for (number, is_allowed) in [("+442079460000", false), ("+15550100111", true)] {
        for (operation, body) in transfer(number) {
            let tool = match operation {
                "POST /phone-number" => "spend_api",
                _ => "create_api",
            };
            let given = json!({ "operation": operation, "body": body });
            if is_allowed {
                server.accepts(tool, given).await;
            } else {
                server.refuses(tool, given, "--allow-destinations").await;
            }
        }
    }
}
