//! Destinations in the bodies of all operations, held against `--allow-destinations`.

use std::collections::{BTreeSet, HashMap, VecDeque};

use serde_json::{Map, Value, json};
use vapi_mcp::{
    api::{Api, Limits, Token},
    call::{Context, Outcome, call_exposed},
    catalog::{OPERATIONS, Operation, Toolset},
    guard::{Gate, Guard, confirm::NoConfirmer, rules::Rules},
    model::facts::{Body, Facts},
    reference::facts,
};
use wiremock::ResponseTemplate;

use crate::support::{KEY, context, members, vapi};

/// A number that the rules of this test do not allow.
const FOREIGN: &str = "+442079460000";

/// The objects in a schema that a schema with this reference stands for.
fn objects<'a>(facts: &'a Facts, schema: &'a Value) -> Vec<(Option<&'a str>, &'a Value)> {
    let mut found = Vec::new();
    let mut left = vec![(None, schema)];
    while let Some((name, schema)) = left.pop() {
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            let name = reference.rsplit('/').next().unwrap();
            left.push((Some(name), &facts.schemas[name]));
            continue;
        }
        for key in ["oneOf", "anyOf", "allOf"] {
            let members = schema.get(key).and_then(Value::as_array);
            left.extend(members.into_iter().flatten().map(|it| (name, it)));
        }
        if schema.get("properties").is_some() || schema.get("items").is_some() {
            found.push((name, schema));
        }
    }
    found
}

/// Pointers to objects of a body that have a key of a destination. Each schema is opened at a few
/// locations, the least deep ones first, because agents contain each other without end.
fn destinations(facts: &Facts, body: &Value) -> BTreeSet<(String, &'static str)> {
    const OPENED: usize = 12;
    let mut found = BTreeSet::new();
    let mut opened: HashMap<&str, usize> = HashMap::new();
    let mut queue = VecDeque::from([(String::new(), body)]);
    while let Some((at, schema)) = queue.pop_front() {
        for (name, object) in objects(facts, schema) {
            if let Some(name) = name {
                let opened = opened.entry(name).or_default();
                *opened += 1;
                if *opened > OPENED {
                    continue;
                }
            }
            if let Some(items) = object.get("items") {
                queue.push_back((format!("{at}/*"), items));
            }
            for (key, property) in object["properties"].as_object().into_iter().flatten() {
                let is_text = property["type"] == "string";
                match key.as_str() {
                    "number" if is_text => drop(found.insert((at.clone(), "number"))),
                    "sipUri" if is_text => drop(found.insert((at.clone(), "sipUri"))),
                    _ => queue.push_back((format!("{at}/{key}"), property)),
                }
            }
        }
    }
    found
}

/// A body with only this value.
fn body_with(pointer: &str, value: Value) -> Value {
    let segments: Vec<_> = pointer.split('/').skip(1).collect();
    segments
        .into_iter()
        .rev()
        .fold(value, |inner, segment| match segment {
            "*" => json!([inner]),
            key => {
                let key = key.replace("~1", "/").replace("~0", "~");
                Value::Object(Map::from_iter([(key, inner)]))
            }
        })
}

async fn send(guard: &Guard, api: &Api, operation: &Operation, body: Value) -> Outcome {
    let token = Token::new(KEY).unwrap();
    let toolset = Toolset::default();
    let effect = operation.effect_of(&body);
    let tool = toolset
        .exposed(toolset.sender(effect).unwrap().name)
        .unwrap();
    let params = operation.parameters.iter().filter(|it| it.required);
    let params: Map<_, _> = params.map(|it| (it.name.to_owned(), json!("a1"))).collect();
    let given = json!({ "operation": operation.key(), "params": params, "body": body });
    let context = Context {
        toolset: &toolset,
        gate: Gate {
            guard,
            person: &NoConfirmer,
        },
        ..context(api, &token, guard)
    };
    call_exposed(tool, members(given), context).await
}

#[tokio::test]
async fn a_foreign_number_is_refused_wherever_a_body_can_have_one() {
    let vapi = vapi(ResponseTemplate::new(200).set_body_json(json!({ "id": "1" }))).await;
    let api = Api::new(vapi.uri(), Limits::default());
    let guard = Guard::new(Rules {
        destinations: Some("+1555".parse().unwrap()),
        ..Rules::default()
    })
    .unwrap();
    let facts = facts().unwrap();
    let mut tried = 0;
    for operation in OPERATIONS
        .iter()
        .filter(|it| it.effect != vapi_mcp::model::Effect::Read)
    {
        let described = facts
            .operations
            .iter()
            .find(|it| it.id == operation.id)
            .unwrap();
        let Some(Body::Json(schema)) = &described.body else {
            continue;
        };
        for (at, key) in destinations(facts, schema) {
            let to = if key == "number" {
                FOREIGN.to_owned()
            } else {
                format!("sip:{FOREIGN}@example.org")
            };
            let body = body_with(&format!("{at}/{key}"), json!(to));
            // The account's own numbers are nobody's destination.
            if at.is_empty() && operation.path.starts_with("/phone-number") || at == "/phoneNumber"
            {
                continue;
            }
            let outcome = send(&guard, &api, operation, body).await;
            assert!(
                outcome.is_error,
                "{} {at}/{key}: {}",
                operation.key(),
                outcome.text
            );
            assert!(
                outcome.text.contains("--allow-destinations"),
                "{} {at}: {}",
                operation.key(),
                outcome.text
            );
            tried += 1;
        }
        let dials = operation.dial.iter();
        let unseen = dials.flat_map(|dial| dial.by_id.iter().chain(dial.many_by_id));
        for at in unseen.chain(operation.stored_unseen) {
            let mut body = body_with(at, json!("a1"));
            if at.ends_with("previousChatId") {
                // Alone, it continues a chat that reaches nobody.
                continue;
            }
            if at.ends_with("Plan") {
                body = body_with(at, json!({ "earliestAt": "2099-01-01T00:00:00Z" }));
            }
            let outcome = send(&guard, &api, operation, body).await;
            assert!(
                outcome.is_error,
                "{} {at}: {}",
                operation.key(),
                outcome.text
            );
            assert!(
                outcome.text.contains("--allow-destinations"),
                "{}",
                outcome.text
            );
            tried += 1;
        }
    }
    // A change is checked once the object is read, because it may contain stored destinations.
    let requests = vapi.received_requests().await.unwrap();
    assert!(requests.iter().all(|it| it.method == "GET"), "{requests:?}");
    assert!(requests.len() < tried, "{}", requests.len());
    assert!(tried > 150, "{tried}");
}
