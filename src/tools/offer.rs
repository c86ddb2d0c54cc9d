//! The tools as clients and models see them. A sentence about one that is hidden
//! is left out.

use serde_json::Value;

use super::{INSTRUCTIONS, TOOLS, Tool, control};

/// The element of `tools/list` where no tool is hidden.
pub fn face(tool: &Tool) -> Value {
    Offer::new(|_| false).face(tool)
}

/// Which tools are exposed.
#[derive(Clone, Debug)]
pub struct Offer {
    hidden: Vec<&'static str>,
}

impl Offer {
    /// All tools but those that are hidden.
    pub fn new(is_hidden: impl Fn(&Tool) -> bool) -> Self {
        let hidden = TOOLS.iter().filter(|tool| is_hidden(tool));
        Self {
            hidden: hidden.map(|tool| tool.name).collect(),
        }
    }

    /// The exposed tools, in the order of the table.
    pub fn tools(&self) -> impl Iterator<Item = &'static Tool> {
        TOOLS
            .iter()
            .filter(|tool| !self.hidden.contains(&tool.name))
    }

    /// The instructions for models.
    pub fn instructions(&self) -> String {
        self.told(INSTRUCTIONS)
    }

    /// The element of `tools/list`: what the row says, and the arguments that are ours.
    pub fn face(&self, tool: &Tool) -> Value {
        let mut face: Value = serde_json::from_str(tool.face).unwrap_or_default();
        if let Some(Value::Object(properties)) = face.pointer_mut("/inputSchema/properties") {
            let ours = control::schemas(tool);
            properties.extend(ours.map(|(name, schema)| (name.clone(), schema.clone())));
            if !self.hidden.is_empty() {
                properties
                    .values_mut()
                    .for_each(|schema| self.describe(schema));
            }
        }
        if !self.hidden.is_empty() {
            self.describe(&mut face);
        }
        face
    }

    fn describe(&self, described: &mut Value) {
        if let Some(Value::String(text)) = described.get_mut("description") {
            *text = self.told(text);
        }
    }

    /// The sentences that name no hidden tool.
    fn told(&self, text: &str) -> String {
        let sentences = text.split_inclusive(". ");
        let kept: String = sentences
            .filter(|sentence| !self.is_of_hidden(sentence))
            .collect();
        kept.trim_end().to_owned()
    }

    fn is_of_hidden(&self, sentence: &str) -> bool {
        let mut words = sentence.split(|c: char| !c.is_alphanumeric() && c != '_');
        words.any(|word| self.hidden.contains(&word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_about_a_hidden_tool_is_left_out() {
        let name = TOOLS[0].name;
        let offer = Offer::new(|tool| tool.name == name);
        assert_eq!(
            offer.told(&format!("One. Use {name}x. Use `{name}`: it helps. Three.")),
            format!("One. Use {name}x. Three.")
        );
        assert_eq!(offer.told(&format!("From {name}.")), "");
        assert!(offer.tools().all(|tool| tool.name != name));
    }

    #[test]
    fn no_text_names_a_tool_that_is_hidden() {
        for hidden in TOOLS {
            let offer = Offer::new(|tool| tool.name == hidden.name);
            let mut told = offer.instructions();
            for tool in offer.tools() {
                let face = offer.face(tool);
                let description = face["description"].as_str().unwrap();
                assert!(description.len() > 20, "{}: {description}", tool.name);
                told.push_str(&face.to_string());
            }
            assert!(!offer.is_of_hidden(&told), "{}: {told}", hidden.name);
        }
    }
}
