//! Random objects and changes.

use proptest::{collection::vec, option, prelude::*, sample::select, strategy::Union};
use serde_json::{Value, json};

/// The kind of a random object.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    Assistant,
    Tool,
    Squad,
}

impl Kind {
    pub(super) fn path(self) -> &'static str {
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
    Union::new(settings).boxed()
}

/// A change: its settings as one object; later settings do not replace the parents of earlier ones.
pub(super) fn change(kind: Kind) -> impl Strategy<Value = Value> {
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
pub(super) fn body(kind: Kind) -> BoxedStrategy<Value> {
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
