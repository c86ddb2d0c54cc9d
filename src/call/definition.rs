//! Tool definitions and instructions as clients and models read them, without sentences about tools
//! that are not exposed.

use serde_json::Value;

use super::arguments::control;
use crate::catalog::{API_TOOLS, Exposed, INSTRUCTIONS, TOOLS, Tool, Toolset};

/// The server's instructions for a model.
pub fn instructions(toolset: &Toolset) -> String {
    Hidden::of(toolset).removed_from(INSTRUCTIONS)
}

/// A tool's element of `tools/list`: the generated definition and the control arguments.
pub fn definition(tool: &Tool, toolset: &Toolset) -> Value {
    let hidden = Hidden::of(toolset);
    let mut definition: Value = serde_json::from_str(tool.definition).unwrap_or_default();
    if let Some(Value::Object(properties)) = definition.pointer_mut("/inputSchema/properties") {
        let control = control::schemas(tool);
        properties.extend(control.map(|(name, schema)| (name.clone(), schema.clone())));
        properties
            .values_mut()
            .for_each(|schema| hidden.remove_from_description(schema));
    }
    hidden.remove_from_description(&mut definition);
    definition
}

/// The element of `tools/list` of a tool of either kind.
pub fn exposed_definition(tool: Exposed, toolset: &Toolset) -> Value {
    match tool {
        Exposed::Tool(tool) => definition(tool, toolset),
        Exposed::Api(tool) => {
            let mut definition = serde_json::from_str(tool.definition).unwrap_or_default();
            Hidden::of(toolset).remove_from_description(&mut definition);
            definition
        }
    }
}

/// The names of the tools that are not exposed.
struct Hidden(Vec<&'static str>);

impl Hidden {
    fn of(toolset: &Toolset) -> Self {
        let hidden = TOOLS.iter().filter(|tool| !toolset.has(tool));
        let exposed: Vec<_> = toolset.api_tools().map(|tool| tool.name).collect();
        let api = API_TOOLS.iter().map(|tool| tool.name);
        let api = api.filter(|name| !exposed.contains(name));
        Self(hidden.map(|tool| tool.name).chain(api).collect())
    }

    fn remove_from_description(&self, schema: &mut Value) {
        if let Some(Value::String(text)) = schema.get_mut("description")
            && self.are_named_in(text)
        {
            *text = self.removed_from(text);
        }
    }

    /// The text without the sentences that name one of them.
    fn removed_from(&self, text: &str) -> String {
        let sentences = text.split_inclusive(". ");
        let kept: String = sentences
            .filter(|sentence| !self.are_named_in(sentence))
            .collect();
        kept.trim_end().to_owned()
    }

    fn are_named_in(&self, text: &str) -> bool {
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
            hidden.removed_from(&format!("One. Use {name}x. Use `{name}`: it helps. Three.")),
            format!("One. Use {name}x. Three.")
        );
        assert_eq!(hidden.removed_from(&format!("From {name}.")), "");
    }

    #[test]
    fn no_text_names_a_tool_that_is_hidden() {
        for hidden in TOOLS {
            let toolset = all_but(hidden.name);
            let mut texts = instructions(&toolset);
            for tool in toolset.tools() {
                assert_ne!(tool.name, hidden.name);
                let definition = definition(tool, &toolset);
                let description = definition["description"].as_str().unwrap();
                assert!(description.len() > 20, "{}: {description}", tool.name);
                texts.push_str(&definition.to_string());
            }
            let found = Hidden::of(&toolset).are_named_in(&texts);
            assert!(!found, "{}: {texts}", hidden.name);
        }
    }
}
