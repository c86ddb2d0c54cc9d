//! Real answers of Vapi come through without an error and without the loss of anything that was
//! asked for. They are not part of the project, so these tests are ignored unless they are asked for;
//! `CONTRIBUTING.md` says how.
use std::{
    env, fs,
    path::{Path, PathBuf},
};

use crate::pointers::Source;
use crate::support::{call_tool, members, required, vapi};
use serde_json::{Map, Value, json};
use vapi_mcp::{catalog::TOOLS, result::hide_secrets};
use wiremock::ResponseTemplate;

/// The tool that gives the answers of files whose names start so.
const TOOL_OF: [(&str, &str); 8] = [
    ("assistant_get", "get_assistant"),
    ("assistant_list", "list_assistants"),
    ("assistant_post", "create_assistant"),
    ("call_get", "get_call"),
    ("call_list", "list_calls"),
    ("call_post", "create_call"),
    ("phone_number_list", "list_phone_numbers"),
    ("phone_number_", "get_phone_number"),
];

fn recorded(folder: &str) -> Vec<(String, Value)> {
    let shared = env::var_os("VAPI_MCP_SHARED")
        .expect("VAPI_MCP_SHARED must name the folder with the recorded answers");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(PathBuf::from(shared))
        .join(folder);
    let mut files: Vec<_> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{folder:?}: {error}"))
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    files.sort();
    let least = if folder.ends_with("errors") { 10 } else { 27 };
    assert!(
        files.len() >= least,
        "{folder:?} has {} files, fewer than {least}",
        files.len()
    );
    files
        .into_iter()
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            (
                name,
                serde_json::from_slice(&fs::read(path).unwrap()).unwrap(),
            )
        })
        .collect()
}

fn arguments(tool: &str) -> Map<String, Value> {
    let tool = vapi_mcp::catalog::find(tool).unwrap();
    if tool.dial.is_some() {
        return members(
            json!({ "assistantId": "a", "phoneNumberId": "p", "customer": { "number": "+15550100123" } }),
        );
    }
    required(tool)
}

/// Asserts that every value of `whole` that `kept` lets through is in `shown`, as it was sent or
/// hidden.
fn assert_kept(name: &str, at: &str, whole: &Value, shown: &Value, kept: &dyn Fn(&str) -> bool) {
    match (whole, shown) {
        (Value::Object(whole), Value::Object(shown)) => {
            for (key, value) in whole {
                let at = format!("{at}/{key}");
                match shown.get(key) {
                    Some(shown) => assert_kept(name, &at, value, shown, kept),
                    None => assert!(!kept(&at), "{name}: {at} is lost"),
                }
            }
        }
        (Value::Array(whole), Value::Array(shown)) => {
            assert_eq!(whole.len(), shown.len(), "{name}: {at} lost elements");
            for (whole, shown) in whole.iter().zip(shown) {
                assert_kept(name, at, whole, shown, kept);
            }
        }
        (Value::Null, _) => {}
        (whole, shown) => {
            let hidden = shown
                .as_str()
                .is_some_and(|text| text.contains("[redacted]"));
            assert!(
                whole == shown || hidden,
                "{name}: {at} was {whole} and is {shown}"
            );
        }
    }
}

/// Puts a value where it is missing.
fn put_back(shown: &mut Value, pointer: &str, value: &Value) {
    let mut here = shown;
    for key in pointer.split('/').skip(1) {
        if here.is_null() {
            *here = json!({});
        }
        here = &mut here[key];
    }
    if here.is_null() {
        *here = value.clone();
    }
}

#[tokio::test]
#[ignore = "reads recorded answers in the folder VAPI_MCP_SHARED"]
async fn every_recorded_answer_comes_through_whole() {
    for (name, body) in recorded("recorded") {
        let tool = TOOL_OF.iter().find(|(start, _)| name.starts_with(start));
        let tool = match tool {
            Some((_, tool)) => tool,
            None if name.starts_with("tool_") => "get_tool",
            None => {
                // Answers of operations that are no tool yet go through the same pass.
                let shown = hide_secrets(body.to_string().as_bytes()).unwrap();
                assert_kept(
                    &name,
                    "",
                    &body,
                    &serde_json::from_str(&shown).unwrap(),
                    &|_| true,
                );
                continue;
            }
        };
        let vapi = vapi(ResponseTemplate::new(200).set_body_json(&body)).await;
        let outcome = call_tool(&vapi, tool, arguments(tool)).await;
        assert!(!outcome.is_error, "{name}: {}", outcome.text);
        let shown: Value = serde_json::from_str(&outcome.text).unwrap();
        assert_eq!(shown.is_array(), body.is_array(), "{name}");
        if let Some(results) = body["results"]
            .as_array()
            .filter(|_| !body["id"].is_string())
        {
            // A batch: a row of each call that was placed, whole in `get_call`.
            for (whole, row) in results.iter().zip(shown["results"].as_array().unwrap()) {
                assert_eq!(
                    (&row["id"], &row["status"]),
                    (&whole["id"], &whole["status"])
                );
            }
            continue;
        }
        let view = &TOOLS
            .iter()
            .find(|known| *known.name == *tool)
            .unwrap()
            .view;
        // What a pointer of the row leads to, what is above it and what is below it.
        let kept = |at: &str| {
            view.keep.is_none_or(|keep| {
                keep.iter().any(|kept| {
                    *kept == at
                        || kept.starts_with(&format!("{at}/"))
                        || at.starts_with(&format!("{kept}/"))
                })
            })
        };
        let elements = |value: &Value| {
            value
                .as_array()
                .cloned()
                .unwrap_or_else(|| vec![value.clone()])
        };
        let mut restored = Vec::new();
        for (whole, shown) in elements(&body).iter().zip(elements(&shown)) {
            let mut back = shown.clone();
            for added in view.add {
                if let Some(value) = whole.pointer(added.at).filter(|value| !value.is_null()) {
                    let ours = &shown[added.name];
                    let raw = whole.get(added.name).filter(|raw| !raw.is_null());
                    assert!(
                        ours == raw.unwrap_or(value) || added.keep.is_some(),
                        "{name}: {}",
                        added.name
                    );
                    for key in added.keep.into_iter().flatten() {
                        assert_eq!(ours.get(*key), value.get(*key), "{name}: {}", added.name);
                    }
                    match added.keep {
                        _ if raw.is_some() => {}
                        None => put_back(&mut back, added.at, ours),
                        Some(keys) => {
                            for key in keys.iter().filter(|key| ours.get(**key).is_some()) {
                                put_back(&mut back, &format!("{}/{key}", added.at), &ours[*key]);
                            }
                        }
                    }
                }
            }
            restored.push(back);
        }
        let restored = match body {
            Value::Array(_) => Value::from(restored),
            _ => restored.remove(0),
        };
        // What stands under an added name does not stand in its own place too.
        assert_kept(&name, "", &body, &restored, &kept);
    }
}

#[tokio::test]
#[ignore = "reads recorded answers in the folder VAPI_MCP_SHARED"]
async fn every_recorded_error_is_told_in_vapis_own_words() {
    for (name, error) in recorded("recorded/errors") {
        let status = u16::try_from(error["status"].as_u64().unwrap()).unwrap();
        let (text, words) = match &error["body"] {
            Value::String(page) if page.starts_with('<') => (page.clone(), Vec::new()),
            Value::String(text) => (text.clone(), vec![text.clone()]),
            json => (json.to_string(), messages(&json["message"])),
        };
        let answer = ResponseTemplate::new(status)
            .set_body_raw(text, error["content_type"].as_str().unwrap());
        let vapi = vapi(answer).await;
        for tool in ["create_call", "get_call"] {
            let outcome = call_tool(&vapi, tool, arguments(tool)).await;
            assert!(outcome.is_error, "{name}");
            assert!(
                outcome.text.contains(&status.to_string()),
                "{name}: {}",
                outcome.text
            );
            assert!(!outcome.text.contains("<html"), "{name}: {}", outcome.text);
            for word in &words {
                assert!(
                    outcome.text.contains(word),
                    "{name}: {} lacks {word}",
                    outcome.text
                );
            }
        }
    }
}

fn messages(message: &Value) -> Vec<String> {
    match message {
        Value::Array(messages) => messages.iter().flat_map(messages_of).collect(),
        message => messages_of(message).collect(),
    }
}

fn messages_of(message: &Value) -> impl Iterator<Item = String> + use<> {
    message.as_str().map(str::to_owned).into_iter()
}

/// The tool that reads answers of files whose names start so; other answers are read by the tools
/// in [`OTHER`].
const READING: [(&str, &str); 9] = [
    ("assistant_get", "get_assistant"),
    ("assistant_list", "list_assistants"),
    ("assistant_post", "get_assistant"),
    ("call_get", "get_call"),
    ("call_list", "list_calls"),
    ("call_post", "get_call"),
    ("phone_number_list", "list_phone_numbers"),
    ("phone_number_", "get_phone_number"),
    ("tool_", "get_tool"),
];

/// A list and an object of an operation that is no tool.
const OTHER: [&str; 2] = ["list_tools", "get_tool"];

#[tokio::test]
#[ignore = "reads recorded answers in the folder VAPI_MCP_SHARED"]
async fn every_pointer_into_a_recorded_answer_brings_its_value() {
    let mut compared = 0;
    for (name, body) in recorded("recorded") {
        let known = READING.iter().find(|(start, _)| name.starts_with(start));
        let tool = known.map_or(OTHER[usize::from(!name.contains("_list"))], |(_, tool)| {
            tool
        });
        let source = Source::new(&name, tool, body).await;
        let here = source.check().await;
        println!("{name}: {here}");
        compared += here;
    }
    assert!(compared >= 2_600, "{compared} pointers");
}
