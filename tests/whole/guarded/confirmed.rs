//! Requests that the user must confirm.

use std::sync::Mutex;

use serde_json::json;
use vapi_mcp::guard::{
    confirm::{Answer, ConfirmFuture, Confirmer, Question},
    rules::Rules,
};

use super::{Guarded, campaign, moved, stop};
use crate::whole::requests;

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
        let call = json!({ "assistantId": "a1", "phoneNumberId": "p1", "customer": { "number": "+15550100112" } });
        let campaign = campaign(&["+15550100111"]);
        for (tool, given) in [
            ("spend_api", number),
            ("spend_api", campaign),
            ("spend_api", moved("c1")),
            ("create_call", call),
        ] {
            let outcome = server.call_asking(tool, given, &user).await;
            assert!(outcome.is_error, "{confirmed}, {tool}: {}", outcome.text);
        }
        let asked = user.0.into_inner().unwrap();
        assert_eq!(asked.len(), 4, "{confirmed}: {asked:?}");
        for (question, part) in asked.iter().zip([
            "POST /phone-number",
            "+15550100111",
            "destinations that the request does not name",
            "Call +15550100112?",
        ]) {
            assert!(question.contains(part), "{question}");
        }
    }
}

#[tokio::test]
async fn what_only_stops_something_is_sent_if_the_user_cannot_be_asked() {
    let server = Guarded::new(Rules {
        confirm: "dial,spend,delete,write".parse().unwrap(),
        ..Rules::default()
    })
    .await;
    let stopping = [
        stop(),
        json!({ "operation": "PATCH /eval/simulation/run/r1" }),
        json!({ "operation": "PATCH /session/s1", "body": { "status": "completed" } }),
    ];
    for given in stopping {
        let user = Declining::default();
        let outcome = server.call_asking("update_api", given.clone(), &user).await;
        assert!(outcome.is_error, "{given}: {}", outcome.text);
        assert_eq!(user.0.into_inner().unwrap().len(), 1, "{given}");
        let before = requests(&server.vapi).await.len();
        let outcome = server.call("update_api", given.clone()).await;
        assert!(!outcome.is_error, "{given}: {}", outcome.text);
        let remark = outcome.remarks.join("\n");
        assert!(remark.contains("Not confirmed, because it only stops something"));
        assert_eq!(requests(&server.vapi).await.len(), before + 1, "{given}");
    }
    for (tool, given) in [
        (
            "update_api",
            json!({ "operation": "PATCH /v2/campaign/c1", "body": { "status": "cancelled", "name": "Stopped" } }),
        ),
        (
            "update_api",
            json!({ "operation": "PATCH /session/s1", "body": { "status": "active" } }),
        ),
        (
            "delete_api",
            json!({ "operation": "DELETE /v2/campaign/c1" }),
        ),
    ] {
        let outcome = server.call(tool, given.clone()).await;
        assert!(outcome.is_error, "{given}: {}", outcome.text);
        assert!(
            outcome.text.contains("the user must confirm it"),
            "{given}: {}",
            outcome.text
        );
    }
}
