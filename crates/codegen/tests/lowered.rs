//! No schema of the document lowers to anything that an MCP client could refuse.

use crate::support::{MENDED, VENDORED};
use codegen::lower::lower;
use serde_json::{Value, json};

/// Follows the structure of what lowering may make, and complains of anything else.
fn check(schema: &Value, at: &str, objects: usize) {
    let map = schema
        .as_object()
        .unwrap_or_else(|| panic!("{at} is no object"));
    let kind = schema["type"].as_str().unwrap_or_default();
    let allowed: &[&str] = match kind {
        "object" if objects < 2 => &["type", "properties", "required"],
        "object" => &["type"],
        "array" => &["type", "items"],
        "string" => &["type", "enum", "maxLength"],
        "number" | "integer" => &["type", "minimum", "maximum"],
        "boolean" => &["type"],
        "" => &[],
        other => panic!("{at} has the type {other}"),
    };
    for key in map.keys() {
        assert!(allowed.contains(&key.as_str()), "{at} ({kind}) has `{key}`");
    }
    let properties = schema["properties"].as_object();
    for (name, property) in properties.into_iter().flatten() {
        check(property, &format!("{at}/{name}"), objects + 1);
    }
    for name in schema["required"].as_array().into_iter().flatten() {
        let name = name.as_str().unwrap();
        assert!(
            properties.unwrap().contains_key(name),
            "{at} requires {name}"
        );
    }
    if kind == "array" {
        check(&schema["items"], &format!("{at}/items"), objects + 1);
    }
    if let Some(values) = schema["enum"].as_array() {
        assert!(
            (1..=12).contains(&values.len()),
            "{at} has {} values",
            values.len()
        );
    }
    for bound in ["minimum", "maximum", "maxLength"] {
        let value = schema.get(bound);
        assert!(
            value.is_none_or(Value::is_number),
            "{at} has {bound} {value:?}"
        );
    }
}

#[test]
fn nothing_but_the_allowed_keywords_comes_out_of_any_schema_of_the_document() {
    let names = VENDORED["components"]["schemas"]
        .as_object()
        .unwrap()
        .keys();
    let mut described = 0;
    for name in names {
        let schema = json!({ "$ref": format!("#/components/schemas/{name}") });
        let lowered = lower(&MENDED, &MENDED.alternatives(&schema));
        check(&lowered, name, 0);
        described += usize::from(lowered.get("properties").is_some());
    }
    assert!(
        described > 500,
        "{described} of the schemas have properties"
    );
}
