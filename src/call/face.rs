//! The tools as clients and models see them. A sentence about a tool that is not exposed is left
//! out.

use serde_json::Value;

use super::control;
use crate::catalog::{INSTRUCTIONS, TOOLS, Tool, Toolset};

/// The instructions for a model that has these tools.
pub fn instructions(toolset: &Toolset) -> String {
    Hidden::of(toolset).without(INSTRUCTIONS)
}

/// The element of `tools/list`: what the row says, and the server's own arguments.
pub fn face(tool: &Tool, toolset: &Toolset) -> Value {
    let hidden = Hidden::of(toolset);
    let mut face: Value = serde_json::from_str(tool.face).unwrap_or_default();
    if let Some(Value::Object(properties)) = face.pointer_mut("/inputSchema/properties") {
        let own = control::schemas(tool);
        properties.extend(own.map(|(name, schema)| (name.clone(), schema.clone())));
        properties
            .values_mut()
            .for_each(|schema| hidden.describe(schema));
    }
    hidden.describe(&mut face);
    face
}

/// The names of the tools that are not exposed.
struct Hidden(Vec<&'static str>);

impl Hidden {
    fn of(toolset: &Toolset) -> Self {
        let hidden = TOOLS.iter().filter(|tool| !toolset.has(tool));
        Self(hidden.map(|tool| tool.name).collect())
    }

    fn describe(&self, described: &mut Value) {
        if let Some(Value::String(text)) = described.get_mut("description")
            && self.are_in(text)
        {
            *text = self.without(text);
        }
    }

    /// The sentences that name none of them.
    fn without(&self, text: &str) -> String {
        let sentences = text.split_inclusive(". ");
        let kept: String = sentences
            .filter(|sentence| !self.are_in(sentence))
            .collect();
        kept.trim_end().to_owned()
    }

    fn are_in(&self, text: &str) -> bool {
        let mut words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
        words.any(|word| self.0.contains(&word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all_but(name: &str) -> Toolset {
        let names = TOOLS.iter().map(|tool| tool.name);
        let names: Vec<_> = names.filter(|other| *other != name).collect();
        Toolset::new(false, Some(names.join(",").parse().unwrap()))
    }

    #[test]
    fn a_sentence_about_a_hidden_tool_is_left_out() {
        let name = TOOLS[0].name;
        let hidden = Hidden::of(&all_but(name));
        assert_eq!(
            hidden.without(&format!("One. Use {name}x. Use `{name}`: it helps. Three.")),
            format!("One. Use {name}x. Three.")
        );
        assert_eq!(hidden.without(&format!("From {name}.")), "");
    }

    #[test]
    fn no_text_names_a_tool_that_is_hidden() {
        for hidden in TOOLS {
            let toolset = all_but(hidden.name);
            let mut told = instructions(&toolset);
            for tool in toolset.tools() {
                assert_ne!(tool.name, hidden.name);
                let face = face(tool, &toolset);
                let description = face["description"].as_str().unwrap();
                assert!(description.len() > 20, "{}: {description}", tool.name);
                told.push_str(&face.to_string());
            }
            let found = Hidden::of(&toolset).are_in(&told);
            assert!(!found, "{}: {told}", hidden.name);
        }
    }
}
