//! Lint for tool definitions: finds parts that MCP clients are known to refuse or ignore.

use std::collections::HashSet;

use serde_json::Value;

use crate::document::object;

/// The maximum length of a description that every client passes on untruncated, in bytes.
pub const DESCRIPTION_BYTES: usize = 1_024;

/// The beginning of a text that a person must still write, in the row of a new tool.
pub const UNWRITTEN: &str = "TO WRITE";

/// The maximum length of a tool name, in bytes. The strictest client allows 60 for the names of
/// server and tool together.
pub(crate) const NAME_BYTES: usize = 48;

const UNIONS: [&str; 3] = ["oneOf", "anyOf", "allOf"];

/// The faults of one element of `tools/list`, each with its location and the expected format.
pub fn tool(tool: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    let name = tool.get("name").and_then(Value::as_str).unwrap_or_default();
    if !is_name(name) || name.len() > NAME_BYTES {
        faults.push(format!(
            "the name `{name}` must consist of 1 to {NAME_BYTES} of the characters a-z A-Z 0-9 _ -"
        ));
    }
    for key in ["title", "description"] {
        description(tool.get(key), key, &mut faults);
    }
    let annotations = tool.get("annotations");
    let hint = |key| {
        annotations
            .and_then(|a| a.get(key))
            .is_some_and(Value::is_boolean)
    };
    if !hint("readOnlyHint") && !hint("destructiveHint") {
        faults.push("annotations must have readOnlyHint or destructiveHint".to_owned());
    }
    if tool.get("outputSchema").is_some() {
        faults.push(
            "outputSchema must not be used: it breaks several clients, and results are text"
                .to_owned(),
        );
    }
    let schema = tool.get("inputSchema").unwrap_or(&Value::Null);
    if schema.get("type") != Some(&Value::from("object")) {
        faults.push("inputSchema must have `type: object`".to_owned());
    }
    if !schema.get("properties").is_some_and(Value::is_object) {
        faults.push("inputSchema must have `properties`, which may be `{}`".to_owned());
    }
    for union in UNIONS {
        if schema.get(union).is_some() {
            faults.push(format!(
                "inputSchema must not have `{union}` at the top level"
            ));
        }
    }
    for (name, property) in object(schema.get("properties")) {
        description(
            property.get("description"),
            &format!("/properties/{name} description"),
            &mut faults,
        );
    }
    subschema(schema, "inputSchema", &mut faults);
    faults
}

/// The faults of `tools/list` as a whole: the faults of its tools, and duplicate names.
pub fn list(tools: &[Value]) -> Vec<String> {
    let mut seen = HashSet::new();
    let mut faults = Vec::new();
    for entry in tools {
        let name = entry
            .get("name")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if !seen.insert(name.to_lowercase()) {
            faults.push(format!("the name `{name}` occurs twice"));
        }
        faults.extend(
            tool(entry)
                .into_iter()
                .map(|fault| format!("{name}: {fault}")),
        );
    }
    faults
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

/// A description of the format that [`is_key`] requires.
pub(crate) const KEY_FORM: &str = "1 to 64 of the characters a-z A-Z 0-9 _ . -";

/// Whether every client accepts this as the name of an argument.
pub(crate) fn is_key(key: &str) -> bool {
    (1..=64).contains(&key.len())
        && key
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
}

fn description(value: Option<&Value>, what: &str, faults: &mut Vec<String>) {
    match value.and_then(Value::as_str).map(str::trim) {
        None | Some("") => faults.push(format!("{what} is missing")),
        Some(text) if text.starts_with(UNWRITTEN) => {
            faults.push(format!("{what} is not written yet: `{text}`"));
        }
        Some(text) if text.len() > DESCRIPTION_BYTES => faults.push(format!(
            "{what} has {} bytes; some clients refuse or truncate more than {DESCRIPTION_BYTES}",
            text.len()
        )),
        Some(_) => {}
    }
}

fn subschema(schema: &Value, at: &str, faults: &mut Vec<String>) {
    let Some(map) = schema.as_object() else {
        faults.push(format!(
            "{at} must be an object; some clients do not support boolean schemas"
        ));
        return;
    };
    for key in [
        "$ref",
        "$defs",
        "definitions",
        "$schema",
        "$id",
        "pattern",
        "patternProperties",
    ] {
        if map.contains_key(key) {
            faults.push(format!("{at} must not have `{key}`"));
        }
    }
    match map.get("format").and_then(Value::as_str) {
        None | Some("date-time") => {}
        Some(format) => faults.push(format!("{at} must not have the format `{format}`")),
    }
    match map.get("type") {
        Some(Value::Array(_)) => faults.push(format!("{at} must have one type, not a list")),
        Some(Value::String(kind)) if kind == "array" && !map.contains_key("items") => {
            faults.push(format!("{at} is an array and must have `items`"));
        }
        _ => {}
    }
    let properties = map.get("properties").and_then(Value::as_object);
    for (name, property) in properties.into_iter().flatten() {
        if !is_key(name) {
            faults.push(format!(
                "{at}/properties: the key `{name}` must have {KEY_FORM}"
            ));
        }
        subschema(property, &format!("{at}/properties/{name}"), faults);
    }
    for name in map
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let known = name
            .as_str()
            .is_some_and(|name| properties.is_some_and(|p| p.contains_key(name)));
        if !known {
            faults.push(format!(
                "{at}/required names {name}, which is not a property"
            ));
        }
    }
    if let Some(items) = map.get("items") {
        subschema(items, &format!("{at}/items"), faults);
    }
    for key in UNIONS {
        for (index, member) in map
            .get(key)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .enumerate()
        {
            subschema(member, &format!("{at}/{key}/{index}"), faults);
        }
    }
    if let Some(additional) = map.get("additionalProperties").filter(|a| a.is_object()) {
        subschema(additional, &format!("{at}/additionalProperties"), faults);
    }
}
