//! The strings of an entry that may be shown to a person.

use serde_json::{Map, Value};

use super::entry::{BRIDGE, BRIDGE_HEADER};

/// The strings of an entry that may be shown. Any other could be a key.
pub fn visible_texts(entry: &Map<String, Value>) -> Vec<String> {
    let mut out = Vec::new();
    for (name, value) in entry {
        let is_visible: fn(&str) -> bool = match name.as_str() {
            "command" | "type" | "env_vars" | "bearer_token_env_var" => |_| true,
            "args" => |text| is_option(text) || is_plain_address(text) || is_bridge_argument(text),
            "url" | "serverUrl" | "httpUrl" => is_plain_address,
            _ => |_| false,
        };
        let texts = all_texts(value).into_iter();
        out.extend(texts.filter(|text| is_reference(text) || is_visible(text)));
    }
    out
}

/// Every string in a value.
pub fn all_texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(all_texts).collect(),
        Value::Object(members) => members.values().flat_map(all_texts).collect(),
        _ => Vec::new(),
    }
}

/// Whether it is an option without a value, such as `--read-only`.
fn is_option(text: &str) -> bool {
    text.starts_with('-') && text.chars().all(|c| c == '-' || c.is_ascii_lowercase())
}

/// Whether it is an address without a login or a query.
fn is_plain_address(text: &str) -> bool {
    (text.starts_with("https://") || text.starts_with("http://")) && !text.contains(['@', '?', '#'])
}

fn is_bridge_argument(text: &str) -> bool {
    text == BRIDGE || text == BRIDGE_HEADER
}

/// Whether it is only a placeholder that the client replaces, such as `Bearer ${VAPI_TOKEN}`.
fn is_reference(text: &str) -> bool {
    let text = text.strip_prefix("Bearer ").unwrap_or(text);
    text.strip_prefix("${")
        .and_then(|text| text.strip_suffix('}'))
        .is_some_and(|name| !name.contains(['$', '{', '}']))
}
