//! The tools that a server exposes.

use super::{
    API_TOOLS, ApiTool, HiddenNames, Operation, TOOLS, Tool, ToolNames, UNSUPPORTED, find,
    suggest::suggest,
};
use crate::{model::Effect, text::excerpt};

/// The tools that a server exposes; by default, all.
#[derive(Clone, Debug, Default)]
pub struct Toolset {
    read_only: bool,
    chosen: Option<ToolNames>,
}

impl Toolset {
    /// The chosen tools, or all if `None`. With `read_only`, only tools that change nothing.
    pub fn new(read_only: bool, chosen: Option<ToolNames>) -> Self {
        Self { read_only, chosen }
    }

    /// The reason why a tool is not exposed; `None` if it is exposed.
    pub fn hides(&self, tool: &Tool) -> Option<&'static str> {
        self.hides_name(tool.name, tool.effect)
    }

    fn hides_name(&self, name: &str, effect: Effect) -> Option<&'static str> {
        let is_chosen = |chosen: &ToolNames| chosen.contains(name);
        if self.read_only && effect != Effect::Read {
            Some("--read-only hides it")
        } else if !self.chosen.as_ref().is_none_or(is_chosen) {
            Some("--tools excludes it")
        } else {
            None
        }
    }

    /// Whether a tool is exposed.
    pub fn has(&self, tool: &Tool) -> bool {
        self.hides(tool).is_none()
    }

    /// The exposed tools, in the order of the table.
    pub fn tools(&self) -> impl Iterator<Item = &'static Tool> {
        TOOLS.iter().filter(|tool| self.has(tool))
    }

    /// The exposed tools over many operations, in the order of the table.
    pub fn api_tools(&self) -> impl Iterator<Item = &'static ApiTool> {
        API_TOOLS
            .iter()
            .filter(|tool| self.hides_name(tool.name, tool.effect).is_none())
    }

    /// The exposed tool that sends operations with this effect.
    pub fn sender(&self, effect: Effect) -> Option<&'static ApiTool> {
        self.api_tools().find(|tool| tool.sends.contains(&effect))
    }

    /// The exposed tool that sends an operation, if its body does not decide: the tool of this name if
    /// it is exposed, or that of the operation's effect. None of the latter uploads files.
    pub fn sender_of(&self, operation: &Operation, named: Option<&str>) -> Option<&'static str> {
        let named = named.and_then(|name| self.find(name));
        match named {
            Some(tool) => Some(tool.name),
            None if operation.is_upload => None,
            None => self.sender(operation.effect).map(|tool| tool.name),
        }
    }

    /// The exposed tools that send an operation, for a model: [`Self::sender_of`], and if the body
    /// decides, also that of requests that reach people.
    pub fn senders(&self, operation: &Operation, named: Option<&str>) -> String {
        let none = "no tool that this server exposes";
        let sender = self.sender_of(operation, named).unwrap_or(none);
        match operation.dial {
            Some(dial) if !dial.given.is_empty() && operation.effect != Effect::Dial => {
                let given = dial.given.join(", ");
                let dials = self.sender(Effect::Dial).map_or(none, |tool| tool.name);
                format!("{sender}; with {given} it reaches people, and is sent with {dials}")
            }
            _ => sender.to_owned(),
        }
    }

    /// All exposed tools, in the order of the table.
    pub fn all(&self) -> impl Iterator<Item = Exposed> {
        let tools = self.tools().map(Exposed::Tool);
        tools.chain(self.api_tools().map(Exposed::Api))
    }

    /// The names of the tools that are not exposed.
    pub fn hidden(&self) -> HiddenNames {
        let all = Self::default();
        let hidden = all.all().filter(|tool| {
            let hides = self.hides_name(tool.name(), tool.effect());
            hides.is_some()
        });
        HiddenNames::new(hidden.map(Exposed::name).collect())
    }

    /// Whether `--tools` excludes a tool.
    pub fn is_filtered(&self) -> bool {
        self.chosen.is_some()
    }

    /// Whether an exposed tool has this effect.
    pub fn serves(&self, effect: Effect) -> bool {
        self.tools().any(|tool| tool.effect == effect) || self.sender(effect).is_some()
    }

    /// Whether an exposed tool uploads files.
    pub fn uploads(&self) -> bool {
        self.tools().any(|tool| tool.operation.is_upload)
    }

    /// The exposed tool of this name.
    pub fn find(&self, name: &str) -> Option<&'static Tool> {
        find(name).filter(|tool| self.has(tool))
    }

    /// The exposed tool of this name, or an error that suggests another one.
    pub fn tool(&self, name: &str) -> Result<&'static Tool, String> {
        let (known, name) = (find(name), excerpt(name));
        let suggested = known.or_else(|| suggest(&name));
        match suggested.map(|tool| (tool, self.hides(tool))) {
            Some((tool, None)) if known.is_some() => Ok(tool),
            Some((tool, None)) => Err(format!(
                "there is no tool `{name}`; did you mean {}?",
                tool.name
            )),
            Some((_, Some(reason))) => Err(format!("there is no tool `{name}` here: {reason}")),
            None => Err(format!("there is no tool `{name}`. {}", self.unsupported())),
        }
    }

    /// The exposed tool of this name, of either kind, or an error that suggests another one.
    pub fn exposed(&self, name: &str) -> Result<Exposed, String> {
        match API_TOOLS
            .iter()
            .find(|tool| tool.name == name || tool.aliases.contains(&name))
        {
            None => self.tool(name).map(Exposed::Tool),
            Some(tool) => match self.hides_name(tool.name, tool.effect) {
                None if tool.name == name => Ok(Exposed::Api(tool)),
                None => Err(format!(
                    "there is no tool `{name}`; did you mean {}?",
                    tool.name
                )),
                Some(reason) => Err(format!("there is no tool `{name}` here: {reason}")),
            },
        }
    }

    /// The text about unsupported actions.
    fn unsupported(&self) -> String {
        self.hidden().removed_from(UNSUPPORTED)
    }
}

/// A tool of either kind.
#[derive(Clone, Copy, Debug)]
pub enum Exposed {
    /// A tool that sends one operation.
    Tool(&'static Tool),
    /// A tool for the operations of the whole API.
    Api(&'static ApiTool),
}

impl Exposed {
    /// The name in `tools/list`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tool(tool) => tool.name,
            Self::Api(tool) => tool.name,
        }
    }

    /// The effect of a call.
    pub fn effect(self) -> Effect {
        match self {
            Self::Tool(tool) => tool.effect,
            Self::Api(tool) => tool.effect,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(toolset: &Toolset) -> Vec<&'static str> {
        toolset.tools().map(|tool| tool.name).collect()
    }

    #[test]
    fn a_hidden_tool_has_a_reason() {
        assert_eq!(names(&Toolset::default()).len(), TOOLS.len());
        let read_only = Toolset::new(true, None);
        let reads = TOOLS.iter().filter(|tool| tool.effect == Effect::Read);
        let reads: Vec<_> = reads.collect();
        assert_eq!(
            names(&read_only),
            reads.iter().map(|tool| tool.name).collect::<Vec<_>>()
        );
        let mut dials = TOOLS.iter();
        let dials = dials.find(|tool| tool.effect == Effect::Dial).unwrap();
        assert_eq!(read_only.hides(dials), Some("--read-only hides it"));
        let name = reads[0].name;
        let list: ToolNames = format!(" {name} ,{}", dials.name).parse().unwrap();
        let chosen = Toolset::new(false, Some(list.clone()));
        assert_eq!(names(&chosen), [name, dials.name]);
        assert_eq!(chosen.hides(reads[1]), Some("--tools excludes it"));
        assert_eq!(names(&Toolset::new(true, Some(list))), [name]);
    }
}
