//! The guards over operations that call people or cost money.

use std::sync::Mutex;

use serde_json::{Value, json};
use vapi_mcp::{
    api::{Api, Limits, Token},
    call::{Context, Outcome, call_exposed},
    catalog::Toolset,
    guard::{
        Gate, Guard,
        confirm::{Answer, ConfirmFuture, Confirmer, NoConfirmer, Question},
        rules::Rules,
    },
};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

use super::requests;
use crate::support::{KEY, context, members};

/// A Vapi that accepts everything, and a server with these rules.
struct Guarded {
    vapi: MockServer,
    guard: Guard,
}

impl Guarded {
    async fn new(rules: Rules) -> Self {
        let vapi = MockServer::start().await;
        let answer = ResponseTemplate::new(201).set_body_json(json!({ "id": "1" }));
        Mock::given(matchers::any())
            .respond_with(answer)
            .with_priority(9)
            .mount(&vapi)
            .await;
        let guard = Guard::new(rules).unwrap();
        Self { vapi, guard }
    }

    async fn call_asking(&self, tool: &str, given: Value, person: &dyn Confirmer) -> Outcome {
        let api = Api::new(self.vapi.uri(), Limits::default());
        let token = Token::new(KEY).unwrap();
        let gate = Gate {
            guard: &self.guard,
            person,
        };
        let tool = Toolset::default().exposed(tool).unwrap();
        let context = Context {
            gate,
            ..context(&api, &token, &self.guard)
        };
        call_exposed(tool, members(given), context).await
    }

    async fn call(&self, tool: &str, given: Value) -> Outcome {
        self.call_asking(tool, given, &NoConfirmer).await
    }

    async fn accepts(&self, tool: &str, given: Value) {
        let before = requests(&self.vapi).await.len();
        let outcome = self.call(tool, given.clone()).await;
        assert!(!outcome.is_error, "{given}: {}", outcome.text);
        assert!(requests(&self.vapi).await.len() > before, "{given}");
    }

    async fn refuses(&self, tool: &str, given: Value, words: &str) {
        let before = requests(&self.vapi).await.len();
        let outcome = self.call(tool, given.clone()).await;
        assert!(outcome.is_error, "{given}: {}", outcome.text);
        assert!(outcome.text.contains(words), "{words}: {}", outcome.text);
        assert_eq!(requests(&self.vapi).await.len(), before, "{given}");
    }
}

fn campaign(numbers: &[&str]) -> Value {
    let customers: Vec<_> = numbers.iter().map(|it| json!({ "number": it })).collect();
    let body = json!({
        "name": "Reminders", "assistantId": "a1", "phoneNumberId": "p1", "customers": customers,
    });
    json!({ "operation": "POST /v2/campaign", "body": body })
}

fn stop() -> Value {
    json!({ "operation": "PATCH /v2/campaign/c1", "body": { "status": "cancelled" } })
}

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
    let mut copied = campaign(&[]);
    copied["body"].as_object_mut().unwrap().remove("customers");
    copied["body"]["duplicateFromCampaignId"] = json!("c1");
    server
        .refuses("spend_api", copied, "--allow-destinations")
        .await;
    server
        .accepts("spend_api", campaign(&["+15550100111"]))
        .await;
}

#[tokio::test]
async fn the_same_campaign_is_started_once_unless_it_is_wanted_twice() {
    let server = Guarded::new(Rules::default()).await;
    let mut again = campaign(&["+15550100111"]);
    server.accepts("spend_api", again.clone()).await;
    server
        .refuses("spend_api", again.clone(), "allowDuplicate")
        .await;
    again["allowDuplicate"] = json!(true);
    server.accepts("spend_api", again).await;
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

#[derive(Default)]
struct Declining(Mutex<Vec<String>>);

impl Confirmer for Declining {
    fn ask<'a>(&'a self, question: &'a Question) -> ConfirmFuture<'a> {
        self.0.lock().unwrap().push(question.text.clone());
        Box::pin(async { Answer::No })
    }
}

#[tokio::test]
async fn the_user_is_asked_before_money_is_spent_or_a_campaign_starts() {
    for confirmed in ["spend", "write", "dial,spend"] {
        let server = Guarded::new(Rules {
            confirm: confirmed.parse().unwrap(),
            ..Rules::default()
        })
        .await;
        let user = Declining::default();
        let number = json!({ "operation": "POST /phone-number", "body": { "provider": "vapi" } });
        let outcome = server.call_asking("spend_api", number, &user).await;
        assert!(outcome.is_error, "{}", outcome.text);
        let campaign = campaign(&["+15550100111"]);
        let outcome = server.call_asking("spend_api", campaign, &user).await;
        assert_eq!(
            outcome.is_error,
            confirmed != "spend" && confirmed != "write"
        );
        let asked = user.0.into_inner().unwrap();
        assert!(asked[0].contains("POST /phone-number"), "{asked:?}");
        if let Some(campaign) = asked.get(1) {
            assert!(campaign.contains("+15550100111"), "{campaign}");
        }
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
