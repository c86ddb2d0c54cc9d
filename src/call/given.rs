//! The arguments of a tool call before they are parsed.

use std::fmt;

use serde::{
    Deserializer,
    de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor},
};
use serde_json::{Map, Value};

use super::{arguments::too_many, control};
use crate::{
    bounds::{ARGUMENTS, MOST_ARGUMENTS},
    catalog::Tool,
    faults::ArgumentError,
};

/// The arguments of a call.
#[derive(Debug)]
pub enum Given {
    /// As values.
    Members(Map<String, Value>),
    /// As the text of a JSON object that is not parsed yet.
    Text(String),
    /// Not at all; why they are refused.
    Refused(String),
}

impl From<Map<String, Value>> for Given {
    fn from(members: Map<String, Value>) -> Self {
        Self::Members(members)
    }
}

impl Given {
    /// The arguments as values. What the tool ignores is null, whatever it was.
    pub(super) fn read(self, tool: &Tool) -> Result<Map<String, Value>, Vec<ArgumentError>> {
        let refuse = |reason: String| vec![ArgumentError::new("arguments", reason)];
        match self {
            Self::Members(members) => Ok(members),
            Self::Refused(reason) => Err(refuse(reason)),
            Self::Text(text) => {
                let mut left = ARGUMENTS;
                left.check(&text)
                    .map_err(|error| refuse(error.to_string()))?;
                let mut json = serde_json::Deserializer::from_str(&text);
                let (members, count) = Needed(tool)
                    .deserialize(&mut json)
                    .map_err(|error| refuse(error.to_string()))?;
                if count > MOST_ARGUMENTS {
                    return Err(vec![too_many(count)]);
                }
                Ok(members)
            }
        }
    }
}

/// Reads the members of an object that a tool needs, and how many there are.
struct Needed<'a>(&'a Tool);

impl Needed<'_> {
    fn needs(&self, key: &str) -> bool {
        let Self(tool) = self;
        tool.open
            || tool
                .args
                .iter()
                .any(|arg| arg.name == key || arg.aliases.contains(&key))
            || tool.operation.body_properties.contains(&key)
            || control::names(tool).any(|name| name == key)
    }
}

impl<'de> DeserializeSeed<'de> for Needed<'_> {
    type Value = (Map<String, Value>, usize);

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Needed<'_> {
    type Value = (Map<String, Value>, usize);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut members = Map::new();
        let mut count = 0_usize;
        while let Some(key) = access.next_key::<String>()? {
            count += 1;
            if count > MOST_ARGUMENTS {
                members.clear();
                access.next_value::<IgnoredAny>()?;
            } else if self.needs(&key) {
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

    fn read(effect: Effect, text: &str) -> Result<Value, String> {
        let read = Given::Text(text.to_owned()).read(tool(effect));
        read.map(Value::Object)
            .map_err(|errors| errors.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn of_what_a_tool_ignores_only_the_name_is_kept() {
        let text = r#"{"limit":1,"fields":["/id"],"x":[{"a":[1,2]}],"x2":"y"}"#;
        assert_eq!(
            read(Effect::Read, text),
            Ok(json!({ "limit": 1, "fields": ["/id"], "x": null, "x2": null }))
        );
        assert_eq!(
            read(Effect::Write, r#"{"x":[{"a":1}]}"#),
            Ok(json!({ "x": [{ "a": 1 }] }))
        );
    }

    #[test]
    fn text_is_held_against_the_bounds_whoever_made_it() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(
            read(Effect::Write, &deep)
                .unwrap_err()
                .contains("100 levels")
        );
        let many: Vec<_> = (0..1_001).map(|n| format!("\"k{n}\":[{n}]")).collect();
        let error = read(Effect::Write, &format!("{{{}}}", many.join(","))).unwrap_err();
        assert!(
            error.contains("1,001 were given; the limit is 1,000"),
            "{error}"
        );
        assert!(read(Effect::Read, "[1]").is_err());
        assert!(read(Effect::Read, "{}x").is_err());
    }
}
