//! Random changes against the sandbox: they lose nothing, and only the top-level members that change
//! are sent, also with keys that the document does not know and values that a GET hides.

mod expected;
mod generators;

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use proptest::{
    prelude::*,
    sample::select,
    test_runner::{Config, TestRunner},
};
use serde_json::Map;
use vapi_mcp::sandbox::{MASK, Options, Sandbox};
use wiremock::{Request, Respond};

use self::{
    expected::{loses_hidden, merged},
    generators::{Kind, body, change},
};
use super::*;

/// The text that the sandbox stores as a secret.
const SECRET: &str = "made by the sandbox";

/// A sandbox behind HTTP that keeps the bodies of changes.
#[derive(Clone)]
struct Vapi {
    sandbox: Arc<Sandbox>,
    changes: Arc<Mutex<Vec<Value>>>,
}

impl Vapi {
    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let url = reqwest::Url::parse(&format!("https://sandbox.invalid{path}")).unwrap();
        let body = match body {
            Value::Null => String::new(),
            body => body.to_string(),
        };
        let answer = self.sandbox.answer(method, &url, body.as_bytes());
        assert!(answer.status < 300, "{method} {path}: {}", answer.body);
        answer.body
    }

    fn stored(&self, path: &str) -> Value {
        self.sandbox.stored(path, "").unwrap()
    }
}

impl Respond for Vapi {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        if request.method == "PATCH" {
            let body = serde_json::from_slice(&request.body).unwrap();
            self.changes.lock().unwrap().push(body);
        }
        let method = request.method.as_str();
        let answer = self.sandbox.answer(method, &request.url, &request.body);
        ResponseTemplate::new(answer.status).set_body_json(answer.body)
    }
}

/// A sandbox with these peculiarities, and what the random objects refer to.
struct Side {
    vapi: Vapi,
    server: MockServer,
    tools: Vec<String>,
    assistant: String,
}

impl Side {
    async fn start(options: Options) -> Self {
        let vapi = Vapi {
            sandbox: Arc::new(Sandbox::with(options).unwrap()),
            changes: Arc::default(),
        };
        let server = MockServer::builder()
            .disable_request_recording()
            .start()
            .await;
        Mock::given(matchers::any())
            .respond_with(vapi.clone())
            .mount(&server)
            .await;
        let id = |path: &str, body: Value| {
            let made = vapi.ask("POST", path, &body);
            made["id"].as_str().unwrap().to_owned()
        };
        let tools = (0..3).map(|_| id("/tool", json!({ "type": "dtmf" })));
        Self {
            tools: tools.collect(),
            assistant: id("/assistant", json!({ "name": "Other" })),
            vapi,
            server,
        }
    }
}

/// A value with the ids of this side.
fn with_ids(side: &Side, value: &Value) -> Value {
    let mut text = value.to_string().replace("ASSISTANT", &side.assistant);
    for (index, id) in side.tools.iter().enumerate() {
        text = text.replace(&format!("TOOL{index}"), id);
    }
    serde_json::from_str(&text).unwrap()
}

fn without_time(mut object: Value) -> Map<String, Value> {
    let members = object.as_object_mut().unwrap();
    members.shift_remove("updatedAt");
    std::mem::take(members)
}

/// Plays one change and checks everything; whether it was sent.
async fn play(side: &Side, kind: Kind, body: &Value, change: &Value, by_name: bool) -> bool {
    let (body, change) = (with_ids(side, body), with_ids(side, change));
    let made = side.vapi.ask("POST", kind.path(), &body);
    let path = format!("{}/{}", kind.path(), made["id"].as_str().unwrap());
    let before = without_time(side.vapi.stored(&path));
    let expected = without_time(merged(&Value::Object(before.clone()), &change));
    let keys = before.keys().chain(expected.keys());
    let mut changed: BTreeSet<_> = keys
        .filter(|key| before.get(*key) != expected.get(*key))
        .collect();
    let is_refused = changed.iter().any(|key| {
        let stored = before.get(*key).unwrap_or(&Value::Null);
        loses_hidden(stored, &change[key.as_str()]) && stored.to_string().contains(SECRET)
    });
    side.vapi.changes.lock().unwrap().clear();
    let outcome = if by_name {
        let mut given = change.clone();
        given["assistantId"] = made["id"].clone();
        call_tool(&side.server, "update_assistant", members(given)).await
    } else {
        let given = json!({ "operation": format!("PATCH {path}"), "body": change });
        super::changed(&side.server, &guard(), given).await
    };
    let sent = std::mem::take(&mut *side.vapi.changes.lock().unwrap());
    let after = without_time(side.vapi.stored(&path));
    let shown = format!("{change}\n{before:?}\n{outcome:?}\n{sent:?}");
    side.vapi.ask("DELETE", &path, &Value::Null);
    if is_refused {
        assert!(outcome.is_error && sent.is_empty(), "{shown}");
        assert!(outcome.text.contains("Vapi does not show"), "{shown}");
        assert_eq!(after, before, "{shown}");
        return false;
    }
    if outcome.is_error && !sent.is_empty() {
        // Vapi refused the value, such as a part of a voice that was removed.
        assert!(outcome.text.starts_with("Vapi answered 400"), "{shown}");
        assert_eq!(after, before, "{shown}");
        return false;
    }
    assert!(!outcome.is_error, "{shown}");
    assert_eq!(after, expected, "{shown}");
    let sent_keys: BTreeSet<_> = sent
        .iter()
        .flat_map(|body| body.as_object().unwrap().keys())
        .collect();
    let members = "members".to_owned();
    if kind == Kind::Squad && !changed.is_empty() {
        // The document requires them.
        changed.insert(&members);
    }
    assert_eq!(sent_keys, changed, "{shown}");
    assert_eq!(sent.len(), usize::from(!changed.is_empty()), "{shown}");
    assert!(!format!("{sent:?}").contains(MASK), "{shown}");
    !sent.is_empty()
}

#[test]
fn random_changes_lose_nothing_and_send_only_what_changes() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let sides: Vec<_> = [(false, false), (true, false), (false, true), (true, true)]
        .into_iter()
        .map(|(unknown_keys, hidden_values)| {
            runtime.block_on(Side::start(Options {
                unknown_keys,
                hidden_values,
            }))
        })
        .collect();
    let kinds = select(vec![
        Kind::Assistant,
        Kind::Assistant,
        Kind::Assistant,
        Kind::Tool,
        Kind::Squad,
    ]);
    let cases = kinds.prop_flat_map(|kind| {
        (
            Just(kind),
            body(kind),
            change(kind),
            any::<bool>(),
            0..4_usize,
        )
    });
    let sent = std::cell::Cell::new(0_u32);
    let config = Config {
        failure_persistence: None,
        ..Config::default()
    };
    let count = config.cases;
    TestRunner::new(config)
        .run(&cases, |(kind, body, change, by_name, side)| {
            // As an argument, null counts as not given.
            let has_null = change.as_object().unwrap().values().any(Value::is_null);
            let by_name = by_name && kind == Kind::Assistant && !has_null;
            let is_sent = runtime.block_on(play(&sides[side], kind, &body, &change, by_name));
            sent.set(sent.get() + u32::from(is_sent));
            Ok(())
        })
        .unwrap();
    assert!(
        sent.get() * 2 > count,
        "{} of {count} changes were sent",
        sent.get()
    );
}
