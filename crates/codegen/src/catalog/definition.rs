//! The definition of a tool: its element of `tools/list`.

use model::Effect;
use serde_json::{Map, Value, json};

/// Builds an element of `tools/list`.
pub(super) fn definition(
    name: &str,
    title: &str,
    description: &str,
    effect: Effect,
    properties: Map<String, Value>,
    required: &[&str],
    open: bool,
) -> Value {
    let mut schema = Map::new();
    schema.insert("type".to_owned(), json!("object"));
    schema.insert("properties".to_owned(), Value::Object(properties));
    if !required.is_empty() {
        schema.insert("required".to_owned(), json!(required));
    }
    if open {
        schema.insert("additionalProperties".to_owned(), json!(true));
    }
    // Hints that equal the protocol's default are omitted, except `destructiveHint`, because
    // clients ask for confirmation if it is set.
    let annotations = match effect {
        Effect::Read => json!({ "readOnlyHint": true }),
        Effect::Write => json!({ "destructiveHint": false }),
        Effect::Update | Effect::Delete => {
            json!({ "destructiveHint": true, "idempotentHint": true })
        }
        Effect::Spend | Effect::Dial => json!({ "destructiveHint": true }),
    };
    json!({
        "name": name,
        "title": title,
        "description": description.trim(),
        "inputSchema": schema,
        "annotations": annotations,
    })
}
