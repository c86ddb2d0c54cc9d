//! Every fixture replayed: the right request goes to Vapi, and the model gets what the snapshot
//! says.
use std::path::Path;

use crate::support::{Fixture, KEY, call_tool, form, vapi};
use insta::{assert_snapshot, glob};
use serde_json::{Map, Value};
use wiremock::{Mock, ResponseTemplate, matchers};

#[test]
fn every_fixture_sends_its_request_and_shows_its_answer() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    glob!("fixtures/*.json", |path| {
        let fixture = Fixture::read(path);
        assert!(
            fixture.origin.starts_with("constructed") || fixture.origin.starts_with("recorded")
        );
        let outcome = runtime.block_on(async {
            let vapi = vapi(fixture.response.template()).await;
            if let Some(stored) = &fixture.stored {
                Mock::given(matchers::method("GET"))
                    .respond_with(ResponseTemplate::new(200).set_body_json(stored))
                    .with_priority(1)
                    .mount(&vapi)
                    .await;
            }
            let outcome = call_tool(&vapi, &fixture.tool, fixture.arguments.clone()).await;
            let mut requests = vapi.received_requests().await.unwrap();
            if fixture.stored.is_some() {
                // The object is read twice before it is changed.
                assert!(
                    requests.len() > 2,
                    "{path:?}: {} requests were sent, although a change reads `stored` twice first: {}",
                    requests.len(),
                    outcome.text
                );
                let reads: Vec<_> = requests.drain(..2).collect();
                assert!(reads.iter().all(|read| read.method == "GET"), "{path:?}");
            }
            // Those to which Vapi says that it may go better are sent again.
            let count = if matches!(fixture.response.status, 429 | 503) {
                3
            } else {
                1
            };
            assert_eq!(
                requests.len(),
                count,
                "{path:?}: the call sent another number of requests, and answered: {}",
                outcome.text
            );
            for request in &requests {
                assert_request(path, &fixture, request);
            }
            outcome
        });
        let secrets = format!("{outcome:?}");
        assert!(!secrets.contains("s3cret"), "a secret is shown: {secrets}");
        let text = match serde_json::from_str::<Value>(&outcome.text) {
            Ok(json) => serde_json::to_string_pretty(&json).unwrap(),
            Err(_) => outcome.text,
        };
        let kind = if outcome.is_error { "error" } else { "result" };
        assert_snapshot!(format!(
            "{kind}:\n{text}\nremarks:\n{}",
            outcome.remarks.join("\n")
        ));
    });
}

#[test]
fn every_tool_has_a_fixture_of_success_and_one_of_failure() {
    let mut seen = std::collections::BTreeSet::new();
    glob!("fixtures/*.json", |path| {
        let fixture = Fixture::read(path);
        seen.insert((fixture.tool, fixture.response.status < 300));
    });
    for tool in vapi_mcp::catalog::TOOLS {
        let (name, operation) = (tool.name, tool.operation.key());
        for (success, file, what) in [
            (true, format!("{name}.json"), "a success"),
            (false, format!("{name}_refused.json"), "a failure"),
        ] {
            assert!(
                seen.contains(&(name.to_owned(), success)),
                "`{name}` has no fixture of {what}: write the exchange to tests/fixtures/{file}, as \
                 tests/fixtures/README.md describes it; for a new tool, `cargo spec new \"{operation}\" \
                 --name {name}` writes both, unless its row is already in the table"
            );
        }
    }
}

fn assert_request(path: &Path, fixture: &Fixture, request: &wiremock::Request) {
    let differs = |part: &str| {
        format!(
            "{path:?}: what is sent differs from `request` in its {part}; if a row or the document has \
             changed, correct `request` there"
        )
    };
    let expected = &fixture.request;
    assert_eq!(
        request.method.as_str(),
        expected.method,
        "{}",
        differs("method")
    );
    assert_eq!(request.url.path(), expected.path, "{}", differs("path"));
    let query: Map<String, Value> = request
        .url
        .query_pairs()
        .map(|(name, value)| (name.into_owned(), Value::String(value.into_owned())))
        .collect();
    assert_eq!(query, expected.query, "{}", differs("query"));
    if let Some(parts) = &expected.form {
        assert_eq!(form(request), *parts, "{}", differs("form"));
    } else {
        let body = (!request.body.is_empty())
            .then(|| serde_json::from_slice::<Value>(&request.body).unwrap());
        assert_eq!(body, expected.body, "{}", differs("body"));
    }
    let header = |name: &str| {
        request
            .headers
            .get(name)
            .map(|value| value.to_str().unwrap())
    };
    assert_eq!(
        header("authorization"),
        Some(format!("Bearer {KEY}").as_str())
    );
    assert_eq!(header("accept"), Some("application/json"));
    assert_eq!(
        header("user-agent"),
        Some(concat!("vapi-mcp/", env!("CARGO_PKG_VERSION")))
    );
    assert_eq!(
        header("api-version"),
        None,
        "the document's version is nobody's business"
    );
}
