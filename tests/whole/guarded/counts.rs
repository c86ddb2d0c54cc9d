//! Limits of calls, destinations and cost.

use serde_json::json;
use vapi_mcp::guard::rules::Rules;
use wiremock::{Mock, ResponseTemplate, matchers};

use super::{Guarded, campaign, chat, copied, moved, stop};

#[tokio::test]
async fn each_contact_of_a_campaign_counts_as_a_call() {
    let server = Guarded::new(Rules {
        max_calls: Some("3/hour".parse().unwrap()),
        ..Rules::default()
    })
    .await;
    let (two, two_others) = (
        ["+15550100111", "+15550100112"],
        ["+15550100113", "+15550100114"],
    );
    server.accepts("spend_api", campaign(&two)).await;
    server
        .refuses(
            "spend_api",
            campaign(&two_others),
            "2 more would be too many",
        )
        .await;
    server
        .accepts("spend_api", campaign(&two_others[..1]))
        .await;
    server
        .refuses(
            "spend_api",
            campaign(&two_others[1..]),
            "at most 3 calls per hour",
        )
        .await;
}

#[tokio::test]
async fn people_who_cannot_be_counted_are_not_called_under_a_limit() {
    let limits = [
        Rules {
            max_calls: Some("1000/hour".parse().unwrap()),
            ..Rules::default()
        },
        Rules {
            max_batch: Some(1),
            ..Rules::default()
        },
    ];
    for rules in limits {
        let flag = match rules.max_batch {
            Some(_) => "--max-batch",
            None => "--max-calls",
        };
        let server = Guarded::new(rules).await;
        let told =
            format!("how many destinations it calls is not visible, so {flag} cannot be checked");
        let also_listed = {
            let mut given = campaign(&["+15550100111"]);
            given["body"]["duplicateFromCampaignId"] = json!("c1");
            given
        };
        for given in [copied(), also_listed, moved("c1")] {
            server
                .refuses_after_reading("spend_api", given, &told)
                .await;
        }
        let first = json!({ "operation": "PATCH /campaign/c1", "body": { "squadId": "q1" } });
        server
            .refuses_after_reading("spend_api", first, &told)
            .await;
        server
            .accepts("spend_api", campaign(&["+15550100111"]))
            .await;
        // The customer of a session is one person.
        server.accepts("spend_api", chat("Hello.")).await;
    }
    let server = Guarded::new(Rules {
        max_calls: Some("1/hour".parse().unwrap()),
        ..Rules::default()
    })
    .await;
    server.accepts("spend_api", chat("Hello.")).await;
    server
        .refuses(
            "spend_api",
            chat("Bye."),
            "1 is used and 1 more would be too many",
        )
        .await;
}

#[tokio::test]
async fn a_campaign_may_have_ten_thousand_contacts() {
    let numbers: Vec<_> = (0..10_001).map(|n| format!("+1555010{n:05}")).collect();
    let numbers: Vec<_> = numbers.iter().map(String::as_str).collect();
    let rules = Rules {
        destinations: Some("+1555".parse().unwrap()),
        max_calls: Some("20000/day".parse().unwrap()),
        ..Rules::default()
    };
    let server = Guarded::new(rules).await;
    let mut given = campaign(&numbers[..10_000]);
    for customer in given["body"]["customers"].as_array_mut().unwrap() {
        customer["name"] = json!("Ada");
        customer["assistantOverrides"] = json!({ "variableValues": { "day": "Monday" } });
    }
    server.accepts("spend_api", given.clone()).await;
    server.refuses("spend_api", given, "(id 1, at ").await;
    let told = "it has 10001 destinations, but a tool call may have at most 10000";
    server.refuses("spend_api", campaign(&numbers), told).await;
    let call = json!({ "assistantId": "a1", "phoneNumberId": "p1", "customers": campaign(&numbers[..401])["body"]["customers"] });
    let given = json!({ "operation": "POST /call", "body": call });
    let told = "it has 401 destinations, but a tool call may have at most 400";
    server.refuses("spend_api", given, told).await;
    let small = Guarded::new(Rules {
        max_batch: Some(3),
        ..Rules::default()
    })
    .await;
    let told =
        "it has 4 destinations, but this server allows at most 3 per tool call (--max-batch)";
    small
        .refuses("spend_api", campaign(&numbers[..4]), told)
        .await;
}

#[tokio::test]
async fn what_ends_something_is_sent_whatever_has_been_used_up() {
    let server = Guarded::new(Rules {
        destinations: Some("+1555".parse().unwrap()),
        max_calls: Some("1/hour".parse().unwrap()),
        max_spend: Some("1/hour".parse().unwrap()),
        max_batch: Some(1),
        ..Rules::default()
    })
    .await;
    server
        .accepts("spend_api", campaign(&["+15550100111"]))
        .await;
    let number = json!({ "operation": "POST /phone-number", "body": { "provider": "vapi" } });
    server.accepts("spend_api", number.clone()).await;
    server.refuses("spend_api", number, "that cost money").await;
    let outcome = server.call("update_api", stop()).await;
    assert!(!outcome.is_error, "{}", outcome.text);
    for stopping in [
        "PATCH /eval/simulation/run/r1",
        "DELETE /v2/campaign/c1",
        "DELETE /phone-number/p1",
    ] {
        let effect = stopping.split(' ').next().unwrap();
        let tool = if effect == "PATCH" {
            "update_api"
        } else {
            "delete_api"
        };
        let outcome = server.call(tool, json!({ "operation": stopping })).await;
        assert!(!outcome.is_error, "{stopping}: {}", outcome.text);
    }
}

#[tokio::test]
async fn requests_that_cost_money_are_counted_unless_vapi_refused_them() {
    let server = Guarded::new(Rules {
        max_spend: Some("2/hour".parse().unwrap()),
        ..Rules::default()
    })
    .await;
    let refusal = ResponseTemplate::new(400).set_body_json(json!({ "message": "No." }));
    Mock::given(matchers::path("/phone-number"))
        .respond_with(refusal)
        .up_to_n_times(1)
        .with_priority(1)
        .mount(&server.vapi)
        .await;
    let number = json!({ "operation": "POST /phone-number", "body": { "provider": "vapi" } });
    let chat =
        json!({ "operation": "POST /chat", "body": { "assistantId": "a1", "input": "Hi." } });
    assert!(server.call("spend_api", number.clone()).await.is_error);
    server.accepts("spend_api", number.clone()).await;
    server.accepts("spend_api", chat.clone()).await;
    for given in [number, chat] {
        server.refuses("spend_api", given, "that cost money").await;
    }
    // What costs nothing is not limited.
    let squad =
        json!({ "operation": "POST /squad", "body": { "members": [{ "assistantId": "a1" }] } });
    server.accepts("create_api", squad).await;
}
