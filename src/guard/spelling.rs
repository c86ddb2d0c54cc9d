//! Canonical forms of values, by which two calls are compared.

use serde_json::{Map, Number, Value};

use crate::invisible::is_invisible;

/// Whether a value is empty: null, a blank text, or a list or object of such values.
pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.chars().all(is_blank),
        Value::Array(items) => items.iter().all(is_empty),
        Value::Object(map) => map.values().all(is_empty),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The canonical form of a value; `None` if it is empty. The order of keys is left to the hash.
pub(super) fn normal(value: &Value) -> Option<Value> {
    match value {
        _ if is_empty(value) => None,
        // Whitespace around an id is ignored.
        Value::String(text) => Some(Value::String(id(text))),
        value => below(value),
    }
}

/// The canonical form of a nested value. Texts are not ids here, and an empty text is significant:
/// an empty first message differs from the default one. Null and values without members are
/// dropped.
fn below(value: &Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(Value::String(uuid(text).unwrap_or_else(|| text.clone()))),
        Value::Number(number) => Some(Value::Number(plain(number))),
        Value::Array(items) => {
            // Positions in a list are significant, so no element is dropped.
            let items = items.iter().map(|item| below(item).unwrap_or_default());
            let items: Vec<_> = items.collect();
            (!items.is_empty()).then_some(Value::Array(items))
        }
        Value::Object(map) => {
            let members = map
                .iter()
                .filter_map(|(key, value)| Some((key.clone(), below(value)?)));
            let members: Map<_, _> = members.collect();
            (!members.is_empty()).then_some(Value::Object(members))
        }
        Value::Bool(_) => Some(value.clone()),
    }
}

fn is_blank(c: char) -> bool {
    c.is_whitespace() || is_invisible(c)
}

/// A text of any length without invisible characters, for texts that are shown in full.
pub(super) fn visible(text: &str) -> String {
    text.chars()
        .filter(|&c| c.is_ascii_graphic() || c == ' ' || c.is_alphanumeric() && !is_invisible(c))
        .collect()
}

/// An id without surrounding whitespace and invisible characters; a UUID in its usual format.
pub(super) fn id(text: &str) -> String {
    uuid(text).unwrap_or_else(|| {
        let visible: String = text.chars().filter(|&c| !is_invisible(c)).collect();
        visible.trim().to_owned()
    })
}

/// The 32 digits of a UUID in any format: with or without hyphens, in braces, as a URN, in any
/// case.
fn uuid(text: &str) -> Option<String> {
    // Longer than any UUID format, so that a prompt is not searched.
    const LONGEST: usize = 256;
    if text.len() > LONGEST {
        return None;
    }
    let text: String = text.chars().filter(|&c| !is_blank(c)).collect();
    let text = text.to_ascii_lowercase();
    let text = text.strip_prefix("urn:").unwrap_or(&text);
    let text = text.strip_prefix("uuid:").unwrap_or(text);
    let enclosed = [('{', '}'), ('(', ')')].into_iter();
    let mut inner = enclosed.filter_map(|(open, close)| {
        let inner = text.strip_prefix(open)?;
        inner.strip_suffix(close)
    });
    let digits = inner.next().unwrap_or(text).replace('-', "");
    let right = digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    right.then_some(digits)
}

/// An integral number as an integer, however it was written.
fn plain(number: &Number) -> Number {
    /// Larger integers cannot all be represented exactly as a JSON number.
    const LARGEST: f64 = 9_007_199_254_740_992.0;
    match number.as_f64() {
        Some(value) if number.is_f64() && value.fract() == 0.0 && value.abs() < LARGEST => {
            #[allow(
                clippy::cast_possible_truncation,
                reason = "it is integral and its size is checked"
            )]
            let whole = value as i64;
            Number::from(whole)
        }
        _ => number.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_uuid_is_one_in_all_of_its_spellings() {
        let plain = normal(&json!("a5515700-0000-4000-8000-00000000000b"));
        for same in [
            "A5515700-0000-4000-8000-00000000000B",
            "{a5515700-0000-4000-8000-00000000000b}",
            "{A5515700-0000-4000-8000-00000000000B}",
            "(a5515700-0000-4000-8000-00000000000b)",
            "urn:uuid:a5515700-0000-4000-8000-00000000000b",
            "URN:UUID:A5515700-0000-4000-8000-00000000000B",
            "uuid:a5515700-0000-4000-8000-00000000000b",
            "a551570000004000800000000000000b",
            " a5515700-0000-4000-8000-00000000000b\n",
            "\u{200b}a5515700-0000-4000-8000-00000000000b\u{a0}",
            "a5515700-0000-4000-8000-00000000000b\u{feff}",
        ] {
            assert_eq!(normal(&json!(same)), plain, "{same}");
        }
        for other in [
            "a5515700-0000-4000-8000-00000000000c",
            "a5515700-0000-4000-8000-00000000000",
            "g5515700-0000-4000-8000-00000000000b",
        ] {
            assert_ne!(normal(&json!(other)), plain, "{other}");
        }
        assert_eq!(normal(&json!(" x ")), normal(&json!("x")));
        assert_ne!(normal(&json!("X")), normal(&json!("x")));
    }

    #[test]
    fn what_says_nothing_is_not_there() {
        for empty in [
            json!(null),
            json!(""),
            json!(" \u{200b}\n"),
            json!({}),
            json!([]),
            json!({ "a": null, "b": { "c": "" } }),
            json!([[], {}]),
        ] {
            assert!(is_empty(&empty), "{empty}");
            assert_eq!(normal(&empty), None);
        }
        for said in [json!(0), json!(false), json!("x"), json!({ "a": 0 })] {
            assert!(!is_empty(&said), "{said}");
            assert!(normal(&said).is_some());
        }
    }

    #[test]
    fn an_assistant_is_the_same_but_for_what_is_null_and_how_numbers_are_written() {
        let base = json!({ "model": { "provider": "x", "temperature": 1 } });
        let same = json!({ "name": null, "voice": {}, "model": { "temperature": 1.0, "toolIds": [], "provider": "x" } });
        assert_eq!(normal(&same), normal(&base));
        for other in [
            json!({ "model": { "provider": "x", "temperature": 1.5 } }),
            json!({ "model": { "provider": "y", "temperature": 1 } }),
            json!({ "model": { "provider": "x", "temperature": 1 }, "firstMessage": "" }),
            json!({ "model": { "provider": "x", "temperature": 1 }, "n": [null] }),
        ] {
            assert_ne!(normal(&other), normal(&base), "{other}");
        }
        let member =
            |id: &str| normal(&json!({ "members": [{ "assistantId": id }, { "text": " x" }] }));
        assert_eq!(
            member("A551570000004000800000000000000B"),
            member("a5515700-0000-4000-8000-00000000000b")
        );
    }
}
