//! Changes and the guard: the destinations that they add, and the question to the user.

use std::sync::Mutex;

use vapi_mcp::{
    call::{Context, call},
    catalog::find,
    guard::{
        Gate,
        confirm::{Answer, ConfirmFuture, Confirmer, Question},
        rules::Rules,
    },
};

use super::*;

fn with_rules(destinations: &str) -> Guard {
    Guard::new(Rules {
        destinations: Some(destinations.parse().unwrap()),
        ..Rules::default()
    })
    .unwrap()
}

#[tokio::test]
async fn an_allow_list_judges_the_destinations_that_a_change_adds() {
    let stored = json!({ "type": "number", "number": "+442079460958" });
    let tool = json!({ "id": "t1", "type": "transferCall", "destinations": [stored] });
    let guard = with_rules("+1");
    for (destinations, is_sent) in [
        (
            json!([stored, { "type": "number", "number": "+15550100123" }]),
            true,
        ),
        (
            json!([{ "type": "number", "number": "+442079460958", "message": "One moment." }]),
            true,
        ),
        (
            json!([stored, { "type": "number", "number": "+442079460959" }]),
            false,
        ),
        (
            json!([{ "type": "sip", "sipUri": "sip:x@example.org" }]),
            false,
        ),
    ] {
        let server = vapi("/tool/t1", std::slice::from_ref(&tool)).await;
        let given = json!({ "toolId": "t1", "transferCall": { "destinations": destinations } });
        let outcome = call_guarded(&server, "update_tool", members(given), &guard).await;
        assert_eq!(!outcome.is_error, is_sent, "{}", outcome.text);
        let methods = sent(&server).await.0;
        assert_eq!(methods.ends_with("PATCH"), is_sent, "{methods}");
        assert_eq!(outcome.text.contains("--allow-destinations"), !is_sent);
    }
    // A change of something else is not judged by what is stored beside it.
    let server = vapi("/tool/t1", &[tool]).await;
    let given = json!({ "toolId": "t1", "messages": [] });
    let outcome = call_guarded(&server, "update_tool", members(given), &guard).await;
    assert!(!outcome.is_error, "{}", outcome.text);
}

/// A person who agrees, and remembers the questions.
#[derive(Default)]
struct Agreeing(Mutex<Vec<Question>>);

impl Confirmer for Agreeing {
    fn ask<'a>(&'a self, question: &'a Question) -> ConfirmFuture<'a> {
        self.0.lock().unwrap().push(question.clone());
        Box::pin(async { Answer::Yes })
    }
}

async fn confirmed(server: &MockServer, person: &Agreeing, given: Value) -> Outcome {
    let rules = Rules {
        confirm: "write".parse().unwrap(),
        ..Rules::default()
    };
    let (api, token) = (
        Api::new(server.uri(), Limits::default()),
        Token::new(KEY).unwrap(),
    );
    let (asking, open) = (Guard::new(rules).unwrap(), guard());
    let context = Context {
        gate: Gate {
            guard: &asking,
            person,
        },
        ..context(&api, &token, &open)
    };
    let name = match given.get("toolId") {
        Some(_) => "update_tool",
        None => "update_assistant",
    };
    call(find(name).unwrap(), members(given), context).await
}

#[tokio::test]
async fn the_question_shows_from_and_to_and_the_answer_is_bound_to_the_merged_body() {
    let person = Agreeing::default();
    let given =
        json!({ "assistantId": "a1", "llm": { "temperature": 0.2 }, "firstMessage": "Hi\nThere." });
    let server = vapi("/assistant/a1", &[assistant()]).await;
    let outcome = confirmed(&server, &person, given.clone()).await;
    assert!(!outcome.is_error, "{}", outcome.text);
    let mut other = assistant();
    other["model"]["maxTokens"] = json!(5);
    let server = vapi("/assistant/a1", &[other]).await;
    confirmed(&server, &person, given).await;
    let questions = person.0.lock().unwrap();
    assert_eq!(
        questions[0].text,
        "update_assistant: change Desk (/assistant/a1)?\n- model.temperature: from 0.7 to 0.2\n- firstMessage: from nothing to \"Hi\\nThere.\""
    );
    assert_eq!(questions[0].text, questions[1].text);
    assert_ne!(questions[0].call, questions[1].call);
}

#[tokio::test]
async fn a_stored_destination_blocks_no_change_but_another_one_does() {
    let guard = with_rules("+1");
    let hook = |of: Value| json!({ "id": "n1", "provider": "vapi", "fallbackDestination": of });
    let stored = hook(json!({ "type": "number", "number": "+442079460958" }));
    let server = vapi("/phone-number/n1", &[stored]).await;
    let of = |body: Value| json!({ "operation": "PATCH /phone-number/{id}", "params": { "id": "n1" }, "body": body });
    // An unrelated change, and one beside the stored number, are allowed; another number is not.
    for (body, is_sent) in [
        (json!({ "name": "Desk" }), true),
        (
            json!({ "fallbackDestination": { "message": "One moment." } }),
            true,
        ),
        (
            json!({ "fallbackDestination": { "number": "+442079460959" } }),
            false,
        ),
        (
            json!({ "fallbackDestination": { "type": "sip", "sipUri": "sip:+442079460958@example.org" } }),
            false,
        ),
    ] {
        server.reset().await;
        let stored = hook(json!({ "type": "number", "number": "+442079460958" }));
        Mock::given(matchers::path("/phone-number/n1"))
            .respond_with(ResponseTemplate::new(200).set_body_json(stored))
            .mount(&server)
            .await;
        let outcome = changed(&server, &guard, of(body.clone())).await;
        assert_eq!(!outcome.is_error, is_sent, "{body}: {}", outcome.text);
        let methods = sent(&server).await.0;
        assert_eq!(methods.ends_with("PATCH"), is_sent, "{methods}");
    }
}
