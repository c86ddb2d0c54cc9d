//! Deletes through the tool that deletes objects of the whole API.

use std::sync::Mutex;

use crate::support::{KEY, context, guard, members};
use serde_json::{Value, json};
use vapi_mcp::{
    api::{Api, Limits, Token},
    call::{Context, Outcome, call_exposed},
    catalog::{REFERRERS, Toolset},
    guard::{
        Gate, Guard,
        confirm::{Answer, ConfirmFuture, Confirmer, NoConfirmer, Question},
        rules::Rules,
    },
};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{method, path},
};

const ID: &str = "5a1b3f0e-0000-4000-8000-000000000001";

/// A Vapi with these answers to reads; deletes succeed, and all other lists are empty.
async fn vapi(answers: &[(&str, Value)]) -> MockServer {
    let vapi = MockServer::start().await;
    for (at, answer) in answers {
        let answer = match answer.as_u64() {
            Some(status) => ResponseTemplate::new(u16::try_from(status).unwrap()),
            None => ResponseTemplate::new(200).set_body_json(answer),
        };
        let mock = Mock::given(method("GET")).and(path(*at));
        mock.respond_with(answer).mount(&vapi).await;
    }
    for list in REFERRERS {
        let mock = Mock::given(method("GET")).and(path(list.path));
        let answer = ResponseTemplate::new(200).set_body_json(json!([]));
        mock.respond_with(answer).mount(&vapi).await;
    }
    let mock = Mock::given(method("DELETE"));
    let answer = ResponseTemplate::new(200).set_body_json(json!({ "id": ID }));
    mock.respond_with(answer).mount(&vapi).await;
    vapi
}

async fn call_with(
    vapi: &MockServer,
    given: Value,
    guard: &Guard,
    asks: &dyn Confirmer,
) -> Outcome {
    let api = Api::new(vapi.uri(), Limits::default());
    let token = Token::new(KEY).unwrap();
    let context = Context {
        gate: Gate {
            guard,
            person: asks,
        },
        ..context(&api, &token, guard)
    };
    let tool = Toolset::default().exposed("delete_api").unwrap();
    call_exposed(tool, members(given), context).await
}

async fn call(vapi: &MockServer, given: Value) -> Outcome {
    call_with(vapi, given, &guard(), &NoConfirmer).await
}

/// The requests without those for references.
async fn requests(vapi: &MockServer) -> Vec<String> {
    let requests = vapi.received_requests().await.unwrap();
    let own = requests
        .iter()
        .filter(|it| !REFERRERS.iter().any(|list| list.path == it.url.path()));
    own.map(|it| format!("{} {}", it.method, it.url.path()))
        .collect()
}

fn address(collection: &str) -> String {
    format!("{collection}/{ID}")
}

#[tokio::test]
async fn a_named_object_is_deleted_only_with_its_name() {
    let at = address("/assistant");
    let vapi = vapi(&[
        (&at, json!({ "id": ID, "name": " Cafe\u{301} \"Blum\" " })),
        (
            "/phone-number",
            json!([{ "id": "p1", "name": "Main", "assistantId": ID }]),
        ),
    ])
    .await;
    let operation = format!("DELETE {at}");
    for (name, reason) in [
        (Value::Null, "and `name` was not given"),
        (json!("Cafe Blum"), "and not \"Cafe Blum\""),
        (json!(""), "and not \"\""),
    ] {
        let given = json!({ "operation": operation, "name": name });
        let outcome = call(&vapi, given).await;
        assert!(outcome.is_error);
        for part in [
            "Nothing was deleted: the assistant with this id is named \" Cafe\u{301} \\\"Blum\\\" \"",
            reason,
            "\nA delete loses: The assistant with all versions.",
            "\nIt is referred to by phone number \"Main\" (p1) at /assistantId.",
            "GET /squad",
        ] {
            assert!(outcome.text.contains(part), "{part}: {}", outcome.text);
        }
    }
    assert!(
        !requests(&vapi)
            .await
            .iter()
            .any(|it| it.starts_with("DELETE"))
    );

    let before = vapi.received_requests().await.unwrap().len();
    for name in ["Caf\u{e9} \"Blum\"", "\u{200b}Cafe\u{301} \"Blum\" "] {
        let given = json!({ "operation": operation, "name": name });
        let outcome = call(&vapi, given).await;
        assert!(!outcome.is_error, "{}", outcome.text);
    }
    let sent = vapi.received_requests().await.unwrap();
    let sent: Vec<_> = sent.iter().map(|it| it.method.as_str()).collect();
    assert_eq!(sent[before..], ["GET", "DELETE", "GET", "DELETE"]);
}

#[tokio::test]
async fn the_name_of_a_tool_is_that_of_its_function() {
    let at = address("/tool");
    let function = json!({ "id": ID, "type": "function", "function": { "name": "book" } });
    let vapi = vapi(&[(&at, function)]).await;
    let given = |name: &str| json!({ "operation": "DELETE /tool/{id}", "params": { "id": ID }, "name": name });
    let outcome = call(&vapi, given("look")).await;
    assert!(
        outcome.text.contains("is named \"book\""),
        "{}",
        outcome.text
    );
    let outcome = call(&vapi, given("book")).await;
    assert!(!outcome.is_error, "{}", outcome.text);
    assert_eq!(outcome.remarks, ["Deleted the tool \"book\"."]);
}

#[tokio::test]
async fn what_has_no_name_or_is_not_shown_needs_none() {
    let file = format!("/v2/knowledge-base/k1/file/{ID}");
    for (at, answer, sent) in [
        (address("/eval/run"), json!({ "id": ID }), 2),
        (address("/chat"), json!({ "id": ID, "name": null }), 2),
        (address("/session"), json!({ "id": ID, "name": " " }), 2),
        (file, json!(404), 1),
    ] {
        let vapi = vapi(&[(&at, answer)]).await;
        let given = json!({ "operation": format!("DELETE {at}") });
        let outcome = call(&vapi, given).await;
        assert!(!outcome.is_error, "{at}: {}", outcome.text);
        let requests = requests(&vapi).await;
        assert_eq!(requests.len(), sent, "{requests:?}");
        assert_eq!(requests[sent - 1], format!("DELETE {at}"));
    }
}

#[tokio::test]
async fn what_has_no_name_or_one_that_cannot_be_compared_is_not_deleted_by_a_name() {
    let at = address("/session");
    for (answer, reason) in [
        (json!({ "id": ID }), "has no name, and `name` is \"any\""),
        (json!([]), "Vapi's answer is not an object"),
        (
            json!({ "name": { "first": "any" } }),
            "has a name that is not a text",
        ),
    ] {
        let vapi = vapi(&[(&at, answer)]).await;
        let given = json!({ "operation": format!("DELETE {at}"), "name": "any" });
        let outcome = call(&vapi, given).await;
        assert!(
            outcome.is_error && outcome.text.contains(reason),
            "{}",
            outcome.text
        );
        assert_eq!(requests(&vapi).await, [format!("GET {at}")]);
    }
}

#[tokio::test]
async fn what_is_missing_or_cannot_be_read_is_not_deleted() {
    for (status, reason) in [
        (
            404,
            "Nothing was deleted: there is no phone number with this id. Vapi answered 404",
        ),
        (
            403,
            "Nothing was deleted: the phone number could not be read first. Vapi answered 403",
        ),
    ] {
        let at = address("/phone-number");
        let vapi = vapi(&[(&at, json!(status))]).await;
        for is_dry in [false, true] {
            let given =
                json!({ "operation": format!("DELETE {at}"), "name": "a", "dryRun": is_dry });
            let outcome = call(&vapi, given).await;
            assert!(
                outcome.is_error && outcome.text.starts_with(reason),
                "{}",
                outcome.text
            );
        }
        assert_eq!(
            requests(&vapi).await,
            [format!("GET {at}"), format!("GET {at}")]
        );
    }
}

#[tokio::test]
async fn a_dry_run_shows_what_is_lost_and_what_refers_to_it() {
    let at = address("/assistant");
    let squad = json!({
        "id": "s1",
        "members": [{ "assistantId": "x" }, { "assistantId": ID, "assistantDestinations": [{ "a/b~": ID }] }],
    });
    let vapi = vapi(&[
        (&at, json!({ "id": ID, "name": "Front desk" })),
        (
            "/assistant",
            json!([{ "id": ID, "copy": ID }, { "id": "b", "note": format!("see {ID}") }]),
        ),
        ("/squad", json!([squad])),
        (
            "/campaign",
            json!({
                "results": [{ "id": "c1", "name": "Spring", "assistantId": ID }],
                "metadata": { "totalItems": 7 },
            }),
        ),
        ("/reporting/board", json!(403)),
        ("/tool", json!({ "no": "list" })),
    ])
    .await;
    let given = json!({ "operation": format!("DELETE {at}"), "dryRun": true });
    let outcome = call(&vapi, given).await;
    assert!(!outcome.is_error, "{}", outcome.text);
    let shown: Value = serde_json::from_str(&outcome.text).unwrap();
    let deletes = &shown["deletes"];
    assert_eq!(
        (&shown["method"], &shown["body"]),
        (&json!("DELETE"), &Value::Null)
    );
    assert_eq!(deletes["kind"], "assistant");
    assert_eq!(
        (&deletes["id"], &deletes["name"]),
        (&json!(ID), &json!("Front desk"))
    );
    assert!(
        deletes["loses"]
            .as_str()
            .unwrap()
            .starts_with("The assistant with all versions.")
    );
    assert_eq!(
        deletes["referredToBy"],
        json!([
            {
                "kind": "squad",
                "id": "s1",
                "at": ["/members/1/assistantId", "/members/1/assistantDestinations/0/a~1b~0"],
            },
            { "kind": "campaign", "id": "c1", "name": "Spring", "at": ["/assistantId"] },
        ])
    );
    let looked_in = deletes["lookedIn"].as_array().unwrap();
    assert!(
        looked_in.contains(&json!("GET /phone-number")),
        "{looked_in:?}"
    );
    let others: Vec<_> = deletes["notLookedIn"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it.as_str().unwrap())
        .collect();
    assert_eq!(looked_in.len() + others.len(), REFERRERS.len());
    assert_eq!(others.len(), 3);
    assert_eq!(others[0], "GET /campaign: only a part was read: 1 object");
    assert_eq!(others[1], "GET /tool: Vapi's answer is no list");
    assert!(
        others[2].starts_with("GET /reporting/board: Vapi answered 403"),
        "{others:?}"
    );
    let remark = "To delete it, give `name`: \"Front desk\".";
    assert!(
        outcome.remarks.iter().any(|it| it == remark),
        "{:?}",
        outcome.remarks
    );
    assert_eq!(requests(&vapi).await, [format!("GET {at}")]);
}

#[tokio::test]
async fn the_references_that_are_listed_are_limited() {
    let at = address("/tool");
    let user = |number| json!({ "id": format!("a{number}"), "model": { "toolIds": vec![ID; 9] } });
    let users: Vec<_> = (0..500).map(user).collect();
    let vapi = vapi(&[
        (&at, json!({ "id": ID, "name": "book" })),
        ("/assistant", json!(users)),
    ])
    .await;
    let given = json!({ "operation": format!("DELETE {at}"), "dryRun": true, "name": "book" });
    let outcome = call(&vapi, given).await;
    let shown: Value = serde_json::from_str(&outcome.text).unwrap();
    let deletes = &shown["deletes"];
    assert_eq!(deletes["referredToBy"].as_array().unwrap().len(), 50);
    assert_eq!(
        deletes["referredToBy"][0]["at"].as_array().unwrap().len(),
        5
    );
    assert_eq!(deletes["more"], 450);
    assert_eq!(
        deletes["notLookedIn"],
        json!(["GET /assistant: only a part was read: 500 objects"])
    );
    let given = json!({ "operation": format!("DELETE {at}") });
    let outcome = call(&vapi, given).await;
    assert!(
        outcome.text.contains("(a9) at /model/toolIds/0"),
        "{}",
        outcome.text
    );
    assert!(outcome.text.contains(" and 490 more."), "{}", outcome.text);
}

/// A user who agrees, and what was asked.
#[derive(Default)]
struct Agreeing(Mutex<Vec<String>>);

impl Confirmer for Agreeing {
    fn ask<'a>(&'a self, question: &'a Question) -> ConfirmFuture<'a> {
        self.0.lock().unwrap().push(question.text.clone());
        Box::pin(async { Answer::Yes })
    }
}

#[tokio::test]
async fn the_question_to_the_user_names_the_object_and_what_refers_to_it() {
    let at = address("/assistant");
    let name = "Front\ndesk?\u{202e} Yes";
    let squad = json!([{ "id": "s1", "name": "Night", "members": [{ "assistantId": ID }] }]);
    let vapi = vapi(&[(&at, json!({ "id": ID, "name": name })), ("/squad", squad)]).await;
    let rules = Rules {
        confirm: "delete".parse().unwrap(),
        ..Rules::default()
    };
    let guard = Guard::new(rules).unwrap();
    let user = Agreeing::default();
    let given = json!({ "operation": format!("DELETE {at}"), "name": name });
    let outcome = call_with(&vapi, given, &guard, &user).await;
    assert!(!outcome.is_error, "{}", outcome.text);
    let asked = user.0.into_inner().unwrap();
    assert_eq!(asked.len(), 1);
    assert!(
        asked[0].contains("It is referred to by squad \"Night\" (s1) at /members/0/assistantId.")
            && asked[0].contains("\nA delete loses: "),
        "{}",
        asked[0]
    );
    let last = asked[0].lines().last().unwrap();
    assert_eq!(last, "This deletes the assistant \"Front\\ndesk? Yes\".");
}

#[tokio::test]
async fn erasing_a_call_cannot_erase_others() {
    let at = address("/call");
    let vapi = vapi(&[(&at, json!({ "id": ID }))]).await;
    let given = json!({ "operation": format!("DELETE {at}"), "body": { "ids": ["x"] } });
    let outcome = call(&vapi, given).await;
    assert!(
        outcome.is_error && outcome.text.contains("`body`"),
        "{}",
        outcome.text
    );
    assert!(vapi.received_requests().await.unwrap().is_empty());
    let given = json!({ "operation": format!("DELETE {at}") });
    let outcome = call(&vapi, given).await;
    assert!(!outcome.is_error, "{}", outcome.text);
    let sent = vapi.received_requests().await.unwrap();
    assert_eq!(sent[1].method.as_str(), "DELETE");
    assert!(
        matches!(sent[1].body.as_slice(), b"" | b"{}"),
        "{:?}",
        sent[1].body
    );
}
