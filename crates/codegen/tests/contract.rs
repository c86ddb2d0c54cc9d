//! How responses that differ from the document and the rows are reported. All values are invented.

use std::fs;

use codegen::{
    contract::{Contract, Kind},
    fixes::set,
};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::root;

const LIST: &str = "GET /assistant";
const ONE: &str = "GET /assistant/{id}";

fn contract() -> Contract {
    Contract::read(&root().join("spec")).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

/// A copy of the files of `spec/` that a test may change.
fn spec_copy() -> TempDir {
    let (spec, copy) = (root().join("spec"), TempDir::new().unwrap());
    for folder in ["", "tools"] {
        fs::create_dir_all(copy.path().join(folder)).unwrap();
        let files = fs::read_dir(spec.join(folder)).unwrap();
        for file in files
            .map(|file| file.unwrap().path())
            .filter(|it| it.is_file())
        {
            let name = file.strip_prefix(&spec).unwrap();
            fs::copy(&file, copy.path().join(name)).unwrap();
        }
    }
    copy
}

/// An assistant as the document declares it.
fn assistant() -> Value {
    json!({
        "id": "8d9f0c1e-0000-4000-8000-000000000001",
        "orgId": "8d9f0c1e-0000-4000-8000-000000000002",
        "createdAt": "2027-01-31T09:00:00.000Z",
        "updatedAt": "2027-01-31T09:00:00.000Z",
        "name": "Front desk",
        "voice": { "provider": "vapi", "voiceId": "Elliot" },
        "model": { "provider": "openai", "model": "gpt-4o", "messages": [{ "role": "system", "content": "Hi" }] },
    })
}

/// The differences that one change of an assistant makes.
fn differences(pointer: &str, value: Value) -> Vec<String> {
    let mut changed = assistant();
    assert_eq!(set(&mut changed, pointer, value), 1, "{pointer}");
    let found = contract().differences(ONE, &changed);
    found.iter().map(ToString::to_string).collect()
}

#[test]
fn a_response_that_follows_the_document_has_no_differences() {
    let mut contract = contract();
    contract.compare(ONE, &assistant());
    contract.compare(LIST, &json!([assistant(), assistant()]));
    assert_eq!(contract.count(), 0, "{contract}");
    assert!(
        contract
            .to_string()
            .starts_with("2 operations, 3 objects: 0 ")
    );
    assert_eq!(contract.edits(), []);
}

#[test]
fn unknown_properties_types_and_values_are_found_at_any_depth() {
    for (pointer, value, found) in [
        ("/mood", json!("calm"), "/mood is not declared (string)"),
        (
            "/model/mood",
            json!({ "calm": 1 }),
            "/model/mood is not declared (object)",
        ),
        ("/name", json!(5), "/name has another type (integer)"),
        ("/name", json!(null), "/name has another type (null)"),
        (
            "/maxDurationSeconds",
            json!("60"),
            "/maxDurationSeconds has another type (string)",
        ),
        (
            "/firstMessageMode",
            json!("assistant-hums-first"),
            "/firstMessageMode is not in the enum (string)",
        ),
        (
            "/model/messages/0/role",
            json!(true),
            "/model/messages/*/role has another type (boolean)",
        ),
        (
            "/voice/provider",
            json!("gramophone"),
            "/voice matches none of the alternatives",
        ),
        (
            "/server",
            json!({ "headers": {}, "mood": [] }),
            "/server/mood is not declared (array)",
        ),
    ] {
        assert_eq!(differences(pointer, value), [found], "{pointer}");
    }
}

#[test]
fn a_missing_required_property_is_found() {
    let mut changed = assistant();
    changed.as_object_mut().unwrap().shift_remove("orgId");
    let found = contract().differences(LIST, &json!([changed]));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].to_string(), "/*/orgId is required but missing");
    assert_eq!(found[0].at, "/components/schemas/Assistant");
}

#[test]
fn the_keys_of_a_map_are_not_properties() {
    let headers = json!({ "X-Mood": "calm", "+15550100123": "x" });
    assert_eq!(
        differences("/server", json!({ "headers": headers })),
        Vec::<String>::new()
    );
}

#[test]
fn the_same_difference_in_many_rows_is_one_line_with_a_count() {
    let mut changed = assistant();
    set(&mut changed, "/mood", json!("calm"));
    let mut contract = contract();
    contract.compare(LIST, &json!(vec![changed.clone(); 100]));
    contract.compare(ONE, &changed);
    assert_eq!(contract.count(), 1);
    let report = contract.to_string();
    let line = "- `Assistant`: `GET /assistant` `/*/mood`, `GET /assistant/{id}` `/mood` is not \
                declared (string), 101 times\n";
    assert!(report.contains(line), "{report}");
}

#[test]
fn a_property_that_a_row_can_name_is_a_mark_beside_those_it_has() {
    let mut changed = assistant();
    set(&mut changed, "/mood", json!("calm"));
    set(&mut changed, "/model/systemPrompt", json!("Be kind"));
    let mut contract = contract();
    contract.compare(ONE, &changed);
    // The row marks `/model/systemPrompt` already.
    assert_eq!(contract.count(), 1, "{contract}");
    let report = contract.to_string();
    assert!(
        report.contains(
            "tool `get_assistant`:\n\nundocumented = [\"/model/systemPrompt\", \"/mood\"]\n"
        ),
        "{report}"
    );
    assert!(!report.contains("## Fixes"), "{report}");
}

#[test]
fn a_pasted_mark_is_valid_and_ends_the_difference() {
    let mut changed = assistant();
    set(&mut changed, "/mood", json!("calm"));
    set(&mut changed, "/voice/mood", json!("calm"));
    set(&mut changed, "/model/messages/0/mood", json!("calm"));
    let mut contract = contract();
    contract.compare(ONE, &changed);
    assert_eq!(contract.count(), 3, "{contract}");
    let report = contract.to_string();
    let mark = report.split("tool `get_assistant`:\n\n").nth(1).unwrap();
    let mark = mark.lines().next().unwrap();
    let spec = spec_copy();
    let file = spec.path().join("tools/core.toml");
    let table = fs::read_to_string(&file).unwrap();
    let (before, row) = table.split_once("name = \"get_assistant\"").unwrap();
    let row = row.replacen("undocumented = [\"/model/systemPrompt\"]", mark, 1);
    fs::write(&file, format!("{before}name = \"get_assistant\"{row}")).unwrap();
    let generated = codegen::generate(spec.path()).unwrap_or_else(|it| panic!("{it:#?}"));
    assert_eq!(generated.stale().collect::<Vec<_>>(), Vec::<String>::new());
    let mut contract = Contract::read(spec.path()).unwrap();
    contract.compare(ONE, &changed);
    contract.compare(LIST, &json!([changed]));
    assert_eq!(contract.count(), 0, "{contract}");
}

#[test]
fn the_printed_fixes_make_the_document_allow_what_was_found() {
    let mut campaign = json!({ "mood": "calm", "name": null, "status": 5 });
    let mut contract = contract();
    let address = "GET /v2/campaign/{id}";
    contract.compare(address, &campaign);
    let found = contract.count();
    assert!(found > 4, "{contract}");
    let report = contract.to_string();
    for part in [
        "\n    Fix {\n        name: \"campaign-summary-as-sent\",\n",
        "\nfn campaign_summary_as_sent(document: &mut Value) -> usize {\n    super::set(\n",
        "\"/components/schemas/CampaignSummary/properties/mood\",\n        json!({\"type\":\"string\"}),\n",
        "\"/components/schemas/CampaignSummary/required\",\n",
        "\"/components/schemas/CampaignSummary/properties/name\",\n",
    ] {
        assert!(report.contains(part), "{part}\n{report}");
    }
    let edits = contract.edits();
    contract.apply(edits);
    contract.compare(address, &campaign);
    assert_eq!(contract.count(), 0, "{contract}");
    campaign["zeal"] = json!(1);
    contract.compare(address, &campaign);
    assert_eq!(contract.count(), 1, "{contract}");
}

#[test]
fn a_fix_of_an_enum_has_a_placeholder_instead_of_the_value() {
    let mut changed = assistant();
    set(
        &mut changed,
        "/firstMessageMode",
        json!("assistant-hums-first"),
    );
    let mut contract = contract();
    contract.compare(ONE, &changed);
    let report = contract.to_string();
    let fix = "\"/components/schemas/Assistant/properties/firstMessageMode/enum/-\",\n        \
               json!(\"VALUE\"),";
    assert!(report.contains(fix), "{report}");
    assert!(!report.contains("hums"), "{report}");
}

#[test]
fn no_value_and_no_key_that_may_be_data_is_in_a_report() {
    let secrets = [
        "8d9f0c1e",
        "+15550100123",
        "Ada",
        "ada@example.com",
        "a1b2c3d4e5f6",
        "Front desk",
        "2027-01-31",
        "calm",
    ];
    let mut changed = assistant();
    set(&mut changed, "/mood", json!("calm"));
    for key in &secrets[..5] {
        set(&mut changed, &format!("/model/{key}"), json!("calm"));
    }
    set(&mut changed, "/name", json!(["+15550100123"]));
    let mut contract = contract();
    contract.compare(LIST, &json!([changed]));
    let report = contract.to_string();
    assert!(
        report.contains("`/*/model/*` is not declared (string), 5 times"),
        "{report}"
    );
    for secret in secrets {
        assert!(!report.contains(secret), "{secret}\n{report}");
    }
}

#[test]
fn names_that_are_too_many_to_be_properties_are_one_line() {
    let mut changed = assistant();
    for index in 0..400 {
        let letters: String = format!("{index:03}")
            .bytes()
            .map(|digit| char::from(digit - b'0' + b'a'))
            .collect();
        set(&mut changed, &format!("/voice/{letters}"), json!(true));
    }
    let mut contract = contract();
    contract.compare(ONE, &changed);
    assert!(contract.count() < 40, "{}", contract.count());
    let report = contract.to_string();
    assert!(
        report.contains("`/voice/*` is not declared (boolean), 370 times"),
        "{report}"
    );
}

#[test]
fn a_pointer_of_a_row_without_a_value_is_listed() {
    let mut contract = contract();
    contract.compare(LIST, &json!([assistant()]));
    let report = contract.to_string();
    let of_tool = report
        .lines()
        .find(|line| line.contains("tool `list_assistants`"));
    let of_tool = of_tool.unwrap_or_else(|| panic!("{report}"));
    assert!(of_tool.contains("spec/tools/core.toml:"), "{of_tool}");
    assert!(of_tool.contains("`/model/systemPrompt`"), "{of_tool}");
    assert!(of_tool.ends_with(" (1 object)"), "{of_tool}");
    assert!(!of_tool.contains("`/name`"), "{of_tool}");
    let stored = report
        .lines()
        .find(|line| line.contains("operations of `/assistant`"));
    assert!(
        stored.unwrap().contains("`/model/tools/*/destinations/*`"),
        "{report}"
    );
    // Nothing was compared in which the rows of calls could be looked for.
    assert!(!report.contains("list_calls"), "{report}");
}

#[test]
fn a_difference_names_its_kind() {
    let mut changed = assistant();
    set(&mut changed, "/mood", json!("calm"));
    let found = contract().differences(ONE, &changed);
    assert_eq!(found[0].kind, Kind::Undeclared("mood".to_owned(), "string"));
}

#[test]
fn a_fix_counts_only_what_it_changes() {
    let mut value = json!({ "a": { "b/c": 1 }, "list": ["x"] });
    for (at, new, changes) in [
        ("/a/b~1c", json!(2), 1),
        ("/a/b~1c", json!(2), 0),
        ("/a/new", json!(null), 1),
        ("/list/-", json!("y"), 1),
        ("/list/-", json!("y"), 0),
        ("/list/0", json!("z"), 1),
        ("/list/7", json!("z"), 0),
        ("/no/such", json!(1), 0),
        ("", json!(1), 0),
    ] {
        assert_eq!(set(&mut value, at, new), changes, "{at}");
    }
    let changed = json!({ "a": { "b/c": 2, "new": null }, "list": ["z", "y"] });
    assert_eq!(value, changed);
}
