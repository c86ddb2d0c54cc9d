//! Scrubbing: removes private data from a real exchange.
//!
//! Keys of the API, JSON numbers, booleans, times, and enum values of Vapi's document (`queued`,
//! `openai`) are kept. Every other text is replaced by one of the same length and kind; equal texts
//! have equal replacements, so that an exchange stays consistent.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

/// Objects whose keys are chosen by users.
const FREE_FORM: &[&str] = &[
    "arguments",
    "headers",
    "metadata",
    "properties",
    "responseHeaders",
    "sipHeaders",
    "structuredData",
    "variableValues",
    "variables",
    "xHeaders",
];

/// Keys of personal texts, which are replaced even if they equal an enum value of the document.
const PERSONAL: &[&str] = &[
    "content",
    "description",
    "email",
    "message",
    "name",
    "number",
    "summary",
    "transcript",
];

/// Replaces private texts; equal texts have equal replacements.
pub struct Scrubber {
    /// The enum values of the document.
    listed: HashSet<String>,
    invented: HashMap<String, String>,
}

impl Scrubber {
    /// Creates a scrubber that keeps the enum values of this OpenAPI document.
    pub fn new(document: &[u8]) -> Result<Self, String> {
        let document: Value =
            serde_json::from_slice(document).map_err(|error| error.to_string())?;
        let mut listed = HashSet::new();
        collect_enums(&document, &mut listed);
        Ok(Self {
            listed,
            invented: HashMap::new(),
        })
    }

    /// The value without private data.
    pub fn scrub(&mut self, value: Value) -> Value {
        self.value(value, false)
    }

    /// The value of a query parameter: a number of rows or a time is kept.
    pub fn query(&mut self, value: &str) -> String {
        if value.parse::<i64>().is_ok() {
            value.to_owned()
        } else {
            self.text(value)
        }
    }

    /// A segment of a path: an id is replaced, a name of the API is kept.
    pub fn path_segment(&mut self, segment: &str) -> String {
        let is_id = segment.bytes().any(|byte| byte.is_ascii_digit());
        if is_id {
            self.text(segment)
        } else {
            segment.to_owned()
        }
    }

    fn value(&mut self, value: Value, free_form: bool) -> Value {
        match value {
            Value::String(text) if free_form => Value::String(self.invented(&text)),
            Value::String(text) => Value::String(self.text(&text)),
            Value::Number(number) if free_form => {
                // The same number of digits, so that the replacement is of the same kind.
                let digits = number
                    .to_string()
                    .replace(|c: char| c.is_ascii_digit(), "5");
                digits.parse().map_or(Value::Null, Value::Number)
            }
            Value::Array(items) => items
                .into_iter()
                .map(|item| self.value(item, free_form))
                .collect(),
            Value::Object(map) => Value::Object(self.object(map, free_form)),
            other => other,
        }
    }

    fn object(&mut self, map: Map<String, Value>, free_form: bool) -> Map<String, Value> {
        map.into_iter()
            .map(|(key, value)| {
                let value = match (&value, PERSONAL.contains(&key.as_str())) {
                    (Value::String(text), true) => Value::String(self.invented(text)),
                    _ => self.value(value, free_form || FREE_FORM.contains(&key.as_str())),
                };
                let is_word = !key.is_empty()
                    && key
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
                let key = if free_form || !is_word {
                    self.invented(&key)
                } else {
                    key
                };
                (key, value)
            })
            .collect()
    }

    /// Replaces a text, unless it contains no private data.
    fn text(&mut self, text: &str) -> String {
        if self.listed.contains(text) || is_time(text) {
            return text.to_owned();
        }
        self.invented(text)
    }

    fn invented(&mut self, text: &str) -> String {
        if text.is_empty() {
            return String::new();
        }
        let count = self.invented.len() + 1;
        self.invented
            .entry(text.to_owned())
            .or_insert_with(|| invent(text, count))
            .clone()
    }
}

fn collect_enums(value: &Value, listed: &mut HashSet<String>) {
    match value {
        Value::Object(map) => {
            let values = map
                .get("enum")
                .and_then(Value::as_array)
                .into_iter()
                .flatten();
            listed.extend(values.filter_map(Value::as_str).map(str::to_owned));
            map.values().for_each(|value| collect_enums(value, listed));
        }
        Value::Array(items) => items.iter().for_each(|item| collect_enums(item, listed)),
        _ => {}
    }
}

/// Whether a text is a date such as `2026-03-04`, or a time that starts with a date and otherwise
/// contains only digits, `T`, `Z` and signs.
fn is_time(text: &str) -> bool {
    const DATE: &[u8] = b"0000-00-00";
    let date = text.len() >= DATE.len()
        && text.bytes().zip(DATE).all(|(byte, form)| match form {
            b'0' => byte.is_ascii_digit(),
            form => byte == *form,
        });
    date && text.len() <= 35
        && text
            .bytes()
            .skip(DATE.len())
            .all(|byte| b"0123456789TZ:.+-".contains(&byte))
}

/// An invented text of the same length and kind: an id for an id, a number for a number, an address
/// for an address, and words of the same length for words.
fn invent(text: &str, count: usize) -> String {
    if is_uuid(text) {
        return format!("00000000-0000-4000-8000-{count:012}");
    }
    let scheme = ["https://", "wss://", "http://", "sip:"]
        .into_iter()
        .find(|scheme| text.starts_with(scheme));
    let kept = scheme.unwrap_or_default();
    let rest = text.get(kept.len()..).unwrap_or_default();
    let replaced = rest.chars().map(|c| match c {
        c if c.is_ascii_digit() => '5',
        c if c.is_uppercase() => 'X',
        c if c.is_alphanumeric() => 'x',
        c => c,
    });
    format!("{kept}{}", replaced.collect::<String>())
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}
