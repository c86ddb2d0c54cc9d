//! The lines of a description.

use super::{
    alternatives::Schemas,
    text::{Detail, Shape},
};

/// The number of levels by which what is required or has a note is opened before the rest.
const AHEAD: usize = 2;

/// A property or a member of a union.
pub(super) struct Node<'a> {
    pub name: &'a str,
    /// Whether it is a member of a union and not a property.
    pub is_member: bool,
    /// The property that its place in a union implies, which is not shown.
    pub implied: Option<&'a str>,
    pub required: bool,
    pub depth: usize,
    /// Whether it is opened before others of its depth.
    pub important: bool,
    pub shape: Shape<'a>,
    /// The pointer of its elements, or of itself if it is no list.
    pub at: String,
    pub note: String,
    /// The names of the schemas that it is in.
    pub within: Vec<&'a str>,
    pub children: Vec<usize>,
    pub opened: bool,
}

impl<'a> Node<'a> {
    pub(super) fn line(&self, schemas: Schemas<'a>) -> String {
        let detail = if self.opened {
            Detail::Opened
        } else {
            Detail::Folded
        };
        let indent = "  ".repeat(self.depth);
        let colon = if self.is_member { ":" } else { "" };
        let mark = if self.required { "*" } else { "" };
        let text = self.shape.text(schemas, detail);
        format!("{indent}{colon}{}{mark}: {text}", self.name)
    }

    /// The name of its schema if it is one object.
    pub(super) fn schema(&self) -> Option<&'a str> {
        match self.shape.objects().as_slice() {
            [form] => form.name,
            _ => None,
        }
    }

    /// What is important is opened before others that are this much less deep.
    pub(super) fn rank(&self) -> usize {
        let is_union = self.shape.objects().len() > 1;
        match self.important {
            true => self.depth,
            false => self.depth + AHEAD + usize::from(is_union),
        }
    }

    /// With its line break.
    pub(super) fn bytes(&self, schemas: Schemas<'a>) -> usize {
        self.line(schemas).len() + self.note.len() + 1
    }
}
