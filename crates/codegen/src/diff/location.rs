//! Locations in a document, the same in every revision.

use std::fmt::{self, Display};

use crate::catalog::location::unescaped;

/// The start of a location.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Root {
    /// The document itself.
    Document,
    /// A path without its operations.
    Path(String),
    /// An operation, by its name in both revisions.
    Operation(String),
    /// A named component: the kind of component, such as `schemas`, and the name.
    Component(String, String),
}

impl Root {
    /// The root that a reference points to.
    pub(super) fn target(reference: &str) -> Option<Self> {
        let (kind, name) = reference.strip_prefix("#/components/")?.split_once('/')?;
        Some(Self::Component(kind.to_owned(), unescaped(name)))
    }

    /// The root of a named schema.
    pub fn schema(name: &str) -> Self {
        Self::Component("schemas".to_owned(), name.to_owned())
    }
}

/// One step below a root.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// A keyword of OpenAPI.
    Key(String),
    /// A name that the document defines.
    Name(String),
    /// A list element, named by its value, reference or parameter, otherwise by `#` and its number.
    Member(String),
}

/// A location in a document.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// The start of the path.
    pub root: Root,
    /// The steps from the root.
    pub steps: Vec<Step>,
}

impl Location {
    pub(super) fn of(root: Root) -> Self {
        Self {
            root,
            steps: Vec::new(),
        }
    }

    pub(super) fn key(&self, key: &str) -> Self {
        self.step(Step::Key(key.to_owned()))
    }

    pub(super) fn name(&self, key: &str, name: &str) -> Self {
        self.key(key).step(Step::Name(name.to_owned()))
    }

    pub(super) fn member(&self, key: &str, label: String) -> Self {
        self.key(key).step(Step::Member(label))
    }

    pub(super) fn step(&self, step: Step) -> Self {
        let mut location = self.clone();
        location.steps.push(step);
        location
    }

    /// The location of the containing object, the keyword in it, and the name or element below that
    /// keyword.
    pub(super) fn split(&self) -> (Self, Option<&str>, Option<&str>) {
        let (length, keyword, concerned) = match self.steps.as_slice() {
            [.., Step::Key(key), Step::Name(it) | Step::Member(it)] => {
                (2, Some(key.as_str()), Some(it.as_str()))
            }
            [.., Step::Key(key)] => (1, Some(key.as_str()), None),
            [.., Step::Name(it) | Step::Member(it)] => (1, None, Some(it.as_str())),
            [] => (0, None, None),
        };
        let steps = self.steps.len() - length;
        let owner = Self {
            root: self.root.clone(),
            steps: self.steps.iter().take(steps).cloned().collect(),
        };
        (owner, keyword, concerned)
    }

    /// Whether this location is `other` or below it.
    pub(super) fn is_within(&self, other: &Self) -> bool {
        self.root == other.root && self.steps.starts_with(&other.steps)
    }
}

impl Display for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Document => f.write_str("document"),
            Self::Path(name) | Self::Operation(name) => f.write_str(name),
            Self::Component(kind, name) if kind == "schemas" => f.write_str(name),
            Self::Component(kind, name) => write!(f, "{kind} {name}"),
        }
    }
}

impl Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.root.fmt(f)?;
        let mut steps = self.steps.iter();
        while let Some(step) = steps.next() {
            match step {
                // A name always follows `properties`.
                Step::Key(key) if key == "properties" => match steps.next() {
                    Some(Step::Name(name)) => write!(f, ".{name}")?,
                    _ => f.write_str("/properties")?,
                },
                Step::Key(key) if key == "items" => f.write_str("[]")?,
                Step::Key(key) => write!(f, "/{key}")?,
                Step::Name(name) | Step::Member(name) => write!(f, "/{name}")?,
            }
        }
        Ok(())
    }
}
