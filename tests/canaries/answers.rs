//! Secrets at keys of their own, in answers and errors.

use std::ops::Range;

use super::*;
use crate::support::is_thorough;

#[test]
fn every_secret_alone_is_hidden_in_every_form_and_at_every_depth() {
    assert!(SECRETS.len() >= 60);
    for (number, (path, _)) in SECRETS.iter().enumerate() {
        for variant in 0..FORMS {
            for place in PLACES {
                let body = placed(place, one(number, variant));
                let text = hide_secrets(body.to_string().as_bytes()).unwrap();
                assert_clean(&text, path);
                assert!(text.contains("[redacted]"), "{path}: {text}");
            }
        }
    }
}

#[tokio::test]
async fn no_secret_of_an_answer_reaches_the_client_or_the_log() {
    let mut bench = Bench::start().await;
    for variant in 0..FORMS {
        for place in PLACES {
            let body = placed(place, all(variant));
            let row = json!([body, { "id": "second" }, body]);
            let page = json!({ "results": [body], "metadata": { "totalItems": 1 } });
            let whole = json!({ "callId": "x", "fields": [""] });
            let result = bench.call("get_call", whole, 200, &body).await;
            assert_marked(shown(&result).pointer(place).unwrap());
            for list in [&row, &page] {
                let whole = json!({ "fields": [""] });
                let result = bench.call("list_assistants", whole, 200, list).await;
                assert_marked(shown(&result)[0].pointer(place).unwrap());
            }
            for tool in TOOLS {
                let body = answered(tool, &body);
                let result = bench
                    .call(tool.name, Value::from(arguments(tool.name)), 201, &body)
                    .await;
                shown(&result);
            }
        }
    }
    bench.end().await;
}

/// The forms for a combination with this number: one after the other, or in the long form all.
fn forms(number: usize) -> Range<usize> {
    let form = number % FORMS;
    match is_thorough() {
        true => 0..FORMS,
        false => form..form + 1,
    }
}

#[tokio::test]
async fn a_secret_in_an_answer_that_has_to_be_cut_stays_hidden() {
    let mut bench = Bench::start().await;
    let filler = "word ".repeat(12_000);
    for (number, place) in PLACES.into_iter().enumerate() {
        for variant in forms(number) {
            let mut inner = json!({ "long": filler, "many": vec![one(0, variant); 2_000] });
            inner
                .as_object_mut()
                .unwrap()
                .extend(all(variant).as_object().unwrap().clone());
            inner["longer"] = json!(filler);
            let body = placed(place, inner);
            for tool in TOOLS {
                let body = answered(tool, &body);
                let mut arguments = arguments(tool.name);
                bench
                    .call(tool.name, Value::from(arguments.clone()), 200, &body)
                    .await;
                arguments.insert("fields".to_owned(), json!([""]));
                if tool.effect == vapi_mcp::model::Effect::Read {
                    bench
                        .call(tool.name, Value::from(arguments), 200, &body)
                        .await;
                }
            }
        }
    }
    bench.end().await;
}

#[tokio::test]
async fn a_secret_stays_hidden_from_a_pointer_that_leads_to_it_or_into_it() {
    for place in PLACES {
        let mut bench = Bench::start().await;
        let bodies: Vec<Value> = (0..FORMS)
            .map(|variant| placed(place, all(variant)))
            .collect();
        for (number, (path, _)) in SECRETS.iter().enumerate() {
            for body in forms(number).map(|variant| &bodies[variant]) {
                let at = format!("{place}/{path}");
                let fields = [
                    at.clone(),
                    format!("{at}/*"),
                    format!("{at}/1:9"),
                    format!("{at}/inner/0"),
                    format!("{at}/1/value/0:9"),
                ];
                for fields in [&fields[..], &fields[..1], &fields[2..3]] {
                    let arguments = json!({ "toolId": "x", "fields": fields });
                    bench.call("get_tool", arguments, 200, body).await;
                }
            }
        }
        bench.end().await;
    }
}

#[tokio::test]
async fn no_secret_of_an_error_reaches_the_client_or_the_log() {
    for place in PLACES {
        let mut bench = Bench::start().await;
        for (number, (path, _)) in SECRETS.iter().enumerate() {
            let inner = placed(place, one(number, number % FORMS));
            for body in [
                json!({ "statusCode": 400, "error": "Bad Request", "message": inner }),
                json!({ "statusCode": 400, "message": ["not good", inner, [inner]] }),
                json!({ "message": "not good", "error": "x", "details": inner }),
                json!({ "errors": [{ "reason": inner }] }),
                json!([inner, "x"]),
                inner.clone(),
            ] {
                let result = bench
                    .call(
                        "get_phone_number",
                        json!({ "phoneNumberId": "x" }),
                        400,
                        &body,
                    )
                    .await;
                let text = result["content"][0]["text"].as_str().unwrap();
                assert!(text.contains("[redacted]"), "{path}: {text}");
            }
        }
        bench.end().await;
    }
}

#[tokio::test]
async fn a_secret_in_the_reason_why_somebody_was_not_called_stays_hidden() {
    let mut bench = Bench::start().await;
    for number in 0..SECRETS.len() {
        let failure = json!({ "customer": { "number": "+15550100123" }, "error": one(number, 0) });
        let batch = json!({ "results": [], "errors": [failure] });
        let result = bench
            .call(
                "create_call",
                json!({ "assistantId": "x", "allowDuplicate": true }),
                201,
                &batch,
            )
            .await;
        let remarks = result["content"][1]["text"].as_str().unwrap();
        assert!(remarks.contains("[redacted]"), "{remarks}");
    }
    bench.end().await;
}
