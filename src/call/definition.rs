//! Tool definitions and instructions as clients and models read them, without sentences about tools
//! that are not exposed.

use serde_json::Value;

use super::arguments::control;
use crate::catalog::{Exposed, HiddenNames, INSTRUCTIONS, Tool, Toolset};

/// The server's instructions for a model.
pub fn instructions(toolset: &Toolset) -> String {
    toolset.hidden().removed_from(INSTRUCTIONS)
}

/// A tool's element of `tools/list`: the generated definition and the control arguments.
pub fn definition(tool: &Tool, toolset: &Toolset) -> Value {
    let mut definition: Value = serde_json::from_str(tool.definition).unwrap_or_default();
    if let Some(Value::Object(properties)) = definition.pointer_mut("/inputSchema/properties") {
        let control = control::schemas(tool);
        properties.extend(control.map(|(name, schema)| (name.clone(), schema.clone())));
    }
    visible(definition, &toolset.hidden())
}

/// The element of `tools/list` of a tool of either kind.
pub fn exposed_definition(tool: Exposed, toolset: &Toolset) -> Value {
    match tool {
        Exposed::Tool(tool) => definition(tool, toolset),
        Exposed::Api(tool) => {
            let definition = serde_json::from_str(tool.definition).unwrap_or_default();
            visible(definition, &toolset.hidden())
        }
    }
}

/// A definition whose descriptions do not name hidden tools.
fn visible(mut definition: Value, hidden: &HiddenNames) -> Value {
    if let Some(Value::Object(properties)) = definition.pointer_mut("/inputSchema/properties") {
        for property in properties.values_mut() {
            remove_from_description(property, hidden);
        }
    }
    remove_from_description(&mut definition, hidden);
    definition
}

/// Removes the sentences that name hidden tools, and a description of which nothing is left.
fn remove_from_description(schema: &mut Value, hidden: &HiddenNames) {
    let Some(schema) = schema.as_object_mut() else {
        return;
    };
    if let Some(Value::String(text)) = schema.get_mut("description")
        && hidden.are_named_in(text)
    {
        *text = hidden.removed_from(text);
        if text.is_empty() {
            schema.shift_remove("description");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::profiles;

    fn names() -> Vec<&'static str> {
        Toolset::default().all().map(Exposed::name).collect()
    }

    fn chosen(names: &[&str]) -> Toolset {
        Toolset::new(false, Some(names.join(",").parse().unwrap()))
    }

    #[test]
    fn no_text_names_a_tool_that_is_hidden() {
        let all_but = |hidden: &&str| {
            let others = names().into_iter().filter(|name| name != hidden);
            chosen(&others.collect::<Vec<_>>())
        };
        let names = names();
        let toolsets = names.iter().map(all_but);
        let single = names.iter().map(|name| chosen(&[name]));
        let of_profiles = profiles().into_iter().map(|profile| chosen(&[profile]));
        let read_only = [Toolset::new(true, None)];
        for toolset in toolsets.chain(single).chain(of_profiles).chain(read_only) {
            let mut texts = instructions(&toolset);
            for tool in toolset.all() {
                let definition = exposed_definition(tool, &toolset);
                let description = definition["description"].as_str().unwrap();
                assert!(description.len() > 20, "{}: {description}", tool.name());
                texts.push_str(&definition.to_string());
            }
            let hidden = toolset.hidden();
            assert!(!hidden.are_named_in(&texts), "{toolset:?}: {texts}");
        }
    }
}
