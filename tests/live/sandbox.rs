//! The sandbox in place of the live API: as it is, and with responses that differ.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use reqwest::Url;
use serde_json::{Value, json};
use vapi_mcp::{
    api::{Api, Token},
    sandbox::{ADDRESS, Sandbox},
};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

use super::*;

/// Reads an API without pauses.
async fn read(api: &Api, contract: &mut Contract) -> Reading {
    let token = Token::new("00000000-0000-4000-8000-00000000c0de").unwrap();
    let reader = Reader {
        api,
        token: &token,
        pause: Duration::ZERO,
    };
    reader.read(contract).await
}

/// A sandbox over HTTP whose responses are changed, and the methods and paths of all requests.
async fn changed(
    change: impl Fn(&str, &mut Value) + Send + Sync + 'static,
) -> (MockServer, Arc<Mutex<Vec<String>>>) {
    let (server, sandbox) = (MockServer::start().await, Sandbox::new().unwrap());
    let requests = Arc::new(Mutex::new(Vec::new()));
    let asked = requests.clone();
    Mock::given(matchers::any())
        .respond_with(move |request: &wiremock::Request| {
            let path = request.url.path().to_owned();
            let query = request.url.query().unwrap_or_default();
            let method = request.method.as_str();
            asked.lock().unwrap().push(format!("{method} {path}"));
            let url = Url::parse(&format!("{ADDRESS}{path}?{query}")).unwrap();
            let mut answer = sandbox.answer(method, &url, &request.body);
            change(&path, &mut answer.body);
            ResponseTemplate::new(answer.status).set_body_json(answer.body)
        })
        .mount(&server)
        .await;
    (server, requests)
}

/// Changes every assistant of a response.
fn each_assistant(body: &mut Value, change: impl Fn(&mut Value)) {
    match body {
        Value::Array(assistants) => assistants.iter_mut().for_each(change),
        assistant => change(assistant),
    }
}

#[tokio::test]
async fn every_list_and_one_object_of_each_kind_is_read_once() {
    let (server, requests) = changed(|_, _| {}).await;
    let mut contract = contract();
    let reading = read(&Api::new(server.uri(), LIMITS), &mut contract).await;
    assert_eq!(reading.stopped, None);
    assert_eq!(reading.failed, Vec::<String>::new());
    let requests = requests.lock().unwrap().clone();
    assert!(
        requests.iter().all(|it| it.starts_with("GET ")),
        "{requests:?}"
    );
    assert_eq!(requests.len(), reading.sent.len());
    let sent: BTreeSet<_> = reading.sent.iter().map(String::as_str).collect();
    assert_eq!(sent.len(), reading.sent.len());
    for address in [
        "GET /assistant",
        "GET /assistant/{id}",
        "GET /call",
        "GET /campaign",
        "GET /file",
        "GET /phone-number/{id}",
        "GET /provider/{provider}/{resourceName}",
        "GET /tool/{id}",
        "GET /v2/campaign",
    ] {
        assert!(sent.contains(address), "{address}");
    }
    // The sandbox has no call yet, so none can be shown; and this operation creates an object.
    assert!(reading.unread.contains(&"GET /call/{id}".to_owned()));
    let board = "GET /reporting/board/default/metrics-overview";
    assert!(!sent.contains(board));
    assert!(sent.iter().all(|it| !it.contains("recording")), "{sent:?}");
}

#[tokio::test]
async fn the_sandbox_in_the_process_differs_only_where_the_live_api_is_known_to() {
    let api = Api::sandbox(LIMITS).unwrap();
    let mut contract = contract();
    let reading = read(&api, &mut contract).await;
    assert_eq!(reading.stopped, None);
    let report = contract.to_string();
    let differences = report.split("\n## ").nth(1).unwrap_or_default();
    let lines: Vec<_> = differences
        .lines()
        .filter(|it| it.starts_with("- "))
        .collect();
    assert_eq!(lines.len(), contract.count());
    assert!(
        lines
            .iter()
            .all(|line| line.contains("isServerUrlSecretSet")),
        "{report}"
    );
}

#[tokio::test]
async fn an_unknown_property_type_and_value_are_reported_without_their_values() {
    let (server, _) = changed(|path, body| {
        if path.starts_with("/assistant") {
            each_assistant(body, |assistant| {
                assistant["moodRing"] = json!("zebra-1");
                assistant["name"] = json!(["zebra-2"]);
                assistant["firstMessageMode"] = json!("zebra-3");
                assistant["voice"] = json!({ "provider": "zebra-4" });
                assistant.as_object_mut().unwrap().shift_remove("orgId");
            });
        }
        if path == "/squad" {
            *body = json!([{ "zebra+15550100123": 1, "moodRing": { "deep": "zebra-5" } }]);
        }
    })
    .await;
    let mut contract = contract();
    let reading = read(&Api::new(server.uri(), LIMITS), &mut contract).await;
    assert_eq!(reading.stopped, None);
    let report = contract.to_string();
    for line in [
        "`GET /assistant` `/*/moodRing`, `GET /assistant/{id}` `/moodRing` is not declared (string)",
        "`GET /assistant` `/*/name`, `GET /assistant/{id}` `/name` has another type (array)",
        "`/*/firstMessageMode`, `GET /assistant/{id}` `/firstMessageMode` is not in the enum (string)",
        "`GET /assistant/{id}` `/voice` matches none of the alternatives",
        "`GET /assistant/{id}` `/orgId` is required but missing",
        "`GET /squad` `/*/moodRing` is not declared (object), 1 time",
        "`GET /squad` `/*/*` is not declared (integer), 1 time",
        "undocumented = [\"/model/systemPrompt\", \"/isServerUrlSecretSet\", \"/moodRing\"]",
        "\"/components/schemas/Squad/properties/moodRing\",",
        "fn assistant_as_sent(document: &mut Value) -> usize {",
    ] {
        assert!(report.contains(line), "{line}\n{report}");
    }
    for secret in ["zebra", "15550100123"] {
        assert!(!report.contains(secret), "{report}");
    }
}

#[tokio::test]
async fn a_key_that_is_limited_or_refused_ends_the_reading() {
    for status in [429, 401] {
        let server = MockServer::start().await;
        let answer = ResponseTemplate::new(status)
            .insert_header("retry-after", "60")
            .set_body_json(json!({ "message": "zebra" }));
        Mock::given(matchers::any())
            .respond_with(answer)
            .mount(&server)
            .await;
        let mut contract = contract();
        let reading = read(&Api::new(server.uri(), LIMITS), &mut contract).await;
        let stopped = reading.stopped.unwrap();
        assert!(
            stopped.starts_with(&format!("status {status}")),
            "{stopped}"
        );
        assert_eq!(reading.sent.len(), 1);
        assert_eq!(server.received_requests().await.unwrap().len(), 1);
        assert!(!reading.failed.concat().contains("zebra"));
        assert!(reading.unread.len() > 20);
    }
}

#[tokio::test]
async fn an_operation_that_fails_does_not_end_the_reading() {
    let (server, _) = changed(|path, body| {
        if path == "/squad" {
            *body = json!("no list");
        }
    })
    .await;
    Mock::given(matchers::path("/tool"))
        .respond_with(ResponseTemplate::new(403).set_body_json(json!({ "message": "zebra" })))
        .with_priority(1)
        .mount(&server)
        .await;
    let mut contract = contract();
    let reading = read(&Api::new(server.uri(), LIMITS), &mut contract).await;
    assert_eq!(reading.stopped, None);
    assert_eq!(reading.failed, ["`GET /tool`: status 403"]);
    let report = contract.to_string();
    let line = "the response to `GET /squad` has another type (string), 1 time\n";
    assert!(report.contains(line), "{report}");
    let place = "\"/paths/~1squad/get/responses/200/content/application~1json/schema\",";
    assert!(report.contains(place), "{report}");
}
