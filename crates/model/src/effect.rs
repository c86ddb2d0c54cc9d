//! The effects of tool calls.

/// The effect of a tool call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "table",
    derive(schemars::JsonSchema, databake::Bake),
    databake(path = model)
)]
#[cfg_attr(
    feature = "facts",
    derive(serde::Deserialize, serde::Serialize),
    serde(rename_all = "lowercase")
)]
pub enum Effect {
    /// Reads data and changes nothing.
    Read,
    /// Creates an object.
    Write,
    /// Overwrites data.
    Update,
    /// Deletes data.
    Delete,
    /// Costs money.
    Spend,
    /// Calls a person and costs money.
    Dial,
}

impl Effect {
    /// The default effect of an operation with this HTTP method, in lower case.
    pub fn of_method(method: &str) -> Self {
        match method {
            "get" | "head" | "options" => Self::Read,
            "delete" => Self::Delete,
            "put" | "patch" => Self::Update,
            _ => Self::Write,
        }
    }

    /// Whether an operation with this HTTP method, in lower case, may declare this effect. A POST
    /// may have any effect except that it deletes.
    pub fn fits(self, method: &str) -> bool {
        match Self::of_method(method) {
            Self::Read => self == Self::Read,
            Self::Delete => self == Self::Delete,
            Self::Update => !matches!(self, Self::Read | Self::Delete),
            _ => self != Self::Delete,
        }
    }

    /// What a request with this effect does, as the end of a sentence.
    pub fn does(self) -> &'static str {
        match self {
            Self::Read => "only reads",
            Self::Write => "creates something",
            Self::Update => "changes an object",
            Self::Delete => "deletes an object",
            Self::Spend => "costs money",
            Self::Dial => "calls or texts people",
        }
    }

    /// The effect with this name in a row.
    pub fn named(name: &str) -> Option<Self> {
        let all = [
            Self::Read,
            Self::Write,
            Self::Update,
            Self::Delete,
            Self::Spend,
            Self::Dial,
        ];
        all.into_iter().find(|effect| effect.name() == name)
    }

    /// The name in a row.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Spend => "spend",
            Self::Dial => "dial",
        }
    }
}
