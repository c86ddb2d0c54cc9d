//! Peculiarities of Vapi that a sandbox has on request: keys that the document does not know, and
//! values that a GET hides.

use serde_json::{Map, Value, json};

/// The key that the document does not know.
pub const UNKNOWN_KEY: &str = "sandboxNote";

/// The text that is shown instead of a hidden value.
pub const MASK: &str = "********";

/// The member of a `server` object that only the database contains.
const SECRET: &str = "secret";

/// Members whose values are shown as [`MASK`].
const MASKED: [&str; 3] = ["apiKey", "authToken", SECRET];

/// The peculiarities of a sandbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Whether every new object has keys that the document does not know: at its top level and in
    /// each object in it that is not in a list.
    pub unknown_keys: bool,
    /// Whether every `server` object has a secret. A GET omits that of the top-level `server` and
    /// shows `isServerUrlSecretSet` instead; it shows other secrets, API keys and tokens as
    /// [`MASK`].
    pub hidden_values: bool,
}

impl Options {
    /// Whether a problem with a body is about a key that only these options know.
    pub(super) fn tolerate(self, problem: &str) -> bool {
        let key = problem.strip_suffix(" should not exist");
        let key = key.and_then(|place| Some(place.rsplit_once("property ")?.1));
        key.is_some_and(|key| {
            self.unknown_keys && key == UNKNOWN_KEY || self.hidden_values && key == SECRET
        })
    }

    /// Adds the keys and values of these options to a new object.
    pub(super) fn add_to(self, fields: &mut Map<String, Value>) {
        if self.hidden_values {
            add_secrets(fields);
        }
        if self.unknown_keys {
            add_unknown_keys(fields);
        }
    }

    /// Hides the values that a GET does not show.
    pub(super) fn hide(self, shown: &mut Map<String, Value>) {
        if !self.hidden_values {
            return;
        }
        let server = shown.get_mut("server").and_then(Value::as_object_mut);
        let secret = server.and_then(|server| server.shift_remove(SECRET));
        shown.insert("isServerUrlSecretSet".to_owned(), json!(secret.is_some()));
        shown.values_mut().for_each(mask);
    }
}

fn add_secrets(fields: &mut Map<String, Value>) {
    for (key, value) in fields {
        match value {
            Value::Object(members) => {
                add_secrets(members);
                if key == "server" {
                    members
                        .entry(SECRET)
                        .or_insert(json!("made by the sandbox"));
                }
            }
            Value::Array(items) => {
                let objects = items.iter_mut().filter_map(Value::as_object_mut);
                objects.for_each(add_secrets);
            }
            _ => {}
        }
    }
}

fn add_unknown_keys(fields: &mut Map<String, Value>) {
    let below = fields.values_mut().filter_map(Value::as_object_mut);
    below.for_each(add_unknown_keys);
    fields.insert(UNKNOWN_KEY.to_owned(), json!({ "kept": true }));
}

fn mask(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                if MASKED.contains(&key.as_str()) && value.is_string() {
                    *value = json!(MASK);
                } else {
                    mask(value);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(mask),
        _ => {}
    }
}
