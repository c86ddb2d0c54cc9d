//! A difference between a response and the document, without any value of the response.

use std::fmt::{self, Display};

use serde_json::Value;

/// Maximum length of an undeclared name that is shown, in bytes, and maximum number of digits in
/// it. Longer ones are probably ids or other data of the account.
const LONGEST_NAME: usize = 48;
const MAX_DIGITS: usize = 4;

/// A difference between a response and the document.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    /// A pointer into the document: the schema that does not allow the value. For
    /// [`Kind::Union`], the list of alternatives.
    pub at: String,
    /// A pointer into the response; the segment `*` stands for every element of a list, and for
    /// names that may be data.
    pub pointer: String,
    /// What differs.
    pub kind: Kind,
}

/// What differs from the document.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A property that the schema does not declare, with its JSON type. The name is `*` if it may
    /// be data.
    Undeclared(String, &'static str),
    /// A required property that is missing.
    Missing(String),
    /// A value with this JSON type, which the schema does not allow.
    Type(&'static str),
    /// A value with this JSON type that is not in the schema's enum.
    Value(&'static str),
    /// An object that matches none of the alternatives.
    Union,
}

impl Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.pointer, self.kind)
    }
}

impl Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Undeclared(_, found) => write!(f, "is not declared ({found})"),
            Self::Missing(_) => f.write_str("is required but missing"),
            Self::Type(found) => write!(f, "has another type ({found})"),
            Self::Value(found) => write!(f, "is not in the enum ({found})"),
            Self::Union => f.write_str("matches none of the alternatives"),
        }
    }
}

/// The JSON type of a value.
pub(super) fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// An undeclared name, or `*` if it does not look like the name of a property: keys can be ids,
/// phone numbers or names of people.
pub(super) fn scrubbed(name: &str) -> &str {
    let is_name = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.len() <= LONGEST_NAME
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && name.chars().filter(char::is_ascii_digit).count() <= MAX_DIGITS;
    if is_name { name } else { "*" }
}
