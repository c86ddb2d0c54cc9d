//! Values that a read of an object hides. They would be lost if the object that contains them were
//! written back.

use serde_json::{Map, Value};

use crate::json::Tree;

/// The key of credentials, which are never written back.
const CREDENTIALS: &str = "credentials";

/// Whole texts, in lower case, that replace a hidden value.
const PLACEHOLDERS: &[&str] = &[
    "[redacted]",
    "<redacted>",
    "(redacted)",
    "redacted",
    "[hidden]",
    "<hidden>",
    "[masked]",
    "<masked>",
    "[filtered]",
];

/// Whether a stored text replaces a hidden value, such as `****`, `sk-****abcd` or `[redacted]`.
pub(super) fn is_masked(value: &Tree) -> bool {
    /// Maximum number of bytes of such a text.
    const LONGEST: usize = 500;
    /// Minimum number of characters that replace others in a row.
    const RUN: usize = 3;
    let Some(text) = value.text().filter(|text| text.len() <= LONGEST) else {
        return false;
    };
    let text = text.trim();
    if text.is_empty() || text.contains(char::is_whitespace) {
        return false;
    }
    let mut run = 0;
    let mut longest = 0;
    for c in text.chars() {
        run = if matches!(c, '*' | '•' | '●' | '∗') {
            run + 1
        } else {
            0
        };
        longest = longest.max(run);
    }
    longest >= RUN
        || text.contains("[redacted]")
        || PLACEHOLDERS.contains(&text.to_lowercase().as_str())
}

/// Whether this member holds credentials.
pub(super) fn is_credentials(name: &str, value: &Tree) -> bool {
    let is_empty = value.members().is_empty() && value.items().is_empty();
    name == CREDENTIALS && !is_empty
}

/// The name of the value that a member declares to be set and hidden: `serverUrlSecret` for
/// `"isServerUrlSecretSet": true`.
pub(super) fn flagged(name: &str, value: &Tree) -> Option<String> {
    if value.is_true() { flag(name) } else { None }
}

/// The name of the value of a flag such as `isServerUrlSecretSet`.
pub(super) fn flag(name: &str) -> Option<String> {
    let inner = name.strip_prefix("is")?.strip_suffix("Set")?;
    let first = inner.chars().next().filter(char::is_ascii_uppercase)?;
    let rest = inner.get(first.len_utf8()..)?;
    Some(format!("{}{rest}", first.to_ascii_lowercase()))
}

/// Whether a top-level member can hold the hidden value: `server` can hold `serverUrlSecret`.
pub(super) fn can_hold(member: &str, hidden: &str) -> bool {
    let rest = hidden.strip_prefix(member);
    rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()))
}

/// The names by which an object can have the hidden value, in lower case and the shortest first:
/// `secret`, `urlsecret` and `serverurlsecret`.
fn names(hidden: &str) -> Vec<String> {
    let starts = hidden.rmatch_indices(|c: char| c.is_ascii_uppercase());
    let starts = starts.map(|(at, _)| at).chain([0]);
    let names = starts.filter_map(|at| hidden.get(at..));
    names.map(str::to_lowercase).collect()
}

/// The shortest name of the hidden value: `secret` for `serverUrlSecret`.
pub(super) fn short_name(hidden: &str) -> String {
    names(hidden).into_iter().next().unwrap_or_default()
}

/// Whether a change contains the hidden value, at any depth.
pub(super) fn gives(change: &Map<String, Value>, hidden: &str) -> bool {
    fn has(change: &Map<String, Value>, names: &[String]) -> bool {
        change.iter().any(|(key, value)| {
            names.contains(&key.to_lowercase())
                || value.as_object().is_some_and(|inner| has(inner, names))
        })
    }
    has(change, &names(hidden))
}

/// Whether a stored object shows the value after all, at any depth.
pub(super) fn shows(stored: &Tree, hidden: &str) -> bool {
    fn has(stored: &Tree, names: &[String]) -> bool {
        stored.members().iter().any(|member| {
            let is_shown = !member.value.is_null() && !is_masked(&member.value);
            names.contains(&member.name.to_lowercase()) && is_shown || has(&member.value, names)
        })
    }
    has(stored, &names(hidden))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn placeholders_are_told_from_prompts() {
        for text in [
            "****",
            "sk-****abcd",
            "••••••••",
            "[redacted]",
            "[REDACTED]",
            "https://ada:[redacted]@example.com",
        ] {
            assert!(is_masked(&Tree::from(&json!(text))), "{text}");
        }
        for text in [
            "",
            "**bold**",
            "Say nothing about [redacted] parts.",
            "Rules:\n****\nBe kind.",
            "2 * 3",
        ] {
            assert!(!is_masked(&Tree::from(&json!(text))), "{text}");
        }
        assert!(!is_masked(&Tree::from(&json!(["****"]))));
    }

    #[test]
    fn a_flag_names_the_value_that_it_hides() {
        let set = |name| flagged(name, &Tree::from(&json!(true)));
        assert_eq!(
            set("isServerUrlSecretSet").as_deref(),
            Some("serverUrlSecret")
        );
        assert_eq!(set("isSet"), None);
        assert_eq!(set("issueSet"), None);
        assert_eq!(
            flagged("isServerUrlSecretSet", &Tree::from(&json!(false))),
            None
        );
        assert!(can_hold("server", "serverUrlSecret"));
        assert!(!can_hold("serve", "serverUrlSecret"));
        assert!(!can_hold("model", "serverUrlSecret"));
        assert_eq!(short_name("serverUrlSecret"), "secret");
        let gives = |change: Value| super::gives(change.as_object().unwrap(), "serverUrlSecret");
        assert!(gives(json!({ "secret": "x" })));
        assert!(gives(json!({ "a": { "serverUrlSecret": null } })));
        assert!(gives(json!({ "urlSecret": "x" })));
        assert!(!gives(json!({ "url": "x", "t": 1 })));
        let shows = |stored: Value| super::shows(&Tree::from(&stored), "serverUrlSecret");
        assert!(shows(json!({ "secret": "x" })));
        assert!(!shows(json!({ "secret": "****", "url": "x" })));
    }
}
