//! The lint accepts a correct tool and names every fault that MCP clients are known to refuse.

use codegen::lint;
use serde_json::{Value, json};

const NONE: [&str; 0] = [];

/// A tool that every client accepts.
fn sound() -> Value {
    json!({
        "name": "list_calls",
        "title": "List calls",
        "description": "List calls, newest first.",
        "annotations": { "readOnlyHint": true },
        "inputSchema": {
            "type": "object",
            "properties": {
                "limit": { "type": "integer", "minimum": 0, "default": 20, "description": "Most rows." },
                "since.at_1-a": { "type": "string", "format": "date-time", "description": "ISO 8601." },
                "ids": { "type": "array", "items": { "type": "string" }, "description": "Ids." },
                "which": { "oneOf": [{ "type": "string" }, { "type": "object", "properties": {
                    "description": { "type": "string" }, "pattern": { "type": "string" },
                    "format": { "type": "string" },
                }, "additionalProperties": false }], "description": "One form or the other." },
            },
            "required": ["limit"],
        },
    })
}

/// The faults of the correct tool with one place changed; `Null` takes the place away.
fn faults(pointer: &str, value: Value) -> Vec<String> {
    let mut tool = sound();
    let (holder, key) = pointer.rsplit_once('/').unwrap();
    let holder = tool.pointer_mut(holder).unwrap().as_object_mut().unwrap();
    match value {
        Value::Null => holder.remove(key),
        value => holder.insert(key.to_owned(), value),
    };
    lint::tool(&tool)
}

#[test]
fn a_correct_tool_has_no_fault() {
    assert_eq!(lint::tool(&sound()), NONE);
}

#[test]
fn a_name_has_up_to_48_plain_characters() {
    let longest = "a".repeat(48);
    assert_eq!(faults("/name", json!(longest)), NONE);
    for name in [
        "",
        "list.calls",
        "list calls",
        "liste_äpfel",
        &"a".repeat(49),
    ] {
        assert_eq!(
            faults("/name", json!(name)),
            [format!(
                "the name `{name}` must consist of 1 to 48 of the characters a-z A-Z 0-9 _ -"
            )]
        );
    }
}

#[test]
fn title_and_description_are_there_and_short_enough() {
    assert_eq!(faults("/title", Value::Null), ["title is missing"]);
    assert_eq!(faults("/title", json!(" \n")), ["title is missing"]);
    assert_eq!(
        faults("/description", Value::Null),
        ["description is missing"]
    );
    assert_eq!(faults("/description", json!("a".repeat(1024))), NONE);
    assert_eq!(
        faults("/description", json!("ä".repeat(513))),
        ["description has 1026 bytes; some clients refuse or truncate more than 1024"]
    );
}

#[test]
fn every_argument_is_described_shortly_enough() {
    let limit = "/inputSchema/properties/limit/description";
    let missing = ["/properties/limit description is missing"];
    assert_eq!(faults(limit, Value::Null), missing);
    assert_eq!(faults(limit, json!("")), missing);
    assert_eq!(
        faults(limit, json!("a".repeat(1025))),
        [
            "/properties/limit description has 1025 bytes; some clients refuse or truncate more than 1024"
        ]
    );
}

#[test]
fn annotations_say_whether_the_tool_reads_or_destroys() {
    let missing = ["annotations must have readOnlyHint or destructiveHint"];
    assert_eq!(faults("/annotations", Value::Null), missing);
    assert_eq!(
        faults("/annotations", json!({ "readOnlyHint": "yes" })),
        missing
    );
    assert_eq!(
        faults("/annotations", json!({ "destructiveHint": false })),
        NONE
    );
}

#[test]
fn a_tool_has_no_output_schema() {
    assert_eq!(
        faults("/outputSchema", json!({ "type": "object" })),
        ["outputSchema must not be used: it breaks several clients, and results are text"]
    );
}

#[test]
fn the_input_is_an_object_with_properties_and_no_union_at_its_top() {
    assert_eq!(
        faults("/inputSchema/type", Value::Null),
        ["inputSchema must have `type: object`"]
    );
    assert_eq!(
        faults("/inputSchema", json!({ "type": "object" })),
        ["inputSchema must have `properties`, which may be `{}`"]
    );
    assert_eq!(
        faults(
            "/inputSchema",
            json!({ "type": "object", "properties": {} })
        ),
        NONE
    );
    for union in ["oneOf", "anyOf", "allOf"] {
        assert_eq!(
            faults(
                &format!("/inputSchema/{union}"),
                json!([{ "type": "object" }])
            ),
            [format!(
                "inputSchema must not have `{union}` at the top level"
            )]
        );
    }
}

#[test]
fn a_schema_has_no_keyword_that_clients_stumble_over() {
    for key in [
        "$ref",
        "$defs",
        "definitions",
        "$schema",
        "$id",
        "pattern",
        "patternProperties",
    ] {
        assert_eq!(
            faults(&format!("/inputSchema/properties/limit/{key}"), json!("")),
            [format!(
                "inputSchema/properties/limit must not have `{key}`"
            )]
        );
        assert_eq!(
            faults(&format!("/inputSchema/{key}"), json!("")),
            [format!("inputSchema must not have `{key}`")]
        );
    }
}

#[test]
fn date_time_is_the_only_format() {
    assert_eq!(
        faults("/inputSchema/properties/limit/format", json!("uuid")),
        ["inputSchema/properties/limit must not have the format `uuid`"]
    );
}

#[test]
fn a_schema_has_one_type_and_an_array_has_items() {
    assert_eq!(
        faults(
            "/inputSchema/properties/limit/type",
            json!(["integer", "null"])
        ),
        ["inputSchema/properties/limit must have one type, not a list"]
    );
    assert_eq!(
        faults("/inputSchema/properties/ids/items", Value::Null),
        ["inputSchema/properties/ids is an array and must have `items`"]
    );
}

#[test]
fn a_schema_is_an_object_and_no_boolean() {
    assert_eq!(
        faults("/inputSchema/properties/ids/items", json!(true)),
        [
            "inputSchema/properties/ids/items must be an object; some clients do not support boolean schemas"
        ]
    );
}

#[test]
fn a_key_has_up_to_64_plain_characters() {
    let described = json!({ "type": "string", "description": "Described." });
    let longest = format!("/inputSchema/properties/{}", "k".repeat(64));
    assert_eq!(faults(&longest, described.clone()), NONE);
    for key in ["", "two words", "$key", "schlüssel", &"k".repeat(65)] {
        assert_eq!(
            faults(&format!("/inputSchema/properties/{key}"), described.clone()),
            [format!(
                "inputSchema/properties: the key `{key}` must have 1 to 64 of the characters a-z A-Z 0-9 _ . -"
            )]
        );
    }
}

#[test]
fn what_is_required_is_a_property() {
    assert_eq!(
        faults("/inputSchema/required", json!(["limit", "page", 1])),
        [
            r#"inputSchema/required names "page", which is not a property"#,
            "inputSchema/required names 1, which is not a property",
        ]
    );
}

#[test]
fn schemas_are_checked_at_every_depth_and_named_by_their_place() {
    let wrong = json!({ "type": "string", "pattern": "a" });
    let nested = json!({ "description": "Nested.", "type": "object",
        "properties": { "deep": { "type": "array", "items": wrong } },
        "additionalProperties": wrong, "anyOf": [{}, wrong], "allOf": [wrong], "oneOf": [wrong] });
    let places = [
        "properties/deep/items",
        "oneOf/0",
        "anyOf/1",
        "allOf/0",
        "additionalProperties",
    ];
    assert_eq!(
        faults("/inputSchema/properties/limit", nested),
        places.map(|place| format!("inputSchema/properties/limit/{place} must not have `pattern`"))
    );
}

#[test]
fn all_faults_of_a_tool_are_told() {
    assert_eq!(
        lint::tool(&json!({})),
        [
            "the name `` must consist of 1 to 48 of the characters a-z A-Z 0-9 _ -",
            "title is missing",
            "description is missing",
            "annotations must have readOnlyHint or destructiveHint",
            "inputSchema must have `type: object`",
            "inputSchema must have `properties`, which may be `{}`",
            "inputSchema must be an object; some clients do not support boolean schemas",
        ]
    );
}

#[test]
fn a_list_tells_the_tool_of_each_fault_and_the_names_that_occur_twice() {
    let mut louder = sound();
    louder["name"] = json!("List_Calls");
    let mut untitled = sound();
    untitled["name"] = json!("get_call");
    untitled["title"] = json!("");
    assert_eq!(
        lint::list(&[sound(), louder, untitled]),
        [
            "the name `List_Calls` occurs twice",
            "get_call: title is missing"
        ]
    );
}
