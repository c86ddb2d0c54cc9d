//! The arguments of a tool call before they are mapped to a request.

use std::fmt;

use serde::{
    Deserializer,
    de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor},
};
use serde_json::{Map, Value};

use super::control;
use crate::{
    argument_error::ArgumentError,
    bounds::{ARGUMENTS, MAX_ARGUMENTS},
    catalog::Tool,
    text::grouped,
};

/// The arguments as they were received.
#[derive(Debug)]
pub enum ReceivedArguments {
    /// Arguments that are already parsed.
    Object(Map<String, Value>),
    /// The text of a JSON object that is not yet parsed.
    Text(String),
    /// Arguments that were not stored, and the reason why they are refused.
    Refused(String),
}

impl From<Map<String, Value>> for ReceivedArguments {
    fn from(members: Map<String, Value>) -> Self {
        Self::Object(members)
    }
}

/// Parsed arguments.
#[derive(Debug)]
pub(crate) struct Arguments {
    pub members: Map<String, Value>,
    /// The names of members that a client added and that were removed.
    pub removed: Vec<&'static str>,
}

impl ReceivedArguments {
    /// Parses the arguments. Arguments that the tool ignores are parsed as null.
    pub(crate) fn parse(self, tool: &Tool) -> Result<Arguments, Vec<ArgumentError>> {
        let mut members = self.members(tool)?;
        let removed = remove_foreign(&mut members, |key| is_known(tool, key));
        Ok(Arguments { members, removed })
    }

    /// Parses the arguments of a tool over many operations, which has these.
    pub(crate) fn parse_all(self, known: &[&str]) -> Result<Arguments, Vec<ArgumentError>> {
        let refuse = |reason: String| vec![ArgumentError::new("arguments", reason)];
        let mut members: Map<String, Value> = match self {
            Self::Object(members) => members,
            Self::Refused(reason) => return Err(refuse(reason)),
            Self::Text(text) => {
                let mut left = ARGUMENTS;
                left.check(&text)
                    .map_err(|error| refuse(error.to_string()))?;
                serde_json::from_str(&text).map_err(|error| refuse(error.to_string()))?
            }
        };
        if members.len() > MAX_ARGUMENTS {
            return Err(vec![too_many(members.len())]);
        }
        let removed = remove_foreign(&mut members, |key| known.contains(&key));
        Ok(Arguments { members, removed })
    }

    fn members(self, tool: &Tool) -> Result<Map<String, Value>, Vec<ArgumentError>> {
        let refuse = |reason: String| vec![ArgumentError::new("arguments", reason)];
        match self {
            Self::Object(members) => Ok(members),
            Self::Refused(reason) => Err(refuse(reason)),
            Self::Text(text) => {
                let mut left = ARGUMENTS;
                left.check(&text)
                    .map_err(|error| refuse(error.to_string()))?;
                let mut json = serde_json::Deserializer::from_str(&text);
                let (members, count) = RelevantMembers(tool)
                    .deserialize(&mut json)
                    .map_err(|error| refuse(error.to_string()))?;
                if count > MAX_ARGUMENTS {
                    return Err(vec![too_many(count)]);
                }
                Ok(members)
            }
        }
    }
}

/// The error for too many arguments.
pub(super) fn too_many(count: usize) -> ArgumentError {
    let reason = format!(
        "{} were given; the limit is {}",
        grouped(count),
        grouped(MAX_ARGUMENTS)
    );
    ArgumentError::new("arguments", reason)
}

/// Names that n8n adds to the arguments of a tool call.
const FOREIGN: [&str; 5] = ["toolCallId", "sessionId", "action", "chatInput", "tool"];

/// Removes members that a client added to the arguments, and returns their names. A single one of
/// these names, except the first, may be a mistake of the model and is kept; two or more are from
/// the client.
fn remove_foreign(
    members: &mut Map<String, Value>,
    is_known: impl Fn(&str) -> bool,
) -> Vec<&'static str> {
    let found: Vec<_> = FOREIGN
        .into_iter()
        .filter(|key| members.contains_key(*key) && !is_known(key))
        .collect();
    if found.len() < 2 && found.first() != FOREIGN.first() {
        return Vec::new();
    }
    for key in &found {
        members.shift_remove(*key);
    }
    found
}

/// Whether a name is an argument of the tool or a property of its body.
fn is_known(tool: &Tool, key: &str) -> bool {
    let mut args = tool.args.iter();
    args.any(|arg| arg.name == key || arg.aliases.contains(&key))
        || tool.operation.body_properties.contains(&key)
}

/// Deserializes the members of an object that a tool uses, and counts all of them.
struct RelevantMembers<'a>(&'a Tool);

impl RelevantMembers<'_> {
    fn is_relevant(&self, key: &str) -> bool {
        let Self(tool) = self;
        tool.open || is_known(tool, key) || control::names(tool).any(|name| name == key)
    }
}

impl<'de> DeserializeSeed<'de> for RelevantMembers<'_> {
    type Value = (Map<String, Value>, usize);

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for RelevantMembers<'_> {
    type Value = (Map<String, Value>, usize);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut members = Map::new();
        let mut count = 0_usize;
        while let Some(key) = access.next_key::<String>()? {
            count += 1;
            if count > MAX_ARGUMENTS {
                members.clear();
                access.next_value::<IgnoredAny>()?;
            } else if self.is_relevant(&key) {
                members.insert(key, access.next_value()?);
            } else {
                access.next_value::<IgnoredAny>()?;
                members.insert(key, Value::Null);
            }
        }
        Ok((members, count))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::catalog::TOOLS;
    use crate::model::Effect;

    fn tool(effect: Effect) -> &'static Tool {
        TOOLS.iter().find(|tool| tool.effect == effect).unwrap()
    }

    fn parse(effect: Effect, text: &str) -> Result<Value, String> {
        let parsed = ReceivedArguments::Text(text.to_owned()).parse(tool(effect));
        parsed
            .map(|arguments| Value::Object(arguments.members))
            .map_err(|errors| errors.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn only_the_name_of_an_argument_that_a_tool_ignores_is_kept() {
        let text = r#"{"limit":1,"fields":["/id"],"x":[{"a":[1,2]}],"x2":"y"}"#;
        assert_eq!(
            parse(Effect::Read, text),
            Ok(json!({ "limit": 1, "fields": ["/id"], "x": null, "x2": null }))
        );
        assert_eq!(
            parse(Effect::Write, r#"{"x":[{"a":1}]}"#),
            Ok(json!({ "x": [{ "a": 1 }] }))
        );
    }

    #[test]
    fn bounds_are_checked_whoever_wrote_the_text() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(
            parse(Effect::Write, &deep)
                .unwrap_err()
                .contains("100 levels")
        );
        let many: Vec<_> = (0..1_001).map(|n| format!("\"k{n}\":[{n}]")).collect();
        let error = parse(Effect::Write, &format!("{{{}}}", many.join(","))).unwrap_err();
        assert!(
            error.contains("1,001 were given; the limit is 1,000"),
            "{error}"
        );
        assert!(parse(Effect::Read, "[1]").is_err());
        assert!(parse(Effect::Read, "{}x").is_err());
    }
}
