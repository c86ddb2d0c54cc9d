//! Random changes against the sandbox: they lose nothing, and only the top-level members that change
//! are sent, also with keys that the document does not know and values that a GET hides.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use proptest::{
    collection::vec,
    option,
    prelude::*,
    sample::select,
    test_runner::{Config, TestRunner},
};
use serde_json::Map;
use vapi_mcp::sandbox::{MASK, Options, Sandbox};
use wiremock::{Request, Respond};

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
        let answer = self
            .sandbox
            .answer(method, &url, body.to_string().as_bytes());
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

/// The kind of a random object.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Assistant,
    Tool,
    Squad,
}

impl Kind {
    fn path(self) -> &'static str {
        match self {
            Self::Assistant => "/assistant",
            Self::Tool => "/tool",
            Self::Squad => "/squad",
        }
    }
}

fn text() -> impl Strategy<Value = Value> {
    // Texts with these characters stand for hidden values.
    "[^*•●∗\\p{C}]{1,8}".prop_map(Value::from)
}

/// Any JSON, with nulls.
fn json() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-800..800_i32).prop_map(|it| Value::from(f64::from(it) / 8.0)),
        text(),
        Just(json!("\u{2028} \" \\ \u{1f30a}")),
    ];
    scalar.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Value::from),
            object(inner)
        ]
    })
}

fn object(values: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    // Few keys, so that stored and changed objects have some in common.
    vec((select(vec!["a", "b", "ü", "~1/x", "id"]), values), 0..4).prop_map(|members| {
        let members = members.into_iter();
        Value::Object(
            members
                .map(|(key, value)| (key.to_owned(), value))
                .collect(),
        )
    })
}

/// A list of messages or names.
fn messages() -> impl Strategy<Value = Value> {
    vec((select(vec!["system", "user"]), text()), 0..3).prop_map(|messages| {
        let messages = messages.into_iter();
        messages
            .map(|(role, content)| json!({ "role": role, "content": content }))
            .collect()
    })
}

/// A pointer into an object and its new value. `TOOL0` and so on stand for ids.
fn setting(kind: Kind) -> BoxedStrategy<(&'static str, Value)> {
    let null = || Just(Value::Null);
    let flag = || any::<bool>().prop_map(Value::from);
    let eighth = |most: i32| (0..most).prop_map(|it| Value::from(f64::from(it) / 8.0));
    let at = |pointer: &'static str, value: BoxedStrategy<Value>| {
        value.prop_map(move |value| (pointer, value)).boxed()
    };
    let maybe = |pointer, value: BoxedStrategy<Value>| {
        at(pointer, prop_oneof![3 => value, 1 => null()].boxed())
    };
    let mut settings = vec![
        at("/name", text().boxed()),
        at(
            "/server/url",
            select(vec![
                json!("https://a.example.com"),
                json!("https://b.example.com/x?y=1"),
            ])
            .boxed(),
        ),
        maybe(
            "/server/timeoutSeconds",
            (1..100).prop_map(Value::from).boxed(),
        ),
        maybe("/server/secret", text().boxed()),
        maybe("/server/headers", object(text()).boxed()),
        at("/server", null().boxed()),
    ];
    match kind {
        Kind::Assistant => settings.extend([
            maybe("/firstMessage", text().boxed()),
            maybe("/metadata", object(json()).boxed()),
            maybe("/metadata/a", json().boxed()),
            maybe("/metadata/b/a", json().boxed()),
            maybe("/model/temperature", eighth(8).boxed()),
            maybe("/model/maxTokens", (50..900).prop_map(Value::from).boxed()),
            maybe("/model/messages", messages().boxed()),
            maybe(
                "/model/toolIds",
                vec(select(vec!["TOOL0", "TOOL1", "TOOL2"]), 0..3)
                    .prop_map(|ids| json!(ids))
                    .boxed(),
            ),
            at(
                "/model",
                Just(json!({ "provider": "anthropic", "model": "claude-sonnet-4-5-20250929" }))
                    .boxed(),
            ),
            maybe(
                "/voice/speed",
                (6..10)
                    .prop_map(|it| Value::from(f64::from(it) / 8.0))
                    .boxed(),
            ),
            maybe("/voice/cachingEnabled", flag().boxed()),
            at("/voice", null().boxed()),
            maybe("/artifactPlan/recordingEnabled", flag().boxed()),
            maybe("/artifactPlan/transcriptPlan/enabled", flag().boxed()),
            maybe("/artifactPlan/transcriptPlan/assistantName", text().boxed()),
        ]),
        Kind::Tool => {
            drop(settings.remove(0));
            settings.extend([
                at(
                    "/function/name",
                    select(vec![json!("one"), json!("two")]).boxed(),
                ),
                maybe("/function/description", text().boxed()),
                maybe("/function/strict", flag().boxed()),
                maybe("/async", flag().boxed()),
                at(
                    "/messages",
                    Just(json!([{ "type": "request-start", "content": "Yes." }])).boxed(),
                ),
            ]);
        }
        Kind::Squad => {
            settings.truncate(1);
            settings.push(at(
                "/members",
                Just(json!([{ "assistantId": "ASSISTANT" }])).boxed(),
            ));
        }
    }
    proptest::strategy::Union::new(settings).boxed()
}

/// A change: its settings as one object; later settings do not replace the parents of earlier ones.
fn change(kind: Kind) -> impl Strategy<Value = Value> {
    vec(setting(kind), 1..5).prop_map(|settings| {
        let mut change = json!({});
        for (pointer, value) in settings {
            let keys: Vec<_> = pointer.split('/').skip(1).collect();
            let (last, parents) = keys.split_last().unwrap();
            let mut here = &mut change;
            for key in parents {
                let members = here.as_object_mut().unwrap();
                let inner = members.entry(*key).or_insert_with(|| json!({}));
                if !inner.is_object() {
                    *inner = json!({});
                }
                here = inner;
            }
            match (here.get_mut(*last), value) {
                (Some(Value::Object(known)), Value::Object(value)) => known.extend(value),
                (Some(Value::Object(_)), Value::Null) => {}
                (_, value) => drop(
                    here.as_object_mut()
                        .unwrap()
                        .insert((*last).to_owned(), value),
                ),
            }
        }
        change
    })
}

/// The body of a new object.
fn body(kind: Kind) -> BoxedStrategy<Value> {
    let server = || {
        option::of(Just(
            json!({ "url": "https://a.example.com", "timeoutSeconds": 20 }),
        ))
    };
    let with = |mut body: Value, key: &str, value: Option<Value>| {
        if let Some(value) = value {
            body[key] = value;
        }
        body
    };
    match kind {
        Kind::Assistant => {
            let tools = json!([{ "type": "function", "function": { "name": "f" }, "server": { "url": "https://t.example.com" } }]);
            let model = (messages(), option::of(Just(tools)), option::of(Just(json!(["TOOL0"])))).prop_map(move |(messages, tools, ids)| {
                let model = json!({ "provider": "openai", "model": "gpt-4o", "temperature": 0.5, "messages": messages });
                with(with(model, "tools", tools), "toolIds", ids)
            });
            let plan = json!({ "recordingEnabled": true, "transcriptPlan": { "enabled": true, "assistantName": "Ada" } });
            (text(), model, option::of(object(json())), server(), option::of(Just(plan)))
                .prop_map(move |(name, model, metadata, server, plan)| {
                    let body = json!({
                        "name": name, "firstMessage": "Hello!", "model": model,
                        "voice": { "provider": "11labs", "voiceId": "sarah", "speed": 1.0 },
                    });
                    let body = with(body, "metadata", metadata);
                    with(with(body, "server", server), "artifactPlan", plan)
                })
                .boxed()
        }
        Kind::Tool => server()
            .prop_map(move |server| {
                let function = json!({ "name": "one", "parameters": { "type": "object", "properties": { "a": { "type": "string" } } } });
                with(json!({ "type": "function", "async": false, "function": function }), "server", server)
            })
            .boxed(),
        Kind::Squad => text()
            .prop_map(|name| json!({ "name": name, "members": [{ "assistantId": "ASSISTANT" }, { "assistant": { "name": "Inline" } }] }))
            .boxed(),
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

/// Whether a value consists only of removals.
fn removes_only(value: &Value) -> bool {
    match value {
        Value::Object(members) => !members.is_empty() && members.values().all(removes_only),
        value => value.is_null(),
    }
}

/// What an object must be after a change: a null removes, a list replaces, objects are merged.
fn merged(stored: &Value, change: &Value) -> Value {
    let (Value::Object(stored_members), Value::Object(members)) = (stored, change) else {
        return match change {
            Value::Object(members) => {
                let members = members.iter().filter(|(_, value)| !removes_only(value));
                let members =
                    members.map(|(key, value)| (key.clone(), merged(&Value::Null, value)));
                Value::Object(members.collect())
            }
            value => value.clone(),
        };
    };
    let mut result = stored_members.clone();
    for (key, value) in members {
        match (result.get(key), value) {
            (_, Value::Null) => drop(result.shift_remove(key)),
            (Some(old @ Value::Object(_)), value) => {
                let new = merged(old, value);
                result.insert(key.clone(), new);
            }
            (_, value) if removes_only(value) => {}
            (_, value) => drop(result.insert(key.clone(), merged(&Value::Null, value))),
        }
    }
    Value::Object(result)
}

/// Whether a stored member contains a value that is hidden and that the change does not give.
fn loses_hidden(stored: &Value, change: &Value) -> bool {
    match (stored, change) {
        (_, Value::Null) => false,
        (Value::Object(members), Value::Object(change)) => members.iter().any(|(key, value)| {
            let given = change.get(key).unwrap_or(&Value::Bool(false));
            match value {
                Value::String(_) if key == "secret" => !change.contains_key(key),
                value => loses_hidden(value, given),
            }
        }),
        // Something that the change does not contain.
        (stored, Value::Bool(false)) => stored.to_string().contains("\"secret\":"),
        _ => false,
    }
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
