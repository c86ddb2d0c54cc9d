//! The arguments of a tool call on the command line.

use std::{borrow::Cow, io, path::Path};

use serde_json::{Map, Value};

use crate::{
    bounds::{ARGUMENTS, BoundsError},
    call::arguments::schemas,
    catalog::Exposed,
    text::excerpt,
};

/// Maximum number of dot-separated parts of a key.
const MAX_KEY_SEGMENTS: usize = 64;

/// Maximum length of a key, in bytes.
const MAX_KEY: usize = 1024;

/// Parses the arguments of `vapi-mcp call`.
pub(super) fn parse_arguments(
    tool: Exposed,
    words: &[String],
) -> Result<Map<String, Value>, String> {
    match words {
        [word] if word == "-" || word.trim_start().starts_with('{') => {
            parse_object("the arguments are", word)
        }
        words => {
            let mut arguments = Map::new();
            for word in words {
                let (key, value) = word.split_once('=').ok_or_else(|| {
                    let word = excerpt(word);
                    format!(
                        "`{word}` is not key=value; a JSON object or `-` must be the only argument"
                    )
                })?;
                set_argument(tool, &mut arguments, key, value)?;
            }
            Ok(arguments)
        }
    }
}

/// A JSON object, given as such, as `-` for standard input, or as `@FILE`. Errors begin with `what`,
/// such as "the body is".
pub(super) fn parse_object(what: &str, given: &str) -> Result<Map<String, Value>, String> {
    let bound = ARGUMENTS.bytes as u64;
    let text = if given == "-" {
        let text = regular_file::read_bounded(io::stdin().lock(), bound);
        Cow::Owned(text.map_err(|error| format!("standard input: {error}"))?)
    } else if let Some(file) = given.strip_prefix('@') {
        let text = regular_file::read_text(Path::new(file), bound);
        Cow::Owned(text.map_err(|error| format!("{}: {error}", excerpt(file)))?)
    } else {
        Cow::Borrowed(given)
    };
    let mut left = ARGUMENTS;
    if let Err(excess @ BoundsError::Excess(_)) = left.check(&text) {
        return Err(format!("{what} too large: {excess}"));
    }
    serde_json::from_str(&text).map_err(|error| format!("{what} not a JSON object: {error}"))
}

/// Sets the value at a dotted key. If the schema of the tool requires a string, the value is taken
/// as a string; otherwise it is parsed as JSON, or taken as a string if it is not JSON.
fn set_argument(
    tool: Exposed,
    arguments: &mut Map<String, Value>,
    key: &str,
    value: &str,
) -> Result<(), String> {
    if key.len() > MAX_KEY || key.split('.').count() > MAX_KEY_SEGMENTS {
        return Err(format!(
            "`{}` is not a valid key: a key has at most 1 kB and {MAX_KEY_SEGMENTS} parts",
            excerpt(key)
        ));
    }
    let mut schema = None;
    let mut here = arguments;
    let mut path = key.split('.').peekable();
    while let Some(name) = path.next() {
        schema = match schema {
            None => match tool {
                Exposed::Tool(tool) => schemas(tool).and_then(|schemas| schemas.get(name)),
                Exposed::Api(_) => None,
            },
            Some(outer) => Value::get(outer, "properties").and_then(|inner| inner.get(name)),
        };
        if path.peek().is_none() {
            let is_text =
                schema.and_then(|schema| schema.get("type")) == Some(&Value::from("string"));
            let mut left = ARGUMENTS;
            let value = match left.check(value).map(|()| serde_json::from_str(value)) {
                Ok(Ok(json)) if !is_text => json,
                _ => Value::from(value),
            };
            here.insert(name.to_owned(), value);
            break;
        }
        let inner = here
            .entry(name)
            .or_insert_with(|| Value::Object(Map::new()));
        here = inner.as_object_mut().ok_or_else(|| {
            let (key, name) = (excerpt(key), excerpt(name));
            format!("`{key}` sets a property of `{name}`, which already has a value")
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::catalog::TOOLS;

    fn arguments(words: &[&str]) -> Result<Value, String> {
        // The tool with the most arguments has arguments of every type.
        let tool = TOOLS.iter().max_by_key(|tool| tool.args.len()).unwrap();
        let words: Vec<_> = words.iter().map(|word| (*word).to_owned()).collect();
        parse_arguments(Exposed::Tool(tool), &words).map(Value::Object)
    }

    #[test]
    fn a_value_is_a_text_where_the_tool_wants_one_and_json_elsewhere() {
        let words = [
            "customer.number=15550100123",
            "assistantOverrides.variableValues.age=24",
            "new=[1,null]",
            "other=1 2",
            "name=",
        ];
        assert_eq!(
            arguments(&words).unwrap(),
            json!({
                "customer": { "number": "15550100123" },
                "assistantOverrides": { "variableValues": { "age": 24 } },
                "new": [1, null],
                "other": "1 2",
                "name": "",
            })
        );
    }

    #[test]
    fn one_word_may_be_the_whole_object() {
        assert_eq!(arguments(&[" {\"a\": {}}"]).unwrap(), json!({ "a": {} }));
        assert_eq!(arguments(&[]).unwrap(), json!({}));
    }

    #[test]
    fn what_is_no_argument_is_told() {
        for (words, said) in [
            (
                vec!["name"],
                "`name` is not key=value; a JSON object or `-`",
            ),
            (vec!["{\"a\":"], "the arguments are not a JSON object"),
            (
                vec!["{}", "a=1"],
                "`{}` is not key=value; a JSON object or `-`",
            ),
            (
                vec!["a=1", "a.b=2"],
                "`a.b` sets a property of `a`, which already has a value",
            ),
        ] {
            let error = arguments(&words).unwrap_err();
            assert!(error.starts_with(said), "{error}");
        }
    }

    #[test]
    fn keys_and_values_are_bounded() {
        let dotted = |parts: usize| format!("{}=1", vec!["a"; parts].join("."));
        let deep = |levels: usize| format!("a={}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(arguments(&[&dotted(64)]).is_ok());
        for parts in [65, 60_000] {
            let error = arguments(&[&dotted(parts)]).unwrap_err();
            assert!(error.contains("64 parts"), "{error}");
            assert!(error.chars().count() < 300, "{error}");
        }
        let error = arguments(&[&format!("{}=1", "a".repeat(1025))]).unwrap_err();
        assert!(error.contains("1 kB"), "{error}");
        // A text that is nested too deeply for JSON is taken as a string.
        assert!(arguments(&[&deep(100)]).unwrap()["a"].is_array());
        assert!(arguments(&[&deep(60_000)]).unwrap()["a"].is_string());
        let object = format!("{{\"a\":{}1", "[".repeat(60_000));
        let error = arguments(&[&object]).unwrap_err();
        assert!(error.contains("100 levels"), "{error}");
    }
}
