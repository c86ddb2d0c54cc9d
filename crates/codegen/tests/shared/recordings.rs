//! Recorded responses, compared with the document and the rows.

use codegen::contract::{Contract, Edit};

use super::*;

/// The operations whose responses are in files whose names start so.
const OPERATIONS: [(&str, &str); 13] = [
    ("assistant_get", "GET /assistant/{id}"),
    ("assistant_list", "GET /assistant"),
    ("assistant_post", "POST /assistant"),
    ("call_get", "GET /call/{id}"),
    ("call_list", "GET /call"),
    ("call_post", "POST /call"),
    ("campaign_post", "POST /campaign"),
    ("file_list", "GET /file"),
    ("phone_number_list", "GET /phone-number"),
    ("phone_number_", "GET /phone-number/{id}"),
    ("session_list", "GET /session"),
    ("squad_list", "GET /squad"),
    ("tool_get", "GET /tool/{id}"),
];

/// The recorded responses, each with the operation.
fn recordings() -> Vec<(&'static str, Value)> {
    let shared = std::env::var_os("VAPI_MCP_SHARED").unwrap();
    let folder = root().join(shared).join("recorded");
    let files = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap());
    let recordings = files.filter_map(|file| {
        let name = file.file_name().into_string().unwrap();
        let (_, address) = OPERATIONS
            .iter()
            .find(|(start, _)| name.starts_with(start))?;
        let text = fs::read(file.path()).unwrap();
        Some((*address, serde_json::from_slice(&text).unwrap()))
    });
    recordings.collect()
}

/// The texts and numbers of a value.
fn scalars(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Array(elements) => elements.iter().for_each(|it| scalars(it, found)),
        Value::Object(members) => members.values().for_each(|it| scalars(it, found)),
        Value::String(text) => found.push(text.clone()),
        Value::Number(number) => found.push(number.to_string()),
        Value::Null | Value::Bool(_) => {}
    }
}

#[test]
#[ignore = "reads recorded answers in the folder VAPI_MCP_SHARED"]
fn what_recordings_add_to_the_document_is_reported_without_their_values() {
    let recordings = recordings();
    assert!(recordings.len() >= 25, "{}", recordings.len());
    let mut contract = Contract::read(&root().join("spec")).unwrap();
    for (address, answer) in &recordings {
        contract.compare(address, answer);
    }
    let report = contract.to_string();
    assert!(contract.count() >= 10);
    for known in [
        "/isServerUrlSecretSet` is not declared (boolean)",
        "/subscriptionLimits`",
    ] {
        assert!(report.contains(known), "{known}");
    }
    // A row marks it.
    assert!(!report.contains("/webCallUrl` is not declared"));
    // Texts of the document and the rows are not only in the recordings.
    let public = [
        "vapi.json",
        "operations.toml",
        "tools/core.toml",
        "tools/extra.toml",
    ];
    let public = public.map(|file| fs::read_to_string(root().join("spec").join(file)).unwrap());
    let public = public.concat();
    let mut values = Vec::new();
    recordings
        .iter()
        .for_each(|(_, answer)| scalars(answer, &mut values));
    values.retain(|value| value.len() > 5 && !public.contains(value.as_str()));
    assert!(values.len() > 300, "{}", values.len());
    for value in values {
        assert!(!report.contains(&value), "{value}");
    }
}

#[test]
#[ignore = "reads recorded answers in the folder VAPI_MCP_SHARED"]
fn after_the_reported_fixes_the_document_allows_the_recordings() {
    let recordings = recordings();
    let mut contract = Contract::read(&root().join("spec")).unwrap();
    let compare = |contract: &mut Contract| {
        for (address, answer) in &recordings {
            contract.compare(address, answer);
        }
    };
    compare(&mut contract);
    let (before, edits) = (contract.count(), contract.edits());
    assert!(edits.len() > 5, "{edits:#?}");
    contract.apply(edits);
    compare(&mut contract);
    assert!(contract.count() < before);
    // What remains are marks of rows, and values that the maintainer fills in.
    let mut left: Vec<Edit> = contract.edits();
    left.retain(|edit| edit.value != "VALUE");
    assert_eq!(left, []);
}
