//! The guards over operations that call people or cost money.

mod audit;
mod confirmed;
mod counts;
mod destinations;
mod duplicates;

use serde_json::{Value, json};
use vapi_mcp::{
    api::{Api, Limits, Token},
    call::{Context, Outcome, call_exposed},
    catalog::Toolset,
    guard::{
        Gate, Guard,
        confirm::{Confirmer, NoConfirmer},
        rules::Rules,
    },
};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

use super::requests;
use crate::support::{KEY, context, members, start_of, with_value};

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
        self.refuses_after_reading(tool, given, words).await;
        assert_eq!(requests(&self.vapi).await.len(), before);
    }

    /// Refuses to write, whatever it read before.
    async fn refuses_after_reading(&self, tool: &str, given: Value, words: &str) {
        let before = requests(&self.vapi).await.len();
        let outcome = self.call(tool, given).await;
        assert!(outcome.is_error, "{}", outcome.text);
        assert!(outcome.text.contains(words), "{words}: {}", outcome.text);
        let requests = requests(&self.vapi).await;
        let mut later = requests.iter().skip(before);
        assert!(later.all(|request| request.starts_with("GET ")));
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

/// Lets the stored contacts of a campaign be called by another assistant, from another time on.
fn moved(id: &str) -> Value {
    let body = json!({ "assistantId": "a2", "phoneNumberId": "p2" });
    let start = start_of("PATCH /v2/campaign/{id}");
    let body = with_value(body, start, "2099-01-01T12:00:00Z");
    json!({ "operation": format!("PATCH /v2/campaign/{id}"), "body": body })
}

/// Starts a campaign with the contacts of another one.
fn copied() -> Value {
    let mut copied = campaign(&[]);
    copied["body"].as_object_mut().unwrap().remove("customers");
    copied["body"]["duplicateFromCampaignId"] = json!("c1");
    copied
}

/// An SMS to the customer of a session.
fn chat(input: &str) -> Value {
    let body =
        json!({ "assistantId": "a1", "sessionId": "s1", "previousChatId": "h1", "input": input });
    json!({ "operation": "POST /chat", "body": body })
}
