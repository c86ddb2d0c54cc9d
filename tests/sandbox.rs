//! The sandbox: what is made there, what becomes of calls, what it refuses, and that its answers are
//! like Vapi's.

mod calls;
mod campaigns;
mod chats;
mod collections;
mod document;
mod peculiar;
mod program;
mod whole;

use std::{collections::BTreeSet, path::Path, time::Duration};

use crate::support::{
    process::{Process, command},
    wait,
};
use codegen::document::Document;
use reqwest::Url;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::sleep;
use vapi_mcp::{
    catalog::TOOLS,
    sandbox::{ADDRESS, Answer, REMARK, Sandbox},
};

/// Long enough for every call to be over.
const OVER: Duration = Duration::from_secs(30);

fn ask(sandbox: &Sandbox, method: &str, path: &str, body: Value) -> Answer {
    let url = Url::parse(&format!("{ADDRESS}{path}")).unwrap();
    let body = if body.is_null() {
        Vec::new()
    } else {
        body.to_string().into_bytes()
    };
    sandbox.answer(method, &url, &body)
}

fn get(sandbox: &Sandbox, path: &str) -> Value {
    let answer = ask(sandbox, "GET", path, Value::Null);
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    answer.body
}

fn post(sandbox: &Sandbox, path: &str, body: Value) -> Value {
    let answer = ask(sandbox, "POST", path, body);
    assert_eq!(answer.status, 201, "{path}: {}", answer.body);
    answer.body
}

fn first_id(sandbox: &Sandbox, path: &str) -> String {
    get(sandbox, path)[0]["id"].as_str().unwrap().to_owned()
}

/// A call to this number with what is there from the start.
fn call_to(sandbox: &Sandbox, number: &str) -> Value {
    json!({
        "assistantId": first_id(sandbox, "/assistant"),
        "phoneNumberId": first_id(sandbox, "/phone-number"),
        "customer": { "number": number },
    })
}

fn ring(sandbox: &Sandbox, number: &str) -> Answer {
    ask(sandbox, "POST", "/call", call_to(sandbox, number))
}

fn path_of(call: &Value) -> String {
    format!("/call/{}", call["id"].as_str().unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_call_without_both_ends_is_a_web_call() {
    let sandbox = Sandbox::new().unwrap();
    let assistant = first_id(&sandbox, "/assistant");
    let placed = post(&sandbox, "/call", json!({ "assistantId": assistant }));
    assert_eq!(placed["type"], "webCall");
    assert_eq!(placed["status"], "queued");
    assert_eq!(placed["webCallUrl"], placed["transport"]["callUrl"]);
    assert_eq!(placed.get("phoneCallProvider"), None);
    assert_eq!(get(&sandbox, &path_of(&placed))["type"], "webCall");
}

#[tokio::test(start_paused = true)]
async fn what_is_made_is_listed_changed_and_removed() {
    let sandbox = Sandbox::new().unwrap();
    for (path, body, change) in [
        (
            "/assistant",
            json!({ "name": "A", "firstMessage": "Hi" }),
            json!({ "name": "B", "firstMessage": null }),
        ),
        (
            "/tool",
            json!({ "type": "endCall" }),
            json!({ "messages": [] }),
        ),
        (
            "/phone-number",
            json!({ "provider": "vapi", "name": "A" }),
            json!({ "provider": "vapi", "name": "B" }),
        ),
        (
            "/squad",
            json!({ "members": [{ "assistant": { "name": "A" } }] }),
            json!({ "members": [] }),
        ),
    ] {
        let made = post(&sandbox, path, body.clone());
        for (key, value) in body.as_object().unwrap() {
            assert_eq!(&made[key], value);
        }
        assert!(made["id"].as_str().unwrap().starts_with("5a4db0c5-"));
        let one = format!("{path}/{}", made["id"].as_str().unwrap());
        assert_eq!(get(&sandbox, &one), made);
        assert_eq!(get(&sandbox, path)[0], made);
        sleep(Duration::from_secs(1)).await;
        let changed = ask(&sandbox, "PATCH", &one, change.clone()).body;
        for (key, value) in change.as_object().unwrap() {
            assert_eq!(
                changed.get(key),
                Some(value).filter(|value| !value.is_null()),
                "{changed}"
            );
        }
        assert_eq!(changed["createdAt"], made["createdAt"]);
        assert!(changed["updatedAt"].as_str() > made["updatedAt"].as_str());
        assert_eq!(ask(&sandbox, "DELETE", &one, Value::Null).body, changed);
        for method in ["GET", "PATCH", "DELETE"] {
            let body = if method == "PATCH" {
                change.clone()
            } else {
                Value::Null
            };
            assert_eq!(ask(&sandbox, method, &one, body).status, 404);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn lists_are_newest_first_and_cut_by_limit_time_and_owner() {
    let sandbox = Sandbox::new().unwrap();
    let times: Vec<_> = (0..5)
        .map(|index| {
            post(
                &sandbox,
                "/assistant",
                json!({ "name": format!("{index}") }),
            )["createdAt"]
                .clone()
        })
        .collect();
    let distinct: BTreeSet<_> = times.iter().map(|time| time.as_str().unwrap()).collect();
    assert_eq!(distinct.len(), 5, "a list is paged by its times");
    let names = |query: String| -> String {
        let list = get(&sandbox, &format!("/assistant?{query}"));
        let names = list.as_array().unwrap().iter();
        names
            .map(|one| one["name"].as_str().unwrap())
            .filter(|name| name.len() == 1)
            .collect()
    };
    let third = times[2].as_str().unwrap();
    for (query, wanted) in [
        ("limit=2".to_owned(), "43"),
        ("limit=0".to_owned(), ""),
        (format!("createdAtGt={third}"), "43"),
        (format!("createdAtGe={third}"), "432"),
        (format!("createdAtLt={third}"), "10"),
        (format!("createdAtLe={third}&limit=1"), "2"),
        (format!("updatedAtGe={third}"), "432"),
    ] {
        assert_eq!(names(query.clone()), wanted, "{query}");
    }
    let call = ring(&sandbox, "+15550100123").body;
    let mine = format!(
        "/call?assistantId={}",
        call["assistantId"].as_str().unwrap()
    );
    assert_eq!(get(&sandbox, &mine)[0]["id"], call["id"]);
    let other = get(&sandbox, "/assistant")[1]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        get(&sandbox, &format!("/call?assistantId={other}")),
        json!([])
    );
    for (query, problem) in [
        ("limit=1001", "limit must not be greater than 1000"),
        (
            "limit=x",
            "limit must be a number conforming to the specified constraints",
        ),
        (
            "createdAtGt=soon",
            "createdAtGt must be a valid ISO 8601 date string",
        ),
        ("offset=1", "property offset should not exist"),
    ] {
        let answer = ask(&sandbox, "GET", &format!("/assistant?{query}"), Value::Null);
        assert_eq!(
            (answer.status, &answer.body["message"]),
            (400, &json!([problem]))
        );
    }
}
