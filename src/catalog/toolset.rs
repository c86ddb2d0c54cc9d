//! The tools that a server exposes.

use std::str::FromStr;

use super::{API_TOOLS, ApiTool, TOOLS, Tool, UNSUPPORTED, find, suggest::suggest};
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
        let is_chosen = |chosen: &ToolNames| chosen.0.contains(&name);
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

    /// All exposed tools, in the order of the table.
    pub fn all(&self) -> impl Iterator<Item = Exposed> {
        let tools = self.tools().map(Exposed::Tool);
        tools.chain(self.api_tools().map(Exposed::Api))
    }

    /// Whether every tool is exposed.
    pub fn is_complete(&self) -> bool {
        TOOLS.iter().all(|tool| self.has(tool)) && self.api_tools().count() == API_TOOLS.len()
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

    /// The text about unsupported actions. The alternatives are named only if every tool is
    /// exposed.
    fn unsupported(&self) -> &'static str {
        let first = UNSUPPORTED.split_inclusive(". ").next();
        match first {
            Some(first) if !self.is_complete() => first.trim_end(),
            _ => UNSUPPORTED,
        }
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

/// A list of names of existing tools.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolNames(Vec<&'static str>);

impl FromStr for ToolNames {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.split(',')
            .map(|name| known(name.trim()))
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

fn known(name: &str) -> Result<&'static str, String> {
    let of_api = API_TOOLS.iter().find(|tool| tool.name == name);
    if let Some(name) = find(name)
        .map(|tool| tool.name)
        .or(of_api.map(|tool| tool.name))
    {
        return Ok(name);
    }
    let hint = match suggest(name) {
        None => {
            let names = TOOLS.iter().map(|tool| tool.name);
            let all: Vec<_> = names
                .chain(API_TOOLS.iter().map(|tool| tool.name))
                .collect();
            format!("there are {}", all.join(", "))
        }
        Some(tool) => format!("did you mean {}?", tool.name),
    };
    Err(format!("there is no tool `{}`; {hint}", excerpt(name)))
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

    #[test]
    fn an_unknown_name_is_refused_with_a_suggestion() {
        let name = TOOLS[0].name;
        let error = ToolNames::from_str(&format!("{name}x")).unwrap_err();
        assert!(
            error.starts_with(&format!("there is no tool `{name}x`; did you mean {name}")),
            "{error}"
        );
        let error = ToolNames::from_str("").unwrap_err();
        assert!(error.contains(&format!("there are {name}, ")), "{error}");
    }
}
